"""The options of a problem without the table of all: what they are made of, and those at given placements."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit

from formulations.joint.enumerate_options import add_hold, add_sends, add_use
from formulations.joint.legs import node_part, route_part
from formulations.joint.option_inputs import (
    CROSSING,
    DEVICE,
    LAYER,
    NETWORK,
    PARAMETERS,
    SHARED,
    TASKS,
    TIER,
    option_inputs,
)
from formulations.joint.options import OptionTable
from formulations.joint.positions import Positions, positions_of
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
from formulations.joint.uplinks import uplinks_of
from instances.columns import IntArray
from instances.system import Tier

__all__ = ["AT_CLOUD", "PLACEMENT", "OptionSpace", "open_parts", "write_option"]

AT_CLOUD = int(Tier.CLOUD)

PLACEMENT = 5
"""Columns of a placement: candidate (-1: none), version, uplink of the site (-1: none), first and second cut position."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OptionSpace:
    """What the options of all tasks are made of.

    Parameters
    ----------
    problem : JointProblem
        Instance and options.
    data : tuple of arrays
        Inputs of the compiled loops, see `formulations.joint.option_inputs`; cut positions merged by rule 0 of
        `option_table`.
    width : int
        The most uses of shared resources that an option can have.
    most_versions, most_positions : int
        Over all networks.
    """

    problem: JointProblem
    data: tuple[Any, ...]
    width: int
    most_versions: int
    most_positions: int

    @classmethod
    def of(cls, problem: JointProblem, positions: Positions | None = None) -> OptionSpace:
        """Return the space of `problem`; `positions` are the merged ones of its networks, where they are known."""
        if positions is None:
            positions = positions_of(problem.instance, merge=True)
        data, width = option_inputs(problem, positions, uplinks_of(problem.instance.system))
        return cls(
            problem=problem,
            data=data,
            width=width,
            most_versions=int(np.diff(positions.network_offsets).max()),
            most_positions=int(np.diff(positions.offsets).max()),
        )

    def table(self, task: IntArray, placement: IntArray) -> OptionTable:
        """Return the options at given placements as a table.

        Parameters
        ----------
        task : int array, shape (n_options,)
            Not decreasing.
        placement : int array, shape (n_options, PLACEMENT)
            Allowed placements.
        """
        place, cost, use_offsets, use_resource, uses, memory_offsets, memory_node, memory_bytes = _columns_at(
            task, placement, self.data, self.width, self.most_positions
        )
        return OptionTable(
            problem=self.problem,
            task_offsets=np.searchsorted(task, np.arange(self.problem.instance.n_tasks + 1)),
            version=np.ascontiguousarray(place[:, VERSION]),
            candidate=np.ascontiguousarray(place[:, CANDIDATE]),
            cloud=np.ascontiguousarray(place[:, CLOUD]),
            device_until=np.ascontiguousarray(place[:, DEVICE_UNTIL]),
            edge_until=np.ascontiguousarray(place[:, EDGE_UNTIL]),
            cost=cost,
            use_offsets=use_offsets,
            use_resource=use_resource,
            use_seconds=np.ascontiguousarray(uses[:, 0]),
            use_weight=np.ascontiguousarray(uses[:, 1]),
            memory_offsets=memory_offsets,
            memory_node=memory_node,
            memory_bytes=memory_bytes,
            n_enumerated=len(task),
        )


@njit(cache=True, error_model="numpy")
def open_parts(k, c, g, y, data, linear, seconds, routes, weight):
    """Price the parts of task k's options through candidate row c (-1: none), version g, uplink y (-1: none).

    `linear`, `seconds` (3, positions) get the running sums of device, site and cloud, `weight` (3,) the weight of a
    shared second there, `routes` (3, ...) the access route, the uplink, and the uplink without links of both.
    """
    nodes, links, tasks, table, _, candidates, uplinks, _, offsets, _, up_offsets, route_offsets, hops, weights = data
    source, base, n = int(tasks[k, DEVICE]), offsets[g], offsets[g + 1] - offsets[g]
    weight[0] = node_part(k, source, source, base, n, nodes, tasks, table, weights, linear[0], seconds[0])
    if c < 0:
        return
    site, access = candidates[c, 0], candidates[c, 1]
    route_part(k, source, access, -1, route_offsets, hops, nodes, links, tasks, weights, routes[0])
    cloud = -1
    if nodes[site, TIER] == AT_CLOUD:
        cloud = site
    else:
        weight[1] = node_part(k, source, site, base, n, nodes, tasks, table, weights, linear[1], seconds[1])
    if y >= 0:
        cloud, up = uplinks[up_offsets[site] + y, 1], uplinks[up_offsets[site] + y, 2]
        route_part(k, source, up, -1, route_offsets, hops, nodes, links, tasks, weights, routes[1])
        route_part(k, source, up, access, route_offsets, hops, nodes, links, tasks, weights, routes[2])
    if cloud >= 0:
        weight[2] = node_part(k, source, cloud, base, n, nodes, tasks, table, weights, linear[2], seconds[2])


