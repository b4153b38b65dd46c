"""What column generation knows so far: plan, bound, columns, and the prices behind the bound."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from formulations.joint.option_space import OptionSpace
from formulations.joint.options import OptionTable
from instances.columns import FloatArray, IntArray
from solvers.contract import Clock
from solvers.decomposition.columns import Columns
from solvers.decomposition.placing import Placing
from solvers.decomposition.pricing import Priced, Pricing
from solvers.exact.claim import Claim

__all__ = ["ColumnSearch", "Deadline", "Prices", "priced_columns"]


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment on the trial's clock; called, it says whether it has passed."""

    clock: Clock
    at: float

    def __call__(self) -> bool:
        """Return whether the moment has passed."""
        return self.clock.seconds() > self.at

    @property
    def left(self) -> float:
        """Seconds until then, at least 0."""
        return max(self.at - self.clock.seconds(), 0.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Prices:
    """Prices of resources and memory, whether of the cuts (T), and every task's least priced cost at them."""

    mu: FloatArray
    rent: FloatArray
    sharp: bool
    least: FloatArray


@dataclass(slots=True, kw_only=True, eq=False)
class ColumnSearch:
    """State of the method.

    Parameters
    ----------
    claim : Claim
        Best plan and bound, reported as they come.
    space : OptionSpace
        What options are made of.
    pricing : Pricing
        The oracle over all options.
    columns : Columns
        Generated columns.
    order : int array, shape (n_tasks,)
        In which tasks reply: the heaviest first.
    placement : int array or None
        The best plan, shape (n_tasks, PLACEMENT).
    prices : Prices or None
        Those behind the best bound.
    """

    claim: Claim
    space: OptionSpace
    pricing: Pricing
    columns: Columns
    order: IntArray
    placement: IntArray | None = None
    prices: Prices | None = None

    def within(self, share: float) -> Deadline:
        """Return the moment at which `share` of the seconds left from now on are gone."""
        clock = self.claim.trace.clock
        return Deadline(clock, clock.seconds() + share * self.claim.seconds_left)

    def take_bound(self, priced: Priced, mu: FloatArray, rent: FloatArray, *, sharp: bool) -> None:
        """Keep the bound of a round of pricing and its prices where it is the best."""
        if self.claim.bound is None or priced.bound > self.claim.bound:
            self.prices = Prices(mu=mu, rent=rent, sharp=sharp, least=priced.cost)
            self.claim.raise_bound(priced.bound)

    def offer(self, placing: Placing) -> bool:
        """Report a plan where it fits; return whether it is the best so far."""
        if not placing.fits():
            return False
        tasks = np.arange(len(placing.placement))
        before = self.claim.value
        value = self.claim.offer(self.space.table(tasks, placing.placement).plan(tasks))
        if value is None or (before is not None and value >= before):
            return False
        self.placement = placing.placement.copy()
        return True

    def improve(self, placement: IntArray, late: Callable[[], bool]) -> None:
        """Descend from a plan by replies over all options, and report what comes of it."""
        placing = Placing.at(self.pricing, placement)
        if placing.fits():
            placing.descend(self.order, late)
            self.offer(placing)

    def add_improving(self, priced: Priced, mu: FloatArray, rent: FloatArray, *, sharp: bool) -> int:
        """Add the cheapest options that cost less than every column of their task; return how many."""
        offsets = self.columns.table.task_offsets[:-1]
        known = np.minimum.reduceat(priced_columns(self.columns.table, mu, rent, sharp=sharp), offsets)
        new = np.flatnonzero(priced.cost < known - 1e-11 * np.abs(known))
        self.columns.add(new, priced.placement[new])
        return len(new)


def priced_columns(table: OptionTable, mu: FloatArray, rent: FloatArray, *, sharp: bool) -> FloatArray:
    """Return every column's cost at prices, by (L) or, if `sharp`, by the cuts (T) at mu / 2; shape (n_columns,)."""
    root, price = table.use_root, mu[table.use_resource]
    toll = price * root
    if sharp:
        toll += np.maximum(root - 0.5 * price, 0.0) ** 2
    memory = rent[table.memory_node] * table.memory_bytes
    holder = np.repeat(np.arange(table.n_options), np.diff(table.memory_offsets))
    total: FloatArray = table.cost + np.bincount(table.use_option(), toll, minlength=table.n_options)
    return total + np.bincount(holder, memory, minlength=table.n_options)
