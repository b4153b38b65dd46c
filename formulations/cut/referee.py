"""The referee of the family `cut`: prices a plan from the definition and lists what it breaks.

It shares no code with the cases, the batched evaluator or the mathematical models: it walks the
layers and follows every tensor over its links.

Seconds of a layer on node n are ``layer_seconds / speed``; the layers of one inference run one after
the other, and so do its transfers: ``latency = sum of layers + sum over (tensor, link) of
(bytes / rate + link latency)``. While the device computes its joules are the layers'; while one of
its links sends it draws `transmit_watts`; while it waits for anything else, `idle_watts`. The
stages of the pipeline are the nodes and the links, those of one shared resource together; a stage
is busy for its layers' seconds or for its tensors' ``bytes / rate``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from formulations.cut.plan import CutPlan
from formulations.cut.problem import CutProblem
from formulations.cut.routing import Way
from formulations.score import Score
from formulations.versions import Version, versions_of
from instances.errors import InputError
from instances.networks.graph import NetworkGraph
from instances.system import Tier

__all__ = ["LIMIT_TOLERANCE", "Account", "account_of", "evaluate"]

LIMIT_TOLERANCE = 1e-9
"""Relative amount by which a limit may be passed."""
_MOST_LINES = 20


@dataclass(slots=True, kw_only=True)
class Account:
    """What one inference costs.

    `stage_s` holds the busy seconds of every node, link and shared resource that is used, by name;
    `crossings` every tensor's bytes over every link: (layer, link name, bytes); `memory_bytes` and `operations`
    what each node holds and does.
    """

    latency_s: float = 0.0
    device_energy_j: float = 0.0
    energy_j: float = 0.0
    price: float = 0.0
    upload_s: float = 0.0
    accuracy: float = 0.0
    stage_s: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    memory_bytes: defaultdict[int, float] = field(default_factory=lambda: defaultdict(float))
    operations: defaultdict[int, float] = field(default_factory=lambda: defaultdict(float))
    crossings: list[tuple[int, str, float]] = field(default_factory=list)

    @property
    def bottleneck_s(self) -> float:
        """Seconds of the busiest stage."""
        return max(self.stage_s.values(), default=0.0)


def evaluate(problem: CutProblem, plan: CutPlan) -> Score:
    """Price `plan` and list its violations.

    Returns
    -------
    Score
        Value None where the placement means nothing (no such version, node or way).

    Raises
    ------
    InputError
        If the plan is for another number of layers or levels.
    """
    if len(plan.node) != len(problem.network):
        raise InputError("plan", f"must place {len(problem.network)} layers", len(plan.node))
    if len(plan.helpers) != len(problem.levels):
        raise InputError("plan", f"must name {len(problem.levels)} helpers", len(plan.helpers))
    broken = _structure(problem, plan)
    if broken:
        return _unpriced(broken)
    account = account_of(problem, plan)
    if isinstance(account, str):
        return _unpriced([account])
    options = problem.options
    completion = account.latency_s + (options.inferences - 1) * account.bottleneck_s
    value = (
        options.latency_weight * (completion + options.upload_factor * account.upload_s)
        + options.device_energy_weight * account.device_energy_j
        + options.energy_weight * account.energy_j
        + options.price_weight * account.price
        + options.bottleneck_weight * account.bottleneck_s
    )
    if options.error_weight:
        value += options.error_weight * (1.0 - account.accuracy)
    violations = [*_backward(problem, plan), *_over_limits(problem, account)]
    if not np.isfinite(value):
        return _unpriced([*violations, "the objective is beyond the range of numbers"])
    return Score(
        value=value,
        violations=tuple(violations),
        latency_s=np.array([account.latency_s]),
        energy_j=np.array([account.energy_j]),
        price=np.array([account.price]),
        loads=_loads(problem, account, completion),
    )


def account_of(problem: CutProblem, plan: CutPlan) -> Account | str:
    """Return what `plan` costs, or the line that says why it cannot be priced."""
    system, network, costs = problem.instance.system, problem.network, problem.costs
    version = versions_of(network)[plan.version]
    account = Account(accuracy=version.accuracy)
    idle = system.kinds[system.node_kind[problem.source]].idle_watts
    for layer in np.flatnonzero(plan.node >= 0).tolist():
        node = int(plan.node[layer])
        kind, speed = system.node_kind[node], system.node_speed[node]
        seconds = costs.layer_seconds[kind, layer] * version.compute_factor
        joules = costs.layer_joules[kind, layer] * version.compute_factor
        weights = network.parameter_bytes[layer] * version.parameter_factor
        operations = network.operations[layer] * version.compute_factor
        if version.exit >= 0 and layer == version.last:
            head = network.exits[version.exit]
            seconds += costs.head_seconds[kind, version.exit]
            joules += costs.head_joules[kind, version.exit]
            weights += head.parameter_bytes
            operations += head.operations
        seconds /= speed
        account.latency_s += seconds
        account.energy_j += joules
        account.price += seconds * system.node_price_per_s[node]
        account.memory_bytes[node] += weights
        account.operations[node] += operations
        resource = system.node_resource[node]
        stage = f"resource {system.resources[resource].name}" if resource >= 0 else f"node {system.node_name(node)}"
        account.stage_s[stage] += seconds
        if node == problem.source:
            account.device_energy_j += joules
        else:
            account.device_energy_j += idle * seconds
            account.energy_j += idle * seconds
            way = problem.ways.way(plan.helpers.tolist(), 0, problem.level_of[node])
            if way is None:
                return f"no way from the device to {system.node_name(node)}"
            account.upload_s += sum(weights / system.link_bytes_per_s[lane % system.n_links] for lane in way)
    for layer, ways in _journeys(problem, plan):
        for way in ways:
            if way is None:
                return f"layer {network.layers[layer].name}: no way for its tensor"
        _ship(problem, account, layer, network.output_bytes[layer] * version.output_factor, ways)  # type: ignore[arg-type]
    return account


def _journeys(problem: CutProblem, plan: CutPlan) -> Iterator[tuple[int, list[Way | None]]]:
    """Yield every tensor that moves, with its way to each node that reads it."""
    network, level_of, helpers = problem.network, problem.level_of, plan.helpers.tolist()
    readers: dict[int, set[int]] = {}
    for a, b in network.edges:
        if plan.node[a] >= 0 and plan.node[b] >= 0 and plan.node[a] != plan.node[b]:
            readers.setdefault(a, set()).add(int(plan.node[b]))
    last = versions_of(network)[plan.version].last
    if problem.options.return_result and plan.node[last] != problem.source:
        readers.setdefault(last, set()).add(problem.source)
    for layer, nodes in sorted(readers.items()):
        start = level_of[int(plan.node[layer])]
        yield layer, [problem.ways.way(helpers, start, level_of[node]) for node in sorted(nodes)]


def _ship(problem: CutProblem, account: Account, layer: int, size: float, ways: list[Way]) -> None:
    """Charge one tensor: once a link of its ways, or each of its ways in full."""
    system = problem.instance.system
    device = system.kinds[system.node_kind[problem.source]]
    lanes = [lane for way in ways for lane in way]
    if problem.options.payment == "per_link":
        lanes = sorted(set(lanes))
    for lane in lanes:
        link, back = lane % system.n_links, lane >= system.n_links
        seconds = size / system.link_bytes_per_s[link]
        latency = system.link_latency_s[link]
        account.latency_s += seconds + latency
        account.price += size * system.link_price_per_byte[link]
        start = system.link_target[link] if back else system.link_source[link]
        leaves = start == problem.source
        watts = device.transmit_watts if leaves else device.idle_watts
        drawn = seconds * watts + latency * device.idle_watts
        carried = size * system.link_joules_per_byte[link]
        account.device_energy_j += drawn + (carried if leaves else 0.0)
        account.energy_j += drawn + carried
        resource = system.link_resource[link]
        name = system.link_name(link) + (" backwards" if back else "")
        stage = f"resource {system.resources[resource].name}" if resource >= 0 else f"link {name} ({link})"
        account.stage_s[stage] += seconds
        account.crossings.append((layer, name, size))


def _structure(problem: CutProblem, plan: CutPlan) -> list[str]:
    """List what makes a placement mean nothing."""
    network, system = problem.network, problem.instance.system
    versions = versions_of(network)
    if not 0 <= plan.version < len(versions):
        return ["no such version of the network"]
    if problem.options.versions == "full" and plan.version != 0:
        return ["only the full network is allowed"]
    for level, node in enumerate(plan.helpers.tolist()):
        if node not in problem.levels[level]:
            return [f"helper of level {level} must be one of its nodes"]
    needed = _needed(network, versions[plan.version])
    helpers = set(plan.helpers.tolist())
    lines = []
    for layer, node in enumerate(plan.node.tolist()):
        name = network.layers[layer].name
        if layer not in needed:
            if node != -1:
                lines.append(f"layer {name}: does not run in this version")
        elif node not in helpers:
            lines.append(f"layer {name}: must run on one of the plan's helpers")
    if not lines and plan.node[0] != problem.source:
        lines.append(f"layer {network.layers[0].name}: the input is on {system.node_name(problem.source)}")
    return lines[:_MOST_LINES]


def _needed(network: NetworkGraph, version: Version) -> set[int]:
    """Return the layers that the version's last layer depends on, with itself."""
    needed = {version.last}
    for a, b in sorted(network.edges, key=lambda edge: -edge[1]):
        if b in needed:
            needed.add(a)
    return needed


