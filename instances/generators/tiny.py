"""Tiny random instances with every quirk that a method may meet, small enough for brute force."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Literal

import numpy as np

from instances.columns import FloatArray, IntArray
from instances.costs.calibrated import Calibrated
from instances.errors import InputError
from instances.generators.assembly import assemble, links, nodes, routes
from instances.generators.common import above_zero, at_least, at_most, finite
from instances.generators.registry import generator
from instances.instance import Instance
from instances.networks.graph import Exit, Layer, NetworkGraph, Variant
from instances.system import NodeKind, Resource, System, Tier
from instances.workload import Workload

__all__ = ["TinyParams", "options_of_chain", "tiny"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TinyParams:
    """Parameters of `tiny`; a pair low, high is drawn evenly with both ends.

    Parameters
    ----------
    tasks_low, tasks_high : int
        Number of tasks.
    edges_low, edges_high : int
        Number of edges, all of which every task reaches.
    layers_low, layers_high : int
        Layers of a network, the virtual input layer not counted.
    options_low, options_high : int
        Options of a task (see `options_of_chain`); networks are drawn so that theirs lie within.
    networks_high : int
        Most different networks in an instance.
    branches : bool
        Allow layers that are no cut points, because a branch spans them.
    exits, variants : bool
        Allow an early exit, a compressed version.
    zero_layers : float
        Share of layers without operations.
    weight_high : int
        Weights are whole numbers in 1..weight_high.
    zero_weights : float
        Share of tasks of weight 0. Default 0: where tasks with and without weight meet on a resource, optimal shares
        do not exist, so a sharing rule may refuse them.
    memory : str
        Memory limits of edges and clouds: ``none``, ``loose`` (all fit together), ``binding`` (not all fit),
        ``infeasible`` (devices hold nothing, edges and cloud too little), or ``any`` of the first three.
    floors : str
        Accuracy floors: ``none``, ``any`` (some version of the network meets it) or ``infeasible`` (for one task
        none does).
    deadline_factor : float
        Deadline as a factor on the seconds of the whole network on the task's device.
    access, backhaul : str
        ``dedicated``, ``shared`` or ``any``: whether tasks share the time of an edge's access link and of its
        backhaul.
    """

    tasks_low: int = 2
    tasks_high: int = 6
    edges_low: int = 1
    edges_high: int = 2
    layers_low: int = 2
    layers_high: int = 5
    options_low: int = 4
    options_high: int = 12
    networks_high: int = 3
    branches: bool = True
    exits: bool = True
    variants: bool = True
    zero_layers: float = 0.15
    weight_high: int = 10
    zero_weights: float = 0.0
    memory: Literal["none", "loose", "binding", "infeasible", "any"] = "any"
    floors: Literal["none", "any", "infeasible"] = "any"
    deadline_factor: float = inf
    access: Literal["dedicated", "shared", "any"] = "any"
    backhaul: Literal["dedicated", "shared", "any"] = "any"

    def __post_init__(self) -> None:
        finite(self, "deadline_factor")
        for what, most in (("tasks", 100), ("edges", 20), ("layers", 50), ("options", 10**6)):
            at_least(self, 1, f"{what}_low")
            at_least(self, getattr(self, f"{what}_low"), f"{what}_high")
            at_most(self, most, f"{what}_high")
        at_least(self, 1, "networks_high", "weight_high")
        at_most(self, 2**31, "weight_high")
        at_least(self, 0, "zero_layers", "zero_weights")
        at_most(self, 1, "zero_layers", "zero_weights")
        above_zero(self, "deadline_factor")
        for name, allowed in (
            ("memory", ("none", "loose", "binding", "infeasible", "any")),
            ("floors", ("none", "any", "infeasible")),
            ("access", ("dedicated", "shared", "any")),
            ("backhaul", ("dedicated", "shared", "any")),
        ):
            if getattr(self, name) not in allowed:
                raise InputError(f"parameter {name}", f"must be one of {', '.join(allowed)}", getattr(self, name))
        for edges in range(self.edges_low, self.edges_high + 1):
            if not _shapes(self, edges):
                raise InputError(
                    "parameters options_low, options_high", f"no network has so many options over {edges} edges"
                )


def options_of_chain(blocks: int, edges: int) -> int:
    """Return the number of placements of a chain of `blocks` along device, one of `edges`, cloud.

    One keeps all on the device; for every edge, the cuts i <= j out of blocks + 1 positions, but for the one that
    does that: ``1 + edges ((blocks + 1) (blocks + 2) / 2 - 1)``. Versions of a network add up.
    """
    return 1 + edges * ((blocks + 1) * (blocks + 2) // 2 - 1)


def _shapes(params: TinyParams, edges: int) -> list[tuple[int, bool, bool]]:
    """Return the networks that have the wanted number of options: (blocks between cuts, exit, variant)."""
    shapes = []
    least = 1 if params.branches else params.layers_low
    for blocks in range(least, params.layers_high + 1):
        for with_exit in (False, True):
            for with_variant in (False, True):
                if (with_exit and (blocks < 2 or not params.exits)) or (with_variant and not params.variants):
                    continue
                count = options_of_chain(blocks, edges) * (2 if with_variant else 1)
                # the exit stands after the first block, and every version has it
                count += options_of_chain(1, edges) if with_exit else 0
                if params.options_low <= count <= params.options_high:
                    shapes.append((blocks, with_exit, with_variant))
    return shapes


@generator("tiny", TinyParams)
def tiny(params: TinyParams, seed: int) -> Instance:
    """Generate a random instance small enough for brute force: short networks, few tasks, every quirk.

    Parameters
    ----------
    params : TinyParams
        What to generate.
    seed : int
        Seed of everything drawn.

    Returns
    -------
    Instance
        A line of devices, edges and one cloud; made-up networks and machines.
    """
    rng = np.random.default_rng(seed)
    n = int(rng.integers(params.tasks_low, params.tasks_high, endpoint=True))
    m = int(rng.integers(params.edges_low, params.edges_high, endpoint=True))
    shapes = _shapes(params, m)
    count = int(rng.integers(1, min(params.networks_high, n), endpoint=True))
    networks = tuple(_network(params, f"net{i}", shapes[rng.integers(len(shapes))], rng) for i in range(count))
    network = rng.integers(count, size=n)
    kinds = _kinds(rng)
    costs = tuple(Calibrated().fill(net, kinds) for net in networks)
    system = _system(params, kinds, networks, network, m, rng)
    weight = rng.integers(1, params.weight_high, size=n, endpoint=True).astype(np.float64)
    weight[rng.random(n) < params.zero_weights] = 0.0
    seconds = np.array([table.layer_seconds[0].sum() for table in costs])[network]
    workload = Workload(
        task_network=network,
        task_source=m + 1 + np.arange(n),
        task_weight=weight,
        # a network may be without any work, a deadline not without time
        task_deadline_s=np.maximum(params.deadline_factor * np.maximum(seconds, 1e-3), 1e-9),
        task_accuracy_floor=_floors(params, networks, network, rng),
        task_release_s=np.zeros(n),
        candidate_offsets=m * np.arange(n + 1),
        candidate_site=np.tile(np.arange(m), n),
        candidate_route=m + np.arange(n * m),
    )
    return Instance(name=f"tiny-{n}-{seed}", networks=networks, system=system, workload=workload, costs=costs)


def _network(params: TinyParams, name: str, shape: tuple[int, bool, bool], rng: np.random.Generator) -> NetworkGraph:
    """Return a chain of blocks, some of them with a layer inside that a branch spans."""
    blocks, with_exit, with_variant = shape
    low = max(params.layers_low, blocks)
    n = int(rng.integers(low, params.layers_high, endpoint=True)) if params.branches else blocks
    ends = np.sort(np.append(rng.choice(np.arange(1, n), size=blocks - 1, replace=False), n))
    begin = np.concatenate(([0], ends[:-1]))
    edges = [(i, i + 1) for i in range(n)]
    edges += [(int(a), int(b)) for a, b in zip(begin, ends, strict=True) if b > a + 1]
    operations = rng.uniform(1e8, 1e9, size=n) * (rng.random(n) >= params.zero_layers)
    parameters = np.round(rng.uniform(1e5, 5e6, size=n))
    outputs = np.round(10 ** rng.uniform(3.5, 6, size=n + 1))
    layers = [Layer(name="input", kind="input", output_bytes=float(outputs[0]))]
    for i in range(n):
        layers.append(
            Layer(
                name=f"layer{i + 1}",
                kind="conv",
                operations=float(operations[i]),
                parameter_bytes=float(parameters[i]),
                output_bytes=float(outputs[i + 1]),
            )
        )
    exits: tuple[Exit, ...] = ()
    if with_exit:
        exits = (
            Exit(
                name="early",
                after=int(ends[0]),
                accuracy=float(rng.uniform(0.4, 0.6)),
                operations=float(rng.uniform(0, 1e7)),
                parameter_bytes=float(np.round(rng.uniform(0, 1e5))),
                leave_share=0.5,
            ),
        )
    variants: tuple[Variant, ...] = ()
    if with_variant:
        variants = (
            Variant(
                name="small",
                accuracy=float(rng.uniform(0.6, 0.7)),
                compute_factor=float(rng.uniform(0.3, 0.9)),
                parameter_factor=float(rng.uniform(0.3, 0.9)),
                output_factor=float(rng.uniform(0.5, 1.0)),
            ),
        )
    return NetworkGraph(
        name=name,
        layers=tuple(layers),
        edges=tuple(sorted(edges)),
        accuracy=float(rng.uniform(0.7, 0.8)),
        exits=exits,
        variants=variants,
        source="random",
    )


def _kinds(rng: np.random.Generator) -> tuple[NodeKind, ...]:
    rates = {"device": 1e9, "edge": 4e9, "cloud": 2e10}
    return tuple(
        NodeKind(
            name=f"tiny-{tier}",
            operations_per_s=float(rate * rng.uniform(0.7, 1.4)),
            idle_watts=float(rng.uniform(0.5, 1)),
            busy_watts=float(rng.uniform(1, 10)),
            transmit_watts=float(rng.uniform(0.5, 2)),
            source="random",
        )
        for tier, rate in rates.items()
    )


def _system(
    params: TinyParams,
    kinds: tuple[NodeKind, ...],
    networks: tuple[NetworkGraph, ...],
    network: IntArray,
    m: int,
    rng: np.random.Generator,
) -> System:
    n = len(network)
    resources = [Resource(name=f"edge{i}", kind="node") for i in range(m)] + [Resource(name="cloud", kind="node")]
    access_resource, backhaul_resource = np.full(m, -1), np.full(m, -1)
    for rule, column, kind in (
        (params.access, access_resource, "cell"),
        (params.backhaul, backhaul_resource, "backhaul"),
    ):
        for i in range(m):
            if rule == "shared" or (rule == "any" and rng.random() < 0.5):
                column[i] = len(resources)
                resources.append(Resource(name=f"{kind}{i}", kind=kind))
    device_memory, edge_memory, cloud_memory = _memory(params, networks, network, m, rng)
    blocks = [
        nodes(
            m,
            tier=Tier.EDGE,
            kind=1,
            resource=np.arange(m),
            speed=rng.uniform(0.5, 2, size=m),
            memory_bytes=edge_memory,
            price_per_s=rng.uniform(0, 1, size=m),
        ),
        nodes(1, tier=Tier.CLOUD, kind=2, resource=m, memory_bytes=cloud_memory, price_per_s=rng.uniform(0, 2)),
        nodes(n, tier=Tier.DEVICE, kind=0, speed=rng.uniform(0.5, 2, size=n), memory_bytes=device_memory),
    ]
    backhaul = links(
        m,
        source=np.arange(m),
        target=m,
        resource=backhaul_resource,
        bytes_per_s=10 ** rng.uniform(5.5, 7, size=m),
        latency_s=rng.uniform(0, 0.05, size=m),
        joules_per_byte=rng.uniform(0, 1e-7, size=m),
        price_per_byte=rng.uniform(0, 1e-8, size=m),
    )
    source, site = m + 1 + np.repeat(np.arange(n), m), np.tile(np.arange(m), n)
    rate = 10 ** rng.uniform(5.5, 7, size=n * m)
    access = links(
        n * m,
        source=source,
        target=site,
        resource=access_resource[site],
        bytes_per_s=rate,
        latency_s=rng.uniform(0, 0.02, size=n * m),
        joules_per_byte=kinds[0].transmit_watts / rate,
        price_per_byte=rng.uniform(0, 1e-8, size=n * m),
    )
    return assemble(
        kinds,
        resources,
        [*(f"edge{i}" for i in range(m)), "cloud"],
        blocks,
        [backhaul, access],
        [routes(np.arange(m), np.full(m, m), np.arange(m)), routes(source, site, m + np.arange(n * m))],
    )


def _memory(
    params: TinyParams,
    networks: tuple[NetworkGraph, ...],
    network: IntArray,
    m: int,
    rng: np.random.Generator,
) -> tuple[float, FloatArray, float]:
    """Return the memory of a device, of every edge, and of the cloud."""
    rule = params.memory
    if rule == "any":
        rule = ("none", "loose", "binding")[rng.integers(3)]
    full = sum(networks[k].total_parameter_bytes for k in network)
    if rule == "none":
        return inf, np.full(m, inf), inf
    if rule == "loose":
        return inf, full * rng.uniform(1, 2, size=m), full
    if rule == "binding":
        # devices hold any network, so something is always left to do
        return inf, full * rng.uniform(0.1, 0.6, size=m), full * rng.uniform(0.1, 0.6)
    # no version of the tasks' networks fits all together, wherever it is put
    part = 0.9 * sum(_least_bytes(networks[k]) for k in network) / (m + 1)
    return 0.0, np.full(m, part), part


def _least_bytes(net: NetworkGraph) -> float:
    """Return the bytes of the smallest version of `net`."""
    versions = [1.0, *(variant.parameter_factor for variant in net.variants)]
    sizes = [net.total_parameter_bytes, *(net.parameter_bytes[: ex.after + 1].sum() for ex in net.exits)]
    return float(min(versions) * min(sizes))


def _floors(
    params: TinyParams,
    networks: tuple[NetworkGraph, ...],
    network: IntArray,
    rng: np.random.Generator,
) -> FloatArray:
    floors = np.zeros(len(network))
    if params.floors == "none":
        return floors
    for task, k in enumerate(network):
        net = networks[k]
        known = [0.0, *(ex.accuracy for ex in net.exits), *(variant.accuracy for variant in net.variants)]
        known.append(net.accuracy or 0.0)
        floors[task] = known[rng.integers(len(known))]
    if params.floors == "infeasible":
        floors[rng.integers(len(network))] = 0.99
    return floors
