"""Options and levels of cut problems, and their plans as documents."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from formulations.cut.plan_document import plan_document, plan_of
from formulations.cut.problem import CutOptions, CutProblem
from formulations.cut.referee import evaluate
from formulations.registry import family
from instances.errors import InputError
from instances.generators.registry import generate
from tests.formulations.cut.by_hand import plan, problem


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"payment": "twice"}, "problem option payment: must be one of per_link, per_destination, got 'twice'"),
        ({"latency_weight": -1.0}, "problem option latency_weight: must be finite and >= 0, got -1.0"),
        (
            {"latency_limit_s": float("nan")},
            "problem option latency_limit_s: must be finite and >= 0, or none, got nan",
        ),
        ({"inferences": 0}, "problem option inferences: must be a whole number >= 1, got 0"),
        ({"accuracy_floor": 2.0}, "problem option accuracy_floor: must be in 0..1, got 2.0"),
        ({"excursions": 1}, "problem option excursions: must be true or false, got 1"),
    ],
)
def test_wrong_options_are_refused_in_one_line(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as refused:
        CutOptions(**options)
    assert str(refused.value) == message


def test_an_objective_is_needed() -> None:
    with pytest.raises(InputError, match="must be > 0"):
        CutOptions(latency_weight=0.0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"task": 1}, r"problem option task: must be in 0\.\.0, got 1"),
        ({"levels": "box/box"}, "problem option levels: must name a node once"),
        ({"levels": "phone"}, "must name a node once, and not the task's device"),
        ({"levels": "nowhere"}, "problem option levels: must name nodes that compute, got 'nowhere'"),
    ],
)
def test_levels_and_tasks_that_are_not_there_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        problem(**options)


def test_levels_are_the_tiers_or_what_is_named() -> None:
    assert problem().levels == ((0,), (1,), (2,))
    assert problem(levels="farm").levels == ((0,), (2,))
    assert problem(levels="box,farm").levels == ((0,), (1, 2))


def test_any_instance_is_a_cut_problem_of_one_of_its_tasks() -> None:
    instance = generate("line", {"tasks": "3", "edges": "2"}, 1)
    given = CutProblem(instance=instance, options=CutOptions(task=2))
    assert given.source == instance.workload.task_source[2]
    assert [len(level) for level in given.levels] == [1, 2, 1]


def test_a_plan_goes_to_a_document_and_back() -> None:
    given = problem(versions="any")
    for chosen in (plan((0, 0, 1, 2)), plan((0, 0, 1, -1), version=1)):
        read = plan_of(given, plan_document(given, chosen))
        assert read.version == chosen.version
        assert read.node.tolist() == chosen.node.tolist()
        assert read.helpers.tolist() == chosen.helpers.tolist()


def test_helpers_are_those_that_the_layers_name() -> None:
    given = problem(levels="box,farm")
    document = {"layers": {"a": "phone", "b": "farm", "c": "farm", "d": "farm"}}
    assert plan_of(given, document).helpers.tolist() == [0, 2]
    assert family("cut").evaluate(given, plan_of(given, document)).value is None  # no way from phone to farm
    assert evaluate(problem(far=True, levels="box,farm"), plan_of(given, document)).feasible


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({}, "plan: Object missing required field `layers`"),
        ({"layers": {"z": "phone"}}, "plan, layers: must name a layer of four, got 'z'"),
        ({"layers": {"a": "moon"}}, "plan, layer a: must name a node of the problem's levels, got 'moon'"),
        ({"layers": {}, "version": "tiny"}, "plan, version: must name a version of four, got 'tiny'"),
        ({"layers": {}, "start": 1}, "plan: Object contains unknown field `start`"),
    ],
)
def test_a_document_that_does_not_fit_is_refused(document: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as refused:
        plan_of(problem(), document)
    assert str(refused.value) == message


def test_an_index_that_names_nothing_cannot_be_written() -> None:
    with pytest.raises(InputError, match="plan: node must be an index"):
        plan_document(problem(), plan((0, 0, 9, 9)))
    assert np.array_equal(plan((0, 0, 0, 0)).node, np.zeros(4))