def _backward(problem: CutProblem, plan: CutPlan) -> list[str]:
    """List tensors that go to a lower level."""
    if problem.options.excursions:
        return []
    layers, level = problem.network.layers, problem.level_of
    lines = [
        f"layer {layers[b].name}: runs on a lower level than {layers[a].name}, which it reads"
        for a, b in problem.network.edges
        if plan.node[a] >= 0 and plan.node[b] >= 0 and level[int(plan.node[b])] < level[int(plan.node[a])]
    ]
    return lines[:_MOST_LINES]


def _over_limits(problem: CutProblem, account: Account) -> list[str]:
    """List limits that are passed."""
    options, system = problem.options, problem.instance.system
    lines = []
    if problem.accuracy_floor > 0 and not account.accuracy >= problem.accuracy_floor:
        lines.append(f"accuracy {account.accuracy:.6g} is below the floor {problem.accuracy_floor:.6g}")
    provider = sum(work for node, work in account.operations.items() if node != problem.source)
    for what, got, limit, unit in (
        ("latency", account.latency_s, options.latency_limit_s, " s"),
        ("device energy", account.device_energy_j, options.device_energy_limit_j, " J"),
        ("energy", account.energy_j, options.energy_limit_j, " J"),
        ("price", account.price, options.price_limit, ""),
        ("bottleneck", account.bottleneck_s, options.bottleneck_limit_s, " s"),
        ("operations off the device", provider, options.provider_operations_limit, ""),
    ):
        if limit is not None and not got <= limit * (1 + LIMIT_TOLERANCE):
            lines.append(f"{what} {got:.9g}{unit}, limit {limit:.9g}{unit}")
    if options.memory:
        for node, used in sorted(account.memory_bytes.items()):
            limit = float(system.node_memory_bytes[node])
            if not used <= limit * (1 + LIMIT_TOLERANCE):
                lines.append(f"node {system.node_name(node)}: memory {used:.6g} bytes, limit {limit:.6g}")
    return lines


def _loads(problem: CutProblem, account: Account, completion: float) -> dict[str, float]:
    """Return the share of the work on each tier and the figures of the pipeline."""
    system = problem.instance.system
    total = sum(account.operations.values())
    tier: defaultdict[int, float] = defaultdict(float)
    for node, work in account.operations.items():
        tier[int(system.node_tier[node])] += work
    deadline = float(problem.instance.workload.task_deadline_s[problem.options.task])
    return {
        **{
            f"{one.name.lower()}_work": tier[one] / total if total else 0.0
            for one in (Tier.DEVICE, Tier.EDGE, Tier.CLOUD)
        },
        "split_tasks": float(sum(work > 0 for work in account.operations.values()) > 1),
        "deadline_misses": float(account.latency_s > deadline),
        "device_energy_j": account.device_energy_j,
        "bottleneck_s": account.bottleneck_s,
        "completion_s": completion,
        "upload_s": account.upload_s,
        "shipped_bytes": float(sum(size for *_, size in account.crossings)),
    }


def _unpriced(violations: list[str]) -> Score:
    nothing = np.empty(0)
    return Score(value=None, violations=tuple(violations), latency_s=nothing, energy_j=nothing, price=nothing)
