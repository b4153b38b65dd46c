"""The referee of schedules, against figures that were added up by hand, and what it says of damaged plans."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from formulations.schedule.plan import SchedulePlan
from formulations.schedule.problem import ScheduleProblem
from formulations.schedule.referee import evaluate
from instances.errors import InputError
from tests.formulations.schedule.by_hand import BOX, FARM, PHONE, plan, problem, split, two_splits


def value(of: ScheduleProblem, what: SchedulePlan) -> float:
    score = evaluate(of, what)
    assert not score.violations, score.violations
    assert score.value is not None
    return score.value


def only(**weights: float) -> dict[str, float]:
    return {"makespan_weight": 0.0, **weights}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, 13.5),  # 4 + (0.5 + 4/2) + 3 + 4
        (only(response_weight=2.0), 27.0),
        (only(weighted_response_weight=1.0), 13.5),
        # phone on 0..6.5 at 1 W and switched on for 5, box 4..13.5 at 2 W; 4 s at 2 W, 7 s at 10 W; 4 x 0.1 + 2.5 x 3
        (only(energy_weight=1.0), 6.5 + 5 + 19 + 8 + 70 + 0.4 + 7.5),
        (only(price_weight=1.0), 3.5),
        ({"makespan_weight": 1.0, "price_weight": 2.0}, 20.5),
    ],
)
def test_objectives_of_one_task(options: dict[str, Any], expected: float) -> None:
    assert value(problem(**options), split()) == pytest.approx(expected, rel=1e-12)


def test_the_result_goes_home_on_the_wire_taken_backwards() -> None:
    home = plan((PHONE, PHONE, BOX, BOX), (0.0, 0.0, 6.5, 9.5), ((1, BOX, 4.0), (3, PHONE, 13.5)))
    assert value(problem(return_result=True), home) == pytest.approx(14.5)
    # the phone stays on until then
    more = value(problem(return_result=True, **only(energy_weight=1.0)), home)
    assert more == pytest.approx(116.4 + 8.0 + 2.0 + 0.1)


def test_a_tensor_goes_on_through_the_box_to_the_farm() -> None:
    # 8 bytes: 0.5 + 4 to the box, 8 on to the farm; the box takes no part
    farm = plan((PHONE, FARM, FARM, FARM), (0.0, 12.5, 13.5, 15.0), ((0, FARM, 0.0),))
    assert value(problem(), farm) == pytest.approx(17.0)
    assert value(problem(**only(price_weight=1.0)), farm) == pytest.approx(4.5 * 2 + 8 * 0.25)
    assert evaluate(problem(), farm).loads["used_nodes"] == 2


def test_tardiness_and_misses_count_from_the_release() -> None:
    two = problem(tasks=2, releases=(0.0, 2.0), due=(10.0, 20.0), **only(tardiness_weight=1.0))
    late = plan(
        (PHONE, BOX, BOX, BOX) * 2,
        (0.0, 4.5, 6.5, 9.5, 2.0, 18.5, 20.5, 23.5),
        ((0, BOX, 0.0), (4, BOX, 14.0)),
    )
    # task 0 takes 13.5 of 10, task 1 of weight 2 takes 25.5 of 20
    assert value(two, late) == pytest.approx(3.5 + 2 * 5.5)
    both = problem(tasks=2, releases=(0.0, 2.0), due=(10.0, 20.0), **only(missed_weight=1.0))
    assert value(both, late) == 2.0
    loose = problem(tasks=2, releases=(0.0, 2.0), due=(10.0, 25.5), **only(missed_weight=1.0))
    assert value(loose, late) == 1.0


def test_free_links_carry_two_tensors_and_serial_links_one() -> None:
    assert value(problem(tasks=2), two_splits()) == pytest.approx(14.0)
    clash = evaluate(problem(tasks=2, links="serial"), two_splits()).violations
    assert clash == ("link phone->box: 2 at a time at 0.5 s, at most 1",)
    assert value(problem(tasks=2, links="serial"), two_splits(second=4.5)) == pytest.approx(18.0)


def test_as_many_layers_at_a_time_as_there_are_cores() -> None:
    assert value(problem(tasks=2, box_cores=2), two_splits()) == pytest.approx(14.0)
    crowded = evaluate(problem(tasks=2, box_cores=1), two_splits()).violations
    assert crowded == ("node box: 2 at a time at 5 s, at most 1",)


def test_energy_of_all_tasks_adds_up_to_the_energy_of_all() -> None:
    of = problem(tasks=2, **only(energy_weight=1.0))
    score = evaluate(of, two_splits())
    assert score.value == pytest.approx(float(score.energy_j.sum()))


def damaged(**changes: Any) -> SchedulePlan:
    good = split()
    columns = {
        name: np.array(getattr(good, name))
        for name in ("node", "start_s", "transfer_operation", "transfer_node", "transfer_start_s")
    }
    return SchedulePlan(**{**columns, **changes})


@pytest.mark.parametrize(
    ("what", "line"),
    [
        (damaged(start_s=np.array([0, 0, 6.4, 9.5])), "task 0, layer b: starts at 6.4 s, a is there at 6.5 s"),
        (damaged(start_s=np.array([0, 0, 6.5, 9.4])), "task 0, layer c: starts at 9.4 s, b is there at 9.5 s"),
        (damaged(start_s=np.array([0.1, 0.1, 6.6, 9.6])), "the input must start at its release, 0 s"),
        (damaged(start_s=np.array([0, -1, 6.5, 9.5])), "layer a: starts at -1 s, input is there at 0 s"),
        (damaged(transfer_start_s=np.array([3.9])), "layer a: is sent at 3.9 s, ends at 4 s"),
    ],
)
def test_what_comes_too_early_is_a_violation(what: SchedulePlan, line: str) -> None:
    score = evaluate(problem(), what)
    assert score.value is not None
    assert any(line in found for found in score.violations), score.violations


@pytest.mark.parametrize(
    ("what", "line"),
    [
        (plan((PHONE, PHONE, BOX, BOX), (0, 0, 6.5, 9.5)), "layer a: is not sent to box"),
        (
            plan((PHONE, PHONE, BOX, BOX), (0, 0, 6.5, 9.5), ((1, BOX, 4.0), (1, BOX, 4.0))),
            "operation 1: is sent to box twice",
        ),
        (
            plan((PHONE, PHONE, BOX, BOX), (0, 0, 6.5, 9.5), ((1, BOX, 4.0), (2, FARM, 9.5))),
            "operation 2: is sent to farm, where nobody reads it",
        ),
        (plan((BOX, BOX, BOX, BOX), (0, 0, 2, 5)), "layer input: may not run on box"),
        (plan((PHONE, 7, PHONE, PHONE), (0, 0, 2, 5)), "layer a: may not run on 7"),
    ],
)
def test_plans_that_are_none_have_no_value(what: SchedulePlan, line: str) -> None:
    score = evaluate(problem(), what)
    assert score.value is None
    assert any(line in found for found in score.violations), score.violations


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"deadlines": "hard"}, "task 0: takes 13.5 s, deadline 13 s"),
        ({"makespan_limit_s": 13.0}, "makespan 13.5 s, limit 13 s"),
        ({"energy_limit_j": 100.0}, "energy 116.4 J, limit 100 J"),
        ({"price_limit": 3.0}, "price 3.5, limit 3"),
        ({"box_memory": 49.0}, "node box: memory 50 bytes, limit 49"),
    ],
)
def test_limits(options: dict[str, Any], line: str) -> None:
    assert evaluate(problem(due=(13.0,), **options), split()).violations == (line,)
    roomy = {"makespan_limit_s": 13.5, "energy_limit_j": 116.4, "price_limit": 3.5, "box_memory": 50.0}
    kept = {name: roomy.get(name, value_of) for name, value_of in options.items()}
    assert value(problem(due=(13.5,), **kept), split()) == pytest.approx(13.5)


def test_memory_is_no_limit_where_it_is_not_asked_for() -> None:
    assert value(problem(box_memory=1.0, memory=False), split()) == pytest.approx(13.5)


def test_layers_stay_where_they_are_pinned() -> None:
    pinned = problem(kinds=("", "on:farm", ""))
    assert evaluate(pinned, split()).violations == ("task 0, layer b: may not run on box",)
    first = problem(pin_first=True)
    assert value(first, split()) == pytest.approx(13.5)
    away = plan((PHONE, BOX, BOX, BOX), (0.0, 4.5, 6.5, 9.5), ((0, BOX, 0.0),))
    assert evaluate(first, away).violations == ("task 0, layer a: may not run on box",)


def test_a_tensor_is_sent_once_to_a_node_whoever_reads_it_there() -> None:
    # a is read by b and c
    branches = problem(((0, 1), (1, 2), (1, 3), (2, 3)))
    assert value(branches, split()) == pytest.approx(13.5)


def test_a_layer_without_seconds_needs_no_core() -> None:
    of = problem(tasks=2, box_cores=1)
    times = np.array(of.instance.costs[0].layer_seconds)
    times[BOX, 1:] = 0.0
    free = ScheduleProblem(
        instance=replace(of.instance, costs=(replace(of.instance.costs[0], layer_seconds=times),)), options=of.options
    )
    at_once = plan((PHONE, BOX, BOX, BOX) * 2, (0.0, 4.5, 4.5, 4.5) * 2, ((0, BOX, 0.0), (4, BOX, 0.0)))
    assert value(free, at_once) == pytest.approx(4.5)


def test_a_plan_of_another_problem_is_refused() -> None:
    with pytest.raises(InputError, match="must place 8 operations"):
        evaluate(problem(tasks=2), split())
