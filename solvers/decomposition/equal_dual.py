"""A sharper dual bound for equal shares: the number of users is enumerated in the dual.

Under ``equal`` a resource costs ``n_r B_r`` with ``n_r`` users and ``B_r = sum b z``. Prices
``alpha_r`` of ``n_r``, ``beta_r`` of ``B_r`` and ``mu_r >= 0`` of ``S_r = sum sqrt(b) z`` separate the
tasks from the resources:

    L = sum_k min_p [ c_kp + sum_r (alpha_r + beta_r b_kpr + mu_r sqrt(b_kpr)) ]
        + sum_r min_{n, B} [ n B - alpha_r n - beta_r B - mu_r sqrt(n B) ]

because ``S <= sqrt(n B)`` (Cauchy-Schwarz). For each whole n the inner minimum over
``B in [lo_r(n), hi_r(n)]`` (sums of the n least and the n greatest uses) is convex in B and has a
closed form. ``alpha = beta = 0`` gives back the bound of the square-root rule, so this one is never
worse at its best prices. It is maximised by subgradient steps of Polyak's length.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numba import njit

from formulations.joint.options import OptionTable
from instances.columns import FloatArray, IntArray
from solvers.decomposition.rounding import ROUNDING, add

__all__ = ["EqualDual"]

_PATIENCE = 15
"""Steps without a better bound after which they are halved."""


@dataclass(slots=True, eq=False)
class EqualDual:
    """Prices of the equal-share dual and the best of them.

    Parameters
    ----------
    table : OptionTable
        Options; the problem's rule is ``equal``.
    price : array, shape (3, n_resources)
        alpha, beta, mu.
    """

    table: OptionTable
    price: FloatArray
    choice: IntArray
    _use: FloatArray
    _root: FloatArray
    _offsets: IntArray
    _low: FloatArray
    _high: FloatArray

    @classmethod
    def start(cls, table: OptionTable, root_price: FloatArray) -> EqualDual:
        """Return the dual at the square-root rule's prices `root_price`, shape (n_resources,)."""
        use = np.ascontiguousarray(table.use_cost)
        option_task = table.option_task()
        use_task = option_task[table.use_option()]
        key = table.use_resource.astype(np.int64) * table.n_tasks + use_task
        pairs, row = np.unique(key, return_inverse=True)
        least, most = np.full(len(pairs), np.inf), np.zeros(len(pairs))
        np.minimum.at(least, row, use)
        np.maximum.at(most, row, use)
        resource = pairs // table.n_tasks
        users = np.bincount(resource, minlength=table.n_resources)
        offsets = np.concatenate(([0], np.cumsum(users + 1)))
        low, high = np.zeros(offsets[-1]), np.zeros(offsets[-1])
        for r in range(table.n_resources):
            mine = resource == r
            low[offsets[r] + 1 : offsets[r + 1]] = np.cumsum(np.sort(least[mine]))
            high[offsets[r] + 1 : offsets[r + 1]] = np.cumsum(np.sort(most[mine])[::-1])
        # running sums of n terms are off by at most n units in the last place
        drift = np.finfo(np.float64).eps * (np.arange(len(low)) - np.repeat(offsets[:-1], np.diff(offsets)))
        low, high = low * (1.0 - drift), high * (1.0 + drift)
        price = np.zeros((3, table.n_resources))
        price[2] = root_price
        return cls(table, price, np.zeros(table.n_tasks, np.int64), use, np.sqrt(use), offsets, low, high)

    def priced(self, fixed_cost: FloatArray) -> FloatArray:
        """Return every option's cost at the current prices, shape (n_options,)."""
        alpha, beta, mu = self.price[:, self.table.use_resource]
        shared = alpha + beta * self._use + mu * self._root
        total: FloatArray = fixed_cost + np.bincount(self.table.use_option(), shared, minlength=self.table.n_options)
        return total

    def bound(self, fixed_cost: FloatArray, held: float) -> tuple[float, FloatArray]:
        """Return L at the current prices, rounding taken off, and its supergradient.

        Parameters
        ----------
        fixed_cost : array, shape (n_options,)
            Fixed cost of each option with memory prices.
        held : float
            ``sum_n lam_n M_n`` of those prices.
        """
        table = self.table
        usage, inner = np.zeros_like(self.price), np.zeros_like(self.price)
        tasks = _tasks(
            table.task_offsets,
            fixed_cost,
            table.use_offsets,
            table.use_resource,
            self._use,
            self._root,
            self.price,
            self.choice,
            usage,
        )
        resources = _resources(self._offsets, self._low, self._high, self.price, inner)
        slack = ROUNDING * (abs(tasks) + abs(resources) + held)
        gradient = usage - inner
        # what rounding leaves of two equal sums is no direction to go
        gradient[np.abs(gradient) <= ROUNDING * (usage + inner)] = 0.0
        return tasks + resources - held - slack, gradient

    def step(self, gradient: FloatArray, room: float) -> None:
        """Move the prices along `gradient`, each kind of price in its own units, by a Polyak step of length `room`."""
        users = np.maximum(np.diff(self._offsets) - 1, 1)
        size = self._high[self._offsets[1:] - 1] / users
        # n, B and S differ by the size of a use: in these units all three prices weigh alike
        scale = np.stack((size, 1.0 / np.where(size > 0, size, np.inf), np.ones_like(size)))
        length = float((gradient * gradient * scale).sum())
        if length > 0:
            self.price = self.price + room / length * (scale * gradient)
            self.price[2] = np.maximum(self.price[2], 0.0)

    def sharpen(
        self, goal: float, fixed_cost: FloatArray, held: float, steps: int, late: Callable[[], bool]
    ) -> tuple[float, int]:
        """Raise the bound by supergradient steps of Polyak's length towards `goal`; end at the best prices.

        Parameters
        ----------
        goal : float
            A value that the bound cannot pass: that of a plan.
        fixed_cost, held
            As for `bound`.
        steps : int
            At most so many passes over the options.
        late : callable
            Whether to stop.

        Returns
        -------
        bound : float
            The best bound; `price` and `choice` are those behind it.
        done : int
            Steps taken.
        """
        bound, gradient = self.bound(fixed_cost, held)
        best, best_price, reach, idle, done = bound, self.price.copy(), 1.0, 0, 0
        while done < steps and not late() and gradient.any():
            if idle >= _PATIENCE:
                reach, idle, self.price = reach / 2, 0, best_price.copy()
                bound, gradient = self.bound(fixed_cost, held)
            self.step(gradient, reach * max(goal - bound, 0.0))
            bound, gradient = self.bound(fixed_cost, held)
            done, idle = done + 1, idle + 1
            if bound > best:
                best, best_price, idle = bound, self.price.copy(), 0
        self.price = best_price
        return self.bound(fixed_cost, held)[0], done


