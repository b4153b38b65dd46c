"""The registry of families, with `joint` in it; the score that all referees give."""

from __future__ import annotations

import math

import numpy as np
import pytest

from formulations import registry
from formulations.joint.problem import JointOptions, JointProblem
from formulations.score import Score, relative_gap
from instances.errors import InputError
from tests.formulations.joint.by_hand import Node, instance, plan


def test_the_family_joint_goes_from_instance_to_score_and_back_from_a_file() -> None:
    family = registry.family("joint")
    given = family.problem(instance([Node(name="d")]), family.Options(latency_weight=0.5))
    assert isinstance(given, JointProblem)
    assert family.Options is JointOptions
    document = family.plan_document(given, plan((-1, -1, 3, 3)))
    assert family.evaluate(given, family.plan_of(given, document)).value == 28.0


def test_an_unknown_family_is_refused_with_the_nearest_names() -> None:
    with pytest.raises(InputError, match=r"^problem family: must be one of joint, got 'join'$"):
        registry.family("join")
    with pytest.raises(InputError, match=r"^problem family: must be one of .*joint.*, got ''$"):
        registry.family("")


def test_families_and_formulations_are_listed_by_name() -> None:
    assert "joint" in registry.family_names()
    assert list(registry.family_names()) == sorted(registry.family_names())
    models = registry.formulations_of("joint")
    assert [m.name for m in models] == sorted(m.name for m in models)
    assert {m.language for m in models} == {"pyomo", "pulp", "cp-sat"}
    assert set(models) <= set(registry.formulations_of())
    assert registry.formulations_of("no such family") == ()


@pytest.mark.parametrize(
    ("value", "bound", "gap"),
    [
        (10.0, 9.0, 0.1),
        (-10.0, -11.0, 0.1),
        (10.0, 10.0, 0.0),
        (0.0, 0.0, 0.0),
        (0.0, -1.0, math.inf),
        (0.0, 1.0, -math.inf),
        (None, 1.0, None),
        (1.0, None, None),
        (10.0, 11.0, -0.1),
    ],
)
def test_the_gap_is_that_of_value_and_bound_over_the_value(
    value: float | None, bound: float | None, gap: float | None
) -> None:
    assert relative_gap(value, bound) == (gap if gap is None else pytest.approx(gap))


def test_a_score_is_feasible_with_a_value_and_without_violations() -> None:
    nothing = np.empty(0)
    for value, lines, feasible in ((1.0, (), True), (0.0, (), True), (1.0, ("no",), False), (None, (), False)):
        score = Score(value=value, violations=lines, latency_s=nothing, energy_j=nothing, price=nothing)
        assert score.feasible is feasible
