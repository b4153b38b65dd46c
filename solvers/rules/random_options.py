"""The method `random`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from instances.errors import InputError
from solvers.contract import Budget, MethodParams, Outcome, SolutionStatus, Termination, Trace
from solvers.joint_kernels import draw_in_turn, empty_state, game_of
from solvers.joint_setup import decline_table, feasible, open_table
from solvers.registry import register
from solvers.rules.greedy import NO_ROOM

__all__ = ["RandomOptions", "RandomParams"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RandomParams(MethodParams):
    """Parameters of `random`.

    Parameters
    ----------
    draws : int
        Plans that are drawn; the best is kept.
    attempts : int
        How often a plan is drawn anew where a task finds no room in memory.
    """

    draws: int = 1
    attempts: int = 100

    def __post_init__(self) -> None:
        for name in ("draws", "attempts"):
            if getattr(self, name) < 1:
                raise InputError(f"parameter {name}", "must be >= 1", getattr(self, name))


@register("random", kind="rule", anytime=True)
class RandomOptions:
    """Every task takes one of its undominated options at random, evenly.

    Where memory is limited, tasks choose in random order among the options that still fit.
    """

    Params: ClassVar[type[MethodParams]] = RandomParams
    families: ClassVar[frozenset[str]] = frozenset({"joint"})

    def __init__(self, params: RandomParams | None = None) -> None:
        self.params = params or RandomParams()

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline a limit of evaluations, and a table that the budget has no time for."""
        return decline_table(problem, budget)

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Draw plans and return the best."""
        table = open_table(problem, trace, local_first=False)
        if isinstance(table, Outcome):
            return table
        game = game_of(table)
        best, least, drawn = None, np.inf, 0
        late = False
        for _ in range(self.params.draws):
            for _ in range(self.params.attempts):
                state = empty_state(table)
                order = rng.permutation(table.n_tasks)
                found = draw_in_turn(game, *state, order, rng.random(table.n_tasks))
                late = trace.left(budget) <= 0
                if found or late:
                    break
            if found:
                drawn += 1
                plan = table.plan(state.choice)
                value = trace.incumbent(plan)
                if value is not None and value < least:
                    best, least = plan, value
            if late or not found:
                break
        ended = Termination.TIME_LIMIT if late and drawn < self.params.draws else Termination.COMPLETED
        if best is None:
            return Outcome(plan=None, status=SolutionStatus.NONE, termination=ended, reason=NO_ROOM)
        return feasible(best, ended, plans=drawn)
