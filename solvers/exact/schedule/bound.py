"""The method `schedule-bound`: lower bounds by relaxation, without a plan."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from formulations.schedule.case import case_of
from solvers.contract import Budget, MethodParams, Outcome, Termination, Trace
from solvers.exact.claim import Claim
from solvers.exact.schedule.bounds import schedule_bound
from solvers.registry import register

__all__ = ["ScheduleBound"]


@register("schedule-bound", kind="bound", deterministic=True)
class ScheduleBound:
    """Critical paths, loads of nodes, and energy by paths that share the nodes; a bound for any objective, no plan."""

    Params: ClassVar[type[MethodParams]] = MethodParams
    families: ClassVar[frozenset[str]] = frozenset({"schedule"})

    def __init__(self, params: MethodParams | None = None) -> None:
        self.params = params or MethodParams()

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline nothing."""
        return None

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Find the bounds."""
        claim = Claim(budget=budget, trace=trace)
        found = schedule_bound(case_of(problem), lambda: claim.seconds_left, claim.raise_bound)
        if found.value == np.inf:
            return claim.infeasible("a limit is below what every plan takes")
        claim.raise_bound(found.value)
        claim.info.update(found.parts)
        return claim.outcome(Termination.COMPLETED if claim.seconds_left > 0 else Termination.TIME_LIMIT)
