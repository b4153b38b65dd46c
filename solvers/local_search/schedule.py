"""The method `schedule-local-search`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from formulations.schedule.case import case_of
from instances.errors import InputError
from solvers.contract import Budget, MethodParams, Outcome, SolutionStatus, Termination, Trace
from solvers.list_scheduling.portfolio import first_plans
from solvers.local_search.schedule_descent import Coded, Descent, plan_of_code
from solvers.registry import register

__all__ = ["ScheduleLocalSearch", "ScheduleLocalSearchParams"]

_DEFAULT_KICKS = 50
_MARGIN_S = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleLocalSearchParams(MethodParams):
    """Parameters of `schedule-local-search`.

    Parameters
    ----------
    batch : int
        Random neighbours priced at a time; the best of them is the next schedule where it is better.
    patience : int
        Batches without a better one that end a descent.
    kicks : int or None
        Descents after the first, each from some random moves away from the best; none: until the budget ends, or 50 where it
        limits neither seconds nor evaluations.
    """

    batch: int = 200
    patience: int = 10
    kicks: int | None = None

    def __post_init__(self) -> None:
        for name in ("batch", "patience"):
            if getattr(self, name) < 1:
                raise InputError(f"parameter {name}", "must be >= 1", getattr(self, name))
        if self.kicks is not None and self.kicks < 0:
            raise InputError("parameter kicks", "must be >= 0 or none", self.kicks)


@register(
    "schedule-local-search",
    kind="local-search",
    citation="Lourenço, Martin and Stützle, Iterated local search, Handbook of Metaheuristics, 2003, doi 10.1007/0-306-48056-5_11",
    anytime=True,
    uses_evaluations=True,
)
class ScheduleLocalSearch:
    """Moves layers, segments of tasks and turns, many neighbours at a time; kicks where no neighbour is better.

    It starts at the best of the list schedules. Schedules are priced as they are decoded, as early as turns allow; the best of
    each descent gets its best times.
    """

    Params: ClassVar[type[MethodParams]] = ScheduleLocalSearchParams
    families: ClassVar[frozenset[str]] = frozenset({"schedule"})

    def __init__(self, params: ScheduleLocalSearchParams | None = None) -> None:
        self.params = params or ScheduleLocalSearchParams()

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline nothing."""
        return None

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Descend from the best list schedule, then from kicks of the best so far."""
        case = case_of(problem)
        descent = Descent(
            case=case,
            rng=rng,
            batch=self.params.batch,
            patience=self.params.patience,
            most_evaluations=np.inf if budget.evaluations is None else budget.evaluations,
            out_of_time=lambda: trace.left(budget) <= _MARGIN_S,
        )
        plan, value = None, np.inf
        best: Coded | None = None
        for first in first_plans(case):
            got = trace.incumbent(first)
            if got is not None and got < value:
                plan, value = first, got
            if descent.over:
                break
            coded = descent.code(first)
            if best is None or coded.before(best):
                best = coded
        if best is None:
            return Outcome(
                plan=plan,
                status=SolutionStatus.NONE if plan is None else SolutionStatus.FEASIBLE,
                termination=Termination.TIME_LIMIT if descent.out_of_time() else Termination.COMPLETED,
                reason="no list schedule was found to start at" if plan is None else "",
            )
        kicks, limited = 0, budget.seconds is not None or budget.evaluations is not None
        most = self.params.kicks if self.params.kicks is not None else (np.inf if limited else _DEFAULT_KICKS)
        here = descent.down(best)
        while True:
            if here.before(best) or not kicks:
                best = here
                if best.excess == 0.0:
                    found = plan_of_code(case, best)
                    got = trace.incumbent(found)
                    if got is not None and got < value:
                        plan, value = found, got
            if kicks >= most or descent.over or not len(descent.tables.active):
                break
            kicks += 1
            here = descent.down(descent.kick(best))
        ended = Termination.COMPLETED
        if descent.evaluations >= descent.most_evaluations:
            ended = Termination.EVALUATION_LIMIT
        elif descent.out_of_time():
            ended = Termination.TIME_LIMIT
        return Outcome(
            plan=plan,
            status=SolutionStatus.NONE if plan is None else SolutionStatus.FEASIBLE,
            termination=ended,
            reason="no schedule that keeps the limits was found, which is no proof that there is none"
            if plan is None
            else "",
            info={"evaluations": descent.evaluations, "descents": kicks + 1},
        )
