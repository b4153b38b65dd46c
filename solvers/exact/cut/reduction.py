r"""Safe reduction: layers that share a level in some optimum at every bandwidth become one.

A *dominator* is a layer that every path passes; between two in a row, p and q, lies a block. Let B_p be
the bytes of p's tensor and m the fewest bytes that any cut inside the block has (a minimum cut on
bytes alone). A boundary between two levels lies behind a dominator (one tensor of B_p bytes crosses)
or inside a block (tensors of >= m bytes cross).

*Claim.* Let boundaries lie behind p, or inside the block from p to q. If there is an earlier dominator i
(inside a block: i <= p) with B_i no more than the bytes of this cut and of every cut between, and every layer
that would rise, (i, p] or (i, q), costs no more on higher levels, then an optimum has no boundary there.
*Proof.* Take an optimum with the fewest (layer, boundary) pairs below. Move every boundary that lies
between i and this cut to right behind i. Boundaries stay nested; each of them now carries one tensor of
B_i bytes instead of tensors of at least as many bytes, at least one of them, so that at any price per
byte and per tensor it costs no more; layers only rise, at no cost. That is an optimum with fewer
pairs below: a contradiction.

Inside the blocks that are left: a layer that costs no more on higher levels and puts out at least the
bytes that it reads (from one layer, or from several where tensors have no price beside their bytes)
runs where its one reader runs. For where the reader is higher, the layer may rise to it: each boundary
between carries what it reads instead of what it puts out.

Prices enter only as "no less for more bytes", so the reduction holds for all bandwidths. It needs a
sum of costs without limits, ways that pass the levels one by one, and layers whose cost does not
depend on the bandwidth: those that upload weights, and the last one where the result comes home,
do not rise. For a chain that leaves the strict prefix minima of the bytes. The rule for blocks is
our reconstruction of the idea of CIC (Yang et al., IJCNN 2022), whose own rules are not public.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from formulations.cut.case import CutCase
from instances.columns import BoolArray, FloatArray, IntArray
from solvers.exact.cut.layered_graph import LayeredGraph, decline_layered

__all__ = ["dominators", "group_ends", "merged", "merged_tails", "reduced", "safe_tails"]


def reduced(case: CutCase) -> CutCase:
    """Return the case with the layers merged that need not be told apart; itself where nothing is safe."""
    tails = safe_tails(case)
    return case if tails is None else merged(case, tails)


def safe_tails(case: CutCase) -> IntArray | None:
    """Return the last layer of every layer's group, shape (n,); None where nothing can be merged safely."""
    if case.n_levels < 2 or decline_layered(case) is not None:
        return None
    tails = merged_tails(case, group_ends(case))
    return None if (tails == np.arange(case.n_layers)).all() else tails


def merged(case: CutCase, tails: IntArray) -> CutCase:
    """Return the case in which the layers of one tail are one."""
    ends = np.unique(tails)
    group = np.searchsorted(ends, tails)
    edges = np.unique(group[case.edges], axis=0)
    order = np.argsort(group, kind="stable")
    starts = np.searchsorted(group[order], np.arange(len(ends)))
    return replace(
        case,
        layers=case.layers[ends],
        sizes=np.add.reduceat(case.sizes[order], starts),
        members=case.layers[order],
        edges=edges[edges[:, 0] != edges[:, 1]],
        tensor_bytes=case.tensor_bytes[ends],
        memory_bytes=np.add.reduceat(case.memory_bytes[order], starts),
        operations=np.add.reduceat(case.operations[order], starts),
        layer=np.add.reduceat(case.layer[:, :, order], starts, axis=2),
        allowed=np.logical_and.reduceat(case.allowed[:, order], starts, axis=1),
        stage_layer=np.add.reduceat(case.stage_layer[:, :, order], starts, axis=2),
    )


def dominators(n_layers: int, edges: IntArray) -> IntArray:
    """Return the layers that no flow spans: every path from the first layer to the last passes them."""
    spans = np.zeros(n_layers + 1, dtype=np.int64)
    np.add.at(spans, edges[:, 0] + 1, 1)
    np.add.at(spans, edges[:, 1], -1)
    return np.flatnonzero(np.cumsum(spans[:-1]) == 0)


