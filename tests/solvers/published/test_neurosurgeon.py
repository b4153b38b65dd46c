"""The method `neurosurgeon`: the best prefix of the network, on chains the optimum."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formulations.cut.cases import cases_of
from formulations.cut.evaluator import evaluate_levels
from formulations.cut.referee import evaluate
from solvers.contract import Budget, SolutionStatus
from solvers.registry import make
from solvers.trace import RefereedTrace
from tests.formulations.cut.random_problems import random_problem


def solved(name: str, problem):
    trace = RefereedTrace(lambda plan: evaluate(problem, plan))
    return make(name).solve(problem, Budget(), np.random.default_rng(0), trace)


def simple(seed: int, chain: bool):
    return random_problem(seed, chain=chain, plain=True, most_levels=2)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_on_a_chain_of_two_levels_it_is_the_optimum(seed: int) -> None:
    problem = simple(seed, chain=True)
    outcome = solved("neurosurgeon", problem)
    best = solved("cut-enumeration", problem)
    if best.plan is None:  # no version is accurate enough
        assert outcome.plan is None
        return
    assert outcome.status is SolutionStatus.FEASIBLE
    assert outcome.bound is None
    assert evaluate(problem, outcome.plan).value == pytest.approx(evaluate(problem, best.plan).value, rel=1e-12)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_on_a_dag_it_is_the_best_prefix_in_topological_order(seed: int) -> None:
    problem = simple(seed, chain=False)
    outcome = solved("neurosurgeon", problem)
    least = np.inf
    for case in cases_of(problem):
        for cut in range(case.n_layers):
            priced = evaluate_levels(case, (np.arange(case.n_layers) > cut).astype(np.int64))
            if priced.feasible[0]:
                least = min(least, float(priced.value[0]))
    if outcome.plan is None:
        assert least == np.inf
        return
    score = evaluate(problem, outcome.plan)
    assert score.feasible
    assert score.value == pytest.approx(least, rel=1e-12)


def test_of_several_servers_it_takes_the_best() -> None:
    problem = random_problem(11, chain=True, plain=True, most_levels=4)
    assert len(problem.levels) > 2
    outcome = solved("neurosurgeon", problem)
    used = {int(node) for node in outcome.plan.node if node >= 0} - {problem.source}
    assert len(used) <= 1
    assert evaluate(problem, outcome.plan).feasible


def test_it_declines_the_bottleneck_and_limits() -> None:
    said = set()
    for seed in range(60):
        reason = make("neurosurgeon").decline(random_problem(seed), Budget())
        said.add(None if reason is None else reason.split(",")[0])
    assert said == {None, "it minimises latency or energy", "it knows no limits"}
