"""A schedule in the making: operations are put on nodes with the transfers that they need, and taken back.

A transfer is booked when its first reader is put on its node: where links are free it leaves when its producer has
ended, where they are serial in the first gap that all channels of its way share. The published algorithms know no contention;
this is how Sinnen and Sousa carry list scheduling over to links that transfers occupy (TPDS 16(6), 2005, doi
10.1109/TPDS.2005.64), with a way held as a whole.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from instances.columns import FloatArray, IntArray
from solvers.list_scheduling.graph import Graph, transfer_seconds
from solvers.list_scheduling.timeline import Timelines, book, empty_timelines, first_gap, revoke

__all__ = ["ENERGY", "PRICE", "Partial", "empty_partial", "put", "take_back"]

ENERGY, PRICE = 0, 1
"""Rows of `Partial.spent`."""


class Partial(NamedTuple):
    """The schedule so far.

    `place`, `start`, `end` are of operations put; `core` is the first line of every node's cores in `cores`. `arrival` says when
    a tensor is at a node that it is sent to (``inf``: it is not), `sent` and `sent_start` list the transfers, `window` has on and
    off of every node that takes part (``inf``, ``-inf``: it does not), `windows` what it had before, `spent` energy and
    money, `counts` the number of transfers and of windows set.
    """

    place: IntArray
    start: FloatArray
    end: FloatArray
    core: IntArray
    cores: Timelines
    channels: Timelines
    arrival: FloatArray
    sent: IntArray
    sent_start: FloatArray
    window: FloatArray
    windows: FloatArray
    spent: FloatArray
    counts: IntArray


def empty_partial(graph: Graph) -> Partial:
    """Return the schedule without operations."""
    n, n_nodes = graph.seconds.shape
    # more cores than there are operations are of no use
    core = np.concatenate([[0], np.cumsum(np.minimum(graph.cores, n))])
    most_sent = len(graph.before) + int((graph.back >= 0).sum())
    held = int(np.diff(graph.channel_offsets).max(initial=0))
    return Partial(
        place=np.full(n, -1, dtype=np.int64),
        start=np.zeros(n),
        end=np.zeros(n),
        core=core,
        cores=empty_timelines(int(core[-1]), n),
        channels=empty_timelines(graph.n_channels, most_sent * held),
        arrival=np.full((len(graph.tensor_bytes), n_nodes), np.inf),
        sent=np.empty((most_sent, 2), dtype=np.int64),
        sent_start=np.empty(most_sent),
        window=np.array([[np.inf] * n_nodes, [-np.inf] * n_nodes]),
        windows=np.empty((n + 2 * most_sent, 3)),
        spent=np.zeros(2),
        counts=np.zeros(2, dtype=np.int64),
    )


@njit(cache=True)
def _stay_on(graph, partial, node, start, end):
    """Widen the window of `node`."""
    on, off = partial.window[0, node], partial.window[1, node]
    if start >= on and end <= off:
        return
    row = partial.counts[1]
    partial.counts[1] += 1
    partial.windows[row, 0], partial.windows[row, 1], partial.windows[row, 2] = node, on, off
    new_on, new_off = min(on, start), max(off, end)
    if on > off:
        partial.spent[ENERGY] += graph.node_tables[1, node] + graph.node_tables[0, node] * (new_off - new_on)
    else:
        partial.spent[ENERGY] += graph.node_tables[0, node] * (new_off - new_on - (off - on))
    partial.window[0, node], partial.window[1, node] = new_on, new_off


@njit(cache=True)
def _send(graph, partial, tensor, operation, to, insertion):
    """Send `tensor` to node `to` and return when it is there; ``inf`` where there is no way."""
    start = partial.place[operation]
    length = transfer_seconds(graph, tensor, start, to)
    if not np.isfinite(length):
        return np.inf
    row = start * len(graph.cores) + to
    low, high = graph.channel_offsets[row], graph.channel_offsets[row + 1]
    time = partial.end[operation]
    settled = length == 0.0
    while not settled:
        settled = True
        for c in range(low, high):
            free = first_gap(partial.channels, graph.channels[c], time, length, insertion)
            if free > time:
                time, settled = free, False
    if length > 0.0:
        for c in range(low, high):
            book(partial.channels, graph.channels[c], time, time + length)
    _stay_on(graph, partial, start, time, time + length)
    _stay_on(graph, partial, to, time, time + length)
    size = graph.tensor_bytes[tensor]
    partial.spent[ENERGY] += size * graph.way_tables[2, start, to] + graph.node_tables[2, start] * length
    partial.spent[PRICE] += size * graph.way_tables[3, start, to]
    partial.arrival[tensor, to] = time + length
    sent = partial.counts[0]
    partial.counts[0] += 1
    partial.sent[sent, 0], partial.sent[sent, 1], partial.sent_start[sent] = tensor, to, time
    return time + length


@njit(cache=True)
def put(graph, partial, v, node, insertion):
    """Put operation v on `node`, as soon as it can run there, and return when it has ended and its result is back.

    ``inf`` where some tensor has no way; what was booked then has to be taken back like all else.
    """
    partial.place[v] = node
    ready = graph.release[graph.task[v]]
    last = -1
    low, high = graph.before_offsets[v], graph.before_offsets[v + 1]
    for _ in range(low, high):  # who has ended first sends first
        edge = -1
        for e in range(low, high):
            end = partial.end[graph.before[e]]
            if last >= 0:
                other = partial.end[graph.before[last]]
                if end < other or (end == other and e <= last):
                    continue
            if edge < 0 or end < partial.end[graph.before[edge]]:
                edge = e
        last = edge
        u, tensor = graph.before[edge], graph.before_tensor[edge]
        there = partial.end[u]
        if partial.place[u] != node:
            there = partial.arrival[tensor, node]
            if not np.isfinite(there):
                there = _send(graph, partial, tensor, u, node, insertion)
                if not np.isfinite(there):
                    return np.inf
        ready = max(ready, there)
    length = graph.seconds[v, node]
    start = ready
    if length > 0.0:
        start, chosen = np.inf, -1
        for line in range(partial.core[node], partial.core[node + 1]):
            free = first_gap(partial.cores, line, ready, length, insertion)
            if free < start:
                start, chosen = free, line
            if partial.cores.first[line] < 0:  # all cores after an empty one are as empty
                break
        book(partial.cores, chosen, start, start + length)
    partial.start[v], partial.end[v] = start, start + length
    partial.spent[ENERGY] += graph.joules[v, node]
    partial.spent[PRICE] += graph.price[v, node]
    if not graph.is_input[v]:
        _stay_on(graph, partial, node, start, start + length)
    if graph.back[v] >= 0 and graph.back[v] != node:
        return _send(graph, partial, v, v, graph.back[v], insertion)
    return start + length


@njit(cache=True)
def take_back(partial, v, marks, spent):
    """Undo what was put since `marks`: spans on cores and on channels, transfers, windows; `spent` as it was."""
    partial.place[v] = -1
    revoke(partial.cores, marks[0])
    revoke(partial.channels, marks[1])
    while partial.counts[0] > marks[2]:
        partial.counts[0] -= 1
        row = partial.counts[0]
        partial.arrival[partial.sent[row, 0], partial.sent[row, 1]] = np.inf
    while partial.counts[1] > marks[3]:
        partial.counts[1] -= 1
        row = partial.counts[1]
        node = int(partial.windows[row, 0])
        partial.window[0, node], partial.window[1, node] = partial.windows[row, 1], partial.windows[row, 2]
    partial.spent[0], partial.spent[1] = spent[0], spent[1]
