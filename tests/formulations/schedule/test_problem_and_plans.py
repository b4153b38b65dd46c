"""Options, plans and plan files of the family `schedule`."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from formulations.schedule.case import case_of
from formulations.schedule.decoder import decode
from formulations.schedule.evaluator import evaluate_population
from formulations.schedule.plan import SchedulePlan
from formulations.schedule.plan_document import plan_document, plan_of
from formulations.schedule.problem import ScheduleOptions
from formulations.schedule.referee import evaluate
from instances.errors import InputError
from tests.formulations.schedule.by_hand import BOX, FARM, PHONE, plan, problem, split
from tests.formulations.schedule.random_problems import random_problem
from tests.formulations.schedule.test_evaluator import draw


@pytest.mark.parametrize("seed", range(10))
def test_plans_survive_their_file(seed: int) -> None:
    of = random_problem(seed, nodes="reachable")
    case = case_of(of)
    place, rank = draw(case, np.random.default_rng(seed), 20)
    row = int(np.argmin(evaluate_population(case, place, rank)[0]))  # one whose tensors find their ways
    given = case.plan(place[row], *decode(case, place[row], rank[row]))
    back = plan_of(of, plan_document(of, given))
    assert np.array_equal(back.node, given.node)
    assert np.array_equal(back.start_s, given.start_s)
    assert evaluate(of, back).value == evaluate(of, given).value


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("tasks",), [], "plan, tasks: must be 1"),
        (("tasks", 0, "layers", "a", "node"), "moon", "layer a: must name a node"),
        (("tasks", 0, "layers", "z"), {"node": "box", "start_s": 0.0}, "layers: must name a layer"),
        (("tasks", 0, "layers", "input"), {"node": "phone", "start_s": 0.0}, "must not have the input"),
        (("tasks", 0, "transfers", 0, "to"), "moon", "transfer of a: must name a node"),
        (("tasks", 0, "transfers", 0, "layer"), "z", "transfers: must name a layer"),
        (("tasks", 0, "layers", "a", "start_s"), "soon", "Expected `float`"),
        (("more",), 1, "unknown field"),
    ],
)
def test_files_that_are_no_plan_are_refused_in_one_line(path: tuple[Any, ...], value: Any, message: str) -> None:
    document = copy.deepcopy(dict(plan_document(problem(), split())))
    at: Any = document
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    with pytest.raises(InputError) as caught:
        plan_of(problem(), document)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_without_a_layer_is_refused() -> None:
    document = copy.deepcopy(dict(plan_document(problem(), split())))
    del document["tasks"][0]["layers"]["b"]
    with pytest.raises(InputError, match="missing, got 'b'"):
        plan_of(problem(), document)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"links": "fast"}, "must be one of free, serial"),
        ({"makespan_weight": -1.0}, "must be finite and >= 0"),
        ({"makespan_weight": 0.0}, "must be > 0"),
        ({"energy_limit_j": float("nan")}, "must be finite and >= 0, or none"),
        ({"memory": 1}, "must be true or false"),
    ],
)
def test_options_are_checked(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        ScheduleOptions(**options)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"start_s": np.array([0.0, np.nan, 0.0, 0.0])}, "must be finite"),
        ({"start_s": np.zeros(3)}, "must have as many rows as node"),
        ({"node": np.zeros((2, 2), dtype=np.int64)}, "must have one axis"),
        ({"node": np.array([0.5, 0, 0, 0])}, "must be a list of numbers"),
        ({"transfer_start_s": np.zeros(2)}, "must have as many rows as transfer_operation"),
    ],
)
def test_plans_are_checked(columns: dict[str, Any], message: str) -> None:
    good = split()
    whole = {
        name: getattr(good, name)
        for name in ("node", "start_s", "transfer_operation", "transfer_node", "transfer_start_s")
    }
    with pytest.raises(InputError, match=message):
        SchedulePlan(**{**whole, **columns})


def test_layers_pinned_to_what_is_no_node_are_refused() -> None:
    with pytest.raises(InputError, match="on:NODE must name a node that computes"):
        problem(kinds=("on:moon", "", ""))


def test_case_of_the_problem_by_hand() -> None:
    case = case_of(problem(tasks=2, links="serial", memory=False))
    assert case.nodes.tolist() == [PHONE, BOX, FARM]
    assert case.seconds[:, 1].tolist() == [4.0, 2.0, 1.0]
    assert case.seconds[:, 0].tolist() == [0.0, np.inf, np.inf]
    assert case.cores.tolist() == [1, 2, 1]
    assert case.transfer_seconds(0, PHONE, FARM) == pytest.approx(0.5 + 4 + 8)
    # two links one way are two channels, and one of them is the first hop's
    assert len(case.channels_of(PHONE, FARM)) == 2
    assert set(case.channels_of(PHONE, BOX)) < set(case.channels_of(PHONE, FARM))
    assert not set(case.channels_of(PHONE, BOX)) & set(case.channels_of(BOX, PHONE))
    place = np.array([PHONE, PHONE, BOX, BOX, PHONE, FARM, BOX, BOX])
    assert case.transfers(place).tolist() == [[1, BOX], [4, FARM], [5, BOX]]


def test_a_plan_of_the_wrong_length_has_no_file() -> None:
    with pytest.raises(InputError, match="must place 8 operations"):
        plan_document(problem(tasks=2), split())
    with pytest.raises(InputError, match="node must be an index"):
        plan_document(problem(), plan((0, 9, 1, 1), (0.0, 0.0, 0.0, 0.0)))
