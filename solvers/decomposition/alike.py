"""Tasks that are alike: they have the same options at the same prices, so a pass prices one of them.

Passes take alike tasks one after the other (`first_alike` tells which belong together, by a hash), and a row that is
alike the row before it takes over its cheapest option (`alike_rows` compares the numbers themselves). Where weights or
rates are drawn from a continuum no two tasks are alike, and what this costs is one look at each.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np
from numba import njit

from formulations.joint.problem import JointProblem
from instances.columns import IntArray

__all__ = ["alike_rows", "first_alike"]


def first_alike(problem: JointProblem) -> IntArray:
    """Return for each task the first one that looks like it, shape (n_tasks,).

    It looks at network, weight, device, candidate sites and the first link of each way: a hint in which order to take
    the tasks, no proof that they are alike.
    """
    system, load = problem.instance.system, problem.instance.workload
    return _first_of_equals(  # type: ignore[no-any-return]
        load.task_network,
        load.task_weight,
        system.node_kind,
        system.node_speed,
        load.task_source,
        np.asarray(load.candidate_offsets),
        load.candidate_site,
        load.candidate_route,
        np.asarray(system.route_offsets),
        system.route_links,
        system.link_bytes_per_s,
    )


@njit(cache=True)
def _mixed(key, number):
    """Mix a number into a hash (the finaliser of SplitMix64)."""
    key = np.uint64(key) ^ np.uint64(number)
    key = (key ^ (key >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    key = (key ^ (key >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return key ^ (key >> np.uint64(31))


@njit(cache=True)
def _first_of_equals(
    network, weight, kind, speed, source, candidate_offsets, site, route, route_offsets, hops, rate
):  # fmt: skip
    n = len(network)
    size = 16
    while size < 2 * n:
        size *= 2
    bits, first = np.empty(1), np.arange(n)
    as_integer = bits.view(np.uint64)
    keys, owner = np.empty(size, np.uint64), np.full(size, -1, np.int32)
    for k in range(n):
        key = _mixed(np.uint64(network[k]), np.uint64(kind[source[k]]) << np.uint64(32))
        bits[0] = weight[k]
        key = _mixed(key, as_integer[0])
        bits[0] = speed[source[k]]
        key = _mixed(key, as_integer[0])
        for c in range(candidate_offsets[k], candidate_offsets[k + 1]):
            key = _mixed(key, np.uint64(site[c]))
            if route_offsets[route[c]] < route_offsets[route[c] + 1]:
                bits[0] = rate[hops[route_offsets[route[c]]]]
                key = _mixed(key, as_integer[0])
        at = np.int64(key & np.uint64(size - 1))
        while owner[at] >= 0 and keys[at] != key:
            at = (at + 1) & (size - 1)
        if owner[at] < 0:
            keys[at], owner[at] = key, k
        first[k] = owner[at]
    return first


@njit(cache=True)
def alike_rows(tasks, candidate_offsets, candidate_site, legs, use_offsets, use_resource, use_sends, use_root):
    """Return whether each row of the segments has the same numbers as the row before, shape (n_tasks,).

    The arguments are columns of `solvers.decomposition.segments.Segments`.
    """
    alike = np.zeros(len(tasks), np.bool_)
    for k in range(1, len(tasks)):
        same = True
        for column in range(tasks.shape[1]):
            same = same and tasks[k, column] == tasks[k - 1, column]
        first, before = candidate_offsets[k], candidate_offsets[k - 1]
        same = same and candidate_offsets[k + 1] - first == first - before
        if not same:
            continue
        for c in range(first, candidate_offsets[k + 1]):
            other = before + c - first
            same = same and candidate_site[c] == candidate_site[other]
            for column in range(legs.shape[1]):
                same = same and legs[c, column] == legs[other, column]
            n = use_offsets[c + 1] - use_offsets[c]
            same = same and n == use_offsets[other + 1] - use_offsets[other]
            for u in range(n if same else 0):
                a, b = use_offsets[c] + u, use_offsets[other] + u
                same = same and use_resource[a] == use_resource[b] and use_sends[a] == use_sends[b]
                same = same and use_root[a] == use_root[b]
        alike[k] = same
    return alike
