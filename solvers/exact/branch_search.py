"""The search of `solvers.exact.branching`, compiled: bound a node, rule out options, find a plan, split."""

# mypy: disable-error-code="no-untyped-def, assignment"

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from instances.columns import Array, FloatArray, IntArray
from solvers.exact.branch_memory import HELD, crowded, fit, take
from solvers.exact.branch_node import ascend, node_bound, sort_out

__all__ = [
    "BOUND",
    "CUTOFF",
    "NODES",
    "OPEN",
    "SHARE",
    "VALUE",
    "Stack",
    "search",
]

VALUE, SHARE, CUTOFF, BOUND = range(4)
"""In `numbers`: value of the best plan; relative gap that is good enough; bound at which a node is closed, which is the
value less that share; least bound of a closed node."""
NODES, OPEN = range(2)
"""In `counts`: nodes so far, open nodes on the stack."""

_PASSES = 4
_FEWER = 0.9


class Stack(NamedTuple):
    """Open nodes: the options alive in node i are ``pool[begin[i]:end[i]]``, those of a task together."""

    pool: Array
    begin: IntArray
    end: IntArray
    level: FloatArray
    bound: FloatArray


@njit(cache=True, nogil=True, error_model="numpy")
def _fits(left, held, option):
    for m in range(left.memory_offsets[option], left.memory_offsets[option + 1]):
        if held[left.node[m]] + left.bytes[m] > HELD:
            return False
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def _descend(left, n_open, room):
    """Let the open tasks reply twice at marginal cost among their alive options; return the plan's value.

    It is inf where the memory does not hold the plan.
    """
    load = room.gradient
    load[:] = 0.0
    for g in range(n_open):
        option = room.rows[room.pick[g]]
        room.choice[left.task[option]] = option
    room.held[:] = 0.0
    for option in room.choice:
        take(left, room.held, option, 1.0)
        for u in range(left.use_offsets[option], left.use_offsets[option + 1]):
            load[left.resource[u]] += left.use[u]
    for _ in range(2):
        for g in range(n_open):
            k = left.task[room.rows[room.groups[g]]]
            old = room.choice[k]
            for u in range(left.use_offsets[old], left.use_offsets[old + 1]):
                load[left.resource[u]] -= left.use[u]
            take(left, room.held, old, -1.0)
            best = np.inf
            for a in range(room.groups[g], room.groups[g + 1]):
                option = room.rows[a]
                price = left.cost[option]
                for u in range(left.use_offsets[option], left.use_offsets[option + 1]):
                    price += left.use[u] * (2.0 * load[left.resource[u]] + left.use[u])
                if price < best and _fits(left, room.held, option):
                    best = price
                    room.choice[k] = option
            take(left, room.held, room.choice[k], 1.0)
            for u in range(left.use_offsets[room.choice[k]], left.use_offsets[room.choice[k] + 1]):
                load[left.resource[u]] += left.use[u]
    load[:] = 0.0
    room.held[:] = 0.0
    value = 0.0
    for option in room.choice:
        value += left.cost[option]
        take(left, room.held, option, 1.0)
        for u in range(left.use_offsets[option], left.use_offsets[option + 1]):
            load[left.resource[u]] += left.use[u]
    for r in range(left.n_resources):
        value += load[r] * load[r]
    for node in range(left.n_nodes):
        if room.held[node] > HELD:
            return np.inf
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
def _high(left, room, a, pick, r, node, at):
    """Return on which side of the split open option `a` is: by its memory, by its load, or by itself."""
    if node >= 0:
        option = room.rows[a]
        for m in range(left.memory_offsets[option], left.memory_offsets[option + 1]):
            if left.node[m] == node:
                return left.bytes[m] > at
        return False
    if r < 0:
        return a != pick
    for u in range(room.use_offsets[a], room.use_offsets[a + 1]):
        if room.resource[u] == r:
            return room.excess[u] > at
    return False


@njit(cache=True, nogil=True, error_model="numpy")
def _push(left, stack, counts, begin, n_single, n_open, cutoff, own, bound, room):
    """Put both halves of the node on the stack, the one with the cheapest option on top."""
    r = -1
    group, node, at = crowded(left, n_open, room)
    if group < 0:
        node = -1
        group, r, at = _split(left, n_open, cutoff - own, room)
    if group < 0:
        # all loads are equal but for rounding: the cheapest option or another
        group = 0
    pick = room.pick[group]
    near = _high(left, room, pick, pick, r, node, at)
    for half in range(2):
        side = near if half == 1 else not near
        i, fill, least = counts[OPEN], begin, np.inf
        for s in range(n_single):
            stack.pool[fill] = room.single[s]
            fill += 1
        for a in range(room.groups[n_open]):
            if room.groups[group] <= a < room.groups[group + 1]:
                if _high(left, room, a, pick, r, node, at) != side:
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
        n_alive = fit(left, n_alive, room)
        if n_alive < 0:
            continue
        n_single, n_open, cost = sort_out(left, n_alive, room)
        for _ in range(_PASSES):
            own = ascend(left, n_open, cost, numbers[CUTOFF], steps, room)
            room.level[:] = room.floor + room.points
            bound = max(bound, own)
            work -= (steps + 4) * (room.use_offsets[room.groups[n_open]] + left.n_resources) + n_alive
            if bound >= numbers[CUTOFF]:
                break
            kept = _keep(n_single, n_open, numbers[CUTOFF] - own, room)
            if kept == n_alive:
                break
            few = kept < _FEWER * n_alive
            n_alive = fit(left, kept, room)
            if n_alive < 0:
                break
            n_single, n_open, cost = sort_out(left, n_alive, room)
            if not few:
                break
        if n_alive < 0:
            continue
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
