"""The method `placement-cp-sat`: the constraint model of the family `placement`, solved by CP-SAT."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from formulations.placement.case import PlacementCase
from formulations.placement.cp_sat_model import build
from instances.columns import IntArray
from solvers.backends.contract import MilpLimits
from solvers.backends.cp_sat import solve_cp_sat
from solvers.contract import Budget, MethodParams, Outcome, Trace
from solvers.exact.placement.crowd import sharpen
from solvers.exact.placement.search import Attempt, Solved, search
from solvers.registry import register

__all__ = ["PlacementCpSat"]


@register("placement-cp-sat", kind="exact", anytime=True)
class PlacementCpSat:
    """The exact model of a device placement in CP-SAT, maximum load or latency, from the best plan along a few orders."""

    Params: ClassVar[type[MethodParams]] = MethodParams
    families: ClassVar[frozenset[str]] = frozenset({"placement"})

    def __init__(self, params: MethodParams | None = None) -> None:
        self.params = params or MethodParams()

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline nothing."""
        return None

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Solve the model."""
        seed = int(rng.integers(2**31))

        def attempt(case: PlacementCase, most: float, least: float, start: IntArray | None) -> Attempt:
            model = build(case, most, least)
            if start is not None:
                model.hint(start)

            def report(value: Callable[[Any], int]) -> None:
                trace.incumbent(case.plan(model.workers(value)))

            def solve(limits: MilpLimits) -> Solved:
                result = solve_cp_sat(
                    model.problem,
                    limits,
                    seed=seed,
                    on_solution=report,
                    on_bound=lambda bound: trace.bound(model.bound(bound)),
                )
                return Solved(
                    status=result.status,
                    termination=result.termination,
                    bound=None if result.bound is None else model.bound(result.bound),
                    worker=None if result.value is None else model.workers(result.value),
                    reason=result.reason,
                )

            return solve, model.forbid

        return search(problem, budget, trace, attempt, sharpen)
