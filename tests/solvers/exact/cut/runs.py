"""Runs of methods of the family `cut` on small problems, and their brute force."""

from __future__ import annotations

from typing import Any

import numpy as np

from formulations.cut.cases import cases_of
from formulations.cut.evaluator import evaluate_levels, monotone_levels
from formulations.cut.problem import CutProblem
from formulations.cut.referee import evaluate
from solvers.contract import Budget, Outcome, SolutionStatus
from solvers.registry import make
from solvers.trace import RefereedTrace

SUMS = ("cut-enumeration", "chain-scan", "tier-dp", "excursion-path", "min-cut")
MILPS = tuple({"language": a, "backend": b} for a in ("pulp", "pyomo") for b in ("cbc", "highs", "scip"))


def brute_force(problem: CutProblem) -> float | None:
    """Return the least value of any placement by the referee's word, None where none is feasible."""
    best: tuple[float, Any] | None = None
    for case in cases_of(problem):
        rows = monotone_levels(case, 2_000_000)
        assert rows is not None
        priced = evaluate_levels(case, rows)
        row = priced.best()
        if row is not None and (best is None or priced.value[row] < best[0]):
            best = float(priced.value[row]), case.plan(rows[row])
    if best is None:
        return None
    score = evaluate(problem, best[1])
    assert score.feasible and score.value is not None
    assert abs(score.value - best[0]) <= 1e-9 * max(abs(best[0]), 1e-9)
    return score.value


def run(name: str, problem: CutProblem, params: dict[str, Any] | None = None) -> Outcome | str:
    """Return what a method gives, or why it declines."""
    method, budget = make(name, params or {}), Budget()
    reason = method.decline(problem, budget)
    if reason is not None:
        return reason
    trace = RefereedTrace(lambda plan: evaluate(problem, plan))
    return method.solve(problem, budget, np.random.default_rng(0), trace)


def check_optimal(problem: CutProblem, outcome: Outcome, best: float | None, tolerance: float = 1e-9) -> None:
    """The method's claim is the optimum of brute force, and its bound holds."""
    if best is None:
        assert outcome.status is SolutionStatus.INFEASIBLE
        assert outcome.plan is None
        return
    assert outcome.status is SolutionStatus.OPTIMAL
    assert outcome.plan is not None and outcome.bound is not None
    score = evaluate(problem, outcome.plan)
    assert score.feasible, score.violations
    assert score.value is not None
    assert abs(score.value - best) <= tolerance * max(abs(best), 1e-6)
    assert outcome.bound <= best + 1e-9 * max(abs(best), 1e-6)
