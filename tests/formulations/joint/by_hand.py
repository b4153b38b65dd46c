"""Tiny problems whose every second, joule and coin fits in a comment: round rates, short chains, named nodes.

A device does 1 operation/s at 3 W (1 W idle, 2 W sending), an edge 4 operations/s at 5 W, a cloud 16
operations/s at 10 W. The network `CHAIN` has layers of 8, 16 and 32 operations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from formulations.joint.plan import JointPlan, Shares
from formulations.joint.problem import JointOptions, JointProblem
from instances.costs.table import CostTable
from instances.instance import Instance
from instances.networks.graph import Exit, Layer, NetworkGraph, Variant
from instances.system import NodeKind, Resource, System, Tier
from instances.workload import Workload

KINDS = (
    NodeKind(name="device", operations_per_s=1.0, idle_watts=1.0, busy_watts=3.0, transmit_watts=2.0),
    NodeKind(name="edge", operations_per_s=4.0, busy_watts=5.0),
    NodeKind(name="cloud", operations_per_s=16.0, busy_watts=10.0),
)
TIERS = {"d": Tier.DEVICE, "e": Tier.EDGE, "c": Tier.CLOUD, "r": Tier.ROUTER}


@dataclass(frozen=True, kw_only=True)
class Node:
    """A node; the first letter of its name is its tier (d, e, c, r), and its kind is its tier's."""

    name: str
    resource: str | None = None
    speed: float = 1.0
    memory: float = np.inf
    price: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Link:
    """A link between two nodes."""

    source: str
    target: str
    rate: float
    latency: float = 0.0
    joules: float = 0.0
    price: float = 0.0
    resource: str | None = None


@dataclass(frozen=True, kw_only=True)
class Task:
    """A task; its candidates are routes, each a path of nodes from its source."""

    source: str = "d"
    network: int = 0
    weight: float = 1.0
    deadline: float = np.inf
    floor: float = 0.0
    candidates: tuple[str, ...] = ()


def network(
    operations: Sequence[float],
    parameters: Sequence[float],
    outputs: Sequence[float],
    edges: Sequence[tuple[int, int]] | None = None,
    **more: Any,
) -> NetworkGraph:
    """Return a network of layers "input", "a", "b", ...; a chain without `edges`."""
    names = ["input", *"abcdefgh"[: len(operations) - 1]]
    layers = tuple(
        Layer(
            name=name,
            kind="input" if name == "input" else "conv",
            operations=float(operations[i]),
            parameter_bytes=float(parameters[i]),
            output_bytes=float(outputs[i]),
        )
        for i, name in enumerate(names)
    )
    chain = tuple((i, i + 1) for i in range(len(names) - 1))
    return NetworkGraph(**{"name": "net", "layers": layers, "edges": tuple(edges or chain), **more})


CHAIN = network(
    (0, 8, 16, 32),
    (0, 10, 20, 40),
    (100, 60, 30, 2),
    accuracy=0.9,
    exits=(Exit(name="early", after=2, accuracy=0.6, operations=4.0, parameter_bytes=5.0),),
    variants=(Variant(name="half", accuracy=0.8, compute_factor=0.5, parameter_factor=0.25, output_factor=0.1),),
)


def costs_of(net: NetworkGraph) -> CostTable:
    """Seconds by operations over the kind's rate, joules by its busy watts."""
    rate = np.array([[kind.operations_per_s] for kind in KINDS])
    watts = np.array([[kind.busy_watts] for kind in KINDS])
    heads = np.array([ex.operations for ex in net.exits]).reshape(1, -1)
    layers = net.operations.reshape(1, -1)
    return CostTable(
        layer_seconds=layers / rate,
        layer_joules=layers / rate * watts,
        head_seconds=heads / rate,
        head_joules=heads / rate * watts,
    )


