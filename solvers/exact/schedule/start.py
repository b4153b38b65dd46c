"""A first plan for an exact method: that of any other method of the family."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from instances.errors import InputError
from solvers.exact.claim import Claim
from solvers.registry import entry, make

__all__ = ["NO_START", "check_start", "first_plan"]

NO_START = "none"
_SHARE = 0.1
"""Of the budget's seconds."""


def check_start(name: str) -> None:
    """Raise InputError where `name` is no method of the family that can come first."""
    if name != NO_START and "schedule" not in entry(name).cls.families:  # type: ignore[attr-defined]
        raise InputError("parameter start", f"must be {NO_START} or a method of the family schedule", name)


def first_plan(problem: Any, name: str, claim: Claim, rng: np.random.Generator) -> None:
    """Offer the plan of method `name`, run for a tenth of the time."""
    if name == NO_START:
        return
    method = make(name)
    seconds = None if claim.budget.seconds is None else max(1e-3, _SHARE * claim.seconds_left)
    budget = replace(claim.budget, seconds=seconds)
    if method.decline(problem, budget) is None:
        plan = method.solve(problem, budget, rng, claim.trace).plan
        if plan is not None:
            claim.offer(plan)
