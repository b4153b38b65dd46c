"""What both layouts write in words: networks, costs, machine types and shared resources, to records and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import PurePath
from typing import Any

import msgspec
import numpy as np

from instances.costs.table import CostTable
from instances.errors import InputError
from instances.files.document import FORMAT, CostRecord, InstanceHead, KindRecord, ResourceRecord
from instances.instance import SCHEMA_VERSION, Instance
from instances.networks.files import document_of, network_of
from instances.networks.graph import NetworkGraph
from instances.system import NodeKind, Resource, System
from instances.workload import Workload

__all__ = [
    "head_fields",
    "instance_from",
    "kinds_from",
    "lookup",
    "networks_from",
    "positions_of",
    "resources_from",
]


def head_fields(instance: Instance) -> dict[str, Any]:
    """Return the fields of an `InstanceHead` that stands for `instance`.

    Raises
    ------
    InputError
        If the provenance holds something that JSON cannot.
    """
    kinds = instance.system.kinds
    costs = tuple(
        CostRecord(
            network=net.name,
            kind=kind.name,
            layer_seconds=tuple(table.layer_seconds[row].tolist()),
            layer_joules=tuple(table.layer_joules[row].tolist()),
            head_seconds=tuple(table.head_seconds[row].tolist()),
            head_joules=tuple(table.head_joules[row].tolist()),
        )
        for net, table in zip(instance.networks, instance.costs, strict=True)
        for row, kind in enumerate(kinds)
    )
    return {
        "format": FORMAT,
        "schema_version": SCHEMA_VERSION,
        "name": instance.name,
        "sha256": instance.sha256,
        "provenance": _plain_provenance(instance.provenance),
        "networks": tuple(document_of(net) for net in instance.networks),
        "kinds": tuple(_kind_record(kind) for kind in kinds),
        "costs": costs,
        "resources": tuple(ResourceRecord(name=r.name, kind=r.kind) for r in instance.system.resources),  # type: ignore[arg-type]
    }


def instance_from(head: InstanceHead, networks: Sequence[NetworkGraph], system: System, workload: Workload) -> Instance:
    """Put an instance together and verify the identity that the file states.

    Raises
    ------
    InputError
        If the parts do not fit together or the content does not match its SHA-256.
    """
    instance = Instance(
        name=head.name,
        networks=tuple(networks),
        system=system,
        workload=workload,
        costs=_cost_tables(head, networks),
        provenance=head.provenance,
    )
    if head.sha256 is not None and head.sha256 != instance.sha256:
        raise InputError("sha256", "content does not match its sha256 (edited by hand? remove the field to accept)")
    return instance


def networks_from(head: InstanceHead) -> tuple[NetworkGraph, ...]:
    """Return the networks of `head`, validated."""
    return tuple(network_of(doc) for doc in head.networks)


def kinds_from(head: InstanceHead) -> tuple[NodeKind, ...]:
    """Return the machine types of `head`; no memory stated is no limit."""
    kinds = []
    for record in head.kinds:
        values = msgspec.structs.asdict(record)
        memory = values.pop("memory_bytes")
        kinds.append(NodeKind(**values, memory_bytes=np.inf if memory is None else memory))
    return tuple(kinds)


def resources_from(head: InstanceHead) -> tuple[Resource, ...]:
    """Return the shared resources of `head`."""
    return tuple(Resource(name=record.name, kind=record.kind) for record in head.resources)


def positions_of(names: Iterable[str], where: str) -> dict[str, int]:
    """Return the index of each name.

    Raises
    ------
    InputError
        If a name stands twice.
    """
    positions: dict[str, int] = {}
    for row, name in enumerate(names):
        if positions.setdefault(name, row) != row:
            raise InputError(f"{where}[{row}].name", "must be unique", name)
    return positions


def lookup(positions: Mapping[str, int], name: str, where: str, what: str) -> int:
    """Return the index of `name`, or raise an `InputError` that says at `where` which names there are."""
    row = positions.get(name)
    if row is None:
        some = ", ".join(list(positions)[:8]) + (", ..." if len(positions) > 8 else "")
        raise InputError(where, f"must be the name of a {what} ({some or 'there are none'})", name)
    return row


def _kind_record(kind: NodeKind) -> KindRecord:
    values: dict[str, Any] = {}
    for name, value in asdict(kind).items():
        plain = name in ("name", "source", "cores") or value is None
        values[name] = value if plain else float(value)
    if np.isinf(kind.memory_bytes):
        values["memory_bytes"] = None
    return KindRecord(**values)


def _cost_tables(head: InstanceHead, networks: Sequence[NetworkGraph]) -> tuple[CostTable, ...]:
    network_at = positions_of((net.name for net in networks), "networks")
    kind_at = positions_of((kind.name for kind in head.kinds), "kinds")
    cells: dict[tuple[int, int], CostRecord] = {}
    for row, record in enumerate(head.costs):
        where = f"costs[{row}]"
        net = lookup(network_at, record.network, f"{where}.network", "network")
        kind = lookup(kind_at, record.kind, f"{where}.kind", "node kind")
        if (net, kind) in cells:
            raise InputError(where, "must be the only one of its network and kind", (record.network, record.kind))
        n_layers, n_exits = len(networks[net]), len(networks[net].exits)
        for name, wanted in (
            ("layer_seconds", n_layers),
            ("layer_joules", n_layers),
            ("head_seconds", n_exits),
            ("head_joules", n_exits),
        ):
            got = len(getattr(record, name))
            if got != wanted:
                unit = "layer" if name.startswith("layer") else "exit"
                raise InputError(f"{where}.{name}", f"needs one number a {unit} of {record.network} ({wanted})", got)
        cells[net, kind] = record
    tables = []
    for net, network in enumerate(networks):
        for kind, kind_record in enumerate(head.kinds):
            if (net, kind) not in cells:
                raise InputError("costs", f"must have a record of network {network.name} on kind {kind_record.name}")
        rows = [cells[net, kind] for kind in range(len(head.kinds))]

        def stacked(name: str, width: int, rows: list[CostRecord] = rows) -> np.ndarray[Any, np.dtype[np.float64]]:
            return np.array([getattr(row, name) for row in rows], dtype=np.float64).reshape(len(rows), width)

        tables.append(
            CostTable(
                layer_seconds=stacked("layer_seconds", len(network)),
                layer_joules=stacked("layer_joules", len(network)),
                head_seconds=stacked("head_seconds", len(network.exits)),
                head_joules=stacked("head_joules", len(network.exits)),
            )
        )
    return tuple(tables)


def _plain_provenance(provenance: Mapping[str, Any]) -> dict[str, Any]:
    def plain(value: Any) -> Any:
        if isinstance(value, np.generic):
            return value.item()
        if isinstance(value, np.ndarray):
            return value.tolist()
        if isinstance(value, Mapping):
            return dict(value)
        if isinstance(value, PurePath):
            return str(value)
        raise TypeError(f"cannot write a {type(value).__name__}")

    try:
        decoded: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(dict(provenance), enc_hook=plain))
    except (TypeError, ValueError, OverflowError, RecursionError, msgspec.MsgspecError) as error:
        raise InputError("provenance", f"must be plain data that JSON can hold ({error})") from None
    return decoded
