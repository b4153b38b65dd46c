"""Options of a joint problem validate themselves; versions of a network are numbered as plans number them."""

from __future__ import annotations

import math
from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest

from formulations.joint.problem import JointOptions, JointProblem, versions_of
from instances.errors import InputError
from tests.formulations.joint.by_hand import CHAIN, Node, instance, problem


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"sharing": "fair"}, "problem option sharing: must be one of optimal, equal, got 'fair'"),
        ({"sharing": None}, "problem option sharing: must be one of optimal, equal, got None"),
        ({"energy_scope": "cloud"}, "problem option energy_scope: must be one of system, device, got 'cloud'"),
        ({"latency_weight": -1.0}, "problem option latency_weight: must be finite and >= 0, got -1.0"),
        ({"latency_weight": math.nan}, "problem option latency_weight: must be finite and >= 0, got nan"),
        ({"energy_weight": math.inf}, "problem option energy_weight: must be finite and >= 0, got inf"),
        ({"price_weight": "1"}, "problem option price_weight: must be finite and >= 0, got '1'"),
        ({"price_weight": True}, "problem option price_weight: must be finite and >= 0, got True"),
        ({"memory": 1}, "problem option memory: must be true or false, got 1"),
        ({"latency_weight": 0}, "problem: one of latency_weight, energy_weight, price_weight must be > 0, got 0.0"),
    ],
)
def test_bad_options_are_refused_in_one_line(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as refused:
        JointOptions(**fields)
    assert str(refused.value) == message


@pytest.mark.parametrize(
    "fields", [{"latency_weight": 5e-324}, {"latency_weight": 0.0, "price_weight": 1e300}, {"energy_weight": 3}]
)
def test_any_finite_weight_will_do(fields: dict[str, Any]) -> None:
    JointOptions(**fields)


def test_options_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        JointOptions().sharing = "equal"  # type: ignore[misc]


def test_a_problem_says_what_was_asked() -> None:
    given = problem(instance([Node(name="d")]), sharing="equal", energy_weight=0.5)
    assert given.as_dict() == {
        "family": "joint",
        "sharing": "equal",
        "latency_weight": 1.0,
        "energy_weight": 0.5,
        "price_weight": 0.0,
        "energy_scope": "system",
        "memory": True,
    }
    assert JointProblem(instance=given.instance).options == JointOptions()


def test_versions_are_full_then_exits_then_variants() -> None:
    full, early, half = versions_of(CHAIN)
    assert (full.name, full.last, full.accuracy, full.exit) == ("full", 3, 0.9, -1)
    assert (early.name, early.last, early.accuracy, early.exit) == ("early", 2, 0.6, 0)
    assert (half.name, half.last, half.accuracy, half.exit) == ("half", 3, 0.8, -1)
    assert (half.compute_factor, half.parameter_factor, half.output_factor) == (0.5, 0.25, 0.1)
    assert (early.compute_factor, early.parameter_factor, early.output_factor) == (1.0, 1.0, 1.0)


def test_unknown_accuracy_is_nan() -> None:
    assert math.isnan(versions_of(replace(CHAIN, accuracy=None))[0].accuracy)
    assert versions_of(replace(CHAIN, accuracy=0.0))[0].accuracy == 0.0
