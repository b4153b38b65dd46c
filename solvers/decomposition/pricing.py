"""Pricing of all tasks at once: the valid bound and the columns of a round of column generation."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numba import njit

from formulations.joint.option_inputs import MEMORY, TASKS
from formulations.joint.option_space import PLACEMENT, OptionSpace
from formulations.joint.plan_rules import MEMORY_TOLERANCE
from instances.columns import BoolArray, FloatArray, IntArray
from instances.system import Tier
from solvers.decomposition.option_search import search, workspace
from solvers.decomposition.rounding import ROUNDING, add

__all__ = ["Priced", "Pricing"]

_BLOCK = 256
_SHARED = 1e300
"""A price at which whoever uses anything is seen at once."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Priced:
    """What a round of pricing found.

    Parameters
    ----------
    bound : float
        L, rounding taken off; -inf where a task has no option.
    cost : array, shape (n_tasks,)
        Priced cost of every task's cheapest option.
    placement : int array, shape (n_tasks, PLACEMENT)
        That option.
    """

    bound: float
    cost: FloatArray
    placement: IntArray


@dataclass(slots=True, eq=False)
class Pricing:
    """Prices all options of all tasks, whatever their number.

    Parameters
    ----------
    space : OptionSpace
        What options are made of.
    threads : int
        Tasks are priced in parallel.

    Attributes
    ----------
    limited : bool array, shape (n_nodes,)
        Nodes whose memory tasks could exhaust together.
    room : array, shape (n_nodes,)
        Bytes that the referee accepts on each node (inf: no limit).
    free_cost : array, shape (n_tasks,)
        Cost of each task's best option that uses nothing shared and no limited memory, inf where it has none.
    free_placement : int array, shape (n_tasks, PLACEMENT)
        That option.
    """

    space: OptionSpace
    threads: int
    clouds: IntArray
    cloud_at: IntArray
    limited: BoolArray
    room: FloatArray
    free_cost: FloatArray
    free_placement: IntArray

    @classmethod
    def of(cls, space: OptionSpace, threads: int = 1, late: Callable[[], bool] = lambda: False) -> Pricing | None:
        """Return the pricing of a space: finds each task's best option without shared parts. None if it got late."""
        system, n = space.problem.instance.system, space.problem.instance.n_tasks
        clouds = system.nodes_of(Tier.CLOUD).astype(np.int64)
        cloud_at = np.full(system.n_nodes, -1)
        cloud_at[clouds] = np.arange(len(clouds))
        limit, starts = space.data[0][:, MEMORY], space.data[0][:, TASKS]
        pricing = cls(
            space=space,
            threads=threads,
            clouds=clouds,
            cloud_at=cloud_at,
            limited=(limit > 0) & (limit < np.inf) & (starts != 1),
            room=limit * (1.0 + MEMORY_TOLERANCE),
            free_cost=np.full(n, np.inf),
            free_placement=np.zeros((n, PLACEMENT), np.int64),
        )
        prices = np.full(max(len(system.resources), 1), _SHARED)
        found = pricing._cheapest(prices, np.full(len(prices), np.inf), np.where(pricing.limited, _SHARED, 0.0), late)
        if found is None:
            return None
        free = found[0] < np.sqrt(_SHARED)
        pricing.free_cost = np.where(free, found[0], np.inf)
        pricing.free_placement = found[1]
        return pricing

    def price(
        self,
        mu: FloatArray,
        rent: FloatArray,
        *,
        sharp: bool = False,
        late: Callable[[], bool] = lambda: False,
    ) -> Priced | None:
        """Return every task's cheapest option and the bound at prices; None if it got late.

        Parameters
        ----------
        mu : array, shape (n_resources,)
            Prices of the resources, >= 0.
        rent : array, shape (n_nodes,)
            Prices of a byte of memory, >= 0; 0 where there is no limit.
        sharp : bool
            The bound of the cuts (T) at t = mu / 2 instead of (L).
        late : callable
            Whether to stop.
        """
        found = self._cheapest(mu, _points(mu, sharp), rent, late)
        if found is None:
            return None
        cost, placement = found
        if not np.isfinite(cost).all():
            return Priced(bound=-np.inf, cost=cost, placement=placement)
        total, square = float(_sum(cost)), float(np.dot(mu, mu)) / 4.0
        held = float(np.dot(rent[self.limited], self.room[self.limited]))
        # costs and prices are not negative: no term is smaller than the sum that it is in
        bound = total - square - held - ROUNDING * (total + square + held)
        return Priced(bound=float(bound), cost=cost, placement=placement)

    def within(
        self,
        mu: FloatArray,
        rent: FloatArray,
        most_cost: FloatArray,
        most: int,
        *,
        sharp: bool = False,
        late: Callable[[], bool] = lambda: False,
    ) -> tuple[IntArray, IntArray] | None:
        """Return all options whose cost at prices (see `price`) is below ``most_cost[k]``: tasks and placements.

        None where they are more than `most`, or it got late.
        """
        n = self.space.problem.instance.n_tasks
        points, count, rows, total = _points(mu, sharp), np.zeros(n, np.int64), [], 0
        for begin in range(0, n, _BLOCK):
            stop = min(begin + _BLOCK, n)
            hits = np.empty((most - total, PLACEMENT), np.int64)
            _search_block(begin, stop, *self._inputs(mu, points, rent), most_cost, True, most_cost, count, hits)
            found = int(count[begin:stop].sum())
            total += found
            if total > most or late():
                return None
            rows.append(hits[:found].copy())
        return np.repeat(np.arange(n), count), np.concatenate(rows)

    def _inputs(self, mu: FloatArray, points: FloatArray, rent: FloatArray) -> tuple[object, ...]:
        space = self.space
        sizes = (space.most_versions, space.most_positions, space.width)
        tolls = (mu, points, rent, self.room, self.free_cost, self.free_placement)
        return space.data, self.clouds, self.cloud_at, sizes, *tolls

    def _cheapest(
        self, mu: FloatArray, points: FloatArray, rent: FloatArray, late: Callable[[], bool]
    ) -> tuple[FloatArray, IntArray] | None:
        n = self.space.problem.instance.n_tasks
        cost, placement, count = np.empty(n), np.empty((n, PLACEMENT), np.int64), np.zeros(n, np.int64)
        inputs = self._inputs(mu, points, rent)

        def block(begin: int) -> bool:
            if late():
                return False
            stop = min(begin + _BLOCK, n)
            _search_block(begin, stop, *inputs, self.free_cost, False, cost, count, placement)
            return True

        starts = range(0, n, _BLOCK)
        if self.threads == 1 or len(starts) == 1:
            done = all(block(begin) for begin in starts)
        else:
            with ThreadPoolExecutor(self.threads) as pool:
                done = all(list(pool.map(block, starts)))
        return (cost, placement) if done else None


