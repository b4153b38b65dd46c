"""Enumeration of the options of all tasks, one compiled loop a task."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from formulations.joint.dominance import kept_options
from formulations.joint.legs import FLAT, N_USES, PER_BYTE, ROUTE_USES, node_part, route_part
from formulations.joint.option_inputs import (
    CROSSING,
    DEVICE,
    FLOOR,
    LAYER,
    MEMORY,
    NETWORK,
    PARAMETERS,
    SHARED,
    TASKS,
    TIER,
    option_inputs,
)
from formulations.joint.plan_rules import MEMORY_TOLERANCE
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
from instances.columns import IntArray
from instances.system import Tier

__all__ = ["add_hold", "add_sends", "add_use", "enumerate_options"]

_AT_CLOUD = int(Tier.CLOUD)


def enumerate_options(problem: JointProblem, positions: Positions, uplinks: IntArray, prune: bool) -> dict[str, Any]:
    """Return the columns of `OptionTable`; see there."""
    data, width = option_inputs(problem, positions, uplinks)
    task_offsets, out, n_enumerated = _walk(problem.instance.n_tasks, data, width, prune)
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
        "task_offsets": task_offsets,
    }
    columns = {name: np.ascontiguousarray(values) for name, values in columns.items()}
    for values in columns.values():
        values.flags.writeable = False
    return {**columns, "n_enumerated": int(n_enumerated)}


@njit(cache=True, error_model="numpy")
def _most_options(k, data):
    """Return how many options task k has before any is refused."""
    nodes, _, tasks, _, _, candidates, _, network_offsets, offsets, candidate_offsets, up_offsets, _, _, _ = data
    network = int(tasks[k, NETWORK])
    most = 0
    for g in range(network_offsets[network], network_offsets[network + 1]):
        last = offsets[g + 1] - offsets[g] - 1
        most += 1
        for c in range(candidate_offsets[k], candidate_offsets[k + 1]):
            site = candidates[c, 0]
            if nodes[site, TIER] == _AT_CLOUD:
                most += last
            else:
                most += last + (up_offsets[site + 1] - up_offsets[site]) * last * (last + 1) // 2
    return most


@njit(cache=True, error_model="numpy")
def add_use(p, resource, seconds, weight, ints, floats):
    """Add shared seconds to option p; seconds of one resource are one use, at the higher weight."""
    count = ints[p, USES]
    at = count
    for u in range(count):
        if ints[p, RESOURCE + u] == resource:
            at = u
    if at == count:
        ints[p, RESOURCE + at] = resource
        floats[p, SECONDS + 2 * at] = 0.0
        floats[p, WEIGHT + 2 * at] = weight
        ints[p, USES] = count + 1
    floats[p, SECONDS + 2 * at] += seconds
    floats[p, WEIGHT + 2 * at] = max(floats[p, WEIGHT + 2 * at], weight)


@njit(cache=True, error_model="numpy")
def add_sends(p, part, size, ints, floats):
    """Send `size` bytes over a priced route; return the cost that no sharing changes."""
    for u in range(int(part[N_USES])):
        if size > 0.0:
            at = ROUTE_USES + 3 * u
            add_use(p, int(part[at]), size * part[at + 1], part[at + 2], ints, floats)
    return part[FLAT] + part[PER_BYTE] * size


@njit(cache=True, error_model="numpy")
def add_hold(p, where, need, tasks_there, nodes, ints, floats):
    """Put weights on a node; return whether they fit there alone.

    A limit that only one task can reach is settled here; the others stay rows of the table.
    """
    limit = nodes[where, MEMORY]
    if need > 0.0 and limit < np.inf and tasks_there > 1.0:
        ints[p, NODE + ints[p, HOLDS]] = where
        floats[p, BYTES + ints[p, HOLDS]] = need
        ints[p, HOLDS] += 1
    return need <= limit * (1.0 + MEMORY_TOLERANCE)


@njit(cache=True, error_model="numpy")
def _options_of(k, data, ints, floats, linear, seconds, routes):
    """Write the allowed options of task k into the working rows; return how many there are.

    First the placements on the device alone, then candidate by candidate, version by version.
    `linear`, `seconds` (3, positions) and `routes` (3, ...) are room for the priced parts.
    """
    nodes, links, tasks, table, accuracy, candidates, uplinks, network_offsets, offsets, candidate_offsets, up_offsets, \
        route_offsets, hops, weights = data  # fmt: skip
    network, source, floor = int(tasks[k, NETWORK]), int(tasks[k, DEVICE]), tasks[k, FLOOR]
    own_shared, own_tasks = int(nodes[source, SHARED]), nodes[source, TASKS]
    v = np.zeros(3)
    n = 0
    for c in range(candidate_offsets[k] - 1, candidate_offsets[k + 1]):
        local = c < candidate_offsets[k]
        site = -1 if local else candidates[c, 0]
        at_cloud = (not local) and nodes[site, TIER] == _AT_CLOUD
        if not local:
            route_part(k, source, candidates[c, 1], -1, route_offsets, hops, nodes, links, tasks, weights, routes[0])
        for g in range(network_offsets[network], network_offsets[network + 1]):
            # a network of unknown accuracy (NaN) meets only the floor 0
            if floor > 0.0 and not accuracy[g] >= floor:
                continue
            base, last = offsets[g], offsets[g + 1] - offsets[g] - 1
            v[0] = node_part(k, source, source, base, last + 1, nodes, tasks, table, weights, linear[0], seconds[0])
            if not (local or at_cloud):
                v[1] = node_part(k, source, site, base, last + 1, nodes, tasks, table, weights, linear[1], seconds[1])
            # y runs over the clouds behind the site; y = -1 stands for "nothing in a cloud"
            clouds = 0 if (local or at_cloud) else up_offsets[site + 1] - up_offsets[site]
            for y in range(-1, clouds):
                cloud = site if at_cloud else (-1 if y < 0 else uplinks[up_offsets[site] + y, 1])
                if cloud >= 0:
                    v[2] = node_part(
                        k, source, cloud, base, last + 1, nodes, tasks, table, weights, linear[2], seconds[2]
                    )
                if y >= 0:
                    up, paid = uplinks[up_offsets[site] + y, 2], candidates[c, 1]
                    route_part(k, source, up, -1, route_offsets, hops, nodes, links, tasks, weights, routes[1])
                    # where one tensor goes all the way, a link of both routes is paid once
                    route_part(k, source, up, paid, route_offsets, hops, nodes, links, tasks, weights, routes[2])
                for i in range(last if local else 0, last + 1 if local else last):
                    j_from = last if (y < 0 and not at_cloud) else i
                    j_to = last if y >= 0 else j_from + 1
                    for j in range(j_from, j_to):
                        ints[n, USES], ints[n, HOLDS] = 0, 0
                        cost = linear[0, i]
                        fits = add_hold(n, source, table[base + i, PARAMETERS], own_tasks, nodes, ints, floats)
                        if own_shared >= 0 and seconds[0, i] > 0.0:
                            add_use(n, own_shared, seconds[0, i], v[0], ints, floats)
                        if not local:
                            cost += add_sends(n, routes[0], table[base + i, CROSSING], ints, floats)
                        if not (local or at_cloud) and j > i:
                            cost += linear[1, j] - linear[1, i]
                            if seconds[1, j] > seconds[1, i]:
                                add_use(n, int(nodes[site, SHARED]), seconds[1, j] - seconds[1, i], v[1], ints, floats)
                            need = table[base + j, PARAMETERS] - table[base + i, PARAMETERS]
                            fits = add_hold(n, site, need, 2.0, nodes, ints, floats) and fits
                        if y >= 0:
                            up_route = routes[2] if i == j else routes[1]
                            cost += add_sends(n, up_route, table[base + j, CROSSING], ints, floats)
                        if cloud >= 0:
                            cost += linear[2, last] - linear[2, j]
                            if seconds[2, last] > seconds[2, j]:
                                add_use(
                                    n, int(nodes[cloud, SHARED]), seconds[2, last] - seconds[2, j], v[2], ints, floats
                                )
                            need = table[base + last, PARAMETERS] - table[base + j, PARAMETERS]
                            fits = add_hold(n, cloud, need, 2.0, nodes, ints, floats) and fits
                        if not fits:
                            continue
                        floats[n, COST] = cost
                        ints[n, VERSION] = g - network_offsets[network]
                        ints[n, CANDIDATE] = -1 if local else c - candidate_offsets[k]
                        ints[n, CLOUD] = cloud
                        ints[n, DEVICE_UNTIL] = int(table[base + i, LAYER])
                        ints[n, EDGE_UNTIL] = int(table[base + j, LAYER])
                        n += 1
    return n


@njit(cache=True)
def _columns(n_options, n_uses, n_memory):
    """Return room for the table: placement, cost, uses (resource; seconds, weight) and memory rows."""
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


@njit(cache=True)
def _resized(old, n_options, n_uses, n_memory, row, use, mem):
    """Return room of another size with the filled part of `old` (loops compile ten times faster than slices)."""
    new = _columns(n_options, n_uses, n_memory)
    place, cost, use_offsets, use_resource, uses, memory_offsets, memory_node, memory_bytes = new
    for at in range(row):
        for column in range(5):
            place[at, column] = old[0][at, column]
        cost[at] = old[1][at]
        use_offsets[at + 1] = old[2][at + 1]
        memory_offsets[at + 1] = old[5][at + 1]
    for at in range(use):
        use_resource[at] = old[3][at]
        uses[at, 0] = old[4][at, 0]
        uses[at, 1] = old[4][at, 1]
    for at in range(mem):
        memory_node[at] = old[6][at]
        memory_bytes[at] = old[7][at]
    return new


@njit(cache=True, error_model="numpy")
def _walk(n_tasks, data, width, prune):
    """Enumerate task by task; return the task offsets, the columns and the number before pruning."""
    task_offsets = np.zeros(n_tasks + 1, np.int64)
    longest = 0
    for g in range(len(data[8]) - 1):
        longest = max(longest, data[8][g + 1] - data[8][g])
    linear, seconds, routes = np.zeros((3, longest)), np.zeros((3, longest)), np.zeros((3, ROUTE_USES + 3 * width))
    # not plain numbers: Numba would compile what they are passed to once more for them
    row, use, mem, room = np.int64(0), np.int64(0), np.int64(0), np.int64(64)
    out, enumerated = _columns(room, room, room), 0
    for k in range(n_tasks):
        ints, floats = scratch(_most_options(k, data) + 1, width)
        n = _options_of(k, data, ints, floats, linear, seconds, routes)
        enumerated += n
        keep = kept_options(n, ints, floats, prune)
        new_uses, new_held = 0, 0
        for p in keep:
            new_uses += ints[p, USES]
            new_held += ints[p, HOLDS]
        if row + len(keep) > len(out[1]) or use + new_uses > len(out[3]) or mem + new_held > len(out[7]):
            # in proportion to the tasks still to come, so that few tables are copied
            grow = 1.2 * n_tasks / (k + 1.0)
            more_options = int((row + len(keep)) * grow) + 64
            more_uses = int((use + new_uses) * grow) + 64
            more_memory = int((mem + new_held) * grow) + 64
            out = _resized(out, more_options, more_uses, more_memory, row, use, mem)
        place, cost, use_offsets, use_resource, uses, memory_offsets, memory_node, memory_bytes = out
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
        task_offsets[k + 1] = row
    return task_offsets, _resized(out, row, use, mem, row, use, mem), enumerated
