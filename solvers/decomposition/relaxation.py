"""The convex relaxation of (J) and its dual, by block-coordinate Frank-Wolfe.

Relaxing ``z`` to the simplices gives ``min sum_k c_k z_k + sum_r (sum s z)^2``, whose dual is the
Lagrangian bound

    L(mu, lam) = sum_k min_p [ c_kp + sum_r mu_r s_kpr + sum_n lam_n m_kpn ] - sum_r mu_r^2 / 4 - sum_n lam_n M_n

with prices ``mu_r`` of the shared resources (best at ``2 y_r``) and ``lam_n >= 0`` of the memory
limits. Every pair of prices gives a valid lower bound of (J). It bounds the equal-share cost too,
with ``s = sqrt(b)``: ``n sum b >= (sum sqrt b)^2`` (Cauchy-Schwarz).

Block-coordinate Frank-Wolfe: S. Lacoste-Julien, M. Jaggi, M. Schmidt, P. Pletscher, "Block-coordinate
Frank-Wolfe optimization for structural SVMs", ICML 2013; the step is by exact line search.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from formulations.joint.options import OptionTable
from formulations.joint.plan_rules import MEMORY_TOLERANCE
from instances.columns import FloatArray, IntArray
from solvers.decomposition.rounding import ROUNDING, add

__all__ = ["Relaxation"]


@dataclass(slots=True, eq=False)
class Relaxation:
    """State of the relaxation: loads of the resources, and each task's mix of options.

    Parameters
    ----------
    table : OptionTable
        Options of all tasks; every task has at least one.

    Attributes
    ----------
    load : array, shape (n_resources,)
        y_r of the current mixes.
    memory_price : array, shape (n_nodes,)
        lam_n.
    choice : int array, shape (n_tasks,)
        Cheapest option of each task at the last prices asked for.
    fixed_cost : array, shape (n_options,)
        Cost of each option that no sharing changes, memory prices included.
    """

    table: OptionTable
    load: FloatArray
    memory_price: FloatArray
    choice: IntArray
    _root: FloatArray
    _mix: FloatArray
    _mix_cost: FloatArray
    _local_offsets: IntArray
    _local_resource: IntArray
    _use_local: IntArray
    fixed_cost: FloatArray

    @classmethod
    def start(cls, table: OptionTable, choice: IntArray) -> Relaxation:
        """Return the relaxation at the plan that takes option ``choice[k]`` for task ``k``."""
        root = np.ascontiguousarray(table.use_root)
        use_task = np.repeat(np.arange(table.n_tasks), np.diff(table.use_offsets[table.task_offsets]))
        key = use_task * max(table.n_resources, 1) + table.use_resource
        distinct, local = np.unique(key, return_inverse=True)
        offsets = np.searchsorted(distinct, np.arange(table.n_tasks + 1) * max(table.n_resources, 1))
        mix = np.zeros(len(distinct))
        load = np.zeros(table.n_resources)
        _place(choice, table.use_offsets, table.use_resource, root, local, mix, load)
        return cls(
            table=table,
            load=load,
            memory_price=np.zeros(table.problem.instance.system.n_nodes),
            choice=choice.copy(),
            _root=root,
            _mix=mix,
            _mix_cost=table.cost[choice],
            _local_offsets=offsets,
            _local_resource=distinct % max(table.n_resources, 1),
            _use_local=local,
            fixed_cost=np.array(table.cost),
        )

    def bound(self, price: FloatArray | None = None) -> float:
        """Return L at resource prices `price` >= 0 (default 2 y) and the current memory prices.

        Rounding is taken off, so the number is a lower bound as it stands. Sets `choice`.
        """
        table = self.table
        mu = 2.0 * self.load if price is None else price
        total = _lagrangian(
            table.task_offsets, self.fixed_cost, table.use_offsets, table.use_resource, self._root, mu, self.choice
        )
        held, square = self.held(), float(np.dot(mu, mu)) / 4.0
        # costs and prices are not negative: no term is smaller than the sum that it is in
        return float(total - square - held - ROUNDING * (total + square + held))

    def value(self) -> float:
        """Return the relaxed objective of the current mixes (memory prices included)."""
        return float(self._mix_cost.sum() + np.dot(self.load, self.load) - self.held())

    def held(self) -> float:
        """Return ``sum_n lam_n M_n`` at the current prices; M_n is as much as the referee accepts."""
        limits = self._limits()
        room = self.table.problem.instance.system.node_memory_bytes[limits] * (1.0 + MEMORY_TOLERANCE)
        return float(np.dot(self.memory_price[limits], room))

    def sweep(self, order: IntArray) -> None:
        """Move every task of `order` in turn towards its cheapest option at the current prices."""
        table = self.table
        _sweep(
            order,
            table.task_offsets,
            self.fixed_cost,
            table.use_offsets,
            self._use_local,
            self._root,
            self._local_offsets,
            self._local_resource,
            self._mix,
            self._mix_cost,
            self.load,
        )

    def priced(self) -> FloatArray:
        """Return every option's cost at prices 2 y and the current memory prices, shape (n_options,)."""
        table = self.table
        shared = 2.0 * self.load[table.use_resource] * self._root
        total: FloatArray = self.fixed_cost + np.bincount(table.use_option(), shared, minlength=table.n_options)
        return total

    def set_memory_price(self, price: FloatArray) -> None:
        """Set lam_n (>= 0), shape (n_nodes,), and start the mixes anew at `choice`."""
        table = self.table
        extra = price[table.memory_node] * table.memory_bytes
        option = np.repeat(np.arange(table.n_options), np.diff(table.memory_offsets))
        self.memory_price = price
        self.fixed_cost = table.cost + np.bincount(option, extra, minlength=table.n_options)
        self._mix_cost = self.fixed_cost[self.choice]
        self._mix[:] = 0.0
        self.load[:] = 0.0
        _place(self.choice, table.use_offsets, table.use_resource, self._root, self._use_local, self._mix, self.load)

    def memory_excess(self) -> FloatArray:
        """Return bytes beyond each node's limit (negative: room) at the last `choice`, shape (n_nodes,)."""
        table = self.table
        limit = table.problem.instance.system.node_memory_bytes
        used = np.zeros(len(limit))
        _held(self.choice, table.memory_offsets, table.memory_node, table.memory_bytes, used)
        limits = self._limits()
        excess = np.zeros(len(limit))
        excess[limits] = used[limits] - limit[limits]
        return excess

    def _limits(self) -> IntArray:
        return np.unique(self.table.memory_node)


