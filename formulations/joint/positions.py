"""Cut positions of every (network, version), flattened, with running sums per node kind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from formulations.joint.problem import versions_of
from instances.columns import FloatArray, IntArray
from instances.instance import Instance

__all__ = ["Positions", "positions_of"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Positions:
    """Single-tensor cut positions; position ``i`` of a version cuts after one cut point.

    The first position cuts after the input layer (everything is remote), the last after the
    version's last layer (everything is local). Layers are in topological order, so all layers up
    to a cut point's index are those it depends on and itself, and sums over a segment are
    differences of running sums.

    Parameters
    ----------
    network_offsets : int array, shape (n_networks + 1,)
        Versions of network ``n`` are ``network_offsets[n]:network_offsets[n + 1]``.
    offsets : int array, shape (n_versions + 1,)
        Positions of a version.
    accuracy : array, shape (n_versions,)
        NaN where unknown.
    layer : int array, shape (n_positions,)
        Layer index of the cut point.
    crossing_bytes, parameter_bytes : arrays, shape (n_positions,)
        Bytes of the one tensor that crosses; weights up to here.
    seconds, joules : arrays, shape (n_kinds, n_positions)
        Running sums up to here at speed 1; an exit's head belongs to its last position.
    """

    network_offsets: IntArray
    offsets: IntArray
    accuracy: FloatArray
    layer: IntArray
    crossing_bytes: FloatArray
    parameter_bytes: FloatArray
    seconds: FloatArray
    joules: FloatArray


def positions_of(instance: Instance, *, merge: bool = False) -> Positions:
    """Return the cut positions of all versions of all networks of `instance`.

    Parameters
    ----------
    instance : Instance
        Networks and filled cost tables.
    merge : bool
        Of neighbouring positions between which no node kind spends a second or joule and no
        weights lie, keep only the one whose tensor is smallest (the first of them): a cut at
        another costs the same everywhere and sends at least as much. The last position stays.
    """
    counts: list[int] = []
    lengths: list[int] = []
    accuracy: list[float] = []
    layer, crossing, weights, seconds, joules = [], [], [], [], []
    for net, cost in zip(instance.networks, instance.costs, strict=True):
        versions = versions_of(net)
        counts.append(len(versions))
        cuts = net.cut_points()
        running = np.cumsum(net.parameter_bytes)
        running_s, running_j = np.cumsum(cost.layer_seconds, axis=1), np.cumsum(cost.layer_joules, axis=1)
        for version in versions:
            at = cuts[cuts <= version.last]
            lengths.append(len(at))
            accuracy.append(version.accuracy)
            layer.append(at)
            crossing.append(net.output_bytes[at] * version.output_factor)
            held = running[at] * version.parameter_factor
            part_s = running_s[:, at] * version.compute_factor
            part_j = running_j[:, at] * version.compute_factor
            if version.exit >= 0:
                held[-1] += net.exits[version.exit].parameter_bytes
                part_s[:, -1] += cost.head_seconds[:, version.exit]
                part_j[:, -1] += cost.head_joules[:, version.exit]
            # the input tensor is given, not computed: no version compresses it
            crossing[-1][0] = net.output_bytes[0]
            if merge:
                keep = _smallest_of_equals(crossing[-1], np.vstack((held, part_s, part_j)))
                lengths[-1], layer[-1], crossing[-1] = len(keep), at[keep], crossing[-1][keep]
                held, part_s, part_j = held[keep], part_s[:, keep], part_j[:, keep]
            weights.append(held)
            seconds.append(part_s)
            joules.append(part_j)
    return Positions(
        network_offsets=np.concatenate(([0], np.cumsum(counts))),
        offsets=np.concatenate(([0], np.cumsum(lengths))),
        accuracy=np.array(accuracy),
        layer=np.concatenate(layer),
        crossing_bytes=np.concatenate(crossing),
        parameter_bytes=np.concatenate(weights),
        seconds=np.ascontiguousarray(np.concatenate(seconds, axis=1)),
        joules=np.ascontiguousarray(np.concatenate(joules, axis=1)),
    )


def _smallest_of_equals(size: FloatArray, running: FloatArray) -> IntArray:
    """Return, of each run of positions with equal columns of `running`, the first of least size."""
    group = np.concatenate(([0], np.cumsum((running[:, 1:] != running[:, :-1]).any(axis=0))))
    # the last position means "all on the device": it has no tensor to send, so it is its own group
    group[-1] += 1
    order = np.lexsort((np.arange(len(size)), size, group))
    first = np.concatenate(([True], group[order][1:] != group[order][:-1]))
    return np.sort(order[first])
