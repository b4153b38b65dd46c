"""Putting a system together from blocks of nodes, links and routes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from instances.columns import Array
from instances.system import NodeKind, Resource, System

__all__ = ["Links", "Nodes", "Routes", "assemble", "links", "nodes", "routes"]

Block = TypeVar("Block", bound="Nodes | Links")


@dataclass(frozen=True, slots=True, kw_only=True)
class Nodes:
    """A block of nodes; the columns are those of `System` without their prefix."""

    tier: Array
    kind: Array
    resource: Array
    speed: Array
    memory_bytes: Array
    price_per_s: Array
    x: Array
    y: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """A block of links; the columns are those of `System` without their prefix."""

    source: Array
    target: Array
    resource: Array
    bytes_per_s: Array
    latency_s: Array
    joules_per_byte: Array
    price_per_byte: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Routes:
    """A block of routes in CSR form, as in `System`."""

    source: Array
    target: Array
    offsets: Array
    links: Array


_DTYPES: dict[str, npt.DTypeLike] = {
    "tier": np.int8,
    "kind": np.int16,
    "resource": np.int32,
    "source": np.int32,
    "target": np.int32,
}


def nodes(count: int, **columns: Any) -> Nodes:
    """Return a block of `count` nodes; each column is an array of that shape or one value for all."""
    defaults = {"resource": -1, "speed": 1.0, "memory_bytes": np.inf, "price_per_s": 0.0, "x": np.nan, "y": np.nan}
    return _block(Nodes, count, {**defaults, **columns})


def links(count: int, **columns: Any) -> Links:
    """Return a block of `count` links; each column is an array of that shape or one value for all."""
    defaults = {"resource": -1, "latency_s": 0.0, "joules_per_byte": 0.0, "price_per_byte": 0.0}
    return _block(Links, count, {**defaults, **columns})


def routes(source: Array, target: Array, route_links: Array, offsets: Array | None = None) -> Routes:
    """Return a block of routes; without `offsets` each has one link."""
    if offsets is None:
        offsets = np.arange(len(source) + 1)
    return Routes(source=source, target=target, offsets=offsets, links=route_links)


def _block(cls: type[Block], count: int, columns: dict[str, Any]) -> Block:
    full = {
        name: np.broadcast_to(np.asarray(value, dtype=_DTYPES.get(name, np.float64)), (count,))
        for name, value in columns.items()
    }
    return cls(**full)


def assemble(
    kinds: tuple[NodeKind, ...],
    resources: Sequence[Resource],
    node_names: Sequence[str],
    node_blocks: Sequence[Nodes],
    link_blocks: Sequence[Links],
    route_blocks: Sequence[Routes],
) -> System:
    """Return the system of the blocks, one after the other."""
    columns: dict[str, Array] = {}
    for prefix, blocks in (("node_", node_blocks), ("link_", link_blocks)):
        for item in fields(blocks[0]):
            columns[prefix + item.name] = np.concatenate([getattr(block, item.name) for block in blocks])
    starts = np.cumsum([0, *(len(block.links) for block in route_blocks)])
    offsets = [block.offsets[:-1] + start for block, start in zip(route_blocks, starts, strict=False)]
    return System(
        kinds=kinds,
        resources=tuple(resources),
        node_names=tuple(node_names),
        route_source=np.concatenate([block.source for block in route_blocks]),
        route_target=np.concatenate([block.target for block in route_blocks]),
        route_offsets=np.concatenate([*offsets, starts[-1:]]),
        route_links=np.concatenate([block.links for block in route_blocks]),
        **columns,
    )
