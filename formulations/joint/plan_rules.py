"""The rules that a placement keeps whatever its shares: structure, accuracy floors, memory."""

from __future__ import annotations

import numpy as np

from formulations.joint.placed import Placed
from formulations.joint.plan import JointPlan
from formulations.joint.problem import JointProblem, versions_of
from instances.columns import BoolArray, IntArray
from instances.system import System, Tier

__all__ = [
    "MEMORY_TOLERANCE",
    "accuracy_violations",
    "chosen_site",
    "cut_violations",
    "memory_violations",
    "structure_violations",
    "uplink_of",
]

MEMORY_TOLERANCE = 1e-9
_MOST_LINES = 20


def violation_lines(bad: BoolArray, text: str) -> list[str]:
    """Return a line for each bad task, shortened where there are many."""
    rows = np.flatnonzero(bad)
    lines = [f"task {k}: {text}" for k in rows[:_MOST_LINES].tolist()]
    return [*lines, f"... and {len(rows) - _MOST_LINES} more tasks: {text}"] if len(rows) > _MOST_LINES else lines


def chosen_site(problem: JointProblem, plan: JointPlan) -> tuple[IntArray, IntArray]:
    """Return the site and the access route of every task, -1 for tasks that stay on their device."""
    load = problem.instance.workload
    away = plan.candidate >= 0
    row = load.candidate_offsets[:-1] + plan.candidate
    site = np.full(plan.n_tasks, -1)
    route = np.full(plan.n_tasks, -1)
    site[away] = load.candidate_site[row[away]]
    route[away] = load.candidate_route[row[away]]
    return site, route


def uplink_of(system: System, site: IntArray, cloud: IntArray) -> IntArray:
    """Return the first route from each site to each cloud (rows of equal length), -1 where there is none."""
    tier = system.node_tier
    rows = np.flatnonzero((tier[system.route_source] == Tier.EDGE) & (tier[system.route_target] == Tier.CLOUD))
    key = system.route_source[rows].astype(np.int64) * system.n_nodes + system.route_target[rows]
    known, first = np.unique(key, return_index=True)
    asked = site.astype(np.int64) * system.n_nodes + cloud
    at = np.searchsorted(known, asked)
    found = at < len(known)
    found[found] = known[at[found]] == asked[found]
    return np.where(found, rows[first[np.minimum(at, len(known) - 1)]] if len(known) else -1, -1)


def structure_violations(problem: JointProblem, plan: JointPlan) -> list[str]:
    """List placements that mean nothing: no such version, candidate, layer, cloud or route."""
    instance = problem.instance
    system, load = instance.system, instance.workload
    versions = [versions_of(net) for net in instance.networks]
    n_versions = np.array([len(v) for v in versions])[load.task_network]
    lines = violation_lines((plan.version < 0) | (plan.version >= n_versions), "no such version of its network")
    reach = np.diff(load.candidate_offsets)
    lines += violation_lines((plan.candidate < -1) | (plan.candidate >= reach), "no such candidate")
    lines += violation_lines((plan.cloud < -1) | (plan.cloud >= system.n_nodes), "no such cloud node")
    if lines:
        return lines
    last_of = np.full((len(versions), max(len(v) for v in versions)), -1)
    for i, several in enumerate(versions):
        last_of[i, : len(several)] = [v.last for v in several]
    last = last_of[load.task_network, plan.version]
    first, second, cloud = plan.device_until, plan.edge_until, plan.cloud
    ordered = (first >= 0) & (first <= second) & (second <= last)
    lines = violation_lines(~ordered, "needs 0 <= device_until <= edge_until <= last layer of the version")
    site, _ = chosen_site(problem, plan)
    local = site == -1
    at_cloud = ~local & (system.node_tier[site] == Tier.CLOUD)
    at_edge = ~local & ~at_cloud
    lines += violation_lines(
        local & ((first != last) | (cloud != -1)), "without a candidate all must run on the device"
    )
    lines += violation_lines(~local & (first == last), "with a candidate something must run beyond the device")
    lines += violation_lines(
        at_cloud & ((cloud != site) | (first != second)),
        "a candidate that is a cloud must run all that leaves the device",
    )
    lines += violation_lines(
        at_edge & ((cloud == -1) != (second == last)), "needs a cloud exactly where layers are left for it"
    )
    beyond = at_edge & (cloud != -1)
    lines += violation_lines(beyond & (system.node_tier[cloud] != Tier.CLOUD), "its cloud must be a cloud node")
    unreached = np.zeros(plan.n_tasks, dtype=bool)
    unreached[beyond] = uplink_of(system, site[beyond], cloud[beyond]) < 0
    return lines + violation_lines(unreached, "no route from its site to its cloud")


def cut_violations(problem: JointProblem, plan: JointPlan) -> list[str]:
    """List tasks that cut where more than one tensor crosses: both cuts must be at cut points of the network."""
    networks = problem.instance.networks
    allowed = np.zeros((len(networks), max(len(net) for net in networks)), dtype=bool)
    for i, net in enumerate(networks):
        allowed[i, net.cut_points()] = True
    network = problem.instance.workload.task_network
    lines = violation_lines(
        ~allowed[network, plan.device_until], "device_until must be a cut point: one tensor alone crosses there"
    )
    return lines + violation_lines(
        ~allowed[network, plan.edge_until], "edge_until must be a cut point: one tensor alone crosses there"
    )


def accuracy_violations(problem: JointProblem, plan: JointPlan) -> list[str]:
    """List tasks whose version is below their accuracy floor, or of unknown accuracy under a floor."""
    load = problem.instance.workload
    versions = [versions_of(net) for net in problem.instance.networks]
    accuracy = np.full((len(versions), max(len(v) for v in versions)), np.nan)
    for i, several in enumerate(versions):
        accuracy[i, : len(several)] = [v.accuracy for v in several]
    got, floor = accuracy[load.task_network, plan.version], load.task_accuracy_floor
    return violation_lines((floor > 0) & ~(got >= floor), "accuracy of its version is below its floor")


def memory_violations(problem: JointProblem, plan: JointPlan, placed: Placed) -> list[str]:
    """List nodes whose weights do not fit: ``sum_k m_kn <= M_n``."""
    if not problem.options.memory:
        return []
    system = problem.instance.system
    site, _ = chosen_site(problem, plan)
    used = np.zeros(system.n_nodes)
    for part, where in enumerate((problem.instance.workload.task_source, site, plan.cloud)):
        there = where >= 0
        np.add.at(used, where[there], placed.parameter_bytes[part, placed.pattern[there]])
    over = np.flatnonzero(used > system.node_memory_bytes * (1 + MEMORY_TOLERANCE))
    return [
        f"node {system.node_name(n)}: memory {used[n]:.6g} bytes, limit {system.node_memory_bytes[n]:.6g}"
        for n in over[:_MOST_LINES].tolist()
    ] + ([f"... and {len(over) - _MOST_LINES} more nodes over their memory"] if len(over) > _MOST_LINES else [])
