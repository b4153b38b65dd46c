"""The method `clio`: no feasible choice is more accurate, and among equals none is cheaper on a chain."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formulations.cut.problem import CutProblem
from formulations.cut.referee import evaluate
from formulations.versions import versions_of
from solvers.contract import Budget
from solvers.registry import make
from solvers.trace import RefereedTrace
from tests.formulations.cut.random_problems import random_problem


def solved(name: str, problem):
    trace = RefereedTrace(lambda plan: evaluate(problem, plan))
    return make(name).solve(problem, Budget(), np.random.default_rng(0), trace)


@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 10**6), error=st.booleans())
def test_on_a_chain_it_is_as_accurate_as_any_and_the_optimum_where_accuracy_is_all(seed: int, error: bool) -> None:
    problem = random_problem(seed, chain=True, most_levels=2, excursions=False)
    if error:
        weights = {name: 0.0 for name in vars(type(problem.options))["__dataclass_fields__"] if name.endswith("weight")}
        options = replace(problem.options, **{**weights, "error_weight": 1.0}, inferences=1)
        problem = CutProblem(instance=problem.instance, options=options)
    outcome, best = solved("clio", problem), solved("cut-enumeration", problem)
    assert (outcome.plan is None) == (best.plan is None)
    if best.plan is None:
        assert outcome.reason == "no version has a cut within all limits"
        return
    versions = versions_of(problem.network)
    mine, theirs = evaluate(problem, outcome.plan), evaluate(problem, best.plan)
    assert mine.feasible
    assert versions[outcome.plan.version].accuracy >= versions[best.plan.version].accuracy
    if error or problem.options.versions == "full":
        assert mine.value == pytest.approx(theirs.value, rel=1e-9, abs=1e-12)
