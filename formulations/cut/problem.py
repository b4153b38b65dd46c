"""The problem of the family `cut`: one inference of one network over ordered levels of nodes.

An instance may hold many tasks; a cut problem is about one of them (`CutOptions.task`) as if it had
the system to itself. Level 0 is the task's device, which holds the input. Every further level is a
tier, or a group of nodes that the user names; of each level one node, the helper, may be used.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np

from formulations.cut.routing import Ways
from instances.costs.table import CostTable
from instances.errors import InputError
from instances.instance import Instance
from instances.networks.graph import NetworkGraph
from instances.system import Tier

__all__ = ["CutOptions", "CutProblem", "Payment"]

Payment = Literal["per_link", "per_destination"]
VersionsAllowed = Literal["full", "any"]
TIERS = "tiers"
_LIMITS = (
    "latency_limit_s",
    "device_energy_limit_j",
    "energy_limit_j",
    "price_limit",
    "bottleneck_limit_s",
    "provider_operations_limit",
)
_WEIGHTS = (
    "latency_weight",
    "device_energy_weight",
    "energy_weight",
    "price_weight",
    "bottleneck_weight",
    "error_weight",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CutOptions:
    """What is asked of one task of an instance.

    The objective is ``latency_weight (latency + upload_factor upload + (inferences - 1) bottleneck)
    + device_energy_weight E_device + energy_weight E + price_weight price
    + bottleneck_weight bottleneck + error_weight (1 - accuracy)``.

    Parameters
    ----------
    task : int
        The task, counted from 0; the others are not there.
    levels : str
        ``tiers``: above the device the edges that the task reaches, then the clouds that it or they
        reach. Or node names, ``,`` between the nodes of a level and ``/`` between levels.
    versions : {"full", "any"}
        Whether early exits and compressed variants may be taken instead of the full network.
    excursions : bool
        Whether a layer may run on a lower level than one that it reads from.
    return_result : bool
        Whether the last tensor has to come back to the device.
    payment : {"per_link", "per_destination"}
        A tensor pays once for each link on its ways, or the whole way once for each node that reads it.
    latency_weight, device_energy_weight, energy_weight, price_weight, bottleneck_weight, error_weight : float
        Of the objective: one inference's seconds, joules of the device, joules of all, money, seconds
        of the busiest stage (a throughput of 1 / bottleneck), and 1 - accuracy of the version.
    inferences : int
        Length of a pipelined stream: its completion time counts as the latency.
    upload_factor : float
        Share of the seconds for uploading the weights of all layers off the device that counts as latency.
    accuracy_floor : float
        Least accuracy of the version (beside the task's own floor).
    memory : bool
        Whether the nodes' memory limits hold.
    latency_limit_s, device_energy_limit_j, energy_limit_j, price_limit, bottleneck_limit_s : float, optional
        Upper limits on one inference's figures.
    provider_operations_limit : float, optional
        Upper limit on the operations that run off the device.
    """

    task: int = 0
    levels: str = TIERS
    versions: VersionsAllowed = "full"
    excursions: bool = False
    return_result: bool = False
    payment: Payment = "per_link"
    latency_weight: float = 1.0
    device_energy_weight: float = 0.0
    energy_weight: float = 0.0
    price_weight: float = 0.0
    bottleneck_weight: float = 0.0
    error_weight: float = 0.0
    inferences: int = 1
    upload_factor: float = 0.0
    accuracy_floor: float = 0.0
    memory: bool = True
    latency_limit_s: float | None = None
    device_energy_limit_j: float | None = None
    energy_limit_j: float | None = None
    price_limit: float | None = None
    bottleneck_limit_s: float | None = None
    provider_operations_limit: float | None = None

    def __post_init__(self) -> None:
        for name, kind in (("versions", VersionsAllowed), ("payment", Payment)):
            if getattr(self, name) not in get_args(kind):
                raise InputError(
                    f"problem option {name}", f"must be one of {', '.join(get_args(kind))}", getattr(self, name)
                )
        for name in (*_WEIGHTS, "upload_factor"):
            if not _number(getattr(self, name)):
                raise InputError(f"problem option {name}", "must be finite and >= 0", getattr(self, name))
        for name in _LIMITS:
            if getattr(self, name) is not None and not _number(getattr(self, name)):
                raise InputError(f"problem option {name}", "must be finite and >= 0, or none", getattr(self, name))
        for name, least in (("task", 0), ("inferences", 1)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise InputError(f"problem option {name}", f"must be a whole number >= {least}", value)
        for name in ("excursions", "return_result", "memory"):
            if not isinstance(getattr(self, name), bool):
                raise InputError(f"problem option {name}", "must be true or false", getattr(self, name))
        if not _number(self.accuracy_floor) or self.accuracy_floor > 1:
            raise InputError("problem option accuracy_floor", "must be in 0..1", self.accuracy_floor)
        if not isinstance(self.levels, str) or not self.levels:
            raise InputError(
                "problem option levels", "must be tiers, or node names as in edge0,edge1/cloud0", self.levels
            )
        if not any(getattr(self, name) for name in _WEIGHTS):
            raise InputError("problem", f"one of {', '.join(_WEIGHTS)} must be > 0", 0.0)


def _number(value: Any) -> bool:
    return not isinstance(value, bool) and isinstance(value, int | float) and 0 <= value < math.inf


@dataclass(frozen=True, kw_only=True, eq=False)
class CutProblem:
    """One task of an instance with the options of the family `cut`.

    Parameters
    ----------
    instance : Instance
        Network, system and costs.
    options : CutOptions
        What is asked.
    levels : tuple of tuple of int
        Nodes of every level; ``levels[0]`` is the device alone. Derived.
    ways : Ways
        The links between nodes. Derived.

    Raises
    ------
    InputError
        If there is no such task, or the levels name what does not exist or cannot be reached.
    """

    family = "cut"

    instance: Instance
    options: CutOptions = CutOptions()
    levels: tuple[tuple[int, ...], ...] = field(init=False)
    ways: Ways = field(init=False)

    def __post_init__(self) -> None:
        load = self.instance.workload
        if self.options.task >= load.n_tasks:
            raise InputError("problem option task", f"must be in 0..{load.n_tasks - 1}", self.options.task)
        rows = load.candidates_of(self.options.task)
        given = zip(
            load.candidate_site[rows.start : rows.stop].tolist(),
            load.candidate_route[rows.start : rows.stop].tolist(),
            strict=True,
        )
        access: dict[int, int] = {}
        for site, route in given:
            access.setdefault(site, route)
        object.__setattr__(self, "ways", Ways(self.instance.system, self.source, access))
        found = self._tiers(access) if self.options.levels == TIERS else self._named()
        object.__setattr__(self, "levels", ((self.source,), *found))

    @property
    def source(self) -> int:
        """The device that holds the input."""
        return int(self.instance.workload.task_source[self.options.task])

    @property
    def network(self) -> NetworkGraph:
        """The network that is cut."""
        return self.instance.networks[int(self.instance.workload.task_network[self.options.task])]

    @property
    def costs(self) -> CostTable:
        """Seconds and joules of its layers."""
        return self.instance.costs[int(self.instance.workload.task_network[self.options.task])]

    @property
    def accuracy_floor(self) -> float:
        """The higher of the task's floor and the option's."""
        return max(self.options.accuracy_floor, float(self.instance.workload.task_accuracy_floor[self.options.task]))

    @cached_property
    def level_of(self) -> dict[int, int]:
        """Level of every node that may be used."""
        return {node: level for level, nodes in enumerate(self.levels) for node in nodes}

    def as_dict(self) -> dict[str, Any]:
        """Return the options as plain data, with the family's name."""
        return {"family": "cut", **asdict(self.options)}

    def _tiers(self, access: dict[int, int]) -> tuple[tuple[int, ...], ...]:
        system = self.instance.system
        edges = tuple(sorted(n for n in access if system.node_tier[n] == Tier.EDGE))
        clouds = {n for n in access if system.node_tier[n] == Tier.CLOUD}
        beyond = np.isin(system.route_source, edges) & (system.node_tier[system.route_target] == Tier.CLOUD)
        clouds |= set(system.route_target[beyond].tolist())
        return tuple(level for level in (edges, tuple(sorted(clouds))) if level)

    def _named(self) -> tuple[tuple[int, ...], ...]:
        system = self.instance.system
        known = {name: i for i, name in enumerate(system.node_names)}
        seen = {self.source}
        levels = []
        for part in self.options.levels.split("/"):
            level = []
            for name in (text.strip() for text in part.split(",")):
                node = known.get(name, -1)
                if node < 0 and name.startswith("device") and name[6:].isdecimal():
                    node = len(known) + int(name[6:])
                if not 0 <= node < system.n_nodes or system.node_tier[node] == Tier.ROUTER:
                    raise InputError("problem option levels", "must name nodes that compute", name)
                if node in seen:
                    raise InputError("problem option levels", "must name a node once, and not the task's device", name)
                seen.add(node)
                level.append(node)
            levels.append(tuple(level))
        return tuple(levels)
