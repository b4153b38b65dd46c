"""The batched evaluator agrees with the referee on any placement of any case."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from formulations.cut.cases import cases_of
from formulations.cut.evaluator import evaluate_levels, monotone_levels
from formulations.cut.referee import evaluate
from tests.formulations.cut.random_problems import random_problem

BLOCK = 50
EVERY_BLOCK = [pytest.param(0, id="sample"), *(pytest.param(b, marks=pytest.mark.slow) for b in range(40))]


@pytest.mark.parametrize("block", EVERY_BLOCK)
def test_random_placements_cost_what_the_referee_says(
    block: int, record_property: Callable[[str, object], None]
) -> None:
    compared = 0
    for seed in range(block * BLOCK, (block + 1) * BLOCK):
        rng = np.random.default_rng(seed)
        for case in cases_of(random_problem(seed)):
            rows = rng.integers(case.n_levels, size=(4, case.n_layers))
            rows[:, 0] = 0
            rows[:2] = np.sort(rows[:2], axis=1)
            priced = evaluate_levels(case, rows)
            for i, row in enumerate(rows):
                score = evaluate(case.problem, case.plan(row))
                assert score.feasible == priced.feasible[i], score.violations
                down = any("lower level" in line for line in score.violations)
                if score.value is not None and not down:
                    assert priced.value[i] == pytest.approx(score.value, rel=1e-11)
                    assert priced.bottleneck_s[i] == pytest.approx(score.loads["bottleneck_s"], rel=1e-11)
                else:
                    assert np.isinf(priced.value[i])
                compared += 1
    record_property("cases", compared)
    assert compared > BLOCK


def test_all_placements_without_a_way_down_are_listed_once() -> None:
    for seed in range(20):
        problem = random_problem(seed, most_layers=6, most_levels=3, excursions=False)
        case = next(cases_of(problem), None)
        if case is None:
            continue
        k, n = case.n_levels, case.n_layers
        every = np.indices((k,) * (n - 1)).reshape(n - 1, -1).T
        every = np.concatenate([np.zeros((len(every), 1), dtype=np.int64), every], axis=1)
        rising = (every[:, case.edges[:, 0]] <= every[:, case.edges[:, 1]]).all(axis=1)
        rows = monotone_levels(case, 10**6)
        assert rows is not None
        assert {tuple(r) for r in rows.tolist()} == {tuple(r) for r in every[rising].tolist()}
        assert len(rows) == rising.sum()
        assert monotone_levels(case, len(rows) - 1) is None
