"""Compiled steps of `solvers.exact.branching`: bound a node, rule out options there, split it."""

# mypy: disable-error-code="no-untyped-def, assignment"

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from instances.columns import Array, FloatArray, IntArray
from solvers.decomposition.rounding import ROUNDING

__all__ = [
    "BOUND",
    "CUTOFF",
    "NODES",
    "OPEN",
    "SHARE",
    "VALUE",
    "Residual",
    "Room",
    "Stack",
    "node_bound",
    "search",
    "sort_out",
]

VALUE, SHARE, CUTOFF, BOUND = range(4)
"""In `numbers`: value of the best plan; relative gap that is good enough; bound at which a node is closed, which is the
value less that share; least bound of a closed node."""
NODES, OPEN = range(2)
"""In `counts`: nodes so far, open nodes on the stack."""

_STEPS = 12
_PASSES = 4
_IDLE = 3
_FEWER = 0.9


class Residual(NamedTuple):
    """The options that are left, as the kernels read them: ``use`` is s_kpr."""

    task: Array
    cost: FloatArray
    use_offsets: IntArray
    resource: Array
    use: FloatArray
    n_tasks: int
    n_resources: int


class Stack(NamedTuple):
    """Open nodes: the options alive in node i are ``pool[begin[i]:end[i]]``, those of a task together."""

    pool: Array
    begin: IntArray
    end: IntArray
    level: FloatArray
    bound: FloatArray


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
    tried: FloatArray
    gradient: FloatArray
    scratch: FloatArray
    seen: IntArray
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
            np.empty(r, np.int64),
            np.empty(k, np.int64),
            np.empty(k, np.int64),
        )


@njit(cache=True, nogil=True, error_model="numpy")
def sort_out(left, n_alive, room):
    """Tell tasks with one alive option from open ones, and take from roots what every option of the task uses.

    Writes the open tasks' options to ``room.rows``, their groups and excess roots, and the loads ``room.floor`` that
    every plan of the node has; sets ``room.points`` so that with them the loads stay at ``room.level``.

    Returns
    -------
    n_single, n_open : int
        Tasks with one option, and with more.
    cost : float
        Fixed cost of the former.
    """
    room.floor[:] = 0.0
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
        for a in range(first, stop):
            option = room.alive[a]
            for u in range(left.use_offsets[option], left.use_offsets[option + 1]):
                r = left.resource[u]
                more = left.use[u] - room.scratch[r]
                if more > 0.0:
                    room.resource[use], room.excess[use] = r, more
                    use += 1
            room.rows[at] = option
            at += 1
            room.use_offsets[at] = use
        n_open += 1
        room.groups[n_open] = at
        first = stop
    for r in range(left.n_resources):
        room.points[r] = max(room.level[r] - room.floor[r], 0.0)
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
def _ascend(left, n_open, cost, cutoff, steps, room):
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


@njit(cache=True, nogil=True, error_model="numpy")
def _descend(left, n_open, room):
    """Let the open tasks reply twice at marginal cost among their alive options; return the plan's value."""
    load = room.gradient
    load[:] = 0.0
    for g in range(n_open):
        option = room.rows[room.pick[g]]
        room.choice[left.task[option]] = option
    for option in room.choice:
        for u in range(left.use_offsets[option], left.use_offsets[option + 1]):
            load[left.resource[u]] += left.use[u]
    for _ in range(2):
        for g in range(n_open):
            k = left.task[room.rows[room.groups[g]]]
            old = room.choice[k]
            for u in range(left.use_offsets[old], left.use_offsets[old + 1]):
                load[left.resource[u]] -= left.use[u]
            best = np.inf
            for a in range(room.groups[g], room.groups[g + 1]):
                option = room.rows[a]
                price = left.cost[option]
                for u in range(left.use_offsets[option], left.use_offsets[option + 1]):
                    price += left.use[u] * (2.0 * load[left.resource[u]] + left.use[u])
                if price < best:
                    best = price
                    room.choice[k] = option
            for u in range(left.use_offsets[room.choice[k]], left.use_offsets[room.choice[k] + 1]):
                load[left.resource[u]] += left.use[u]
    load[:] = 0.0
    value = 0.0
    for option in room.choice:
        value += left.cost[option]
        for u in range(left.use_offsets[option], left.use_offsets[option + 1]):
            load[left.resource[u]] += left.use[u]
    for r in range(left.n_resources):
        value += load[r] * load[r]
    return value


