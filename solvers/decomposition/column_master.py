r"""The restricted master of column generation as it stands: a convex quadratic program over generated columns.

With the columns P'_k generated so far and memory in shares of each node's limit, M_n = 1:

    (M)   min  sum_k sum_p c_kp z_kp + sum_r y_r^2,    y_r = sum_k sum_p s_kpr z_kp,
          s.t. sum_p z_kp = 1,   sum_k sum_p m_kpn z_kp <= 1,   z >= 0.

The square needs no tangents and no stabilisation: it is strictly convex in y, so the prices mu_r = 2 y_r are unique
and move continuously as columns come. Task by task, mass goes from the dearest column in use to the cheapest, by as
much as exact line search says (pairwise Frank-Wolfe: S. Lacoste-Julien, M. Jaggi, "On the global linear convergence of
Frank-Wolfe optimization variants", NIPS 2015). Memory limits are kept by the method of multipliers, whose multipliers
are the rents: R. T. Rockafellar, "Augmented Lagrange multiplier functions and duality in nonconvex programming",
SIAM J. Control 12, 1974. A master of this form is the simplicial decomposition of B. von Hohenbalken, Math. Program.
13, 1977.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numba import njit

from instances.columns import BoolArray, FloatArray
from solvers.decomposition.columns import Columns

__all__ = ["QuadraticMaster", "improve"]

_MOST_PASSES = 200
_INNER = 4
_STIFFEST = 30.0
"""How much stiffer a limit may get: against stiffer ones single tasks cannot trade memory."""


@dataclass(slots=True, eq=False)
class QuadraticMaster:
    """The master over growing columns.

    Parameters
    ----------
    columns : Columns
        Generated columns with their weights z.
    limit : array, shape (n_nodes,)
        Bytes that each node holds (inf: no limit).
    limited : bool array, shape (n_nodes,)
        Nodes whose limit is part of the master.

    Attributes
    ----------
    load : array, shape (n_resources,)
        y_r.
    held : array, shape (n_nodes,)
        Share of each node's limit that is taken.
    multiplier : array, shape (n_nodes,)
        Objective units for a node's whole memory.
    """

    columns: Columns
    limit: FloatArray
    limited: BoolArray
    load: FloatArray
    held: FloatArray
    multiplier: FloatArray
    _stiffness: FloatArray
    _softest: float
    _broken: FloatArray

    @classmethod
    def start(cls, columns: Columns, limit: FloatArray, limited: BoolArray) -> QuadraticMaster:
        """Return the master at the weights of `columns`."""
        n, n_resources = len(limit), max(columns.table.n_resources, 1)
        # a whole node's memory for what a task costs alone
        softest = max(float(columns.table.alone_cost().mean()), 1e-300)
        master = cls(
            columns=columns,
            limit=np.where(limited, limit, np.inf),
            limited=limited,
            load=np.zeros(n_resources),
            held=np.zeros(n),
            multiplier=np.zeros(n),
            _stiffness=np.where(limited, softest, 0.0),
            _softest=softest,
            _broken=np.full(n, np.inf),
        )
        master._sum()
        return master

    @property
    def mu(self) -> FloatArray:
        """Prices of the resources, 2 y."""
        return 2.0 * self.load

    @property
    def rent(self) -> FloatArray:
        """Prices of a byte of memory, shape (n_nodes,)."""
        rent: FloatArray = np.where(self.limited, self.multiplier / self.limit, 0.0)
        return rent

    @property
    def excess(self) -> float:
        """The largest share by which a limit is broken."""
        return float(np.max(self.held - 1.0, initial=0.0, where=self.limited))

    def value(self) -> float:
        """Return the objective of (M) at the current weights."""
        cost = float(np.dot(self.columns.table.cost, self.columns.weight))
        return cost + float(np.dot(self.load, self.load))

    def solve(self, tolerance: float, late: Callable[[], bool] = lambda: False) -> None:
        """Improve the weights until the master's own gap is at most `tolerance`, then take a multiplier step."""
        table = self.columns.table
        root, share = np.ascontiguousarray(table.use_root), self._share()
        self._sum()
        for _ in range(_MOST_PASSES):
            gap = improve(
                table.task_offsets,
                table.cost,
                table.use_offsets,
                table.use_resource,
                root,
                table.memory_offsets,
                table.memory_node,
                share,
                self.columns.weight,
                self.load,
                self.held,
                self.multiplier,
                self._stiffness,
            )
            if gap <= tolerance or late():
                break
        self._sum()
        self._raise_multipliers()

    def _raise_multipliers(self) -> None:
        """Take a multiplier step, and stiffen the limits that are broken about as much as before."""
        before = self.multiplier
        self.multiplier = np.maximum(before + self._stiffness * (self.held - 1.0), 0.0)
        # a limit is kept, or its multiplier falls to 0: what is left of either is the error
        broken = np.abs(self.multiplier - before) / np.where(self.limited, self._stiffness, 1.0)
        slow = self.limited & (broken > 0.3 * self._broken) & (broken > 1e-9)
        self._stiffness[slow] = np.minimum(3.0 * self._stiffness[slow], _STIFFEST * self._softest)
        self._broken = broken

    def _share(self) -> FloatArray:
        table = self.columns.table
        share: FloatArray = table.memory_bytes / self.limit[table.memory_node]
        return share

    def _sum(self) -> None:
        """Sum loads anew, which takes away what rounding left in them."""
        table, weight = self.columns.table, self.columns.weight
        use_weight = np.repeat(weight, np.diff(table.use_offsets))
        self.load = np.bincount(table.use_resource, table.use_root * use_weight, minlength=len(self.load)).astype(float)
        held_weight = np.repeat(weight, np.diff(table.memory_offsets))
        self.held = np.bincount(table.memory_node, self._share() * held_weight, minlength=len(self.held)).astype(float)


