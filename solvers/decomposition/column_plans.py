"""Plans of column generation: annealing and a restricted MILP among the options near the bound.

All options whose reduced cost is at most a threshold are enumerated by the pricing's own search. With the gap as
threshold they are all that can be in a better plan, so the MILP over them is exact (R. Baldacci, N. Christofides,
A. Mingozzi, Math. Program. 115, 2008, enumerate the routes within the gap). Annealing starts with a smaller one.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from formulations.joint import pulp_model
from formulations.joint.coefficients import JointCoefficients
from solvers.backends.contract import MilpLimits
from solvers.backends.linear_model import linear_model
from solvers.backends.registry import BackendName, backend
from solvers.contract import SolutionStatus, Termination
from solvers.decomposition.column_search import ColumnSearch
from solvers.decomposition.columns import Columns
from solvers.decomposition.placing import Placing
from solvers.decomposition.polish import anneal, descend, useful_tasks
from solvers.decomposition.relaxation import Relaxation
from solvers.exact.narrowing import Narrowing
from solvers.exact.rounds import add_cuts, scaled, too_large
from solvers.joint_kernels import Game, game_of, state_of
from solvers.rules.greedy import order_of, place_in_order

__all__ = ["SHARES", "anneal_near_bound", "options_near_bound", "plan_of_columns", "solve_restricted"]

SHARES = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
"""Thresholds on the reduced cost, as shares of the gap."""

_MOST = 300_000
_HOT = (0.3, 0.1, 0.03)
_COOLING = 0.01
_MOVES_A_SLICE = 50_000
"""Trials between two looks at the clock."""
_SECONDS_PER_ENTRY = 5e-5
"""Seconds to give the solver per entry of its matrix: with less it has been seen to end where it began."""
_MOST_ROUNDS = 100


def options_near_bound(search: ColumnSearch, share: float) -> Columns | None:
    """Return all options whose reduced cost is at most `share` of the gap; None where they are too many.

    Without a plan there is no gap: then all options.
    """
    prices, claim = search.prices, search.claim
    if prices is None or claim.bound is None:
        return None
    if claim.value is None:
        most = np.full(len(prices.least), np.inf)
    else:
        # a little more than the gap, so that neither rounding nor ties leave out an option that belongs there
        most = prices.least + share * (claim.value - claim.bound) + 1e-9 * abs(claim.value)
    late = search.within(0.5)
    found = search.pricing.within(prices.mu, prices.rent, most, _MOST, sharp=prices.sharp, late=late)
    if found is None:
        return None
    task, placement = found
    table = search.space.table(task, placement)
    return Columns(search.space, task, placement, table, np.zeros(len(task)))


def plan_of_columns(search: ColumnSearch, rng: np.random.Generator) -> None:
    """Look for a first plan among the generated columns: where memory is scarce, lightest first and at random."""
    table = search.columns.table
    order = order_of(table, "weight", rng)
    state = place_in_order(table, game_of(table), order, out_of_time=search.within(0.3), rng=rng)
    if state is not None:
        search.improve(search.columns.placement[state.choice], search.within(0.3))


def anneal_near_bound(search: ColumnSearch, near: Columns, moves: int, rng: np.random.Generator) -> None:
    """Anneal the best plan among the options near the bound, then descend among all options."""
    claim = search.claim
    if search.placement is None or claim.value is None or claim.bound is None or not moves:
        return
    rows = near.add_plan(search.placement)
    game: Game = game_of(near.table)
    tasks = useful_tasks(near.table, np.ones(near.table.n_options, dtype=bool))
    order = np.arange(near.table.n_tasks)
    for hot in _HOT:
        if claim.closed or claim.seconds_left <= 0:
            return
        # a wide gap says nothing of how rough the landscape is: then the scale is a task's cost
        room = min(claim.value - claim.bound, abs(claim.value) / near.table.n_tasks)
        state = state_of(near.table, game, rows)
        slices = -(-moves // _MOVES_A_SLICE)
        heats = hot * room * _COOLING ** np.linspace(0.0, 1.0, slices + 1)
        for warm, cool in pairwise(heats.tolist()):
            anneal(game, state, tasks, warm, cool, -(-moves // slices), rng)
            if claim.seconds_left <= 0:
                break
        descend(game, state, order, lambda: claim.seconds_left <= 0)
        placing = Placing.at(search.pricing, near.placement[state.choice])
        if search.offer(placing):
            placing.descend(search.order, search.within(0.2))
            search.offer(placing)
            assert search.placement is not None
            rows = near.add_plan(search.placement)
            game = game_of(near.table)
            tasks = useful_tasks(near.table, np.ones(near.table.n_options, dtype=bool))


def solve_restricted(search: ColumnSearch, near: Columns, name: BackendName) -> bool:
    """Solve the MILP over all options within the gap, cut by cut; False where there is no time for a model of that size.

    No plan better than the one at hand has another option, so its bound is valid up to the value of that plan.
    Without a plan at hand `near` holds all options.

    Parameters
    ----------
    search : ColumnSearch
        Gets plans and bounds.
    near : Columns
        Options of the model.
    name : str
        Back end.
    """
    claim = search.claim
    choice = None if search.placement is None else near.add_plan(search.placement)
    table = near.table
    loads = [search.prices.mu / 2.0] if search.prices is not None else []
    if choice is not None:
        loads.append(Relaxation.start(table, choice).load)
    points = np.array([load[: table.n_resources] for load in loads])
    found = Narrowing(choice=choice, keep=np.arange(table.n_options), points=points)
    if too_large(table, claim, found, _SECONDS_PER_ENTRY) is not None:
        return False
    data: JointCoefficients
    data, first = scaled(table, claim, found)
    model = pulp_model.build(data, first)
    solver, precision = backend(name), 0.25
    for turn in range(1, _MOST_ROUNDS + 1):
        left = claim.seconds_left
        if left <= 0:
            break
        limits = MilpLimits(
            seconds=None if left == float("inf") else left,
            threads=claim.budget.threads,
            relative_gap=precision * claim.budget.tolerance,
        )
        start = None if choice is None else model.start(choice)
        result = solver.solve(linear_model(model.problem), limits, start=start)
        claim.info["milp_rounds"] = turn
        if result.status is SolutionStatus.INFEASIBLE:
            claim.info["infeasible"] = claim.value is None
            break
        if result.bound is not None:
            bound = result.bound * data.unit
            claim.raise_bound(bound if claim.value is None else min(bound, claim.value))
        if not result.values:
            break
        rows = model.choice(result.values)
        before = claim.value
        value = claim.offer(table.plan(rows))
        if value is not None and (before is None or value < before):
            choice, search.placement = rows, near.placement[rows]
        if claim.closed or result.termination is not Termination.COMPLETED:
            break
        if value is None:
            # the solver's tolerance let a plan through that is over a memory limit
            model.forbid(rows)
        elif not add_cuts(model, data, rows):
            if precision < 1e-6:
                break
            precision *= 0.1
    return True
