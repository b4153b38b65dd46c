"""What list scheduling reads: operations, the tensors between them, nodes, ways.

The literature gives every edge of a graph its own data; in the family `schedule` all readers share one tensor. Here an
edge names its tensor, so that both can be said.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from formulations.schedule.case import ScheduleCase
from instances.columns import BoolArray, FloatArray, IntArray

__all__ = ["Graph", "graph_of", "transfer_seconds"]


class Graph(NamedTuple):
    """The arrays; n operations, N nodes, K tasks, T tensors. Every predecessor has a smaller number.

    Edges into v are ``before_offsets[v]:before_offsets[v + 1]``, with operation `before` and tensor `before_tensor`;
    edges out of v likewise in `after`. `choices` lists, in the same way, the nodes that an operation may run on and from
    where every reader can be reached. `node_tables` has a row for idle watts, switch-on joules, transmit watts; `way_tables` one for
    latency, seconds, joules and price of a byte. `channels` are those of the way from a to b, at
    ``channel_offsets[a * N + b]``. `back` is the node that the last layer's result returns to, -1 for none and for
    other operations.
    """

    before_offsets: IntArray
    before: IntArray
    before_tensor: IntArray
    after_offsets: IntArray
    after: IntArray
    after_tensor: IntArray
    tensor_bytes: FloatArray
    task: IntArray
    release: FloatArray
    is_input: BoolArray
    back: IntArray
    choice_offsets: IntArray
    choices: IntArray
    seconds: FloatArray
    joules: FloatArray
    price: FloatArray
    memory: FloatArray
    memory_limit: FloatArray
    cores: IntArray
    node_tables: FloatArray
    way_tables: FloatArray
    channel_offsets: IntArray
    channels: IntArray
    n_channels: int


def graph_of(case: ScheduleCase) -> Graph:
    """Return `case` as list scheduling reads it: the tensor of operation v has number v."""
    back = np.where(case.is_last & case.problem.options.return_result, case.source[case.task], -1)
    good = case.allowed.T.copy()
    if np.isinf(case.latency).any():
        _keep_ways_open(good, case.successor_offsets, case.successors, back, np.isfinite(case.latency))
    return Graph(
        before_offsets=case.predecessor_offsets.astype(np.int64),
        before=case.predecessors,
        before_tensor=case.predecessors,
        after_offsets=case.successor_offsets.astype(np.int64),
        after=case.successors,
        after_tensor=np.repeat(np.arange(case.n_operations), np.diff(case.successor_offsets)),
        tensor_bytes=case.size,
        task=case.task,
        release=case.release,
        is_input=case.is_input,
        back=back,
        choice_offsets=np.concatenate([[0], np.cumsum(good.sum(axis=1))]),
        choices=np.nonzero(good)[1],
        seconds=np.ascontiguousarray(case.seconds.T),
        joules=np.ascontiguousarray(case.joules.T),
        price=np.ascontiguousarray(case.price.T),
        memory=np.where(case.is_input, 0.0, case.memory),
        memory_limit=case.memory_limit,
        cores=case.cores,
        node_tables=np.array([case.idle_watts, case.switch_on_joules, case.transmit_watts]),
        way_tables=np.array([case.latency, case.seconds_per_byte, case.joules_per_byte, case.price_per_byte]),
        channel_offsets=case.channel_offsets,
        channels=case.channels,
        n_channels=case.n_channels,
    )


@njit(cache=True)
def transfer_seconds(graph, tensor, start, end):
    """Return the seconds of `tensor` from node `start` to node `end` without contention."""
    return graph.way_tables[0, start, end] + graph.tensor_bytes[tensor] * graph.way_tables[1, start, end]


@njit(cache=True)
def _keep_ways_open(good, offsets, after, back, way):
    """Strike out nodes from where some reader, on any node that is left to it, cannot be reached."""
    for v in range(len(good) - 1, -1, -1):
        for p in range(good.shape[1]):
            if not good[v, p]:
                continue
            if back[v] >= 0 and not way[p, back[v]]:
                good[v, p] = False
            for e in range(offsets[v], offsets[v + 1]):
                found = good[after[e], p]
                for q in range(good.shape[1]):
                    if found:
                        break
                    found = good[after[e], q] and way[p, q]
                if not found:
                    good[v, p] = False
