"""The record: the one terminal account of a trial, as it is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from formulations.score import Verdict, relative_gap
from solvers.contract import SolutionStatus, Termination

__all__ = ["Record"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Record:
    """How a trial ended.

    Parameters
    ----------
    trial : str
        Its identity.
    status : SolutionStatus
        What the method claimed; `none` where it was stopped before it could claim anything, unless an incumbent
        was recovered.
    termination : Termination
        Why it stopped, as the parent process saw it.
    verdict : Verdict
        The referee's word.
    reason : str
        One line for people.
    recovered : bool
        The plan is the last incumbent of a method that was stopped from outside.
    value, bound : float or None
        The referee's value of the plan; the method's lower bound.
    seconds : float or None
        What the method used of its budget: model building included, compilation and scoring not.
    wall_seconds : float
        What the trial took altogether.
    peak_bytes : int or None
        Largest resident memory that was seen of its processes.
    plan : bytes or None
        The plan document, JSON.
    incumbents, bounds : lists of [seconds, value]
        The trace.
    measures : mapping
        Totals of the referee's score.
    violations : tuple of str
        Rules that the plan breaks.
    info : mapping
        The method's own counts.
    killed : bool
        A limit was enforced from outside.
    unexplained : str
        For a trial that crashed: what is known of it, with what it wrote to stderr; empty for all others.
    environment : mapping or None
        Facts about the machine where it ran, if that was not the runner's.
    """

    trial: str
    status: SolutionStatus
    termination: Termination
    verdict: Verdict
    reason: str = ""
    recovered: bool = False
    value: float | None = None
    bound: float | None = None
    seconds: float | None = None
    wall_seconds: float = 0.0
    peak_bytes: int | None = None
    plan: bytes | None = None
    incumbents: tuple[tuple[float, float], ...] = ()
    bounds: tuple[tuple[float, float], ...] = ()
    measures: Mapping[str, Any] = field(default_factory=dict)
    violations: tuple[str, ...] = ()
    info: Mapping[str, Any] = field(default_factory=dict)
    killed: bool = False
    unexplained: str = ""
    environment: Mapping[str, Any] | None = None

    @property
    def gap(self) -> float | None:
        """The gap of the plan to the method's own bound."""
        return relative_gap(self.value, self.bound)
