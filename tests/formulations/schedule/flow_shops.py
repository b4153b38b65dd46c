"""Small flow shops: a device, an uplink of a byte a second and a server, with random chains; and their optima by trying all."""

from __future__ import annotations

from itertools import permutations, product
from typing import Any

import numpy as np

from formulations.schedule.flow_shop import FlowShop, flow_shop_of
from formulations.schedule.flow_shop_plan import stage_times
from formulations.schedule.problem import ScheduleOptions, ScheduleProblem
from instances.many_inferences import many_inferences
from instances.networks.graph import Layer, NetworkGraph
from instances.one_inference import Machine, Wire, one_inference

RESPONSE = {"makespan_weight": 0.0, "response_weight": 1.0}


def chain(sizes: list[float], name: str = "chain", weights: float = 0.0) -> NetworkGraph:
    layers = tuple(
        Layer(
            name=f"l{v}",
            kind="conv" if v else "input",
            operations=float(v > 0),
            parameter_bytes=weights if v else 0.0,
            output_bytes=size,
        )
        for v, size in enumerate(sizes)
    )
    return NetworkGraph(name=name, layers=layers, edges=tuple((v - 1, v) for v in range(1, len(sizes))))


def shop_problem(
    networks: list[NetworkGraph],
    device: list[Any],
    part: Any,
    *,
    server: list[Any] | None = None,
    release: Any = 0.0,
    cores: int = 1,
    device_cores: int = 1,
    device_memory: float = np.inf,
    links: str = "serial",
    **options: Any,
) -> ScheduleProblem:
    """Return the problem; seconds of layers are by network, without the input's."""
    parts = []
    for i, network in enumerate(networks):
        there = np.zeros(len(network)) if server is None else np.r_[0.0, server[i]]
        machines = [
            Machine(name="phone", seconds=np.r_[0.0, device[i]], cores=device_cores, memory_bytes=device_memory),
            Machine(name="server", seconds=there, cores=cores),
        ]
        wires = [Wire(source="phone", target="server", bytes_per_s=1.0)]
        parts.append(one_inference(network, machines, wires))
    chosen = ScheduleOptions(links=links, **options)  # type: ignore[arg-type]
    return ScheduleProblem(instance=many_inferences(parts, part, release_s=release), options=chosen)


def random_shop(
    seed: int, *, jobs: int = 4, layers: int = 3, served: float = 0.0, released: bool = False, **options: Any
) -> ScheduleProblem:
    """Return up to `jobs` jobs of one or two chains of up to `layers` layers."""
    rng = np.random.default_rng(seed)
    networks, device, server = [], [], []
    for i in range(int(rng.integers(1, 3))):
        k = int(rng.integers(1, layers + 1))
        networks.append(chain(rng.uniform(0.05, 3.0, k + 1).tolist(), f"c{i}"))
        device.append(rng.uniform(0.1, 2.0, k) * (rng.random(k) < 0.9))
        server.append(rng.uniform(0.0, served, k) if served else np.zeros(k))
    n = int(rng.integers(1, jobs + 1))
    part = rng.integers(0, len(networks), n)
    release = rng.uniform(0.0, 3.0, n) if released else 0.0
    return shop_problem(networks, device, part, server=server, release=release, **options)


def shop_of(problem: ScheduleProblem) -> FlowShop:
    found = flow_shop_of(problem)
    assert isinstance(found, FlowShop), found
    return found


def least(shop: FlowShop, *, response: bool = False, one_order: bool = False) -> float:
    """Return the least makespan or mean response over all cuts and all orders, on every stage its own or one for all."""
    orders = [np.array(one) for one in permutations(range(shop.n_jobs))]
    best = np.inf
    for rows in product(*(range(len(shop.classes[one].cut)) for one in shop.class_of.tolist())):
        cut = np.array(rows)
        for chosen in [(one,) * 3 for one in orders] if one_order else product(orders, repeat=3):
            end = stage_times(shop, cut, *chosen).end_s
            best = min(best, float((end - shop.release).mean()) if response else float(end.max()))
    return best
