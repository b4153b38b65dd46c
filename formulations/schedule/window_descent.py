"""When the few nodes of a plan are best switched on: descent over sets of nodes that wait together.

Let p_i be the time at which node i is switched on: no activity of i starts before. Given p, everything is best as early
as possible, and every end is a maximum of sums,

    off_j = max(off_j of the releases, max_i p_i + D_ij),   end_k = max(end_k of the releases, max_i p_i + E_ik),

D_ij and E_ik being longest paths from the activities of node i. So the objective

    energy_weight sum_j watts_j (off_j - p_j) + (increasing convex functions of the ends)

is L-natural convex in p (Murota, Discrete Convex Analysis, SIAM 2003, chapter 7), and from the earliest times it falls to its
least value by raising, as long as that helps, the set of nodes X along which it falls most (steepest descent, ibid.
section 10.3). There are 2^N sets of N nodes, which is nothing for the few nodes that a small plan uses.

A limit of the windows' energy is priced: with the multiplier at which two plans on both sides of the limit cost the same
and no plan less, a mean of the two is best.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from instances.columns import FloatArray

__all__ = ["MOST_WINDOWS", "WindowProblem", "best_switch_on", "window_value"]

MOST_WINDOWS = 10
"""Nodes up to which all their sets are looked at."""
_TOLERANCE = 1e-12  # share of the horizon below which two times are the same
_MOST_STEPS = 100_000


class WindowProblem(NamedTuple):
    """Longest paths and weights; N nodes that wait, K tasks.

    Parameters
    ----------
    first_on : array, shape (N,)
        When each node is on at the earliest times.
    first_off, first_end : arrays, shapes (N,) and (K,)
        Of nodes and tasks by the releases alone.
    to_off, to_end : arrays, shapes (N, N) and (N, K)
        Longest path from the start of an activity of node i; ``-inf`` where there is none.
    watts : array, shape (N,)
        Idle power.
    slope, late_slope : arrays, shape (K,)
        Weight of a task's end, and of its tardiness.
    due, latest : arrays, shape (K,)
        When tardiness begins; when the task must have ended, ``inf`` where it need not.
    makespan_weight, energy_weight : float
        Of the objective.
    window_limit : float
        Most energy of all windows, ``inf`` where there is no limit.
    """

    first_on: FloatArray
    first_off: FloatArray
    first_end: FloatArray
    to_off: FloatArray
    to_end: FloatArray
    watts: FloatArray
    slope: FloatArray
    late_slope: FloatArray
    due: FloatArray
    latest: FloatArray
    makespan_weight: float
    energy_weight: float
    window_limit: float


@njit(cache=True, error_model="numpy")
def _ends(problem, p, off, end):
    """Write the ends of nodes and tasks at switch-on times `p`."""
    for j in range(len(off)):
        off[j] = problem.first_off[j]
        for i in range(len(p)):
            off[j] = max(off[j], p[i] + problem.to_off[i, j])
    for k in range(len(end)):
        end[k] = problem.first_end[k]
        for i in range(len(p)):
            end[k] = max(end[k], p[i] + problem.to_end[i, k])


@njit(cache=True, error_model="numpy")
def window_value(problem, p):
    """Return the part of the objective that depends on `p` without energy, and the energy of all windows."""
    off, end = np.empty(len(p)), np.empty(len(problem.due))
    _ends(problem, p, off, end)
    value, makespan = 0.0, 0.0
    for k in range(len(end)):
        value += problem.slope[k] * end[k]
        if end[k] > problem.due[k]:
            value += problem.late_slope[k] * (end[k] - problem.due[k])
        makespan = max(makespan, end[k])
    energy = 0.0
    for j in range(len(p)):
        energy += problem.watts[j] * (off[j] - p[j])
    return value + problem.makespan_weight * makespan, energy


@njit(cache=True, error_model="numpy")
def _along(problem, p, off, end, makespan, chosen, energy_weight, time_weight, same):
    """Return slope and room of a step that raises the nodes of the bits `chosen`; infinite slope where it may not."""
    slope, room = 0.0, np.inf
    for j in range(len(p)):
        reach = -np.inf
        for i in range(len(p)):
            if chosen >> i & 1:
                reach = max(reach, p[i] + problem.to_off[i, j])
        if reach >= off[j] - same:
            slope += energy_weight * problem.watts[j]
        else:
            room = min(room, off[j] - reach)
        if chosen >> j & 1:
            slope -= energy_weight * problem.watts[j]
    longest, last = False, -np.inf
    for k in range(len(end)):
        reach = -np.inf
        for i in range(len(p)):
            if chosen >> i & 1:
                reach = max(reach, p[i] + problem.to_end[i, k])
        if reach < end[k] - same:
            room = min(room, end[k] - reach)
            continue
        if end[k] >= problem.latest[k] - same:
            return np.inf, 0.0
        room = min(room, problem.latest[k] - end[k])
        slope += time_weight * problem.slope[k]
        if end[k] >= problem.due[k] - same:
            slope += time_weight * problem.late_slope[k]
        elif problem.late_slope[k] > 0.0:
            room = min(room, problem.due[k] - end[k])
        longest = longest or end[k] >= makespan - same
        last = max(last, end[k])
    if longest:
        slope += time_weight * problem.makespan_weight
    else:
        room = min(room, makespan - last)
    return slope, room


@njit(cache=True, error_model="numpy")
def _descend(problem, energy_weight, time_weight):
    """Return the best switch-on times at these weights of the windows' energy and of all else."""
    n = len(problem.first_on)
    p, off, end = problem.first_on.copy(), np.empty(n), np.empty(len(problem.due))
    _ends(problem, p, off, end)
    same = 0.0
    for k in range(len(end)):
        same = max(same, _TOLERANCE * abs(end[k]))
    steep = 0.0
    for j in range(n):
        steep = max(steep, 1e-12 * energy_weight * problem.watts[j])
    for _ in range(_MOST_STEPS):
        _ends(problem, p, off, end)
        makespan = 0.0
        for k in range(len(end)):
            makespan = max(makespan, end[k])
        best, step, which = -steep, 0.0, 0
        for chosen in range(1, 1 << n):
            slope, room = _along(problem, p, off, end, makespan, chosen, energy_weight, time_weight, same)
            if slope < best and room < np.inf:
                best, step, which = slope, room, chosen
        if which == 0:
            break
        for i in range(n):
            if which >> i & 1:
                p[i] += step
    return p


