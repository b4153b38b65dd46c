"""The method `placement-milp`: the exact model of the family `placement` in PuLP or Pyomo, solved by CBC, HiGHS or SCIP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

import numpy as np

from formulations.placement import pulp_model, pyomo_model
from formulations.placement.case import PlacementCase
from instances.columns import IntArray
from instances.errors import InputError
from solvers.backends.contract import MilpLimits
from solvers.backends.linear_model import linear_model
from solvers.backends.registry import BackendName, backend, decline_backend
from solvers.contract import Budget, MethodParams, Outcome, Trace
from solvers.exact.placement.search import Attempt, Solved, search
from solvers.registry import register

__all__ = ["PlacementMilp", "PlacementMilpParams"]

Language = Literal["pulp", "pyomo"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementMilpParams(MethodParams):
    """Parameters of `placement-milp`.

    Parameters
    ----------
    language : {"pulp", "pyomo"}
        In which the model is written.
    backend : {"cbc", "highs", "scip"}
        What solves it.
    """

    language: Language = "pulp"
    backend: BackendName = "highs"

    def __post_init__(self) -> None:
        for name, kind in (("language", Language), ("backend", BackendName)):
            if getattr(self, name) not in get_args(kind):
                raise InputError(
                    f"parameter {name}", f"must be one of {', '.join(get_args(kind))}", getattr(self, name)
                )


@register("placement-milp", kind="exact", anytime=True, deterministic=True)
class PlacementMilp:
    """The exact model of a device placement as a MILP in PuLP or Pyomo: maximum load, contiguous or not, or latency."""

    Params: ClassVar[type[MethodParams]] = PlacementMilpParams
    families: ClassVar[frozenset[str]] = frozenset({"placement"})

    def __init__(self, params: PlacementMilpParams | None = None) -> None:
        self.params = params or PlacementMilpParams()

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline a missing back end and limits that it cannot keep."""
        return decline_backend(self.params.backend, budget)

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Solve the model."""

        def attempt(case: PlacementCase, most: float, least: float, start: IntArray | None) -> Attempt:
            model: Any = (pulp_model if self.params.language == "pulp" else pyomo_model).build(case, most, least)
            values = None if start is None else model.start(start)

            def solve(limits: MilpLimits) -> Solved:
                result = backend(self.params.backend).solve(linear_model(model.problem), limits, start=values)
                return Solved(
                    status=result.status,
                    termination=result.termination,
                    bound=None if result.bound is None else result.bound * model.scale,
                    worker=model.workers(result.values) if result.values else None,
                    reason=result.reason,
                )

            return solve, model.forbid

        return search(problem, budget, trace, attempt)
