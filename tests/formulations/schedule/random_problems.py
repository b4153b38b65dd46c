"""Small random schedule problems: chains and DAGs, two to four nodes, shared and own links, every objective."""

from __future__ import annotations

from typing import Any

import numpy as np

from formulations.schedule.problem import ScheduleOptions, ScheduleProblem
from instances.costs.table import CostTable
from instances.generators.assembly import assemble, links, nodes, routes
from instances.instance import Instance
from instances.networks.graph import Layer, NetworkGraph
from instances.system import NodeKind, Resource, Tier
from instances.workload import Workload

OBJECTIVES: tuple[dict[str, float], ...] = (
    {},
    {"makespan_weight": 0.0, "response_weight": 1.0},
    {"makespan_weight": 0.0, "weighted_response_weight": 1.0},
    {"makespan_weight": 0.0, "tardiness_weight": 1.0, "response_weight": 0.01},
    {"makespan_weight": 0.0, "missed_weight": 1.0, "price_weight": 0.05},
    {"makespan_weight": 0.0, "energy_weight": 1.0},
    {"makespan_weight": 0.5, "energy_weight": 0.25, "price_weight": 0.5},
    {"makespan_weight": 0.0, "tardiness_weight": 2.0, "energy_weight": 0.5},
    {"makespan_weight": 0.0, "missed_weight": 4.0, "energy_weight": 0.5, "weighted_response_weight": 0.1},
)
"""By number; those from 5 on are not regular."""
REGULAR = 5


def random_network(rng: np.random.Generator, name: str, n_layers: int, *, chain: bool) -> NetworkGraph:
    """Return a network of `n_layers` layers behind its input."""
    n = n_layers + 1
    edges = {(v - 1, v) for v in range(1, n)} if chain else set()
    if not chain:
        for v in range(1, n):
            edges |= {(int(u), v) for u in rng.choice(v, size=min(v, int(rng.integers(1, 3))), replace=False)}
        for v in range(n - 1):
            if not any(a == v for a, _ in edges):
                edges.add((v, int(rng.integers(v + 1, n))))
    layers = tuple(
        Layer(
            name=f"l{v}" if v else "input",
            kind="conv" if v else "input",
            operations=float(rng.integers(0, 100)) if v else 0.0,
            parameter_bytes=float(rng.integers(0, 9)) if v else 0.0,
            output_bytes=float(rng.choice([0, rng.integers(1, 5), rng.integers(1, 33)])),
        )
        for v in range(n)
    )
    return NetworkGraph(name=name, layers=layers, edges=tuple(sorted(edges)), accuracy=0.9)


