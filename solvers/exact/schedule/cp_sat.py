"""The method `schedule-cp-sat`: the constraint model of the family `schedule`, solved by CP-SAT."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from formulations.schedule.case import ScheduleCase, case_of
from formulations.schedule.cp_sat_model import Rounding, ScheduleCpSatModel, build
from formulations.schedule.critical_path import heads, latest_end, tails
from formulations.schedule.timing import retime
from solvers.backends.contract import MilpLimits
from solvers.backends.cp_sat import CpSatResult, solve_cp_sat
from solvers.contract import Budget, MethodParams, Outcome, SolutionStatus, Termination, Trace
from solvers.exact.claim import Claim
from solvers.exact.schedule.bounds import schedule_bound
from solvers.exact.schedule.start import AUTO, check_start, first_plan, list_plans
from solvers.registry import register

__all__ = ["ScheduleCpSat", "ScheduleCpSatParams"]

_COARSEST, _FINEST, _FINER = 2.0**10, 2.0**22, 2.0**4
_ROOT_SHARE = 0.1
"""Of the seconds, for bounds without a search."""
_PLACE_S = 1e-4
"""Seconds that building takes for an operation on a node."""
_BUSY = 2.5
"""Times that, where other work has the processor too."""
_UNITS_A_LAYER = 50.0
"""Units of time of the first grid for every operation of the critical path, where no grid is exact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleCpSatParams(MethodParams):
    """Parameters of `schedule-cp-sat`.

    Parameters
    ----------
    start : str
        Method of the family whose plan the search starts at (a tenth of the seconds), ``none``, or ``auto``: list schedules,
        labels for one chain, large neighbourhood search.
    """

    start: str = AUTO

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
        """Decline a model that may take longer to build than the budget's seconds."""
        places = int(case_of(problem).allowed.sum())
        took = places * _PLACE_S
        if budget.seconds is not None and took > budget.seconds:
            return f"its model of {places:,} places may take {took:.2g} s to build; the budget has {budget.seconds:g} s"
        return None

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Solve the model on finer and finer grids until plan and bound meet; on the first where it is exact."""
        case, claim = case_of(problem), Claim(budget=budget, trace=trace)
        search = _Search(case, claim, int(rng.integers(2**31)))
        if self.params.start == AUTO:
            list_plans(case, claim)
        known = schedule_bound(case, _for(claim, _ROOT_SHARE), claim.raise_bound)
        if known.value == np.inf:
            return claim.infeasible("a limit is below what every plan takes")
        first_plan(problem, self.params.start, claim, rng)
        if claim.closed:
            return claim.outcome(Termination.COMPLETED)
        if claim.seconds_left <= _BUSY * _PLACE_S * float(case.allowed.sum()):
            return claim.outcome(Termination.TIME_LIMIT, "no time left to build the model")
        result = None
        for units in _levels(case):
            model = search.model("down", units)
            share = 1.0 if model.exact else 0.85
            result = search.run(model, share)
            if result.status is SolutionStatus.INFEASIBLE:
                if claim.plan is None:
                    return claim.infeasible("no schedule keeps every rule and limit")
                claim.raise_bound(claim.value)  # nothing is better than the first plan
            elif result.bound is not None:
                claim.raise_bound(model.bound(result.bound))
            if claim.closed or model.exact or claim.seconds_left <= 0:
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


def _parameters(case: ScheduleCase) -> dict[str, int | bool]:
    """Return CP-SAT's parameters: no linear relaxation where only orders are open, all of it for windows of nodes."""
    if not case.problem.options.regular:
        return {"linearization_level": 2}
    if (case.allowed.sum(axis=0) == 1).all():
        return {"linearization_level": 0, "use_dynamic_precedence_in_disjunctive": True}
    return {}


def _for(claim: Claim, share: float) -> Callable[[], float]:
    """Return a clock that runs out when `share` of the seconds now left is gone."""
    kept = (1.0 - share) * claim.seconds_left if claim.budget.seconds is not None else 0.0
    return lambda: claim.seconds_left - kept


def _levels(case: ScheduleCase) -> list[float]:
    """Return units of time up to the horizon, finer and finer: large domains are slow, a coarse grid leaves a gap."""
    least = min(float((heads(case) + tails(case)).min(axis=0).max()), latest_end(case))
    depth = max(len(case.problem.network_of(task)) for task in range(case.n_tasks))
    wanted = _UNITS_A_LAYER * depth * latest_end(case) / max(least, 1e-300)
    units = float(np.clip(2.0 ** np.ceil(np.log2(max(wanted, 1.0))), _COARSEST, _FINEST))
    found = [units]
    while found[-1] < _FINEST:
        found.append(min(_FINEST, found[-1] * _FINER))
    return found


@dataclass(slots=True)
class _Search:
    case: ScheduleCase
    claim: Claim
    seed: int

    def model(self, rounding: Rounding, units: float) -> ScheduleCpSatModel:
        """Return a model that starts at the best plan, and asks for none that is worse."""
        most, weight = latest_end(self.case), self.case.problem.options.makespan_weight
        if self.claim.value is not None and weight:
            most = min(most, self.claim.value / weight * (1.0 + 1e-9))
        model = build(self.case, rounding=rounding, units=units, most=most)
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
            enough=lambda: self.claim.closed,  # the bound may be another's
            parameters=_parameters(self.case),
        )
