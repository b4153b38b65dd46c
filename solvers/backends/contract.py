"""What every MILP back end takes and gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from instances.errors import InputError
from solvers.backends.linear_model import LinearModel
from solvers.contract import SolutionStatus, Termination

__all__ = ["BOUND_TOLERANCE", "Availability", "Backend", "BackendState", "MilpLimits", "MilpResult", "certified"]

BOUND_TOLERANCE = 1e-6
"""Relative tolerance to which the solvers' bounds are trusted: their feasibility tolerances are 1e-6 or smaller."""


class BackendState(StrEnum):
    """Whether a back end can be used here."""

    AVAILABLE = "available"
    NOT_FOUND = "not_found"
    """Its library or executable is missing."""
    UNUSABLE = "unusable"
    """It is there but does not run."""

    def __bool__(self) -> bool:
        return self is BackendState.AVAILABLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """State of a back end, why, and what to do about it."""

    state: BackendState
    reason: str = ""
    remedy: str = ""

    def __bool__(self) -> bool:
        return bool(self.state)

    def __str__(self) -> str:
        return str(self.state) if self else f"{self.reason}; {self.remedy}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MilpLimits:
    """Limits of one solve.

    Parameters
    ----------
    seconds : float or None
        Wall seconds, None: no limit.
    threads : int
        Threads that the solver may use.
    relative_gap : float
        Gap at which the solver may stop.
    """

    seconds: float | None = None
    threads: int = 1
    relative_gap: float = 1e-9

    def __post_init__(self) -> None:
        if self.seconds is not None and not self.seconds > 0:
            raise InputError("solver limits", "seconds must be > 0", self.seconds)
        if self.threads < 1:
            raise InputError("solver limits", "threads must be >= 1", self.threads)
        if not 0 <= self.relative_gap < 1:
            raise InputError("solver limits", "relative_gap must be in [0, 1)", self.relative_gap)


@dataclass(frozen=True, slots=True, kw_only=True)
class MilpResult:
    """What a back end found, in the model's own sense and units.

    Parameters
    ----------
    status, termination : SolutionStatus, Termination
        ``OPTIMAL`` as the solver claims it, to its tolerances.
    values : mapping
        Values of the variables by name; empty without a solution.
    objective : float or None
        Of the solution, the model's constant included.
    bound : float or None
        Best bound on the optimum, already moved by `BOUND_TOLERANCE` to the safe side.
    reason : str
        The solver's own words where it ended without a solution.
    """

    status: SolutionStatus
    termination: Termination
    values: Mapping[str, float] = field(default_factory=dict)
    objective: float | None = None
    bound: float | None = None
    reason: str = ""


class Backend(Protocol):
    """A MILP solver."""

    @property
    def name(self) -> str:
        """As users know it."""

    @property
    def most_threads(self) -> int | None:
        """Threads that it can use; None: as many as asked for."""

    def available(self) -> Availability:
        """Say whether it can be used here. Cheap."""

    def solve(
        self, model: LinearModel, limits: MilpLimits | None = None, *, start: Mapping[str, float] | None = None
    ) -> MilpResult:
        """Minimise or maximise `model` within `limits`, from values `start` (by name) where it can.

        Raises
        ------
        InputError
            If a limit cannot be honoured.
        """


def certified(bound: float | None, maximise: bool) -> float | None:
    """Return a solver's bound moved to the safe side by its tolerance; None where it says nothing."""
    if bound is None or not -1e49 < bound < 1e49:
        return None
    slack = BOUND_TOLERANCE * max(1.0, abs(bound))
    return bound + slack if maximise else bound - slack
