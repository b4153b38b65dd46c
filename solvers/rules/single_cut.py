"""The method `single-cut`: each task's best single cut, priced as if it were alone in the system."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from formulations.joint.plan import JointPlan
from formulations.joint.positions import positions_of
from formulations.joint.problem import JointProblem
from formulations.joint.uplinks import uplinks_of
from instances.columns import Array, FloatArray
from instances.system import Tier
from solvers.contract import Budget
from solvers.joint_setup import decline_evaluations
from solvers.registry import register
from solvers.rules.whole_network import WholeNetworkRule

__all__ = ["SingleCut", "best_single_cuts"]

_AT_CLOUD = int(Tier.CLOUD)
# columns of the packed tables
_KIND, _SPEED, _MEMORY, _PRICE, _IDLE, _SEND, _TIER = range(7)
_SOURCE, _RATE, _LATENCY, _LINK_JOULES, _LINK_PRICE = range(5)
_NETWORK, _DEVICE, _WEIGHT, _FLOOR = range(4)
_LAYER, _CROSSING, _PARAMETERS, _SECONDS = range(4)
_W_LATENCY, _W_ENERGY, _W_PRICE, _SYSTEM_WIDE = range(4)


@register(
    "single-cut",
    kind="rule",
    citation="Kang et al., Neurosurgeon, ASPLOS 2017, doi 10.1145/3037697.3037698",
    deterministic=True,
)
class SingleCut(WholeNetworkRule):
    """Each task takes its best single cut as if it were alone, as Neurosurgeon does for one device and one server.

    Layers up to the cut run on the device, the rest on one edge or in one cloud that the task reaches, or all
    on the device. Every resource is priced as if the task had it to itself. Neurosurgeon itself has one
    server; the choice among several by the same estimate is our extension.
    """

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline a limit of evaluations; that a task has no cut shows only when all are looked at."""
        return decline_evaluations(budget)

    def plan(self, problem: JointProblem) -> JointPlan | str:
        """Return the plan, or why there is none."""
        place, cost = best_single_cuts(problem)
        lost = np.flatnonzero(np.isinf(cost))
        if len(lost):
            return f"task {lost[0]}: no single cut meets its accuracy floor and fits the memory"
        version, candidate, cloud, first, second = (np.ascontiguousarray(c) for c in place.T)
        return JointPlan(version=version, candidate=candidate, cloud=cloud, device_until=first, edge_until=second)


def best_single_cuts(problem: JointProblem) -> tuple[Array, FloatArray]:
    """Return each task's cheapest single cut when it is alone.

    Seconds of one resource that a task uses twice count each at its own power.

    Returns
    -------
    place : int array, shape (n_tasks, 5)
        Version, candidate, cloud, device_until, edge_until, as in `JointPlan`.
    cost : array, shape (n_tasks,)
        Its part of the objective with every resource to itself; ``inf`` where nothing is allowed.
    """
    instance, options = problem.instance, problem.options
    system, load, at = instance.system, instance.workload, positions_of(instance)
    watts = np.array([(kind.idle_watts, kind.transmit_watts) for kind in system.kinds])[system.node_kind]
    memory = system.node_memory_bytes if options.memory else np.full(system.n_nodes, np.inf)
    nodes = np.column_stack(
        (system.node_kind, system.node_speed, memory, system.node_price_per_s, watts, system.node_tier)
    ).astype(np.float64)
    links = np.column_stack(
        (
            system.link_source,
            system.link_bytes_per_s,
            system.link_latency_s,
            system.link_joules_per_byte,
            system.link_price_per_byte,
        )
    ).astype(np.float64)
    tasks = np.column_stack((load.task_network, load.task_source, load.task_weight, load.task_accuracy_floor))
    table = np.column_stack((at.layer, at.crossing_bytes, at.parameter_bytes, at.seconds.T, at.joules.T))
    uplinks = uplinks_of(system)
    up_offsets = np.searchsorted(uplinks[:, 0], np.arange(system.n_nodes + 1))
    candidates = np.column_stack((load.candidate_site, load.candidate_route)).astype(np.int64)
    weights = np.array(
        [options.latency_weight, options.energy_weight, options.price_weight, options.energy_scope == "system"]
    )
    place = np.empty((instance.n_tasks, 5), np.int64)
    cost = np.full(instance.n_tasks, np.inf)
    networks = (at.network_offsets, at.offsets, at.accuracy, np.ascontiguousarray(table, dtype=np.float64))
    reach = (np.array(load.candidate_offsets), candidates, up_offsets, uplinks)
    routes = (np.array(system.route_offsets), system.route_links.astype(np.int64))
    _choose(tasks, nodes, links, networks, reach, routes, weights, place, cost)
    return place, cost


