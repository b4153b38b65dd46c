"""Enumeration of the options of all tasks, one compiled loop a task.

The loop reads packed tables (`_inputs`), because a compiled function that takes dozens of arrays
takes a minute to compile.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from formulations.joint.dominance import kept_options
from formulations.joint.positions import Positions
from formulations.joint.problem import JointProblem
from formulations.joint.scratch import (
    BYTES,
    CANDIDATE,
    CLOUD,
    COST,
    DEVICE_UNTIL,
    EDGE_UNTIL,
    HOLDS,
    NODE,
    RESOURCE,
    SECONDS,
    USES,
    VERSION,
    WEIGHT,
    scratch,
)
from instances.columns import FloatArray, IntArray
from instances.system import Tier

__all__ = ["enumerate_options"]

_AT_CLOUD = int(Tier.CLOUD)
# columns of the packed tables
_TIER, _KIND, _RESOURCE, _SPEED, _MEMORY, _PRICE, _TASKS, _IDLE, _SEND = range(9)
_SOURCE, _SHARED, _RATE, _LATENCY, _LINK_JOULES, _LINK_PRICE = range(6)
_NETWORK, _DEVICE, _WEIGHT, _FLOOR = range(4)
_LAYER, _CROSSING, _PARAMETERS, _SECONDS = range(4)
_W_LATENCY, _W_ENERGY, _W_PRICE, _SYSTEM_WIDE = range(4)


def enumerate_options(problem: JointProblem, positions: Positions, uplinks: IntArray, prune: bool) -> dict[str, Any]:
    """Return the columns of `OptionTable`; see there."""
    data, width = _inputs(problem, positions, uplinks)
    n_tasks = problem.instance.n_tasks
    sizes = np.zeros((n_tasks, 4), dtype=np.int64)
    offsets = np.zeros((3, n_tasks + 1), dtype=np.int64)
    _walk(data, width, prune, offsets, sizes, False, _columns(0, 0, 0))
    np.cumsum(sizes[:, :3].T, axis=1, out=offsets[:, 1:])
    out = _columns(*(int(n) for n in offsets[:, -1]))
    _walk(data, width, prune, offsets, sizes, True, out)
    place, cost, use_offsets, use_resource, uses, memory_offsets, memory_node, memory_bytes = out
    columns = {
        "version": place[:, VERSION],
        "candidate": place[:, CANDIDATE],
        "cloud": place[:, CLOUD],
        "device_until": place[:, DEVICE_UNTIL],
        "edge_until": place[:, EDGE_UNTIL],
        "cost": cost,
        "use_offsets": use_offsets,
        "use_resource": use_resource,
        "use_seconds": uses[:, 0],
        "use_weight": uses[:, 1],
        "memory_offsets": memory_offsets,
        "memory_node": memory_node,
        "memory_bytes": memory_bytes,
        "task_offsets": offsets[0],
    }
    columns = {name: np.ascontiguousarray(values) for name, values in columns.items()}
    for values in columns.values():
        values.flags.writeable = False
    return {**columns, "n_enumerated": int(sizes[:, 3].sum())}


def _columns(n_options: int, n_uses: int, n_memory: int) -> tuple[Any, ...]:
    """Return room for the whole table: placement, cost, uses (seconds, weight) and memory rows."""
    return (
        np.empty((n_options, 5), np.int32),
        np.empty(n_options),
        np.zeros(n_options + 1, np.int64),
        np.empty(n_uses, np.int32),
        np.empty((n_uses, 2)),
        np.zeros(n_options + 1, np.int64),
        np.empty(n_memory, np.int32),
        np.empty(n_memory),
    )


def _inputs(problem: JointProblem, positions: Positions, uplinks: IntArray) -> tuple[tuple[Any, ...], int]:
    """Pack what the loop reads into tables; return them and the most uses that an option can have."""
    instance, options = problem.instance, problem.options
    system, load = instance.system, instance.workload
    idle = np.array([kind.idle_watts for kind in system.kinds])[system.node_kind]
    send = np.array([kind.transmit_watts for kind in system.kinds])[system.node_kind]
    nodes = _pack(
        system.node_tier,
        system.node_kind,
        system.node_resource,
        system.node_speed,
        system.node_memory_bytes if options.memory else np.full(system.n_nodes, np.inf),
        system.node_price_per_s,
        np.bincount(load.task_source, minlength=system.n_nodes),
        idle,
        send,
    )
    links = _pack(
        system.link_source,
        system.link_resource,
        system.link_bytes_per_s,
        system.link_latency_s,
        system.link_joules_per_byte,
        system.link_price_per_byte,
    )
    tasks = _pack(load.task_network, load.task_source, load.task_weight, load.task_accuracy_floor)
    table = _pack(
        positions.layer, positions.crossing_bytes, positions.parameter_bytes, *positions.seconds, *positions.joules
    )
    candidates = np.column_stack((load.candidate_site, load.candidate_route)).astype(np.int64)
    up_offsets = np.searchsorted(uplinks[:, 0], np.arange(system.n_nodes + 1))
    weights = np.array(
        [options.latency_weight, options.energy_weight, options.price_weight, options.energy_scope == "system"]
    )
    offsets = (positions.network_offsets, positions.offsets, load.candidate_offsets, up_offsets, system.route_offsets)
    longest = int(np.diff(system.route_offsets).max(initial=0))
    starts = [np.array(column, dtype=np.int64) for column in offsets]
    routes = np.array(system.route_links, dtype=np.int64)
    data = (nodes, links, tasks, table, positions.accuracy, candidates, uplinks, *starts, routes, weights)
    return data, 2 * longest + 3


def _pack(*columns: Any) -> FloatArray:
    packed: FloatArray = np.ascontiguousarray(np.column_stack(columns), dtype=np.float64)
    return packed


@njit(cache=True, error_model="numpy")
def _placements(k, data, combos):
    """Write (version, candidate row, uplink row, i, j) of every option of task k; return how many.

    Called with an empty `combos` it only counts.
    """
    nodes, _, tasks, _, accuracy, candidates, _, network_offsets, offsets, candidate_offsets, up_offsets, _, _, _ = data
    network, floor = int(tasks[k, _NETWORK]), tasks[k, _FLOOR]
    n = 0
    for g in range(network_offsets[network], network_offsets[network + 1]):
        # a network of unknown accuracy (NaN) meets only the floor 0
        if floor > 0.0 and not accuracy[g] >= floor:
            continue
        last = offsets[g + 1] - offsets[g] - 1
        for c in range(candidate_offsets[k] - 1, candidate_offsets[k + 1]):
            local = c < candidate_offsets[k]
            site = -1 if local else candidates[c, 0]
            cloud_only = (not local) and nodes[site, _TIER] == _AT_CLOUD
            for i in range(last if local else 0, last + 1 if local else last):
                for j in range(i, i + 1 if (local or cloud_only) else last + 1):
                    through = not (local or cloud_only or j == last)
                    for y in range(up_offsets[site] if through else -1, up_offsets[site + 1] if through else 0):
                        if len(combos):
                            combos[n, 0] = g
                            combos[n, 1] = -1 if local else c
                            combos[n, 2] = y
                            combos[n, 3] = i
                            combos[n, 4] = j
                        n += 1
    return n


@njit(cache=True, error_model="numpy")
def _use(p, resource, seconds, watts, ints, floats):
    """Add shared seconds to option p; seconds of one resource are one use, at the higher power."""
    count = ints[p, USES]
    at = count
    for u in range(count):
        if ints[p, RESOURCE + u] == resource:
            at = u
    if at == count:
        ints[p, RESOURCE + at] = resource
        floats[p, SECONDS + 2 * at] = 0.0
        floats[p, WEIGHT + 2 * at] = 0.0
        ints[p, USES] = count + 1
    floats[p, SECONDS + 2 * at] += seconds
    floats[p, WEIGHT + 2 * at] = max(floats[p, WEIGHT + 2 * at], watts)


@njit(cache=True, error_model="numpy")
def _write_option(p, k, combo, data, ints, floats):
    """Write option p of task k; return 1 where every node has the memory for it alone, else 0.

    A combination is (version, candidate row or -1, uplink row or -1, cut positions i and j).
    """
    nodes, links, tasks, table, _, candidates, uplinks, network_offsets, offsets, candidate_offsets, _, route_offsets, \
        route_links, weights = data  # fmt: skip
    g, c, y, i, j = combo
    source, network = int(tasks[k, _DEVICE]), int(tasks[k, _NETWORK])
    base, last = offsets[g], offsets[g + 1] - offsets[g] - 1
    idle, send, wide = nodes[source, _IDLE], nodes[source, _SEND], weights[_SYSTEM_WIDE]
    n_kinds = (table.shape[1] - _SECONDS) // 2
    site = candidates[c, 0] if c >= 0 else -1
    cloud = -1
    if c >= 0 and nodes[site, _TIER] == _AT_CLOUD:
        cloud = site
    elif y >= 0:
        cloud = uplinks[y, 1]
    ints[p, USES] = 0
    ints[p, HOLDS] = 0
    fixed, energy, money = 0.0, 0.0, 0.0
    # processors: the device up to i, the site up to j, the cloud to the end
    fits = 1
    for part in range(3):
        where = source if part == 0 else (site if part == 1 else cloud)
        if where < 0 or (part == 1 and i == j):
            continue
        begin = -1 if part == 0 else (base + i if part == 1 else base + j)
        end = base + i if part == 0 else (base + j if part == 1 else base + last)
        kind = int(nodes[where, _KIND])
        seconds, joules, need = (
            table[end, _SECONDS + kind],
            table[end, _SECONDS + n_kinds + kind],
            table[end, _PARAMETERS],
        )
        if begin >= 0:
            seconds -= table[begin, _SECONDS + kind]
            joules -= table[begin, _SECONDS + n_kinds + kind]
            need -= table[begin, _PARAMETERS]
        seconds /= nodes[where, _SPEED]
        money += seconds * nodes[where, _PRICE]
        energy += joules if part == 0 else wide * joules
        # while its own processor works the device's energy is the layers' joules; else it waits
        watts = 0.0 if part == 0 else idle
        if nodes[where, _RESOURCE] < 0:
            fixed += seconds
            energy += seconds * watts
        elif seconds > 0.0:
            _use(p, int(nodes[where, _RESOURCE]), seconds, watts, ints, floats)
        if need > nodes[where, _MEMORY]:
            fits = 0
        # a limit that only one task can reach is settled here; others stay rows of the table
        if need > 0.0 and nodes[where, _MEMORY] < np.inf and (part > 0 or nodes[where, _TASKS] > 1.0):
            ints[p, NODE + ints[p, HOLDS]] = where
            floats[p, BYTES + ints[p, HOLDS]] = need
            ints[p, HOLDS] += 1
    # links: the tensor at i to the site, the tensor at j on to the cloud
    a_from, a_to, u_from, u_to = 0, 0, 0, 0
    if c >= 0:
        a_from, a_to = route_offsets[candidates[c, 1]], route_offsets[candidates[c, 1] + 1]
        if cloud >= 0 and cloud != site:
            u_from, u_to = route_offsets[uplinks[y, 2]], route_offsets[uplinks[y, 2] + 1]
    for step in range(a_to - a_from + u_to - u_from):
        up = step >= a_to - a_from
        hop = route_links[u_from + step - (a_to - a_from)] if up else route_links[a_from + step]
        repeated = False
        if up and i == j:
            # where one tensor goes all the way, a link of both routes is paid once
            for s in range(a_from, a_to):
                repeated = repeated or route_links[s] == hop
        if repeated:
            continue
        size = table[base + j, _CROSSING] if up else table[base + i, _CROSSING]
        leaves = links[hop, _SOURCE] == source
        watts = send if leaves else idle
        seconds = size / links[hop, _RATE]
        fixed += links[hop, _LATENCY]
        energy += links[hop, _LATENCY] * idle
        money += size * links[hop, _LINK_PRICE]
        if leaves or wide > 0.0:
            energy += size * links[hop, _LINK_JOULES]
        if links[hop, _SHARED] < 0:
            fixed += seconds
            energy += seconds * watts
        elif seconds > 0.0:
            _use(p, int(links[hop, _SHARED]), seconds, watts, ints, floats)
    weight = weights[_W_LATENCY] * tasks[k, _WEIGHT]
    floats[p, COST] = weight * fixed + weights[_W_ENERGY] * energy + weights[_W_PRICE] * money
    for u in range(ints[p, USES]):
        floats[p, WEIGHT + 2 * u] = weight + weights[_W_ENERGY] * floats[p, WEIGHT + 2 * u]
    ints[p, VERSION] = g - network_offsets[network]
    ints[p, CANDIDATE] = -1 if c < 0 else c - candidate_offsets[k]
    ints[p, CLOUD] = cloud
    ints[p, DEVICE_UNTIL] = int(table[base + i, _LAYER])
    ints[p, EDGE_UNTIL] = int(table[base + j, _LAYER])
    return fits


@njit(cache=True, error_model="numpy")
def _walk(data, width, prune, offsets, sizes, fill, out):
    """Enumerate task by task: count into `sizes`, or write into `out` from `offsets` on."""
    place, cost, use_offsets, use_resource, uses, memory_offsets, memory_node, memory_bytes = out
    no_combos = np.empty((0, 5), np.int64)
    for k in range(len(sizes)):
        most = _placements(k, data, no_combos)
        combos = np.empty((most, 5), np.int64)
        _placements(k, data, combos)
        ints, floats = scratch(most + 1, width)
        n = 0
        for row in range(most):
            combo = (combos[row, 0], combos[row, 1], combos[row, 2], combos[row, 3], combos[row, 4])
            n += _write_option(n, k, combo, data, ints, floats)
        keep = kept_options(n, ints, floats, prune)
        if not fill:
            sizes[k, 0] = len(keep)
            sizes[k, 3] = n
            for p in keep:
                sizes[k, 1] += ints[p, USES]
                sizes[k, 2] += ints[p, HOLDS]
            continue
        row, use, mem = offsets[0, k], offsets[1, k], offsets[2, k]
        for p in keep:
            for column in range(5):
                place[row, column] = ints[p, column]
            cost[row] = floats[p, COST]
            for u in range(ints[p, USES]):
                use_resource[use] = ints[p, RESOURCE + u]
                uses[use, 0] = floats[p, SECONDS + 2 * u]
                uses[use, 1] = floats[p, WEIGHT + 2 * u]
                use += 1
            for u in range(ints[p, HOLDS]):
                memory_node[mem] = ints[p, NODE + u]
                memory_bytes[mem] = floats[p, BYTES + u]
                mem += 1
            row += 1
            use_offsets[row] = use
            memory_offsets[row] = mem
