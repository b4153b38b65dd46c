"""The referee of the family `placement`: prices a plan from the definition and lists what it breaks.

It shares no code with the methods' arrays and models: it walks the layers and the edges. The load of a worker is the
seconds of its layers plus, on an accelerator, ``bytes * seconds_per_byte`` once for every tensor with a producer on
one side of the worker's border and a reader on the other, whichever way it goes. The input is on no worker. The
latency of one sample is the end of the walk in `formulations.placement.latency_walk`.
"""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter

import numpy as np

from formulations.placement.latency_walk import walk
from formulations.placement.load import Load
from formulations.placement.plan import PlacementPlan
from formulations.placement.problem import LATENCY, PlacementProblem, Worker, layer_rules
from formulations.score import Score
from instances.errors import InputError

__all__ = ["LIMIT_TOLERANCE", "evaluate", "loads_of"]

LIMIT_TOLERANCE = 1e-9
"""Relative amount by which a limit may be passed."""
_MOST_LINES = 20


def evaluate(problem: PlacementProblem, plan: PlacementPlan) -> Score:
    """Return the score of `plan`; its value is the maximum load or the latency in seconds, as the problem says.

    Raises
    ------
    InputError
        If the plan is for another number of layers.
    """
    if len(plan.node) != len(problem.network):
        raise InputError("plan", f"must place {len(problem.network)} layers", len(plan.node))
    broken = _structure(problem, plan)
    loads = {} if broken else loads_of(problem, plan)
    ends = None
    if not broken and problem.options.objective == LATENCY:
        ends = walk(problem, plan, loads)
        broken = ends.stuck
    if broken:
        nothing = np.empty(0)
        return Score(value=None, violations=tuple(broken), latency_s=nothing, energy_j=nothing, price=nothing)
    system = problem.instance.system
    violations = [*_apart(problem, plan), *_over_memory(problem, loads)]
    if ends is None and problem.options.contiguous and not _pipeline(problem, plan):
        violations.append("the workers stand in no order in which no tensor goes back")
    rows = range(1, len(plan.node))
    joules = sum(float(problem.costs.layer_joules[system.node_kind[plan.node[v]], v]) for v in rows)
    price = sum(load.compute_s * float(system.node_price_per_s[node]) for node, load in loads.items())
    hosts = {worker.node for worker in problem.workers if worker.host}
    if ends is None:
        value = max(load.seconds(problem.options.overlap) for load in loads.values())
        latency = sum(load.seconds(overlap=False) for load in loads.values())
    else:
        value = latency = ends.latency_s
    return Score(
        value=value,
        violations=tuple(violations),
        latency_s=np.array([latency]),
        energy_j=np.array([joules]),
        price=np.array([price]),
        loads={
            "used_workers": float(len(set(plan.node[1:].tolist()))),
            "transfer_s": float(sum(load.in_s + load.out_s for load in loads.values())),
            "host_s": float(sum(load.compute_s for node, load in loads.items() if node in hosts)),
        },
    )


def loads_of(problem: PlacementProblem, plan: PlacementPlan) -> dict[int, Load]:
    """Return the load of every worker, by node."""
    network, workers = problem.network, {worker.node: worker for worker in problem.workers}
    loads = {node: Load() for node in workers}
    seconds = {node: problem.layer_seconds(node) for node in workers}
    where = plan.node.tolist()
    for layer, node in enumerate(where[1:], start=1):
        loads[node].compute_s += float(seconds[node][layer])
        loads[node].memory_bytes += float(network.parameter_bytes[layer])
    readers: dict[int, set[int]] = {}
    for a, b in network.edges:
        readers.setdefault(a, set()).add(where[b])
    for a, nodes in readers.items():
        size = float(network.output_bytes[a])
        for node in nodes - {where[a]}:
            loads[node].in_s += size * workers[node].seconds_per_byte
        if where[a] in workers and nodes - {where[a]}:
            loads[where[a]].out_s += size * workers[where[a]].seconds_per_byte
    return loads


def _structure(problem: PlacementProblem, plan: PlacementPlan) -> list[str]:
    """List what makes a placement mean nothing."""
    layers, workers = problem.network.layers, {worker.node: worker for worker in problem.workers}
    lines = [] if plan.node[0] == -1 else [f"layer {layers[0].name}: the input runs nowhere"]
    for layer, node in enumerate(plan.node.tolist()[1:], start=1):
        worker: Worker | None = workers.get(node)
        if worker is None:
            lines.append(f"layer {layers[layer].name}: must run on a worker of the problem")
        elif layer_rules(layers[layer].kind)[0] and not worker.host:
            lines.append(f"layer {layers[layer].name}: runs on hosts only")
    return lines[:_MOST_LINES]


def _apart(problem: PlacementProblem, plan: PlacementPlan) -> list[str]:
    """List classes whose layers do not share a worker."""
    found: dict[str, set[int]] = {}
    for layer, node in zip(problem.network.layers[1:], plan.node.tolist()[1:], strict=True):
        name = layer_rules(layer.kind)[1]
        if name is not None:
            found.setdefault(name, set()).add(node)
    return [f"class {name}: its layers must share a worker" for name, nodes in found.items() if len(nodes) > 1][
        :_MOST_LINES
    ]


def _over_memory(problem: PlacementProblem, loads: dict[int, Load]) -> list[str]:
    """List accelerators that hold too much."""
    name, lines = problem.instance.system.node_name, []
    for worker in problem.workers:
        used, limit = loads[worker.node].memory_bytes, problem.memory_limit(worker)
        if not used <= limit * (1 + LIMIT_TOLERANCE):
            lines.append(f"node {name(worker.node)}: memory {used:.6g} bytes, limit {limit:.6g}")
    return lines


def _pipeline(problem: PlacementProblem, plan: PlacementPlan) -> bool:
    """Return whether the workers can stand in an order in which no tensor goes back."""
    before: dict[int, set[int]] = {}
    for a, b in problem.network.edges:
        if a and plan.node[a] != plan.node[b]:
            before.setdefault(int(plan.node[b]), set()).add(int(plan.node[a]))
    try:
        TopologicalSorter(before).prepare()
    except CycleError:
        return False
    return True
