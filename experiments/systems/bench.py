"""The bench: where a published system solves its problems. Methods are made by name, plans judged by the referee."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from experiments.settings import settings_text
from formulations.registry import family
from formulations.score import Score, relative_gap
from solvers.contract import Budget, Method, Outcome
from solvers.registry import make
from solvers.trace import RefereedTrace

__all__ = ["Bench", "Run"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Run:
    """What one method did on one problem.

    `value` is the referee's, None where there is no plan or it breaks a rule; `seconds` is wall time inside the method.
    """

    outcome: Outcome
    score: Score | None
    seconds: float

    @property
    def value(self) -> float | None:
        """Objective of the plan, None where it is missing or infeasible."""
        return None if self.score is None or self.score.violations else self.score.value

    @property
    def plan(self) -> Any:
        """The plan, or None."""
        return self.outcome.plan

    def gap_to(self, optimum: float) -> float | None:
        """Return the relative gap to a proven value."""
        return relative_gap(self.value, optimum)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Makes methods and runs them.

    Parameters
    ----------
    replaced : mapping of str to callable
        Methods that stand in for registered ones: how a test sees a claim fail.
    data : Path, optional
        Folder with the data of others (profiles, traces) that some claims are about. It is not part of the project.
    """

    replaced: Mapping[str, Callable[[], Method]] = field(default_factory=dict)
    data: Path | None = None
    _missed: dict[tuple[str, ...], None] = field(default_factory=dict, init=False, repr=False, compare=False)

    def run(
        self,
        method: str,
        problem: Any,
        *,
        seed: int = 0,
        budget: Budget | None = None,
        repeats: int = 1,
        **settings: Any,
    ) -> Run:
        """Solve `problem` and have the plan judged.

        Parameters
        ----------
        method : str
            Registered name.
        problem : problem
            Of any family.
        seed : int
            Of the method's generator.
        budget : Budget, optional
            By default a minute on one thread.
        repeats : int
            The least of so many times is the run's.
        **settings
            Parameters of the method.

        Raises
        ------
        RuntimeError
            If the method declines: a scenario must not ask it.
        """
        limits = budget or Budget(seconds=60.0)
        given = settings_text(settings)
        chosen = family(problem.family)
        least = float("inf")
        for _ in range(repeats):
            made = self.replaced[method]() if method in self.replaced else make(method, given)
            reason = made.decline(problem, limits)
            if reason is not None:
                raise RuntimeError(f"method {method} declines the problem: {reason}")
            trace = RefereedTrace(lambda plan: chosen.evaluate(problem, plan))
            began = time.perf_counter()
            outcome = made.solve(problem, limits, np.random.default_rng(seed), trace)
            least = min(least, time.perf_counter() - began)
        score = None if outcome.plan is None else chosen.evaluate(problem, outcome.plan)
        return Run(outcome=outcome, score=score, seconds=least)

    def file(self, *parts: str, optional: bool = False) -> Path | None:
        """Return a file of the data folder, None where it is not at hand.

        Parameters
        ----------
        *parts : str
            Folders and name, relative to the data folder.
        optional : bool
            Whether published data may well be without it, so that it is not `lacking`.
        """
        path = None if self.data is None else self.data.joinpath(*parts)
        if path is not None and path.exists():
            return path
        if path is not None and not optional:
            self._missed[parts] = None
        return None

    @property
    def lacking(self) -> tuple[str, ...]:
        """What systems looked for in the data folder and did not find: whole folders, or files in those that are there."""
        if self.data is None:
            return ()
        found = ("/".join(parts) if (self.data / parts[0]).exists() else parts[0] for parts in self._missed)
        return tuple(dict.fromkeys(found))
