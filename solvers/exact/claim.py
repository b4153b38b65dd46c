"""What an exact method has so far: its best plan and bound, and what it may claim of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from formulations.score import relative_gap
from solvers.contract import Budget, Outcome, SolutionStatus, Termination, Trace

__all__ = ["Claim"]


@dataclass(slots=True, kw_only=True)
class Claim:
    """Best plan by the referee's value, and best certified bound, both reported to the trace as they come."""

    budget: Budget
    trace: Trace
    plan: Any | None = None
    value: float | None = None
    bound: float | None = None
    info: dict[str, Any] = field(default_factory=dict)

    def offer(self, plan: Any) -> float | None:
        """Report `plan`, keep it where it is the best; return the referee's value."""
        value = self.trace.incumbent(plan)
        if value is not None and (self.value is None or value < self.value):
            self.plan, self.value = plan, value
        return value

    def raise_bound(self, bound: float | None) -> None:
        """Report a certified bound, keep it where it is the best."""
        if bound is None:
            return
        bound = float(bound)
        if self.value is not None and self.value < bound <= self.value + 1e-9 * abs(self.value):
            bound = self.value  # rounding
        if self.bound is None or bound > self.bound:
            self.bound = bound
            self.trace.bound(bound)

    @property
    def gap(self) -> float | None:
        """Relative gap of the referee's value over the bound."""
        return relative_gap(self.value, self.bound)

    @property
    def closed(self) -> bool:
        """Whether the gap is within the budget's tolerance."""
        return self.gap is not None and self.gap <= self.budget.tolerance

    @property
    def seconds_left(self) -> float:
        """Seconds left, less a margin to end in good order."""
        left = self.trace.left(self.budget)
        margin = 0.0 if self.budget.seconds is None else min(0.05 + 0.02 * self.budget.seconds, 2.0)
        return left - margin

    def outcome(self, termination: Termination, reason: str = "") -> Outcome:
        """Return the outcome: optimal only where the gap to the bound is closed."""
        status = SolutionStatus.NONE if self.plan is None else SolutionStatus.FEASIBLE
        if self.closed:
            status, termination, reason = SolutionStatus.OPTIMAL, Termination.COMPLETED, ""
        return Outcome(
            plan=self.plan, status=status, termination=termination, bound=self.bound, reason=reason, info=self.info
        )

    def infeasible(self, reason: str) -> Outcome:
        """Return the outcome of a proof that there is no plan."""
        return Outcome(
            plan=None,
            status=SolutionStatus.INFEASIBLE,
            termination=Termination.COMPLETED,
            reason=reason,
            info=self.info,
        )
