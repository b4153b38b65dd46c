"""Many tasks are made of instances of one, on one system."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from instances.errors import InputError
from instances.instance import Instance
from instances.many_inferences import many_inferences
from instances.networks.catalogue import load_network
from instances.one_inference import Machine, Wire, one_inference


def part(name: str, rate: float = 1e6, cores: int = 2) -> Instance:
    network = load_network(name)
    machines = [
        Machine(name="phone", seconds=network.operations / 1e9),
        Machine(name="server", seconds=network.operations / 1e12, cores=cores),
    ]
    return one_inference(network, machines, [Wire(source="phone", target="server", bytes_per_s=rate)])


def test_every_task_is_that_of_its_part() -> None:
    parts = [part("alexnet"), part("resnet18")]
    found = many_inferences(parts, [1, 0, 1], release_s=np.array([0.0, 2.0, 5.0]))
    load = found.workload
    assert load.task_network.tolist() == [1, 0, 1]
    assert load.task_release_s.tolist() == [0.0, 2.0, 5.0]
    assert [load.candidate_site[row] for task in range(3) for row in load.candidates_of(task)] == [1, 1, 1]
    assert [network.name for network in found.networks] == ["alexnet", "resnet18"]
    assert (found.costs[1].layer_seconds == parts[1].costs[0].layer_seconds).all()
    assert [kind.cores for kind in found.system.kinds] == [1, 2]


def test_one_task_of_one_part_is_the_part() -> None:
    one = part("alexnet")
    assert many_inferences([one], [0]).sha256 == one.sha256


def test_parts_that_do_not_fit_are_refused() -> None:
    one, many = part("alexnet"), many_inferences([part("resnet18")], [0, 0])
    with pytest.raises(InputError, match="one task"):
        many_inferences([one, many], [0])
    with pytest.raises(InputError, match="system of the first"):
        many_inferences([one, part("resnet18", rate=2e6)], [0])
    with pytest.raises(InputError, match=r"0\.\.0"):
        many_inferences([one], [1])
    with pytest.raises(InputError, match="network names"):
        many_inferences([one, replace(one)], [0])
    with pytest.raises(InputError, match="at least one task"):
        many_inferences([one], [])
