"""Compiled steps that searches of the family `joint` share: loads, marginal costs, replies.

A state is the option of every task and what the options put on the resources:

- `choice`, shape (n_tasks,): row of the option table, -1 for a task that is not placed yet;
- `loads`, shape (2, n_resources): ``sum_k s_kr`` (``optimal``) or ``sum_k b_kr`` (``equal``) and the
  number of users;
- `held`, shape (n_nodes,): bytes of weights on nodes with a limit.
"""

# mypy: disable-error-code="no-untyped-def, assignment"

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from formulations.joint.options import OptionTable
from instances.columns import Array, FloatArray, IntArray

__all__ = [
    "COOPERATIVE",
    "IMPROVEMENT",
    "SELFISH",
    "Game",
    "State",
    "best_option",
    "draw_in_turn",
    "empty_state",
    "fill",
    "fits",
    "game_of",
    "lightest_in_turn",
    "marginal",
    "put",
    "reply_in_turn",
    "state_of",
    "value_of",
]

SELFISH, COOPERATIVE = 0.0, 1.0
"""How much a reply minds what it costs the others (`others` below)."""

IMPROVEMENT = 1e-11
"""Relative fall of a cost that counts as one: above the rounding of the running loads."""

_MEMORY_SLACK = 0.5e-9  # half of the referee's own tolerance, the rest is left to rounding


class Game(NamedTuple):
    """The option table as the kernels read it; `use` is s_kpr under ``optimal``, b_kpr under ``equal``."""

    task_offsets: IntArray
    cost: FloatArray
    use_offsets: IntArray
    resource: Array
    use: FloatArray
    memory_offsets: IntArray
    node: Array
    bytes: FloatArray
    limit: FloatArray
    equal: bool


def game_of(table: OptionTable) -> Game:
    """Return `table` as the kernels read it."""
    equal = table.problem.options.sharing == "equal"
    return Game(
        task_offsets=table.task_offsets,
        cost=table.cost,
        use_offsets=table.use_offsets,
        resource=table.use_resource,
        use=table.use_cost if equal else table.use_root,
        memory_offsets=table.memory_offsets,
        node=table.memory_node,
        bytes=table.memory_bytes,
        limit=table.problem.instance.system.node_memory_bytes * (1 + _MEMORY_SLACK),
        equal=equal,
    )


class State(NamedTuple):
    """The option of every task and what the options put on resources and nodes."""

    choice: IntArray
    loads: FloatArray
    held: FloatArray


def empty_state(table: OptionTable) -> State:
    """Return the state with no task placed."""
    n_nodes = table.problem.instance.system.n_nodes if len(table.memory_node) else 0
    return State(np.full(table.n_tasks, -1), np.zeros((2, table.n_resources)), np.zeros(n_nodes))


def state_of(table: OptionTable, game: Game, choice: IntArray) -> State:
    """Return the state of the rows `choice` of the table."""
    state = empty_state(table)
    state.choice[:] = choice
    fill(game, *state)
    return state


@njit(cache=True, error_model="numpy")
def put(game, loads, held, option, sign):
    """Add (`sign` 1) or remove (-1) what an option puts on resources and nodes."""
    for u in range(game.use_offsets[option], game.use_offsets[option + 1]):
        loads[0, game.resource[u]] += sign * game.use[u]
        loads[1, game.resource[u]] += sign
    for u in range(game.memory_offsets[option], game.memory_offsets[option + 1]):
        held[game.node[u]] += sign * game.bytes[u]


@njit(cache=True, error_model="numpy")
def fits(game, held, option):
    """Return whether the option's weights fit beside those that are held."""
    for u in range(game.memory_offsets[option], game.memory_offsets[option + 1]):
        if held[game.node[u]] + game.bytes[u] > game.limit[game.node[u]]:
            return False
    return True


