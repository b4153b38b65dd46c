"""Synthetic exits and versions of a network, for experiments where no measured ones are at hand.

Nothing here is measured: costs follow from a uniform rule and accuracies are the caller's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from instances.errors import InputError
from instances.networks.graph import Exit, NetworkGraph, Variant

__all__ = ["with_exits", "with_variants"]


def with_exits(
    net: NetworkGraph,
    accuracies: Mapping[str, float],
    *,
    leave_shares: Mapping[str, float] | None = None,
    classes: int = 1000,
) -> NetworkGraph:
    """Return `net` with synthetic early exits.

    Each head is global average pooling and one linear layer over the channels of the tensor it hangs on, in single
    precision; the work of the pooling is not counted, as nowhere in the zoo.

    Parameters
    ----------
    net : NetworkGraph
        The network; its own exits are kept.
    accuracies : mapping of str to float
        Accuracy as a fraction, by the name of the layer that the exit follows. That layer must be a cut point between
        the input and the last layer.
    leave_shares : mapping of str to float, optional
        Share of the samples that leave at an exit taken by confidence; 1 where not given.
    classes : int
        Classes that a head tells apart.

    Returns
    -------
    NetworkGraph
        A copy with one exit ``"exit@LAYER"`` per entry, in the network's order.

    Raises
    ------
    InputError
        If a layer is unknown, is no such cut point, or an accuracy or share is outside 0..1.
    """
    index = {layer.name: i for i, layer in enumerate(net.layers)}
    shares = dict(leave_shares or {})
    for name in (*accuracies, *shares):
        if name not in index:
            raise InputError(f"network {net.name}, exits", "must name layers of the network", name)
    if classes < 1:
        raise InputError(f"network {net.name}, exits", "classes must be >= 1", classes)
    exits = []
    for name in sorted(accuracies, key=index.__getitem__):
        shape = net.layers[index[name]].output_shape
        if not shape:
            raise InputError(f"network {net.name}, layer {name}", "must have an output shape to hang an exit on")
        channels = shape[0] if len(shape) == 3 else shape[-1]
        exits.append(
            Exit(
                name=f"exit@{name}",
                after=index[name],
                accuracy=accuracies[name],
                operations=2.0 * channels * classes,
                parameter_bytes=4.0 * (channels + 1) * classes,
                leave_share=shares.get(name, 1.0),
            )
        )
    return replace(net, exits=(*net.exits, *exits))


def with_variants(net: NetworkGraph, widths: Mapping[str, tuple[float, float]]) -> NetworkGraph:
    """Return `net` with synthetic versions of uniform width.

    A width multiplier scales every tensor by itself and work and weights by its square, the rule of Howard et al.,
    MobileNets (arXiv:1704.04861), section 3.3, taken for every layer.

    Parameters
    ----------
    net : NetworkGraph
        The network; its own versions are kept.
    widths : mapping of str to (float, float)
        Width multiplier in (0, 1] and accuracy as a fraction, by the version's name.

    Returns
    -------
    NetworkGraph
        A copy with these versions.

    Raises
    ------
    InputError
        If a width is not in (0, 1], an accuracy is not in 0..1, or a name repeats.
    """
    for name, (width, _) in widths.items():
        if not 0 < width <= 1:
            raise InputError(f"network {net.name}, variant {name}", "width must be in (0, 1]", width)
    made = (
        Variant(name=name, accuracy=accuracy, compute_factor=width**2, parameter_factor=width**2, output_factor=width)
        for name, (width, accuracy) in widths.items()
    )
    return replace(net, variants=(*net.variants, *made))
