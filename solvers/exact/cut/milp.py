"""The method `cut-milp`: the exact model of the family `cut` in PuLP or Pyomo, solved by CBC, HiGHS or SCIP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

import numpy as np

from formulations.cut import pulp_model, pyomo_model
from formulations.cut.case import CutCase
from formulations.cut.coefficients import CutCoefficients
from instances.errors import InputError
from solvers.backends.contract import MilpLimits
from solvers.backends.linear_model import linear_model
from solvers.backends.registry import BackendName, backend, decline_backend
from solvers.contract import Budget, MethodParams, Outcome, Trace
from solvers.exact.claim import Claim
from solvers.exact.cut.cases import CaseSearch, CutMethodParams, search_cases
from solvers.exact.cut.search import Attempt, Solved, search_case
from solvers.registry import register

__all__ = ["CutMilp", "CutMilpParams"]

Language = Literal["pulp", "pyomo"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CutMilpParams(CutMethodParams):
    """Parameters of `cut-milp`.

    Parameters
    ----------
    language : {"pulp", "pyomo"}
        In which the model is written.
    backend : {"cbc", "highs", "scip"}
        What solves it.
    """

    language: Language = "pulp"
    backend: BackendName = "cbc"

    def __post_init__(self) -> None:
        for name, kind in (("language", Language), ("backend", BackendName)):
            if getattr(self, name) not in get_args(kind):
                raise InputError(
                    f"parameter {name}", f"must be one of {', '.join(get_args(kind))}", getattr(self, name)
                )


@register("cut-milp", kind="exact", anytime=True, deterministic=True)
class CutMilp:
    """The exact model of a cut as a MILP in PuLP or Pyomo; takes any objective, limit and excursion."""

    Params: ClassVar[type[MethodParams]] = CutMilpParams
    families: ClassVar[frozenset[str]] = frozenset({"cut"})

    def __init__(self, params: CutMilpParams | None = None) -> None:
        self.params = params or CutMilpParams()

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline a missing back end and limits that it cannot keep."""
        return decline_backend(self.params.backend, budget)

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Solve the model of every case."""
        return search_cases(problem, budget, trace, self._search, self.params.reduction)

    def _search(self, case: CutCase, claim: Claim) -> CaseSearch:
        def attempt(data: CutCoefficients, limits: MilpLimits) -> Attempt:
            model: Any = (pulp_model if self.params.language == "pulp" else pyomo_model).build(data)

            def solve() -> Solved:
                result = backend(self.params.backend).solve(linear_model(model.problem), limits)
                return Solved(
                    status=result.status,
                    termination=result.termination,
                    bound=result.bound,
                    level=model.levels(result.values) if result.values else None,
                    reason=result.reason,
                )

            return solve, model.forbid

        return search_case(case, claim, attempt)
