"""The activities of a placement, operations and transfers, laid out in working arrays: what the search over orders times."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from instances.columns import FloatArray, IntArray

__all__ = ["TOLERANCE", "Desk", "fixed_costs", "lay_out", "new_desk"]

TOLERANCE = 1e-9  # as the referee's


class Desk(NamedTuple):
    """Working arrays, and the best starts found; A is the most activities of a placement."""

    operation: IntArray
    node: IntArray
    to: IntArray
    seconds: FloatArray
    floor: FloatArray
    is_input: IntArray
    tail: IntArray
    head: IntArray
    last: IntArray
    start: FloatArray
    best: FloatArray
    length: FloatArray
    on: FloatArray
    off: FloatArray
    stack: IntArray
    window: IntArray
    crowd: IntArray


def new_desk(n_operations: int, n_edges: int, n_tasks: int, n_nodes: int, most_cores: int) -> Desk:
    """Return working arrays for cases of this size."""
    size = n_operations + n_edges + n_tasks
    arcs = 2 * n_edges + n_tasks
    pairs = size * size

    def whole(count: int) -> IntArray:
        return np.empty(count, dtype=np.int64)

    return Desk(
        operation=whole(size),
        node=whole(size),
        to=whole(size),
        seconds=np.empty(size),
        floor=np.empty(size),
        is_input=whole(size),
        tail=whole(arcs + pairs),
        head=whole(arcs + pairs),
        last=whole(n_tasks),
        start=np.empty(size),
        best=np.empty(size),
        length=np.empty(size),
        on=np.empty(n_nodes),
        off=np.empty(n_nodes),
        stack=np.empty(((pairs + 1) * (most_cores + 1) * most_cores + 2, 3), dtype=np.int64),
        window=whole(n_nodes),
        crowd=whole(most_cores + 2),
    )


@njit(cache=True, error_model="numpy")
def lay_out(arrays, place, desk):
    """Write activities and the arcs of their tensors; return their numbers, the first -1 where something cannot be."""
    n = len(place)
    size, arcs = n, 0
    for v in range(n):
        here, task = place[v], arrays.task[v]
        if not arrays.seconds[here, v] < np.inf:
            return -1, 0
        desk.operation[v], desk.node[v], desk.to[v] = v, here, -1
        desk.seconds[v], desk.is_input[v] = arrays.seconds[here, v], arrays.is_input[v]
        desk.floor[v] = arrays.release[task] if arrays.is_input[v] == 1 else 0.0
    for v in range(n):
        here, task, first = place[v], arrays.task[v], size
        readers = arrays.successor_offsets[v + 1] - arrays.successor_offsets[v]
        if arrays.is_last[v] == 1:
            desk.last[task] = v
        home = 1 if arrays.return_result and arrays.is_last[v] == 1 else 0
        for row in range(readers + home):
            reader = arrays.successors[arrays.successor_offsets[v] + row] if row < readers else -1
            to = place[reader] if reader >= 0 else arrays.source[task]
            at = v
            if to != here:
                if not arrays.latency[here, to] < np.inf:
                    return -1, 0
                at = -1
                for one in range(first, size):
                    if desk.to[one] == to:
                        at = one
                if at < 0:
                    at = size
                    size += 1
                    desk.operation[at], desk.node[at], desk.to[at] = v, here, to
                    desk.seconds[at] = arrays.latency[here, to] + arrays.size[v] * arrays.seconds_per_byte[here, to]
                    desk.is_input[at], desk.floor[at] = 0, 0.0
                    desk.tail[arcs], desk.head[arcs] = v, at
                    arcs += 1
            if reader >= 0:
                desk.tail[arcs], desk.head[arcs] = at, reader
                arcs += 1
            else:
                desk.last[task] = at
    return size, arcs


@njit(cache=True, error_model="numpy")
def fixed_costs(arrays, size, desk):
    """Return joules and money that no times change, and whether every memory is kept."""
    joules, money, kept = 0.0, 0.0, True
    takes_part, held = desk.on, desk.off
    takes_part[:] = 0.0
    held[:] = 0.0
    for a in range(size):
        if desk.is_input[a] == 1:
            continue
        v, here, to = desk.operation[a], desk.node[a], desk.to[a]
        takes_part[here] = 1.0
        if to < 0:
            joules += arrays.joules[here, v]
            money += arrays.price[here, v]
            held[here] += arrays.memory[v]
        else:
            takes_part[to] = 1.0
            joules += arrays.size[v] * arrays.joules_per_byte[here, to] + arrays.transmit_watts[here] * desk.seconds[a]
            money += arrays.size[v] * arrays.price_per_byte[here, to]
    for node in range(len(held)):
        joules += takes_part[node] * arrays.switch_on_joules[node]
        kept = kept and held[node] <= arrays.memory_limit[node] * (1.0 + TOLERANCE)
    return joules, money, kept
