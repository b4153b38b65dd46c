"""Whether best shares exist: on no resource may some users weigh nothing and others something.

The option table refuses such problems for the options that it keeps. Without the table the check is on all parts
that an option may have, so it may refuse a little more.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np
from numba import njit

from formulations.joint.legs import N_USES, ROUTE_USES, route_part
from formulations.joint.option_inputs import (
    DEVICE,
    ENERGY_WEIGHT,
    IDLE,
    LATENCY_WEIGHT,
    SHARED,
    TIER,
    WEIGHT_OF,
)
from formulations.joint.option_space import AT_CLOUD, OptionSpace

__all__ = ["mixed_weights"]


def mixed_weights(space: OptionSpace) -> str | None:
    """Return why the problem has no best shares, or None."""
    problem = space.problem
    options, load, resources = problem.options, problem.instance.workload, problem.instance.system.resources
    if not resources or (options.latency_weight > 0 and (load.task_weight > 0).all()):
        return None
    seen = np.zeros((2, len(resources)), dtype=np.bool_)
    _mark(space.data, 3 + 3 * space.width, seen)
    mixed = np.flatnonzero(seen.all(axis=0))
    if not len(mixed):
        return None
    name = resources[int(mixed[0])].name
    return f'resource {name}: under sharing "optimal" all its users must have weight > 0, or all 0'


@njit(cache=True, error_model="numpy")
def _mark(data, width, seen):
    """Mark which resources may have users of weight 0 (row 0) and above 0 (row 1)."""
    (
        nodes,
        links,
        tasks,
        _,
        _,
        candidates,
        uplinks,
        _,
        _,
        candidate_offsets,
        up_offsets,
        route_offsets,
        hops,
        weights,
    ) = data
    part = np.zeros(width)
    for k in range(len(tasks)):
        source = int(tasks[k, DEVICE])
        time = weights[LATENCY_WEIGHT] * tasks[k, WEIGHT_OF]
        waiting = time + weights[ENERGY_WEIGHT] * nodes[source, IDLE]
        _see(nodes[source, SHARED], time, seen)
        for c in range(candidate_offsets[k], candidate_offsets[k + 1]):
            site, access = candidates[c, 0], candidates[c, 1]
            _see(nodes[site, SHARED], waiting, seen)
            route_part(k, source, access, -1, route_offsets, hops, nodes, links, tasks, weights, part)
            _see_all(part, seen)
            if nodes[site, TIER] == AT_CLOUD:
                continue
            for row in range(up_offsets[site], up_offsets[site + 1]):
                _see(nodes[uplinks[row, 1], SHARED], waiting, seen)
                up = uplinks[row, 2]
                route_part(k, source, up, -1, route_offsets, hops, nodes, links, tasks, weights, part)
                _see_all(part, seen)


@njit(cache=True, error_model="numpy")
def _see(resource, weight, seen):
    if resource >= 0:
        seen[1 if weight > 0.0 else 0, int(resource)] = True


@njit(cache=True, error_model="numpy")
def _see_all(part, seen):
    for u in range(int(part[N_USES])):
        _see(part[ROUTE_USES + 3 * u], part[ROUTE_USES + 3 * u + 2], seen)
