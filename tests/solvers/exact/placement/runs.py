"""One run of a method on a placement problem."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from formulations.placement.problem import PlacementProblem
from formulations.placement.referee import evaluate
from formulations.score import Score
from solvers.contract import Budget, Outcome, SolutionStatus
from solvers.registry import make
from solvers.trace import RefereedTrace

__all__ = ["METHODS", "finds", "run"]

METHODS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("placement-dp", {}),
    ("placement-cp-sat", {}),
    ("placement-milp", {"backend": "cbc"}),
    ("placement-milp", {"backend": "highs"}),
    ("placement-milp", {"backend": "scip"}),
    ("placement-milp", {"language": "pyomo", "backend": "highs"}),
)


def run(
    name: str, problem: PlacementProblem, seconds: float | None = None, **params: Any
) -> tuple[Outcome, Score | None]:
    """Return the outcome and the referee's word on its plan; the method must not decline."""
    method = make(name, params)
    assert method.decline(problem, Budget(seconds=seconds)) is None
    trace = RefereedTrace(lambda plan: evaluate(problem, plan))
    outcome = method.solve(problem, Budget(seconds=seconds), np.random.default_rng(0), trace)
    return outcome, None if outcome.plan is None else evaluate(problem, outcome.plan)


def finds(best: float | None, problem: PlacementProblem, name: str, params: dict[str, Any], seed: int) -> None:
    """Assert that a method proves the optimum of brute force, or that there is no plan (None)."""
    outcome, score = run(name, problem, 600.0, **params)
    where = (seed, name, params)
    if best is None:
        assert outcome.status is SolutionStatus.INFEASIBLE, where
        return
    assert score is not None and score.feasible and score.value is not None, where
    assert score.value == pytest.approx(best, rel=1e-6), where
    assert outcome.status is SolutionStatus.OPTIMAL, where
    assert outcome.bound is not None and outcome.bound <= best * (1 + 1e-12), where
