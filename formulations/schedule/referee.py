"""The referee of the family `schedule`: walks through a plan's events from the definition and lists what it breaks.

It shares no code with the methods' arrays, decoders and models. Seconds, joules and money of what happens are those
of `formulations.schedule.trace`. An operation starts when every tensor that it reads is there: its producer has ended on
the same node, or the transfer to its node has. A transfer starts when its producer has ended. No node runs more
operations at a time than it has cores, and where links are serial no channel carries two transfers at a time.
"""

from __future__ import annotations

import heapq
from collections import defaultdict

import numpy as np

from formulations.schedule.plan import SchedulePlan
from formulations.schedule.problem import ScheduleProblem
from formulations.schedule.trace import Trace, trace_of
from formulations.score import Score
from instances.errors import InputError
from instances.system import Tier

__all__ = ["LIMIT_TOLERANCE", "evaluate"]

LIMIT_TOLERANCE = 1e-9
"""Relative amount by which a limit may be passed, and share of the horizon by which times may be off."""
_MOST_LINES = 20


def evaluate(problem: ScheduleProblem, plan: SchedulePlan) -> Score:
    """Price `plan` and list its violations.

    Returns
    -------
    Score
        Value None where the plan cannot be priced: an operation on a node that may not run it, a transfer missing,
        needless or without a way.

    Raises
    ------
    InputError
        If the plan is for another number of operations.
    """
    if len(plan.node) != problem.n_operations:
        raise InputError("plan", f"must place {problem.n_operations} operations", len(plan.node))
    broken = [*_misplaced(problem, plan), *_wrong_transfers(problem, plan)][:_MOST_LINES]
    if broken:
        return _unpriced(broken)
    trace = trace_of(problem, plan)
    value = _value(problem, trace)
    violations = [
        *_too_early(problem, plan, trace),
        *_crowded(problem, trace),
        *_over_limits(problem, plan, trace),
    ]
    if not np.isfinite(value):
        return _unpriced([*violations, "the objective is beyond the range of numbers"])
    energy, price = [0.0] * problem.n_tasks, [0.0] * problem.n_tasks
    users: defaultdict[int, set[int]] = defaultdict(set)
    for one in trace.activities:
        energy[one.task] += one.joules
        price[one.task] += one.price
        for node in {one.node, one.to} - {-1}:
            users[node].add(one.task)
    for node, tasks_there in users.items():
        share = (trace.runtime_j[node] + trace.switching_j[node]) / len(tasks_there)
        for task in tasks_there:
            energy[task] += share
    release = problem.instance.workload.task_release_s
    return Score(
        value=value,
        violations=tuple(violations),
        latency_s=trace.end_s - release,
        energy_j=np.array(energy),
        price=np.array(price),
        loads=_loads(problem, plan, trace),
    )


def _value(problem: ScheduleProblem, trace: Trace) -> float:
    options, load = problem.options, problem.instance.workload
    response = trace.end_s - load.task_release_s
    late = response - load.task_deadline_s
    missed = late > LIMIT_TOLERANCE * np.maximum(1.0, load.task_deadline_s)
    parts = (
        (options.makespan_weight, trace.makespan_s),
        (options.response_weight, float(response.mean())),
        (options.weighted_response_weight, float(load.task_weight @ response)),
        (options.tardiness_weight, float(load.task_weight @ np.maximum(0.0, late))),
        (options.missed_weight, float(missed.sum())),
        (options.energy_weight, trace.energy_j),
        (options.price_weight, trace.price),
    )
    return sum((weight * part for weight, part in parts if weight), 0.0)


def _needed(problem: ScheduleProblem, plan: SchedulePlan) -> dict[tuple[int, int], str]:
    """Return the transfers that a plan must have, by operation and node, with the name of the layer."""
    needed: dict[tuple[int, int], str] = {}
    for task in range(problem.n_tasks):
        network, first = problem.network_of(task), int(problem.offsets[task])
        for a, b in network.edges:
            if plan.node[first + a] != plan.node[first + b]:
                needed[first + a, int(plan.node[first + b])] = f"task {task}, layer {network.layers[a].name}"
        last, source = first + len(network) - 1, problem.source_of(task)
        if problem.options.return_result and plan.node[last] != source:
            needed[last, source] = f"task {task}, layer {network.layers[-1].name}"
    return needed


