r"""The cheapest option of a task at prices of what is shared, found over cut points instead of in an option table.

An option is a path device -> site -> cloud through two cut positions i <= j; its arcs are whole segments:

    device up to i | access, the tensor of i | site, i to j | uplink, the tensor of j | cloud, from j.

An arc of a seconds at weight v on resource r costs what no sharing changes, and the toll

    tau_r(s) = mu_r s + max(s - t_r, 0)^2,    s = sqrt(v a).

As the root makes a segment's toll other than the sum of its layers' tolls, a segment is one arc, and there
are O(positions^2) of them on a site; all else is O(positions). With t = inf the toll is that of the Lagrangian
(L), with t = mu / 2 that of the cuts (T), with mu = 2 Y and t = 0 the marginal cost of a use beside loads Y.
Where parts of one path share a resource their seconds are one use, and its options are priced one by one.

Shortest paths over the layers of a network, for one task without shared resources: Y. Kang et al.,
"Neurosurgeon", ASPLOS 2017; pricing by shortest path: J. Desrosiers, M. E. Lübbecke, "A primer in column
generation", in Column Generation (eds. Desaulniers, Desrosiers, Solomon), Springer, 2005.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np
from numba import njit

from formulations.joint.legs import N_USES, ROUTE_USES, node_part, route_part
from formulations.joint.option_inputs import CROSSING, DEVICE, FLOOR, NETWORK, PARAMETERS, SHARED, TIER
from formulations.joint.option_space import AT_CLOUD, open_parts, write_option
from formulations.joint.scratch import scratch
from solvers.decomposition.tolls import carry, merge_uses, toll, whole_option

__all__ = ["search", "workspace"]


@njit(cache=True, error_model="numpy")
def workspace(n_versions, n_positions, width, n_clouds, n_resources):
    """Return room for the arcs of one task."""
    ints, floats = scratch(1, width)
    return (
        np.zeros((3, n_positions)),
        np.zeros((3, n_positions)),
        np.zeros((3, ROUTE_USES + 3 * width)),
        np.zeros(3),
        np.zeros((n_versions, n_positions, 2)),  # device: priced, alone
        np.zeros((n_clouds, n_versions, n_positions, 2)),  # clouds, from a position on: priced, alone
        np.zeros((n_versions, n_positions, 2)),  # device and access: priced, alone
        np.zeros((2, n_versions, n_positions)),  # site: linear cost and seconds, running
        np.zeros((n_positions, 3)),  # uplink and cloud: priced, alone, least priced from here on
        np.zeros(n_positions),
        np.zeros(n_versions),
        np.zeros(max(n_resources, 1), np.int64),
        ints,
        floats,
    )


@njit(cache=True, error_model="numpy")
def _marked(marks, r, stamp):
    """Mark resource r; return whether it was marked already."""
    if r < 0:
        return False
    before = marks[r] == stamp
    marks[r] = stamp
    return before


@njit(cache=True, error_model="numpy")
def _keep(hits, found, collect, c, h, y, i, j):
    """Write a hit: after the others if `collect`, else in their place; return their number."""
    at = found if collect else 0
    if at < len(hits):
        hits[at, 0], hits[at, 1], hits[at, 2], hits[at, 3], hits[at, 4] = c, h, y, i, j
    return at + 1


@njit(cache=True, error_model="numpy")
def _one_by_one(k, c, c_row, g, h, y, data, mu, points, rent, room, free, limit, collect, work, hits, found):
    """Price all options of a path whose parts share a resource; return the limit and the number of hits."""
    linear, seconds, routes, weight = work[:4]
    ints, floats = work[12:]
    open_parts(k, c_row, g, y, data, linear, seconds, routes, weight)
    at_cloud = data[0][data[5][c_row, 0], TIER] == AT_CLOUD
    last = data[8][g + 1] - data[8][g] - 1
    for i in range(last):
        for j in range(last if (y < 0 and not at_cloud) else i, last if y >= 0 else (i + 1 if at_cloud else last + 1)):
            if not write_option(0, k, c_row, g, y, i, j, data, ints, floats, linear, seconds, routes, weight):
                continue
            priced, alone = whole_option(ints, floats, mu, points, rent, room)
            if priced < limit and alone < free:
                found = _keep(hits, found, collect, c, h, y, i, j)
                if not collect:
                    limit = priced
    return limit, found


@njit(cache=True, error_model="numpy")
def _device_arcs(k, data, mu, points, rent, room, free, limit, collect, work, hits, allowed, device):
    """Price the device's part up to every position, and the options that never leave it."""
    nodes, _, tasks, table, accuracy, _, _, network_offsets, offsets, _, _, _, _, weights = data
    linear, seconds = work[0], work[1]
    source, floor = int(tasks[k, DEVICE]), tasks[k, FLOOR]
    first = network_offsets[int(tasks[k, NETWORK])]
    own, found = int(nodes[source, SHARED]), 0
    for h in range(network_offsets[int(tasks[k, NETWORK]) + 1] - first):
        g = first + h
        # a network of unknown accuracy (NaN) meets only the floor 0
        allowed[h] = 0.0 if floor > 0.0 and not accuracy[g] >= floor else 1.0
        if allowed[h] == 0.0:
            continue
        base, last = offsets[g], offsets[g + 1] - offsets[g] - 1
        v = node_part(k, source, source, base, last + 1, nodes, tasks, table, weights, linear[0], seconds[0])
        for i in range(last + 1):
            need, b = table[base + i, PARAMETERS], v * seconds[0, i]
            device[h, i, 0] = linear[0, i] + toll(np.sqrt(b), own, mu, points) + rent[source] * need
            device[h, i, 1] = linear[0, i] + b
            if need > room[source]:
                device[h, i, 0] = np.inf
        if device[h, last, 0] < limit and device[h, last, 1] < free:
            found = _keep(hits, found, collect, -1, h, -1, last, last)
            if not collect:
                limit = device[h, last, 0]
    return limit, found


