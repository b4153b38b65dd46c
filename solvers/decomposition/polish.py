"""Primal search among the options that a dual bound has not ruled out.

With a bound L, a plan of value U and reduced costs at L's prices, an option whose reduced cost
exceeds ``U - L`` is in no plan better than U. Annealing over the rest moves one task at a time at
its marginal cost, so a move costs as much as the uses of two options.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import njit

from formulations.joint.options import OptionTable
from instances.columns import BoolArray, FloatArray, IntArray
from solvers.joint_kernels import COOPERATIVE, Game, State, fill, fits, marginal, put, reply_in_turn, value_of

__all__ = ["anneal", "descend", "reduced_costs", "useful_tasks"]


def reduced_costs(table: OptionTable, priced: FloatArray) -> FloatArray:
    """Return each option's priced cost above its task's least, shape (n_options,)."""
    least = np.minimum.reduceat(priced, table.task_offsets[:-1])
    reduced: FloatArray = priced - np.repeat(least, np.diff(table.task_offsets))
    return reduced


def useful_tasks(table: OptionTable, useful: BoolArray) -> tuple[IntArray, IntArray, IntArray]:
    """Return the tasks with a choice left, and the CSR offsets and rows of their useful options."""
    counts = np.add.reduceat(useful.astype(np.int64), table.task_offsets[:-1])
    task = np.flatnonzero(counts > 1)
    chosen = useful & np.repeat(counts > 1, np.diff(table.task_offsets))
    return task, np.concatenate(([0], np.cumsum(counts[task]))), np.flatnonzero(chosen)


def descend(game: Game, state: State, order: IntArray, late: Callable[[], bool] = lambda: False) -> float:
    """Let the tasks reply at marginal cost until nobody moves or it is late; return the objective."""
    while not late():
        moves, _ = reply_in_turn(game, *state, order, COOPERATIVE)
        if not moves:
            break
    fill(game, *state)
    return float(value_of(game, state.choice, state.loads))


def anneal(
    game: Game,
    state: State,
    choices: tuple[IntArray, IntArray, IntArray],
    hot: float,
    cold: float,
    moves: int,
    rng: np.random.Generator,
) -> None:
    """Anneal `state` in place by `moves` trials, geometrically from temperature `hot` to `cold`.

    Parameters
    ----------
    game, state : Game, State
        See `solvers.joint_kernels`.
    choices : tuple of int arrays
        Tasks, offsets and rows of `useful_tasks`.
    hot, cold : float
        Temperatures in units of the objective.
    moves : int
        Number of trials.
    rng : Generator
        Source of chance.
    """
    task, offsets, rows = choices
    if not len(task) or moves < 1:
        return
    who = rng.integers(0, len(task), moves)
    where, luck = rng.random(moves), rng.random(moves)
    cooling = (cold / hot) ** (1.0 / moves)
    _anneal(game, state.choice, state.loads, state.held, task, offsets, rows, who, where, luck, hot, cooling)
    fill(game, *state)


@njit(cache=True, error_model="numpy")
def _anneal(game, choice, loads, held, task, offsets, rows, who, where, luck, temperature, cooling):
    for trial in range(len(who)):
        temperature *= cooling
        at = who[trial]
        k = task[at]
        old = choice[k]
        new = rows[offsets[at] + int(where[trial] * (offsets[at + 1] - offsets[at]))]
        if new == old:
            continue
        put(game, loads, held, old, -1.0)
        rise = marginal(game, loads, new, 1.0) - marginal(game, loads, old, 1.0)
        if (rise <= 0.0 or luck[trial] < np.exp(-rise / temperature)) and fits(game, held, new):
            choice[k] = new
        put(game, loads, held, choice[k], 1.0)
