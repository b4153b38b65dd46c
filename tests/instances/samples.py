"""Small valid instances, built by hand from the dataclasses, for tests anywhere."""

from __future__ import annotations

import numpy as np

from instances.columns import FloatArray
from instances.costs.table import CostTable
from instances.instance import Instance
from instances.networks.graph import Exit, Layer, NetworkGraph, Variant
from instances.system import NodeKind, Resource, System, Tier
from instances.workload import Workload

KINDS = (
    NodeKind(name="board", operations_per_s=1e9, memory_bytes=4e9, busy_watts=5.0, transmit_watts=1.5),
    NodeKind(name="server", operations_per_s=5e10, memory_bytes=64e9, bytes_per_s=1e11, source="invented"),
    NodeKind(name="farm", operations_per_s=4e11, peak_operations_per_s=1e12),
)


def chain_network(name: str = "chain") -> NetworkGraph:
    """Five layers in a row, with an early exit and a compressed version."""
    sizes = (6e5, 8e5, 2e5, 4e4, 4e3)
    layers = tuple(
        Layer(
            name="input" if i == 0 else f"layer{i}",
            kind=("input", "conv", "conv", "pool", "linear")[i],
            operations=(0.0, 3e8, 5e8, 1e6, 4e7)[i],
            parameter_bytes=(0.0, 1e5, 2e6, 0.0, 5e6)[i],
            output_bytes=size,
            output_shape=(3, 224, 224) if i == 0 else (),
            kernel=(3, 3) if i in (1, 2) else None,
            stride=(1, 1) if i in (1, 2) else None,
            padding=(1, 1) if i in (1, 2) else None,
        )
        for i, size in enumerate(sizes)
    )
    return NetworkGraph(
        name=name,
        layers=layers,
        edges=((0, 1), (1, 2), (2, 3), (3, 4)),
        accuracy=0.75,
        exits=(Exit(name="early", after=2, accuracy=0.6, operations=1e6, parameter_bytes=1e4, leave_share=0.4),),
        variants=(Variant(name="pruned", accuracy=0.7, compute_factor=0.5, parameter_factor=0.4, output_factor=0.9),),
        source="invented",
    )


def branch_network(name: str = "branch") -> NetworkGraph:
    """A diamond: two branches that meet again."""
    kinds = ("input", "conv", "conv", "conv", "add", "linear")
    layers = tuple(
        Layer(name=f"{kind}{i}", kind=kind, operations=1e7 * i, parameter_bytes=1e4 * i, output_bytes=1e5 / (i + 1))
        for i, kind in enumerate(kinds)
    )
    return NetworkGraph(name=name, layers=layers, edges=((0, 1), (1, 2), (1, 3), (2, 4), (3, 4), (4, 5)))


def filled_costs(net: NetworkGraph, rng: np.random.Generator) -> CostTable:
    """Seconds by operations over the kind's rate, a little scattered; joules of one watt a kind."""

    def on_kinds(operations: FloatArray) -> FloatArray:
        rates = np.array([kind.operations_per_s for kind in KINDS])
        seconds: FloatArray = operations / rates[:, None] * rng.uniform(0.9, 1.1, (len(KINDS), len(operations)))
        return seconds

    layers, heads = on_kinds(net.operations), on_kinds(np.array([ex.operations for ex in net.exits]))
    watts = np.array([[5.0], [90.0], [400.0]])
    return CostTable(layer_seconds=layers, layer_joules=layers * watts, head_seconds=heads, head_joules=heads * watts)


