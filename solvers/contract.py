"""The method contract: a problem, a budget and a generator go in; a plan comes out, never a score."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np

from instances.errors import InputError

__all__ = [
    "Budget",
    "Clock",
    "Method",
    "MethodParams",
    "Outcome",
    "SolutionStatus",
    "Termination",
    "Trace",
]


class Termination(StrEnum):
    """Why a method stopped."""

    COMPLETED = "completed"
    """It came to its own end."""
    TIME_LIMIT = "time_limit"
    MEMORY_LIMIT = "memory_limit"
    EVALUATION_LIMIT = "evaluation_limit"
    INTERRUPTED = "interrupted"
    """Somebody stopped the run."""
    CRASHED = "crashed"
    UNSUPPORTED = "unsupported"
    """It declined the problem, with a reason."""
    UNAVAILABLE = "unavailable"
    """A library or solver that it needs is missing."""


class SolutionStatus(StrEnum):
    """What a method claims to have; the referee gives the verdict."""

    NONE = "none"
    FEASIBLE = "feasible"
    OPTIMAL = "optimal"
    """Claimed: the gap to a valid bound is within the trial's tolerance."""
    INFEASIBLE = "infeasible"
    """Claimed: proven that no plan exists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What a method may use.

    Parameters
    ----------
    seconds : float or None
        Wall seconds, model building included; None: no limit.
    evaluations : int or None
        Plans a population method may price; None: no limit.
    threads : int
        Threads of native solvers and parallel loops.
    memory_bytes : float or None
        Resident memory, enforced from outside.
    tolerance : float
        Relative gap at which a plan counts as optimal.
    """

    seconds: float | None = None
    evaluations: int | None = None
    threads: int = 1
    memory_bytes: float | None = None
    tolerance: float = 1e-4

    def __post_init__(self) -> None:
        if self.seconds is not None and not 0 < self.seconds < math.inf:
            raise InputError("budget", "seconds must be finite and > 0", self.seconds)
        if self.evaluations is not None and self.evaluations < 1:
            raise InputError("budget", "evaluations must be >= 1", self.evaluations)
        if self.threads < 1:
            raise InputError("budget", "threads must be >= 1", self.threads)
        if self.memory_bytes is not None and not self.memory_bytes > 0:
            raise InputError("budget", "memory_bytes must be > 0", self.memory_bytes)
        if not 0 <= self.tolerance < 1:
            raise InputError("budget", "tolerance must be in [0, 1)", self.tolerance)


@dataclass(slots=True)
class Clock:
    """A stop watch that can be halted, so that scoring is not charged to the method.

    Examples
    --------
    >>> clock = Clock()
    >>> clock.seconds() >= 0
    True
    """

    _start: float = field(default_factory=time.perf_counter)
    _paused: float = 0.0

    def seconds(self) -> float:
        """Return the seconds charged so far."""
        return time.perf_counter() - self._start - self._paused

    def forgive(self, seconds: float) -> None:
        """Take `seconds` off the clock."""
        self._paused += seconds


class Trace(Protocol):
    """Where a method reports what it finds while it runs."""

    clock: Clock

    def incumbent(self, plan: Any) -> float | None:
        """Report a plan; return the referee's value (None where the plan is not feasible).

        The clock stands still meanwhile.
        """

    def bound(self, value: float) -> None:
        """Report a lower bound that is valid for the referee's objective."""

    def left(self, budget: Budget) -> float:
        """Return the seconds left of `budget` (``inf`` without a limit)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodParams:
    """Base of every method's parameters: frozen dataclasses that validate themselves."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outcome:
    """What a method returns.

    Parameters
    ----------
    plan : plan or None
        In the form of the problem's family.
    status, termination : SolutionStatus, Termination
        What it claims to have, and why it stopped.
    bound : float or None
        Lower bound on the referee's objective, certified by the method; None where it has none.
    reason : str
        For people: why it declined, what stopped it.
    info : mapping
        Counts worth recording (evaluations, iterations, nodes).
    """

    plan: Any | None
    status: SolutionStatus
    termination: Termination
    bound: float | None = None
    reason: str = ""
    info: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.bound is not None and not math.isfinite(self.bound):
            raise ValueError(f"bound must be finite or None, got {self.bound!r}")


@runtime_checkable
class Method(Protocol):
    """A way to solve problems. Registered by `solvers.registry.register`.

    A class with the two class variables and the two methods below; it is made anew for each
    trial with its parameters.
    """

    Params: ClassVar[type[MethodParams]]
    """Dataclass of the parameters."""
    families: ClassVar[frozenset[str]]
    """Problem families it takes."""

    params: Any

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Return why the method cannot take the problem under this budget, or None."""

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Solve `problem` within `budget`; all chance comes from `rng`."""
