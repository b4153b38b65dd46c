"""The static problem of DDPQN: blocks of several networks over two devices, two edges and a cloud. All figures are ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from formulations.schedule.problem import ScheduleOptions, ScheduleProblem
from formulations.schedule.trace import Trace, trace_of
from instances.columns import FloatArray
from instances.costs.table import CostTable
from instances.generators.assembly import assemble, links, nodes, routes
from instances.instance import Instance
from instances.networks.graph import Layer, NetworkGraph
from instances.system import NodeKind, Tier
from instances.workload import Workload

__all__ = ["NODES", "Criteria", "balance", "blocks", "coordination", "criteria", "dominated", "problem_of"]

MBIT = 1e6 / 8


@dataclass(frozen=True, slots=True)
class _Node:
    name: str
    tier: Tier
    operations_per_s: float
    watts: float
    price_per_s: float


NODES = (
    _Node("local0", Tier.DEVICE, 8e9, 4.0, 0.0),
    _Node("local1", Tier.DEVICE, 5e9, 2.0, 0.0),
    _Node("edge0", Tier.EDGE, 40e9, 30.0, 1e-4),
    _Node("edge1", Tier.EDGE, 60e9, 60.0, 1.5e-4),
    _Node("cloud", Tier.CLOUD, 400e9, 250.0, 1e-3),
)
"""Operations a second, watts when computing, money for a second."""

_RATES = {(0, 0): 80.0, (0, 1): 40.0, (0, 2): 8.0, (1, 1): 200.0, (1, 2): 50.0}
"""Mbit/s between two tiers."""
_LATENCIES = {(0, 0): 0.002, (0, 1): 0.005, (0, 2): 0.03, (1, 1): 0.002, (1, 2): 0.02}
_SEND_WATTS = {Tier.DEVICE: 1.2, Tier.EDGE: 5.0, Tier.CLOUD: 10.0}
_PRICE_PER_BYTE = 1e-11


def blocks(network: NetworkGraph) -> NetworkGraph:
    """Return `network` with every layer without weights joined to its producer, where that is its only one and has no other reader."""
    heads = np.arange(len(network))
    before = [[u for u, w in network.edges if w == v] for v in range(len(network))]
    readers = np.bincount([u for u, _ in network.edges], minlength=len(network))
    for v in range(1, len(network)):
        if len(before[v]) == 1 and network.parameter_bytes[v] == 0 and before[v][0] > 0 and readers[before[v][0]] == 1:
            heads[v] = heads[before[v][0]]
    kept = np.unique(heads)
    last = {int(head): int(np.flatnonzero(heads == head).max()) for head in kept}
    layers = tuple(
        Layer(
            name=network.layers[head].name,
            kind=network.layers[head].kind,
            operations=float(network.operations[heads == head].sum()),
            parameter_bytes=float(network.parameter_bytes[heads == head].sum()),
            output_bytes=network.layers[last[head]].output_bytes,
        )
        for head in kept.tolist()
    )
    place = {int(head): row for row, head in enumerate(kept)}
    edges = {(place[int(heads[u])], place[int(heads[v])]) for u, v in network.edges if heads[u] != heads[v]}
    return NetworkGraph(name=network.name, layers=layers, edges=tuple(sorted(edges)), source=network.source)


def problem_of(networks: Sequence[NetworkGraph], slower: float = 1.0, **options: Any) -> ScheduleProblem:
    """Return the problem of one task a network, in turn on the two devices.

    Parameters
    ----------
    networks : sequence of NetworkGraph
        What is run.
    slower : float
        By how much every link is slower.
    **options
        Of `ScheduleOptions`; any node may run any layer.
    """
    n = len(NODES)
    pairs = [(a, b) for a in range(n) for b in range(n) if a != b]
    levels = [(int(NODES[a].tier), int(NODES[b].tier)) for a, b in pairs]
    tiers = [(min(two), max(two)) for two in levels]
    kinds = tuple(
        NodeKind(name=one.name, operations_per_s=one.operations_per_s, transmit_watts=_SEND_WATTS[one.tier])
        for one in NODES
    )
    ends = np.array(pairs)
    system = assemble(
        kinds,
        (),
        [one.name for one in NODES],
        [
            nodes(
                n,
                tier=np.array([one.tier for one in NODES]),
                kind=np.arange(n),
                price_per_s=np.array([one.price_per_s for one in NODES]),
            )
        ],
        [
            links(
                len(pairs),
                source=ends[:, 0],
                target=ends[:, 1],
                bytes_per_s=np.array([_RATES[two] for two in tiers]) * MBIT / slower,
                latency_s=np.array([_LATENCIES[two] for two in tiers]),
                price_per_byte=np.array([_PRICE_PER_BYTE if 2 in two else 0.0 for two in tiers]),
            )
        ],
        [routes(ends[:, 0], ends[:, 1], np.arange(len(pairs)))],
    )
    source = np.arange(len(networks)) % 2
    edges = [row for row, (a, b) in enumerate(pairs) if a < 2 and NODES[b].tier is Tier.EDGE]
    rows = [row for device in source.tolist() for row in edges if pairs[row][0] == device]
    workload = Workload(
        task_network=np.arange(len(networks)),
        task_source=source,
        task_weight=np.ones(len(networks)),
        task_deadline_s=np.full(len(networks), np.inf),
        task_accuracy_floor=np.zeros(len(networks)),
        task_release_s=np.zeros(len(networks)),
        candidate_offsets=np.arange(len(networks) + 1) * 2,
        candidate_site=ends[rows, 1],
        candidate_route=np.array(rows),
    )
    rates, watts = (np.array([getattr(one, name) for one in NODES])[:, None] for name in ("operations_per_s", "watts"))
    costs = []
    for network in networks:
        seconds: FloatArray = network.operations[None, :] / rates
        none = np.empty((n, 0))
        costs.append(
            CostTable(layer_seconds=seconds, layer_joules=seconds * watts, head_seconds=none, head_joules=none)
        )
    instance = Instance(name="ddpqn", networks=tuple(networks), system=system, workload=workload, costs=tuple(costs))
    return ScheduleProblem(instance=instance, options=ScheduleOptions(**{"nodes": "all", **options}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """Delay (the makespan), energy and cost of a plan, and its node balance."""

    delay_s: float
    energy_j: float
    cost: float
    balance: float

    @property
    def three(self) -> FloatArray:
        """Delay, energy and cost."""
        return np.array([self.delay_s, self.energy_j, self.cost])


def criteria(problem: ScheduleProblem, plan: Any) -> Criteria:
    """Return the criteria of a plan, as the family's trace prices it."""
    trace = trace_of(problem, plan)
    return Criteria(delay_s=trace.makespan_s, energy_j=trace.energy_j, cost=trace.price, balance=balance(trace))


