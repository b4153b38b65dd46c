"""What a system refuses: one bad value at a time, and the message names where, what and the value."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from instances.errors import InputError
from instances.system import NodeKind, Resource, System, Tier
from tests.instances.samples import small_instance

# one edge (node 0), the cloud (1), two devices; links device0->edge0, device1->edge0, edge0->cloud0
SYSTEM = small_instance(0).system


def with_row(name: str, row: int, value: Any) -> System:
    values = getattr(SYSTEM, name).copy()
    values[row] = value
    return replace(SYSTEM, **{name: values})


@pytest.mark.parametrize(
    ("name", "row", "value", "message"),
    [
        ("node_tier", 2, 4, "node device0: tier must be 0..3, got 4"),
        ("node_tier", 2, -1, "node device0: tier must be 0..3, got -1"),
        ("node_tier", 2, Tier.ROUTER, "node device0: kind must be in 0..2 (-1 for routers), got 0"),
        ("node_kind", 0, 3, "node edge0: kind must be in 0..2 (-1 for routers), got 3"),
        ("node_kind", 0, -1, "node edge0: kind must be in 0..2 (-1 for routers), got -1"),
        ("node_resource", 1, 4, "node cloud0: resource must be -1 or in 0..3, got 4"),
        ("node_resource", 1, -2, "node cloud0: resource must be -1 or in 0..3, got -2"),
        ("node_speed", 3, 0.0, "node device1: speed must be finite and > 0, got 0.0"),
        ("node_speed", 3, np.inf, "node device1: speed must be finite and > 0, got inf"),
        ("node_speed", 3, np.nan, "node device1: speed must be finite and > 0, got nan"),
        ("node_memory_bytes", 0, -1.0, "node edge0: memory_bytes must be >= 0, got -1.0"),
        ("node_memory_bytes", 0, np.nan, "node edge0: memory_bytes must be >= 0, got nan"),
        ("node_price_per_s", 0, -1e-9, "node edge0: price_per_s must be finite and >= 0, got -1e-09"),
        ("node_price_per_s", 0, np.inf, "node edge0: price_per_s must be finite and >= 0, got inf"),
        ("node_x", 0, np.inf, "node edge0: x must be finite or unknown, got inf"),
        ("node_y", 0, -np.inf, "node edge0: y must be finite or unknown, got -inf"),
        ("link_source", 0, 4, "links[0]: source must be a node in 0..3, got 4"),
        ("link_target", 0, -1, "links[0]: target must be a node in 0..3, got -1"),
        ("link_target", 0, 2, "link device0->device0: must join two different nodes, got 2"),
        ("link_resource", 2, 4, "link edge0->cloud0: resource must be -1 or in 0..3, got 4"),
        ("link_bytes_per_s", 2, 0.0, "link edge0->cloud0: rate must be finite and > 0 byte/s, got 0.0"),
        ("link_bytes_per_s", 2, -3.0, "link edge0->cloud0: rate must be finite and > 0 byte/s, got -3.0"),
        ("link_bytes_per_s", 2, np.nan, "link edge0->cloud0: rate must be finite and > 0 byte/s, got nan"),
        ("link_bytes_per_s", 2, np.inf, "link edge0->cloud0: rate must be finite and > 0 byte/s, got inf"),
        ("link_latency_s", 2, -0.1, "link edge0->cloud0: latency_s must be finite and >= 0 s, got -0.1"),
        (
            "link_joules_per_byte",
            2,
            np.nan,
            "link edge0->cloud0: joules_per_byte must be finite and >= 0 J/byte, got nan",
        ),
        (
            "link_price_per_byte",
            2,
            np.inf,
            "link edge0->cloud0: price_per_byte must be finite and >= 0 per byte, got inf",
        ),
        ("route_source", 0, 9, "routes[0]: source must be a node in 0..3, got 9"),
        ("route_target", 1, -1, "routes[1]: target must be a node in 0..3, got -1"),
        ("route_links", 3, 3, "routes[2]: links must be in 0..2, got 3"),
        ("route_links", 0, -1, "routes[0]: links must be in 0..2, got -1"),
        ("route_links", 0, 1, "routes[0]: links must lead from its source to its target without a break"),
        ("route_links", 3, 1, "routes[2]: links must lead from its source to its target without a break"),
        ("route_offsets", 0, 1, "system.route_offsets: must rise from 0 to 7 in 6 rows, got 6"),
        ("route_offsets", 5, 6, "system.route_offsets: must rise from 0 to 7 in 6 rows, got 6"),
        ("route_offsets", 2, 9, "system.route_offsets: must rise from 0 to 7 in 6 rows, got 6"),
    ],
)
def test_a_bad_row_is_named(name: str, row: int, value: Any, message: str) -> None:
    with pytest.raises(InputError) as refused:
        with_row(name, row, value)
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("name", "row", "value"),
    [
        ("node_memory_bytes", 0, 0.0),
        ("node_memory_bytes", 0, np.inf),
        ("node_price_per_s", 0, 0.0),
        ("node_speed", 0, 5e-324),
        ("node_x", 0, np.nan),
        ("node_resource", 0, -1),
        ("link_latency_s", 0, 0.0),
        ("link_bytes_per_s", 0, 1e300),
    ],
)
def test_values_on_the_boundary_are_taken(name: str, row: int, value: float) -> None:
    with_row(name, row, value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"node_speed": [1.0]}, "system.node_speed: must have as many rows as node_tier (4), got 1"),
        ({"link_latency_s": []}, "system.link_latency_s: must have as many rows as link_source (3), got 0"),
        ({"route_target": [0]}, "system.route_target: must have as many rows as route_source (5), got 1"),
        ({"node_speed": [[1.0]]}, "system.node_speed: must have one axis, got (1, 1)"),
        ({"node_names": tuple("abcde")}, "system.node_names: must not be longer than the nodes (4), got 5"),
        ({"node_names": ("a", "b", "a")}, "system: node names must be unique, got 'a'"),
        ({"node_names": ("a", "")}, 'nodes[1]: name must not be empty or "device" and a number'),
        ({"node_names": ("device7",)}, 'nodes[0]: name must not be empty or "device" and a number'),
        ({"kinds": SYSTEM.kinds + SYSTEM.kinds[:1]}, "system: node kind names must be unique, got 'board'"),
        ({"resources": SYSTEM.resources[:1] * 4}, "system: resource names must be unique, got 'edge0'"),
        ({"node_kind": [0.5] * 4}, "system.node_kind: must be a column of int16 ("),
        ({"node_tier": [300] * 4}, "system.node_tier: must be a column of int8 ("),
        ({"node_tier": ["device"] * 4}, "system.node_tier: must be a column of int8 ("),
    ],
)
def test_a_bad_column_is_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as refused:
        replace(SYSTEM, **changes)
    assert str(refused.value).startswith(message)


def test_a_route_needs_links_unless_it_stays() -> None:
    offsets, source = np.array([0, 0, 1, 3, 5, 6]), SYSTEM.route_source
    with pytest.raises(InputError, match=r"^routes\[0\]: must have a link, got 0$"):
        replace(SYSTEM, route_offsets=offsets, route_links=SYSTEM.route_links[1:])
    target = SYSTEM.route_target.copy()
    target[0] = source[0]
    replace(SYSTEM, route_offsets=offsets, route_links=SYSTEM.route_links[1:], route_target=target)


def test_a_route_passes_no_link_twice() -> None:
    ring = {
        "link_source": [2, 0, 2],
        "link_target": [0, 2, 0],
        "route_source": [2],
        "route_target": [0],
        "route_offsets": [0, 3],
    }
    replace(SYSTEM, **ring, route_links=[0, 1, 2])
    with pytest.raises(InputError, match=r"^routes\[0\]: must not pass a link twice, got 'device0->edge0'$"):
        replace(SYSTEM, **ring, route_links=[0, 1, 0])


def test_a_router_is_of_no_kind_and_not_shared() -> None:
    router = {"node_tier": [3, 2, 0, 0], "node_kind": [-1, 2, 0, 0]}
    with pytest.raises(InputError, match=r"^node edge0: a router must have resource -1, got 0$"):
        replace(SYSTEM, **router)
    replace(SYSTEM, **router, node_resource=[-1, 1, -1, -1])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": ""}, "node kind: name must not be empty, got ''"),
        ({"operations_per_s": 0.0}, "node kind k: operations_per_s must be finite and > 0, got 0.0"),
        ({"operations_per_s": np.inf}, "node kind k: operations_per_s must be finite and > 0, got inf"),
        ({"operations_per_s": np.nan}, "node kind k: operations_per_s must be finite and > 0, got nan"),
        ({"bytes_per_s": -1.0}, "node kind k: bytes_per_s must be finite and > 0, got -1.0"),
        ({"peak_operations_per_s": 0.0}, "node kind k: peak_operations_per_s must be finite and > 0, got 0.0"),
        ({"memory_bytes": 0.0}, "node kind k: memory_bytes must be > 0, got 0.0"),
        ({"memory_bytes": np.nan}, "node kind k: memory_bytes must be > 0, got nan"),
        ({"idle_watts": -1.0}, "node kind k: idle_watts must be finite and >= 0, got -1.0"),
        ({"busy_watts": np.inf}, "node kind k: busy_watts must be finite and >= 0, got inf"),
        ({"transmit_watts": np.nan}, "node kind k: transmit_watts must be finite and >= 0, got nan"),
    ],
)
def test_bad_node_kinds_are_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as refused:
        NodeKind(**{"name": "k", "operations_per_s": 1e9, **fields})
    assert str(refused.value) == message


def test_bad_resources_are_refused() -> None:
    with pytest.raises(InputError, match=r"^resource: name must not be empty, got ''$"):
        Resource(name="", kind="node")
    with pytest.raises(InputError, match=r"^resource r: kind must be one of node, cell, .*, got 'air'$"):
        Resource(name="r", kind="air")


def test_nodes_without_a_name_are_numbered_devices() -> None:
    assert [SYSTEM.node_name(n) for n in range(4)] == ["edge0", "cloud0", "device0", "device1"]
    assert SYSTEM.link_name(0) == "device0->edge0"
    assert SYSTEM.links_of(2).tolist() == [0, 2]
    assert SYSTEM.nodes_of(Tier.DEVICE).tolist() == [2, 3]
