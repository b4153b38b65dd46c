"""The method `schedule-cp-sat`: the constraint model of the family `schedule`, solved by CP-SAT."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from formulations.schedule.case import ScheduleCase, case_of
from formulations.schedule.cp_sat_model import IntVar, ScheduleCpSatModel, build
from solvers.backends.contract import MilpLimits
from solvers.backends.cp_sat import CpSatResult, solve_cp_sat
from solvers.contract import Budget, MethodParams, Outcome, SolutionStatus, Termination, Trace
from solvers.exact.claim import Claim
from solvers.exact.schedule.exact_times import retime
from solvers.registry import register

__all__ = ["ScheduleCpSat"]


@register("schedule-cp-sat", kind="exact", anytime=True)
class ScheduleCpSat:
    """The exact model of a schedule in CP-SAT with optional intervals; takes any objective, limit and link rule."""

    Params: ClassVar[type[MethodParams]] = MethodParams
    families: ClassVar[frozenset[str]] = frozenset({"schedule"})

    def __init__(self, params: MethodParams | None = None) -> None:
        self.params = params or MethodParams()

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline nothing."""
        return None

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Solve the model."""
        case, claim, seed = case_of(problem), Claim(budget=budget, trace=trace), int(rng.integers(2**31))
        model = build(case)
        result = _solve(model, claim, seed, 0.85)
        if result.status is SolutionStatus.INFEASIBLE:
            return claim.infeasible("no schedule keeps every rule and limit")
        claim.raise_bound(None if result.bound is None else model.bound(result.bound))
        if not claim.closed and claim.seconds_left > 0 and (claim.plan is None or not model.grid.exact):
            # a plan of the relaxation may break a limit by a unit
            _solve(build(case, rounding="up"), claim, seed, 1.0)
        return claim.outcome(result.termination, result.reason)


def _solve(model: ScheduleCpSatModel, claim: Claim, seed: int, share: float) -> CpSatResult:
    case: ScheduleCase = model.case
    left = claim.seconds_left
    if left <= 0:
        return CpSatResult(status=SolutionStatus.NONE, termination=Termination.TIME_LIMIT, reason="no time left")

    def report(value: Any) -> None:
        claim.offer(retime(case, model.plan(value)))

    def bound(value: float) -> None:
        if model.rounding == "down":
            claim.raise_bound(model.bound(value))

    return solve_cp_sat(
        model.problem,
        MilpLimits(
            seconds=None if left == float("inf") else left * share,
            threads=claim.budget.threads,
            relative_gap=min(1e-9, claim.budget.tolerance),
        ),
        seed=seed,
        on_solution=report,
        on_bound=bound,
    )


_ = IntVar
