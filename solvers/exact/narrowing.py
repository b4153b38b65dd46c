"""What exact methods of the family `joint` do before they build a model: a plan, a bound, fewer options.

A greedy state improved by best replies gives a value, the relaxation's prices a bound, and both
together rule out every option whose reduced cost exceeds the gap: no plan with it is better than
the one at hand. The bound is sharpened with the cuts (T) of `formulations.joint.tangents` at
``t = mu / 2``, which hold task by task:

    L(t) = sum_k min_p [ c_kp + sum_r phi_t(s_kpr) ] - sum_r t_r^2   <=   optimum.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from formulations.joint.options import OptionTable
from formulations.joint.tangents import cut_coefficients
from instances.columns import FloatArray, IntArray
from solvers.decomposition.relaxation import Relaxation
from solvers.exact.claim import Claim
from solvers.joint_kernels import COOPERATIVE, fill, game_of, reply_in_turn
from solvers.rules.greedy import order_of, place_in_order

__all__ = ["Narrowing", "cut_bound", "narrow", "unnarrowed"]

_MOST_TURNS = 50
_MOST_STEPS = 60
_ROUNDING = 4.0 * np.finfo(np.float64).eps


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Narrowing:
    """What was found.

    Parameters
    ----------
    choice : int array or None
        Rows of the plan at hand; None where none was found.
    keep : int array
        Rows of the table that can be in a better plan, and those of the plan at hand.
    points : array, shape (n_known, n_resources)
        Loads at which to start the cuts: of the best bound and of the plan at hand.
    """

    choice: IntArray | None
    keep: IntArray
    points: FloatArray


def narrow(table: OptionTable, claim: Claim) -> Narrowing:
    """Find a plan and a bound, report them to `claim`, and rule out options.

    Takes at most about a quarter of the seconds that are left.
    """
    rng = np.random.default_rng(0)  # the same for all seeds: exact methods do not depend on chance
    until = claim.trace.clock.seconds() + 0.25 * claim.seconds_left

    def late() -> bool:
        return claim.trace.clock.seconds() > until

    choice = _first_plan(table, claim, rng, late)
    everything = np.arange(table.n_options)
    cheapest = _cheapest(table, table.alone_cost())
    relaxation = Relaxation.start(table, cheapest if choice is None else choice)
    order = np.arange(table.n_tasks)
    best, points = -np.inf, relaxation.load.copy()
    for _ in range(_MOST_TURNS):
        bound = relaxation.bound()
        if bound > best:
            best, points = bound, relaxation.load.copy()
        if late() or relaxation.value() - bound <= 1e-3 * abs(bound) * max(claim.budget.tolerance, 1e-6):
            break
        relaxation.sweep(order)
    claim.raise_bound(best)
    points, reduced, sharp = _sharpen(table, claim, points, late)
    claim.raise_bound(sharp)
    if choice is None or claim.value is None:
        return Narrowing(choice=choice, keep=everything, points=points[None, :])
    # a little is left for rounding, so that ties and the plan itself stay
    room = claim.value - sharp + 1e-9 * abs(claim.value)
    keep = reduced <= room
    keep[choice] = True
    claim.info["options_kept"] = int(keep.sum())
    return Narrowing(
        choice=choice, keep=np.flatnonzero(keep), points=np.stack((points, Relaxation.start(table, choice).load))
    )


def unnarrowed(table: OptionTable) -> Narrowing:
    """Return what is known without any work: all options, and the loads of each task's best option alone."""
    cheapest = _cheapest(table, table.alone_cost())
    loads = Relaxation.start(table, cheapest).load
    return Narrowing(choice=None, keep=np.arange(table.n_options), points=loads[None, :])


def cut_bound(table: OptionTable, points: FloatArray) -> tuple[float, FloatArray, IntArray]:
    """Return L(t) with rounding taken off, every option's reduced cost, and the cheapest options.

    Parameters
    ----------
    table : OptionTable
        Every task has an option.
    points : array, shape (n_resources,)
        t_r >= 0.
    """
    priced = table.cost + np.bincount(
        table.use_option(), cut_coefficients(table.use_root, points[table.use_resource]), minlength=table.n_options
    )
    least = np.minimum.reduceat(priced, table.task_offsets[:-1])
    square = float(np.dot(points, points))
    slack = _ROUNDING * (float(np.abs(least).sum()) + square) * (1.0 + table.n_tasks + table.n_resources) ** 0.5
    return float(least.sum()) - square - slack, priced - least[table.option_task()], _cheapest(table, priced)


def _sharpen(
    table: OptionTable, claim: Claim, points: FloatArray, late: Callable[[], bool]
) -> tuple[FloatArray, FloatArray, float]:
    """Raise L(t) by supergradient steps of Polyak's length towards the value at hand."""
    root, resource = table.use_root, table.use_resource
    best, reduced, cheapest = cut_bound(table, points)
    best_points, at, bound, damping, since = points, points, best, 1.0, 0
    for _ in range(_MOST_STEPS):
        if claim.value is None or late() or claim.value - best <= 1e-2 * claim.budget.tolerance * abs(claim.value):
            break
        chosen = np.zeros(table.n_options, dtype=bool)
        chosen[cheapest] = True
        mine = chosen[table.use_option()]
        light = np.minimum(root[mine], at[resource[mine]])
        gradient = 2.0 * (np.bincount(resource[mine], light, minlength=table.n_resources) - at)
        length = float(np.dot(gradient, gradient))
        if length == 0.0:
            break
        at = np.maximum(at + damping * (claim.value - bound) / length * gradient, 0.0)
        bound, now, cheapest = cut_bound(table, at)
        since += 1
        if bound > best:
            best, best_points, reduced, since = bound, at, now, 0
        elif since >= 5:
            at, damping, since = best_points, 0.5 * damping, 0
            bound, _, cheapest = cut_bound(table, at)
    return best_points, reduced, best


def _first_plan(
    table: OptionTable, claim: Claim, rng: np.random.Generator, late: Callable[[], bool]
) -> IntArray | None:
    """Return the greedy plan improved by cooperative best replies, reported to the claim."""
    game = game_of(table)
    order = order_of(table, "weight", rng)
    state = place_in_order(table, game, order, rng=rng, others=COOPERATIVE, out_of_time=late)
    if state is None:
        return None
    for _ in range(_MOST_TURNS):
        moves, _ = reply_in_turn(game, *state, order, COOPERATIVE)
        fill(game, *state)
        if not moves or late():
            break
    return state.choice if claim.offer(table.plan(state.choice)) is not None else None


def _cheapest(table: OptionTable, priced: FloatArray) -> IntArray:
    """Return the first cheapest option of every task."""
    least = np.minimum.reduceat(priced, table.task_offsets[:-1])
    ties = np.flatnonzero(priced == least[table.option_task()])
    task = table.option_task()[ties]
    first: IntArray = ties[np.searchsorted(task, np.arange(table.n_tasks))]
    return first
