"""What published methods share that try cuts one by one: placements as rows, all priced, the best one taken."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations_with_replacement
from typing import Any

import numpy as np

from formulations.cut.case import CutCase
from formulations.cut.cases import cases_of, too_many_cases
from formulations.cut.evaluator import evaluate_levels
from formulations.cut.problem import CutProblem
from instances.columns import IntArray
from solvers.contract import Outcome, SolutionStatus, Termination, Trace
from solvers.exact.cut.reduction import dominators

__all__ = ["cut_points", "decline_all_but_sums", "nested_rows", "search_rows", "single_cut_rows"]


def cut_points(case: CutCase) -> IntArray:
    """Return the positions after which one tensor alone crosses a cut."""
    return dominators(case.n_layers, case.edges)


def single_cut_rows(case: CutCase, points: IntArray) -> IntArray:
    """Return a placement for every level above the device and every cut behind one of `points`.

    Returns
    -------
    int array, shape ((n_levels - 1) n_points, n_layers)
        Layers up to the point run on the device, the others on that level; of a level the points in their order.

    Examples
    --------
    >>> class Three:
    ...     n_layers, n_levels = 3, 2
    >>> single_cut_rows(Three(), np.array([0, 2])).tolist()
    [[0, 1, 1], [0, 0, 0]]
    """
    beyond = np.arange(case.n_layers)[None, :] > points[:, None]
    if case.n_levels == 1:
        return np.zeros((1, case.n_layers), dtype=np.int64)
    return np.concatenate([level * beyond.astype(np.int64) for level in range(1, case.n_levels)])


def nested_rows(case: CutCase, points: IntArray) -> IntArray:
    """Return a placement for every way to cut behind ``n_levels - 1`` of `points`, repeats allowed.

    Examples
    --------
    >>> class Three:
    ...     n_layers, n_levels = 3, 3
    >>> nested_rows(Three(), np.array([0, 2])).tolist()
    [[0, 2, 2], [0, 1, 1], [0, 0, 0]]
    """
    cuts = list(combinations_with_replacement(points.tolist(), case.n_levels - 1))
    rows = np.zeros((len(cuts), case.n_layers), dtype=np.int64)
    columns = np.arange(case.n_layers)
    for boundary in range(case.n_levels - 1):
        rows += columns[None, :] > np.array([cut[boundary] for cut in cuts])[:, None]
    return rows


def decline_all_but_sums(problem: CutProblem, bottleneck: str) -> str | None:
    """Return why a method that minimises a sum of costs cannot take a problem, or None.

    Parameters
    ----------
    problem : CutProblem
        What is asked.
    bottleneck : str
        What the method says where the bottleneck counts.
    """
    reason = too_many_cases(problem)
    if reason is not None:
        return reason
    for case in cases_of(problem):
        if case.bottleneck_weight > 0:
            return bottleneck
        if case.side_constraint is not None:
            return f"it knows no limits, and there is {case.side_constraint}"
    return None


def search_rows(problem: Any, trace: Trace, rows_of: Callable[[CutCase], IntArray], what: str) -> Outcome:
    """Return the cheapest feasible one of the placements that `rows_of` lists for each case.

    Parameters
    ----------
    problem : CutProblem
        What is asked.
    trace : Trace
        Gets the plan.
    rows_of : callable
        Placements of a case, shape (n_rows, n_layers).
    what : str
        What the rows are, for the reason where none is feasible.

    Returns
    -------
    Outcome
        Without a bound: that nothing better exists is for others to say. ``info["placements"]`` counts the rows.
    """
    best: tuple[float, CutCase, IntArray] | None = None
    count = 0
    for case in cases_of(problem):
        rows = rows_of(case)
        count += len(rows)
        priced = evaluate_levels(case, rows)
        chosen = priced.best()
        if chosen is not None and (best is None or priced.value[chosen] < best[0]):
            best = float(priced.value[chosen]), case, rows[chosen]
    info = {"placements": count}
    if best is None:
        return Outcome(
            plan=None,
            status=SolutionStatus.NONE,
            termination=Termination.COMPLETED,
            reason=f"no {what} keeps every rule and limit",
            info=info,
        )
    plan = best[1].plan(best[2])
    trace.incumbent(plan)
    return Outcome(plan=plan, status=SolutionStatus.FEASIBLE, termination=Termination.COMPLETED, info=info)
