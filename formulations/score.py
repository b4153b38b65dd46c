"""What a referee says of a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from instances.columns import FloatArray

__all__ = ["Score", "Verdict", "relative_gap"]


class Verdict(StrEnum):
    """The referee's word on a trial's plan."""

    FEASIBLE = "feasible"
    """The plan keeps every rule; its value is the referee's."""
    WRONG = "wrong"
    """The method claimed a plan that breaks a rule, or a bound or optimum that does not hold."""
    NONE = "none"
    """There is no plan to judge."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Score:
    """The referee's account of one plan.

    Parameters
    ----------
    value : float or None
        The objective (minimised); None where the plan cannot be priced at all.
    violations : tuple of str
        One line for each broken rule (at most some dozens, then a count).
    latency_s, energy_j, price : arrays, shape (n_tasks,)
        Per task; empty where the plan cannot be priced.
    loads : mapping
        Work share of each tier and other totals, by name.
    """

    value: float | None
    violations: tuple[str, ...]
    latency_s: FloatArray
    energy_j: FloatArray
    price: FloatArray
    loads: Mapping[str, float] = field(default_factory=dict)

    @property
    def feasible(self) -> bool:
        """Whether the plan keeps every rule."""
        return self.value is not None and not self.violations


def relative_gap(value: float | None, bound: float | None) -> float | None:
    """Return ``(value - bound) / |value|``, the only gap that is printed.

    None where either is absent; 0 where both are 0. A value of 0 over a smaller bound has no
    relative gap and gives ``inf``.

    Examples
    --------
    >>> relative_gap(10.0, 9.0)
    0.1
    >>> relative_gap(0.0, 0.0)
    0.0
    """
    if value is None or bound is None:
        return None
    if value == bound:
        return 0.0
    return (value - bound) / abs(value) if value else float("inf") if bound < value else float("-inf")
