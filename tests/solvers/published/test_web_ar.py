"""The method `web-ar`: on a chain of any number of levels the optimum, whatever the objective and the limits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.systems.profiles import alexnet_pair, pair_problem
from formulations.cut.referee import evaluate
from solvers.contract import Budget
from solvers.published import web_ar
from solvers.registry import make
from solvers.trace import RefereedTrace
from tests.formulations.cut.random_problems import random_problem


def solved(name: str, problem):
    trace = RefereedTrace(lambda plan: evaluate(problem, plan))
    return make(name).solve(problem, Budget(), np.random.default_rng(0), trace)


@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_on_a_chain_it_is_the_optimum(seed: int) -> None:
    problem = random_problem(seed, chain=True, excursions=False)
    outcome, best = solved("web-ar", problem), solved("cut-enumeration", problem)
    assert (outcome.plan is None) == (best.plan is None)
    if best.plan is None:
        assert outcome.reason == "no nested cut keeps every rule and limit"
        return
    assert evaluate(problem, outcome.plan).value == pytest.approx(evaluate(problem, best.plan).value, rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_on_a_dag_it_is_feasible_and_no_better_than_the_optimum(seed: int) -> None:
    problem = random_problem(seed, chain=False, excursions=False)
    outcome, best = solved("web-ar", problem), solved("cut-enumeration", problem)
    if outcome.plan is not None:
        score = evaluate(problem, outcome.plan)
        assert score.feasible
        assert score.value >= evaluate(problem, best.plan).value * (1 - 1e-9)


def test_too_many_cuts_are_declined(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = pair_problem(alexnet_pair(), 1e6)
    assert make("web-ar").decline(problem, Budget()) is None
    monkeypatch.setattr(web_ar, "_MOST_ROWS", 23)
    assert make("web-ar").decline(problem, Budget()) == "more than 23 nested cuts"