@njit(cache=True)
def _tasks(task_offsets, cost, use_offsets, use_resource, use, root, price, choice, usage):
    """Return the sum of the tasks' cheapest priced options, rounding taken off; set `choice`, add to `usage`."""
    total, lost = 0.0, 0.0
    for k in range(len(task_offsets) - 1):
        best = np.inf
        for option in range(task_offsets[k], task_offsets[k + 1]):
            priced, size = cost[option], cost[option]
            for u in range(use_offsets[option], use_offsets[option + 1]):
                r = use_resource[u]
                by_use, by_root = price[1, r] * use[u], price[2, r] * root[u]
                priced += price[0, r] + by_use + by_root
                # prices of either sign: the terms may be far larger than their sum
                size += abs(price[0, r]) + abs(by_use) + by_root
            if priced - ROUNDING * size < best:
                best = priced - ROUNDING * size
                choice[k] = option
        total, lost = add(total, lost, best)
        for u in range(use_offsets[choice[k]], use_offsets[choice[k] + 1]):
            r = use_resource[u]
            usage[0, r] += 1.0
            usage[1, r] += use[u]
            usage[2, r] += root[u]
    return total + lost


@njit(cache=True)
def _resources(offsets, low, high, price, inner):
    """Return the sum of the resources' inner minima, rounding taken off; set `inner` to where they lie."""
    total, lost = 0.0, 0.0
    for r in range(price.shape[1]):
        alpha, beta, mu = price[0, r], price[1, r], price[2, r]
        best = 0.0
        for n in range(1, offsets[r + 1] - offsets[r]):
            lo, hi = low[offsets[r] + n], high[offsets[r] + n]
            at = hi
            if n > beta:
                at = min(max((mu * np.sqrt(n) / (2.0 * (n - beta))) ** 2, lo), hi)
            root = np.sqrt(n * at)
            size = n * at + abs(alpha) * n + abs(beta) * at + mu * root
            value = n * at - alpha * n - beta * at - mu * root - ROUNDING * size
            if value < best:
                best = value
                inner[0, r], inner[1, r], inner[2, r] = n, at, root
        total, lost = add(total, lost, best)
    return total + lost
