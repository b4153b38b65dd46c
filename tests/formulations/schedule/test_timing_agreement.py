"""Two ways to the best switch-on times: descent over sets of nodes, and a linear program; and figures by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formulations.schedule.activities import Activities, activities_of, earliest
from formulations.schedule.case import ScheduleCase, case_of
from formulations.schedule.decoder import decode
from formulations.schedule.evaluator import evaluate_population
from formulations.schedule.referee import evaluate
from formulations.schedule.timing import retime
from formulations.schedule.window_program import windows_by_program
from formulations.schedule.windows import windows_by_descent
from instances.columns import FloatArray
from tests.formulations.schedule.by_hand import BOX, PHONE, plan, problem
from tests.formulations.schedule.random_problems import OBJECTIVES, REGULAR, random_problem
from tests.formulations.schedule.test_evaluator import agree, draw


def timed(case: ScheduleCase, what: Activities, on: FloatArray | None) -> tuple[float, bool]:
    """Return objective and feasibility of the earliest plan with nodes on at `on`."""
    floor = np.where(what.is_input, case.release[case.task[what.operation]], 0.0)
    if on is not None:
        held = np.maximum(on[what.node], np.where(what.to < 0, -np.inf, on[what.to]))
        floor = np.where(what.is_input, floor, held)
    start, sends = earliest(what, floor), what.to >= 0
    place = what.node[what.of_operation]
    pairs = np.column_stack([what.operation[sends], what.to[sends]])
    score = evaluate(case.problem, case.plan(place, start[what.of_operation], pairs, start[sends]))
    assert score.value is not None
    return score.value, not score.violations


def both(seed: int, objective: int) -> None:
    case = case_of(random_problem(seed, objective=objective, n_tasks=3, n_layers=4, n_nodes=4))
    place, rank = draw(case, np.random.default_rng(seed), 3)
    for row in np.flatnonzero(np.isfinite(evaluate_population(case, place, rank)[0])).tolist():
        what = activities_of(case, case.plan(place[row], *decode(case, place[row], rank[row])))
        first = earliest(what, np.where(what.is_input, case.release[case.task[what.operation]], 0.0))
        one, two = (timed(case, what, find(case, what, first)) for find in (windows_by_descent, windows_by_program))
        assert one[0] == pytest.approx(two[0], rel=1e-8, abs=1e-8)
        assert one[1] == two[1]


@pytest.mark.parametrize("objective", range(REGULAR, len(OBJECTIVES)))
def test_descent_and_linear_program_agree(objective: int) -> None:
    for seed in range(6):
        both(500 + seed, objective)


@pytest.mark.slow
@pytest.mark.parametrize("objective", range(REGULAR, len(OBJECTIVES)))
def test_descent_and_linear_program_agree_on_many(
    objective: int, record_property: Callable[[str, object], None]
) -> None:
    for seed in range(150):
        both(10_000 + seed, objective)
    record_property("cases", 150)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6), objective=st.integers(0, len(OBJECTIVES) - 1), links=st.sampled_from(["free", "serial"])
)
def test_any_problem_is_priced_as_the_referee_prices_it(seed: int, objective: int, links: str) -> None:
    case = case_of(random_problem(seed, objective=objective, links=links, n_tasks=3, n_layers=5, n_nodes=4))
    agree(case, *draw(case, np.random.default_rng(seed), 2))


def test_the_box_is_switched_on_for_the_second_task_only_when_the_first_is_near() -> None:
    # the box idles at 2 W from the first input's arrival on; waiting with it costs nothing while the phone sends anyway
    of = problem(tasks=2, releases=(0.0, 10.0), makespan_weight=0.0, energy_weight=1.0)
    case = case_of(of)
    early = plan(
        (PHONE, BOX, BOX, BOX) * 2,
        (0.0, 4.5, 6.5, 9.5, 10.0, 14.5, 16.5, 19.5),
        ((0, BOX, 0.0), (4, BOX, 10.0)),
    )
    before, after = evaluate(of, early), evaluate(of, retime(case, early))
    assert before.value is not None and after.value is not None
    # phone and box on from 0 to 14.5 and 23.5; with the first task held back until 10, for 4.5 and 13.5 s
    assert before.value - after.value == pytest.approx(10 * 1 + 10 * 2)
    assert float(after.latency_s[0]) == pytest.approx(23.5)


def test_a_deadline_limits_how_long_a_task_is_held_back() -> None:
    of = problem(
        tasks=2, releases=(0.0, 10.0), due=(15.5, np.inf), deadlines="hard", makespan_weight=0.0, energy_weight=1.0
    )
    early = plan(
        (PHONE, BOX, BOX, BOX) * 2,
        (0.0, 4.5, 6.5, 9.5, 10.0, 14.5, 16.5, 19.5),
        ((0, BOX, 0.0), (4, BOX, 10.0)),
    )
    after = evaluate(of, retime(case_of(of), early))
    assert not after.violations
    assert float(after.latency_s[0]) == pytest.approx(15.5)
    assert after.value == pytest.approx(float(evaluate(of, early).value or 0.0) - 2 * 1 - 2 * 2)


def test_a_limit_of_energy_is_met_with_the_least_makespan() -> None:
    of = problem(tasks=2, releases=(0.0, 10.0), makespan_weight=0.0, response_weight=1.0)
    early = plan(
        (PHONE, BOX, BOX, BOX) * 2,
        (0.0, 4.5, 6.5, 9.5, 10.0, 14.5, 16.5, 19.5),
        ((0, BOX, 0.0), (4, BOX, 10.0)),
    )
    energy = float(evaluate(of, early).energy_j.sum())
    limited = replace(of, options=replace(of.options, energy_limit_j=energy - 6.0))
    after = evaluate(limited, retime(case_of(limited), early))
    assert not after.violations
    # 3 J are saved by every second that the first task waits: two seconds, one on average
    assert after.value == pytest.approx(float(evaluate(of, early).value or 0.0) + 1.0)
