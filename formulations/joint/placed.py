"""Layers placed on device, site and cloud by a plan, for the referee: work, weights and tensors of each part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from formulations.joint.plan import JointPlan
from formulations.joint.problem import Version, versions_of
from instances.columns import BoolArray, FloatArray, IntArray
from instances.costs.table import CostTable
from instances.instance import Instance
from instances.networks.graph import NetworkGraph

__all__ = ["Placed", "place_patterns"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Placed:
    """What each part (0 device, 1 site, 2 cloud) of each distinct placement does.

    Parameters
    ----------
    pattern : int array, shape (n_tasks,)
        The placement (network, version, two cuts) of each task.
    seconds, joules : arrays, shape (3, n_kinds, n_patterns)
        Sums over the part's layers at speed 1.
    parameter_bytes : array, shape (3, n_patterns)
        Weights of the part.
    operations : array, shape (3, n_patterns)
        Work of the part.
    access_bytes, uplink_bytes, through_bytes : arrays, shape (n_patterns,)
        Bytes of the tensors that leave the device, that enter the cloud, and that do both.
    """

    pattern: IntArray
    seconds: FloatArray
    joules: FloatArray
    parameter_bytes: FloatArray
    operations: FloatArray
    access_bytes: FloatArray
    uplink_bytes: FloatArray
    through_bytes: FloatArray


def place_patterns(instance: Instance, plan: JointPlan) -> Placed:
    """Place every distinct (network, version, device_until, edge_until) of `plan` once."""
    most = max(len(net) for net in instance.networks)
    versions = [versions_of(net) for net in instance.networks]
    several = max(len(v) for v in versions)
    key = (instance.workload.task_network.astype(np.int64) * several + plan.version) * most + plan.device_until
    pattern, distinct = pd.factorize(key * most + plan.edge_until)
    n, n_kinds = len(distinct), len(instance.system.kinds)
    seconds, joules = np.zeros((3, n_kinds, n)), np.zeros((3, n_kinds, n))
    parameter_bytes, operations, crossing = np.zeros((3, n)), np.zeros((3, n)), np.zeros((3, n))
    for column, placement in enumerate(distinct.tolist()):
        rest, second = divmod(placement, most)
        rest, first = divmod(rest, most)
        net, version = divmod(rest, several)
        graph, cost, chosen = instance.networks[net], instance.costs[net], versions[net][version]
        part = _parts(graph, chosen, first, second)
        for where in range(3):
            inside = part == where
            seconds[where, :, column], joules[where, :, column] = _work(cost, chosen, inside)
            parameter_bytes[where, column] = graph.parameter_bytes[inside].sum() * chosen.parameter_factor
            operations[where, column] = graph.operations[inside].sum() * chosen.compute_factor
            if chosen.exit >= 0 and inside[chosen.last]:
                head = graph.exits[chosen.exit]
                parameter_bytes[where, column] += head.parameter_bytes
                operations[where, column] += head.operations
        crossing[:, column] = _tensors(graph, chosen, part)
    return Placed(
        pattern=pattern,
        seconds=seconds,
        joules=joules,
        parameter_bytes=parameter_bytes,
        operations=operations,
        access_bytes=crossing[0],
        uplink_bytes=crossing[1],
        through_bytes=crossing[2],
    )


def _needed(graph: NetworkGraph, layer: int) -> BoolArray:
    """Return which layers `layer` depends on, itself included."""
    needed = np.zeros(len(graph), dtype=bool)
    needed[layer] = True
    stack = [layer]
    before: dict[int, list[int]] = {}
    for a, b in graph.edges:
        before.setdefault(b, []).append(a)
    while stack:
        for a in before.get(stack.pop(), []):
            if not needed[a]:
                needed[a] = True
                stack.append(a)
    return needed


def _parts(graph: NetworkGraph, version: Version, first: int, second: int) -> IntArray:
    """Return the part of every layer: 0, 1, 2, or -1 for layers that the version does not run."""
    part = np.where(_needed(graph, version.last), 2, -1)
    part[_needed(graph, second)] = 1
    part[_needed(graph, first)] = 0
    return part


def _work(cost: CostTable, version: Version, inside: BoolArray) -> tuple[FloatArray, FloatArray]:
    seconds = cost.layer_seconds[:, inside].sum(axis=1) * version.compute_factor
    joules = cost.layer_joules[:, inside].sum(axis=1) * version.compute_factor
    if version.exit >= 0 and inside[version.last]:
        seconds = seconds + cost.head_seconds[:, version.exit]
        joules = joules + cost.head_joules[:, version.exit]
    return seconds, joules


def _tensors(graph: NetworkGraph, version: Version, part: IntArray) -> FloatArray:
    """Return bytes that leave the device, enter the cloud, and do both; each tensor counts once."""
    leaves, enters = set(), set()
    for a, b in graph.edges:
        if 0 <= part[a] < part[b]:
            if part[a] == 0:
                leaves.add(a)
            if part[b] == 2:
                enters.add(a)

    def size(tensors: set[int]) -> float:
        # the input tensor is given, so no version compresses it
        return float(sum(graph.output_bytes[a] * (version.output_factor if a else 1.0) for a in sorted(tensors)))

    return np.array([size(leaves), size(enters), size(leaves & enters)])
