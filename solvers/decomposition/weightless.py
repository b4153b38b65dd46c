"""Tasks whose time weighs nothing: who of them needs no option but its device, and where the others hinder best shares.

What costs nothing on the device and uses nothing that weighs there is a best option, whatever the others do. On a
resource with users of weight 0 beside others best shares do not exist (`solvers.decomposition.zero_weights` asks the
same of options that are not segments).
"""

from __future__ import annotations

import numpy as np

from formulations.joint.plan_rules import MEMORY_TOLERANCE
from formulations.joint.positions import Positions
from formulations.joint.problem import JointProblem
from instances.columns import Array, BoolArray, FloatArray, IntArray

__all__ = ["mixed_resource", "settled_at_home"]


def settled_at_home(problem: JointProblem, positions: Positions, time: FloatArray, limit: FloatArray) -> BoolArray:
    """Return which tasks have an option on their device that costs nothing, shape (n_tasks,).

    Parameters
    ----------
    problem : JointProblem
        Instance and options.
    positions : Positions
        Cut positions of its networks.
    time : array, shape (n_tasks,)
        The objective's weight of a second.
    limit : array, shape (n_nodes,)
        Memory in bytes.
    """
    options, system, load = problem.options, problem.instance.system, problem.instance.workload
    source = load.task_source
    free: BoolArray = (time == 0) & (options.energy_weight == 0)
    free &= options.price_weight * system.node_price_per_s[source] == 0
    if not free.any():
        return free
    fits = np.zeros(load.n_tasks, dtype=bool)
    network, floor, room = load.task_network, load.task_accuracy_floor, limit[source] * (1.0 + MEMORY_TOLERANCE)
    last = positions.offsets[1:] - 1
    for version in range(int(np.diff(positions.network_offsets).max())):
        row = positions.network_offsets[network] + version
        known = row < positions.network_offsets[network + 1]
        row = np.where(known, row, 0)
        # a network of unknown accuracy (NaN) meets only the floor 0
        meets = (floor <= 0) | (positions.accuracy[row] >= floor)
        fits |= known & meets & (positions.parameter_bytes[last[row]] <= room)
    return free & fits


def mixed_resource(
    n_resources: int,
    weights: FloatArray,
    device: Array,
    candidate_offsets: IntArray,
    candidate_site: Array,
    shared: Array,
    up_offsets: IntArray,
    up_cloud: IntArray,
    use_offsets: IntArray,
    use_resource: Array,
    use_sends: BoolArray,
) -> int:
    """Return a resource that parts of weight 0 may use beside others, or -1.

    Parameters
    ----------
    n_resources : int
        Of the instance.
    weights : array, shape (3, n_tasks)
        The objective's weight of a second in which the device works, waits, sends.
    device : array, shape (n_tasks,)
        Resource of each task's device (-1: none).
    shared : array, shape (n_sites,)
        Resource of each site (-1: none).
    candidate_offsets, candidate_site, up_offsets, up_cloud, use_offsets, use_resource, use_sends : arrays
        Columns of `solvers.decomposition.segments.Segments`.
    """
    work, wait, send = (weights > 0).astype(np.int64)
    if work.all():
        return -1
    seen = np.zeros((2, n_resources), dtype=bool)

    def see(resource: Array, weighs: Array) -> None:
        at = resource >= 0
        seen[weighs[at], resource[at].astype(np.int64)] = True

    see(device, work)
    owner = np.repeat(np.arange(len(device)), np.diff(candidate_offsets))
    see(shared[candidate_site], wait[owner])
    leg = np.repeat(np.arange(len(use_offsets) - 1), np.diff(use_offsets))
    access = leg < len(owner)
    who = owner[leg[access]]
    see(use_resource[access], np.where(use_sends[access], send[who], wait[who]))
    through = np.zeros((2, len(shared)), dtype=bool)
    through[wait[owner], candidate_site] = True
    passed = through[:, np.repeat(np.arange(len(shared)), np.diff(up_offsets))]
    for weighs in (0, 1):
        links = use_resource[~access][passed[weighs, leg[~access] - len(owner)]]
        behind = np.concatenate((shared[up_cloud[passed[weighs]]], links))
        see(behind, np.full(len(behind), weighs))
    mixed = np.flatnonzero(seen.all(axis=0))
    return int(mixed[0]) if len(mixed) else -1
