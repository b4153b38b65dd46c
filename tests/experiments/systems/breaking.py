"""Reproductions with broken methods: how tests see a claim fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from experiments.systems.bench import Bench
from experiments.systems.reproduction import reproduce
from experiments.systems.system import system_named
from formulations.cut.case import CutCase
from formulations.cut.cases import cases_of
from solvers.contract import Budget, Method, MethodParams, Outcome, SolutionStatus, Termination, Trace

GOOD, BAD, UNKNOWN = "reproduced", "not reproduced", "not checkable"

Which = int | Callable[[Any], int]
"""Index of the case, or a function of the problem."""


class Placing:
    """A method that places one case's layers by a fixed rule, whatever the problem."""

    Params: ClassVar[type[MethodParams]] = MethodParams
    families: ClassVar[frozenset[str]] = frozenset({"cut"})

    def __init__(self, levels: Callable[[CutCase], Any], which: Which = 0) -> None:
        self.params = MethodParams()
        self.levels, self.which = levels, which

    def decline(self, problem: Any, budget: Budget) -> str | None:
        return None

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        which = self.which if isinstance(self.which, int) else self.which(problem)
        case = list(cases_of(problem))[which]
        plan = case.plan(np.asarray(self.levels(case), dtype=np.int64))
        return Outcome(plan=plan, status=SolutionStatus.FEASIBLE, termination=Termination.COMPLETED)


def all_local(which: Which = 0) -> Callable[[], Method]:
    """Return a maker of a method that runs everything on the device."""
    return lambda: Placing(lambda case: np.zeros(case.n_layers), which)


def all_far(level: int = 1, which: Which = 0) -> Callable[[], Method]:
    """Return a maker of a method that runs everything but the input on a level."""
    return lambda: Placing(lambda case: np.where(np.arange(case.n_layers) > 0, level, 0), which)


def verdicts(name: str, bench: Bench | None = None) -> dict[str, str]:
    """Return the verdict on every claim of a system."""
    found = reproduce(system_named(name), bench)
    assert not found.error, found.error
    return {one.claim.name: str(one.verdict) for one in found.claims}


def checkable(name: str) -> set[str]:
    """Return the names of the claims that have a check."""
    return {claim.name for claim in system_named(name).claims if claim.check is not None}
