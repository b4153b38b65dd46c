"""How a case is solved with a mathematical model: solve, let the referee price, forbid what it refuses, scale again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from formulations.cut.case import CutCase
from formulations.cut.coefficients import CutCoefficients, coefficients_of
from instances.columns import IntArray
from solvers.backends.contract import MilpLimits
from solvers.contract import SolutionStatus, Termination
from solvers.exact.claim import Claim
from solvers.exact.cut.cases import CaseSearch

__all__ = ["Attempt", "Solved", "search_case"]

_MOST_ROUNDS = 200
_MOST_SCALES = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Solved:
    """What a solver found for a model: levels of all layers, and a bound in model units."""

    status: SolutionStatus
    termination: Termination
    bound: float | None
    level: IntArray | None
    reason: str


Attempt = tuple[Callable[[], Solved], Callable[[IntArray], None]]
"""A model's ``solve()`` and ``forbid(level)``."""


def search_case(case: CutCase, claim: Claim, attempt: Callable[[CutCoefficients, MilpLimits], Attempt]) -> CaseSearch:
    """Solve `case`; ``attempt(data, limits)`` builds its model.

    A plan that a solver's tolerance lets through although it is over a limit is forbidden, and the
    model solved again. Where the optimum is far below what the model was scaled for, so that the
    solver's absolute tolerances leave a gap, it is scaled again.
    """
    if not np.isfinite(case.least):
        return CaseSearch(bound=np.inf)
    expected: float | None = None
    found = CaseSearch(bound=case.least)
    for _ in range(_MOST_SCALES):
        found, value = _solve(case, claim, expected, attempt)
        if value is None or found.bound is None or found.termination is not Termination.COMPLETED:
            break
        if value - found.bound <= 0.5 * claim.budget.tolerance * abs(value):
            break
        expected = value - case.constant
    return found


def _solve(
    case: CutCase,
    claim: Claim,
    expected: float | None,
    attempt: Callable[[CutCoefficients, MilpLimits], Attempt],
) -> tuple[CaseSearch, float | None]:
    """Return how the search ended, and the referee's value of its plan."""
    data = coefficients_of(case, expected)
    left = claim.seconds_left
    limits = MilpLimits(
        seconds=None if left == float("inf") else max(left, 1e-3),
        threads=claim.budget.threads,
        relative_gap=min(1e-9, claim.budget.tolerance),
    )
    solve, forbid = attempt(data, limits)
    for _ in range(_MOST_ROUNDS):
        if claim.seconds_left <= 0:
            break
        result = solve()
        if result.status is SolutionStatus.INFEASIBLE:
            return CaseSearch(bound=np.inf), None
        bound = case.least
        if result.bound is not None:
            bound = max(bound, result.bound * data.scale + case.constant)
        found = CaseSearch(bound=bound, termination=result.termination, reason=result.reason)
        if result.level is None:
            return found, None
        value = claim.offer(case.plan(result.level))
        if value is not None or result.termination is not Termination.COMPLETED:
            return found, value
        forbid(result.level)
    return CaseSearch(bound=case.least, termination=Termination.TIME_LIMIT, reason="the gap did not close"), None