def balance(trace: Trace) -> float:
    """Return Jain's index of the nodes' busy seconds: 1 where all work equally long, 1 over their number where one works."""
    busy = np.zeros(len(NODES))
    for one in trace.operations:
        busy[one.node] += one.end_s - one.start_s
    return float(busy.sum() ** 2 / (len(busy) * (busy**2).sum())) if busy.any() else 1.0


def coordination(benefits: FloatArray, weights: Sequence[float] = (1 / 3, 1 / 3, 1 / 3)) -> FloatArray:
    """Return the coupling coordination degree ``D = sqrt(C T)`` of benefits in 0..1, shape (..., 3).

    ``C = 3 (u_1 u_2 u_3)^(1/3) / (u_1 + u_2 + u_3)`` and ``T = sum_k weights_k u_k``. With equal weights ``C T`` is the geometric
    mean, which rises in every benefit; with others it may fall in one.
    """
    total = benefits.sum(axis=-1)
    mean = np.cbrt(np.maximum(benefits, 0.0).prod(axis=-1))
    coupling = np.divide(3.0 * mean, total, out=np.zeros_like(total), where=total > 0)
    return np.asarray(np.sqrt(coupling * (benefits @ np.array(weights))), dtype=np.float64)


def dominated(points: FloatArray) -> list[tuple[int, int]]:
    """Return pairs (i, j) of rows where j is no worse than i in any column and better in one."""
    n = len(points)
    slack = 1e-9 * np.abs(points).max(axis=0)
    return [
        (i, j)
        for i in range(n)
        for j in range(n)
        if (points[j] <= points[i] + slack).all() and (points[j] < points[i] - slack).any()
    ]
