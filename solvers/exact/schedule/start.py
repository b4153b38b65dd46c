"""First plans for an exact method: those of another method of the family, or of several in turn."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from formulations.schedule.case import ScheduleCase, case_of
from instances.errors import InputError
from solvers.contract import Budget, Clock
from solvers.exact.claim import Claim
from solvers.list_scheduling.portfolio import first_plans
from solvers.registry import entry, make

__all__ = ["AUTO", "NO_START", "check_start", "first_plan", "list_plans"]

AUTO, NO_START = "auto", "none"
_SHARE, _MOST_S = 0.1, 5.0
"""Of the seconds that are left, and most seconds of a method that nobody asked for by name."""
_FEW = 12
"""Layers that large neighbourhood search would set free all at once, which is the exact method itself."""
_LEAST_S = 0.5
"""For large neighbourhood search: with less it would not come to a repair."""
_REPAIRS = 10
"""Where the budget does not limit seconds."""


def check_start(name: str) -> None:
    """Raise InputError where `name` is no method of the family that can come first."""
    if name not in (AUTO, NO_START) and "schedule" not in entry(name).cls.families:  # type: ignore[attr-defined]
        raise InputError("parameter start", f"must be {AUTO}, {NO_START} or a method of the family schedule", name)


def list_plans(case: ScheduleCase, claim: Claim) -> None:
    """Offer the list schedules, as many as a fiftieth of the seconds allows: there is a plan before anything slow begins."""
    until = 0.98 * claim.seconds_left
    for plan in first_plans(case):
        claim.offer(plan)
        if claim.closed or claim.seconds_left < until:
            break
    if claim.value is not None:
        claim.info |= {"start": "list schedules", "start_value": claim.value}


def first_plan(problem: Any, name: str, claim: Claim, rng: np.random.Generator) -> None:
    """Offer plans and bounds of method `name`, run for a tenth of the seconds left; it ends early where they meet.

    ``auto``: labels where the problem is one chain; large neighbourhood search, unless it would set all layers free at
    once or had less than half a second; each for 5 s at most. ``claim.info`` says in `start` whose plan is the best or why there is none, and in `start_value` what it costs.
    """
    notes = []
    for one in _in_turn(problem, claim) if name == AUTO else [name]:
        if claim.closed or one == NO_START:
            break
        before = claim.value
        note = _run(problem, one, claim, rng, _MOST_S if name == AUTO else np.inf)
        if claim.value != before:
            claim.info |= {"start": one, "start_value": claim.value}
        else:
            notes.append(f"{one} {note}")
    if claim.value is None:
        claim.info["start"] = "; ".join([NO_START, *notes])


def _in_turn(problem: Any, claim: Claim) -> list[str]:
    """Return the methods of ``auto`` behind the list schedules."""
    few = int((~case_of(problem).is_input).sum()) <= _FEW
    hurry = claim.budget.seconds is not None and _SHARE * claim.seconds_left < _LEAST_S
    return [*(["schedule-chain-dp"] if problem.n_tasks == 1 else []), *([] if few or hurry else ["schedule-lns"])]


def _run(problem: Any, name: str, claim: Claim, rng: np.random.Generator, most_s: float) -> str:
    """Run a method for its share of the time, at most `most_s`; its plans and bounds go to the claim; return what is to be said of it."""
    endless = name == "schedule-lns" and claim.budget.seconds is None
    method = make(name, {"rounds": _REPAIRS} if endless else {})
    stage = _Stage(claim, claim.trace.clock)
    seconds = None
    if claim.budget.seconds is not None:
        # the clock that the method looks at runs since the exact method began
        seconds = claim.trace.clock.seconds() + min(most_s, max(1e-3, _SHARE * claim.seconds_left))
    budget = replace(claim.budget, seconds=seconds)
    reason = method.decline(problem, budget)
    if reason is not None:
        return f"declines ({reason})"
    outcome = method.solve(problem, budget, rng, stage)
    if outcome.plan is not None:
        claim.offer(outcome.plan)
    claim.raise_bound(outcome.bound)
    return "has no plan that keeps the limits"


@dataclass(slots=True)
class _Stage:
    """The trace of a first method: it reports to the claim, and has no time left once plan and bound meet."""

    claim: Claim
    clock: Clock

    def incumbent(self, plan: Any) -> float | None:
        return self.claim.offer(plan)

    def bound(self, value: float) -> None:
        self.claim.raise_bound(value)

    def left(self, budget: Budget) -> float:
        return 0.0 if self.claim.closed else self.claim.trace.left(budget)
