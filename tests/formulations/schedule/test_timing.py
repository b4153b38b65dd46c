"""The timing pass: never worse, never early, and best for figures that a person can add up."""

from __future__ import annotations

import numpy as np
import pytest

from formulations.schedule.case import case_of
from formulations.schedule.decoder import decode
from formulations.schedule.evaluator import evaluate_population
from formulations.schedule.plan import SchedulePlan
from formulations.schedule.referee import evaluate
from formulations.schedule.timing import retime
from instances.errors import InputError
from tests.formulations.schedule.random_problems import OBJECTIVES, random_problem
from tests.formulations.schedule.test_evaluator import draw


@pytest.mark.parametrize("objective", range(len(OBJECTIVES)))
def test_best_times_keep_every_rule_and_are_never_worse(objective: int) -> None:
    better = checked = 0
    for seed in range(12):
        problem = random_problem(100 * objective + seed, objective=objective)
        case = case_of(problem)
        place, rank = draw(case, np.random.default_rng(seed), 2)
        value, _ = evaluate_population(case, place, rank)
        for row in np.flatnonzero(np.isfinite(value)).tolist():
            plan = case.plan(place[row], *decode(case, place[row], rank[row]))
            before, after = evaluate(problem, plan), evaluate(problem, retime(case, plan))
            assert before.value is not None and after.value is not None
            if not before.violations:
                assert not after.violations
                assert after.value <= before.value * (1 + 1e-9) + 1e-12
                checked += 1
                better += after.value < before.value - 1e-9
    assert checked
    if objective < 5:
        assert better == 0, "the decoder's times are earliest, which are best where the objective is regular"


def test_a_plan_that_waits_for_nothing_is_pulled_to_the_front() -> None:
    problem = random_problem(3, objective=0, plain=True)
    case = case_of(problem)
    place, rank = draw(case, np.random.default_rng(0), 1)
    start, transfers, sent = decode(case, place[0], rank[0])
    late = start + np.where(case.is_input, 0.0, 100.0)
    plan = retime(case, case.plan(place[0], late, transfers, sent + 100.0))
    assert np.allclose(plan.start_s, start)


def test_a_plan_that_starts_too_early_is_mended() -> None:
    problem = random_problem(7, objective=0, plain=True, links="serial")
    case = case_of(problem)
    place, rank = draw(case, np.random.default_rng(1), 1)
    start, transfers, sent = decode(case, place[0], rank[0])
    broken = case.plan(place[0], start * 0, transfers, sent * 0)
    assert evaluate(problem, broken).violations
    assert not evaluate(problem, retime(case, broken)).violations


def test_a_plan_without_its_transfers_is_refused() -> None:
    problem = random_problem(7, objective=0, plain=True)
    case = case_of(problem)
    place, rank = next(
        (p, r)
        for p, r in zip(*draw(case, np.random.default_rng(1), 20), strict=True)
        if len(case.transfers(p)) and np.isfinite(evaluate_population(case, p[None], r[None])[0][0])
    )
    plan = case.plan(place, *decode(case, place, rank))
    short = SchedulePlan(
        node=plan.node,
        start_s=plan.start_s,
        transfer_operation=plan.transfer_operation[1:],
        transfer_node=plan.transfer_node[1:],
        transfer_start_s=plan.transfer_start_s[1:],
    )
    with pytest.raises(InputError, match="transfers that its placement needs"):
        retime(case, short)
