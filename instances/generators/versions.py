"""Synthetic early exits and compressed versions for networks that come without."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from instances.networks.graph import Exit, NetworkGraph, Variant

__all__ = ["with_exits", "with_variants"]

# Assumptions, not measurements: no accuracy of an exit or a compressed version was published for every network of
# the zoo, so these stand for the usual picture (early exits lose more, mild compression loses little).
_EXIT_SHARES = (0.33, 0.66)
_EXIT_LOSS = 0.25
_CLASSES = 1000
_VARIANTS = (("compact", 0.6, 0.97), ("tiny", 0.3, 0.9))


def with_exits(net: NetworkGraph) -> NetworkGraph:
    """Return `net` with exits where about a third and two thirds of its operations are done.

    Parameters
    ----------
    net : NetworkGraph
        A network; one that has exits is returned as it is.

    Returns
    -------
    NetworkGraph
        An exit after a cut point with share s of the operations done has the accuracy of the full network times
        1 - 0.25 (1 - s), an assumption. Its head is a global average over positions and a linear layer to 1000
        classes: 2 x channels x 1000 operations and 4 bytes a weight.
    """
    if net.exits:
        return net
    cuts = net.cut_points()
    cuts = cuts[(cuts > 0) & (cuts < len(net) - 1)]
    done = np.cumsum(net.operations)
    if not len(cuts) or not done[-1]:
        return net
    full = 1.0 if net.accuracy is None else net.accuracy
    exits: dict[int, Exit] = {}
    for share in _EXIT_SHARES:
        after = int(cuts[np.argmin(np.abs(done[cuts] / done[-1] - share))])
        shape = net.layers[after].output_shape
        weights = float((shape[0] if shape else 1) * _CLASSES)
        exits[after] = Exit(
            name=f"exit{len(exits) + 1}",
            after=after,
            accuracy=full * (1 - _EXIT_LOSS * (1 - float(done[after] / done[-1]))),
            operations=2 * weights,
            parameter_bytes=4 * weights,
            leave_share=share,
        )
    return replace(net, accuracy=full, exits=tuple(exits.values()))


def with_variants(net: NetworkGraph) -> NetworkGraph:
    """Return `net` with a compact and a tiny version.

    Parameters
    ----------
    net : NetworkGraph
        A network; one that has variants is returned as it is.

    Returns
    -------
    NetworkGraph
        The versions keep 0.6 and 0.3 of operations and weights, the square root of that of the tensors (as fewer
        channels would), and 0.97 and 0.9 of the accuracy; all of these are assumptions.
    """
    if net.variants:
        return net
    full = 1.0 if net.accuracy is None else net.accuracy
    variants = tuple(
        Variant(
            name=name,
            accuracy=full * kept,
            compute_factor=factor,
            parameter_factor=factor,
            output_factor=factor**0.5,
        )
        for name, factor, kept in _VARIANTS
    )
    return replace(net, accuracy=full, variants=variants)
