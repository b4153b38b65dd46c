"""A schedule problem as arrays: operations, nodes and tensors; what every method works on.

Nodes are numbered by position in ``case.nodes``, the nodes that some operation may run on. Channels are numbered from
0 in any order and are there only where links are serial.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from formulations.schedule.plan import SchedulePlan
from formulations.schedule.problem import ScheduleProblem
from instances.columns import BoolArray, FloatArray, IntArray

__all__ = ["ScheduleCase", "case_of"]


@dataclass(frozen=True, kw_only=True, eq=False)
class ScheduleCase:
    """The arrays; n operations, N nodes, K tasks.

    Parameters
    ----------
    problem : ScheduleProblem
        What it is about.
    nodes : int array, shape (N,)
        The node of the system at each position.
    task : int array, shape (n,)
        Task of every operation.
    is_input, is_last : bool arrays, shape (n,)
        Whether it is its task's input, or its last layer.
    source : int array, shape (K,)
        Position of every task's device.
    seconds, joules, price : arrays, shape (N, n)
        Of every operation on every node; ``inf`` seconds where it may not run; inputs take 0 on their device.
    memory : array, shape (n,)
        Bytes of weights.
    size : array, shape (n,)
        Bytes of the tensor.
    predecessors, predecessor_offsets : int arrays
        Operations that v reads: ``predecessors[predecessor_offsets[v]:predecessor_offsets[v + 1]]``, ascending.
    successors, successor_offsets : int arrays
        Operations that read v, likewise. Every predecessor has a smaller number.
    latency, seconds_per_byte, joules_per_byte, price_per_byte : arrays, shape (N, N)
        Of the way between two positions: a transfer takes ``latency + size seconds_per_byte``; ``inf`` latency where
        there is no way; 0 on the diagonal. `joules_per_byte` is of the links alone.
    transmit_watts : array, shape (N,)
        Of the sender, over the seconds of a transfer.
    channels, channel_offsets : int arrays
        Channels of the way from position a to b: ``channels[channel_offsets[a * N + b]:channel_offsets[a * N + b + 1]]``.
        Empty where links are free.
    cores : int array, shape (N,)
        Operations at the same time.
    idle_watts, switch_on_joules, memory_limit : arrays, shape (N,)
        Of every node; ``inf`` bytes where memory is no limit.
    release, deadline, weight : arrays, shape (K,)
        Of every task; `deadline` counts from the release.
    """

    problem: ScheduleProblem
    nodes: IntArray
    task: IntArray
    is_input: BoolArray
    is_last: BoolArray
    source: IntArray
    seconds: FloatArray
    joules: FloatArray
    price: FloatArray
    memory: FloatArray
    size: FloatArray
    predecessors: IntArray
    predecessor_offsets: IntArray
    successors: IntArray
    successor_offsets: IntArray
    latency: FloatArray
    seconds_per_byte: FloatArray
    joules_per_byte: FloatArray
    price_per_byte: FloatArray
    transmit_watts: FloatArray
    channels: IntArray
    channel_offsets: IntArray
    cores: IntArray
    idle_watts: FloatArray
    switch_on_joules: FloatArray
    memory_limit: FloatArray
    release: FloatArray
    deadline: FloatArray
    weight: FloatArray

    @property
    def n_operations(self) -> int:
        """Number of operations, inputs included."""
        return len(self.task)

    @property
    def n_nodes(self) -> int:
        """Number of positions."""
        return len(self.nodes)

    @property
    def n_tasks(self) -> int:
        """Number of tasks."""
        return len(self.release)

    @cached_property
    def n_channels(self) -> int:
        """Number of serial channels."""
        return int(self.channels.max()) + 1 if len(self.channels) else 0

    @cached_property
    def allowed(self) -> BoolArray:
        """Where each operation may run, shape (N, n)."""
        return np.isfinite(self.seconds)

    def predecessors_of(self, operation: int) -> IntArray:
        """Return the operations that `operation` reads."""
        return self.predecessors[self.predecessor_offsets[operation] : self.predecessor_offsets[operation + 1]]

    def successors_of(self, operation: int) -> IntArray:
        """Return the operations that read `operation`."""
        return self.successors[self.successor_offsets[operation] : self.successor_offsets[operation + 1]]

    def channels_of(self, start: int, end: int) -> IntArray:
        """Return the channels of the way between two positions."""
        row = start * self.n_nodes + end
        return self.channels[self.channel_offsets[row] : self.channel_offsets[row + 1]]

    def transfer_seconds(self, operation: int, start: int, end: int) -> float:
        """Return the seconds of the tensor of `operation` between two positions."""
        return float(self.latency[start, end] + self.size[operation] * self.seconds_per_byte[start, end])

    def transfers(self, place: IntArray) -> IntArray:
        """Return the transfers that a placement needs, shape (n_transfers, 2): operation and position it is sent to.

        Parameters
        ----------
        place : int array, shape (n,)
            Position of every operation.
        """
        reader = np.arange(self.n_operations)
        ends = np.repeat(reader, np.diff(self.predecessor_offsets))
        pairs = np.column_stack([self.predecessors, place[ends]])
        if self.problem.options.return_result:
            last = np.flatnonzero(self.is_last)
            pairs = np.concatenate([pairs, np.column_stack([last, self.source])])
        pairs = pairs[place[pairs[:, 0]] != pairs[:, 1]]
        found: IntArray = np.unique(pairs, axis=0)
        return found

    def plan(self, place: IntArray, start: FloatArray, transfers: IntArray, transfer_start: FloatArray) -> SchedulePlan:
        """Return the plan of a placement by position, with `transfers` as `transfers(place)` gives them, in any order."""
        return SchedulePlan(
            node=self.nodes[place],
            start_s=start,
            transfer_operation=transfers[:, 0],
            transfer_node=self.nodes[transfers[:, 1]],
            transfer_start_s=transfer_start,
        )


def case_of(problem: ScheduleProblem) -> ScheduleCase:
    """Return the arrays of `problem`."""
    instance, system, load = problem.instance, problem.instance.system, problem.instance.workload
    n, tasks = problem.n_operations, range(problem.n_tasks)
    where = [problem.nodes_for(task, layer) for task in tasks for layer in range(len(problem.network_of(task)))]
    nodes = np.array(sorted(set().union(*where)), dtype=np.int64)
    at = {int(node): position for position, node in enumerate(nodes)}
    rows = [
        (np.asarray(system.node_kind[nodes])[:, None], instance.costs[int(load.task_network[task])]) for task in tasks
    ]
    seconds = np.hstack([cost.layer_seconds[kind[:, 0]] for kind, cost in rows]) / system.node_speed[nodes][:, None]
    allowed = np.zeros((len(nodes), n), dtype=bool)
    for operation, some in enumerate(where):
        allowed[[at[node] for node in some], operation] = True
    inputs = problem.offsets[:-1]
    seconds[:, inputs] = 0.0
    joules = np.hstack([cost.layer_joules[kind[:, 0]] for kind, cost in rows])
    joules[:, inputs] = 0.0
    size = np.concatenate([problem.network_of(task).output_bytes for task in tasks])
    edges = np.concatenate([problem.network_of(task).edge_array + problem.offsets[task] for task in tasks])
    last = np.zeros(n, dtype=bool)
    last[problem.offsets[1:] - 1] = True
    first = np.zeros(n, dtype=bool)
    first[inputs] = True
    kinds = [system.kinds[kind] for kind in system.node_kind[nodes].tolist()]
    before, after = np.lexsort((edges[:, 0], edges[:, 1])), np.lexsort((edges[:, 1], edges[:, 0]))
    memory = np.concatenate([problem.network_of(task).parameter_bytes for task in tasks])
    limit = np.array(system.node_memory_bytes[nodes]) if problem.options.memory else np.full(len(nodes), np.inf)
    return ScheduleCase(
        problem=problem,
        nodes=nodes,
        task=np.repeat(np.arange(problem.n_tasks), np.diff(problem.offsets)),
        is_input=first,
        is_last=last,
        source=np.array([at[problem.source_of(task)] for task in tasks], dtype=np.int64),
        seconds=np.where(allowed, seconds, np.inf),
        joules=joules,
        price=seconds * system.node_price_per_s[nodes][:, None],
        memory=memory,
        size=size,
        predecessors=edges[before, 0],
        predecessor_offsets=np.searchsorted(edges[before, 1], np.arange(n + 1)),
        successors=edges[after, 1],
        successor_offsets=np.searchsorted(edges[after, 0], np.arange(n + 1)),
        **_ways(problem, nodes),
        transmit_watts=np.array([kind.transmit_watts for kind in kinds]),
        cores=np.array([kind.cores for kind in kinds], dtype=np.int64),
        idle_watts=np.array([kind.idle_watts for kind in kinds]),
        switch_on_joules=np.array([kind.switch_on_joules for kind in kinds]),
        memory_limit=limit,
        release=np.array(load.task_release_s),
        deadline=np.array(load.task_deadline_s),
        weight=np.array(load.task_weight),
    )


def _ways(problem: ScheduleProblem, nodes: IntArray) -> dict[str, Any]:
    """Return latency, seconds, joules and price of a byte, and the channels, of the way between any two positions."""
    system, n = problem.instance.system, len(nodes)
    names = ("latency", "seconds_per_byte", "joules_per_byte", "price_per_byte")
    found = {name: np.zeros((n, n)) for name in names}
    columns = (
        system.link_latency_s,
        1.0 / system.link_bytes_per_s,
        system.link_joules_per_byte,
        system.link_price_per_byte,
    )
    number: dict[int, int] = {}
    channels: list[list[int]] = []
    for a in range(n):
        for b in range(n):
            way = problem.ways.way(int(nodes[a]), int(nodes[b]))
            if way is None:
                found["latency"][a, b] = np.inf
                channels.append([])
                continue
            links = np.array(way, dtype=np.int64) % max(system.n_links, 1)
            for name, values in zip(names, columns, strict=True):
                found[name][a, b] = values[links].sum()
            held = sorted(problem.ways.channels(way)) if problem.options.links == "serial" else []
            channels.append([number.setdefault(one, len(number)) for one in held])
    return {
        **found,
        "channels": np.array([one for each in channels for one in each], dtype=np.int64),
        "channel_offsets": np.cumsum([0, *map(len, channels)], dtype=np.int64),
    }
