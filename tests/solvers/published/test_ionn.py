"""The method `ionn`: a shortest path with excursions, and partitions that tile what is ever worth uploading."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formulations.cut.referee import evaluate
from instances.errors import InputError
from solvers.contract import Budget
from solvers.registry import make
from solvers.trace import RefereedTrace
from tests.formulations.cut.random_problems import random_problem


def solved(name: str, problem, **params):
    trace = RefereedTrace(lambda plan: evaluate(problem, plan))
    return make(name, params).solve(problem, Budget(), np.random.default_rng(0), trace)


def taken(seed: int, chain: bool, levels: int = 2):
    problem = random_problem(seed, chain=chain, most_levels=levels, excursions=seed % 2 > 0)
    return None if make("ionn").decline(problem, Budget()) else problem


@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_on_a_chain_it_is_the_optimum_with_and_without_excursions(seed: int) -> None:
    problem = taken(seed, chain=True)
    if problem is None:
        return
    outcome, best = solved("ionn", problem), solved("cut-enumeration", problem)
    if best.plan is None:
        assert outcome.plan is None
        return
    assert evaluate(problem, outcome.plan).value == pytest.approx(evaluate(problem, best.plan).value, rel=1e-9)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), k=st.sampled_from([0.1, 0.5, 0.9]))
def test_partitions_are_disjoint_and_those_of_the_final_pass_add_what_helps_once_it_is_there(
    seed: int, k: float
) -> None:
    problem = taken(seed, chain=seed % 3 > 0, levels=3)
    if problem is None:
        return
    outcome = solved("ionn", problem, shrink=k)
    if outcome.plan is None:
        return
    assert evaluate(problem, outcome.plan).feasible
    layers = [layer for part in outcome.info["partitions"] for layer in part]
    assert len(set(layers)) == len(layers)
    assert 0 not in layers
    printed = solved("ionn", problem, shrink=k, final_pass=False).info["partitions"]
    assert outcome.info["partitions"][: len(printed)] == printed
    if problem.options.upload_factor == 0:  # what runs on the server once it is there has been uploaded
        away = set(np.flatnonzero((outcome.plan.node >= 0) & (outcome.plan.node != problem.source)).tolist())
        assert away <= set(layers)


def test_segments_of_a_dag_stay_together() -> None:
    found = 0
    for seed in range(80):
        problem = taken(seed, chain=False)
        if problem is None:
            continue
        outcome = solved("ionn", problem)
        if outcome.plan is None or outcome.plan.version != 0:
            continue
        ends = problem.network.cut_points().tolist()
        for a, b in itertools.pairwise(ends):
            assert len(set(outcome.plan.node[a + 1 : b + 1].tolist())) == 1
            found += b - a > 1
    assert found


@pytest.mark.parametrize("k", [0.0, 1.0, -1.0])
def test_k_is_between_0_and_1(k: float) -> None:
    with pytest.raises(InputError, match="shrink"):
        make("ionn", {"shrink": k})


def test_it_declines_the_bottleneck_and_limits() -> None:
    said = {make("ionn").decline(random_problem(seed), Budget()) for seed in range(60)}
    assert None in said
    assert any(reason and "bottleneck" in reason for reason in said)
    assert any(reason and "limits" in reason for reason in said)
