"""A pass that finds the cheapest options: their sum, and the tasks for which they are not those of the pass before.

Near the best prices these are few, whatever the number of tasks. What is told of them is all that the master over
segments needs (`solvers.decomposition.segment_pool`), so it can be far from the tasks.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from collections.abc import Sequence
from math import fsum
from typing import NamedTuple

import numpy as np
from numba import njit

from instances.columns import Array, FloatArray, IntArray
from solvers.decomposition.blocks import side_by_side
from solvers.decomposition.segment_options import CODE, option_parts
from solvers.decomposition.segment_pricing import find_block, room_for
from solvers.decomposition.segments import Segments

__all__ = ["Found", "find", "joined"]


class Found(NamedTuple):
    """Tasks whose cheapest option has become another, with both options.

    Parameters
    ----------
    total : float
        Sum of the least costs of all tasks at the points.
    task : int array, shape (n_changed,)
        Rows of the segments, rising.
    code : int array, shape (2 n_changed, CODE)
        Of each task what its option was, and what it is; numbers that only the passes read.
    cost : array, shape (2 n_changed,)
        What no sharing changes.
    use_offsets, resource, root : arrays
        Roots of the options on shared resources.
    """

    total: float
    task: IntArray
    code: Array
    cost: FloatArray
    use_offsets: IntArray
    resource: Array
    root: FloatArray


def find(segments: Segments, points: FloatArray, state: Array, spans: Sequence[tuple[int, int]], threads: int) -> Found:
    """Give every task its cheapest option at prices ``2 t``, ``t = points``; changes `state`.

    Parameters
    ----------
    segments : Segments
        Of the problem.
    points : array, shape (n_resources,)
        t_r >= 0.
    state : int array, shape (n_tasks, CODE)
        An option of every task.
    spans : sequence of (int, int)
        Rows that are priced side by side.
    threads : int
        How many of them at a time.
    """
    # of `was` only the memory of the rows that change is ever touched
    was, differs = np.empty_like(state), np.empty(len(state), dtype=np.bool_)
    jobs = [(*span, points, segments, room_for(segments), state, was, differs) for span in spans]
    total = fsum(side_by_side(find_block, jobs, threads))
    task = np.flatnonzero(differs)
    code = np.stack((was[task], state[task]), axis=1).reshape(-1, CODE)
    return Found(total, task, code, *_columns(segments, room_for(segments), task, code))


def joined(parts: Sequence[Found], begins: Sequence[int]) -> Found:
    """Return what was found in blocks whose first rows are `begins`."""
    uses = np.concatenate([[0], *(np.diff(part.use_offsets) for part in parts)])
    return Found(
        fsum(part.total for part in parts),
        np.concatenate([begin + part.task for begin, part in zip(begins, parts, strict=True)]),
        np.concatenate([part.code for part in parts]),
        np.concatenate([part.cost for part in parts]),
        np.cumsum(uses).astype(np.int64),
        np.concatenate([part.resource for part in parts]),
        np.concatenate([part.root for part in parts]),
    )


@njit(cache=True, error_model="numpy")
def _columns(seg, room, task, code):
    """Return cost, offsets, resources and roots of two options of each task."""
    cost, offsets = np.empty(len(code)), np.zeros(len(code) + 1, np.int64)
    most = len(code) * len(room.resource)
    resource, root = np.empty(most, np.int32), np.empty(most)
    for p in range(len(code)):
        n, cost[p] = option_parts(task[p // 2], code[p], seg, room.resource, room.root)
        use = offsets[p]
        for u in range(n):
            resource[use + u], root[use + u] = room.resource[u], room.root[u]
        offsets[p + 1] = use + n
    return cost, offsets, resource[: offsets[-1]].copy(), root[: offsets[-1]].copy()
