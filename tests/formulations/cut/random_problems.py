"""Small random cut problems: chains and DAGs, two to four levels, helpers, every objective, limits now and then."""

from __future__ import annotations

from typing import Any

import numpy as np

from formulations.cut.cases import cases_of
from formulations.cut.evaluator import evaluate_levels, monotone_levels
from formulations.cut.problem import CutOptions, CutProblem
from instances.networks.graph import Exit, Layer, NetworkGraph, Variant
from instances.one_inference import Machine, Wire, one_inference
from instances.system import Tier


def random_network(rng: np.random.Generator, n_layers: int, *, chain: bool, versions: bool = False) -> NetworkGraph:
    """Return a network of `n_layers` layers, the input counted."""
    edges = {(v - 1, v) for v in range(1, n_layers)} if chain else set()
    if not chain:
        for v in range(1, n_layers):
            for u in rng.choice(v, size=min(v, int(rng.integers(1, 4))), replace=False).tolist():
                edges.add((max(u, v - 4), v))
        for v in range(n_layers - 1):
            if not any(a == v for a, _ in edges):
                edges.add((v, int(rng.integers(v + 1, n_layers))))
    layers = tuple(
        Layer(
            name=f"l{v}",
            kind="conv" if v else "input",
            operations=float(rng.integers(0, 100)) if v else 0.0,
            parameter_bytes=float(rng.integers(0, 50)) if v else 0.0,
            output_bytes=float(rng.choice([0, rng.integers(1, 30), rng.integers(1, 300)])),
        )
        for v in range(n_layers)
    )
    plain = NetworkGraph(name="random", layers=layers, edges=tuple(sorted(edges)), accuracy=0.9)
    if not versions:
        return plain
    cuts = [int(c) for c in plain.cut_points() if 0 < c < n_layers - 1]
    return NetworkGraph(
        name="random",
        layers=layers,
        edges=plain.edges,
        accuracy=0.9,
        exits=tuple(Exit(name="exit", after=c, accuracy=0.7, operations=5.0, parameter_bytes=3.0) for c in cuts[:1]),
        variants=(Variant(name="small", accuracy=0.8, compute_factor=0.6, parameter_factor=0.5, output_factor=0.7),),
    )


def random_instance(rng: np.random.Generator, network: NetworkGraph, groups: tuple[int, ...], *, far: bool) -> Any:
    """Return an instance of ``len(groups) + 1`` levels with so many helpers; `far`: wires past a level too."""
    names = [["here"], *[[f"n{level}x{i}" for i in range(count)] for level, count in enumerate(groups, 1)]]
    machines, n = [], len(network)
    for level, own in enumerate(names):
        for name in own:
            seconds = rng.uniform(0.05, 2.0, n) / (1.0 + rng.choice([0.0, 1.0, 3.0]) * level)
            seconds[rng.random(n) < 0.15] = 0.0
            seconds[0] = 0.0
            machines.append(
                Machine(
                    name=name,
                    seconds=seconds,
                    joules=seconds * rng.uniform(1, 4, n),
                    head_seconds=rng.uniform(0, 0.3, len(network.exits)),
                    tier=Tier.DEVICE if level == 0 else Tier.EDGE if level < len(groups) else Tier.CLOUD,
                    idle_watts=float(rng.choice([0.0, 0.5])),
                    transmit_watts=float(rng.choice([0.0, 1.5])),
                    price_per_s=float(rng.uniform(0, 2)),
                    memory_bytes=float(rng.choice([np.inf, 0.7 * network.parameter_bytes.sum()])),
                )
            )
    wires = []
    for start, own in enumerate(names):
        for end in range(start + 1, len(names)):
            if end > start + 1 and not far:
                continue
            for a in own:
                for b in names[end]:
                    wires.append(
                        Wire(
                            source=a,
                            target=b,
                            bytes_per_s=float(rng.uniform(20, 400)),
                            latency_s=float(rng.choice([0.0, 0.1])),
                            joules_per_byte=float(rng.choice([0.0, 0.01])),
                            price_per_byte=float(rng.choice([0.0, 0.02])),
                            shared="air" if rng.random() < 0.2 else None,
                        )
                    )
    if rng.random() < 0.3 and len(names) > 1:
        wires.append(Wire(source=names[-1][0], target="here", bytes_per_s=float(rng.uniform(20, 400))))
    return one_inference(network, machines, wires)


