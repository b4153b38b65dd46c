"""What exact methods of the family `joint` do before they build a model: a plan, a bound, fewer options.

A greedy state improved by best replies gives a value, the relaxation's prices a bound, and both
together rule out every option whose reduced cost exceeds the gap: no plan with it is better than
the one at hand. The bound is sharpened as in `solvers.decomposition.cut_dual`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from formulations.joint.options import OptionTable
from instances.columns import FloatArray, IntArray
from solvers.decomposition.cut_dual import CutDual
from solvers.decomposition.polish import reduced_costs
from solvers.decomposition.relaxation import Relaxation
from solvers.exact.claim import Claim
from solvers.joint_kernels import COOPERATIVE, fill, game_of, reply_in_turn
from solvers.rules.greedy import order_of, place_in_order

__all__ = ["Narrowing", "narrow", "unnarrowed"]

_MOST_TURNS = 50
_MOST_STEPS = 60


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
    reduced : array, shape (n_options,), or None
        Reduced costs at the prices of the bound; None where nothing was priced.
    bound : float
        The bound whose prices these are (-inf: none).
    """

    choice: IntArray | None
    keep: IntArray
    points: FloatArray
    reduced: FloatArray | None = None
    bound: float = -np.inf

    def with_plan(self, table: OptionTable, choice: IntArray, value: float) -> Narrowing:
        """Return what is left where rows `choice`, of value `value`, are the plan at hand."""
        if self.reduced is None:
            return replace(self, choice=choice)
        # a little is left for rounding, so that ties and the plan itself stay
        keep = self.reduced <= value - self.bound + 1e-9 * abs(value)
        keep[choice] = True
        points = np.stack((self.points[0], Relaxation.start(table, choice).load))
        return replace(self, choice=choice, keep=np.flatnonzero(keep), points=points)


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
    dual = CutDual.start(table, points, table.cost, 0.0)
    goal = best if claim.value is None else claim.value
    sharp, _ = dual.sharpen(goal, _MOST_STEPS, late, 1e-2 * claim.budget.tolerance * abs(goal))
    claim.raise_bound(sharp)
    points = dual.points
    found = Narrowing(
        choice=None,
        keep=everything,
        points=points[None, :],
        reduced=reduced_costs(table, dual.priced()),
        bound=sharp,
    )
    if choice is not None and claim.value is not None:
        found = found.with_plan(table, choice, claim.value)
        claim.info["options_kept"] = len(found.keep)
    return found


def unnarrowed(table: OptionTable) -> Narrowing:
    """Return what is known without any work: all options, and the loads of each task's best option alone."""
    cheapest = _cheapest(table, table.alone_cost())
    loads = Relaxation.start(table, cheapest).load
    return Narrowing(choice=None, keep=np.arange(table.n_options), points=loads[None, :])


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
