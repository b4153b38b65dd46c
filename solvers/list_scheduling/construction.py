"""The construction: ready operations in order, each put where its key is least."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
from numba import njit

from instances.columns import BoolArray, FloatArray, IntArray
from solvers.list_scheduling.graph import Graph
from solvers.list_scheduling.partial import ENERGY, PRICE, Partial, empty_partial, put, take_back

__all__ = ["Rule", "construct", "earliest_finish"]

_MEMORY_SLACK = 0.5e-9  # half of the referee's own tolerance, the rest is left to rounding
_ATTEMPTS = 50


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rule:
    """Who is next, and what node it takes.

    Parameters
    ----------
    key : array, shape (n,)
        Of all operations whose producers are placed the one of the least key is next; ties in the order of numbers.
    as_ready : bool
        The key is instead when the last producer ends.
    insertion : bool
        An operation may run before one that was placed earlier, where there is a gap.
    pin : int array, shape (n,)
        Node that an operation must take; -1: it may choose.
    extra : array, shape (n, N)
        Added to the finish before nodes are compared.
    thrift : array, shape (2,)
        Worth of a joule and of money. Where one is > 0, the node is chosen that adds least of them, among those on which
        ``finish + remaining <= due``, or else on which that is passed by least.
    remaining : array, shape (n, N)
        Seconds that a task takes at least from the end of an operation on a node on.
    due : array, shape (K,)
        When every task must have ended.
    """

    key: FloatArray
    as_ready: bool
    insertion: bool
    pin: IntArray
    extra: FloatArray
    thrift: FloatArray
    remaining: FloatArray
    due: FloatArray


def earliest_finish(graph: Graph, key: FloatArray, insertion: bool = True) -> Rule:
    """Return the rule that takes the operations in the order of `key`, each to the node where it ends first."""
    n, nodes = graph.seconds.shape
    nothing = np.zeros((n, nodes))
    return Rule(
        key=key,
        as_ready=False,
        insertion=insertion,
        pin=np.full(n, -1, dtype=np.int64),
        extra=nothing,
        thrift=np.zeros(2),
        remaining=nothing,
        due=np.full(len(graph.release), np.inf),
    )


def construct(graph: Graph, rule: Rule) -> Partial | int:
    """Return the schedule of `rule`, or an operation for which no node was found.

    An operation that finds no room in the memory of any node that it may run on gets room reserved on the one with most, and
    all starts anew, up to 50 times.
    """
    pin, reserved = rule.pin.copy(), np.zeros(len(rule.pin), dtype=bool)
    for _ in range(_ATTEMPTS):
        partial = empty_partial(graph)
        held = np.zeros(len(graph.cores))
        np.add.at(held, pin[reserved], graph.memory[reserved])
        failed = int(
            _construct(
                graph,
                partial,
                held,
                reserved,
                rule.key,
                rule.as_ready,
                rule.insertion,
                pin,
                rule.extra,
                rule.thrift,
                rule.remaining,
                rule.due,
            )
        )
        if failed < 0:
            return partial
        node = _roomiest(graph, failed, pin, reserved)
        if pin[failed] >= 0 or node < 0:
            return failed
        pin[failed], reserved[failed] = node, True
    return failed


def _roomiest(graph: Graph, operation: int, pin: IntArray, reserved: BoolArray) -> int:
    """Return the node with most memory left for `operation` by reservations, -1 where it has none that is enough."""
    nodes = graph.choices[graph.choice_offsets[operation] : graph.choice_offsets[operation + 1]]
    if not len(nodes):
        return -1
    held = np.zeros(len(graph.cores))
    np.add.at(held, pin[reserved], graph.memory[reserved])
    room = graph.memory_limit[nodes] * (1 + _MEMORY_SLACK) - held[nodes] - graph.memory[operation]
    return int(nodes[np.argmax(room)]) if room.max() >= 0 else -1


@njit(cache=True)
def _construct(graph, partial, held, reserved, key, as_ready, insertion, pin, extra, thrift, remaining, due):
    """Fill `partial`; return an operation that no node can take, -1 where there is none."""
    n = len(key)
    missing = np.diff(graph.before_offsets)
    marks = np.empty(4, np.int64)
    spent = np.empty(2)
    ready = [(0.0, -1)]
    heapq.heappop(ready)
    for v in range(n):
        if missing[v] == 0:
            heapq.heappush(ready, (graph.release[graph.task[v]] if as_ready else key[v], v))
    while len(ready):
        v = heapq.heappop(ready)[1]
        limit = due[graph.task[v]]
        marks[0], marks[1] = partial.cores.used[0], partial.channels.used[0]
        marks[2], marks[3] = partial.counts[0], partial.counts[1]
        spent[0], spent[1] = partial.spent[0], partial.spent[1]
        chosen = -1
        least_late, least_cost, least_finish = np.inf, np.inf, np.inf
        low, high = graph.choice_offsets[v], graph.choice_offsets[v + 1]
        for c in range(low, high + 1):
            node = graph.choices[c] if c < high else chosen  # in the end for good
            if node < 0:
                return v
            if c < high:
                if pin[v] >= 0 and pin[v] != node:
                    continue
                if not reserved[v] and held[node] + graph.memory[v] > graph.memory_limit[node] * (1 + _MEMORY_SLACK):
                    continue
            finish = put(graph, partial, v, node, insertion)
            if c == high:
                break
            late, cost = 0.0, finish + extra[v, node]
            if thrift[0] > 0.0 or thrift[1] > 0.0:
                late = max(0.0, finish + remaining[v, node] - limit)
                cost = thrift[0] * (partial.spent[ENERGY] - spent[0]) + thrift[1] * (partial.spent[PRICE] - spent[1])
            take_back(partial, v, marks, spent)
            if not np.isfinite(finish):
                continue
            better = chosen < 0 or late < least_late
            if late == least_late:
                better = better or cost < least_cost or (cost == least_cost and finish < least_finish)
            if better:
                chosen, least_late, least_cost, least_finish = node, late, cost, finish
        if not reserved[v]:
            held[chosen] += graph.memory[v]
        for e in range(graph.after_offsets[v], graph.after_offsets[v + 1]):
            w = graph.after[e]
            missing[w] -= 1
            if missing[w] == 0:
                when = key[w]
                if as_ready:
                    when = graph.release[graph.task[w]]
                    for b in range(graph.before_offsets[w], graph.before_offsets[w + 1]):
                        when = max(when, partial.end[graph.before[b]])
                heapq.heappush(ready, (when, w))
    return -1