@njit(cache=True, nogil=True, error_model="numpy")
def _split(left, n_open, slack, room):
    """Return the open task to split (its group), the resource and the excess at which.

    Two options that are far apart in what they load and both near the cheapest are what the relaxation mixes; the
    widest such pair is taken, and the resource on which it differs most.
    """
    widest, at_group, at_resource, at_excess = 0.0, -1, -1, 0.0
    mine, apart = room.scratch, room.gradient
    for g in range(n_open):
        pick = room.pick[g]
        mine[:] = 0.0
        square = 0.0
        for u in range(room.use_offsets[pick], room.use_offsets[pick + 1]):
            mine[room.resource[u]] = room.excess[u]
            square += room.excess[u] * room.excess[u]
        for a in range(room.groups[g], room.groups[g + 1]):
            spread = square
            for u in range(room.use_offsets[a], room.use_offsets[a + 1]):
                e, own = room.excess[u], mine[room.resource[u]]
                spread += (e - own) * (e - own) - own * own
            spread *= 1.0 - (room.price[a] - room.price[pick]) / slack
            if spread > widest:
                apart[:] = mine
                for u in range(room.use_offsets[a], room.use_offsets[a + 1]):
                    apart[room.resource[u]] -= room.excess[u]
                r = np.argmax(np.abs(apart))
                if apart[r] != 0.0:
                    low = min(mine[r], mine[r] - apart[r])
                    middle = low + 0.5 * abs(apart[r])
                    widest, at_group, at_resource = spread, g, r
                    at_excess = middle if middle < low + abs(apart[r]) else low
    return at_group, at_resource, at_excess


@njit(cache=True, nogil=True, error_model="numpy")
def _high(room, a, pick, r, at):
    """Return on which side of the split open option `a` is."""
    if r < 0:
        return a != pick
    for u in range(room.use_offsets[a], room.use_offsets[a + 1]):
        if room.resource[u] == r:
            return room.excess[u] > at
    return False


@njit(cache=True, nogil=True, error_model="numpy")
def _push(left, stack, counts, begin, n_single, n_open, cutoff, own, bound, room):
    """Put both halves of the node on the stack, the one with the cheapest option on top."""
    group, r, at = _split(left, n_open, cutoff - own, room)
    if group < 0:
        # all loads are equal but for rounding: the cheapest option or another
        group = 0
    pick = room.pick[group]
    near = _high(room, pick, pick, r, at)
    for half in range(2):
        side = near if half == 1 else not near
        i, fill, least = counts[OPEN], begin, np.inf
        for s in range(n_single):
            stack.pool[fill] = room.single[s]
            fill += 1
        for a in range(room.groups[n_open]):
            if room.groups[group] <= a < room.groups[group + 1]:
                if _high(room, a, pick, r, at) != side:
                    continue
                least = min(least, room.price[a] - room.price[pick])
            stack.pool[fill] = room.rows[a]
            fill += 1
        stack.begin[i], stack.end[i] = begin, fill
        stack.level[i] = room.level
        stack.bound[i] = max(bound, own + least * (1.0 - 1e-9))
        counts[OPEN] += 1
        begin = fill


@njit(cache=True, nogil=True, error_model="numpy")
def _keep(n_single, n_open, slack, room):
    """Make the alive options those of the single tasks and the open ones with reduced cost below `slack`; count them."""
    kept = n_single
    room.alive[:n_single] = room.single[:n_single]
    for g in range(n_open):
        least = room.price[room.pick[g]]
        for a in range(room.groups[g], room.groups[g + 1]):
            if a == room.pick[g] or room.price[a] - least < slack:
                room.alive[kept] = room.rows[a]
                kept += 1
    return kept


@njit(cache=True, nogil=True, error_model="numpy")
def search(left, stack, counts, numbers, work, steps, room):
    """Take nodes off the stack, depth first, until none is open, `work` uses are priced or there is no room for more.

    Returns whether it stopped for want of room.
    """
    while counts[OPEN] > 0 and work > 0:
        i = counts[OPEN] - 1
        begin, n_alive, bound = stack.begin[i], stack.end[i] - stack.begin[i], stack.bound[i]
        if i + 2 > len(stack.begin) or begin + 2 * n_alive > len(stack.pool):
            return True
        counts[OPEN] -= 1
        if bound >= numbers[CUTOFF]:
            numbers[BOUND] = min(numbers[BOUND], bound)
            continue
        counts[NODES] += 1
        room.alive[:n_alive] = stack.pool[begin : stack.end[i]]
        room.level[:] = stack.level[i]
        n_single, n_open, cost = sort_out(left, n_alive, room)
        for _ in range(_PASSES):
            own = _ascend(left, n_open, cost, numbers[CUTOFF], steps, room)
            room.level[:] = room.floor + room.points
            bound = max(bound, own)
            work -= (steps + 4) * (room.use_offsets[room.groups[n_open]] + left.n_resources) + n_alive
            if bound >= numbers[CUTOFF]:
                break
            kept = _keep(n_single, n_open, numbers[CUTOFF] - own, room)
            if kept == n_alive:
                break
            few = kept < _FEWER * n_alive
            n_alive = kept
            n_single, n_open, cost = sort_out(left, n_alive, room)
            if not few:
                break
        if bound < numbers[CUTOFF]:
            node_bound(left, n_open, cost, room.points, room)
            value = _descend(left, n_open, room)
            if value < numbers[VALUE]:
                room.best_choice[:] = room.choice
                numbers[VALUE] = value
                numbers[CUTOFF] = value - numbers[SHARE] * abs(value)
            # the prices at hand are those of `own`, not those of a bound that was handed down
            own = node_bound(left, n_open, cost, room.points, room)
            bound = max(bound, own)
            if bound < numbers[CUTOFF] and n_open > 0:
                _push(left, stack, counts, begin, n_single, n_open, numbers[CUTOFF], own, bound, room)
                continue
        numbers[BOUND] = min(numbers[BOUND], bound)
    return False
