"""All orders of one placement: compiled search over which of two activities goes first.

The activities of a placement, operations and transfers, are first timed as if nodes had cores without end and channels
carried any number of transfers. Where the best such times put more activities on a node or channel than it has room
for, two of the first ones that are too many must follow each other: the search goes on with either of them in front, for
every two. No order is left out but those that contain an order which costs as much as the best plan already.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from formulations.schedule.window_descent import WindowProblem, best_switch_on
from instances.columns import FloatArray, IntArray

__all__ = ["Desk", "new_desk", "search_orders"]

_TOLERANCE = 1e-9  # as the referee's


class Desk(NamedTuple):
    """Working arrays, and the best starts found; A is the most activities of a placement."""

    operation: IntArray
    node: IntArray
    to: IntArray
    seconds: FloatArray
    floor: FloatArray
    is_input: IntArray
    tail: IntArray
    head: IntArray
    last: IntArray
    start: FloatArray
    best: FloatArray
    length: FloatArray
    on: FloatArray
    off: FloatArray
    stack: IntArray
    window: IntArray
    crowd: IntArray


def new_desk(n_operations: int, n_edges: int, n_tasks: int, n_nodes: int, most_cores: int) -> Desk:
    """Return working arrays for cases of this size."""
    size = n_operations + n_edges + n_tasks
    arcs = 2 * n_edges + n_tasks
    pairs = size * size

    def whole(count: int) -> IntArray:
        return np.empty(count, dtype=np.int64)

    return Desk(
        operation=whole(size),
        node=whole(size),
        to=whole(size),
        seconds=np.empty(size),
        floor=np.empty(size),
        is_input=whole(size),
        tail=whole(arcs + pairs),
        head=whole(arcs + pairs),
        last=whole(n_tasks),
        start=np.empty(size),
        best=np.empty(size),
        length=np.empty(size),
        on=np.empty(n_nodes),
        off=np.empty(n_nodes),
        stack=np.empty(((pairs + 1) * (most_cores + 1) * most_cores + 2, 3), dtype=np.int64),
        window=whole(n_nodes),
        crowd=whole(most_cores + 2),
    )


@njit(cache=True, error_model="numpy")
def _lay_out(arrays, place, desk):
    """Write activities and the arcs of their tensors; return their numbers, the first -1 where something cannot be."""
    n = len(place)
    size, arcs = n, 0
    for v in range(n):
        here, task = place[v], arrays.task[v]
        if not arrays.seconds[here, v] < np.inf:
            return -1, 0
        desk.operation[v], desk.node[v], desk.to[v] = v, here, -1
        desk.seconds[v], desk.is_input[v] = arrays.seconds[here, v], arrays.is_input[v]
        desk.floor[v] = arrays.release[task] if arrays.is_input[v] == 1 else 0.0
    for v in range(n):
        here, task, first = place[v], arrays.task[v], size
        readers = arrays.successor_offsets[v + 1] - arrays.successor_offsets[v]
        if arrays.is_last[v] == 1:
            desk.last[task] = v
        home = 1 if arrays.return_result and arrays.is_last[v] == 1 else 0
        for row in range(readers + home):
            reader = arrays.successors[arrays.successor_offsets[v] + row] if row < readers else -1
            to = place[reader] if reader >= 0 else arrays.source[task]
            at = v
            if to != here:
                if not arrays.latency[here, to] < np.inf:
                    return -1, 0
                at = -1
                for one in range(first, size):
                    if desk.to[one] == to:
                        at = one
                if at < 0:
                    at = size
                    size += 1
                    desk.operation[at], desk.node[at], desk.to[at] = v, here, to
                    desk.seconds[at] = arrays.latency[here, to] + arrays.size[v] * arrays.seconds_per_byte[here, to]
                    desk.is_input[at], desk.floor[at] = 0, 0.0
                    desk.tail[arcs], desk.head[arcs] = v, at
                    arcs += 1
            if reader >= 0:
                desk.tail[arcs], desk.head[arcs] = at, reader
                arcs += 1
            else:
                desk.last[task] = at
    return size, arcs


@njit(cache=True, error_model="numpy")
def _fixed(arrays, size, desk):
    """Return joules and money that no times change, and whether every memory is kept."""
    joules, money, kept = 0.0, 0.0, True
    takes_part, held = desk.on, desk.off
    takes_part[:] = 0.0
    held[:] = 0.0
    for a in range(size):
        if desk.is_input[a] == 1:
            continue
        v, here, to = desk.operation[a], desk.node[a], desk.to[a]
        takes_part[here] = 1.0
        if to < 0:
            joules += arrays.joules[here, v]
            money += arrays.price[here, v]
            held[here] += arrays.memory[v]
        else:
            takes_part[to] = 1.0
            joules += arrays.size[v] * arrays.joules_per_byte[here, to] + arrays.transmit_watts[here] * desk.seconds[a]
            money += arrays.size[v] * arrays.price_per_byte[here, to]
    for node in range(len(held)):
        joules += takes_part[node] * arrays.switch_on_joules[node]
        kept = kept and held[node] <= arrays.memory_limit[node] * (1.0 + _TOLERANCE)
    return joules, money, kept


@njit(cache=True, error_model="numpy")
def _spread(size, arcs, tail, head, seconds, times):
    """Raise `times` until every arc holds; return False where arcs go round."""
    for _ in range(size + 1):
        still = True
        for row in range(arcs):
            a, b = tail[row], head[row]
            if times[a] + seconds[a] > times[b]:
                times[b] = times[a] + seconds[a]
                still = False
        if still:
            return True
    return False


@njit(cache=True, error_model="numpy")
def _cost(arrays, size, desk, joules, money):
    """Return the objective at ``desk.start`` and whether deadlines and limits are kept."""
    release, deadline, hard, weight = arrays.release, arrays.deadline, arrays.hard_deadline, arrays.weight
    start, seconds, last, is_input = desk.start, desk.seconds, desk.last, desk.is_input
    on, off, idle, where, target = desk.on, desk.off, arrays.idle_watts, desk.node, desk.to
    tasks, kept = len(release), True
    makespan, total, weighted, tardiness, missed = 0.0, 0.0, 0.0, 0.0, 0.0
    for task in range(tasks):
        end = start[last[task]] + seconds[last[task]]
        response = end - release[task]
        late = response - deadline[task]
        makespan = max(makespan, end)
        total += response
        weighted += weight[task] * response
        tardiness += weight[task] * max(0.0, late)
        if late > _TOLERANCE * max(1.0, deadline[task]):
            missed += 1.0
            kept = kept and not hard[task] < np.inf
    kept = kept and makespan <= arrays.makespan_limit * (1.0 + _TOLERANCE)
    on[:] = np.inf
    off[:] = -np.inf
    for a in range(size):
        if is_input[a] == 0:
            for node in (where[a], target[a]):
                if node >= 0:
                    on[node] = min(on[node], start[a])
                    off[node] = max(off[node], start[a] + seconds[a])
    for node in range(len(on)):
        if off[node] >= on[node]:
            joules += idle[node] * (off[node] - on[node])
    kept = kept and joules <= arrays.energy_limit * (1.0 + _TOLERANCE)
    w = arrays.weights
    value = w[0] * makespan + w[1] * total / tasks + w[2] * weighted + w[3] * tardiness + w[4] * missed
    return value + w[5] * joules + w[6] * money, kept


@njit(cache=True, error_model="numpy")
def _at(is_input, where, target, a, node):
    return is_input[a] == 0 and (where[a] == node or target[a] == node)


@njit(cache=True, error_model="numpy")
def _windows(arrays, size, arcs, desk, joules):
    """Return the longest paths between the nodes that cost something while they are on; ``desk.start`` is earliest."""
    tasks, count = len(arrays.release), 0
    start, seconds, length, floor = desk.start, desk.seconds, desk.length, desk.floor
    is_input, where, target, last = desk.is_input, desk.node, desk.to, desk.last
    on, window, idle = desk.on, desk.window, arrays.idle_watts
    on[:] = np.inf
    for a in range(size):
        for node in (where[a], target[a]):
            if node >= 0 and is_input[a] == 0:
                on[node] = min(on[node], start[a])
    for node in range(len(on)):
        if on[node] < np.inf and idle[node] > 0.0:
            window[count] = node
            count += 1
    first_on, first_off, watts = np.empty(count), np.full(count, -np.inf), np.empty(count)
    to_off, to_end, first_end = np.full((count, count), -np.inf), np.empty((count, tasks)), np.empty(tasks)
    for i in range(-1, count):
        for a in range(size):
            if i < 0:
                length[a] = floor[a] if is_input[a] == 1 else -np.inf
            else:
                length[a] = 0.0 if _at(is_input, where, target, a, window[i]) else -np.inf
        _spread(size, arcs, desk.tail, desk.head, seconds, length)
        for j in range(count):
            for a in range(size):
                if _at(is_input, where, target, a, window[j]):
                    end = length[a] + seconds[a]
                    if i < 0:
                        first_off[j] = max(first_off[j], end)
                    else:
                        to_off[i, j] = max(to_off[i, j], end)
        for task in range(tasks):
            end = length[last[task]] + seconds[last[task]]
            if i < 0:
                first_end[task] = end
            else:
                to_end[i, task] = end
    for i in range(count):
        first_on[i], watts[i] = on[window[i]], idle[window[i]]
    w = arrays.weights
    return WindowProblem(
        first_on,
        first_off,
        first_end,
        to_off,
        to_end,
        watts,
        w[1] / tasks + w[2] * arrays.weight,
        w[3] * arrays.weight,
        arrays.release + arrays.deadline,
        np.minimum(arrays.release + arrays.hard_deadline, arrays.makespan_limit),
        w[0],
        w[5],
        arrays.energy_limit - joules,
    )


@njit(cache=True, error_model="numpy")
def _wait(arrays, size, arcs, desk, joules, money):
    """Let nodes wait where that is best: leave the best starts and return their objective, ``inf`` where there are none."""
    problem = _windows(arrays, size, arcs, desk, joules)
    tasks, missable, least = len(arrays.release), 0, np.inf
    if arrays.weights[4] > 0.0:
        for task in range(tasks):
            if arrays.deadline[task] < np.inf and not arrays.hard_deadline[task] < np.inf:
                missable += 1
    start, floor, window, latest = desk.start, desk.floor, desk.window, problem.latest
    is_input, where, target = desk.is_input, desk.node, desk.to
    deadline, hard = arrays.deadline, arrays.hard_deadline
    plain, best = latest.copy(), start[:size].copy()
    for late in range(1 << missable):
        bit = 0
        for task in range(tasks):
            latest[task] = plain[task]
            if missable and deadline[task] < np.inf and not hard[task] < np.inf:
                if not late >> bit & 1:
                    latest[task] = min(plain[task], problem.due[task])
                bit += 1
        on, possible = best_switch_on(problem)
        if not possible:
            continue
        start[:size] = floor[:size]
        for i in range(len(on)):
            for a in range(size):
                if _at(is_input, where, target, a, window[i]):
                    start[a] = max(start[a], on[i])
        _spread(size, arcs, desk.tail, desk.head, desk.seconds, start)
        value, kept = _cost(arrays, size, desk, joules, money)
        if kept and value < least:
            least = value
            best[:] = start[:size]
    start[:size] = best
    return least


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
    size, arcs = _lay_out(arrays, place, desk)
    if size < 0:
        return best, 0
    joules, money, kept = _fixed(arrays, size, desk)
    if not kept or not money <= arrays.price_limit * (1.0 + _TOLERANCE):
        return best, 0
    timed, top = 0, 1
    desk.stack[0, 0] = -1
    while top:
        top -= 1
        depth = desk.stack[top, 0] + 1
        if depth:
            desk.tail[arcs + depth - 1], desk.head[arcs + depth - 1] = desk.stack[top, 1], desk.stack[top, 2]
        desk.start[:size] = desk.floor[:size]
        if not _spread(size, arcs + depth, desk.tail, desk.head, desk.seconds, desk.start):
            continue
        timed += 1
        if regular:
            value, kept = _cost(arrays, size, desk, joules, money)
        else:
            value, kept = _wait(arrays, size, arcs + depth, desk, joules, money), True
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