def instance(
    nodes: Sequence[Node],
    links: Sequence[Link] = (),
    tasks: Sequence[Task] = (Task(),),
    routes: Sequence[str] = (),
    networks: Sequence[NetworkGraph] = (CHAIN,),
) -> Instance:
    """Return the instance of these parts.

    `routes` are paths of node names ("e-c") beside those that the tasks' candidates name; a step takes the first
    link between its two nodes.
    """
    names = [n.name for n in nodes]
    number = {name: i for i, name in enumerate(names)}
    shared = [r for r in dict.fromkeys([*(n.resource for n in nodes), *(x.resource for x in links)]) if r]
    resource = {None: -1, **{name: i for i, name in enumerate(shared)}}
    ends = [(x.source, x.target) for x in links]
    paths = [tuple(path.split("-")) for path in [*(p for t in tasks for p in t.candidates), *routes]]
    steps = [[ends.index(pair) for pair in pairwise(path)] for path in paths]
    tiers = [TIERS[n.name[0]] for n in nodes]
    own_nodes = {n.resource for n in nodes}
    system = System(
        kinds=KINDS,
        resources=tuple(Resource(name=name, kind="node" if name in own_nodes else "link") for name in shared),
        node_names=tuple(names),
        node_tier=tiers,
        node_kind=[-1 if tier == Tier.ROUTER else int(tier) for tier in tiers],
        node_resource=[resource[n.resource] for n in nodes],
        node_speed=[n.speed for n in nodes],
        node_memory_bytes=[n.memory for n in nodes],
        node_price_per_s=[n.price for n in nodes],
        node_x=[np.nan] * len(nodes),
        node_y=[np.nan] * len(nodes),
        link_source=[number[x.source] for x in links],
        link_target=[number[x.target] for x in links],
        link_resource=[resource[x.resource] for x in links],
        link_bytes_per_s=[x.rate for x in links],
        link_latency_s=[x.latency for x in links],
        link_joules_per_byte=[x.joules for x in links],
        link_price_per_byte=[x.price for x in links],
        route_source=[number[path[0]] for path in paths],
        route_target=[number[path[-1]] for path in paths],
        route_offsets=np.cumsum([0, *map(len, steps)]),
        route_links=[at for step in steps for at in step],
    )
    counts = [len(t.candidates) for t in tasks]
    workload = Workload(
        task_network=[t.network for t in tasks],
        task_source=[number[t.source] for t in tasks],
        task_weight=[t.weight for t in tasks],
        task_deadline_s=[t.deadline for t in tasks],
        task_accuracy_floor=[t.floor for t in tasks],
        task_release_s=[0.0] * len(tasks),
        candidate_offsets=np.cumsum([0, *counts]),
        candidate_site=[number[path.split("-")[-1]] for t in tasks for path in t.candidates],
        candidate_route=range(sum(counts)) if sum(counts) else [],
    )
    return Instance(
        name="by-hand",
        networks=tuple(networks),
        system=system,
        workload=workload,
        costs=tuple(costs_of(net) for net in networks),
    )


def problem(given: Instance, **options: Any) -> JointProblem:
    """Return the problem of `given` with `options`."""
    return JointProblem(instance=given, options=JointOptions(**options))


def plan(*rows: tuple[int, ...], version: Sequence[int] | int = 0, shares: Any = None) -> JointPlan:
    """Return the plan of rows (candidate, cloud, device_until, edge_until), one a task.

    `shares` are rows (task, resource, share).
    """
    columns = np.array(rows, dtype=np.int64).reshape(-1, 4)
    given = None
    if shares is not None:
        table = np.array(shares, dtype=np.float64).reshape(-1, 3)
        given = Shares(task=table[:, 0].astype(int), resource=table[:, 1].astype(int), share=table[:, 2])
    return JointPlan(
        version=np.broadcast_to(np.asarray(version, dtype=np.int64), (len(columns),)),
        candidate=columns[:, 0],
        cloud=columns[:, 1],
        device_until=columns[:, 2],
        edge_until=columns[:, 3],
        shares=given,
    )
