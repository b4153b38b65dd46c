"""The versions of a network that a plan may run: in full, up to an early exit, or as a compressed variant."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from instances.networks.graph import NetworkGraph

__all__ = ["Version", "versions_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One way to run a network: in full, up to an early exit, or as a compressed variant.

    `last` is the layer after which the inference ends; `exit` the index of the exit or -1;
    factors multiply seconds and joules, weights and tensors. `accuracy` is NaN where unknown.
    """

    name: str
    last: int
    accuracy: float
    exit: int = -1
    compute_factor: float = 1.0
    parameter_factor: float = 1.0
    output_factor: float = 1.0


def versions_of(network: NetworkGraph) -> tuple[Version, ...]:
    """Return the versions of `network`: full first, then exits, then variants (the plan's numbering).

    A network without a stated accuracy meets no accuracy floor above 0.
    """
    last = len(network) - 1
    accuracy = np.nan if network.accuracy is None else network.accuracy
    return (
        Version(name="full", last=last, accuracy=accuracy),
        *(Version(name=e.name, last=e.after, accuracy=e.accuracy, exit=i) for i, e in enumerate(network.exits)),
        *(
            Version(
                name=v.name,
                last=last,
                accuracy=v.accuracy,
                compute_factor=v.compute_factor,
                parameter_factor=v.parameter_factor,
                output_factor=v.output_factor,
            )
            for v in network.variants
        ),
    )
