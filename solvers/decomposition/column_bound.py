"""The rounds of column generation that raise the bound: master, prices, pricing, new columns."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from instances.columns import FloatArray
from solvers.decomposition.column_search import ColumnSearch, Deadline
from solvers.decomposition.cut_dual import CutDual

__all__ = ["ENOUGH", "Master", "raise_bound", "sharpen"]

ENOUGH = 1e-7
"""Relative gap at which the relaxation counts as solved."""

_MEMORY = 1e-6
_GAIN = 1e-6
_LEAST_REACH = 0.05
_SHARP_ROUNDS = 50
_SHARP_STEPS = 200


class Master(Protocol):
    """A restricted master over the generated columns."""

    @property
    def mu(self) -> FloatArray:
        """Prices of the resources, shape (n_resources,)."""

    @property
    def rent(self) -> FloatArray:
        """Prices of a byte of memory, shape (n_nodes,)."""

    @property
    def excess(self) -> float:
        """The largest share by which its solution breaks a memory limit."""

    def value(self) -> float:
        """Return its objective: at least the relaxation's optimum where no limit is broken."""

    def solve(self, tolerance: float, late: Deadline) -> None:
        """Solve it over the columns as they are now, to an absolute `tolerance`."""


def raise_bound(search: ColumnSearch, master: Master, rounds: int, late: Deadline) -> int:
    """Solve the relaxation of (J) by column generation; return the rounds of pricing.

    Every round prices all options at the master's prices: that gives the bound L of these prices, and each task's
    column of most negative reduced cost. It ends where the master's value meets the best bound.
    """
    for done in range(1, rounds + 1):
        mu, rent = master.mu, master.rent
        priced = search.pricing.price(mu, rent, late=late)
        if priced is None:
            return done - 1
        search.take_bound(priced, mu, rent, sharp=False)
        best = search.claim.bound
        assert best is not None
        value = master.value()
        if value - best <= ENOUGH * abs(best) and master.excess <= _MEMORY:
            return done
        search.add_improving(priced, mu, rent, sharp=False)
        master.solve(max(0.03 * (value - priced.bound), 0.1 * ENOUGH * abs(best)), late)
        if late():
            return done
    return rounds


def sharpen(search: ColumnSearch, load: FloatArray, late: Deadline) -> int:
    """Raise the bound by the cuts (T): column generation with their dual as the master; return the rounds.

    The dual over the generated columns is maximised by supergradient steps; pricing at its points gives the valid
    bound, and columns that were missing.
    """
    prices, claim, columns = search.prices, search.claim, search.columns
    if prices is None or claim.bound is None or not search.space.problem.instance.system.resources:
        return 0
    rent, points, reach = prices.rent, load, 1.0
    limited = search.pricing.limited
    held = float(np.dot(rent[limited], search.pricing.room[limited]))
    for done in range(1, _SHARP_ROUNDS + 1):
        table, before = columns.table, claim.bound
        holder = np.repeat(np.arange(table.n_options), np.diff(table.memory_offsets))
        memory = np.bincount(holder, rent[table.memory_node] * table.memory_bytes, minlength=table.n_options)
        dual = CutDual.start(table, points, table.cost + memory, held)
        goal = claim.value if claim.value is not None else 1.05 * before
        dual.sharpen(before + reach * (goal - before), _SHARP_STEPS, late)
        points = dual.points
        priced = search.pricing.price(2.0 * points, rent, sharp=True, late=late)
        if priced is None:
            return done - 1
        search.take_bound(priced, 2.0 * points, rent, sharp=True)
        search.add_improving(priced, 2.0 * points, rent, sharp=True)
        # a goal that is too high makes steps too long
        if claim.bound - before <= _GAIN * abs(before):
            reach *= 0.3
        if late() or claim.closed or reach < _LEAST_REACH:
            return done
    return _SHARP_ROUNDS
