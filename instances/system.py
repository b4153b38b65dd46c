"""The machines and the wires: nodes, links, routes and what is shared of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, fields
from enum import IntEnum

import numpy as np

from instances.columns import FloatArray, IntArray, check_column, column
from instances.errors import InputError

__all__ = ["RESOURCE_KINDS", "SYSTEM_DTYPES", "NodeKind", "Resource", "ResourceKind", "System", "Tier"]

ResourceKind = str
RESOURCE_KINDS = ("node", "cell", "backhaul", "core", "link")


class Tier(IntEnum):
    """Where a node stands. Placements go up: device, edge, cloud; a router only passes data on."""

    DEVICE = 0
    EDGE = 1
    CLOUD = 2
    ROUTER = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeKind:
    """A type of machine, with the published figures that cost models draw on.

    Parameters
    ----------
    name : str
        Unique name (``"raspberry-pi-4"``).
    operations_per_s : float
        Effective rate in floating-point operations per second (a multiply-add is two).
    memory_bytes : float
        Memory for weights; ``inf`` where it is no limit.
    bytes_per_s : float, optional
        Memory bandwidth, for the roofline cost model.
    peak_operations_per_s : float, optional
        Peak rate, for the roofline cost model.
    idle_watts, busy_watts, transmit_watts : float
        Power when waiting, when computing and when its radio sends.
    cores : int
        Layers that it runs at the same time, in problems that schedule; each takes its full seconds.
    switch_on_joules : float
        Energy of switching it on, in problems that schedule.
    source : str
        Citation of the figures.
    """

    name: str
    operations_per_s: float
    memory_bytes: float = np.inf
    bytes_per_s: float | None = None
    peak_operations_per_s: float | None = None
    idle_watts: float = 0.0
    busy_watts: float = 0.0
    transmit_watts: float = 0.0
    cores: int = 1
    switch_on_joules: float = 0.0
    source: str = ""

    def __post_init__(self) -> None:
        where = f"node kind {self.name}"
        if not self.name:
            raise InputError("node kind", "name must not be empty", self.name)
        for name in ("operations_per_s", "bytes_per_s", "peak_operations_per_s"):
            value = getattr(self, name)
            if value is not None and not 0 < value < np.inf:
                raise InputError(where, f"{name} must be finite and > 0", value)
        if not self.memory_bytes > 0:
            raise InputError(where, "memory_bytes must be > 0", self.memory_bytes)
        if isinstance(self.cores, bool) or not isinstance(self.cores, int) or self.cores < 1:
            raise InputError(where, "cores must be a whole number >= 1", self.cores)
        for name in ("idle_watts", "busy_watts", "transmit_watts", "switch_on_joules"):
            if not 0 <= getattr(self, name) < np.inf:
                raise InputError(where, f"{name} must be finite and >= 0", getattr(self, name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """Something that tasks share: a node's processor, or the time of a link or radio cell.

    `kind` is one of ``node``, ``cell``, ``backhaul``, ``core``, ``link``.
    """

    name: str
    kind: ResourceKind

    def __post_init__(self) -> None:
        if not self.name:
            raise InputError("resource", "name must not be empty", self.name)
        if self.kind not in RESOURCE_KINDS:
            raise InputError(f"resource {self.name}", f"kind must be one of {', '.join(RESOURCE_KINDS)}", self.kind)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class System:
    """Nodes, links and routes as columns.

    Parameters
    ----------
    kinds : tuple of NodeKind
        The machine types that nodes refer to.
    resources : tuple of Resource
        What is shared. A node or link with resource ``-1`` is not shared: each task has it to itself.
    node_names : tuple of str
        Names of the first nodes; node ``i`` beyond them is called ``device{i - len(node_names)}``.
    node_tier, node_kind, node_resource : int arrays, shape (n_nodes,)
        Tier (see `Tier`), index into `kinds` (-1 for routers), index into `resources` or -1.
    node_speed : array, shape (n_nodes,)
        Factor on the kind's speed: a layer takes ``layer_seconds / node_speed``.
    node_memory_bytes : array, shape (n_nodes,)
        Memory for weights (``inf``: no limit).
    node_price_per_s : array, shape (n_nodes,)
        Money per second of exclusive use.
    node_x, node_y : arrays, shape (n_nodes,)
        Position in metres on the instance's map (NaN: unknown).
    link_source, link_target, link_resource : int arrays, shape (n_links,)
        Directed link between two nodes, and the resource whose time it takes or -1. Several
        links may take the time of one resource (all users' links of a radio cell).
    link_bytes_per_s, link_latency_s, link_joules_per_byte, link_price_per_byte : arrays, shape (n_links,)
        Rate when alone, fixed latency, energy and money per byte.
    route_source, route_target : int arrays, shape (n_routes,)
        End nodes of each route.
    route_offsets : int array, shape (n_routes + 1,)
        Route ``i`` is ``route_links[route_offsets[i]:route_offsets[i + 1]]``, links in travel order, none twice.
    route_links : int array
        Links of all routes, one after the other.

    Raises
    ------
    InputError
        For the first row that breaks a rule.
    """

    kinds: tuple[NodeKind, ...]
    resources: tuple[Resource, ...]
    node_names: tuple[str, ...]
    node_tier: IntArray
    node_kind: IntArray
    node_resource: IntArray
    node_speed: FloatArray
    node_memory_bytes: FloatArray
    node_price_per_s: FloatArray
    node_x: FloatArray
    node_y: FloatArray
    link_source: IntArray
    link_target: IntArray
    link_resource: IntArray
    link_bytes_per_s: FloatArray
    link_latency_s: FloatArray
    link_joules_per_byte: FloatArray
    link_price_per_byte: FloatArray
    route_source: IntArray
    route_target: IntArray
    route_offsets: IntArray
    route_links: IntArray

    def __post_init__(self) -> None:
        for item in fields(self):
            if item.name in SYSTEM_DTYPES:
                try:
                    values = column(getattr(self, item.name), SYSTEM_DTYPES[item.name])
                except (TypeError, ValueError, OverflowError) as error:
                    raise InputError(
                        f"system.{item.name}", f"must be a column of {np.dtype(SYSTEM_DTYPES[item.name])} ({error})"
                    ) from None
                if values.ndim != 1:
                    raise InputError(f"system.{item.name}", "must have one axis", values.shape)
                object.__setattr__(self, item.name, values)
        _check_lengths(self)
        _check_nodes(self)
        _check_links(self)
        _check_routes(self)

    @property
    def n_nodes(self) -> int:
        """Number of nodes, routers included."""
        return len(self.node_tier)

    @property
    def n_links(self) -> int:
        """Number of directed links."""
        return len(self.link_source)

    @property
    def n_routes(self) -> int:
        """Number of routes."""
        return len(self.route_source)

    def node_name(self, node: int) -> str:
        """Return the name of node `node`."""
        return self.node_names[node] if node < len(self.node_names) else f"device{node - len(self.node_names)}"

    def nodes_of(self, tier: Tier) -> IntArray:
        """Return the indices of the nodes of `tier`."""
        return np.flatnonzero(self.node_tier == tier)

    def link_name(self, link: int) -> str:
        """Return ``source->target`` of link `link`."""
        return f"{self.node_name(int(self.link_source[link]))}->{self.node_name(int(self.link_target[link]))}"

    def links_of(self, route: int) -> IntArray:
        """Return the links of `route` in travel order."""
        links: IntArray = self.route_links[self.route_offsets[route] : self.route_offsets[route + 1]]
        return links


SYSTEM_DTYPES = {
    "node_tier": np.int8,
    "node_kind": np.int16,
    "node_resource": np.int32,
    "node_speed": np.float64,
    "node_memory_bytes": np.float64,
    "node_price_per_s": np.float64,
    "node_x": np.float64,
    "node_y": np.float64,
    "link_source": np.int32,
    "link_target": np.int32,
    "link_resource": np.int32,
    "link_bytes_per_s": np.float64,
    "link_latency_s": np.float64,
    "link_joules_per_byte": np.float64,
    "link_price_per_byte": np.float64,
    "route_source": np.int32,
    "route_target": np.int32,
    "route_offsets": np.int64,
    "route_links": np.int32,
}


def _check_lengths(system: System) -> None:
    for prefix, first in (("node_", "node_tier"), ("link_", "link_source"), ("route_", "route_source")):
        expected = len(getattr(system, first))
        for name in SYSTEM_DTYPES:
            if name.startswith(prefix) and name not in ("route_offsets", "route_links"):
                got = len(getattr(system, name))
                if got != expected:
                    raise InputError(f"system.{name}", f"must have as many rows as {first} ({expected})", got)
    if len(system.node_names) > system.n_nodes:
        raise InputError(
            "system.node_names", f"must not be longer than the nodes ({system.n_nodes})", len(system.node_names)
        )
    for what, names in (
        ("node", system.node_names),
        ("node kind", tuple(k.name for k in system.kinds)),
        ("resource", tuple(r.name for r in system.resources)),
    ):
        if len(set(names)) != len(names):
            twice = next(name for name, count in Counter(names).items() if count > 1)
            raise InputError("system", f"{what} names must be unique", twice)
    for i, name in enumerate(system.node_names):
        if not name or (name.startswith("device") and name[6:].isdecimal()):
            raise InputError(
                f"nodes[{i}]", 'name must not be empty or "device" and a number (kept for unnamed nodes)', name
            )


def _check_nodes(system: System) -> None:
    def label(i: int) -> str:
        return f"node {system.node_name(i)}"

    router = system.node_tier == Tier.ROUTER
    check_column(system.node_tier, (system.node_tier >= 0) & (system.node_tier <= 3), "tier must be 0..3", label)
    kind = system.node_kind
    check_column(
        kind,
        (router & (kind == -1)) | (~router & (kind >= 0) & (kind < len(system.kinds))),
        f"kind must be in 0..{len(system.kinds) - 1} (-1 for routers)",
        label,
    )
    resource = system.node_resource
    check_column(
        resource,
        (resource >= -1) & (resource < len(system.resources)),
        f"resource must be -1 or in 0..{len(system.resources) - 1}",
        label,
    )
    check_column(resource, (resource == -1) | (~router), "a router must have resource -1", label)
    speed, memory, price = system.node_speed, system.node_memory_bytes, system.node_price_per_s
    check_column(speed, np.isfinite(speed) & (speed > 0), "speed must be finite and > 0", label)
    check_column(memory, memory >= 0, "memory_bytes must be >= 0", label)
    check_column(price, np.isfinite(price) & (price >= 0), "price_per_s must be finite and >= 0", label)
    for axis in ("x", "y"):
        at = getattr(system, f"node_{axis}")
        check_column(at, ~np.isinf(at), f"{axis} must be finite or unknown", label)


def _check_links(system: System) -> None:
    def label(i: int) -> str:
        return f"links[{i}]"

    for name in ("link_source", "link_target"):
        ends = getattr(system, name)
        check_column(
            ends, (ends >= 0) & (ends < system.n_nodes), f"{name[5:]} must be a node in 0..{system.n_nodes - 1}", label
        )

    def named(i: int) -> str:
        return f"link {system.link_name(i)}"

    check_column(system.link_target, system.link_source != system.link_target, "must join two different nodes", named)
    resource = system.link_resource
    check_column(
        resource,
        (resource >= -1) & (resource < len(system.resources)),
        f"resource must be -1 or in 0..{len(system.resources) - 1}",
        named,
    )
    rate = system.link_bytes_per_s
    check_column(rate, np.isfinite(rate) & (rate > 0), "rate must be finite and > 0 byte/s", named)
    for name, unit in (
        ("link_latency_s", "s"),
        ("link_joules_per_byte", "J/byte"),
        ("link_price_per_byte", "per byte"),
    ):
        values = getattr(system, name)
        check_column(values, np.isfinite(values) & (values >= 0), f"{name[5:]} must be finite and >= 0 {unit}", named)


def _check_routes(system: System) -> None:
    def label(i: int) -> str:
        return f"routes[{i}]"

    n, offsets, links = system.n_routes, system.route_offsets, system.route_links
    if len(offsets) != n + 1 or offsets[0] != 0 or offsets[-1] != len(links) or (offsets[1:] < offsets[:-1]).any():
        raise InputError("system.route_offsets", f"must rise from 0 to {len(links)} in {n + 1} rows", len(offsets))
    check_column(
        links,
        (links >= 0) & (links < system.n_links),
        f"links must be in 0..{system.n_links - 1}",
        lambda i: f"routes[{int(np.searchsorted(offsets, i, 'right')) - 1}]",
    )
    for name in ("route_source", "route_target"):
        ends = getattr(system, name)
        check_column(
            ends, (ends >= 0) & (ends < system.n_nodes), f"{name[6:]} must be a node in 0..{system.n_nodes - 1}", label
        )
    lengths = np.diff(offsets)
    check_column(lengths, (lengths > 0) | (system.route_source == system.route_target), "must have a link", label)
    full = np.flatnonzero(lengths > 0)
    head, tail = links[offsets[:-1][full]], links[offsets[1:][full] - 1]
    bad = (system.link_source[head] != system.route_source[full]) | (
        system.link_target[tail] != system.route_target[full]
    )
    inner = np.ones(len(links), dtype=bool)
    inner[offsets[:-1][full]] = False
    steps = np.flatnonzero(inner)
    broken = system.link_target[links[steps - 1]] != system.link_source[links[steps]]
    if bad.any() or broken.any():
        row = int(full[bad][0]) if bad.any() else int(np.searchsorted(offsets, steps[broken][0], "right")) - 1
        raise InputError(label(row), "links must lead from its source to its target without a break")
    # two links in a row always differ, so only routes of three or more can come back to one
    long = np.repeat(lengths >= 3, lengths)
    passed = np.sort(np.repeat(np.arange(n), lengths)[long] * system.n_links + links[long])
    twice = passed[1:][passed[1:] == passed[:-1]]
    if len(twice):
        route, link = divmod(int(twice[0]), system.n_links)
        raise InputError(label(route), "must not pass a link twice", system.link_name(link))
