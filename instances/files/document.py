"""The records of an instance file: what stands in the readable document and in the columnar header.

JSON knows neither NaN nor infinity, so ``null`` stands for "no limit" (memory, deadline) and "unknown"
(position). Nodes, kinds, resources and networks are referred to by name, links and routes by their index.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from instances.networks.files import NetworkDocument

__all__ = [
    "FORMAT",
    "READABLE_VERSIONS",
    "CandidateRecord",
    "ColumnRecord",
    "ColumnarHeader",
    "CostRecord",
    "InstanceDocument",
    "InstanceHead",
    "KindRecord",
    "LinkRecord",
    "NodeRecord",
    "ResourceRecord",
    "RouteRecord",
    "TaskRecord",
]

FORMAT: Literal["tiercut-instance"] = "tiercut-instance"
READABLE_VERSIONS = (1,)

Name = Annotated[str, Meta(min_length=1)]
Index = Annotated[int, Meta(ge=0, le=2**31 - 1)]
RowCount = Annotated[int, Meta(ge=0, le=2**31)]
Share = Annotated[float, Meta(ge=0, le=1)]
Factor = Annotated[float, Meta(gt=0)]
Weight = Annotated[float, Meta(ge=0)]
Digest = Annotated[str, Meta(pattern="^[0-9a-f]{64}$", description="identity of the content; absent: not checked")]

Seconds = Annotated[float, Meta(ge=0, description="seconds")]
Watts = Annotated[float, Meta(ge=0, description="watts")]
Rate = Annotated[float, Meta(gt=0, description="bytes per second")]
WorkRate = Annotated[float, Meta(gt=0, description="floating-point operations per second")]
NodeMemory = Annotated[float, Meta(ge=0, description="bytes; null: no limit")]
KindMemory = Annotated[float, Meta(gt=0, description="bytes; null: no limit")]
Deadline = Annotated[float, Meta(gt=0, description="seconds from the release; null: none")]
Position = Annotated[float, Meta(description="metres; null: unknown")]
SecondsRow = Annotated[tuple[Weight, ...], Meta(description="seconds, one a layer (exit head)")]
JoulesRow = Annotated[tuple[Weight, ...], Meta(description="joules, one a layer (exit head)")]


class KindRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A type of machine; the fields are those of `instances.system.NodeKind`."""

    name: Name
    operations_per_s: WorkRate
    memory_bytes: KindMemory | None = None
    bytes_per_s: Rate | None = None
    peak_operations_per_s: WorkRate | None = None
    idle_watts: Watts = 0.0
    busy_watts: Watts = 0.0
    transmit_watts: Watts = 0.0
    cores: Annotated[int, Meta(ge=1, description="layers at the same time")] = 1
    switch_on_joules: Annotated[float, Meta(ge=0, description="joules")] = 0.0
    source: str = ""


class ResourceRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that tasks share."""

    name: Name
    kind: Literal["node", "cell", "backhaul", "core", "link"]


class CostRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Seconds and joules of one network on one node kind at speed 1; one a pair of network and kind."""

    network: Name
    kind: Name
    layer_seconds: SecondsRow
    layer_joules: JoulesRow
    head_seconds: SecondsRow = ()
    head_joules: JoulesRow = ()


class NodeRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A node; ``kind`` is null for routers, ``resource`` is null where tasks do not share the node."""

    name: Name
    tier: Literal["device", "edge", "cloud", "router"]
    kind: Name | None = None
    resource: Name | None = None
    speed: Factor = 1.0
    memory_bytes: NodeMemory | None = None
    price_per_s: Weight = 0.0
    x_m: Position | None = None
    y_m: Position | None = None


class LinkRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A directed link; ``resource`` is null where each task has the link to itself."""

    source: Name
    target: Name
    resource: Name | None = None
    bytes_per_s: Rate
    latency_s: Seconds = 0.0
    joules_per_byte: Weight = 0.0
    price_per_byte: Weight = 0.0


class RouteRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A route; ``links`` are indices into the document's links, in travel order."""

    source: Name
    target: Name
    links: tuple[Index, ...]


class CandidateRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A site that a task reaches; ``route`` is an index into the document's routes."""

    site: Name
    route: Index


class TaskRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An inference task."""

    network: Name
    source: Name
    weight: Weight = 1.0
    deadline_s: Deadline | None = None
    accuracy_floor: Share = 0.0
    release_s: Seconds = 0.0
    candidates: tuple[CandidateRecord, ...]


class InstanceHead(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What both layouts hold in words: the identity, the networks, the machine types and the costs."""

    format: Literal["tiercut-instance"]
    schema_version: Literal[1]
    name: str
    sha256: Digest | None = None
    provenance: dict[str, Any] = {}
    networks: tuple[NetworkDocument, ...]
    kinds: tuple[KindRecord, ...]
    costs: tuple[CostRecord, ...]
    resources: tuple[ResourceRecord, ...] = ()


class InstanceDocument(InstanceHead, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An instance as one readable document."""

    nodes: tuple[NodeRecord, ...]
    links: tuple[LinkRecord, ...]
    routes: tuple[RouteRecord, ...]
    tasks: tuple[TaskRecord, ...]


class ColumnRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One column of the columnar layout; a constant one is stored as its first value."""

    name: Name
    dtype: Name
    rows: RowCount
    constant: bool = False


class ColumnarHeader(InstanceHead, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The header of the columnar layout; the columns stand beside it."""

    layout: Literal["columnar"]
    node_names: tuple[Name, ...]
    columns: tuple[ColumnRecord, ...]
