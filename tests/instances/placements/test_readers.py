"""Readers of dnn-partitioning and PipeDream files: what they make of a file, and what they say of nonsense."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from instances.errors import InputError
from instances.instance import Instance
from instances.placements.dnn_partitioning import read_dnn_partitioning
from instances.placements.pipedream import read_pipedream

NODE = {"supportedOnFpga": 1, "cpuLatency": 40.0, "fpgaLatency": 4.0, "isBackwardNode": 0, "size": 100.0}
FILE: dict[str, Any] = {
    "maxSizePerFPGA": 250.0,
    "maxFPGAs": 2,
    "maxCPUs": 2,
    "nodes": [
        {**NODE, "id": 7, "name": "late", "supportedOnFpga": False},
        {**NODE, "id": 3, "name": "early", "colorClass": 5},
        {**NODE, "id": 4, "name": "early", "colorClass": 5, "layerId": 1},
    ],
    "edges": [
        {"sourceId": 3, "destId": 7, "cost": 2.0, "size": 1000.0},
        {"sourceId": 3, "destId": 4, "cost": 2.0, "size": 1000.0},
    ],
}
PROFILE = """node1 -- Input0 -- forward_compute_time=9.0, backward_compute_time=9.0, activation_size=5.0, parameter_size=0.0
node2 -- Conv(3, 4) -- forward_compute_time=1.0, backward_compute_time=2.0, activation_size=[5.0; 2.0], parameter_size=8.0
node3 -- ReLU -- forward_compute_time=0.5, backward_compute_time=0.5, activation_size=5.0, parameter_size=0.0
\tnode2 -- node3
\tnode1 -- node2
"""


def read(folder: Path, content: Any) -> Instance:
    path = folder / "work.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return read_dnn_partitioning(path)


def test_a_workload_becomes_an_instance_in_seconds_and_bytes(tmp_path: Path) -> None:
    instance = read(tmp_path, FILE)
    (network,), (costs,), system = instance.networks, instance.costs, instance.system
    layers = {layer.name: i for i, layer in enumerate(network.layers)}
    assert set(layers) == {"(input)", "(output)", "early", "early#4", "late"}
    assert network.layers[layers["late"]].kind.split() == ["operator", "host"]
    assert network.layers[layers["early"]].kind.split() == ["operator", "class:5"]
    assert network.layers[layers["early"]].output_bytes == 1000.0
    assert network.layers[layers["late"]].output_bytes == 0.0
    assert (layers["early"], layers["late"]) in network.edges
    boards = [i for i in range(system.n_nodes) if system.node_name(i).startswith("accelerator")]
    assert len(boards) == 2 and (system.node_memory_bytes[boards] == 250.0).all()
    assert costs.layer_seconds[system.node_kind[boards[0]], layers["late"]] == 0.004
    assert costs.layer_seconds[system.node_kind[instance.workload.task_source[0]], layers["late"]] == 0.04
    assert system.link_bytes_per_s.tolist() == [5e5] * 3  # two accelerators and the second CPU


def test_the_order_of_the_file_does_not_matter_for_the_graph(tmp_path: Path) -> None:
    turned = {**FILE, "edges": FILE["edges"][::-1]}
    one, two = read(tmp_path, FILE).networks[0], read(tmp_path, turned).networks[0]
    names = [{(n.layers[a].name, n.layers[b].name) for a, b in n.edges} for n in (one, two)]
    assert names[0] == names[1]


def broken(path: str, value: Any) -> dict[str, Any]:
    """Return the file with the value at a path such as ``nodes.0.id`` replaced, or with it left out for None."""
    file = copy.deepcopy(FILE)
    *steps, last = path.split(".")
    place: Any = file
    for step in steps:
        place = place[int(step) if step.isdecimal() else step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return file


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "not a dnn-partitioning file"),
        ("[]", "not a dnn-partitioning file"),
        (broken("maxFPGAs", None), "maxFPGAs"),
        (broken("maxFPGAs", 1e9), "maxFPGAs"),
        (broken("maxCPUs", 0), "maxCPUs"),
        (broken("nodes.0.cpuLatency", -1.0), "cpuLatency"),
        (broken("nodes.0.fpgaLatency", "3"), "fpgaLatency"),
        (broken("nodes.0.supportedOnFpga", 2), "supportedOnFpga"),
        (broken("nodes.0.id", 3), "unique"),
        (broken("nodes.0.isBackwardNode", 1), "training"),
        (broken("edges.0.destId", 99), "must join two nodes of the file, got 99"),
        (broken("edges.0.destId", 3), "must have no cycle"),
        (broken("edges.0.destId", 4), "must come once"),
        (broken("edges.0.cost", 3.0), "must have one cost"),
        ({**FILE, "nodes": [], "edges": []}, "needs at least one node"),
    ],
)
def test_nonsense_is_one_line(tmp_path: Path, content: Any, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, content)
    assert said in str(caught.value) and "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_dnn_partitioning(tmp_path / "none.json")


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(data)
    for reader in (read_dnn_partitioning, lambda p: read_pipedream(p, machines=2, bytes_per_s=1.0)):
        with pytest.raises(InputError):
            reader(path)


def test_a_profile_counts_both_passes_and_no_input(tmp_path: Path) -> None:
    path = tmp_path / "small.graph.txt"
    path.write_text(PROFILE)
    instance = read_pipedream(path, machines=3, bytes_per_s=10.0)
    (network,), (costs,) = instance.networks, instance.costs
    assert [layer.name for layer in network.layers[1:-1]] == ["node1 Input0", "node2 Conv(3, 4)", "node3 ReLU"]
    assert costs.layer_seconds[0].tolist() == pytest.approx([0.0, 0.0, 0.003, 0.001, 0.0])
    assert network.output_bytes.tolist() == [0.0, 0.0, 14.0, 0.0, 0.0]
    assert network.parameter_bytes.tolist() == [0.0, 0.0, 8.0, 0.0, 0.0]
    assert len(np.unique(instance.workload.candidate_site)) == 3


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("node3 -- ReLU", "node3 ReLU", "line 3"),
        ("=8.0", "=-8.0", "weights must be finite and >= 0"),
        ("=8.0", "=many", "weights must be finite"),
        ("node3 -- ReLU", "node2 -- ReLU", "a layer must come once"),
        ("\tnode1 -- node2", "\tnode3 -- node2", "no cycle"),
        ("\tnode1 -- node2", "\tnode9 -- node2", "must join two nodes"),
    ],
)
def test_nonsense_in_a_profile_is_one_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = tmp_path / "small.graph.txt"
    path.write_text(PROFILE.replace(old, new))
    with pytest.raises(InputError) as caught:
        read_pipedream(path, machines=2, bytes_per_s=1e9)
    assert said in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("given_", [{"machines": 0, "bytes_per_s": 1.0}, {"machines": 1, "bytes_per_s": 0.0}])
def test_machines_and_rate_of_a_profile_are_checked(tmp_path: Path, given_: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="must be"):
        read_pipedream(tmp_path / "small.graph.txt", **given_)
