"""The method `cut-cp-sat`: the constraint model of the family `cut`, solved by CP-SAT."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from formulations.cut.case import CutCase
from formulations.cut.coefficients import CutCoefficients
from formulations.cut.cp_sat_model import build
from solvers.backends.contract import MilpLimits
from solvers.backends.cp_sat import solve_cp_sat
from solvers.contract import Budget, MethodParams, Outcome, Trace
from solvers.exact.claim import Claim
from solvers.exact.cut.cases import CaseSearch, CutMethodParams, search_cases
from solvers.exact.cut.search import Attempt, Solved, search_case
from solvers.registry import register

__all__ = ["CutCpSat"]


@register("cut-cp-sat", kind="exact", anytime=True)
class CutCpSat:
    """The exact model of a cut as a constraint model in CP-SAT; takes any objective, limit and excursion."""

    Params: ClassVar[type[MethodParams]] = CutMethodParams
    families: ClassVar[frozenset[str]] = frozenset({"cut"})

    def __init__(self, params: CutMethodParams | None = None) -> None:
        self.params = params or CutMethodParams()

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline nothing."""
        return None

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Solve the model of every case."""
        seed = int(rng.integers(2**31))

        def search(case: CutCase, claim: Claim) -> CaseSearch:
            return _search(case, claim, seed)

        return search_cases(problem, budget, trace, search, self.params.reduction)


def _search(case: CutCase, claim: Claim, seed: int) -> CaseSearch:
    def attempt(data: CutCoefficients, limits: MilpLimits) -> Attempt:
        model = build(data)

        def solve() -> Solved:
            result = solve_cp_sat(model.problem, limits, seed=seed, presolve=False)
            return Solved(
                status=result.status,
                termination=result.termination,
                bound=None if result.bound is None else model.bound(result.bound),
                level=None if result.value is None else model.levels(result.value),
                reason=result.reason,
            )

        return solve, model.forbid

    return search_case(case, claim, attempt)
