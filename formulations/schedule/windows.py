"""When the nodes of a plan are best switched on, by descent where they are few and by a linear program else."""

from __future__ import annotations

from itertools import product

import numpy as np

from formulations.schedule.activities import Activities, earliest, used, waiting
from formulations.schedule.case import ScheduleCase
from formulations.schedule.window_descent import MOST_WINDOWS, WindowProblem, best_switch_on, window_value
from formulations.schedule.window_program import windows_by_program
from instances.columns import FloatArray, IntArray

__all__ = ["best_windows", "windows_by_descent"]

_MOST_MISSABLE = 6  # tasks whose sets are all tried


def best_windows(case: ScheduleCase, what: Activities, first: FloatArray) -> FloatArray | None:
    """Return when each node is best switched on.

    Parameters
    ----------
    case : ScheduleCase
        The problem.
    what : Activities
        Activities and arcs of a plan.
    first : array, shape (A,)
        Their earliest starts.

    Returns
    -------
    array, shape (N,), or None
        Seconds; ``-inf`` for nodes that need not wait. None where the earliest starts are best, or nothing keeps every
        hard deadline and limit.
    """
    waits = waiting(case, what)
    missable = np.isfinite(case.deadline).sum() if case.problem.options.missed_weight > 0 else 0
    if len(waits) > MOST_WINDOWS or missable > _MOST_MISSABLE:
        return windows_by_program(case, what, first)
    return windows_by_descent(case, what, first)


def windows_by_descent(case: ScheduleCase, what: Activities, first: FloatArray) -> FloatArray | None:
    """Return the same by `formulations.schedule.window_descent`."""
    waits = waiting(case, what)
    if not len(waits):
        return None
    options, due = case.problem.options, case.release + case.deadline
    problem = _problem(case, what, first, waits)
    misses = options.missed_weight > 0
    missable = np.flatnonzero(np.isfinite(due)) if misses and options.deadlines == "soft" else np.empty(0, np.int64)
    least, best = np.inf, None
    for late in product((False, True), repeat=len(missable)):
        latest = problem.latest.copy()
        kept = missable[~np.array(late, dtype=bool)]
        latest[kept] = np.minimum(latest[kept], due[kept])
        on, possible = best_switch_on(problem._replace(latest=latest))
        if not possible:
            continue
        value, energy = window_value(problem, on)
        value += problem.energy_weight * energy + options.missed_weight * sum(late)
        if value < least:
            least, best = value, on
    if best is None:
        return None
    found = np.full(case.n_nodes, -np.inf)
    found[waits] = best
    return found


def _problem(case: ScheduleCase, what: Activities, first: FloatArray, waits: IntArray) -> WindowProblem:
    options = case.problem.options
    n, tasks = len(waits), case.n_tasks
    release = np.where(what.is_input, case.release[case.task[what.operation]], -np.inf)
    by_release = earliest(what, release)
    own = [~what.is_input & ((what.node == node) | (what.to == node)) for node in waits]
    to_off, to_end = np.empty((n, n)), np.empty((n, tasks))
    for i in range(n):
        length = earliest(what, np.where(own[i], 0.0, -np.inf))
        to_end[i] = (length + what.seconds)[what.last]
        to_off[i] = [(length + what.seconds)[one].max() for one in own]
    fixed = float(what.joules.sum() + case.switch_on_joules[used(case, what)].sum())
    latest = np.full(tasks, np.inf)
    if options.deadlines == "hard":
        latest = case.release + case.deadline
    if options.makespan_limit_s is not None:
        latest = np.minimum(latest, options.makespan_limit_s)
    return WindowProblem(
        first_on=np.array([first[one].min() for one in own]),
        first_off=np.array([(by_release + what.seconds)[one].max() for one in own]),
        first_end=(by_release + what.seconds)[what.last],
        to_off=to_off,
        to_end=to_end,
        watts=case.idle_watts[waits],
        slope=options.response_weight / tasks + options.weighted_response_weight * case.weight,
        late_slope=options.tardiness_weight * case.weight,
        due=case.release + case.deadline,
        latest=latest,
        makespan_weight=float(options.makespan_weight),
        energy_weight=float(options.energy_weight),
        window_limit=np.inf if options.energy_limit_j is None else float(options.energy_limit_j) - fixed,
    )
