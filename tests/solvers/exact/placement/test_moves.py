"""The kernel that judges placements agrees with the referee; moves better a plan or leave it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formulations.placement.case import case_of
from formulations.placement.referee import evaluate
from solvers.exact.placement.crowd import crowd_of
from solvers.exact.placement.move_kernels import judge
from solvers.exact.placement.moves import arena_of, bettered
from tests.formulations.placement.random_problems import best_of_all, random_problem


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**31), st.booleans())
def test_the_kernel_judges_as_the_referee_does(seed: int, latency: bool) -> None:
    problem = random_problem(seed, most_layers=7, latency=latency)
    case, rng = case_of(problem), np.random.default_rng(seed)
    arena, layers = arena_of(case)
    for _ in range(5):
        worker = rng.integers(0, case.n_workers, case.n_blocks)
        score, (found, _) = evaluate(problem, case.plan(worker)), judge(arena, worker[layers])
        if score.feasible:
            assert found == pytest.approx(score.value, rel=1e-12)
        else:
            assert found == np.inf


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31), st.booleans())
def test_moves_never_raise_the_value(seed: int, latency: bool) -> None:
    problem = random_problem(seed, most_layers=7, latency=latency)
    case, rng = case_of(problem), np.random.default_rng(seed)
    worker = rng.integers(0, case.n_workers, case.n_blocks)
    before = evaluate(problem, case.plan(worker))
    after = evaluate(problem, case.plan(bettered(case, worker, lambda: 60.0)))
    if before.feasible:
        assert before.value is not None and after.feasible and after.value is not None
        assert after.value <= before.value


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31))
def test_a_crowd_takes_no_more_than_the_best_of_all_plans(seed: int) -> None:
    problem = random_problem(seed)
    best = best_of_all(problem)
    if best is not None:
        case = case_of(problem)
        for value in (best, 1.5 * best, 2.0 * best):  # as from a plan of that value
            assert min(crowd_of(case, value).least, value) <= best * (1 + 1e-12)
