"""A node of the branch and bound: the options alive there, and its bound (see `solvers.exact.branching`)."""

# mypy: disable-error-code="no-untyped-def, assignment"

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from instances.columns import Array, FloatArray, IntArray
from solvers.decomposition.rounding import ROUNDING

__all__ = ["Residual", "Room", "ascend", "node_bound", "sort_out"]

_IDLE = 3


class Residual(NamedTuple):
    """The options that are left, as the kernels read them.

    ``use`` is s_kpr. Of memory only nodes are in it whose limit the options could break together: ``bytes`` are in
    units of the limit, so that a node holds 1.
    """

    task: Array
    cost: FloatArray
    use_offsets: IntArray
    resource: Array
    use: FloatArray
    memory_offsets: IntArray
    node: Array
    bytes: FloatArray
    n_nodes: int
    n_tasks: int
    n_resources: int


class Room(NamedTuple):
    """Working arrays of one thread."""

    alive: Array
    single: Array
    rows: Array
    groups: IntArray
    use_offsets: IntArray
    resource: Array
    excess: FloatArray
    floor: FloatArray
    price: FloatArray
    pick: IntArray
    points: FloatArray
    level: FloatArray
    most: FloatArray
    tried: FloatArray
    gradient: FloatArray
    scratch: FloatArray
    seen: IntArray
    held: FloatArray
    least: FloatArray
    choice: IntArray
    best_choice: IntArray

    @classmethod
    def of(cls, left: Residual) -> Room:
        """Return arrays large enough for any node of `left`."""
        n, uses, k, r = len(left.cost), len(left.use), left.n_tasks, left.n_resources
        return cls(
            np.empty(n, np.int32),
            np.empty(k, np.int32),
            np.empty(n, np.int32),
            np.empty(k + 1, np.int64),
            np.empty(n + 1, np.int64),
            np.empty(uses, np.int32),
            np.empty(uses),
            np.empty(r),
            np.empty(n),
            np.empty(k, np.int64),
            np.empty(r),
            np.empty(r),
            np.empty(r),
            np.empty(r),
            np.empty(r),
            np.empty(r),
            np.empty(r, np.int64),
            np.empty(left.n_nodes),
            np.zeros(left.n_nodes),
            np.empty(k, np.int64),
            np.empty(k, np.int64),
        )


@njit(cache=True, nogil=True, error_model="numpy")
def sort_out(left, n_alive, room):
    """Tell tasks with one alive option from open ones, and take from roots what every option of the task uses.

    Writes the open tasks' options to ``room.rows``, their groups and excess roots, and the loads ``room.floor`` that
    every plan of the node has; sets ``room.points`` so that with them the loads stay at ``room.level``,
    but not above what the open tasks can take at most, where a bound is never best.

    Returns
    -------
    n_single, n_open : int
        Tasks with one option, and with more.
    cost : float
        Fixed cost of the former.
    """
    room.floor[:] = 0.0
    room.most[:] = 0.0
    cost, n_single, n_open, at, use, first = 0.0, 0, 0, 0, 0, 0
    room.use_offsets[0] = 0
    room.groups[0] = 0
    while first < n_alive:
        k, stop = left.task[room.alive[first]], first + 1
        while stop < n_alive and left.task[room.alive[stop]] == k:
            stop += 1
        if stop == first + 1:
            option = room.alive[first]
            cost += left.cost[option]
            room.choice[k] = option
            room.single[n_single] = option
            n_single += 1
            for u in range(left.use_offsets[option], left.use_offsets[option + 1]):
                room.floor[left.resource[u]] += left.use[u]
            first = stop
            continue
        room.seen[:] = 0
        for a in range(first, stop):
            option = room.alive[a]
            for u in range(left.use_offsets[option], left.use_offsets[option + 1]):
                r = left.resource[u]
                if room.seen[r] == 0 or left.use[u] < room.scratch[r]:
                    room.scratch[r] = left.use[u]
                room.seen[r] += 1
        for r in range(left.n_resources):
            if room.seen[r] < stop - first:
                room.scratch[r] = 0.0
            room.floor[r] += room.scratch[r]
            room.tried[r] = 0.0
        for a in range(first, stop):
            option = room.alive[a]
            for u in range(left.use_offsets[option], left.use_offsets[option + 1]):
                r = left.resource[u]
                more = left.use[u] - room.scratch[r]
                if more > 0.0:
                    room.resource[use], room.excess[use] = r, more
                    room.tried[r] = max(room.tried[r], more)
                    use += 1
            room.rows[at] = option
            at += 1
            room.use_offsets[at] = use
        for r in range(left.n_resources):
            room.most[r] += room.tried[r]
        n_open += 1
        room.groups[n_open] = at
        first = stop
    for r in range(left.n_resources):
        room.points[r] = min(max(room.level[r] - room.floor[r], 0.0), room.most[r])
    return n_single, n_open, cost


@njit(cache=True, nogil=True, error_model="numpy")
def node_bound(left, n_open, cost, points, room):
    """Return the node's bound at `points`, rounding taken off; sets prices, picks and the supergradient."""
    total, square = cost, 0.0
    for r in range(left.n_resources):
        total += room.floor[r] * room.floor[r]
        square += points[r] * points[r]
        room.gradient[r] = -points[r]
        room.scratch[r] = 2.0 * (room.floor[r] + points[r])
    for g in range(n_open):
        best, pick = np.inf, -1
        for a in range(room.groups[g], room.groups[g + 1]):
            price = left.cost[room.rows[a]]
            for u in range(room.use_offsets[a], room.use_offsets[a + 1]):
                r, e = room.resource[u], room.excess[u]
                price += room.scratch[r] * e
                if e > points[r]:
                    price += (e - points[r]) * (e - points[r])
            room.price[a] = price
            if price < best:
                best, pick = price, a
        total += best
        room.pick[g] = pick
        for u in range(room.use_offsets[pick], room.use_offsets[pick + 1]):
            r = room.resource[u]
            room.gradient[r] += min(room.excess[u], points[r])
    return total - square - ROUNDING * (total + square)


@njit(cache=True, nogil=True, error_model="numpy")
def ascend(left, n_open, cost, cutoff, steps, room):
    """Raise the bound from ``room.points`` until it closes the node; return it, with prices at the best points."""
    bound = node_bound(left, n_open, cost, room.points, room)
    best, reach, idle, behind = bound, 1.0, 0, False
    room.tried[:] = room.points
    for _ in range(steps):
        if best >= cutoff:
            break
        length = 0.0
        for r in range(left.n_resources):
            length += room.gradient[r] * room.gradient[r]
        if not length > 0.0:
            break
        step = 0.5 * reach * (cutoff - bound) / length
        for r in range(left.n_resources):
            room.tried[r] = max(room.tried[r] + step * room.gradient[r], 0.0)
        bound = node_bound(left, n_open, cost, room.tried, room)
        behind = True
        if bound > best:
            best, idle, behind = bound, 0, False
            room.points[:] = room.tried
        else:
            idle += 1
            if idle >= _IDLE:
                reach, idle, behind = 0.5 * reach, 0, False
                room.tried[:] = room.points
                bound = node_bound(left, n_open, cost, room.points, room)
    if behind:
        node_bound(left, n_open, cost, room.points, room)
    return best
