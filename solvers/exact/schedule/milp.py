"""The method `schedule-milp`: the disjunctive model of the family `schedule` in Pyomo, solved by CBC, HiGHS or SCIP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, get_args

import numpy as np

from formulations.schedule.case import case_of
from formulations.schedule.pyomo_model import build
from formulations.schedule.timing import retime
from instances.errors import InputError
from solvers.backends.contract import MilpLimits
from solvers.backends.linear_model import linear_model
from solvers.backends.registry import BackendName, backend, decline_backend
from solvers.contract import Budget, MethodParams, Outcome, SolutionStatus, Termination, Trace
from solvers.exact.claim import Claim
from solvers.registry import register

__all__ = ["ScheduleMilp", "ScheduleMilpParams"]

_MOST_PAIRS = 500_000
_PAIR_S = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleMilpParams(MethodParams):
    """Parameters of `schedule-milp`.

    Parameters
    ----------
    backend : {"cbc", "highs", "scip"}
        What solves the model.
    """

    backend: BackendName = "highs"

    def __post_init__(self) -> None:
        if self.backend not in get_args(BackendName):
            raise InputError("parameter backend", f"must be one of {', '.join(get_args(BackendName))}", self.backend)


@register("schedule-milp", kind="exact", anytime=True, deterministic=True)
class ScheduleMilp:
    """The disjunctive model of a schedule as a MILP in Pyomo, for small problems; any objective, limit and link rule."""

    Params: ClassVar[type[MethodParams]] = ScheduleMilpParams
    families: ClassVar[frozenset[str]] = frozenset({"schedule"})

    def __init__(self, params: ScheduleMilpParams | None = None) -> None:
        self.params = params or ScheduleMilpParams()

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline a missing back end, limits that it cannot keep, and more pairs to order than it is for."""
        there = case_of(problem).allowed.sum(axis=1)
        pairs = int((there * (there - 1) // 2).sum())
        took = pairs * _PAIR_S
        if pairs > _MOST_PAIRS or (budget.seconds is not None and took > budget.seconds):
            return f"its model orders up to {pairs:,} pairs of operations, which may take {took:.2g} s to build"
        return decline_backend(self.params.backend, budget)

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Solve the model."""
        case, claim = case_of(problem), Claim(budget=budget, trace=trace)
        model = build(case)
        left = claim.seconds_left
        if left <= 0:
            return claim.outcome(Termination.TIME_LIMIT, "no time left for a search")
        result = backend(self.params.backend).solve(
            linear_model(model.problem),
            MilpLimits(
                seconds=None if left == float("inf") else left,
                threads=budget.threads,
                relative_gap=min(1e-9, budget.tolerance),
            ),
        )
        if result.status is SolutionStatus.INFEASIBLE:
            return claim.infeasible("no schedule keeps every rule and limit")
        claim.raise_bound(None if result.bound is None else model.bound(result.bound))
        if result.values:
            claim.offer(retime(case, model.plan(result.values)))
        return claim.outcome(result.termination, result.reason)
