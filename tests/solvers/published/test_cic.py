"""CIC has the optimum between two levels and plans for the layers that the reduction merged."""

from __future__ import annotations

import pytest

from formulations.cut.problem import CutOptions, CutProblem
from formulations.cut.referee import evaluate
from tests.formulations.cut.random_problems import random_problem
from tests.solvers.exact.cut.runs import brute_force, run


def test_it_has_the_optimum_between_two_levels() -> None:
    for seed in range(100, 160):
        problem = random_problem(seed, most_levels=2, plain=True)
        outcome = run("cic", problem)
        assert not isinstance(outcome, str)
        best = brute_force(problem)
        if best is None:
            assert outcome.plan is None
            continue
        assert outcome.plan is not None
        score = evaluate(problem, outcome.plan)
        assert score.feasible
        assert score.value == pytest.approx(best, rel=1e-9)


@pytest.mark.parametrize("options", [{"bottleneck_weight": 1.0}, {"latency_limit_s": 1.0}, {"excursions": True}])
def test_it_declines_what_is_no_sum(options: dict[str, object]) -> None:
    plain = random_problem(3, most_levels=2, plain=True)
    problem = CutProblem(
        instance=plain.instance,
        options=CutOptions(levels=plain.options.levels, **options),  # type: ignore[arg-type]
    )
    assert isinstance(run("cic", problem), str)
