"""Minimum cuts by OR-Tools' max-flow, which takes whole numbers only: capacities are scaled and rounded down."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ortools.graph.python import max_flow

from instances.columns import BoolArray, FloatArray, IntArray

__all__ = ["MinimumCut", "minimum_cut"]

_UNITS = 2.0**46
"""Sum of all finite capacities in whole units: sums with the unbreakable arcs stay far below 2^62."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MinimumCut:
    """A minimum cut.

    Parameters
    ----------
    source_side : bool array, shape (n_nodes,)
        The nodes that the source can still reach.
    bound : float
        Lower bound on the capacity of any cut: the flow, rounded down.
    """

    source_side: BoolArray
    bound: float


def minimum_cut(
    n_nodes: int, tail: IntArray, head: IntArray, capacity: FloatArray, source: int, sink: int
) -> MinimumCut | None:
    """Return a minimum cut between `source` and `sink`; None where every cut breaks an infinite arc.

    Parameters
    ----------
    n_nodes : int
        Nodes 0..n_nodes - 1.
    tail, head : int arrays, shape (n_arcs,)
        Ends of the arcs.
    capacity : array, shape (n_arcs,)
        >= 0; ``inf``: the arc cannot be cut. Whole numbers (bytes) are taken as they are.
    """
    finite = np.isfinite(capacity)
    total = float(capacity[finite].sum())
    whole = total <= _UNITS and bool((capacity[finite] == np.floor(capacity[finite])).all())
    scale = 1.0 if whole else _UNITS / total
    units = np.full(len(capacity), int(_UNITS) + 1, dtype=np.int64)
    units[finite] = np.floor(capacity[finite] * scale).astype(np.int64)
    flow = max_flow.SimpleMaxFlow()
    flow.add_arcs_with_capacity(tail.astype(np.int32), head.astype(np.int32), units)
    status = flow.solve(source, sink)
    if status != flow.OPTIMAL:
        raise RuntimeError(f"max-flow ended with status {status}")
    value = flow.optimal_flow()
    if value > _UNITS:
        return None
    side = np.zeros(n_nodes, dtype=bool)
    side[np.asarray(flow.get_source_side_min_cut(), dtype=np.int64)] = True
    return MinimumCut(source_side=side, bound=value / scale)
