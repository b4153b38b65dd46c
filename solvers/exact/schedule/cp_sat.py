"""The method `schedule-cp-sat`: the constraint model of the family `schedule`, solved by CP-SAT."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from formulations.schedule.case import ScheduleCase, case_of
from formulations.schedule.cp_sat_model import Rounding, ScheduleCpSatModel, build
from solvers.backends.contract import MilpLimits
from solvers.backends.cp_sat import CpSatResult, solve_cp_sat
from solvers.contract import Budget, MethodParams, Outcome, SolutionStatus, Termination, Trace
from solvers.exact.claim import Claim
from formulations.schedule.timing import retime
from solvers.exact.schedule.start import NO_START, check_start, first_plan
from solvers.registry import register

__all__ = ["ScheduleCpSat", "ScheduleCpSatParams"]

_LEVELS = (2.0**10, 2.0**14, 2.0**18, 2.0**22)
"""Units of time up to the horizon, where no grid is exact: large domains are slow, a coarse grid leaves a gap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleCpSatParams(MethodParams):
    """Parameters of `schedule-cp-sat`.

    Parameters
    ----------
    start : str
        Method of the family whose plan the search starts at (a tenth of the seconds), or ``none``.
    """

    start: str = NO_START

    def __post_init__(self) -> None:
        check_start(self.start)


@register("schedule-cp-sat", kind="exact", anytime=True)
class ScheduleCpSat:
    """The exact model of a schedule in CP-SAT with optional intervals; takes any objective, limit and link rule."""

    Params: ClassVar[type[MethodParams]] = ScheduleCpSatParams
    families: ClassVar[frozenset[str]] = frozenset({"schedule"})

    def __init__(self, params: ScheduleCpSatParams | None = None) -> None:
        self.params = params or ScheduleCpSatParams()

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline nothing."""
        return None

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Solve the model on finer and finer grids until plan and bound meet; on the first where it is exact."""
        case, claim = case_of(problem), Claim(budget=budget, trace=trace)
        search = _Search(case, claim, int(rng.integers(2**31)))
        first_plan(problem, self.params.start, claim, rng)
        levels = _LEVELS if case.problem.options.energy_limit_j is not None else _LEVELS[1:]
        result = None
        for units in levels:
            model = search.model("down", units)
            share = 1.0 if model.exact else 0.85
            result = search.run(model, share)
            if result.status is SolutionStatus.INFEASIBLE:
                if claim.plan is None:
                    return claim.infeasible("no schedule keeps every rule and limit")
                claim.raise_bound(claim.value)  # nothing is better than the first plan
            elif result.bound is not None:
                claim.raise_bound(model.bound(result.bound))
            if claim.closed or model.exact:
                break
            # a plan of the relaxation may break a limit by a unit
            other = search.run(
                search.model("up", units), 1.0 if result.termination is not Termination.COMPLETED else 0.3
            )
            if Termination.COMPLETED not in (result.termination, other.termination) or claim.closed:
                break
        assert result is not None
        ended = result.termination
        if ended is Termination.COMPLETED and not claim.closed and claim.seconds_left <= 0:
            ended = Termination.TIME_LIMIT
        return claim.outcome(ended, result.reason)


@dataclass(slots=True)
class _Search:
    case: ScheduleCase
    claim: Claim
    seed: int

    def model(self, rounding: Rounding, units: float) -> ScheduleCpSatModel:
        """Return a model that starts at the best plan, and asks for none that is worse."""
        model = build(self.case, rounding=rounding, units=units)
        if self.claim.plan is not None and self.claim.value is not None:
            model.hint(self.claim.plan)
            if rounding == "down":
                model.at_most(self.claim.value)
        return model

    def run(self, model: ScheduleCpSatModel, share: float) -> CpSatResult:
        """Solve `model` in a share of the seconds that are left; plans and bounds go to the claim as they come."""
        left = self.claim.seconds_left
        if left <= 0:
            return CpSatResult(status=SolutionStatus.NONE, termination=Termination.TIME_LIMIT, reason="no time left")

        def report(value: Callable[[Any], int]) -> None:
            self.claim.offer(retime(self.case, model.plan(value)))

        def bound(value: float) -> None:
            if model.rounding == "down":
                self.claim.raise_bound(model.bound(value))

        return solve_cp_sat(
            model.problem,
            MilpLimits(
                seconds=None if left == float("inf") else left * share,
                threads=self.claim.budget.threads,
                relative_gap=min(1e-9, self.claim.budget.tolerance),
            ),
            seed=self.seed,
            on_solution=report,
            on_bound=bound,
            linearization=None if self.case.problem.options.regular else 2,
        )
