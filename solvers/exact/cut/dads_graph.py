"""The graph of DADS as published, and with its two gaps closed.

Hu, Bao, Wang, Liu: "Dynamic Adaptive DNN Surgery for Inference Acceleration on the Edge", INFOCOM 2019,
doi 10.1109/INFOCOM.2019.8737614. For every layer v: an arc edge -> v of the cloud's time, an arc
v -> cloud of the edge's time, arcs v -> successor of the transfer time; a layer of several successors
sends through an auxiliary node v' (v -> v' of the transfer time, v' -> successor infinite). The
source's side of a minimum cut runs on the edge.

Nothing in it pins the input to the edge, so that running all in the cloud sends nothing; and there are
no arcs back from successors, so that a layer in the cloud may hand its tensor to the edge for nothing.
"""

from __future__ import annotations

import numpy as np

from formulations.cut.case import CutCase
from instances.columns import IntArray
from solvers.exact.cut.flow import minimum_cut
from solvers.exact.cut.layered_graph import boundary_costs

__all__ = ["dads_published_graph"]


def dads_published_graph(case: CutCase, *, pinned: bool = False, reverse: bool = False) -> tuple[IntArray, float]:
    """Return the levels that the graph of DADS gives (0 edge, 1 cloud), and the capacity of its cut.

    Parameters
    ----------
    case : CutCase
        Of two levels, as `min-cut` takes it.
    pinned : bool
        Add an infinite arc from the edge to the input.
    reverse : bool
        Add infinite arcs from successors to predecessors. With both the capacity is the optimum.

    Returns
    -------
    level : int array, shape (n_layers,)
        May break the rule that no tensor goes back; the referee then refuses the plan.
    capacity : float
        Rounded down by less than 1e-12 of all capacities' sum.
    """
    n = case.n_layers
    edge, cloud = n, n + 1
    layer_cost = np.tensordot(case.weights, case.layer, 1)
    transfer = boundary_costs(case)[0]
    several = np.flatnonzero(np.bincount(case.edges[:, 0], minlength=n) > 1)
    auxiliary = np.full(n, -1)
    auxiliary[several] = n + 2 + np.arange(len(several))
    v, w = case.edges[:, 0], case.edges[:, 1]
    many = auxiliary[v] >= 0
    layers = np.arange(n)
    tail = [np.full(n, edge), layers, v[~many], several, auxiliary[v[many]]]
    head = [layers, np.full(n, cloud), w[~many], auxiliary[several], w[many]]
    capacity = [layer_cost[1], layer_cost[0], transfer[v[~many]], transfer[several], np.full(int(many.sum()), np.inf)]
    if pinned:
        tail.append(np.array([edge]))
        head.append(np.array([0]))
        capacity.append(np.array([np.inf]))
    if reverse:
        tail.append(w)
        head.append(v)
        capacity.append(np.full(len(v), np.inf))
    cut = minimum_cut(
        n + 2 + len(several), np.concatenate(tail), np.concatenate(head), np.concatenate(capacity), edge, cloud
    )
    assert cut is not None
    return (~cut.source_side[:n]).astype(np.int64), cut.bound + case.constant