@njit(cache=True, error_model="numpy")
def marginal(game, loads, option, others):
    """Return the cost of an option whose task is not in the loads.

    With ``others = 0`` it is the task's own cost, ``c + sum_r (Y_r s + s^2)`` under ``optimal`` and
    ``c + sum_r (n_r + 1) b`` under ``equal``; with ``others = 1`` the rise of the objective, where
    ``Y_r s`` (``B_r``) is added for what the others pay.
    """
    total = game.cost[option]
    for u in range(game.use_offsets[option], game.use_offsets[option + 1]):
        r = game.resource[u]
        if game.equal:
            total += others * loads[0, r] + (loads[1, r] + 1.0) * game.use[u]
        else:
            total += ((1.0 + others) * loads[0, r] + game.use[u]) * game.use[u]
    return total


@njit(cache=True, error_model="numpy")
def best_option(game, loads, held, task, others):
    """Return the option of least cost that fits, and that cost; -1 and inf where none fits."""
    best, least = np.int64(-1), np.inf
    for option in range(game.task_offsets[task], game.task_offsets[task + 1]):
        cost = marginal(game, loads, option, others)
        if cost < least and fits(game, held, option):
            best, least = option, cost
    return best, least


@njit(cache=True, error_model="numpy")
def reply_in_turn(game, choice, loads, held, order, others):
    """Let the tasks of `order` reply one after the other; unplaced ones are placed.

    Returns
    -------
    moves : int
        Tasks that changed their option or were placed.
    failed : int
        Unplaced task for which no option fits (the turn ends there), or -1.
    """
    moves = 0
    for k in order:
        old = choice[k]
        if old >= 0:
            put(game, loads, held, old, -1.0)
        new, cost = best_option(game, loads, held, k, others)
        if old >= 0:
            now = marginal(game, loads, old, others)
            if new < 0 or not cost < now - IMPROVEMENT * abs(now):
                new = old
        elif new < 0:
            return moves, k
        if new != old:
            choice[k] = new
            moves += 1
        put(game, loads, held, new, 1.0)
    return moves, -1


@njit(cache=True, error_model="numpy")
def lightest_in_turn(game, choice, loads, held, order):
    """Place the tasks of `order`, each at the option that takes the least of the limited memory.

    Of equal ones it takes the one of least cost to the objective. Returns the first task for which
    no option fits (the turn ends there), or -1.
    """
    for k in order:
        best, least_share, least_cost = np.int64(-1), np.inf, np.inf
        for option in range(game.task_offsets[k], game.task_offsets[k + 1]):
            share = 0.0
            for u in range(game.memory_offsets[option], game.memory_offsets[option + 1]):
                share += game.bytes[u] / game.limit[game.node[u]]
            if share > least_share or not fits(game, held, option):
                continue
            cost = marginal(game, loads, option, 1.0)
            if share < least_share or cost < least_cost:
                best, least_share, least_cost = option, share, cost
        if best < 0:
            return k
        choice[k] = best
        put(game, loads, held, best, 1.0)
    return -1


@njit(cache=True, error_model="numpy")
def draw_in_turn(game, choice, loads, held, order, fraction):
    """Place the tasks of `order`, each at one of its options that fit, evenly by ``fraction[k]`` in [0, 1).

    Returns whether all found room.
    """
    for k in order:
        room = 0
        for option in range(game.task_offsets[k], game.task_offsets[k + 1]):
            room += fits(game, held, option)
        if room == 0:
            return False
        rank = min(int(fraction[k] * room), room - 1)
        for option in range(game.task_offsets[k], game.task_offsets[k + 1]):
            if fits(game, held, option):
                if rank == 0:
                    choice[k] = option
                    break
                rank -= 1
        put(game, loads, held, choice[k], 1.0)
    return True


@njit(cache=True, error_model="numpy")
def fill(game, choice, loads, held):
    """Sum the loads of a state anew, which takes away what rounding left in them."""
    loads[:] = 0.0
    held[:] = 0.0
    for k in range(len(choice)):
        if choice[k] >= 0:
            put(game, loads, held, choice[k], 1.0)


@njit(cache=True, error_model="numpy")
def value_of(game, choice, loads):
    """Return the objective (J) of a state whose loads are up to date."""
    total = 0.0
    for k in range(len(choice)):
        total += game.cost[choice[k]]
    for r in range(loads.shape[1]):
        total += loads[0, r] * (loads[1, r] if game.equal else loads[0, r])
    return total
