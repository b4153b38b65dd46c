r"""The restricted master of column generation as a linear program: the squares from below by tangents.

Over the generated columns, with loads y_r, what they cost q_r >= 0, and memory in shares of each node's limit:

    (ML)  min  sum_k sum_p c_kp z_kp + sum_r q_r + big sum_n o_n
          s.t. sum_p z_kp = 1                            task k
               sum_k sum_p s_kpr z_kp - y_r <= 0         resource r, dual -mu_r
               sum_k sum_p m_kpn z_kp - o_n <= 1         limited node n, dual minus its rent
               q_r - 2 t y_r >= -t^2                     tangents, added at the y_r of each solution (Kelley 1960)

Its prices jump between the slopes of neighbouring tangents, so pricing is done at their running mean (P. Wentges,
"Weighted Dantzig-Wolfe decomposition for linear mixed-integer programming", Int. Trans. Oper. Res. 4, 1997).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from instances.columns import BoolArray, FloatArray, IntArray
from solvers.backends.linear_model import LinearModel
from solvers.backends.linear_program import solve_linear
from solvers.decomposition.column_search import Deadline
from solvers.decomposition.columns import Columns

__all__ = ["LinearMaster"]

_MOST_TURNS = 5
_MEMORY_OF_PRICES = 0.3
_OVERRUN = 10.0


@dataclass(slots=True, eq=False)
class LinearMaster:
    """The linear master over growing columns; attributes as in `QuadraticMaster`."""

    columns: Columns
    mu: FloatArray
    rent: FloatArray
    excess: float
    _limit: FloatArray
    _nodes: IntArray
    _load: FloatArray
    _tangent_resource: IntArray
    _tangent_point: FloatArray

    @classmethod
    def start(cls, columns: Columns, limit: FloatArray, limited: BoolArray) -> LinearMaster:
        """Return the master at the weights of `columns`."""
        table = columns.table
        n_resources = max(table.n_resources, 1)
        weight = np.repeat(columns.weight, np.diff(table.use_offsets))
        load = np.bincount(table.use_resource, table.use_root * weight, minlength=n_resources).astype(np.float64)
        nodes = np.flatnonzero(limited)
        held = np.bincount(table.memory_node, table.memory_bytes, minlength=len(limit))[nodes] / limit[nodes]
        used = np.flatnonzero(load)
        return cls(
            columns=columns,
            mu=2.0 * load,
            rent=np.zeros(len(limit)),
            excess=float(np.max(held - 1.0, initial=0.0)),
            _limit=limit,
            _nodes=nodes,
            _load=load,
            _tangent_resource=used,
            _tangent_point=load[used],
        )

    def value(self) -> float:
        """Return the objective of (M) at the current weights."""
        cost = float(np.dot(self.columns.table.cost, self.columns.weight))
        return cost + float(np.dot(self._load, self._load))

    def solve(self, tolerance: float, late: Deadline) -> None:
        """Solve (ML) and add tangents until it misses the squares by at most `tolerance`."""
        for _ in range(_MOST_TURNS):
            if late():
                return
            n, m, n_nodes = self.columns.table.n_options, len(self._load), len(self._nodes)
            found = solve_linear(self._model(), late.left)
            if found is None:
                return
            cost = found.values[n + m : n + 2 * m]
            k = self.columns.table.n_tasks
            mu = np.maximum(-found.duals[k : k + m], 0.0)
            rent = np.zeros(len(self._limit))
            rent[self._nodes] = np.maximum(-found.duals[k + m : k + m + n_nodes], 0.0) / self._limit[self._nodes]
            self.columns.weight = np.maximum(found.values[:n], 0.0)
            self._load = found.values[n : n + m]
            self.excess = float(np.max(found.values[n + 2 * m :], initial=0.0))
            short = self._load**2 - cost
            far = np.flatnonzero(short > 1e-12 * np.maximum(self._load**2, 1e-300))
            self._tangent_resource = np.concatenate((self._tangent_resource, far))
            self._tangent_point = np.concatenate((self._tangent_point, self._load[far]))
            if short.sum() <= tolerance:
                break
        self.mu = _MEMORY_OF_PRICES * self.mu + (1.0 - _MEMORY_OF_PRICES) * mu
        self.rent = _MEMORY_OF_PRICES * self.rent + (1.0 - _MEMORY_OF_PRICES) * rent

    def _model(self) -> LinearModel:
        """Return (ML); columns z, y, q, o, rows tasks, resources, nodes, tangents."""
        table = self.columns.table
        n, k, m, nodes = table.n_options, table.n_tasks, len(self._load), self._nodes
        t = len(self._tangent_point)
        place = np.full(len(self._limit), -1)
        place[nodes] = np.arange(len(nodes))
        kept = place[table.memory_node] >= 0
        holder = np.repeat(np.arange(n), np.diff(table.memory_offsets))[kept]
        node = table.memory_node[kept]
        r, tangent = np.arange(m), np.arange(t)
        blocks = (
            (table.option_task(), np.arange(n), np.ones(n)),
            (k + table.use_resource, table.use_option(), table.use_root),
            (k + r, n + r, np.full(m, -1.0)),
            (k + m + place[node], holder, table.memory_bytes[kept] / self._limit[node]),
            (k + m + np.arange(len(nodes)), n + 2 * m + np.arange(len(nodes)), np.full(len(nodes), -1.0)),
            (k + m + len(nodes) + tangent, n + m + self._tangent_resource, np.ones(t)),
            (k + m + len(nodes) + tangent, n + self._tangent_resource, -2.0 * self._tangent_point),
        )
        row, column, entry = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
        n_rows, n_columns = k + m + len(nodes) + t, n + 2 * m + len(nodes)
        unlimited = np.full(n_rows - k - t, -np.inf)
        dear = _OVERRUN * float(table.alone_cost().sum())
        return LinearModel(
            names=tuple(map(str, range(n_columns))),
            cost=np.concatenate((table.cost, np.zeros(m), np.ones(m), np.full(len(nodes), dear))),
            lower=np.zeros(n_columns),
            upper=np.full(n_columns, np.inf),
            integer=np.zeros(n_columns, dtype=bool),
            rows=sparse.csr_array((entry, (row, column)), shape=(n_rows, n_columns)),
            row_lower=np.concatenate((np.ones(k), unlimited, -(self._tangent_point**2))),
            row_upper=np.concatenate((np.ones(k), np.zeros(m), np.ones(len(nodes)), np.full(t, np.inf))),
        )