@njit(cache=True, error_model="numpy")
def write_option(p, k, c, g, y, i, j, data, ints, floats, linear, seconds, routes, weight):
    """Write into working row p the option that cuts at positions i and j, from the parts of `open_parts`.

    Returns whether its weights fit the nodes' memory with the task alone.
    """
    nodes, _, tasks, table, _, candidates, uplinks, network_offsets, offsets, candidate_offsets, up_offsets, _, _, _ = (
        data
    )
    source = int(tasks[k, DEVICE])
    base, last = offsets[g], offsets[g + 1] - offsets[g] - 1
    site = -1 if c < 0 else candidates[c, 0]
    at_cloud = c >= 0 and nodes[site, TIER] == AT_CLOUD
    cloud = site if at_cloud else (-1 if y < 0 else uplinks[up_offsets[site] + y, 1])
    ints[p, USES], ints[p, HOLDS] = 0, 0
    cost = linear[0, i]
    fits = add_hold(p, source, table[base + i, PARAMETERS], nodes[source, TASKS], nodes, ints, floats)
    if nodes[source, SHARED] >= 0 and seconds[0, i] > 0.0:
        add_use(p, int(nodes[source, SHARED]), seconds[0, i], weight[0], ints, floats)
    if c >= 0:
        cost += add_sends(p, routes[0], table[base + i, CROSSING], ints, floats)
    if c >= 0 and not at_cloud and j > i:
        cost += linear[1, j] - linear[1, i]
        if seconds[1, j] > seconds[1, i]:
            add_use(p, int(nodes[site, SHARED]), seconds[1, j] - seconds[1, i], weight[1], ints, floats)
        need = table[base + j, PARAMETERS] - table[base + i, PARAMETERS]
        fits = add_hold(p, site, need, 2.0, nodes, ints, floats) and fits
    if y >= 0:
        cost += add_sends(p, routes[2] if i == j else routes[1], table[base + j, CROSSING], ints, floats)
    if cloud >= 0:
        cost += linear[2, last] - linear[2, j]
        if seconds[2, last] > seconds[2, j]:
            add_use(p, int(nodes[cloud, SHARED]), seconds[2, last] - seconds[2, j], weight[2], ints, floats)
        need = table[base + last, PARAMETERS] - table[base + j, PARAMETERS]
        fits = add_hold(p, cloud, need, 2.0, nodes, ints, floats) and fits
    floats[p, COST] = cost
    ints[p, VERSION] = g - network_offsets[int(tasks[k, NETWORK])]
    ints[p, CANDIDATE] = -1 if c < 0 else c - candidate_offsets[k]
    ints[p, CLOUD] = cloud
    ints[p, DEVICE_UNTIL], ints[p, EDGE_UNTIL] = int(table[base + i, LAYER]), int(table[base + j, LAYER])
    return fits


@njit(cache=True, error_model="numpy")
def _columns_at(task, placement, data, width, most_positions):
    """Return the columns of the options at `placement`: placement, cost, uses and memory rows."""
    n = len(task)
    ints, floats = scratch(n, width)
    linear, seconds = np.zeros((3, most_positions)), np.zeros((3, most_positions))
    routes, weight = np.zeros((3, 3 + 3 * width)), np.zeros(3)
    use_offsets, memory_offsets = np.zeros(n + 1, np.int64), np.zeros(n + 1, np.int64)
    for p in range(n):
        k = task[p]
        c = placement[p, 0] if placement[p, 0] < 0 else data[9][k] + placement[p, 0]
        g = data[7][int(data[2][k, NETWORK])] + placement[p, 1]
        y, i, j = placement[p, 2], placement[p, 3], placement[p, 4]
        open_parts(k, c, g, y, data, linear, seconds, routes, weight)
        write_option(p, k, c, g, y, i, j, data, ints, floats, linear, seconds, routes, weight)
        use_offsets[p + 1] = use_offsets[p] + ints[p, USES]
        memory_offsets[p + 1] = memory_offsets[p] + ints[p, HOLDS]
    place, cost = np.empty((n, 5), np.int32), np.empty(n)
    use_resource, uses = np.empty(use_offsets[n], np.int32), np.empty((use_offsets[n], 2))
    memory_node, memory_bytes = np.empty(memory_offsets[n], np.int32), np.empty(memory_offsets[n])
    for p in range(n):
        for column in range(5):
            place[p, column] = ints[p, column]
        cost[p] = floats[p, COST]
        for u in range(ints[p, USES]):
            use_resource[use_offsets[p] + u] = ints[p, RESOURCE + u]
            uses[use_offsets[p] + u, 0] = floats[p, SECONDS + 2 * u]
            uses[use_offsets[p] + u, 1] = floats[p, WEIGHT + 2 * u]
        for u in range(ints[p, HOLDS]):
            memory_node[memory_offsets[p] + u] = ints[p, NODE + u]
            memory_bytes[memory_offsets[p] + u] = floats[p, BYTES + u]
    return place, cost, use_offsets, use_resource, uses, memory_offsets, memory_node, memory_bytes
