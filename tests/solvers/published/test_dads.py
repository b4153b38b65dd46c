"""DSL is a minimum cut, DSH at most three times the least longest stage; both decline what they are not for."""

from __future__ import annotations

import numpy as np
import pytest

from formulations.cut.cases import cases_of
from formulations.cut.evaluator import evaluate_levels, monotone_levels
from formulations.cut.problem import CutOptions, CutProblem
from solvers.published.dads import DadsDshParams, heavy_load
from tests.formulations.cut.random_problems import random_problem
from tests.solvers.exact.cut.runs import brute_force, run


def two_levels(seed: int, **options: object) -> CutProblem | None:
    problem = random_problem(seed, most_levels=2, plain=True)
    options = {"levels": problem.options.levels, "memory": False} | options
    return CutProblem(instance=problem.instance, options=CutOptions(**options))  # type: ignore[arg-type]


def test_dsl_is_the_optimum_between_two_levels() -> None:
    for seed in range(60):
        problem = random_problem(seed, most_levels=2, plain=True)
        outcome = run("dads-dsl", problem)
        assert not isinstance(outcome, str)
        best = brute_force(problem)
        if best is None:
            assert outcome.plan is None
            continue
        assert outcome.plan is not None
        assert problem_value(problem, outcome.plan) == pytest.approx(best, rel=1e-9)


def problem_value(problem: CutProblem, plan: object) -> float:
    from formulations.cut.referee import evaluate

    score = evaluate(problem, plan)  # type: ignore[arg-type]
    assert score.feasible
    assert score.value is not None
    return score.value


def test_dsh_is_within_its_guarantee_and_a_zoom_is_no_worse() -> None:
    for seed in range(40):
        problem = two_levels(seed, latency_weight=0.0, bottleneck_weight=1.0)
        assert problem is not None
        values = []
        for rounds in (0, 6):
            outcome = run("dads-dsh", problem, {"rounds": rounds})
            assert not isinstance(outcome, str)
            values.append(problem_value(problem, outcome.plan))
        best = min(
            float(evaluate_levels(case, monotone_levels(case, 10**6)).bottleneck_s.min())  # type: ignore[arg-type]
            for case in cases_of(problem)
        )
        assert best * (1 - 1e-9) <= values[1] <= values[0] * (1 + 1e-9)
        # stages that share a resource are one here and two for the guarantee
        shared = bool((problem.instance.system.link_resource >= 0).any())
        assert shared or values[0] <= 3 * best * (1 + 1e-9)


def test_each_declines_what_the_other_is_for() -> None:
    light, heavy = two_levels(1), two_levels(1, latency_weight=0.0, bottleneck_weight=1.0)
    assert light is not None
    assert heavy is not None
    assert "dads-dsh" in str(run("dads-dsl", heavy))
    assert "dads-dsl" in str(run("dads-dsh", light))
    assert "excursions" in str(run("dads-dsl", two_levels(1, excursions=True)))  # type: ignore[arg-type]


def test_a_load_is_heavy_where_frames_come_faster_than_the_longest_stage() -> None:
    assert heavy_load(0.6, 2.0)
    assert not heavy_load(0.4, 2.0)


@pytest.mark.parametrize("wrong", [{"points": 2}, {"shrink": 1.0}, {"rounds": -1}, {"improvement": np.nan}])
def test_parameters_validate_themselves(wrong: dict[str, float]) -> None:
    from instances.errors import InputError

    with pytest.raises(InputError, match=next(iter(wrong))):
        DadsDshParams(**wrong)  # type: ignore[arg-type]
