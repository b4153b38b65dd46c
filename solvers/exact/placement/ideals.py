"""Ideals of a DAG of blocks: sets that hold every predecessor of what they hold, as rows of bits."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import njit

from formulations.placement.case import PlacementCase
from instances.columns import Array, IntArray

__all__ = ["all_ideals", "bits_of", "orders_of", "prefixes_of"]

_WORD = 64


def bits_of(sets: Array) -> Array:
    """Return rows of booleans, shape (n_sets, n), as rows of 64-bit words, shape (n_sets, ceil(n / 64))."""
    n_words = max(1, -(-sets.shape[1] // _WORD))
    padded = np.zeros((len(sets), n_words * _WORD), dtype=bool)
    padded[:, : sets.shape[1]] = sets
    return np.packbits(padded, axis=1, bitorder="little").view(np.uint64)


def all_ideals(n: int, edges: IntArray, most: int) -> Array | None:
    """Return all ideals as rows of words, smaller before greater, the empty and the full one with them.

    Parameters
    ----------
    n : int
        Number of blocks.
    edges : int array, shape (n_edges, 2)
        Arcs of the DAG.
    most : int
        How many there may be.

    Returns
    -------
    array of uint64, shape (n_ideals, n_words), or None
        None where there are more than `most`.
    """
    by_target = edges[np.argsort(edges[:, 1], kind="stable")]
    offsets = np.searchsorted(by_target[:, 1], np.arange(n + 1))
    before = np.ascontiguousarray(by_target[:, 0])
    level = np.zeros((1, max(1, -(-n // _WORD))), dtype=np.uint64)
    levels, total = [level], 1
    for _ in range(n):
        children = _extended(level, n, before, offsets)
        level = np.unique(children, axis=0)
        total += len(level)
        if total > most:
            return None
        levels.append(level)
    return np.concatenate(levels)


@njit(cache=True)  # type: ignore[untyped-decorator]
def _extended(level: Array, n: int, before: IntArray, offsets: IntArray) -> Array:
    """Return every ideal with one more block than a row of `level`; some come more than once."""
    rows, words = level.shape
    count = 0
    for fill in range(2):
        if fill == 1:
            found = np.empty((count, words), dtype=np.uint64)
        count = 0
        for i in range(rows):
            for b in range(n):
                if (level[i, b >> 6] >> np.uint64(b & 63)) & np.uint64(1):
                    continue
                ready = True
                for k in range(offsets[b], offsets[b + 1]):
                    a = before[k]
                    if not (level[i, a >> 6] >> np.uint64(a & 63)) & np.uint64(1):
                        ready = False
                        break
                if ready:
                    if fill == 1:
                        found[count] = level[i]
                        found[count, b >> 6] |= np.uint64(1) << np.uint64(b & 63)
                    count += 1
    return found


def prefixes_of(orders: list[list[int]], n: int) -> Array:
    """Return the prefixes of topological orders as ideals, smaller before greater, each once."""
    sets = np.zeros((len(orders) * (n + 1), n), dtype=bool)
    size = np.tile(np.arange(n + 1), len(orders))
    for row, order in enumerate(orders):
        rank = np.empty(n, dtype=np.int64)
        rank[order] = np.arange(n)
        sets[row * (n + 1) : (row + 1) * (n + 1)] = rank[None, :] < np.arange(n + 1)[:, None]
    words = bits_of(sets)
    _, first = np.unique(words, axis=0, return_index=True)
    first = first[np.lexsort((first, size[first]))]
    return words[first]


def orders_of(case: PlacementCase) -> list[list[int]]:
    """Return topological orders of a case's blocks: by breadth, by depth, and one that keeps few bytes alive."""
    n = case.n_blocks
    after: list[list[int]] = [[] for _ in range(n)]
    waits = np.bincount(case.edges[:, 1], minlength=n).tolist()
    for a, b in case.edges.tolist():
        after[a].append(b)
    unread = [len(case.readers_of(tensor)) for tensor in range(len(case.size))]
    made: list[list[int]] = [[] for _ in range(n)]
    reads: list[list[int]] = [[] for _ in range(n)]
    for tensor, producer in enumerate(case.producer.tolist()):
        if producer >= 0:
            made[producer].append(tensor)
        for reader in case.readers_of(tensor).tolist():
            reads[reader].append(tensor)
    size = case.size.tolist()
    born = [float(sum(size[tensor] for tensor in made[b])) for b in range(n)]

    def growth(b: int) -> float:
        return born[b] - float(sum(size[tensor] for tensor in reads[b] if unread[tensor] == 1))

    def thrifty(ready: list[int]) -> int:
        return min(range(len(ready)), key=lambda i: (growth(ready[i]), -i))

    picks: tuple[Callable[[list[int]], int], ...] = (lambda ready: 0, lambda ready: len(ready) - 1, thrifty)
    orders = []
    for pick in picks:
        left, order = list(waits), []
        ready = [b for b in range(n) if not left[b]]
        while ready:
            b = ready.pop(pick(ready))
            order.append(b)
            for tensor in reads[b]:
                unread[tensor] -= 1
            for c in after[b]:
                left[c] -= 1
                if not left[c]:
                    ready.append(c)
        unread = [len(case.readers_of(tensor)) for tensor in range(len(case.size))]
        orders.append(order)
    return orders