@njit(cache=True, error_model="numpy")
def best_switch_on(problem):
    """Return the best switch-on times, and whether they keep all that they must.

    Returns
    -------
    array, shape (N,)
        Seconds.
    bool
        False where no times keep `latest` and `window_limit`.
    """
    for k in range(len(problem.latest)):
        end = problem.first_end[k]
        for i in range(len(problem.first_on)):
            end = max(end, problem.first_on[i] + problem.to_end[i, k])
        if end > problem.latest[k] * (1.0 + 1e-9):
            return problem.first_on, False
    limit = problem.window_limit
    cheap = _descend(problem, problem.energy_weight, 1.0)
    value, energy = window_value(problem, cheap)
    value += problem.energy_weight * energy
    if energy <= limit:
        return cheap, True
    lean = _descend(problem, 1.0, 0.0)
    lean_value, lean_energy = window_value(problem, lean)
    lean_value += problem.energy_weight * lean_energy
    if lean_energy > limit + 1e-9 * abs(limit):
        return lean, False
    if energy <= lean_energy:
        return lean, True
    for _ in range(200):
        price = (lean_value - value) / (energy - lean_energy)
        if price <= 0.0:
            break
        p = _descend(problem, problem.energy_weight + price, 1.0)
        new, used = window_value(problem, p)
        new += problem.energy_weight * used
        if new + price * used >= value + price * energy - 1e-12 * abs(value + price * energy):
            break
        if used <= limit:
            lean, lean_value, lean_energy = p, new, used
        else:
            cheap, value, energy = p, new, used
    share = min(1.0, max(0.0, (energy - limit) / (energy - lean_energy)))
    return cheap + share * (lean - cheap), True