def _points(mu: FloatArray, sharp: bool) -> FloatArray:
    return 0.5 * mu if sharp else np.full(len(mu), np.inf)


@njit(cache=True)
def _sum(cost):
    total, lost = 0.0, 0.0
    for one in cost:
        total, lost = add(total, lost, one)
    return total + lost


@njit(cache=True, nogil=True, error_model="numpy")
def _search_block(
    begin, stop, data, clouds, cloud_at, sizes, mu, points, rent, room, free_cost, free_placement, most_cost, collect,
    cost, count, hits,
):  # fmt: skip
    """Search the options of the tasks begin..stop; one kernel for both kinds of search, as it is long to compile.

    Without `collect` row k of `hits` and `cost` get each task's cheapest option. With it the rows of `hits` get all
    options below ``most_cost[k]``, task by task, as long as there are rows, and ``count[k]`` their number.
    """
    work = workspace(sizes[0], sizes[1], sizes[2], len(clouds), len(mu))
    row = 0
    for k in range(begin, stop):
        if not collect:
            row = k
        if row < len(hits) and (not collect or free_cost[k] < most_cost[k]):
            for column in range(PLACEMENT):
                hits[row, column] = free_placement[k, column]
        if collect and free_cost[k] < most_cost[k]:
            row += 1
            count[k] = 1
        limit = most_cost[k] if collect else free_cost[k]
        least, found = search(
            k,
            data,
            clouds,
            cloud_at,
            mu,
            points,
            rent,
            room,
            free_cost[k],
            limit,
            collect,
            work,
            hits[min(row, len(hits)) :],
        )
        if collect:
            row += found
            count[k] += found
            if row > len(hits):
                return
        else:
            cost[k] = least
