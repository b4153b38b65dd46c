"""What happens under a plan of the family `schedule`: every activity with its start, end, joules and money.

An operation takes ``layer_seconds / speed`` on its node; while its seconds are not 0 it holds a core there. A transfer
takes, on every link of its way, ``latency + bytes / rate``, and where links are serial it holds all links of its way from
its start to its end: a shared resource (a radio cell) as one, any other link in each direction by itself.

A node takes part if it runs an operation other than an input, or sends or receives. It is switched on once, at the
start of its first such activity, and off at the end of its last:

    E = sum over nodes that take part (idle_watts (off - on) + switch_on_joules)
        + sum over operations layer_joules
        + sum over transfers (bytes sum joules_per_byte + transmit_watts of the sender x seconds).

These are the runtime, switching and computing energy of Chen et al., TPDS 33(3), 2022; `layer_joules` are here what
computing takes beyond being on. The price is seconds of operations at the nodes' `price_per_s` and bytes at the links'
`price_per_byte`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

import numpy as np

from formulations.schedule.plan import SchedulePlan
from formulations.schedule.problem import ScheduleProblem
from instances.columns import FloatArray

__all__ = ["Activity", "Trace", "trace_of"]


class Activity(NamedTuple):
    """One operation (`to` is -1) or one transfer of its tensor to node `to`."""

    task: int
    layer: int
    node: int
    to: int
    start_s: float
    end_s: float
    joules: float
    price: float
    channels: frozenset[int] = frozenset()


@dataclass(slots=True, kw_only=True)
class Trace:
    """What happens under a plan.

    Parameters
    ----------
    operations, transfers : list of Activity
        Of every operation but the inputs; of every transfer.
    end_s : array, shape (n_tasks,)
        When each task ends.
    on_s, off_s : dict
        Window of every node that takes part.
    runtime_j, switching_j : dict
        Energy of every node that takes part.
    """

    operations: list[Activity] = field(default_factory=list)
    transfers: list[Activity] = field(default_factory=list)
    end_s: FloatArray = field(default_factory=lambda: np.empty(0))
    on_s: dict[int, float] = field(default_factory=dict)
    off_s: dict[int, float] = field(default_factory=dict)
    runtime_j: dict[int, float] = field(default_factory=dict)
    switching_j: dict[int, float] = field(default_factory=dict)

    @property
    def activities(self) -> list[Activity]:
        """Operations and transfers."""
        return [*self.operations, *self.transfers]

    @property
    def makespan_s(self) -> float:
        """End of the last task."""
        return float(self.end_s.max())

    @property
    def energy_j(self) -> float:
        """Energy of all nodes and links."""
        direct = sum(one.joules for one in self.activities)
        return direct + sum(self.runtime_j.values()) + sum(self.switching_j.values())

    @property
    def price(self) -> float:
        """Money for all seconds and bytes."""
        return sum(one.price for one in self.activities)


def trace_of(problem: ScheduleProblem, plan: SchedulePlan) -> Trace:
    """Return what happens under `plan`, whose operations and transfers are where they may be."""
    system, load = problem.instance.system, problem.instance.workload
    trace = Trace(end_s=np.zeros(problem.n_tasks))

    @cache
    def of(network: int, node: int) -> tuple[list[float], list[float], float]:
        """Return seconds and joules of all layers, and the price of a second."""
        costs, kind = problem.instance.costs[network], system.node_kind[node]
        seconds: list[float] = (costs.layer_seconds[kind] / system.node_speed[node]).tolist()
        return seconds, costs.layer_joules[kind].tolist(), float(system.node_price_per_s[node])

    nodes, starts, offsets = plan.node.tolist(), plan.start_s.tolist(), problem.offsets.tolist()
    for task, network in enumerate(load.task_network.tolist()):
        first = offsets[task]
        for layer in range(1, offsets[task + 1] - first):
            node, start = nodes[first + layer], starts[first + layer]
            seconds, joules, price = of(network, node)
            took = seconds[layer]
            trace.operations.append(
                Activity(
                    task=task,
                    layer=layer,
                    node=node,
                    to=-1,
                    start_s=start,
                    end_s=start + took,
                    joules=joules[layer],
                    price=took * price,
                )
            )
    for row in range(len(plan.transfer_operation)):
        trace.transfers.append(_transfer(problem, plan, row))
    for one in trace.operations:
        trace.end_s[one.task] = max(trace.end_s[one.task], one.end_s)
    for one in trace.transfers:
        back = one.layer == len(problem.network_of(one.task)) - 1
        if back:
            trace.end_s[one.task] = max(trace.end_s[one.task], one.end_s)
    for one in trace.activities:
        for node in {one.node, one.to} - {-1}:
            trace.on_s[node] = min(trace.on_s.get(node, np.inf), one.start_s)
            trace.off_s[node] = max(trace.off_s.get(node, -np.inf), one.end_s)
    for node in trace.on_s:
        kind_of = system.kinds[system.node_kind[node]]
        trace.runtime_j[node] = kind_of.idle_watts * (trace.off_s[node] - trace.on_s[node])
        trace.switching_j[node] = kind_of.switch_on_joules
    return trace


def _transfer(problem: ScheduleProblem, plan: SchedulePlan, row: int) -> Activity:
    system = problem.instance.system
    operation, to = int(plan.transfer_operation[row]), int(plan.transfer_node[row])
    task = int(np.searchsorted(problem.offsets, operation, "right")) - 1
    layer = operation - int(problem.offsets[task])
    node = int(plan.node[operation])
    way = problem.ways.way(node, to)
    assert way is not None  # checked before
    size = float(problem.network_of(task).output_bytes[layer])
    seconds = problem.ways.seconds(way, size)
    links = [lane % system.n_links for lane in way]
    watts = system.kinds[system.node_kind[node]].transmit_watts
    start = float(plan.transfer_start_s[row])
    return Activity(
        task=task,
        layer=layer,
        node=node,
        to=to,
        start_s=start,
        end_s=start + seconds,
        joules=size * float(sum(system.link_joules_per_byte[link] for link in links)) + watts * seconds,
        price=size * float(sum(system.link_price_per_byte[link] for link in links)),
        channels=problem.ways.channels(way),
    )
