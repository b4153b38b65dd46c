"""A sharper dual bound of (J): options priced by the cuts (T) of `formulations.joint.tangents`.

For points ``t_r >= 0`` every plan costs at least

    L(t, lam) = sum_k min_p [ c_kp + sum_n lam_n m_kpn + sum_r phi_{t_r}(s_kpr) ] - sum_r t_r^2 - sum_n lam_n M_n,
    phi_t(s) = 2 t s + max(s - t, 0)^2,

which at ``t = mu / 2`` is the Lagrangian bound plus what heavy users of a resource pay beyond its
tangent. With few tasks a resource the difference is large; with many it vanishes. It is a lower
bound under equal shares too, with ``s = sqrt(b)``.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numba import njit

from formulations.joint.options import OptionTable
from formulations.joint.tangents import cut_coefficients
from instances.columns import FloatArray, IntArray
from solvers.decomposition.rounding import ROUNDING, add

__all__ = ["CutDual"]


@dataclass(slots=True, eq=False)
class CutDual:
    """Points t of the bound, and the best of them so far.

    Parameters
    ----------
    table : OptionTable
        Options; every task has one.
    points : array, shape (n_resources,)
        t_r >= 0.
    fixed_cost : array, shape (n_options,)
        Cost that no sharing changes, memory prices included.
    held : float
        ``sum_n lam_n M_n`` of those prices.
    """

    table: OptionTable
    points: FloatArray
    fixed_cost: FloatArray
    held: float
    choice: IntArray
    _root: FloatArray

    @classmethod
    def start(cls, table: OptionTable, points: FloatArray, fixed_cost: FloatArray, held: float) -> CutDual:
        """Return the dual at `points`, for instance the loads of the relaxation."""
        root = np.ascontiguousarray(table.use_root)
        return cls(table, points.copy(), fixed_cost, held, np.zeros(table.n_tasks, np.int64), root)

    def bound(self) -> tuple[float, FloatArray]:
        """Return L at the points, rounding taken off, and its supergradient; sets `choice`."""
        table, light = self.table, np.zeros(self.table.n_resources)
        total = _cheapest(
            table.task_offsets,
            self.fixed_cost,
            table.use_offsets,
            table.use_resource,
            self._root,
            self.points,
            self.choice,
            light,
        )
        square = float(np.dot(self.points, self.points))
        # no term is negative, so none is smaller than the sum that it is in
        slack = ROUNDING * (total + square + self.held)
        return float(total - square - self.held - slack), 2.0 * (light - self.points)

    def priced(self) -> FloatArray:
        """Return every option's cost at the points, shape (n_options,)."""
        table = self.table
        shared = cut_coefficients(self._root, self.points[table.use_resource])
        total: FloatArray = self.fixed_cost + np.bincount(table.use_option(), shared, minlength=table.n_options)
        return total

    def sharpen(self, goal: float, steps: int, late: Callable[[], bool], enough: float = 0.0) -> tuple[float, int]:
        """Raise the bound by supergradient steps of Polyak's length towards `goal`; end at the best points.

        Parameters
        ----------
        goal : float
            A value that the bound cannot pass: that of a plan.
        steps : int
            At most so many passes over the options.
        late : callable
            Whether to stop.
        enough : float
            Distance from `goal` at which to stop.

        Returns
        -------
        bound : float
            The best bound; `points` and `choice` are those behind it.
        done : int
            Steps taken.
        """
        bound, gradient = self.bound()
        best, best_points, reach, idle, done = bound, self.points.copy(), 1.0, 0, 0
        while done < steps and goal - best > enough and not late():
            length = float(np.dot(gradient, gradient))
            if length <= 0.0 or not np.isfinite(length):
                break
            self.points = np.maximum(self.points + reach * (goal - bound) / length * gradient, 0.0)
            bound, gradient = self.bound()
            done, idle = done + 1, idle + 1
            if bound > best:
                best, best_points, idle = bound, self.points.copy(), 0
            elif idle >= 5:
                self.points, reach, idle = best_points.copy(), 0.5 * reach, 0
                bound, gradient = self.bound()
        self.points = best_points
        return self.bound()[0], done


@njit(cache=True)
def _cheapest(task_offsets, cost, use_offsets, use_resource, root, points, choice, light):
    """Return the sum of the tasks' cheapest options; set `choice` and the loads by uses cut off at t."""
    total, lost = 0.0, 0.0
    for k in range(len(task_offsets) - 1):
        best = np.inf
        for option in range(task_offsets[k], task_offsets[k + 1]):
            price = cost[option]
            for u in range(use_offsets[option], use_offsets[option + 1]):
                t, s = points[use_resource[u]], root[u]
                price += 2.0 * t * s
                if s > t:
                    price += (s - t) * (s - t)
            if price < best:
                best = price
                choice[k] = option
        total, lost = add(total, lost, best)
        for u in range(use_offsets[choice[k]], use_offsets[choice[k] + 1]):
            light[use_resource[u]] += min(root[u], points[use_resource[u]])
    return total + lost
