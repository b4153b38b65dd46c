"""Ranks of operations: how far each is from the ends of its task, with nodes and ways taken at their means.

With the mean seconds ``w_v`` of operation v over the nodes that it may run on and the mean seconds ``c_uv`` of a tensor over
all ways between two of them,

    upward(v)   = w_v + max over readers x of (c_vx + upward(x)),
    downward(v) = max over producers u of (downward(u) + w_u + c_uv),

as Topcuoglu, Hariri and Wu define them (TPDS 13(3), 2002, doi 10.1109/71.993206, equations 6 and 8).
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np
from numba import njit

from instances.columns import FloatArray, IntArray
from solvers.list_scheduling.graph import Graph, transfer_seconds

__all__ = ["descendants", "downward_rank", "mean_seconds", "mean_transfers", "remaining_seconds", "upward_rank"]


def mean_seconds(graph: Graph) -> FloatArray:
    """Return the mean seconds of every operation over the nodes that it may run on."""
    count = np.diff(graph.choice_offsets)
    owner = np.repeat(np.arange(len(count)), count)
    total = np.bincount(owner, graph.seconds[owner, graph.choices], minlength=len(count))
    return np.asarray(total / np.maximum(count, 1), dtype=np.float64)


def mean_transfers(graph: Graph) -> FloatArray:
    """Return the mean seconds of the tensor of every edge of `graph.after` over the ways between two different nodes."""
    latency, per_byte = _mean_ways(graph)
    return np.asarray(latency + graph.tensor_bytes[graph.after_tensor] * per_byte, dtype=np.float64)


def upward_rank(graph: Graph, seconds: FloatArray, transfers: FloatArray) -> FloatArray:
    """Return the upward rank of every operation for given seconds, and seconds of edges of `graph.after`."""
    rank: FloatArray = _upward(graph, seconds, transfers)
    return rank


def downward_rank(graph: Graph, seconds: FloatArray, transfers: FloatArray) -> FloatArray:
    """Return the downward rank of every operation."""
    rank: FloatArray = _downward(graph, seconds, transfers)
    return rank


def remaining_seconds(graph: Graph) -> FloatArray:
    """Return the seconds that a task takes at least from the end of an operation on a node on, shape (n, N).

    ``remaining(v, p) = max over readers x of min over nodes q of (transfer(v, p, q) + seconds(x, q) + remaining(x, q))``; after the
    last layer the way back.
    """
    left: FloatArray = _remaining(graph)
    return left


def descendants(graph: Graph) -> IntArray:
    """Return the number of operations that cannot start before each has ended."""
    sets = [0] * len(graph.task)
    for v in range(len(sets) - 1, -1, -1):
        for e in range(graph.after_offsets[v], graph.after_offsets[v + 1]):
            x = int(graph.after[e])
            # within a task numbers are close together: an offset keeps the integers short
            sets[v] |= (1 | sets[x] << 1) << (x - v - 1)
    return np.array([one.bit_count() for one in sets])


def _mean_ways(graph: Graph) -> tuple[FloatArray, FloatArray]:
    """Return mean latency and mean seconds of a byte for every edge of `graph.after`."""
    n_edges = len(graph.after)
    owner = np.repeat(np.arange(len(graph.task)), np.diff(graph.after_offsets))
    rows = [
        graph.choices[graph.choice_offsets[v] : graph.choice_offsets[v + 1]].tobytes() for v in range(len(graph.task))
    ]
    latency, per_byte = np.zeros(n_edges), np.zeros(n_edges)
    known: dict[tuple[bytes, bytes], tuple[float, float]] = {}
    for e, (u, v) in enumerate(zip(owner.tolist(), graph.after.tolist(), strict=True)):
        key = rows[u], rows[v]
        if key not in known:
            a, b = (np.frombuffer(row, dtype=graph.choices.dtype) for row in key)
            ways = graph.way_tables[:2, a[:, None], b[None, :]]
            good = np.isfinite(ways[0]) & (a[:, None] != b[None, :])
            known[key] = (float(ways[0][good].mean()), float(ways[1][good].mean())) if good.any() else (0.0, 0.0)
        latency[e], per_byte[e] = known[key]
    return latency, per_byte


@njit(cache=True)
def _upward(graph, seconds, transfers):
    rank = np.empty(len(seconds))
    for v in range(len(seconds) - 1, -1, -1):
        most = 0.0
        for e in range(graph.after_offsets[v], graph.after_offsets[v + 1]):
            most = max(most, transfers[e] + rank[graph.after[e]])
        rank[v] = seconds[v] + most
    return rank


@njit(cache=True)
def _downward(graph, seconds, transfers):
    rank = np.zeros(len(seconds))
    for v in range(len(seconds)):
        for e in range(graph.after_offsets[v], graph.after_offsets[v + 1]):
            x = graph.after[e]
            rank[x] = max(rank[x], rank[v] + seconds[v] + transfers[e])
    return rank


@njit(cache=True)
def _remaining(graph):
    left = np.full(graph.seconds.shape, np.inf)
    for v in range(len(left) - 1, -1, -1):
        for c in range(graph.choice_offsets[v], graph.choice_offsets[v + 1]):
            p = graph.choices[c]
            most = 0.0
            if graph.back[v] >= 0:
                most = transfer_seconds(graph, v, p, graph.back[v])
            for e in range(graph.after_offsets[v], graph.after_offsets[v + 1]):
                x, least = graph.after[e], np.inf
                for d in range(graph.choice_offsets[x], graph.choice_offsets[x + 1]):
                    q = graph.choices[d]
                    here = graph.seconds[x, q] + left[x, q]
                    if q != p:
                        here += transfer_seconds(graph, graph.after_tensor[e], p, q)
                    least = min(least, here)
                most = max(most, least)
            left[v, p] = most
    return left
