"""Plan files: what is written is read back, nonsense is refused in one line, false placements are the referee's."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import pytest

from formulations.joint.options import option_table
from formulations.joint.plan import JointPlan
from formulations.joint.plan_document import plan_document, plan_of
from formulations.joint.problem import JointProblem
from formulations.joint.referee import evaluate
from instances.errors import InputError
from tests.formulations.joint.by_hand import CHAIN, Link, Node, Task, instance, plan, problem
from tests.formulations.joint.random_problems import random_choices, random_problem

NODES = [Node(name="d"), Node(name="e", resource="edge"), Node(name="c")]
LINKS = [Link(source="d", target="e", rate=30.0), Link(source="e", target="c", rate=10.0)]


def two_tasks() -> JointProblem:
    return problem(instance(NODES, LINKS, (Task(candidates=("d-e",)),) * 2, ("e-c",), (CHAIN,)))


def same(one: JointPlan, other: JointPlan) -> bool:
    names = ("version", "candidate", "cloud", "device_until", "edge_until")
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in names)


def test_a_document_names_layers_versions_and_clouds() -> None:
    shares = [(0, 0, 0.25), (1, 0, 0.75)]
    document = plan_document(two_tasks(), plan((0, 2, 1, 2), (0, -1, 1, 2), version=(2, 1), shares=shares))
    assert document == {
        "tasks": [
            {
                "device_until": "a",
                "edge_until": "b",
                "version": "half",
                "candidate": 0,
                "cloud": "c",
                "shares": [{"resource": "edge", "share": 0.25}],
            },
            {
                "device_until": "a",
                "edge_until": "b",
                "version": "early",
                "candidate": 0,
                "shares": [{"resource": "edge", "share": 0.75}],
            },
        ]
    }


def test_defaults_are_left_out() -> None:
    document = plan_document(two_tasks(), plan((-1, -1, 3, 3), (-1, -1, 3, 3)))
    assert document == {"tasks": [{"device_until": "c", "edge_until": "c"}] * 2}


@pytest.mark.parametrize("seed", range(20))
def test_random_plans_come_back_from_a_file_unchanged(seed: int) -> None:
    given = random_problem(seed, sharing="equal")
    table = option_table(given, prune=False)
    if table.task_without_option() is not None:
        return
    for choice in random_choices(table, 3, np.random.default_rng(seed)):
        wanted = table.plan(choice)
        text = msgspec.json.encode(plan_document(given, wanted))
        got = plan_of(given, msgspec.json.decode(text))
        assert same(got, wanted)
        assert got.shares is None
        assert evaluate(given, got).value == evaluate(given, wanted).value


def test_shares_come_back_to_the_last_bit() -> None:
    shares = [(0, 0, 1 / 3), (1, 0, 2 / 3)]
    given, wanted = two_tasks(), plan((0, 2, 1, 2), (0, -1, 1, 3), shares=shares)
    got = plan_of(given, msgspec.json.decode(msgspec.json.encode(plan_document(given, wanted))))
    assert got.shares is not None and wanted.shares is not None
    for name in ("task", "resource", "share"):
        assert getattr(got.shares, name).tolist() == getattr(wanted.shares, name).tolist()


def test_no_shares_and_no_rows_of_shares_are_two_things() -> None:
    given = two_tasks()
    local = plan((-1, -1, 3, 3), (-1, -1, 3, 3), shares=[])
    got = plan_of(given, plan_document(given, local))
    assert got.shares is not None
    assert len(got.shares.task) == 0


GOOD: dict[str, Any] = {
    "tasks": [
        {"device_until": "a", "edge_until": "b", "candidate": 0, "cloud": "c"},
        {"device_until": "c", "edge_until": "c"},
    ]
}


def edited(change: Callable[[dict[str, Any]], Any]) -> Any:
    document = copy.deepcopy(GOOD)
    change(document)
    return document


def with_first(**fields: Any) -> Any:
    return edited(lambda d: d["tasks"][0].update(fields))


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (None, "plan: Expected `object`"),
        ([], "plan: Expected `object`"),
        ("tasks", "plan: Expected `object`"),
        ({}, "missing required field `tasks`"),
        ({"tasks": None}, "Expected `array`"),
        ({"tasks": [1, 2]}, "Expected `object`"),
        ({"tasks": []}, "plan: must place 2 tasks, got 0"),
        ({"tasks": [{}, {}]}, "missing required field `device_until`"),
        ({**GOOD, "more": 1}, "unknown field `more`"),
        (edited(lambda d: d["tasks"].pop()), "plan: must place 2 tasks, got 1"),
        (edited(lambda d: d["tasks"].append(d["tasks"][0])), "plan: must place 2 tasks, got 3"),
        (with_first(sites=1), "unknown field `sites`"),
        (with_first(device_until=1), "Expected `str`"),
        (with_first(device_until="z"), "plan, task 0: must name a layer of net, got 'z'"),
        (with_first(edge_until=""), "plan, task 0: must name a layer of net, got ''"),
        (with_first(version="thin"), "plan, task 0: must name a version of net, got 'thin'"),
        (with_first(version=None), "Expected `str`"),
        (with_first(cloud="e"), "plan, task 0: must name a cloud node, got 'e'"),
        (with_first(cloud="nowhere"), "plan, task 0: must name a cloud node, got 'nowhere'"),
        (with_first(candidate=-1), "plan, task 0: candidate must be >= 0, got -1"),
        (with_first(candidate=2**70), "candidate"),
        (with_first(candidate=0.5), "Expected `int"),
        (with_first(candidate="0"), "Expected `int"),
        (with_first(shares=[]), "plan: must give shares for all tasks or for none, got 1"),
        (with_first(shares={}), "Expected `array"),
        (with_first(shares=[{"resource": "edge"}]), "missing required field `share`"),
        (with_first(shares=[{"resource": "edge", "share": "1"}]), "Expected `float`"),
        (
            edited(
                lambda d: [t.update(shares=[{"resource": "moon", "share": 1.0}]) for t in d["tasks"]],
            ),
            "plan, task 0: must name a shared resource, got 'moon'",
        ),
    ],
)
def test_documents_of_nonsense_are_refused_in_one_line(document: Any, message: str) -> None:
    with pytest.raises(InputError) as refused:
        plan_of(two_tasks(), document)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("fields", "violation"),
    [
        ({"candidate": 7}, "task 0: no such candidate"),
        ({"edge_until": "c"}, "task 0: needs a cloud exactly where layers are left for it"),
        ({"cloud": None}, "task 0: needs a cloud exactly where layers are left for it"),
        ({"candidate": None}, "task 0: without a candidate all must run on the device"),
        ({"version": "early"}, "task 0: needs a cloud exactly where layers are left for it"),
        ({"device_until": "c"}, "task 0: needs 0 <= device_until <= edge_until <= last layer of the version"),
    ],
)
def test_false_placements_are_read_and_listed_by_the_referee(fields: dict[str, Any], violation: str) -> None:
    given = two_tasks()
    assert evaluate(given, plan_of(given, GOOD)).feasible
    score = evaluate(given, plan_of(given, with_first(**fields)))
    assert score.value is None
    assert violation in score.violations


def test_a_share_that_is_no_number_reaches_the_referee() -> None:
    document = edited(lambda d: [t.update(shares=[{"resource": "edge", "share": float("nan")}]) for t in d["tasks"]])
    lines = evaluate(two_tasks(), plan_of(two_tasks(), document)).violations
    assert "shares: must be finite and >= 0" in lines


@pytest.mark.parametrize(
    ("row", "version", "shares", "message"),
    [
        ((-1, -1, 3, 3), -1, None, "plan, task 1: version must be an index, got -1"),
        ((-1, -1, 3, 3), 3, None, "plan, task 1: version must be an index, got 3"),
        ((-2, -1, 3, 3), 0, None, "plan, task 1: candidate must be an index, got -2"),
        ((0, -2, 1, 3), 0, None, "plan, task 1: cloud must be an index, got -2"),
        ((0, 3, 1, 2), 0, None, "plan, task 1: cloud must be an index, got 3"),
        ((0, -1, -1, 3), 0, None, "plan, task 1: device_until must be an index, got -1"),
        ((0, -1, 1, 4), 0, None, "plan, task 1: edge_until must be an index, got 4"),
        ((-1, -1, 3, 3), 0, [(0, 1, 0.5)], "plan.shares[0]: resource must be an index, got 1"),
        ((-1, -1, 3, 3), 0, [(-1, 0, 0.5)], "plan.shares[0]: task must be an index, got -1"),
    ],
)
def test_a_plan_that_no_names_can_tell_is_not_written_as_another(
    row: tuple[int, ...], version: int, shares: Any, message: str
) -> None:
    bad = plan((-1, -1, 3, 3), row, version=(0, version), shares=shares)
    assert evaluate(two_tasks(), bad).violations != ()
    with pytest.raises(InputError) as refused:
        plan_document(two_tasks(), bad)
    assert str(refused.value) == message
