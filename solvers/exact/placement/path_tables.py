"""What the layers along one path force on whoever runs a piece of it: sums over all pairs of places of the path.

With ``first(u)`` the least b with a way from block u to v_b, and ``last(u)`` the greatest a with a way from v_a to u, u lies
between v_a and v_b where ``a <= last(u)`` and ``first(u) <= b``: all sums over pairs (a, b) are cumulative sums of one table.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from formulations.placement.case import PlacementCase
from instances.columns import Array, FloatArray, IntArray

__all__ = ["aside", "between", "moved", "reach"]

_MOST_READ = 8
"""Tensors of a block that `aside` looks at, the greatest of them."""


def reach(case: PlacementCase, path: list[int]) -> tuple[IntArray, IntArray]:
    """Return for every block the first place of the path that it leads to, and the last one that leads to it (-1: none)."""
    n, length = case.n_blocks, len(path)
    first, last = np.full(n, length), np.full(n, -1)
    first[path] = last[path] = np.arange(length)
    edges = case.edges[np.argsort(case.edges[:, 1], kind="stable")]
    for a, b in edges.tolist():  # by ascending target: all that is known of a is known
        last[b] = max(last[b], last[a])
    for a, b in case.edges[np.argsort(-case.edges[:, 0], kind="stable")].tolist():
        first[a] = min(first[a], first[b])
    return first, last


def between(first: IntArray, last: IntArray, values: Array, length: int) -> FloatArray:
    """Return the sums of `values` over the blocks between the places a and b of the path, shape (length, length)."""
    on = (last >= 0) & (first < length)
    table = np.zeros((length, length))
    np.add.at(table, (last[on], first[on]), np.asarray(values, dtype=np.float64)[on])
    return _cumulated(table)


def _cumulated(table: FloatArray) -> FloatArray:
    """Return the sums over all greater rows and smaller columns."""
    found: FloatArray = np.cumsum(np.cumsum(table[::-1], axis=0)[::-1], axis=1)
    return found


def moved(case: PlacementCase, first: IntArray, last: IntArray, length: int) -> FloatArray:
    """Return the bytes that a piece from place a to place b must at least receive and send."""
    coming, going = np.zeros((length + 1, length + 1)), np.zeros((length + 1, length + 1))
    for t, producer in enumerate(case.producer.tolist()):
        size, readers = case.size[t], case.readers_of(t)
        readers = readers[np.argsort(-last[readers], kind="stable")]
        low = 0 if producer < 0 else int(first[producer]) + 1  # from here on, the producer is before the piece
        nearest = length
        for k, r in enumerate(readers.tolist()):
            nearest = min(nearest, int(first[r]))
            upto = int(last[r])
            beyond = int(last[readers[k + 1]]) if k + 1 < len(readers) else -1
            beyond = max(beyond, low - 1)
            if upto > beyond and nearest < length:  # pieces from a in (beyond, upto] read it if they reach `nearest`
                coming[upto, nearest] += size
                if beyond >= 0:
                    coming[beyond, nearest] -= size
        if producer >= 0 and last[producer] >= 0 and len(readers):
            leaves, until = int(first[producer]), int(last[readers[0]])
            if until > leaves:  # pieces that end in [leaves, until) have a reader behind them
                going[last[producer], leaves] += size
                going[last[producer], until] -= size
    return np.maximum((_cumulated(coming) + _cumulated(going))[:length, :length], 0.0)


def aside(
    case: PlacementCase, first: IntArray, last: IntArray, length: int, seconds: FloatArray, rate: float
) -> FloatArray:
    """Return the seconds that blocks beside the path cost a piece from place a to place b at least, shape (length, length).

    A block d that reads layers of the piece, but is not between its ends, is in the piece's set or not. If it is, it
    takes its `seconds` there, and its tensor leaves where something behind the piece reads it. If it is not, the
    tensors that it reads leave; what `moved` counts already is left out, and a tensor's bytes are shared out among all
    blocks that may count it.
    """
    table = np.zeros((length + 1, length + 1))
    tensors_of: list[list[tuple[int, int, float]]] = [[] for _ in range(case.n_blocks)]
    own, until = np.zeros(case.n_blocks), np.full(case.n_blocks, -1)
    for t, producer in enumerate(case.producer.tolist()):
        readers = case.readers_of(t)
        if producer < 0 or not len(readers):
            continue
        own[producer] += case.size[t]
        until[producer] = max(int(until[producer]), int(last[readers].max()))
        low = max(int(first[producer]), int(last[readers].max()))
        counting = readers[first[readers] > low]
        for d in counting.tolist():
            tensors_of[d].append((int(last[producer]), low, float(case.size[t] * rate / len(counting))))
    for d, read in enumerate(tensors_of):
        read = sorted(one for one in read if one[0] >= 0)
        if not read:
            continue
        read = sorted(sorted(read, key=lambda one: -one[2])[:_MOST_READ])
        rows = sorted({-1, *(one[0] for one in read)})
        stops = sorted({int(first[d]), int(until[d]), *(one[1] for one in read)})
        for below, row in pairwise(rows):  # pieces from a in (below, row]
            for start, stop in pairwise(stops):  # to b in [start, stop)
                if stop > first[d]:
                    break
                leaves = sum(one[2] for one in read if one[0] >= row and one[1] <= start)
                stays = float(seconds[d]) + (own[d] * rate if stop <= until[d] else 0.0)
                value = min(leaves, stays)
                if value > 0:
                    for a, sign in ((row, 1.0), (below, -1.0)):
                        if a >= 0:
                            table[a, start] += sign * value
                            table[a, stop] -= sign * value
    return np.maximum(_cumulated(table)[:length, :length], 0.0)
