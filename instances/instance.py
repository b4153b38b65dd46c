"""The instance: networks, system, workload and filled cost tables, with one identity."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np

from instances.columns import Array, check_column
from instances.costs.table import CostTable
from instances.errors import InputError
from instances.networks.graph import NetworkGraph
from instances.system import NodeKind, System, Tier
from instances.workload import Workload

__all__ = ["SCHEMA_VERSION", "Instance"]

SCHEMA_VERSION = 1


@dataclass(frozen=True, kw_only=True, eq=False)
class Instance:
    """One problem's data, immutable.

    Parameters
    ----------
    name : str
        For people; not part of the identity.
    networks : tuple of NetworkGraph
        What tasks run.
    system : System
        Nodes, links and routes.
    workload : Workload
        The tasks.
    costs : tuple of CostTable
        One per network, rows in the order of ``system.kinds``.
    provenance : mapping
        How it was made (generator, parameters, seed, cost model); not part of the identity.
    """

    name: str
    networks: tuple[NetworkGraph, ...]
    system: System
    workload: Workload
    costs: tuple[CostTable, ...]
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "provenance", MappingProxyType(dict(self.provenance)))
        _check_costs(self)
        _check_tasks(self)

    @property
    def n_tasks(self) -> int:
        """Number of tasks."""
        return self.workload.n_tasks

    @cached_property
    def sha256(self) -> str:
        """Identity: SHA-256 of the canonical content (columns as little-endian bytes, names as JSON)."""
        digest = hashlib.sha256(f"tiercut-instance/{SCHEMA_VERSION}".encode())

        def text(value: Any) -> None:
            digest.update(json.dumps(value, sort_keys=True, separators=(",", ":")).encode() + b"\0")

        def columns(owner: Any) -> None:
            for item in fields(owner):
                values = getattr(owner, item.name)
                if isinstance(values, np.ndarray):
                    plain = _canonical(values)
                    text([item.name, plain.dtype.str, list(plain.shape)])
                    digest.update(plain.reshape(-1).data)

        for net, cost in zip(self.networks, self.costs, strict=True):
            text([net.name, _plain(net.accuracy, "float | None"), net.edge_array.tolist()])
            text([_record(layer) for layer in net.layers])
            text([[_record(e) for e in net.exits], [_record(v) for v in net.variants]])
            columns(cost)
        text([_kind(kind) for kind in self.system.kinds])
        text([_record(resource) for resource in self.system.resources])
        text(self.system.node_names)
        columns(self.system)
        columns(self.workload)
        return digest.hexdigest()

    def summary(self) -> str:
        """Return a tree of counts, one line each."""
        system, load = self.system, self.workload
        tiers = ", ".join(f"{len(system.nodes_of(t))} {t.name.lower()}" for t in Tier if len(system.nodes_of(t)))
        kinds: dict[str, int] = {}
        for resource in system.resources:
            kinds[resource.kind] = kinds.get(resource.kind, 0) + 1
        shared = ", ".join(f"{n} {kind}" for kind, n in sorted(kinds.items())) or "none"
        use = np.bincount(load.task_network, minlength=len(self.networks))
        reach = np.diff(load.candidate_offsets)
        lines = [
            f"instance {self.name} ({self.sha256[:12]})",
            f"├─ {load.n_tasks} tasks, each reaching {reach.min()}..{reach.max()} sites",
            f"├─ nodes: {tiers}",
            f"├─ links: {system.n_links}, routes: {system.n_routes}",
            f"├─ shared: {shared}",
            f"└─ networks: {len(self.networks)}",
        ]
        for i, net in enumerate(self.networks):
            tick = "└─" if i == len(self.networks) - 1 else "├─"
            lines.append(
                f"   {tick} {net.name}: {use[i]} tasks, {len(net) - 1} layers, {len(net.cut_points())} cut points, "
                f"{net.total_operations / 2e9:.3f} GMAC, {net.total_parameter_bytes / 1e6:.1f} MB"
            )
        return "\n".join(lines)


def _canonical(values: Array) -> Array:
    """Return `values` in the one bit pattern of their content: little-endian, one zero, one NaN."""
    if values.dtype.kind == "f":
        values = values + 0.0  # -0.0 becomes 0.0
        values[np.isnan(values)] = np.nan
    return np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))


def _plain(value: Any, declared: str) -> Any:
    """Return `value` such that 1, 1.0 and a numpy 1 in a field declared as float are one identity."""
    if declared.startswith("float") and value is not None:
        return float(value) + 0.0
    if isinstance(value, tuple):
        return [int(extent) for extent in value]
    return value.item() if isinstance(value, np.generic) else value


def _kind(kind: NodeKind) -> dict[str, Any]:
    """Return the record of a machine type without its source, which does not change the problem.

    Fields that came later count only where they differ from their default, so that identities stay.
    """
    later = {"cores": 1, "switch_on_joules": 0.0}
    return {k: v for k, v in _record(kind).items() if k != "source" and (k not in later or v != later[k])}


def _record(owner: Any) -> dict[str, Any]:
    return {item.name: _plain(getattr(owner, item.name), str(item.type)) for item in fields(owner)}


def _check_costs(instance: Instance) -> None:
    names = [net.name for net in instance.networks]
    if not names:
        raise InputError("instance", "needs at least one network", 0)
    if len(set(names)) != len(names):
        raise InputError("instance", "network names must be unique", names)
    if len(instance.costs) != len(names):
        raise InputError("instance.costs", f"needs one table a network ({len(names)})", len(instance.costs))
    n_kinds = len(instance.system.kinds)
    for net, cost in zip(instance.networks, instance.costs, strict=True):
        for got, expected in (
            (cost.layer_seconds.shape, (n_kinds, len(net))),
            (cost.head_seconds.shape, (n_kinds, len(net.exits))),
        ):
            if got != expected:
                raise InputError(f"costs of {net.name}", f"must have the shape (kinds, layers) = {expected}", got)


def _check_tasks(instance: Instance) -> None:
    system, load = instance.system, instance.workload

    def label(i: int) -> str:
        return f"task {i}"

    n_nets = len(instance.networks)
    net = load.task_network
    check_column(net, (net >= 0) & (net < n_nets), f"network must be in 0..{n_nets - 1}", label)
    source = load.task_source
    check_column(
        source, (source >= 0) & (source < system.n_nodes), f"source must be a node in 0..{system.n_nodes - 1}", label
    )
    check_column(source, system.node_tier[source] == Tier.DEVICE, "source must be a device", label)
    owner = np.repeat(np.arange(load.n_tasks), np.diff(load.candidate_offsets))

    def row(i: int) -> str:
        return f"task {owner[i]}, candidate {i - load.candidate_offsets[owner[i]]}"

    site, route = load.candidate_site, load.candidate_route
    check_column(site, (site >= 0) & (site < system.n_nodes), f"site must be a node in 0..{system.n_nodes - 1}", row)
    tier = system.node_tier[site]
    check_column(site, (tier == Tier.EDGE) | (tier == Tier.CLOUD), "site must be an edge or cloud node", row)
    check_column(route, (route >= 0) & (route < system.n_routes), f"route must be in 0..{system.n_routes - 1}", row)
    joined = (system.route_source[route] == source[owner]) & (system.route_target[route] == site)
    check_column(route, joined, "route must lead from the task's source to the site", row)