def random_instance(
    rng: np.random.Generator, *, n_tasks: int, n_layers: int, n_nodes: int, most_cores: int, chain: bool | None
) -> Instance:
    """Return an instance of up to two devices, edges and at most one cloud; every time is a multiple of 1/8 s."""
    devices = 1 if n_nodes < 3 else int(rng.integers(1, 3))
    tiers = [Tier.DEVICE] * devices + [Tier.EDGE] * (n_nodes - devices)
    if n_nodes - devices > 1 and rng.random() < 0.6:
        tiers[-1] = Tier.CLOUD
    names = [f"{tier.name.lower()}-{i}" for i, tier in enumerate(tiers)]
    kinds = tuple(
        NodeKind(
            name=f"kind-{name}",
            operations_per_s=1.0,
            idle_watts=float(rng.integers(0, 5)),
            transmit_watts=float(rng.integers(0, 3)),
            cores=int(rng.integers(1, most_cores + 1)),
            switch_on_joules=float(rng.choice([0, 0, 1, 4])),
        )
        for name in names
    )
    networks = tuple(
        random_network(
            rng,
            f"net-{i}",
            int(rng.integers(1, n_layers + 1)),
            chain=bool(rng.random() < 0.5) if chain is None else chain,
        )
        for i in range(int(rng.integers(1, n_tasks + 1)))
    )
    costs = []
    for network in networks:
        seconds = rng.integers(1, 33, size=(n_nodes, len(network))) / 8.0
        seconds[rng.random(seconds.shape) < 0.1] = 0.0
        seconds[:, 0] = 0.0
        joules = rng.integers(0, 9, size=seconds.shape) * seconds / 4.0
        heads = np.empty((n_nodes, 0))
        costs.append(CostTable(layer_seconds=seconds, layer_joules=joules, head_seconds=heads, head_joules=heads))
    edges = [i for i, tier in enumerate(tiers) if tier == Tier.EDGE]
    clouds = [i for i, tier in enumerate(tiers) if tier == Tier.CLOUD]
    pairs = [(a, b) for a in range(devices) for b in edges] + [(a, b) for a in edges for b in clouds]
    if rng.random() < 0.3:  # a way back of its own
        pairs.append((pairs[0][1], pairs[0][0]))
    if len(edges) > 1 and rng.random() < 0.5:
        pairs.append((edges[0], edges[1]))
    shared = rng.random(len(pairs)) < 0.5
    ends = np.array(pairs)
    system = assemble(
        kinds,
        [Resource(name="air", kind="cell")],
        names,
        [
            nodes(
                n_nodes,
                tier=np.array([int(tier) for tier in tiers]),
                kind=np.arange(n_nodes),
                speed=rng.choice([1.0, 1.0, 2.0], size=n_nodes),
                memory_bytes=rng.choice([np.inf, np.inf, 20.0], size=n_nodes),
                price_per_s=rng.integers(0, 4, size=n_nodes) / 2.0,
            )
        ],
        [
            links(
                len(pairs),
                source=ends[:, 0],
                target=ends[:, 1],
                resource=np.where(shared, 0, -1),
                bytes_per_s=rng.choice([2.0, 4.0, 8.0], size=len(pairs)),
                latency_s=rng.choice([0.0, 0.25], size=len(pairs)),
                joules_per_byte=rng.choice([0.0, 0.125], size=len(pairs)),
                price_per_byte=rng.choice([0.0, 0.0625], size=len(pairs)),
            )
        ],
        [routes(ends[:, 0], ends[:, 1], np.arange(len(pairs)))],
    )
    source = rng.integers(0, devices, size=n_tasks)
    reached = [[row for row, (a, b) in enumerate(pairs) if a == device and b in edges] for device in source.tolist()]
    rows = [row for some in reached for row in some]
    workload = Workload(
        task_network=rng.integers(0, len(networks), size=n_tasks),
        task_source=source,
        task_weight=rng.integers(1, 5, size=n_tasks) / 2.0,
        task_deadline_s=np.where(rng.random(n_tasks) < 0.2, np.inf, rng.integers(8, 80, size=n_tasks) / 8.0),
        task_accuracy_floor=np.zeros(n_tasks),
        task_release_s=rng.choice([0.0, 0.0, 0.5, 1.25], size=n_tasks),
        candidate_offsets=np.cumsum([0, *map(len, reached)]),
        candidate_site=ends[rows, 1],
        candidate_route=np.array(rows),
    )
    return Instance(name="random", networks=networks, system=system, workload=workload, costs=tuple(costs))


def random_problem(
    seed: int,
    *,
    n_tasks: int | None = None,
    n_layers: int | None = None,
    n_nodes: int | None = None,
    most_cores: int = 2,
    chain: bool | None = None,
    objective: int | None = None,
    plain: bool = False,
    **options: Any,
) -> ScheduleProblem:
    """Return a problem with every quirk.

    Parameters
    ----------
    seed : int
        The same seed, the same problem.
    n_tasks, n_layers, n_nodes : int, optional
        Tasks, most layers of a network behind its input, and nodes; absent: 1 to 3, 2 or 3, 2 to 4.
    most_cores : int
        Of any node.
    chain : bool, optional
        Whether networks are chains; absent: some are.
    objective : int, optional
        Row of `OBJECTIVES`; absent: any.
    plain : bool
        No hard deadlines, limits, pins, results to return or memory.
    options
        Of `ScheduleOptions`, in place of what is drawn.
    """
    rng = np.random.default_rng([seed, 6])
    tasks, layers, sites = int(rng.integers(1, 4)), int(rng.integers(2, 4)), int(rng.integers(2, 5))
    instance = random_instance(
        rng,
        n_tasks=n_tasks or tasks,
        n_layers=n_layers or layers,
        n_nodes=n_nodes or sites,
        most_cores=most_cores,
        chain=chain,
    )
    row = int(rng.integers(len(OBJECTIVES)))
    drawn: dict[str, Any] = {
        "links": str(rng.choice(["free", "serial"])),
        "nodes": str(rng.choice(["reachable", "all"])),
        "deadlines": str(rng.choice(["soft", "soft", "hard"])),
        "pin_first": bool(rng.random() < 0.2),
        "return_result": bool(rng.random() < 0.3),
        "memory": bool(rng.random() < 0.4),
    }
    if rng.random() < 0.15:
        drawn["makespan_limit_s"] = float(rng.integers(16, 120)) / 8.0
    if rng.random() < 0.15:
        drawn["energy_limit_j"] = float(rng.integers(10, 120))
    if rng.random() < 0.15:
        drawn["price_limit"] = float(rng.integers(1, 12))
    if plain:
        drawn = {"links": drawn["links"], "nodes": drawn["nodes"], "memory": False}
    return ScheduleProblem(
        instance=instance,
        options=ScheduleOptions(**{**drawn, **OBJECTIVES[row if objective is None else objective], **options}),
    )
