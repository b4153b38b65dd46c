"""What all scenario generators share: the tasks' parameters, and how tasks and machines are drawn from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from math import inf, isfinite
from typing import Any

import numpy as np

from instances.columns import Array, FloatArray, IntArray
from instances.costs.model import cost_model_from
from instances.costs.table import CostTable
from instances.errors import InputError
from instances.generators.versions import with_exits, with_variants
from instances.networks.catalogue import load_network, network_names
from instances.networks.files import read_network
from instances.networks.graph import NetworkGraph
from instances.nodes.catalogue import kind_names, load_kinds, node_kind
from instances.system import NodeKind

__all__ = ["ALL_VISION", "CommonParams", "Machines", "Tasks", "draw_tasks", "load_machines", "load_networks"]

ALL_VISION = "all-vision"
_LANGUAGE = ("bert", "gpt")


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonParams:
    """Parameters that every scenario has.

    Parameters
    ----------
    tasks : int
        Number of tasks, each with a device of its own.
    edges : int, optional
        Number of edge sites; none: as many as the scenario finds fitting.
    clouds : int
        Number of clouds.
    networks : tuple of str
        Names of the zoo, or files of networks (``.json``); a task's is drawn evenly. ``all-vision``: every one of
        the zoo but the language models.
    device_kinds, edge_kinds, cloud_kinds : tuple of str
        Node kinds of the catalogue; a device's is drawn evenly, sites and clouds take theirs in turn.
    kinds_file : str
        TOML file of a user's own node kinds, in the form of the catalogue's (empty: none).
    device_spread, edge_spread : float
        Heterogeneity: speed factors are exp(u), u uniform in -spread..spread.
    weight_low, weight_high : int
        Weights of tasks, whole numbers drawn evenly.
    load : float
        Factor on how many tasks share an edge server, a cloud server, a cell's band and a backhaul.
    edge_tasks_per_server, cloud_tasks_per_server : float
        Size of an edge site (a cloud): one machine of its kind a so many tasks, fractions allowed (a slice of
        a machine, or several that work as one), so that contention stays the same as the tasks grow.
    edge_speed, cloud_speed : float, optional
        Number of machines instead of that rule.
    edge_memory_bytes, cloud_memory_bytes : float
        Memory for weights of an edge site and a cloud.
    edge_price_per_s, cloud_price_per_s : float
        Money per second of exclusive use of one machine (assumed: 0.2 and 1.0 an hour).
    deadline_factor : float
        Deadline as a factor on the time the whole network takes on the task's own device (``inf``: none).
    accuracy_floor : float
        Least accuracy as a share of the full network's own (0: any version will do).
    exits, variants : bool
        Give networks that have none synthetic early exits and compressed versions (see `versions`).
    costs : str
        Registered cost model that fills the tables, its parameters after a colon and parted by semicolons:
        ``roofline:efficiency=0.6``, ``measured:missing=calibrated``.
    """

    tasks: int = 100
    edges: int | None = None
    clouds: int = 1
    networks: tuple[str, ...] = ("alexnet", "googlenet", "mobilenet_v2", "resnet18", "tiny_yolov2", "vgg16")
    device_kinds: tuple[str, ...] = ("raspberry-pi-3b-plus", "raspberry-pi-4", "cortex-a76")
    edge_kinds: tuple[str, ...] = ("i7-12700k",)
    cloud_kinds: tuple[str, ...] = ("rtx-2080",)
    kinds_file: str = ""
    device_spread: float = 0.2
    edge_spread: float = 0.2
    weight_low: int = 1
    weight_high: int = 10
    load: float = 1.0
    edge_tasks_per_server: float = 5.0
    cloud_tasks_per_server: float = 25.0
    edge_speed: float | None = None
    cloud_speed: float | None = None
    edge_memory_bytes: float = inf
    cloud_memory_bytes: float = inf
    edge_price_per_s: float = 0.2 / 3600
    cloud_price_per_s: float = 1.0 / 3600
    deadline_factor: float = inf
    accuracy_floor: float = 0.0
    exits: bool = False
    variants: bool = False
    costs: str = "calibrated"

    def __post_init__(self) -> None:
        finite(self, "deadline_factor", "edge_memory_bytes", "cloud_memory_bytes")
        at_least(self, 1, "tasks", "clouds")
        at_most(self, 2**31 - 2**24, "tasks", "edges", "clouds")
        if self.edges is not None:
            at_least(self, 1, "edges")
        above_zero(self, "load", "edge_tasks_per_server", "cloud_tasks_per_server", "deadline_factor")
        for name in ("edge_speed", "cloud_speed"):
            if getattr(self, name) is not None:
                above_zero(self, name)
        at_least(self, 0, "device_spread", "edge_spread", "weight_low", "edge_memory_bytes", "cloud_memory_bytes")
        at_least(self, 0, "edge_price_per_s", "cloud_price_per_s", "accuracy_floor")
        at_most(self, 5, "device_spread", "edge_spread")
        at_most(self, 1, "accuracy_floor")
        at_most(self, 2**31, "weight_high")
        at_least(self, self.weight_low, "weight_high")
        for name in ("networks", "device_kinds", "edge_kinds", "cloud_kinds"):
            chosen = getattr(self, name)
            if not chosen or len(set(chosen)) != len(chosen):
                raise InputError(f"parameter {name}", "must name at least one, none twice", chosen)
        if self.kinds_file:
            load_kinds(self.kinds_file)
        for name in ("device_kinds", "edge_kinds", "cloud_kinds"):
            for kind in getattr(self, name):
                if kind not in kind_names():
                    raise InputError(f"parameter {name}", f"must be of {', '.join(kind_names())}", kind)
        known = network_names()
        for net in self.networks:
            if net.endswith(".json"):
                read_network(net)
            elif net != ALL_VISION and net not in known:
                expected = f"must be {ALL_VISION}, a network's file (.json) or of {', '.join(known)}"
                raise InputError("parameter networks", expected, net)
        try:
            cost_model_from(self.costs)
        except InputError as error:
            raise InputError("parameter costs", str(error)) from None


def at_least(params: object, low: float, *names: str) -> None:
    """Raise `InputError` unless the parameters `names` are at least `low`."""
    for name in names:
        if not getattr(params, name) >= low:
            raise InputError(f"parameter {name}", f"must be >= {low}", getattr(params, name))


def at_most(params: object, high: float, *names: str) -> None:
    """Raise `InputError` unless the parameters `names` are absent or at most `high`."""
    for name in names:
        if getattr(params, name) is not None and not getattr(params, name) <= high:
            raise InputError(f"parameter {name}", f"must be <= {high}", getattr(params, name))


def above_zero(params: object, *names: str) -> None:
    """Raise `InputError` unless the parameters `names` are above zero."""
    for name in names:
        if not getattr(params, name) > 0:
            raise InputError(f"parameter {name}", "must be > 0", getattr(params, name))


def finite(params: Any, *but: str) -> None:
    """Raise `InputError` unless every number of the dataclass `params` is finite; those of `but` may be infinite."""
    for item in fields(params):
        value = getattr(params, item.name)
        if isinstance(value, float) and not isfinite(value) and not (value == inf and item.name in but):
            raise InputError(f"parameter {item.name}", "must be a finite number", value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Machines:
    """The node kinds of a scenario and which of them each tier has (indices into `kinds`)."""

    kinds: tuple[NodeKind, ...]
    device: IntArray
    edge: IntArray
    cloud: IntArray


def load_machines(params: CommonParams) -> Machines:
    """Return the node kinds that `params` names, each once, in the order of the tiers."""
    names = list(dict.fromkeys((*params.device_kinds, *params.edge_kinds, *params.cloud_kinds)))

    def index(chosen: Sequence[str]) -> IntArray:
        return np.array([names.index(name) for name in chosen], dtype=np.int64)

    return Machines(
        kinds=tuple(node_kind(name) for name in names),
        device=index(params.device_kinds),
        edge=index(params.edge_kinds),
        cloud=index(params.cloud_kinds),
    )


def load_networks(params: CommonParams) -> tuple[NetworkGraph, ...]:
    """Return the networks that `params` names, with or without exits and variants as it says."""
    names: dict[str, None] = {}
    for name in params.networks:
        if name == ALL_VISION:
            names.update((known, None) for known in network_names() if not known.startswith(_LANGUAGE))
        else:
            names[name] = None
    networks = []
    for name in names:
        net = read_network(name) if name.endswith(".json") else load_network(name)
        net = with_exits(net) if params.exits and not net.exits else net
        net = with_variants(net) if params.variants and not net.variants else net
        networks.append(net)
    return tuple(networks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tasks:
    """What is drawn for every task and the device it comes from; arrays of shape (n_tasks,)."""

    networks: tuple[NetworkGraph, ...]
    costs: tuple[CostTable, ...]
    network: Array
    device_kind: Array
    device_speed: FloatArray
    weight: FloatArray
    deadline_s: FloatArray
    accuracy_floor: FloatArray


def draw_tasks(params: CommonParams, machines: Machines, rng: np.random.Generator) -> Tasks:
    """Draw network, device, weight, deadline and accuracy floor of every task."""
    networks = load_networks(params)
    costs = tuple(cost_model_from(params.costs).fill(net, machines.kinds) for net in networks)
    n = params.tasks
    network = rng.integers(len(networks), size=n, dtype=np.int16)
    device_kind = machines.device[rng.integers(len(machines.device), size=n)].astype(np.int16)
    device_speed = np.exp(rng.uniform(-params.device_spread, params.device_spread, size=n))
    weight = rng.integers(params.weight_low, params.weight_high, size=n, endpoint=True).astype(np.float64)
    deadline = np.full(n, inf)
    if params.deadline_factor < inf:
        whole = np.stack([table.layer_seconds.sum(axis=1) for table in costs])
        deadline = params.deadline_factor * whole[network, device_kind] / device_speed
    accuracy = np.array([net.accuracy or 0.0 for net in networks])
    return Tasks(
        networks=networks,
        costs=costs,
        network=network,
        device_kind=device_kind,
        device_speed=device_speed,
        weight=weight,
        deadline_s=deadline,
        accuracy_floor=params.accuracy_floor * accuracy[network],
    )


def edge_speeds(params: CommonParams, edges: int, rng: np.random.Generator) -> FloatArray:
    """Return the speed factor of every edge site: its number of machines times its spread."""
    machines = params.edge_speed
    if machines is None:
        machines = params.tasks / edges / params.edge_tasks_per_server / params.load
    return machines * np.exp(rng.uniform(-params.edge_spread, params.edge_spread, size=edges))


def cloud_speeds(params: CommonParams) -> FloatArray:
    """Return the speed factor of every cloud: its number of machines."""
    machines = params.cloud_speed
    if machines is None:
        machines = params.tasks / params.clouds / params.cloud_tasks_per_server / params.load
    return np.full(params.clouds, machines)
