"""When each layer of one sample is done: the referee's walk for the objective `latency`.

The layers on an accelerator are one block: it starts when every tensor that it reads from outside is there, takes the
worker's whole load (layers, tensors in, tensors out), and gives all its results at its end. A layer on a host starts
when all that it reads is there, whatever else the host does. The input is there at 0. (Tarnawski et al., NeurIPS 2020,
latency minimisation with one block per accelerator.)
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass, field

from formulations.placement.load import Load
from formulations.placement.plan import PlacementPlan
from formulations.placement.problem import PlacementProblem

__all__ = ["Walk", "walk"]


@dataclass(slots=True, kw_only=True)
class Walk:
    """Start and end of every layer in seconds, by layer; `stuck` says what waits for itself."""

    start_s: dict[int, float] = field(default_factory=dict)
    end_s: dict[int, float] = field(default_factory=dict)
    stuck: list[str] = field(default_factory=list)

    @property
    def latency_s(self) -> float:
        """Seconds until the last layer is done."""
        return max(self.end_s.values())


def walk(problem: PlacementProblem, plan: PlacementPlan, loads: Mapping[int, Load]) -> Walk:
    """Return the walk of a plan that puts every layer on a worker whose load is in `loads`, by node."""
    network, where = problem.network, plan.node.tolist()
    boards = {worker.node for worker in problem.workers if not worker.host}
    seconds = {worker.node: problem.layer_seconds(worker.node) for worker in problem.workers}
    # a unit starts as a whole: the block of an accelerator by ("block", node), a layer on a host by ("layer", layer)
    unit = {v: ("block", where[v]) if where[v] in boards else ("layer", v) for v in range(1, len(where))}
    layers: dict[tuple[str, int], list[int]] = {}
    for v, one in unit.items():
        layers.setdefault(one, []).append(v)
    reads: dict[tuple[str, int], set[int]] = {one: set() for one in layers}
    waiting: dict[int, list[tuple[str, int]]] = {}
    for a, b in network.edges:
        if a and unit[a] != unit[b] and a not in reads[unit[b]]:
            reads[unit[b]].add(a)
            waiting.setdefault(a, []).append(unit[b])
    found, now = Walk(), 0.0
    due: list[tuple[float, tuple[str, int]]] = []

    def start(one: tuple[str, int]) -> None:
        kind, number = one
        takes = loads[number].seconds(overlap=False) if kind == "block" else float(seconds[where[number]][number])
        for v in layers[one]:
            found.start_s[v] = now
        heapq.heappush(due, (now + takes, one))

    for one in layers:
        if not reads[one]:
            start(one)
    while due:
        now, one = heapq.heappop(due)
        for v in layers[one]:
            found.end_s[v] = now
            for other in waiting.get(v, []):
                reads[other].discard(v)
                if not reads[other]:
                    start(other)
    name = problem.instance.system.node_name
    found.stuck = [
        f"node {name(number)}: its block never starts, since blocks wait for each other"
        for kind, number in layers
        if kind == "block" and layers[kind, number][0] not in found.end_s
    ]
    return found
