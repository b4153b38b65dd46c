"""The method `greedy`, and the first states of searches: tasks placed one by one at marginal cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

import numpy as np

from formulations.joint.options import OptionTable
from instances.columns import IntArray
from instances.errors import InputError
from solvers.contract import Budget, MethodParams, Outcome, SolutionStatus, Termination, Trace
from solvers.joint_kernels import (
    COOPERATIVE,
    Game,
    State,
    draw_in_turn,
    empty_state,
    game_of,
    lightest_in_turn,
    reply_in_turn,
)
from solvers.joint_setup import decline_table, feasible, open_table
from solvers.registry import register

__all__ = ["NO_ROOM", "Greedy", "GreedyParams", "TaskOrder", "order_of", "place_in_order"]

TaskOrder = Literal["gain", "weight", "given", "random"]

NO_ROOM = "no state that keeps the memory limits was found, which is no proof that there is none"
_ATTEMPTS = 50
_DRAWS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class GreedyParams(MethodParams):
    """Parameters of `greedy`.

    Parameters
    ----------
    order : {"gain", "weight", "given", "random"}
        Who chooses first. ``gain``: who would gain most from the shared resources, that is, the
        largest difference between the best option that uses none (tasks without one come first)
        and the best with every resource to itself. ``weight``: the heaviest. ``given``: as in the
        instance. Ties as in the instance.
    """

    order: TaskOrder = "weight"

    def __post_init__(self) -> None:
        if self.order not in get_args(TaskOrder):
            raise InputError("parameter order", f"must be one of {', '.join(get_args(TaskOrder))}", self.order)


def order_of(table: OptionTable, order: TaskOrder, rng: np.random.Generator) -> IntArray:
    """Return the tasks in `order` (see `GreedyParams`); each must have an option."""
    if order == "random":
        return rng.permutation(table.n_tasks)
    if order == "given":
        return np.arange(table.n_tasks)
    if order == "weight":
        return np.argsort(-table.problem.instance.workload.task_weight, kind="stable")
    alone, starts = table.alone_cost(), table.task_offsets[:-1]
    without = np.where(np.diff(table.use_offsets) == 0, alone, np.inf)
    gain = np.minimum.reduceat(without, starts) - np.minimum.reduceat(alone, starts)
    return np.argsort(-gain, kind="stable")


def place_in_order(
    table: OptionTable,
    game: Game,
    order: IntArray,
    others: float = COOPERATIVE,
    out_of_time: Callable[[], bool] = lambda: False,
    rng: np.random.Generator | None = None,
) -> State | None:
    """Place the tasks of `order`, each at the option of least marginal cost given those before it.

    Where memory is scarce a task may find no room. Then all starts anew with that task first, some
    50 times; after that every task takes its lightest option, with the same remedy; after that
    random placements are tried where `rng` is given.

    Returns
    -------
    State or None
        None where no attempt placed all tasks.
    """
    for light in (False, True):
        turn = order
        for attempt in range(_ATTEMPTS):
            state = empty_state(table)
            if light:
                failed = lightest_in_turn(game, *state, turn)
            else:
                _, failed = reply_in_turn(game, *state, turn, others)
            if failed < 0:
                return state
            if attempt and out_of_time():
                break
            turn = np.concatenate(([failed], turn[turn != failed]))
    if rng is None:
        return None
    for _ in range(_DRAWS):
        state = empty_state(table)
        if draw_in_turn(game, *state, rng.permutation(table.n_tasks), rng.random(table.n_tasks)):
            return state
        if out_of_time():
            break
    return None


@register("greedy", kind="rule")
class Greedy:
    """Tasks in a fixed order, each takes the option of least marginal cost given those before it."""

    Params: ClassVar[type[MethodParams]] = GreedyParams
    families: ClassVar[frozenset[str]] = frozenset({"joint"})

    def __init__(self, params: GreedyParams | None = None) -> None:
        self.params = params or GreedyParams()

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline a limit of evaluations, and a table that the budget has no time for."""
        return decline_table(problem, budget)

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Place the tasks one by one."""
        table = open_table(problem, trace, local_first=False)
        if isinstance(table, Outcome):
            return table
        order = order_of(table, self.params.order, rng)
        state = place_in_order(table, game_of(table), order, out_of_time=lambda: trace.left(budget) <= 0, rng=rng)
        if state is None:
            late = Termination.TIME_LIMIT if trace.left(budget) <= 0 else Termination.COMPLETED
            return Outcome(plan=None, status=SolutionStatus.NONE, termination=late, reason=NO_ROOM)
        plan = table.plan(state.choice)
        trace.incumbent(plan)
        return feasible(plan)
