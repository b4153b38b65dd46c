"""The options whose reduced cost is near zero, without a table of all: where good plans are looked for.

At the relaxation's prices most tasks have one option that is clearly best. Only options whose reduced cost is within
what a task pays for sharing with itself, ``sum_r s_kpr^2``, can win once loads are made of whole tasks. Those few are
laid out as the searches' kernels read them.
"""

# mypy: disable-error-code="no-untyped-def, assignment"

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numba import njit

from instances.columns import Array, FloatArray, IntArray
from solvers.decomposition.blocks import side_by_side
from solvers.decomposition.segment_pricing import (
    CANDIDATE,
    CODE,
    FIRST,
    SECOND,
    UPLINK,
    VERSION,
    cheapest,
    device_costs,
    option_parts,
    room_for,
    second_cut,
    through_site,
)
from solvers.decomposition.segments import FLOOR, NETWORK, Segments
from solvers.joint_kernels import Game

__all__ = ["Shortlist", "shortlist", "shortlist_of"]

_MOST = 12
_NEAR = 0.05
_BLOCKS = 16


class Shortlist(NamedTuple):
    """Few options of every task; the first is that of the state at hand.

    Parameters
    ----------
    game : Game
        The options as the kernels of `solvers.joint_kernels` read them.
    code : int array, shape (n_options, CODE)
        The options by their numbers, as in `solvers.decomposition.segment_pricing`.
    """

    game: Game
    code: Array


def shortlist(segments: Segments, points: FloatArray, state: Array, threads: int) -> Shortlist:
    """Return the options of `state`, shape (n_tasks, CODE), and those near the cheapest at prices ``2 t``, ``t = points``."""
    n = len(segments.tasks)
    cuts = np.linspace(0, n, min(_BLOCKS, n) + 1).astype(int).tolist()
    rooms = [(room_for(segments), np.empty((_MOST, CODE), np.int64)) for _ in cuts[1:]]
    spans = list(zip(pairwise(cuts), rooms, strict=True))
    counts = np.empty((n, 2), np.int64)
    jobs = [(begin, end, points, segments, room, codes, state, counts) for (begin, end), (room, codes) in spans]
    side_by_side(_count, jobs, threads)
    task_offsets = np.concatenate(([0], np.cumsum(counts[:, 0])))
    task_uses = np.concatenate(([0], np.cumsum(counts[:, 1])))
    n_options, n_uses = int(task_offsets[-1]), int(task_uses[-1])
    code, cost = np.empty((n_options, CODE), np.int32), np.empty(n_options)
    use_offsets = np.zeros(n_options + 1, np.int64)
    resource, root = np.empty(n_uses, np.int32), np.empty(n_uses)
    out = (code, cost, use_offsets, resource, root, task_offsets, task_uses)
    side_by_side(
        _fill,
        [(begin, end, points, segments, room, codes, state, *out) for (begin, end), (room, codes) in spans],
        threads,
    )
    return shortlist_of(task_offsets, cost, use_offsets, resource, root, code)


def shortlist_of(
    task_offsets: IntArray, cost: FloatArray, use_offsets: IntArray, resource: Array, root: FloatArray, code: Array
) -> Shortlist:
    """Return the shortlist of these options; its columns but `root` and `code` become read-only."""
    # the kernels are compiled for the read-only columns of an option table
    nobody = np.zeros(len(cost) + 1, np.int64), np.empty(0, np.int32), np.empty(0)
    for column in (task_offsets, cost, use_offsets, resource, *nobody):
        column.flags.writeable = False
    game = Game(task_offsets, cost, use_offsets, resource, root, *nobody, limit=np.empty(0), equal=False)
    return Shortlist(game, code)


@njit(cache=True, nogil=True, _nrt=False, error_model="numpy")
def _two_costs(k, code, points, seg, room):
    """Return an option's cost at the prices, and ``sum_r s_kr^2``."""
    n, priced = option_parts(k, code, seg, room.resource, room.root)
    own = 0.0
    for u in range(n):
        priced += 2.0 * points[room.resource[u]] * room.root[u]
        own += room.root[u] * room.root[u]
    return priced, own


@njit(cache=True, nogil=True, _nrt=False, error_model="numpy")
def _near(k, points, seg, room, codes, state):
    """Write the option of task k in `state`, then those near its cheapest to `codes`; return how many."""
    best, n = cheapest(k, points, 0.0, seg, room, codes[0]), 1
    for part in range(CODE):
        codes[0, part] = state[k, part]
    _, least_own = _two_costs(k, codes[0], points, seg, room)
    network, floor = int(seg.tasks[k, NETWORK]), seg.tasks[k, FLOOR]
    for g in range(seg.network_offsets[network], seg.network_offsets[network + 1]):
        if floor > 0.0 and not seg.accuracy[g] >= floor:
            continue
        last = seg.offsets[g + 1] - seg.offsets[g] - 1
        device_costs(k, g, points, 0.0, seg, room.device)
        for c in range(seg.candidate_offsets[k] - 1, seg.candidate_offsets[k + 1]):
            local = c < seg.candidate_offsets[k]
            if not local:
                through_site(k, g, c, points, 0.0, seg, room)
            for i in range(last if local else 0, last + 1 if local else last):
                if n == _MOST or not (room.device[i] if local else room.least[i]) <= best * (1.0 + _NEAR):
                    continue
                code = codes[n]
                code[VERSION], code[CANDIDATE], code[UPLINK] = g - seg.network_offsets[network], c, -1
                code[FIRST], code[SECOND] = i, i
                if local:
                    code[CANDIDATE] = -1
                else:
                    second_cut(k, points, 0.0, seg, room, code)
                priced, own = _two_costs(k, code, points, seg, room)
                known = True
                for part in range(CODE):
                    known = known and code[part] == codes[0, part]
                n += (not known) and priced - best <= 2.0 * max(own, least_own)
    return n


@njit(cache=True, nogil=True, _nrt=False, error_model="numpy")
def _count(begin, end, points, seg, room, codes, state, counts):
    for k in range(begin, end):
        counts[k, 0] = _near(k, points, seg, room, codes, state)
        counts[k, 1] = 0
        for p in range(counts[k, 0]):
            counts[k, 1] += option_parts(k, codes[p], seg, room.resource, room.root)[0]


@njit(cache=True, nogil=True, _nrt=False, error_model="numpy")
def _fill(
    begin, end, points, seg, room, codes, state, code, cost, use_offsets, resource, root, task_offsets, task_uses
):
    for k in range(begin, end):
        use = task_uses[k]
        for p in range(_near(k, points, seg, room, codes, state)):
            row = task_offsets[k] + p
            for part in range(CODE):
                code[row, part] = codes[p, part]
            n, cost[row] = option_parts(k, codes[p], seg, room.resource, room.root)
            for u in range(n):
                resource[use], root[use] = room.resource[u], room.root[u]
                use += 1
            use_offsets[row + 1] = use
