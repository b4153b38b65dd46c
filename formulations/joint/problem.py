"""The problem of the family `joint`: an instance and what is to be minimised on it."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from formulations.versions import Version, versions_of
from instances.errors import InputError
from instances.instance import Instance

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
