"""The trace: incumbents scored by the referee with the clock stopped, and bounds as they come."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from formulations.score import Score
from solvers.contract import Budget, Clock

__all__ = ["BoundPoint", "IncumbentPoint", "RefereedTrace"]


@dataclass(frozen=True, slots=True)
class IncumbentPoint:
    """At `seconds` the best feasible value was `value`."""

    seconds: float
    value: float


@dataclass(frozen=True, slots=True)
class BoundPoint:
    """At `seconds` the best bound was `value`."""

    seconds: float
    value: float


@dataclass(slots=True)
class RefereedTrace:
    """The standard trace.

    Parameters
    ----------
    referee : callable
        Scores a plan.
    on_incumbent : callable, optional
        Called with each new best plan and its value, off the clock (a worker streams them out).
    """

    referee: Callable[[Any], Score]
    on_incumbent: Callable[[Any, float, float], None] | None = None
    clock: Clock = field(default_factory=Clock)
    incumbents: list[IncumbentPoint] = field(default_factory=list)
    bounds: list[BoundPoint] = field(default_factory=list)
    best_plan: Any = None

    @property
    def best_value(self) -> float | None:
        """The best feasible value so far."""
        return self.incumbents[-1].value if self.incumbents else None

    @property
    def best_bound(self) -> float | None:
        """The best bound so far."""
        return self.bounds[-1].value if self.bounds else None

    def incumbent(self, plan: Any) -> float | None:
        """Score `plan` off the clock and keep it where it is the best so far."""
        began, seconds = time.perf_counter(), self.clock.seconds()
        score = self.referee(plan)
        value = score.value if score.feasible else None
        if value is not None and (self.best_value is None or value < self.best_value):
            self.incumbents.append(IncumbentPoint(seconds, value))
            self.best_plan = plan
            if self.on_incumbent is not None:
                self.on_incumbent(plan, value, seconds)
        self.clock.forgive(time.perf_counter() - began)
        return value

    def bound(self, value: float) -> None:
        """Keep `value` where it is the highest bound so far; ValueError where it is no finite number."""
        if not math.isfinite(value):
            raise ValueError(f"a bound must be finite, got {value!r}")
        if self.best_bound is None or value > self.best_bound:
            self.bounds.append(BoundPoint(self.clock.seconds(), value))

    def left(self, budget: Budget) -> float:
        """Return the seconds left of `budget`."""
        return float("inf") if budget.seconds is None else budget.seconds - self.clock.seconds()