@njit(cache=True, error_model="numpy")
def _transfer(device, access, uplink, links, routes, weight, idle, send, weights):
    """Return the cost per byte and the fixed cost of the way over the links of two routes, each link once."""
    offsets, hops = routes
    per_byte, fixed = 0.0, 0.0
    n_access = offsets[access + 1] - offsets[access]
    n_up = offsets[uplink + 1] - offsets[uplink] if uplink >= 0 else 0
    for step in range(n_access + n_up):
        up = step >= n_access
        hop = hops[offsets[uplink] + step - n_access] if up else hops[offsets[access] + step]
        if up:
            repeated = False
            for s in range(offsets[access], offsets[access + 1]):
                repeated = repeated or hops[s] == hop
            if repeated:
                continue
        leaves = links[hop, _SOURCE] == device
        watts = send if leaves else idle
        per_byte += (weight + weights[_W_ENERGY] * watts) / links[hop, _RATE]
        per_byte += weights[_W_PRICE] * links[hop, _LINK_PRICE]
        if leaves or weights[_SYSTEM_WIDE] > 0.0:
            per_byte += weights[_W_ENERGY] * links[hop, _LINK_JOULES]
        fixed += (weight + weights[_W_ENERGY] * idle) * links[hop, _LATENCY]
    return per_byte, fixed


@njit(cache=True, error_model="numpy")
def _choose(tasks, nodes, links, networks, reach, routes, weights, place, cost):
    """Write the cheapest single cut of every task."""
    network_offsets, offsets, accuracy, table = networks
    candidate_offsets, candidates, up_offsets, uplinks = reach
    n_kinds = (table.shape[1] - _SECONDS) // 2
    for k in range(len(tasks)):
        network, device, floor = int(tasks[k, _NETWORK]), int(tasks[k, _DEVICE]), tasks[k, _FLOOR]
        weight = weights[_W_LATENCY] * tasks[k, _WEIGHT]
        idle, send = nodes[device, _IDLE], nodes[device, _SEND]
        here = int(nodes[device, _KIND])
        # objective per second of device work and per joule of its layers
        work_price = (weight + weights[_W_PRICE] * nodes[device, _PRICE]) / nodes[device, _SPEED]
        for c in range(candidate_offsets[k] - 1, candidate_offsets[k + 1]):
            local = c < candidate_offsets[k]
            site = device if local else candidates[c, 0]
            at_cloud = nodes[site, _TIER] == _AT_CLOUD
            last_up = up_offsets[site] if (local or at_cloud) else up_offsets[site + 1]
            for y in range(up_offsets[site] - 1, last_up):
                beyond = y >= up_offsets[site]
                there = uplinks[y, 1] if beyond else site
                per_byte, fixed = 0.0, 0.0
                if not local:
                    uplink = uplinks[y, 2] if beyond else -1
                    per_byte, fixed = _transfer(
                        device, candidates[c, 1], uplink, links, routes, weight, idle, send, weights
                    )
                kind = int(nodes[there, _KIND])
                rest_price = weight + weights[_W_ENERGY] * idle + weights[_W_PRICE] * nodes[there, _PRICE]
                rest_price /= nodes[there, _SPEED]
                for g in range(network_offsets[network], network_offsets[network + 1]):
                    # a version of unknown accuracy (NaN) meets only the floor 0
                    if floor > 0.0 and not accuracy[g] >= floor:
                        continue
                    last = offsets[g + 1] - 1
                    for i in range(last if local else offsets[g], last + 1 if local else last):
                        total = work_price * table[i, _SECONDS + here]
                        total += weights[_W_ENERGY] * table[i, _SECONDS + n_kinds + here]
                        if table[i, _PARAMETERS] > nodes[device, _MEMORY]:
                            continue
                        if not local:
                            if table[last, _PARAMETERS] - table[i, _PARAMETERS] > nodes[there, _MEMORY]:
                                continue
                            seconds = table[last, _SECONDS + kind] - table[i, _SECONDS + kind]
                            joules = table[last, _SECONDS + n_kinds + kind] - table[i, _SECONDS + n_kinds + kind]
                            total += per_byte * table[i, _CROSSING] + fixed + rest_price * seconds
                            total += weights[_W_ENERGY] * weights[_SYSTEM_WIDE] * joules
                        if total < cost[k]:
                            cost[k] = total
                            in_cloud = beyond or (at_cloud and not local)
                            place[k, 0] = g - network_offsets[network]
                            place[k, 1] = -1 if local else c - candidate_offsets[k]
                            place[k, 2] = there if in_cloud else -1
                            place[k, 3] = int(table[i, _LAYER])
                            place[k, 4] = int(table[i if in_cloud else last, _LAYER])