@njit(cache=True, error_model="numpy")
def _priced(p, cost, use_offsets, resource, root, load, memory_offsets, node, share, rent):
    total = cost[p]
    for u in range(use_offsets[p], use_offsets[p + 1]):
        total += 2.0 * load[resource[u]] * root[u]
    for u in range(memory_offsets[p], memory_offsets[p + 1]):
        total += rent[node[u]] * share[u]
    return total


@njit(cache=True, error_model="numpy")
def _difference(a, b, offsets, index, size, change):
    """Write into `change` what column a takes more than b."""
    for u in range(offsets[b], offsets[b + 1]):
        change[index[u]] = 0.0
    for u in range(offsets[a], offsets[a + 1]):
        change[index[u]] = size[u]
    for u in range(offsets[b], offsets[b + 1]):
        change[index[u]] -= size[u]


@njit(cache=True, error_model="numpy")
def _bend(a, b, offsets, index, change, stiffness):
    """Return ``sum stiffness change^2`` over what columns a or b take."""
    total = 0.0
    for u in range(offsets[a], offsets[a + 1]):
        total += stiffness[index[u]] * change[index[u]] ** 2
    for u in range(offsets[b], offsets[b + 1]):
        known = False
        for v in range(offsets[a], offsets[a + 1]):
            known = known or index[v] == index[u]
        if not known:
            total += stiffness[index[u]] * change[index[u]] ** 2
    return total


@njit(cache=True, error_model="numpy")
def _shift(a, b, step, offsets, index, size, level):
    """Move `step` of mass from column b to column a."""
    for u in range(offsets[a], offsets[a + 1]):
        level[index[u]] += step * size[u]
    for u in range(offsets[b], offsets[b + 1]):
        level[index[u]] -= step * size[u]


@njit(cache=True, error_model="numpy")
def improve(
    task_offsets,
    cost,
    use_offsets,
    resource,
    root,
    memory_offsets,
    node,
    share,
    weight,
    load,
    held,
    multiplier,
    stiffness,
):
    """Let every task in turn move mass from its dearest column to its cheapest; return the gap met on the way."""
    gap = 0.0
    two, uses, takes = np.full(len(load), 2.0), np.zeros(len(load)), np.zeros(len(held))
    rent = np.maximum(multiplier + stiffness * (held - 1.0), 0.0)
    for k in range(len(task_offsets) - 1):
        for turn in range(_INNER):
            best, dear, low, high, mean = -1, -1, np.inf, -np.inf, 0.0
            for p in range(task_offsets[k], task_offsets[k + 1]):
                d = _priced(p, cost, use_offsets, resource, root, load, memory_offsets, node, share, rent)
                if d < low:
                    best, low = p, d
                if weight[p] > 0.0:
                    mean += weight[p] * d
                    if d > high:
                        dear, high = p, d
            if turn == 0:
                gap += max(mean - low, 0.0)
            if best == dear or not high - low > 1e-15 * abs(low):
                break
            _difference(best, dear, use_offsets, resource, root, uses)
            _difference(best, dear, memory_offsets, node, share, takes)
            # a limit that is kept may come to be broken within the step: its stiffness counts in any case
            bend = _bend(best, dear, use_offsets, resource, uses, two)
            bend += _bend(best, dear, memory_offsets, node, takes, stiffness)
            step = weight[dear]
            if bend * step > high - low:
                step = (high - low) / bend
                weight[dear] -= step
            else:
                weight[dear] = 0.0
            weight[best] += step
            _shift(best, dear, step, use_offsets, resource, root, load)
            _shift(best, dear, step, memory_offsets, node, share, held)
            for u in range(memory_offsets[best], memory_offsets[best + 1]):
                rent[node[u]] = max(multiplier[node[u]] + stiffness[node[u]] * (held[node[u]] - 1.0), 0.0)
            for u in range(memory_offsets[dear], memory_offsets[dear + 1]):
                rent[node[u]] = max(multiplier[node[u]] + stiffness[node[u]] * (held[node[u]] - 1.0), 0.0)
    return gap