def _misplaced(problem: ScheduleProblem, plan: SchedulePlan) -> list[str]:
    system, lines = problem.instance.system, []
    nodes, networks = plan.node.tolist(), problem.instance.workload.task_network.tolist()
    allowed: dict[tuple[int, int, frozenset[int]], list[frozenset[int]]] = {}
    for task in range(problem.n_tasks):
        layers, first = problem.network_of(task).layers, int(problem.offsets[task])
        key = (networks[task], problem.source_of(task), problem.task_nodes[task])
        if key not in allowed:
            allowed[key] = [problem.nodes_for(task, layer) for layer in range(len(layers))]
        for layer, (what, where) in enumerate(zip(layers, allowed[key], strict=True)):
            node = nodes[first + layer]
            if node not in where:
                name = system.node_name(node) if 0 <= node < system.n_nodes else node
                lines.append(f"task {task}, layer {what.name}: may not run on {name}")
    return lines


def _wrong_transfers(problem: ScheduleProblem, plan: SchedulePlan) -> list[str]:
    system, lines = problem.instance.system, []
    needed = _needed(problem, plan)
    given: set[tuple[int, int]] = set()
    for operation, to in zip(plan.transfer_operation.tolist(), plan.transfer_node.tolist(), strict=True):
        name = system.node_name(to) if 0 <= to < system.n_nodes else str(to)
        if (operation, to) in given:
            lines.append(f"operation {operation}: is sent to {name} twice")
        elif (operation, to) not in needed:
            lines.append(f"operation {operation}: is sent to {name}, where nobody reads it")
        given.add((operation, to))
    for (operation, to), what in needed.items():
        start = int(plan.node[operation])
        if not (0 <= start < system.n_nodes and 0 <= to < system.n_nodes):
            continue  # no node: a layer that is misplaced
        name = system.node_name(to)
        if (operation, to) not in given:
            lines.append(f"{what}: is not sent to {name}")
        elif problem.ways.way(start, to) is None:
            lines.append(f"{what}: there is no way from {system.node_name(start)} to {name}")
    return lines


def _slack(trace: Trace) -> float:
    """Return the seconds by which times may be off."""
    return LIMIT_TOLERANCE * max(1e-12, *(abs(one.end_s) for one in trace.activities))


def _too_early(problem: ScheduleProblem, plan: SchedulePlan, trace: Trace) -> list[str]:
    """List operations and transfers that start before their tensors are there, and inputs at another time."""
    slack, lines = _slack(trace), []
    release = problem.instance.workload.task_release_s
    ends = {(one.task, one.layer): one.end_s for one in trace.operations}
    for task in range(problem.n_tasks):
        ends[task, 0] = float(release[task])
        if abs(float(plan.start_s[int(problem.offsets[task])]) - ends[task, 0]) > slack:
            lines.append(f"task {task}: the input must start at its release, {ends[task, 0]:.9g} s")
    arrivals = {(one.task, one.layer, one.to): one.end_s for one in trace.transfers}
    for one in trace.transfers:
        if one.start_s < ends[one.task, one.layer] - slack:
            name = problem.network_of(one.task).layers[one.layer].name
            lines.append(
                f"task {one.task}, layer {name}: is sent at {one.start_s:.9g} s, ends at {ends[one.task, one.layer]:.9g} s"
            )
    where = {(one.task, one.layer): one for one in trace.operations}
    for task in range(problem.n_tasks):
        network = problem.network_of(task)
        for a, b in network.edges:
            reader = where[task, b]
            producer_node = where[task, a].node if a else problem.source_of(task)
            there = ends[task, a] if producer_node == reader.node else arrivals[task, a, reader.node]
            if reader.start_s < there - slack:
                lines.append(
                    f"task {task}, layer {network.layers[b].name}: starts at {reader.start_s:.9g} s, "
                    f"{network.layers[a].name} is there at {there:.9g} s"
                )
    return lines[:_MOST_LINES]


