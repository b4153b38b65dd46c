"""One run of a method on a placement problem."""

from __future__ import annotations

from typing import Any

import numpy as np

from formulations.placement.problem import PlacementProblem
from formulations.placement.referee import evaluate
from formulations.score import Score
from solvers.contract import Budget, Outcome
from solvers.registry import make
from solvers.trace import RefereedTrace

__all__ = ["METHODS", "run"]

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
