"""The readable layout: one JSON document, one node, link, route or task a line."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

import msgspec
import numpy as np

from instances.columns import FloatArray, offsets_of
from instances.errors import InputError
from instances.files.decoding import decode_document
from instances.files.document import (
    CandidateRecord,
    InstanceDocument,
    LinkRecord,
    NodeRecord,
    RouteRecord,
    TaskRecord,
)
from instances.files.parts import (
    head_fields,
    instance_from,
    kinds_from,
    lookup,
    networks_from,
    positions_of,
    resources_from,
)
from instances.instance import Instance
from instances.networks.files import encode_network
from instances.system import System, Tier
from instances.workload import Workload

__all__ = ["decode_json", "encode_json"]

_TIERS = {tier.name.lower(): int(tier) for tier in Tier}
_TIER_NAMES: Any = [tier.name.lower() for tier in Tier]


def encode_json(instance: Instance) -> bytes:
    """Return `instance` as the bytes of a readable file; they depend on the instance alone.

    Raises
    ------
    InputError
        If a name or the provenance cannot be written as JSON.
    """
    names = [instance.system.node_name(i) for i in range(instance.system.n_nodes)]
    head = head_fields(instance)
    head.pop("networks")
    tables: dict[str, Sequence[msgspec.Struct]] = {key: head.pop(key) for key in ("kinds", "costs", "resources")}
    tables["nodes"] = _node_records(instance.system, names)
    tables["links"] = _link_records(instance.system, names)
    tables["routes"] = _route_records(instance.system, names)
    tables["tasks"] = _task_records(instance, names)
    one = msgspec.json.encode
    try:
        parts = [one(key) + b":" + one(value) for key, value in head.items()]
        rows = {"networks": [encode_network(net).rstrip() for net in instance.networks]}
        rows |= {key: [one(record) for record in records] for key, records in tables.items()}
    except (UnicodeEncodeError, TypeError, msgspec.MsgspecError) as error:
        raise InputError("instance", f"cannot be written as JSON ({error})") from None
    for key, lines in rows.items():
        parts.append(one(key) + (b":[\n" + b",\n".join(lines) + b"\n]" if lines else b":[]"))
    return b"{" + b",\n".join(parts) + b"}\n"


def decode_json(data: bytes) -> Instance:
    """Return the instance that the bytes of a readable file hold.

    Raises
    ------
    InputError
        If `data` is not such a document or not a valid instance.
    """
    doc = decode_document(data, InstanceDocument)
    networks = networks_from(doc)
    network_at = positions_of((net.name for net in networks), "networks")
    node_at = positions_of((node.name for node in doc.nodes), "nodes")
    return instance_from(doc, networks, _system(doc, node_at), _workload(doc, network_at, node_at))


def _null(values: FloatArray, is_null: Any) -> list[float | None]:
    return [None if gone else value for value, gone in zip(values.tolist(), is_null.tolist(), strict=True)]


def _node_records(system: System, names: list[str]) -> list[NodeRecord]:
    return [
        NodeRecord(
            name=name,
            tier=_TIER_NAMES[tier],
            kind=None if kind < 0 else system.kinds[kind].name,
            resource=None if resource < 0 else system.resources[resource].name,
            speed=speed,
            memory_bytes=memory,
            price_per_s=price,
            x_m=x,
            y_m=y,
        )
        for name, tier, kind, resource, speed, memory, price, x, y in zip(
            names,
            system.node_tier.tolist(),
            system.node_kind.tolist(),
            system.node_resource.tolist(),
            system.node_speed.tolist(),
            _null(system.node_memory_bytes, np.isinf(system.node_memory_bytes)),
            system.node_price_per_s.tolist(),
            _null(system.node_x, np.isnan(system.node_x)),
            _null(system.node_y, np.isnan(system.node_y)),
            strict=True,
        )
    ]


def _link_records(system: System, names: list[str]) -> list[LinkRecord]:
    return [
        LinkRecord(
            source=names[source],
            target=names[target],
            resource=None if resource < 0 else system.resources[resource].name,
            bytes_per_s=rate,
            latency_s=latency,
            joules_per_byte=joules,
            price_per_byte=price,
        )
        for source, target, resource, rate, latency, joules, price in zip(
            system.link_source.tolist(),
            system.link_target.tolist(),
            system.link_resource.tolist(),
            system.link_bytes_per_s.tolist(),
            system.link_latency_s.tolist(),
            system.link_joules_per_byte.tolist(),
            system.link_price_per_byte.tolist(),
            strict=True,
        )
    ]


def _route_records(system: System, names: list[str]) -> list[RouteRecord]:
    at, links = system.route_offsets.tolist(), system.route_links.tolist()
    return [
        RouteRecord(source=names[source], target=names[target], links=tuple(links[at[i] : at[i + 1]]))
        for i, (source, target) in enumerate(
            zip(system.route_source.tolist(), system.route_target.tolist(), strict=True)
        )
    ]


def _task_records(instance: Instance, names: list[str]) -> list[TaskRecord]:
    load = instance.workload
    at = load.candidate_offsets.tolist()
    candidates = [
        CandidateRecord(site=names[site], route=route)
        for site, route in zip(load.candidate_site.tolist(), load.candidate_route.tolist(), strict=True)
    ]
    return [
        TaskRecord(
            network=instance.networks[network].name,
            source=names[source],
            weight=weight,
            deadline_s=deadline,
            accuracy_floor=floor,
            release_s=release,
            candidates=tuple(candidates[at[i] : at[i + 1]]),
        )
        for i, (network, source, weight, deadline, floor, release) in enumerate(
            zip(
                load.task_network.tolist(),
                load.task_source.tolist(),
                load.task_weight.tolist(),
                _null(load.task_deadline_s, np.isinf(load.task_deadline_s)),
                load.task_accuracy_floor.tolist(),
                load.task_release_s.tolist(),
                strict=True,
            )
        )
    ]


def _named_nodes(doc: InstanceDocument) -> tuple[str, ...]:
    """Return the names up to the first ``device0``; what follows are the unnamed nodes, counted from it."""
    names = tuple(node.name for node in doc.nodes)
    first = names.index("device0") if "device0" in names else len(names)
    for row in range(first, len(names)):
        if names[row] != f"device{row - first}":
            expected = f"must be device{row - first}: nodes called device0, device1, ... stand last and in order"
            raise InputError(f"nodes[{row}].name", expected, names[row])
    return names[:first]


def _system(doc: InstanceDocument, node_at: dict[str, int]) -> System:
    kind_at = positions_of((kind.name for kind in doc.kinds), "kinds")
    resource_at = positions_of((resource.name for resource in doc.resources), "resources")

    def resource(name: str | None, where: str) -> int:
        return -1 if name is None else lookup(resource_at, name, f"{where}.resource", "resource")

    def ends(records: Sequence[RouteRecord] | Sequence[LinkRecord], where: str, end: str) -> list[int]:
        return [lookup(node_at, getattr(r, end), f"{where}[{i}].{end}", "node") for i, r in enumerate(records)]

    nodes, links, routes = doc.nodes, doc.links, doc.routes
    return System(
        kinds=kinds_from(doc),
        resources=resources_from(doc),
        node_names=_named_nodes(doc),
        node_tier=np.array([_TIERS[n.tier] for n in nodes], dtype=np.int64),
        node_kind=np.array(
            [
                -1 if n.kind is None else lookup(kind_at, n.kind, f"nodes[{i}].kind", "kind")
                for i, n in enumerate(nodes)
            ],
            dtype=np.int64,
        ),
        node_resource=np.array([resource(n.resource, f"nodes[{i}]") for i, n in enumerate(nodes)], dtype=np.int64),
        node_speed=np.array([n.speed for n in nodes]),
        node_memory_bytes=np.array([np.inf if n.memory_bytes is None else n.memory_bytes for n in nodes]),
        node_price_per_s=np.array([n.price_per_s for n in nodes]),
        node_x=np.array([np.nan if n.x_m is None else n.x_m for n in nodes]),
        node_y=np.array([np.nan if n.y_m is None else n.y_m for n in nodes]),
        link_source=np.array(ends(links, "links", "source"), dtype=np.int64),
        link_target=np.array(ends(links, "links", "target"), dtype=np.int64),
        link_resource=np.array([resource(r.resource, f"links[{i}]") for i, r in enumerate(links)], dtype=np.int64),
        link_bytes_per_s=np.array([r.bytes_per_s for r in links]),
        link_latency_s=np.array([r.latency_s for r in links]),
        link_joules_per_byte=np.array([r.joules_per_byte for r in links]),
        link_price_per_byte=np.array([r.price_per_byte for r in links]),
        route_source=np.array(ends(routes, "routes", "source"), dtype=np.int64),
        route_target=np.array(ends(routes, "routes", "target"), dtype=np.int64),
        route_offsets=offsets_of([r.links for r in routes]),
        route_links=np.array(list(chain.from_iterable(r.links for r in routes)), dtype=np.int64),
    )


def _workload(doc: InstanceDocument, network_at: dict[str, int], node_at: dict[str, int]) -> Workload:
    tasks = doc.tasks
    candidates = [(k, i, c) for k, task in enumerate(tasks) for i, c in enumerate(task.candidates)]
    sites = [lookup(node_at, c.site, f"tasks[{k}].candidates[{i}].site", "node") for k, i, c in candidates]
    networks = [lookup(network_at, t.network, f"tasks[{k}].network", "network") for k, t in enumerate(tasks)]
    sources = [lookup(node_at, t.source, f"tasks[{k}].source", "node") for k, t in enumerate(tasks)]
    return Workload(
        task_network=np.array(networks, dtype=np.int64),
        task_source=np.array(sources, dtype=np.int64),
        task_weight=np.array([t.weight for t in tasks]),
        task_deadline_s=np.array([np.inf if t.deadline_s is None else t.deadline_s for t in tasks]),
        task_accuracy_floor=np.array([t.accuracy_floor for t in tasks]),
        task_release_s=np.array([t.release_s for t in tasks]),
        candidate_offsets=offsets_of([t.candidates for t in tasks]),
        candidate_site=np.array(sites, dtype=np.int64),
        candidate_route=np.array([c.route for _, _, c in candidates], dtype=np.int64),
    )
