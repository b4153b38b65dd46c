"""The joint problem as segments: what an option costs, without a table of options.

An option of the family `joint` is a device part up to a cut i, a leg to a site, a site part from i
to a cut j, a leg to a cloud and a cloud part. On each shared resource its root is a product of what
the task has (a weight), what the place has (a speed or a rate) and what the network has (the root of
a running sum or of a tensor's bytes), for instance

    s_kpr = sqrt(v_k / speed_r) sqrt(S_j - S_i),    S: running seconds at speed 1.

The last factors are shared by all tasks of a network, so they are tabled once, and a task's cheapest
option is found from a few numbers of its own and of its legs. Memory grows by some hundred bytes a
task instead of some hundred a option.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from formulations.joint.positions import Positions, positions_of
from formulations.joint.problem import JointProblem
from formulations.joint.uplinks import uplinks_of
from instances.columns import Array, BoolArray, FloatArray, IntArray
from instances.system import Tier
from solvers.decomposition.alike import alike_rows, first_alike
from solvers.decomposition.segment_columns import (
    BYTES,
    FLOOR,
    HEAD,
    IDLE,
    IDLE_INVERSE,
    INVERSE_SPEED,
    JOULES,
    KIND,
    KINDS,
    LATENCY,
    LIMIT,
    LINEAR,
    NETWORK,
    PER_KIND,
    PRICE,
    ROOT_BYTES,
    S_SHARED,
    SECONDS,
    SEND,
    SEND_INVERSE,
    SHARED,
    TAIL,
    TIME,
    WEIGHTS,
)
from solvers.decomposition.segment_overlap import meets_itself
from solvers.decomposition.waves import order_by_lanes
from solvers.decomposition.weightless import mixed_resource, settled_at_home

__all__ = ["Segments", "segments_of"]


class Segments(NamedTuple):
    """What the kernels read; `solvers.decomposition.segment_columns` names the columns.

    Parameters
    ----------
    order : int array, shape (n_tasks,)
        Which task of the instance each row of `tasks` is; passes go through the rows from first to last.
    curves : array, shape (KINDS + PER_KIND * n_kinds, n_positions)
        Running sums of all versions of all networks.
    pairs : array, shape (n_kinds, n_pairs)
        ``sqrt(S_j - S_i)`` of a version at ``pair_offsets[g] + i * m + j``; 0 for kinds without a site and for networks
        that no task runs.
    network_offsets, offsets, pair_offsets : int arrays
        Versions of each network; positions and pairs of each version.
    accuracy : array, shape (n_versions,)
    tasks : array, shape (n_tasks, 10)
    alike : bool array, shape (n_tasks,)
        Whether a row has the numbers of the row before, candidates and ways included, so that it is priced with it.
    candidate_offsets, candidate_site : int arrays
        Candidates of each task, as rows of `sites`.
    sites : array, shape (n_sites, 5)
        Sites and clouds.
    up_offsets, up_cloud : int arrays
        Clouds behind each site, as rows of `sites`.
    legs : array, shape (n_candidates + n_uplinks, 4)
        The way of each candidate, then of each uplink.
    use_offsets, use_resource, use_sends, use_root : arrays
        Shared links of each leg: resource, whether the device sends on it, root of the seconds a byte.
    joule_weights : array, shape (2,)
        Objective per joule on the device and elsewhere.
    """

    order: IntArray
    curves: FloatArray
    pairs: FloatArray
    network_offsets: IntArray
    offsets: IntArray
    pair_offsets: IntArray
    accuracy: FloatArray
    tasks: FloatArray
    alike: BoolArray
    candidate_offsets: IntArray
    candidate_site: Array
    sites: FloatArray
    up_offsets: IntArray
    up_cloud: IntArray
    legs: FloatArray
    use_offsets: IntArray
    use_resource: Array
    use_sends: BoolArray
    use_root: FloatArray
    joule_weights: FloatArray


def segments_of(problem: JointProblem, positions: Positions | None = None, *, relaxed: bool = False) -> Segments | str:
    """Return the segments of `problem`, or why its options do not fall apart into them.

    They do where no option uses one link or resource by two of its parts, no memory limit but those of the tasks' own
    devices can bind, and no resource has users of weight 0 beside others. A task that stays on its device for nothing
    has no other option.

    Parameters
    ----------
    problem : JointProblem
        Instance and options.
    positions : Positions, optional
        The merged cut positions of its networks, where they are known.
    relaxed : bool
        Whether to leave out memory limits that tasks share: bounds stay valid, but a state need not be a plan.
    """
    instance, options = problem.instance, problem.options
    system, load = instance.system, instance.workload
    time = options.latency_weight * load.task_weight
    uplinks = uplinks_of(system)
    used = np.zeros(system.n_nodes, dtype=bool)
    used[load.candidate_site] = True
    used[uplinks[used[uplinks[:, 0]], 1]] = True
    limit = system.node_memory_bytes if options.memory else np.full(system.n_nodes, np.inf)
    starts = np.bincount(load.task_source, minlength=system.n_nodes)
    if not relaxed and np.isfinite(limit[used | (starts > 1)]).any():
        return "tasks share memory limits"
    if positions is None:
        positions = positions_of(instance, merge=True)

    row = np.cumsum(used) - 1
    node = np.flatnonzero(used)
    sites = np.column_stack(
        (
            system.node_kind[node],
            1.0 / system.node_speed[node],
            options.price_weight * system.node_price_per_s[node],
            system.node_resource[node],
            system.node_tier[node] == Tier.CLOUD,
        )
    ).astype(np.float64)
    offsets = np.array(load.candidate_offsets, dtype=np.int64)
    count = np.diff(offsets)
    count[settled_at_home(problem, positions, time, limit)] = 0
    first_site = np.where(count > 0, np.append(load.candidate_site, -1)[offsets[:-1]], -1)
    order = order_by_lanes(first_site, first_alike(problem))
    count = count[order]
    candidate_offsets = np.concatenate(([0], np.cumsum(count)))
    rows = np.repeat(offsets[order] - candidate_offsets[:-1], count) + np.arange(candidate_offsets[-1])
    source = load.task_source[order]
    kind = system.node_kind[source]
    tasks = np.empty((load.n_tasks, 10))
    tasks[:, NETWORK], tasks[:, TIME] = load.task_network[order], time[order]
    tasks[:, FLOOR] = load.task_accuracy_floor[order]
    tasks[:, IDLE] = options.energy_weight * np.array([k.idle_watts for k in system.kinds])[kind]
    tasks[:, SEND] = options.energy_weight * np.array([k.transmit_watts for k in system.kinds])[kind]
    tasks[:, KIND], tasks[:, INVERSE_SPEED] = kind, 1.0 / system.node_speed[source]
    tasks[:, PRICE] = options.price_weight * system.node_price_per_s[source]
    tasks[:, SHARED], tasks[:, LIMIT] = system.node_resource[source], limit[source]

    uplinks = uplinks[used[uplinks[:, 0]]]
    owner = np.repeat(source, count)
    joule = options.energy_weight, options.energy_weight * (options.energy_scope == "system")
    route = np.concatenate((load.candidate_route[rows], uplinks[:, 2])).astype(np.int64)
    legs, use_offsets, use_resource, use_sends, use_root = _legs(
        route,
        np.concatenate((owner, np.full(len(uplinks), -1))).astype(np.int64),
        system.route_offsets,
        system.route_links,
        system.link_source,
        system.link_resource,
        system.link_bytes_per_s,
        system.link_latency_s,
        options.price_weight * system.link_price_per_byte,
        system.link_joules_per_byte,
        np.array(joule),
    )
    runs = np.bincount(load.task_network, minlength=len(instance.networks)) > 0
    curves, pairs, pair_offsets = _curves(positions, np.unique(system.node_kind[used]), runs)
    candidate_site = row[load.candidate_site[rows]].astype(np.int32)
    alike = alike_rows(tasks, candidate_offsets, candidate_site, legs, use_offsets, use_resource, use_sends, use_root)
    segments = Segments(
        order=order,
        curves=curves,
        pairs=pairs,
        network_offsets=positions.network_offsets,
        offsets=positions.offsets,
        pair_offsets=pair_offsets,
        accuracy=positions.accuracy,
        tasks=tasks,
        alike=alike,
        candidate_offsets=candidate_offsets,
        candidate_site=candidate_site,
        sites=sites,
        up_offsets=np.searchsorted(row[uplinks[:, 0]], np.arange(len(node) + 1)),
        up_cloud=row[uplinks[:, 1]],
        legs=legs,
        use_offsets=use_offsets,
        use_resource=use_resource,
        use_sends=use_sends,
        use_root=use_root,
        joule_weights=np.array(joule),
    )
    at = meets_itself(segments, route, system.route_offsets, system.route_links)
    if at >= 0:
        return f"an option of task {order[at]} uses a link or a resource by two of its parts"
    mixed = mixed_resource(
        len(system.resources),
        tasks[:, TIME] + np.stack((np.zeros(len(tasks)), tasks[:, IDLE], tasks[:, SEND])),
        tasks[:, SHARED],
        candidate_offsets,
        candidate_site,
        sites[:, S_SHARED],
        segments.up_offsets,
        segments.up_cloud,
        use_offsets,
        use_resource,
        use_sends,
    )
    if options.sharing == "optimal" and mixed >= 0:  # equal shares need no weights
        return f"of the users of {system.resources[mixed].name} some weigh nothing and others something"
    return segments


def _curves(positions: Positions, kinds: IntArray, runs: BoolArray) -> tuple[FloatArray, FloatArray, IntArray]:
    """Return running sums and their roots of all versions; of pairs only for site kinds `kinds` and networks that run."""
    versions = np.diff(positions.network_offsets)
    n_kinds, n = positions.seconds.shape
    curves = np.empty((KINDS + PER_KIND * n_kinds, n))
    curves[BYTES], curves[ROOT_BYTES] = positions.crossing_bytes, np.sqrt(positions.crossing_bytes)
    curves[WEIGHTS] = positions.parameter_bytes
    size = np.diff(positions.offsets)
    pair_offsets = np.concatenate(([0], np.cumsum(size * size)))
    end = positions.seconds[:, np.repeat(positions.offsets[1:] - 1, size)]
    curves[KINDS + SECONDS :: PER_KIND], curves[KINDS + JOULES :: PER_KIND] = positions.seconds, positions.joules
    curves[KINDS + HEAD :: PER_KIND] = np.sqrt(positions.seconds)
    curves[KINDS + TAIL :: PER_KIND] = np.sqrt(np.maximum(end - positions.seconds, 0.0))
    pairs = _pairs(positions.seconds, positions.offsets, pair_offsets, kinds, np.flatnonzero(np.repeat(runs, versions)))
    return curves, pairs, pair_offsets


@njit(cache=True)
def _pairs(seconds, offsets, pair_offsets, kinds, versions):
    """Return ``sqrt(S_j - S_i)`` of all pairs i < j of positions of some versions on some kinds; 0 elsewhere."""
    pairs = np.zeros((len(seconds), pair_offsets[-1]))
    for kind in kinds:
        for g in versions:
            base, m = offsets[g], offsets[g + 1] - offsets[g]
            for i in range(m):
                for j in range(i + 1, m):
                    between = seconds[kind, base + j] - seconds[kind, base + i]
                    pairs[kind, pair_offsets[g] + i * m + j] = np.sqrt(max(between, 0.0))
    return pairs


@njit(cache=True)
def _legs(route, owner, route_offsets, hops, source, resource, rate, latency, price, joules, joule_weights):
    """Sum up the links of every leg; `owner` is the device that sends on it (-1: none does)."""
    n, total = len(route), 0
    for leg in range(n):
        for at in range(route_offsets[route[leg]], route_offsets[route[leg] + 1]):
            total += resource[hops[at]] >= 0
    legs, offsets = np.zeros((n, 4)), np.zeros(n + 1, np.int64)
    use_resource, use_sends, use_root = np.empty(total, np.int32), np.empty(total, np.bool_), np.empty(total)
    use = 0
    for leg in range(n):
        for at in range(route_offsets[route[leg]], route_offsets[route[leg] + 1]):
            hop = hops[at]
            sends = source[hop] == owner[leg]
            legs[leg, LATENCY] += latency[hop]
            legs[leg, LINEAR] += price[hop] + joules[hop] * joule_weights[0 if sends else 1]
            if resource[hop] >= 0:
                use_resource[use], use_sends[use] = resource[hop], sends
                use_root[use] = np.sqrt(1.0 / rate[hop])
                use += 1
            elif sends:
                legs[leg, SEND_INVERSE] += 1.0 / rate[hop]
            else:
                legs[leg, IDLE_INVERSE] += 1.0 / rate[hop]
        offsets[leg + 1] = use
    return legs, offsets, use_resource, use_sends, use_root