@njit(cache=True, error_model="numpy")
def _cloud_arcs(k, data, clouds, mu, points, rent, room, work, allowed, tail):
    """Price the part in every cloud from every position on."""
    nodes, _, tasks, table, _, _, _, network_offsets, offsets, _, _, _, _, weights = data
    linear, seconds = work[0], work[1]
    source, first = int(tasks[k, DEVICE]), network_offsets[int(tasks[k, NETWORK])]
    for h in range(network_offsets[int(tasks[k, NETWORK]) + 1] - first):
        if allowed[h] == 0.0:
            continue
        base, last = offsets[first + h], offsets[first + h + 1] - offsets[first + h] - 1
        for q in range(len(clouds)):
            cloud = clouds[q]
            r = int(nodes[cloud, SHARED])
            v = node_part(k, source, cloud, base, last + 1, nodes, tasks, table, weights, linear[2], seconds[2])
            for j in range(last):
                need = table[base + last, PARAMETERS] - table[base + j, PARAMETERS]
                b = v * (seconds[2, last] - seconds[2, j])
                fixed = linear[2, last] - linear[2, j]
                tail[q, h, j, 0] = fixed + toll(np.sqrt(b), r, mu, points) + rent[cloud] * need
                tail[q, h, j, 1] = fixed + b
                if need > room[cloud]:
                    tail[q, h, j, 0] = np.inf


@njit(cache=True, error_model="numpy")
def _site_arcs(
    k, c, h, g, y, site, v, data, mu, points, rent, room, free, limit, collect, access, running, after, row, hits, found
):
    """Try every segment i < j on the site, with what comes after j priced in `after`."""
    nodes, table, offsets = data[0], data[3], data[8]
    base, last = offsets[g], offsets[g + 1] - offsets[g] - 1
    r = int(nodes[site, SHARED])
    price = mu[r] if r >= 0 else 0.0
    point = points[r] if r >= 0 else np.inf
    for i in range(last):
        head = access[h, i, 0]
        first, stop = (last, last + 1) if y < 0 else (i + 1, last)
        # no arc costs less than nothing
        if first >= stop or not head + after[first, 2] < limit:
            continue
        for j in range(first, stop):
            s = np.sqrt(v * (running[1, h, j] - running[1, h, i]))
            over = max(s - point, 0.0)
            held = rent[site] * (table[base + j, PARAMETERS] - table[base + i, PARAMETERS])
            fixed = running[0, h, j] - running[0, h, i]
            row[j] = head + fixed + held + (price * s + over * over) + after[j, 0]
        for j in range(first, stop):
            if row[j] < limit and table[base + j, PARAMETERS] - table[base + i, PARAMETERS] <= room[site]:
                fixed = running[0, h, j] - running[0, h, i]
                if access[h, i, 1] + fixed + v * (running[1, h, j] - running[1, h, i]) + after[j, 1] < free:
                    found = _keep(hits, found, collect, c, h, y, i, j)
                    if not collect:
                        limit = row[j]
    return limit, found