def group_ends(case: CutCase) -> IntArray:
    """Return the last layer of every group of layers that share a level in some optimum."""
    n = case.n_layers
    points = dominators(n, case.edges)
    # bytes as the network has them: whole numbers, so that the cuts on them are exact
    size = case.problem.network.output_bytes[case.layers]
    inside = _cuts_inside(case, points, size)
    fixed = np.concatenate([[0], np.cumsum(~_may_rise(case))])
    ends = np.ones(n, dtype=bool)
    contracted = np.zeros(len(points), dtype=bool)
    for t in range(len(points) - 1):
        p, q = int(points[t]), int(points[t + 1])
        contracted[t] = q == p + 1 or _beaten(points, size, inside, fixed, t, float(inside[t]), q, False)
        if contracted[t]:
            ends[p + 1 : q] = False
    for t in range(1, len(points) - 1):
        p = int(points[t])
        if contracted[t] and _beaten(points, size, inside, fixed, t, float(size[p]), p + 1, True):
            ends[p] = False
    return np.flatnonzero(ends)


def merged_tails(case: CutCase, ends: IntArray) -> IntArray:
    """Return the last layer of every layer's group: the groups of `ends`, and layers merged with their one reader."""
    tail = np.repeat(ends, np.diff(ends, prepend=-1))
    free = np.zeros(case.n_layers, dtype=bool)
    free[ends] = np.logical_and.reduceat(_may_rise(case), np.concatenate([[0], ends[:-1] + 1]))
    size = case.problem.network.output_bytes[case.layers]
    several = not (case.weights @ case.unit_fixed).any()
    before: dict[int, set[int]] = {end: set() for end in ends.tolist()}
    readers: dict[int, set[int]] = {end: set() for end in ends.tolist()}
    for v, w in tail[case.edges].tolist():
        if v != w:
            before[w].add(v)
            readers[v].add(w)
    into = np.arange(case.n_layers)
    for w in ends[:-1].tolist():
        if len(readers[w]) != 1 or not free[w] or not (len(before[w]) == 1 or several):
            continue
        if sum(size[v] for v in before[w]) > size[w]:
            continue
        (x,) = readers[w]
        into[w] = x
        free[x] &= free[w]
        before[x] = (before[x] - {w}) | before[w]
        for v in before[w]:
            readers[v] = (readers[v] - {w}) | {x}
    for end in ends[::-1].tolist():
        into[end] = into[into[end]]
    return into[tail]


def _beaten(
    points: IntArray,
    size: FloatArray,
    inside: FloatArray,
    fixed: IntArray,
    t: int,
    bytes_here: float,
    until: int,
    behind: bool,
) -> bool:
    """Return whether a dominator before the cut in or behind dominator t beats it; layers up to `until` would rise."""
    least = bytes_here
    for s in range(t, -1, -1):
        i = int(points[s])
        if fixed[until] > fixed[i + 1]:
            return False
        if not (behind and s == t):
            if size[i] <= least:
                return True
            least = min(least, float(size[i]))
        if s:
            least = min(least, float(inside[s - 1]))
    return False


def _may_rise(case: CutCase) -> BoolArray:
    """Return which layers cost no more on higher levels, at any bandwidth, shape (n,)."""
    levels = np.flatnonzero(case.allowed[:, 1:].any(axis=1)) if case.n_layers > 1 else np.arange(1)
    cost = np.tensordot(case.weights, case.layer, 1)[levels]
    rises: BoolArray = np.logical_and.reduce(np.diff(cost, axis=0) <= 0, axis=0)
    rises[0] = False
    if case.problem.options.return_result:
        rises[-1] = False
    if case.weights[-1] > 0:
        rises &= case.memory_bytes == 0
    return rises


def _cuts_inside(case: CutCase, points: IntArray, size: FloatArray) -> FloatArray:
    """Return the fewest bytes of a cut inside the block behind each dominator, ``inf`` where nothing is inside."""
    found = np.full(len(points), np.inf)
    edges = case.edges[np.argsort(case.edges[:, 1], kind="stable")]
    starts = np.searchsorted(edges[:, 1], points, side="right")
    for t in range(len(points) - 1):
        p, q = int(points[t]), int(points[t + 1])
        if q == p + 1:
            continue
        own = edges[starts[t] : starts[t + 1]] - p
        n = q - p + 1
        cost = np.zeros((2, n))
        cost[1, 0] = cost[0, -1] = np.inf
        cut = LayeredGraph.build(n, 2, own).solve(cost, size[None, p : q + 1])
        assert cut is not None
        found[t] = cut[1]
    return found
