"""The columns of the restricted master over segments: few options of the tasks that waver, none of the others.

At prices near the best most tasks have one option that is clearly cheapest, whatever their number; those stay outside
with that option taken whole. A task enters the pool when another option turns out to be the cheapest, and leaves it
once a single column is left.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from instances.columns import Array, FloatArray, IntArray
from solvers.decomposition.segment_pricing import CODE, Room, option_parts
from solvers.decomposition.segments import Segments
from solvers.joint_kernels import Game

__all__ = ["Pool", "empty_pool", "grown", "pool_game"]


class Pool(NamedTuple):
    """Columns of the tasks that have more than one.

    Parameters
    ----------
    task : int array, shape (n_members,)
        Rows of the segments, rising.
    offsets : int array, shape (n_members + 1,)
        Columns of each.
    code : int array, shape (n_columns, CODE)
        Options by their numbers, see `solvers.decomposition.segment_pricing`.
    weight : array, shape (n_columns,)
        z, at least 0; sums to 1 over the columns of a task.
    cost : array, shape (n_columns,)
        What no sharing changes.
    use_offsets, resource, root : arrays
        Roots of the columns on shared resources.
    """

    task: IntArray
    offsets: IntArray
    code: Array
    weight: FloatArray
    cost: FloatArray
    use_offsets: IntArray
    resource: Array
    root: FloatArray


def empty_pool() -> Pool:
    """Return the pool in which no task wavers."""
    code = np.empty((0, CODE), np.int32)
    return _frozen(np.empty(0, np.int64), np.zeros(1, np.int64), code, np.empty(0), np.empty(0), np.zeros(1, np.int64),
                   np.empty(0, np.int32), np.empty(0))  # fmt: skip


def grown(
    segments: Segments,
    room: Room,
    pool: Pool,
    state: Array,
    found: Array,
    differs: Array,
    points: FloatArray,
    near: float,
) -> tuple[Pool, float]:
    """Return the pool with the options `found` at ``points`` and without columns far from them, and what left it.

    Parameters
    ----------
    segments, room : Segments, Room
        The problem, and room to work.
    pool : Pool
        As it was.
    state : int array, shape (n_tasks, CODE)
        The only option of each task outside the pool; set where a task leaves it.
    found, differs : arrays
        What `solvers.decomposition.segment_pricing.find_block` found at `points`.
    near : float
        A column without weight stays while its priced cost exceeds that of the task's cheapest by at most this share.

    Returns
    -------
    pool : Pool
    cost : float
        Cost, sharing apart, of the tasks that left the pool, less that of those that entered it.
    """
    rows = np.flatnonzero(differs)
    rows = np.union1d(rows, pool.task) if len(pool.task) else rows
    *columns, cost = _grow(segments, room, rows, state, found, *pool, points, near)
    return _frozen(*columns), float(cost)


def pool_game(pool: Pool, rest_cost: float, rest_load: FloatArray) -> Game:
    """Return the pool as the searches' kernels read it; task 0 stands for all tasks outside it and has no choice."""
    used = np.flatnonzero(rest_load > 0)
    columns = (
        np.concatenate(([0], 1 + pool.offsets)),
        np.concatenate(([rest_cost], pool.cost)),
        np.concatenate(([0], len(used) + pool.use_offsets)),
        np.concatenate((used.astype(np.int32), pool.resource)),
    )
    nobody = np.zeros(len(columns[1]) + 1, np.int64), np.empty(0, np.int32), np.empty(0)
    for column in (*columns, *nobody):
        column.flags.writeable = False
    root = np.concatenate((rest_load[used], pool.root))
    return Game(*columns, root, *nobody, limit=np.empty(0), equal=False)


def _frozen(
    task: IntArray,
    offsets: IntArray,
    code: Array,
    weight: FloatArray,
    cost: FloatArray,
    use_offsets: IntArray,
    resource: Array,
    root: FloatArray,
) -> Pool:
    # the kernels are compiled for the read-only columns of an option table
    for column in (offsets, cost, use_offsets, resource):
        column.flags.writeable = False
    return Pool(task, offsets, code, weight, cost, use_offsets, resource, root)


@njit(cache=True, error_model="numpy")
def _same(one, other):
    same = True
    for part in range(CODE):
        same = same and one[part] == other[part]
    return same


@njit(cache=True, error_model="numpy")
def _priced(k, code, points, seg, room):
    """Return an option's cost at the prices and without them; its uses are left in `room`."""
    n, cost = option_parts(k, code, seg, room.resource, room.root)
    priced = cost
    for u in range(n):
        priced += 2.0 * points[room.resource[u]] * room.root[u]
    return priced, cost


@njit(cache=True, error_model="numpy")
def _grow(seg, room, rows, state, found, task, offsets, code, weight, cost, use_offsets, resource, root, points, near):
    most = 2 * len(rows) + len(code)
    new_task, new_offsets = np.empty(len(rows), np.int64), np.zeros(len(rows) + 1, np.int64)
    new_code, new_weight, new_cost = np.empty((most, CODE), np.int32), np.zeros(most), np.empty(most)
    new_use = np.zeros(most + 1, np.int64)
    new_resource = np.empty(most * len(room.resource), np.int32)
    new_root = np.empty(most * len(room.resource))
    members, n, left, at = 0, 0, 0.0, 0
    for k in rows:
        first = n
        least, _ = _priced(k, found[k], points, seg, room)
        known = False
        if at < len(task) and task[at] == k:
            for p in range(offsets[at], offsets[at + 1]):
                same = _same(code[p], found[k])
                if same or weight[p] > 0.0 or _priced(k, code[p], points, seg, room)[0] - least <= near * least:
                    known = known or same
                    new_code[n], new_weight[n] = code[p], weight[p]
                    n += 1
            at += 1
        else:
            new_code[n], new_weight[n] = state[k], 1.0
            left -= option_parts(k, state[k], seg, room.resource, room.root)[1]
            n += 1
        if not known:
            new_code[n], new_weight[n] = found[k], 0.0
            n += 1
        if n - first == 1:
            state[k] = new_code[first]
            left += option_parts(k, state[k], seg, room.resource, room.root)[1]
            n = first
            continue
        for p in range(first, n):
            uses, new_cost[p] = option_parts(k, new_code[p], seg, room.resource, room.root)
            use = new_use[p]
            for u in range(uses):
                new_resource[use + u], new_root[use + u] = room.resource[u], room.root[u]
            new_use[p + 1] = use + uses
        new_task[members] = k
        members += 1
        new_offsets[members] = n
    uses = new_use[n]
    return (
        new_task[:members].copy(),
        new_offsets[: members + 1].copy(),
        new_code[:n].copy(),
        new_weight[:n].copy(),
        new_cost[:n].copy(),
        new_use[: n + 1].copy(),
        new_resource[:uses].copy(),
        new_root[:uses].copy(),
        left,
    )
