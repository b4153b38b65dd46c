"""Random small placement problems, layered graphs, and the optimum by trying every plan."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np

from formulations.placement.plan import PlacementPlan
from formulations.placement.problem import PlacementOptions, PlacementProblem
from formulations.placement.referee import evaluate
from instances.instance import Instance
from instances.networks.graph import Layer, NetworkGraph
from instances.one_inference import Machine, Wire, one_inference

__all__ = ["best_of_all", "layered", "random_problem"]


def _network(name: str, layers: list[Layer], edges: set[tuple[int, int]]) -> NetworkGraph:
    last, made = len(layers) - 1, {a for a, _ in edges}
    closed = edges | {(v, last) for v in range(last) if v not in made}
    return NetworkGraph(name=name, layers=tuple(layers), edges=tuple(sorted(closed)))


def random_problem(
    seed: int, *, most_layers: int = 5, contiguous: bool | None = None, latency: bool = False
) -> PlacementProblem:
    """Return a problem of a few layers, with classes, layers for hosts only, and machines alike or not."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, most_layers + 1))
    layers = [Layer(name="in", kind="input", output_bytes=float(rng.integers(0, 5)))]
    edges = set()
    for v in range(1, n + 1):
        kind = "op" + (" host" if rng.random() < 0.15 else "")
        kind += f" class:{rng.integers(2)}" if rng.random() < 0.3 else ""
        weights, size = float(rng.integers(0, 4)), float(rng.integers(0, 6))
        layers.append(Layer(name=f"l{v}", kind=kind, parameter_bytes=weights, output_bytes=size))
        edges |= {(int(p), v) for p in rng.choice(v, size=min(v, int(rng.integers(1, 3))), replace=False)}
    alike = rng.random() < 0.6
    fast, slow = np.r_[0.0, rng.integers(0, 6, n)], np.r_[0.0, rng.integers(0, 14, n)]
    k = int(rng.integers(1, 4))
    boards = [
        Machine(
            name=f"a{i}",
            seconds=fast * (1.0 if alike else 1.0 + i / 2),
            memory_bytes=8.0 if alike else float(rng.integers(3, 14)),
        )
        for i in range(k)
    ]
    wires = [Wire(source="cpu", target=f"a{i}", bytes_per_s=2.0 if alike else 2.0 + i) for i in range(k)]
    options = PlacementOptions(
        contiguous=bool(rng.random() < 0.6) if contiguous is None else contiguous,
        overlap=bool(rng.random() < 0.4),
        hosts="device" if rng.random() < 0.8 else "none",
        memory=bool(rng.random() < 0.8),
    )
    if latency:
        options = replace(options, objective="latency", contiguous=True, overlap=False)
    cpu = Machine(name="cpu", seconds=slow)
    instance = one_inference(_network("random", layers, edges), [cpu, *boards], wires)
    if latency and k > 1 and rng.random() < 0.3:
        first = instance.system.node_name(int(instance.workload.task_source[0]))
        options = replace(options, hosts=f"{first},a0")
    return PlacementProblem(instance=instance, options=options)


def best_of_all(problem: PlacementProblem) -> float | None:
    """Return the least value of all plans, None where none keeps every rule."""
    nodes = [worker.node for worker in problem.workers]
    scores = [
        evaluate(problem, PlacementPlan(node=np.array([-1, *chosen])))
        for chosen in product(nodes, repeat=len(problem.network) - 1)
    ]
    values = [score.value for score in scores if score.feasible and score.value is not None]
    return min(values, default=None)


def layered(n: int, width: int, seed: int, *, full: bool, bytes_up_to: float = 0.6, accelerators: int = 6) -> Instance:
    """Return an instance of `n` layers in ranks of at most `width`, on a CPU and accelerators ten times as fast.

    With `full` each layer reads the whole rank before its own, otherwise up to three of it.
    """
    rng = np.random.default_rng(seed)
    layers, edges, before = [Layer(name="in", kind="input", output_bytes=0.0)], set(), [0]
    while len(layers) <= n:
        start = len(layers)
        rank = list(range(start, start + min(int(rng.integers(1, width + 1)), n + 1 - start)))
        for v in rank:
            count = len(before) if full else min(len(before), int(rng.integers(1, 4)))
            edges |= {(int(p), v) for p in rng.choice(before, size=count, replace=False)}
            layers.append(
                Layer(
                    name=f"l{v}",
                    kind="op",
                    parameter_bytes=float(rng.uniform(1, 10)),
                    output_bytes=float(rng.uniform(0, bytes_up_to)),
                )
            )
        before = rank
    fast = np.r_[0.0, rng.uniform(0.1, 2.0, n)]
    limit = 5.5 * n * 1.3 / accelerators
    boards = [Machine(name=f"a{i}", seconds=fast, memory_bytes=limit) for i in range(accelerators)]
    wires = [Wire(source="cpu", target=board.name, bytes_per_s=1.0) for board in boards]
    return one_inference(_network("layered", layers, edges), [Machine(name="cpu", seconds=10.0 * fast), *boards], wires)
