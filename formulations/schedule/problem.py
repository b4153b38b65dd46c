"""The problem of the family `schedule`: when and where every layer of every task runs.

Every layer is an **operation**. Operations are numbered task by task, layer by layer: operation
``problem.offsets[k] + v`` is layer v of task k. Layer 0, the input, is on the task's device from the task's release on.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np

from formulations.schedule.ways import NodeWays
from instances.columns import IntArray
from instances.errors import InputError
from instances.instance import Instance
from instances.networks.graph import NetworkGraph
from instances.system import Tier

__all__ = ["ScheduleOptions", "ScheduleProblem"]

LinkRule = Literal["free", "serial"]
DeadlineRule = Literal["soft", "hard"]
NodeRule = Literal["reachable", "all"]
_WEIGHTS = (
    "makespan_weight",
    "response_weight",
    "weighted_response_weight",
    "tardiness_weight",
    "missed_weight",
    "energy_weight",
    "price_weight",
)
_LIMITS = ("makespan_limit_s", "energy_limit_j", "price_limit")
_PIN = "on:"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleOptions:
    """What is asked of an instance.

    With C_k the end of task k, r_k its release, w_k its weight and D_k its deadline after the release, the objective is
    ``makespan_weight max_k C_k + response_weight mean_k (C_k - r_k) + weighted_response_weight sum_k w_k (C_k - r_k)
    + tardiness_weight sum_k w_k max(0, C_k - r_k - D_k) + missed_weight |{k: C_k - r_k > D_k}| + energy_weight E
    + price_weight price``.

    Parameters
    ----------
    makespan_weight, response_weight, weighted_response_weight, tardiness_weight, missed_weight, energy_weight, price_weight : float
        Of the objective.
    links : {"free", "serial"}
        Whether any number of transfers pass a link at the same time, each at the full rate, or one at a time.
    deadlines : {"soft", "hard"}
        Whether deadlines count in the objective only, or every task must keep its own.
    nodes : {"reachable", "all"}
        Where a task's layers may run: its device, its candidates and the clouds that routes reach from its candidate
        edges; or every node that computes and that there is a way to.
    pin_first : bool
        Whether the layers that read the input run on the task's device.
    return_result : bool
        Whether a task ends when its last tensor is back on its device.
    memory : bool
        Whether the nodes' memory limits hold: weights of all layers that ever run on a node, of every task its own.
    makespan_limit_s, energy_limit_j, price_limit : float, optional
        Upper limits.
    """

    makespan_weight: float = 1.0
    response_weight: float = 0.0
    weighted_response_weight: float = 0.0
    tardiness_weight: float = 0.0
    missed_weight: float = 0.0
    energy_weight: float = 0.0
    price_weight: float = 0.0
    links: LinkRule = "free"
    deadlines: DeadlineRule = "soft"
    nodes: NodeRule = "reachable"
    pin_first: bool = False
    return_result: bool = False
    memory: bool = True
    makespan_limit_s: float | None = None
    energy_limit_j: float | None = None
    price_limit: float | None = None

    def __post_init__(self) -> None:
        for name, kind in (("links", LinkRule), ("deadlines", DeadlineRule), ("nodes", NodeRule)):
            if getattr(self, name) not in get_args(kind):
                raise InputError(
                    f"problem option {name}", f"must be one of {', '.join(get_args(kind))}", getattr(self, name)
                )
        for name in _WEIGHTS:
            if not _number(getattr(self, name)):
                raise InputError(f"problem option {name}", "must be finite and >= 0", getattr(self, name))
        for name in _LIMITS:
            if getattr(self, name) is not None and not _number(getattr(self, name)):
                raise InputError(f"problem option {name}", "must be finite and >= 0, or none", getattr(self, name))
        for name in ("pin_first", "return_result", "memory"):
            if not isinstance(getattr(self, name), bool):
                raise InputError(f"problem option {name}", "must be true or false", getattr(self, name))
        if not any(getattr(self, name) for name in _WEIGHTS):
            raise InputError("problem", f"one of {', '.join(_WEIGHTS)} must be > 0", 0.0)

    @property
    def regular(self) -> bool:
        """Whether ending an operation sooner never costs: no energy, which is charged for the time between activities."""
        return self.energy_weight == 0.0 and self.energy_limit_j is None


def _number(value: Any) -> bool:
    return not isinstance(value, bool) and isinstance(value, int | float) and 0 <= value < math.inf


@dataclass(frozen=True, kw_only=True, eq=False)
class ScheduleProblem:
    """An instance with the options of the family `schedule`.

    Parameters
    ----------
    instance : Instance
        Networks, system, tasks and costs. Exits, variants and accuracy floors play no part: networks run in full.
    options : ScheduleOptions
        What is asked.
    offsets : int array, shape (n_tasks + 1,)
        First operation of every task. Derived.
    ways : NodeWays
        The ways of tensors. Derived.

    Raises
    ------
    InputError
        If a layer is pinned to a node that does not compute.
    """

    family = "schedule"

    instance: Instance
    options: ScheduleOptions = ScheduleOptions()
    offsets: IntArray = field(init=False)
    ways: NodeWays = field(init=False)

    def __post_init__(self) -> None:
        lengths = [len(self.network_of(task)) for task in range(self.n_tasks)]
        object.__setattr__(self, "offsets", np.cumsum([0, *lengths], dtype=np.int64))
        object.__setattr__(self, "ways", NodeWays(self.instance))
        used = np.unique(self.instance.workload.task_network).tolist()
        for network in (self.instance.networks[row] for row in used):
            for layer in network.layers:
                for word in layer.kind.split():
                    if word.startswith(_PIN):
                        self._named(word[len(_PIN) :], f"network {network.name}, layer {layer.name}")

    @property
    def n_tasks(self) -> int:
        """Number of tasks."""
        return self.instance.n_tasks

    @property
    def n_operations(self) -> int:
        """Number of operations, inputs included."""
        return int(self.offsets[-1])

    def network_of(self, task: int) -> NetworkGraph:
        """Return the network of `task`."""
        return self.instance.networks[int(self.instance.workload.task_network[task])]

    def source_of(self, task: int) -> int:
        """Return the device that holds the input of `task`."""
        return int(self.instance.workload.task_source[task])

    @cached_property
    def task_nodes(self) -> tuple[frozenset[int], ...]:
        """Nodes that may run the layers of each task."""
        known: dict[tuple[int, tuple[int, ...]], frozenset[int]] = {}
        load = self.instance.workload
        found = []
        for task in range(self.n_tasks):
            rows = load.candidates_of(task)
            key = (self.source_of(task), tuple(load.candidate_site[rows.start : rows.stop].tolist()))
            if key not in known:
                known[key] = self._nodes(*key)
            found.append(known[key])
        return tuple(found)

    def nodes_for(self, task: int, layer: int) -> frozenset[int]:
        """Return the nodes that may run `layer` of `task`.

        Among the words of a layer's kind, ``on:NODE`` pins it to the node of that name.
        """
        network, source = self.network_of(task), self.source_of(task)
        if layer == 0 or (self.options.pin_first and (0, layer) in network.edges):
            return frozenset({source})
        for word in network.layers[layer].kind.split():
            if word.startswith(_PIN):
                return frozenset({self._named(word[len(_PIN) :], layer)})
        return self.task_nodes[task]

    def as_dict(self) -> dict[str, Any]:
        """Return the options as plain data, with the family's name."""
        return {"family": "schedule", **asdict(self.options)}

    def _nodes(self, source: int, candidates: tuple[int, ...]) -> frozenset[int]:
        system = self.instance.system
        if self.options.nodes == "all":
            computing = np.flatnonzero(system.node_tier != Tier.ROUTER).tolist()
            return frozenset(node for node in computing if self.ways.way(source, node) is not None)
        edges = [node for node in candidates if system.node_tier[node] == Tier.EDGE]
        beyond = np.isin(system.route_source, edges) & (system.node_tier[system.route_target] == Tier.CLOUD)
        return frozenset({source, *candidates, *system.route_target[beyond].tolist()})

    @cached_property
    def _numbers(self) -> dict[str, int]:
        system = self.instance.system
        return {system.node_name(node): node for node in np.flatnonzero(system.node_tier != Tier.ROUTER).tolist()}

    def _named(self, name: str, where: Any) -> int:
        if name not in self._numbers:
            raise InputError(str(where), f"{_PIN}NODE must name a node that computes", name)
        return self._numbers[name]
