"""Cut positions of every (network, version), flattened, with running sums per node kind."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

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
    networks, costs = instance.networks, instance.costs
    counts, version, factors, heads = _versions(instance)
    layers = np.concatenate(([0], np.cumsum([len(net) for net in networks])))
    columns = _cuts(
        layers,
        np.concatenate([net.edge_array for net in networks]),
        np.concatenate(([0], np.cumsum([len(net.edge_array) for net in networks]))),
        np.stack([np.concatenate([getattr(net, name) for net in networks]) for name in _SIZES]),
        np.concatenate([np.vstack((cost.layer_seconds, cost.layer_joules)) for cost in costs], axis=1),
        version,
        factors,
        heads,
        merge,
    )
    offsets, layer, crossing, held, running = columns
    n_kinds = len(running) // 2
    return Positions(
        network_offsets=np.concatenate(([0], np.cumsum(counts))),
        offsets=offsets,
        accuracy=factors[:, ACCURACY].copy(),
        layer=layer,
        crossing_bytes=crossing,
        parameter_bytes=held,
        seconds=running[:n_kinds],
        joules=running[n_kinds:],
    )


_SIZES = ("parameter_bytes", "output_bytes")
# columns of the factors of a version
ACCURACY, COMPUTE, PARAMETER, OUTPUT = range(4)


def _versions(instance: Instance) -> tuple[list[int], IntArray, FloatArray, FloatArray]:
    """Return the number of versions of each network, and their (network, last layer), factors and exits' heads.

    Heads are shape (1 + 2 n_kinds, n_versions): weights, seconds and joules; 0 for a version that is no exit.
    """
    counts: list[int] = []
    version: list[tuple[int, int]] = []
    factors: list[tuple[float, ...]] = []
    heads: list[tuple[int, FloatArray]] = []
    for n, (net, cost) in enumerate(zip(instance.networks, instance.costs, strict=True)):
        versions = versions_of(net)
        counts.append(len(versions))
        for one in versions:
            if one.exit >= 0:
                part = cost.head_seconds[:, one.exit], cost.head_joules[:, one.exit]
                heads.append((len(version), np.concatenate(([net.exits[one.exit].parameter_bytes], *part))))
            version.append((n, one.last))
            factors.append((one.accuracy, one.compute_factor, one.parameter_factor, one.output_factor))
    head = np.zeros((1 + 2 * len(instance.system.kinds), len(version)))
    for g, column in heads:
        head[:, g] = column
    return counts, np.array(version), np.array(factors, dtype=np.float64), head


@njit(cache=True)
def _merged(begin, n, layer, crossing, held, out):
    """Of each run of positions begin:n with nothing between them keep the first with the smallest tensor; return n."""
    kept = begin - 1
    for at in range(begin, n):
        # the last position means "all on the device": it has no tensor to send, so it stays
        same = begin < at < n - 1 and held[at] == held[kept]
        for row in range(len(out)):
            same = same and out[row, at] == out[row, kept]
        if not same:
            kept += 1
            held[kept] = held[at]
            for row in range(len(out)):
                out[row, kept] = out[row, at]
        if not same or crossing[at] < crossing[kept]:
            layer[kept], crossing[kept] = layer[at], crossing[at]
    return kept + 1


@njit(cache=True)
def _cuts(layers, edges, edge_offsets, sizes, spent, version, factors, heads, merge):
    """Return offsets, layers, crossing bytes, weights, and running seconds and joules of all versions' positions."""
    n_versions, n_rows = len(version), len(spent)
    most = 0
    for g in range(n_versions):
        most += version[g, 1] + 1
    offsets, layer, crossing, held = (
        np.zeros(n_versions + 1, np.int64), np.empty(most, np.int64), np.empty(most), np.empty(most)
    )  # fmt: skip
    out = np.empty((n_rows, most))
    spans, n = np.zeros(len(sizes[0]), np.int64), 0
    running = np.empty((n_rows + 1, len(sizes[0])))
    for net in range(len(layers) - 1):
        base = layers[net]
        for e in range(edge_offsets[net], edge_offsets[net + 1]):
            spans[base + edges[e, 0] + 1] += 1
            spans[base + edges[e, 1]] -= 1
        for at in range(base, layers[net + 1]):
            first = at == base
            for row in range(n_rows):
                running[row, at] = spent[row, at] + (0.0 if first else running[row, at - 1])
            running[n_rows, at] = sizes[0, at] + (0.0 if first else running[n_rows, at - 1])
            spans[at] += 0 if first else spans[at - 1]
    for g in range(n_versions):
        base, last = layers[version[g, 0]], version[g, 1]
        compute, parameter, output = factors[g, 1], factors[g, 2], factors[g, 3]
        begin = n
        for at in range(last + 1):
            if spans[base + at] != 0:
                continue
            layer[n], crossing[n] = at, sizes[1, base + at] * output
            if at == 0:
                # the input tensor is given, not computed: no version compresses it
                crossing[n] = sizes[1, base]
            held[n] = running[n_rows, base + at] * parameter
            for row in range(n_rows):
                out[row, n] = running[row, base + at] * compute
            n += 1
        held[n - 1] += heads[0, g]
        for row in range(n_rows):
            out[row, n - 1] += heads[1 + row, g]
        if merge:
            n = _merged(begin, n, layer, crossing, held, out)
        offsets[g + 1] = n
    return offsets, layer[:n].copy(), crossing[:n].copy(), held[:n].copy(), out[:, :n].copy()
