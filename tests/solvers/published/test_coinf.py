"""The method `coinf`: the best single-edge cut for any objective and limits; on chains of two levels the optimum."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formulations.cut.referee import evaluate
from solvers.contract import Budget
from solvers.registry import make
from solvers.trace import RefereedTrace
from tests.formulations.cut.random_problems import random_problem


def solved(name: str, problem):
    trace = RefereedTrace(lambda plan: evaluate(problem, plan))
    return make(name).solve(problem, Budget(), np.random.default_rng(0), trace)


@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_on_a_chain_of_two_levels_it_is_the_optimum_under_every_limit(seed: int) -> None:
    problem = random_problem(seed, chain=True, most_levels=2, excursions=False)
    outcome, best = solved("coinf", problem), solved("cut-enumeration", problem)
    assert (outcome.plan is None) == (best.plan is None)
    if best.plan is None:
        assert outcome.reason == "no single-edge cut keeps every rule and limit"
        return
    assert evaluate(problem, outcome.plan).value == pytest.approx(evaluate(problem, best.plan).value, rel=1e-9)


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_on_a_dag_one_tensor_crosses(seed: int) -> None:
    problem = random_problem(seed, chain=False, plain=True, most_levels=2)
    outcome = solved("coinf", problem)
    if outcome.plan is None:
        return
    score = evaluate(problem, outcome.plan)
    assert score.feasible
    node = outcome.plan.node
    crossing = {a for a, b in problem.network.edges if node[a] >= 0 and node[b] >= 0 and node[a] != node[b]}
    assert len(crossing) <= 1
    assert solved("min-cut", problem).bound <= score.value * (1 + 1e-9)
