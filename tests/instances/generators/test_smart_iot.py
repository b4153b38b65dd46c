"""The generator of SPSO-GA's study: its machines, networks that vary, deadlines by the fastest edge server."""

from __future__ import annotations

import numpy as np
import pytest

from formulations.registry import family
from instances.errors import InputError
from instances.generators.registry import generate
from instances.smart_iot.instance import smart_iot_instance
from solvers.contract import Budget
from solvers.registry import make
from solvers.trace import RefereedTrace


def test_one_network_is_the_instance_of_the_study() -> None:
    made = generate("smart-iot", {"tasks": "2", "networks": "alexnet", "edges": "2"}, 5)
    plain = smart_iot_instance(["alexnet", "alexnet"], edges=2)
    assert made.name == "smart-iot-2"
    assert [one.layers for one in made.networks] == [one.layers for one in plain.networks]
    assert np.array_equal(made.costs[0].layer_seconds, plain.costs[0].layer_seconds)
    assert made.system.node_names == plain.system.node_names


def test_deadlines_are_multiples_of_the_time_on_the_fastest_edge_server() -> None:
    made = generate("smart-iot", {"tasks": "20", "deadline_factor": "2"}, 1)
    load, fastest = made.workload, 1.5
    assert len(set(load.task_network.tolist())) == 4
    for task in range(20):
        seconds = made.costs[load.task_network[task]].layer_seconds[0].sum() * 0.5  # a device runs at half the speed
        assert load.task_deadline_s[task] == pytest.approx(2 * seconds / fastest)


def test_the_family_schedule_solves_it() -> None:
    schedule = family("schedule")
    made = generate("smart-iot", {"tasks": "1", "networks": "alexnet"}, 1)
    problem = schedule.problem(made, schedule.Options(makespan_weight=1.0))
    trace = RefereedTrace(lambda plan: schedule.evaluate(problem, plan))
    outcome = make("heft").solve(problem, Budget(), np.random.default_rng(0), trace)
    assert outcome.plan is not None
    assert schedule.evaluate(problem, outcome.plan).feasible


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"edges": "3"}, "must be one of 2, 4, 6, 8, 10"),
        ({"networks": "lenet"}, "must be one of alexnet, vgg19, googlenet, resnet101"),
        ({"deadline_factor": "0"}, "must be > 0"),
        ({"near_megabytes_per_s": "-1"}, "must be finite and > 0"),
        ({"tasks": "0"}, "tasks"),
    ],
)
def test_what_cannot_be_is_refused(settings: dict[str, str], says: str) -> None:
    with pytest.raises(InputError, match=says):
        generate("smart-iot", settings, 1)
