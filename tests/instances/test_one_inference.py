"""An instance of one task from measured numbers."""

from __future__ import annotations

import numpy as np
import pytest

from instances.errors import InputError
from instances.files.instance_file import read_instance, write_instance
from instances.networks.catalogue import load_network
from instances.one_inference import Machine, Wire, one_inference
from instances.system import Tier

NET = load_network("alexnet")


def machine(name: str, rate: float, **figures: float) -> Machine:
    return Machine(name=name, seconds=NET.operations / rate, **figures)  # type: ignore[arg-type]


def test_times_tiers_and_candidates_are_as_given(tmp_path: object) -> None:
    machines = [machine("phone", 1e9, busy_watts=2.0), machine("box", 1e10), machine("farm", 1e12)]
    wires = [
        Wire(source="phone", target="box", bytes_per_s=1e6, shared="air"),
        Wire(source="box", target="phone", bytes_per_s=2e6, shared="air"),
        Wire(source="box", target="farm", bytes_per_s=1e7),
    ]
    made = one_inference(NET, machines, wires, accuracy_floor=0.5)
    assert made.system.node_tier.tolist() == [Tier.DEVICE, Tier.EDGE, Tier.CLOUD]
    assert np.array_equal(made.costs[0].layer_seconds[2], NET.operations / 1e12)
    assert np.array_equal(made.costs[0].layer_joules[0], 2 * NET.operations / 1e9)
    assert made.workload.candidate_site.tolist() == [1]
    assert made.system.link_resource.tolist() == [0, 0, -1]
    write_instance(made, f"{tmp_path}/one.json")
    assert read_instance(f"{tmp_path}/one.json").sha256 == made.sha256


def test_what_does_not_fit_is_refused() -> None:
    phone = machine("phone", 1e9)
    with pytest.raises(InputError, match="wire phone->moon: must join two of the machines, got 'moon'"):
        one_inference(NET, [phone], [Wire(source="phone", target="moon", bytes_per_s=1.0)])
    with pytest.raises(InputError, match=r"machine phone: seconds must have \d+ rows, got \(3,\)"):
        one_inference(NET, [Machine(name="phone", seconds=np.zeros(3))], [])