def small_instance(seed: int = 0) -> Instance:
    """A valid instance: 1-2 edges, 1 cloud, 2 devices, 2-5 tasks, a shared radio cell and backhaul an edge.

    Nodes are the edges, the cloud, then the unnamed devices. Routes lead from each device to each edge and to
    the cloud over each edge, and from each edge to the cloud. A pure function of `seed`.
    """
    rng = np.random.default_rng(seed)
    n_edges, n_devices = 1 + seed % 2, 2
    n_tasks = int(rng.integers(2, 6))
    edges, cloud = list(range(n_edges)), n_edges
    devices = [n_edges + 1 + d for d in range(n_devices)]
    n_nodes = n_edges + 1 + n_devices
    resources = (
        *(Resource(name=f"edge{e}", kind="node") for e in edges),
        Resource(name="cloud0", kind="node"),
        *(Resource(name=f"cell{e}", kind="cell") for e in edges),
        *(Resource(name=f"backhaul{e}", kind="backhaul") for e in edges),
    )
    links = [(d, e, n_edges + 1 + e) for d in devices for e in edges]
    links += [(e, cloud, 2 * n_edges + 1 + e) for e in edges]
    at = {(a, b): i for i, (a, b, _) in enumerate(links)}
    routes = [(d, e, [at[d, e]]) for d in devices for e in edges]
    routes += [(d, cloud, [at[d, e], at[e, cloud]]) for d in devices for e in edges]
    routes += [(e, cloud, [at[e, cloud]]) for e in edges]
    is_radio = np.array([target != cloud for _, target, _ in links])
    system = System(
        kinds=KINDS,
        resources=resources,
        node_names=(*(f"edge{e}" for e in edges), "cloud0"),
        node_tier=[Tier.EDGE] * n_edges + [Tier.CLOUD] + [Tier.DEVICE] * n_devices,
        node_kind=[1] * n_edges + [2] + [0] * n_devices,
        node_resource=[*edges, n_edges] + [-1] * n_devices,
        node_speed=rng.uniform(0.5, 2.0, n_nodes),
        node_memory_bytes=[64e9] * n_edges + [np.inf] + [4e9] * n_devices,
        node_price_per_s=[1e-5] * n_edges + [4e-5] + [0.0] * n_devices,
        node_x=[*rng.uniform(0, 500, n_edges), np.nan, *rng.uniform(0, 500, n_devices)],
        node_y=[*rng.uniform(0, 500, n_edges), np.nan, *rng.uniform(0, 500, n_devices)],
        link_source=[a for a, _, _ in links],
        link_target=[b for _, b, _ in links],
        link_resource=[r for _, _, r in links],
        link_bytes_per_s=np.where(is_radio, 5e6, 1e8) * rng.uniform(0.5, 1.5, len(links)),
        link_latency_s=np.where(is_radio, 0.002, 0.02),
        link_joules_per_byte=np.where(is_radio, 3e-7, 0.0),
        link_price_per_byte=np.where(is_radio, 0.0, 1e-10),
        route_source=[a for a, _, _ in routes],
        route_target=[b for _, b, _ in routes],
        route_offsets=np.cumsum([0, *(len(path) for _, _, path in routes)]),
        route_links=[link for _, _, path in routes for link in path],
    )
    source = [devices[k % n_devices] for k in range(n_tasks)]
    reach = [[i for i, (a, b, _) in enumerate(routes) if a == s and b in edges] for s in source]
    networks = (chain_network(), branch_network())
    workload = Workload(
        task_network=[k % 2 for k in range(n_tasks)],
        task_source=source,
        task_weight=rng.uniform(0.5, 2.0, n_tasks),
        task_deadline_s=[np.inf if k % 2 else 0.5 for k in range(n_tasks)],
        task_accuracy_floor=[0.65 if k % 3 == 0 and k % 2 == 0 else 0.0 for k in range(n_tasks)],
        task_release_s=rng.uniform(0.0, 1.0, n_tasks),
        candidate_offsets=np.cumsum([0, *(len(rows) for rows in reach)]),
        candidate_site=[routes[i][1] for rows in reach for i in rows],
        candidate_route=[i for rows in reach for i in rows],
    )
    return Instance(
        name=f"small-{seed}",
        networks=networks,
        system=system,
        workload=workload,
        costs=tuple(filled_costs(net, rng) for net in networks),
        provenance={"made_by": "tests", "seed": seed},
    )
