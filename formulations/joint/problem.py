"""The problem of the family `joint`: an instance and what is to be minimised on it."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

import numpy as np

from instances.errors import InputError
from instances.instance import Instance
from instances.networks.graph import NetworkGraph

__all__ = ["JointOptions", "JointProblem", "Sharing", "Version", "versions_of"]

Sharing = Literal["optimal", "equal"]
EnergyScope = Literal["system", "device"]


@dataclass(frozen=True, slots=True, kw_only=True)
class JointOptions:
    """What is asked of an instance.

    Parameters
    ----------
    sharing : {"optimal", "equal"}
        ``optimal``: shares of every resource are free, sum at most 1 (the square-root rule is
        best); ``equal``: each of the n users of a resource gets 1/n.
    latency_weight, energy_weight, price_weight : float
        The objective is ``sum_k latency_weight w_k latency_k + energy_weight E_k + price_weight
        price_k``.
    energy_scope : {"system", "device"}
        Whether the joules of edge and cloud nodes and of links count, or the device's alone.
    memory : bool
        Whether the nodes' memory limits hold.
    """

    sharing: Sharing = "optimal"
    latency_weight: float = 1.0
    energy_weight: float = 0.0
    price_weight: float = 0.0
    energy_scope: EnergyScope = "system"
    memory: bool = True

    def __post_init__(self) -> None:
        for name, kind in (("sharing", Sharing), ("energy_scope", EnergyScope)):
            if getattr(self, name) not in get_args(kind):
                raise InputError(
                    f"problem option {name}", f"must be one of {', '.join(get_args(kind))}", getattr(self, name)
                )
        for name in ("latency_weight", "energy_weight", "price_weight"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not (0 <= value < math.inf):
                raise InputError(f"problem option {name}", "must be finite and >= 0", value)
        if not isinstance(self.memory, bool):
            raise InputError("problem option memory", "must be true or false", self.memory)
        if self.latency_weight == self.energy_weight == self.price_weight == 0:
            raise InputError("problem", "one of latency_weight, energy_weight, price_weight must be > 0", 0.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class JointProblem:
    """An instance with the options of the family `joint`."""

    family = "joint"

    instance: Instance
    options: JointOptions = JointOptions()

    def as_dict(self) -> dict[str, Any]:
        """Return the options as plain data, with the family's name."""
        return {"family": "joint", **asdict(self.options)}


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