@njit(cache=True, error_model="numpy")
def search(k, data, clouds, cloud_at, mu, points, rent, room, free, limit, collect, work, hits):
    """Find the cheapest option of task k below `limit`, or all below it.

    Parameters
    ----------
    k : int
        The task.
    data : tuple of arrays
        Of `OptionSpace`.
    clouds, cloud_at : int arrays
        The cloud nodes; the place of every node among them, -1 for others.
    mu, points : arrays, shape (n_resources,)
        Tolls: mu_r and t_r.
    rent : array, shape (n_nodes,)
        Price of a byte of weights on a node.
    room : array, shape (n_nodes,)
        Bytes that an option may put on a node.
    free : float
        Cost of the task's best option that uses nothing shared and no limited memory (inf: none). Others are
        left out, as is what alone costs as much (rule 1 of `option_table`).
    limit : float
        Least priced cost that is of no interest.
    collect : bool
        Whether to find all.
    work : tuple of arrays
        Of `workspace`.
    hits : int array, shape (most, PLACEMENT)
        Gets the placements.

    Returns
    -------
    limit : float
        The least priced cost (`limit` where nothing was found, or all are collected).
    found : int
        Number of hits; above ``len(hits)`` where there was no room for all.
    """
    nodes, links, tasks, table, _, candidates, uplinks, network_offsets, offsets, candidate_offsets, up_offsets, \
        route_offsets, hops, weights = data  # fmt: skip
    _, _, routes, _, device, tail, access, running, after, row, allowed, marks, _, _ = work
    source, first_version = int(tasks[k, DEVICE]), network_offsets[int(tasks[k, NETWORK])]
    n_versions = network_offsets[int(tasks[k, NETWORK]) + 1] - first_version
    own = int(nodes[source, SHARED])
    limit, found = _device_arcs(k, data, mu, points, rent, room, free, limit, collect, work, hits, allowed, device)
    if candidate_offsets[k] == candidate_offsets[k + 1]:
        return limit, found
    _cloud_arcs(k, data, clouds, mu, points, rent, room, work, allowed, tail)
    marks[:] = 0
    stamp = 0
    for c_row in range(candidate_offsets[k], candidate_offsets[k + 1]):
        c, site = c_row - candidate_offsets[k], candidates[c_row, 0]
        at_cloud = nodes[site, TIER] == AT_CLOUD
        route_part(k, source, candidates[c_row, 1], -1, route_offsets, hops, nodes, links, tasks, weights, routes[0])
        merge_uses(routes[0])
        stamp += 1
        clash = _marked(marks, own, stamp)
        for u in range(int(routes[0, N_USES])):
            clash = _marked(marks, int(routes[0, ROUTE_USES + 3 * u]), stamp) or clash
        clash = _marked(marks, int(nodes[site, SHARED]), stamp) or clash
        worth, v = clash, 0.0
        for h in range(n_versions):
            if allowed[h] == 0.0:
                continue
            base, last = offsets[first_version + h], offsets[first_version + h + 1] - offsets[first_version + h] - 1
            for i in range(last):
                priced, alone = carry(routes[0], table[base + i, CROSSING], mu, points)
                access[h, i, 0], access[h, i, 1] = device[h, i, 0] + priced, device[h, i, 1] + alone
                worth = worth or access[h, i, 0] < limit
            if not at_cloud:
                v = node_part(
                    k, source, site, base, last + 1, nodes, tasks, table, weights, running[0, h], running[1, h]
                )
        if not worth:
            continue
        for y in range(-1, 0 if at_cloud else up_offsets[site + 1] - up_offsets[site]):
            mixed, q = clash, (cloud_at[site] if at_cloud else -1)
            if y >= 0:
                up = uplinks[up_offsets[site] + y, 2]
                cloud = uplinks[up_offsets[site] + y, 1]
                q = cloud_at[cloud]
                access_route = candidates[c_row, 1]
                route_part(k, source, up, -1, route_offsets, hops, nodes, links, tasks, weights, routes[1])
                route_part(k, source, up, access_route, route_offsets, hops, nodes, links, tasks, weights, routes[2])
                merge_uses(routes[1])
                merge_uses(routes[2])
                mixed = _meets(marks, stamp, routes[1], int(nodes[cloud, SHARED])) or mixed
            for h in range(n_versions):
                if allowed[h] == 0.0:
                    continue
                g = first_version + h
                base, last = offsets[g], offsets[g + 1] - offsets[g] - 1
                if mixed:
                    limit, found = _one_by_one(
                        k, c, c_row, g, h, y, data, mu, points, rent, room, free, limit, collect, work, hits, found
                    )
                    continue
                if y < 0 and not at_cloud:
                    after[last, 0], after[last, 1], after[last, 2] = 0.0, 0.0, 0.0
                least = np.inf
                for j in range(last - 1 if q >= 0 else -1, -1, -1):
                    # nothing on the site: the tensor goes all the way
                    through, through_alone = 0.0, 0.0
                    if y >= 0:
                        through, through_alone = carry(routes[2], table[base + j, CROSSING], mu, points)
                    priced = access[h, j, 0] + through + tail[q, h, j, 0]
                    if priced < limit and access[h, j, 1] + through_alone + tail[q, h, j, 1] < free:
                        found = _keep(hits, found, collect, c, h, y, j, j)
                        if not collect:
                            limit = priced
                    if y >= 0:
                        priced, alone = carry(routes[1], table[base + j, CROSSING], mu, points)
                        after[j, 0], after[j, 1] = priced + tail[q, h, j, 0], alone + tail[q, h, j, 1]
                        least = min(least, after[j, 0])
                        after[j, 2] = least
                if not at_cloud:
                    limit, found = _site_arcs(
                        k, c, h, g, y, site, v, data, mu, points, rent, room, free, limit, collect, access, running,
                        after, row, hits, found,
                    )  # fmt: skip
    return limit, found


@njit(cache=True, error_model="numpy")
def _meets(marks, stamp, part, cloud_resource):
    """Return whether a route or the cloud behind it uses a resource marked with `stamp`, or the same one."""
    for u in range(int(part[N_USES])):
        r = int(part[ROUTE_USES + 3 * u])
        if marks[r] == stamp or r == cloud_resource:
            return True
    return cloud_resource >= 0 and marks[cloud_resource] == stamp