def _crowded(problem: ScheduleProblem, trace: Trace) -> list[str]:
    """List nodes that run more layers at a time than they have cores, and serial links with two transfers at a time."""
    system, slack = problem.instance.system, _slack(trace)
    held: defaultdict[tuple[str, int], list[tuple[float, float]]] = defaultdict(list)
    for one in trace.operations:
        held["node", one.node].append((one.start_s, one.end_s))
    if problem.options.links == "serial":
        for one in trace.transfers:
            for channel in one.channels:
                held["channel", channel].append((one.start_s, one.end_s))
    lines = []
    for (what, number), spans in held.items():
        room = system.kinds[system.node_kind[number]].cores if what == "node" else 1
        busy: list[float] = []
        for start, end in sorted(spans):
            if end <= start:  # takes no time
                continue
            while busy and busy[0] <= start + slack:
                heapq.heappop(busy)
            heapq.heappush(busy, end)
            if len(busy) > room:
                where = f"node {system.node_name(number)}" if what == "node" else _channel_name(problem, number)
                lines.append(f"{where}: {len(busy)} at a time at {start:.9g} s, at most {room}")
                break
    return lines[:_MOST_LINES]


def _channel_name(problem: ScheduleProblem, channel: int) -> str:
    system = problem.instance.system
    if channel >= 0:
        return f"resource {system.resources[channel].name}"
    lane = -1 - channel
    return f"link {system.link_name(lane % system.n_links)}{' backwards' if lane >= system.n_links else ''}"


def _over_limits(problem: ScheduleProblem, plan: SchedulePlan, trace: Trace) -> list[str]:
    options, system, load = problem.options, problem.instance.system, problem.instance.workload
    lines = []
    if options.deadlines == "hard":
        for task in range(problem.n_tasks):
            took, limit = float(trace.end_s[task] - load.task_release_s[task]), float(load.task_deadline_s[task])
            if not took <= limit + LIMIT_TOLERANCE * max(1.0, limit):
                lines.append(f"task {task}: takes {took:.9g} s, deadline {limit:.9g} s")
    lines = lines[:_MOST_LINES]
    for what, got, most, unit in (
        ("makespan", trace.makespan_s, options.makespan_limit_s, " s"),
        ("energy", trace.energy_j, options.energy_limit_j, " J"),
        ("price", trace.price, options.price_limit, ""),
    ):
        if most is not None and not got <= most * (1 + LIMIT_TOLERANCE):
            lines.append(f"{what} {got:.9g}{unit}, limit {most:.9g}{unit}")
    if options.memory:
        used: defaultdict[int, float] = defaultdict(float)
        held = _of_layers(problem, "parameter_bytes")
        for one in trace.operations:
            used[one.node] += held[one.task][one.layer]
        for node, there in sorted(used.items()):
            most = float(system.node_memory_bytes[node])
            if not there <= most * (1 + LIMIT_TOLERANCE):
                lines.append(f"node {system.node_name(node)}: memory {there:.6g} bytes, limit {most:.6g}")
    return lines


def _loads(problem: ScheduleProblem, plan: SchedulePlan, trace: Trace) -> dict[str, float]:
    system, load = problem.instance.system, problem.instance.workload
    work: defaultdict[int, float] = defaultdict(float)
    nodes_of: defaultdict[int, set[int]] = defaultdict(set)
    operations, tier = _of_layers(problem, "operations"), system.node_tier.tolist()
    for one in trace.operations:
        done = operations[one.task][one.layer]
        work[tier[one.node]] += done
        if done > 0:
            nodes_of[one.task].add(one.node)
    total = sum(work.values())
    response = trace.end_s - load.task_release_s
    missed = response > load.task_deadline_s + LIMIT_TOLERANCE * np.maximum(1.0, load.task_deadline_s)
    return {
        **{
            f"{one.name.lower()}_work": work[one] / total if total else 0.0
            for one in (Tier.DEVICE, Tier.EDGE, Tier.CLOUD)
        },
        "split_tasks": sum(len(nodes) > 1 for nodes in nodes_of.values()) / problem.n_tasks,
        "deadline_misses": float(missed.mean()),
        "makespan_s": trace.makespan_s,
        "runtime_j": float(sum(trace.runtime_j.values())),
        "switching_j": float(sum(trace.switching_j.values())),
        "used_nodes": float(len(trace.on_s)),
        "transfers": float(len(trace.transfers)),
    }


def _of_layers(problem: ScheduleProblem, column: str) -> list[list[float]]:
    """Return a column of every task's network, by task and layer."""
    of = [getattr(network, column).tolist() for network in problem.instance.networks]
    return [of[network] for network in problem.instance.workload.task_network.tolist()]


def _unpriced(violations: list[str]) -> Score:
    nothing = np.empty(0)
    return Score(value=None, violations=tuple(violations), latency_s=nothing, energy_j=nothing, price=nothing)
