"""Times of a placement's activities in an order: earliest ones, and those at which nodes wait to be on for less long."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np
from numba import njit

from formulations.schedule.window_descent import WindowProblem, best_switch_on
from solvers.exact.schedule.order_desk import TOLERANCE

__all__ = ["cost", "spread", "wait"]


@njit(cache=True, error_model="numpy")
def spread(size, arcs, tail, head, seconds, times):
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
def cost(arrays, size, desk, joules, money):
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
        if late > TOLERANCE * max(1.0, deadline[task]):
            missed += 1.0
            kept = kept and not hard[task] < np.inf
    kept = kept and makespan <= arrays.makespan_limit * (1.0 + TOLERANCE)
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
    kept = kept and joules <= arrays.energy_limit * (1.0 + TOLERANCE)
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
        spread(size, arcs, desk.tail, desk.head, seconds, length)
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
def wait(arrays, size, arcs, desk, joules, money):
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
        spread(size, arcs, desk.tail, desk.head, desk.seconds, start)
        value, kept = cost(arrays, size, desk, joules, money)
        if kept and value < least:
            least = value
            best[:] = start[:size]
    start[:size] = best
    return least
