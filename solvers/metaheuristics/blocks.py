"""Blocks: the pieces of a network that one gene places.

The unmerged form has a block for every segment between neighbouring single-tensor cuts. The merged
form keeps a cut after a layer only if its tensor is strictly smaller than at all cuts kept before
it (dominated cuts are removed). The rule of SPSO-GA's preprocessing is not known in detail: this
is our reconstruction, which fits the published ratio of run times with and without it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from formulations.joint.positions import Positions, positions_of
from instances.columns import IntArray
from instances.instance import Instance

__all__ = ["Blocks", "blocks_of", "kept_cuts"]


def kept_cuts(tensor_bytes: npt.ArrayLike) -> IntArray:
    """Return which of the inner cuts stay when blocks are merged.

    Parameters
    ----------
    tensor_bytes : array-like, shape (n_cuts,)
        Size of what crosses each inner cut, in the order of the layers. The cut before the first
        computed layer (the raw input) is not among them and removes none: it is always possible.

    Returns
    -------
    array of int
        Indices of the kept cuts; there is one block more than these.

    Examples
    --------
    >>> kept_cuts([1.1, 0.25, 0.7, 0.2]).tolist()
    [0, 1, 3]
    """
    size = np.asarray(tensor_bytes, dtype=np.float64)
    least_before = np.concatenate(([np.inf], np.minimum.accumulate(size)[:-1])) if len(size) else size
    return np.flatnonzero(size < least_before)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Blocks:
    """Cuts between blocks.

    Parameters
    ----------
    positions : Positions
        Cut positions of all versions, restricted to the cuts between blocks and each version's end.
    offsets : int array, shape (n_networks + 1,)
        Cuts of network ``n`` are ``layer[offsets[n]:offsets[n + 1]]``; it has one block less than cuts.
    layer : int array
        Layer after which each cut lies: the input first, the network's last layer last.
    """

    positions: Positions
    offsets: IntArray
    layer: IntArray

    @property
    def n_blocks(self) -> IntArray:
        """Number of blocks of each network, shape (n_networks,)."""
        return np.diff(self.offsets) - 1


def blocks_of(instance: Instance, *, merged: bool) -> Blocks:
    """Return the blocks of every network of `instance`, merged or one a segment."""
    positions = positions_of(instance)
    cuts, kept = [], []
    for n in range(len(instance.networks)):
        versions = range(positions.network_offsets[n], positions.network_offsets[n + 1])
        full = slice(positions.offsets[versions[0]], positions.offsets[versions[0] + 1])
        layer = positions.layer[full]
        inner = kept_cuts(positions.crossing_bytes[full][1:-1]) if merged else np.arange(len(layer) - 2)
        cuts.append(layer[np.concatenate(([0], inner + 1, [len(layer) - 1]))])
        for version in versions:
            own = positions.layer[positions.offsets[version] : positions.offsets[version + 1]]
            stays = np.isin(own, cuts[-1])
            # an exit may end inside a block
            stays[-1] = True
            kept.append(stays)
    stays = np.concatenate(kept)
    lengths = [int(each.sum()) for each in kept]
    return Blocks(
        positions=Positions(
            network_offsets=positions.network_offsets,
            offsets=np.concatenate(([0], np.cumsum(lengths))),
            accuracy=positions.accuracy,
            layer=positions.layer[stays],
            crossing_bytes=positions.crossing_bytes[stays],
            parameter_bytes=positions.parameter_bytes[stays],
            seconds=np.ascontiguousarray(positions.seconds[:, stays]),
            joules=np.ascontiguousarray(positions.joules[:, stays]),
        ),
        offsets=np.concatenate(([0], np.cumsum([len(each) for each in cuts]))),
        layer=np.concatenate(cuts),
    )