@njit(cache=True)
def _place(choice, use_offsets, use_resource, root, local, mix, load):
    for option in choice:
        for u in range(use_offsets[option], use_offsets[option + 1]):
            mix[local[u]] += root[u]
            load[use_resource[u]] += root[u]


@njit(cache=True)
def _held(choice, offsets, node, size, used):
    for option in choice:
        for u in range(offsets[option], offsets[option + 1]):
            used[node[u]] += size[u]


@njit(cache=True)
def _lagrangian(task_offsets, cost, use_offsets, use_resource, root, mu, choice):
    """Return the sum of the tasks' cheapest priced options; set `choice`."""
    total, lost = 0.0, 0.0
    for k in range(len(task_offsets) - 1):
        best = np.inf
        for option in range(task_offsets[k], task_offsets[k + 1]):
            price = cost[option]
            for u in range(use_offsets[option], use_offsets[option + 1]):
                price += mu[use_resource[u]] * root[u]
            if price < best:
                best = price
                choice[k] = option
        total, lost = add(total, lost, best)
    return total + lost


@njit(cache=True)
def _sweep(order, task_offsets, cost, use_offsets, use_local, root, local_offsets, local_resource, mix, mix_cost, load):
    for k in order:
        first, stop = local_offsets[k], local_offsets[k + 1]
        best, best_price = -1, np.inf
        for option in range(task_offsets[k], task_offsets[k + 1]):
            price = cost[option]
            for u in range(use_offsets[option], use_offsets[option + 1]):
                price += 2.0 * load[local_resource[use_local[u]]] * root[u]
            if price < best_price:
                best_price = price
                best = option
        current = mix_cost[k]
        length = 0.0
        for at in range(first, stop):
            current += 2.0 * load[local_resource[at]] * mix[at]
            length += mix[at] * mix[at]
        for u in range(use_offsets[best], use_offsets[best + 1]):
            length += root[u] * (root[u] - 2.0 * mix[use_local[u]])
        gain = current - best_price
        if gain <= 0.0:
            continue
        step = 1.0 if 2.0 * length <= gain else gain / (2.0 * length)
        for at in range(first, stop):
            load[local_resource[at]] -= step * mix[at]
            mix[at] -= step * mix[at]
        for u in range(use_offsets[best], use_offsets[best + 1]):
            load[local_resource[use_local[u]]] += step * root[u]
            mix[use_local[u]] += step * root[u]
        mix_cost[k] += step * (cost[best] - mix_cost[k])
