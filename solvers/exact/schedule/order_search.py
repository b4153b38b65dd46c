"""All orders of one placement: compiled search over which of two activities goes first.

The activities of a placement, operations and transfers, are first timed as if nodes had cores without end and channels
carried any number of transfers. Where the best such times put more activities on a node or channel than it has room
for, two of the first ones that are too many must follow each other: the search goes on with either of them in front, for
every two. No order is left out but those that contain an order which costs as much as the best plan already.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np
from numba import njit

from solvers.exact.schedule.order_desk import TOLERANCE, fixed_costs, lay_out
from solvers.exact.schedule.order_times import cost, spread, wait

__all__ = ["search_orders"]


@njit(cache=True, error_model="numpy")
def _share_a_channel(channels, first_channel, one, two):
    """Return whether two ways have a channel in common."""
    for x in range(first_channel[one], first_channel[one + 1]):
        for y in range(first_channel[two], first_channel[two + 1]):
            if channels[x] == channels[y]:
                return True
    return False


@njit(cache=True, error_model="numpy")
def _crowd(arrays, size, desk, slack):
    """Return how many activities, in ``desk.crowd``, are too many somewhere while one of them starts; 0 if none are."""
    start, seconds, is_input, where, target = desk.start, desk.seconds, desk.is_input, desk.node, desk.to
    crowd, first_core, channels, first_channel = (
        desk.crowd,
        arrays.core_offsets,
        arrays.channels,
        arrays.channel_offsets,
    )
    nodes = len(first_core) - 1
    for a in range(size):
        if is_input[a] == 1 or seconds[a] <= 0.0:
            continue
        computes, count = target[a] < 0, 1
        room = first_core[where[a] + 1] - first_core[where[a]] if computes else 1
        crowd[0], moment = a, start[a] + slack
        for b in range(size):
            if b == a or is_input[b] == 1 or seconds[b] <= 0.0 or (target[b] < 0) != computes:
                continue
            if start[b] > moment or start[b] + seconds[b] <= moment:
                continue
            if computes:
                together = where[a] == where[b]
            else:
                one, two = where[a] * nodes + target[a], where[b] * nodes + target[b]
                together = _share_a_channel(channels, first_channel, one, two)
            if together:
                crowd[count] = b
                count += 1
                if count > room:
                    return count
    return 0


@njit(cache=True, error_model="numpy")
def search_orders(arrays, place, desk, regular, best):
    """Return the least objective of a placement below `best` (else `best`), and how many orders were timed.

    Parameters
    ----------
    arrays : KernelArrays
        Of the case.
    place : int array, shape (n,)
        Position of every operation.
    desk : Desk
        Working arrays; where a better plan is found, ``desk.best`` has the starts of its activities, numbered
        operations first, then transfers as they are met operation by operation.
    regular : bool
        Whether the earliest times are best.
    best : float
        Objective to beat.
    """
    size, arcs = lay_out(arrays, place, desk)
    if size < 0:
        return best, 0
    joules, money, kept = fixed_costs(arrays, size, desk)
    if not kept or not money <= arrays.price_limit * (1.0 + TOLERANCE):
        return best, 0
    timed, top = 0, 1
    desk.stack[0, 0] = -1
    while top:
        top -= 1
        depth = desk.stack[top, 0] + 1
        if depth:
            desk.tail[arcs + depth - 1], desk.head[arcs + depth - 1] = desk.stack[top, 1], desk.stack[top, 2]
        desk.start[:size] = desk.floor[:size]
        if not spread(size, arcs + depth, desk.tail, desk.head, desk.seconds, desk.start):
            continue
        timed += 1
        if regular:
            value, kept = cost(arrays, size, desk, joules, money)
        else:
            value, kept = wait(arrays, size, arcs + depth, desk, joules, money), True
        margin = 1e-12 * abs(best) if best < np.inf else 0.0  # a hair better is rounding
        if not kept or not value < best - margin:
            continue
        horizon = 0.0
        for a in range(size):
            horizon = max(horizon, desk.start[a] + desk.seconds[a])
        count = _crowd(arrays, size, desk, 1e-12 * horizon)
        if count == 0:
            best = value
            desk.best[:size] = desk.start[:size]
        for i in range(count):
            for j in range(count):
                if i != j:
                    desk.stack[top, 0], desk.stack[top, 1], desk.stack[top, 2] = depth, desk.crowd[i], desk.crowd[j]
                    top += 1
    return best, timed