def level_option(groups: tuple[int, ...]) -> str:
    """Return the `levels` option of `random_instance`'s nodes."""
    return "/".join(",".join(f"n{level}x{i}" for i in range(count)) for level, count in enumerate(groups, 1))


OBJECTIVES: tuple[dict[str, float], ...] = (
    {},
    {"latency_weight": 0.0, "device_energy_weight": 1.0},
    {"latency_weight": 0.0, "energy_weight": 1.0},
    {"latency_weight": 0.5, "energy_weight": 0.2, "price_weight": 0.7},
    {"latency_weight": 1.0, "upload_factor": 0.3},
    {"latency_weight": 0.0, "bottleneck_weight": 1.0},
    {"latency_weight": 1.0, "inferences": 20},
)


def random_problem(
    seed: int,
    *,
    chain: bool | None = None,
    most_layers: int = 12,
    most_levels: int = 4,
    plain: bool = False,
    excursions: bool | None = None,
) -> CutProblem:
    """Return a problem with every quirk; `plain`: a sum of costs without limits, far wires or excursions."""
    rng = np.random.default_rng([seed, 5])
    chain = bool(rng.random() < 0.5) if chain is None else chain
    k = int(rng.integers(2, most_levels + 1))
    n = int(rng.integers(2, min(most_layers, {2: 12, 3: 8, 4: 6}[k] if not chain else 12) + 1))
    groups = tuple(int(rng.choice([1, 1, 1, 2])) for _ in range(k - 1))
    back = False if plain else bool(rng.random() < 0.15) if excursions is None else excursions
    if back:
        n = min(n, {2: 10, 3: 7, 4: 6}[k])
    versions = bool(rng.random() < 0.25)
    network = random_network(rng, n, chain=chain, versions=versions)
    far = not plain and bool(rng.random() < 0.3)
    instance = random_instance(rng, network, groups, far=far)
    options: dict[str, Any] = {
        "levels": level_option(groups),
        "versions": "any" if versions else "full",
        "excursions": back,
        "return_result": bool(rng.random() < 0.3),
        "payment": "per_destination" if not plain and rng.random() < 0.25 else "per_link",
        "memory": not plain and bool(rng.random() < 0.5),
        **OBJECTIVES[int(rng.integers(5 if plain else len(OBJECTIVES)))],
    }
    if versions:
        options |= {"error_weight": 3.0, "accuracy_floor": float(rng.choice([0.0, 0.75, 0.85]))}
    problem = CutProblem(instance=instance, options=CutOptions(**options))
    if plain or rng.random() < 0.6:
        return problem
    return limited(rng, instance, options, problem)


def limited(rng: np.random.Generator, instance: Any, options: dict[str, Any], problem: CutProblem) -> CutProblem:
    """Return `problem` with a limit between the least and the most that its placements have."""
    case = next(cases_of(problem), None)
    if case is None:
        return problem
    rows = monotone_levels(case, 10**6)
    assert rows is not None
    found = evaluate_levels(case, rows[rng.integers(len(rows), size=min(len(rows), 60))])
    share = float(rng.uniform(0.2, 0.8))

    def between(values: Any) -> float:
        return float(np.quantile(values, share)) * 1.0001 + 1e-6

    which = rng.choice(
        [
            "latency_limit_s",
            "device_energy_limit_j",
            "energy_limit_j",
            "price_limit",
            "bottleneck_limit_s",
            "provider_operations_limit",
        ]
    )
    limit = {
        "latency_limit_s": between(found.measures[0]),
        "device_energy_limit_j": between(found.measures[1]),
        "energy_limit_j": between(found.measures[2]),
        "price_limit": between(found.measures[3]),
        "bottleneck_limit_s": between(found.bottleneck_s),
        "provider_operations_limit": share * float(case.operations.sum()) + 1e-6,
    }[which]
    return CutProblem(instance=instance, options=CutOptions(**options, **{which: limit}))
