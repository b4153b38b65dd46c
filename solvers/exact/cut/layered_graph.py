r"""k ordered levels on a DAG by one minimum cut on the layered graph.

For every layer v and boundary b = 0..k-2 a node (v, b), on the source side iff ``level(v) <= b``:

    (v, b - 1) => (v, b)      infinite: level(v) <= b - 1 implies level(v) <= b
    chain S -> (v, k-2) -> ... -> (v, 0) -> T     cost[l, v] is cut where v is on level l
    (w, b) => (v, b)          infinite for every flow v -> w: what w reads is on no higher level
    (v, b) -> (w, b)          bytes of v on boundary b, once: through an auxiliary node where v has several readers

The arc S -> (v, k-2) is cut where v is on level k - 1, (v, b) -> (v, b-1) where it is on level b, and
(v, 0) -> T where it is on level 0. The cut is exact where no tensor goes down, the objective is a
sum of (layer, level) costs, and each tensor pays once for each boundary that it crosses, whatever
the number of readers. The input is pinned to level 0 by an infinite cost elsewhere.

The published construction for two levels (Hu et al., DADS, INFOCOM 2019) has neither the arcs
(w, b) => (v, b) nor the pinned input; with them the cut is exact. The layered form for more levels is
that of Ishikawa (IEEE TPAMI 25(10), 2003) for labels in order, with the tensors' arcs within each
boundary.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from formulations.cut.case import CutCase
from instances.columns import FloatArray, IntArray
from solvers.exact.cut.flow import minimum_cut

__all__ = ["LayeredGraph", "boundaries_of", "boundary_costs", "decline_layered"]


def boundaries_of(case: CutCase) -> IntArray | None:
    """Return the boundary that each unit lies on, None where one lies on no single boundary.

    -1 stands for units that only lead down. Boundary b is between the levels b and b + 1; a unit lies on it where exactly the ways from levels
    <= b to levels > b take it.
    """
    k = case.n_levels
    if not case.way_known[np.triu_indices(k)].all():
        return None
    level = np.arange(k)
    found = np.full(len(case.unit_pairs), -1, dtype=np.int64)
    for unit, pairs in enumerate(case.unit_pairs):
        up = np.triu(pairs, 1)
        if not up.any():
            continue
        crossed = np.flatnonzero(pairs[level[:-1], level[1:]])
        if len(crossed) != 1:
            return None
        b = int(crossed[0])
        if not (up == ((level[:, None] <= b) & (level[None, :] > b))).all():
            return None
        found[unit] = b
    return found


def boundary_costs(case: CutCase) -> FloatArray:
    """Return the weighted cost of each tensor on each boundary, shape (k - 1, n)."""
    boundaries = boundaries_of(case)
    assert boundaries is not None
    found = np.zeros((max(case.n_levels - 1, 0), case.n_layers))
    for unit, b in enumerate(boundaries.tolist()):
        if b >= 0:
            found[b] += case.unit_cost[unit]
    return found


def decline_layered(case: CutCase) -> str | None:
    """Return why one minimum cut is not exact for a case, or None."""
    if case.excursions:
        return "a minimum cut knows no excursions"
    if case.bottleneck_weight > 0:
        return "the bottleneck is a maximum, not a sum of layers' and tensors' costs"
    if case.side_constraint is not None:
        return f"there is {case.side_constraint}"
    if boundaries_of(case) is None:
        return "ways between levels do not pass them one by one, or are paid once a destination"
    return None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LayeredGraph:
    """Arcs of the layered graph of n layers on k levels; capacities come later.

    Node ``v (k-1) + b`` is (v, b); auxiliary nodes follow, then S and T.

    Parameters
    ----------
    n_layers, n_levels, n_nodes : int
        Sizes.
    tail, head : int arrays, shape (n_arcs,)
        First the chains' arcs, k for each layer, from S to T; then the tensors' arcs, boundary by
        boundary; then the infinite ones.
    tensor : int array, shape (n_tensors,)
        The layers that have readers, one arc a boundary each.
    """

    n_layers: int
    n_levels: int
    n_nodes: int
    tail: IntArray
    head: IntArray
    tensor: IntArray

    @classmethod
    def build(cls, n_layers: int, n_levels: int, edges: IntArray) -> LayeredGraph:
        """Return the graph of a DAG with flows `edges`, shape (n_edges, 2)."""
        m = n_levels - 1
        layers, boundaries = np.arange(n_layers), np.arange(m)
        tensor, row, readers = np.unique(edges[:, 0], return_inverse=True, return_counts=True)
        several = readers > 1
        # one auxiliary node for each boundary and each tensor with several readers
        extra = np.cumsum(several) - 1
        n_extra = int(several.sum())
        source = n_layers * m + n_extra * m
        sink = source + 1
        grid = layers[:, None] * m + boundaries[None, :]
        # chains: S -> (v, m-1) -> ... -> (v, 0) -> T; arc l is cut where v is on level k-1-l
        nodes = np.concatenate([np.full((n_layers, 1), source), grid[:, ::-1], np.full((n_layers, 1), sink)], axis=1)
        tails, heads = [nodes[:, :-1].ravel()], [nodes[:, 1:].ravel()]
        reader = np.zeros(len(tensor), dtype=np.int64)
        reader[row] = edges[:, 1]
        infinite_tail, infinite_head = [], []
        many = several[row]
        for b in range(m):
            aux = n_layers * m + extra * m + b
            tails.append(tensor * m + b)
            heads.append(np.where(several, aux, reader * m + b))
            infinite_tail += [aux[row[many]], edges[:, 1] * m + b]
            infinite_head += [edges[many, 1] * m + b, edges[:, 0] * m + b]
            if b:
                infinite_tail.append(grid[:, b - 1])
                infinite_head.append(grid[:, b])
        return cls(
            n_layers=n_layers,
            n_levels=n_levels,
            n_nodes=sink + 1,
            tail=np.concatenate([*tails, *infinite_tail]),
            head=np.concatenate([*heads, *infinite_head]),
            tensor=tensor,
        )

    def solve(self, cost: FloatArray, crossing: FloatArray) -> tuple[IntArray, float] | None:
        """Return the cheapest levels and a lower bound on their cost, None where there are none.

        Parameters
        ----------
        cost : array, shape (k, n)
            Of each layer on each level, of any sign; ``inf``: not there.
        crossing : array, shape (k - 1, n)
            Of each tensor on each boundary, >= 0.
        """
        if self.n_levels == 1:
            level = np.zeros(self.n_layers, dtype=np.int64)
            value = float(cost.sum())
            return (level, value) if np.isfinite(value) else None
        least = cost.min(axis=0)
        if not np.isfinite(least).all():
            return None
        capacity = np.full(len(self.tail), np.inf)
        chains = self.n_layers * self.n_levels
        capacity[:chains] = (cost[::-1] - least).T.ravel()
        capacity[chains : chains + crossing.shape[0] * len(self.tensor)] = crossing[:, self.tensor].ravel()
        found = minimum_cut(self.n_nodes, self.tail, self.head, capacity, self.n_nodes - 2, self.n_nodes - 1)
        if found is None:
            return None
        m = self.n_levels - 1
        level = m - found.source_side[: self.n_layers * m].reshape(self.n_layers, m).sum(axis=1)
        return level, found.bound + float(least.sum())
