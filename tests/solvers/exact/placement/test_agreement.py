"""Brute force, dynamic program, CP-SAT and MILP agree; laws that hold between problems."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formulations.placement.case import case_of
from formulations.placement.plan import PlacementPlan
from formulations.placement.problem import PlacementOptions, PlacementProblem
from formulations.placement.referee import evaluate
from instances.networks.graph import NetworkGraph
from solvers.contract import Budget, SolutionStatus
from solvers.exact.placement.bound import balance_bound
from solvers.registry import make
from tests.audit import AUDIT
from tests.formulations.placement.random_problems import best_of_all, layered, random_problem
from tests.solvers.exact.placement.runs import METHODS, finds, run


def agree(seed: int) -> None:
    problem = random_problem(seed)
    best = best_of_all(problem)
    assert best is None or balance_bound(case_of(problem)) <= best * (1 + 1e-12)
    for name, params in METHODS:
        if name == "placement-dp" and not problem.options.contiguous:
            assert "contiguous" in (make(name).decline(problem, Budget()) or "")
            continue
        finds(best, problem, name, params, seed)


@pytest.mark.parametrize("seed", range(12))
def test_every_method_finds_the_best_of_all_plans(seed: int) -> None:
    agree(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 300 if AUDIT else 150))
def test_every_method_finds_the_best_of_all_plans_of_many_problems(seed: int) -> None:
    agree(seed)


def value(problem: PlacementProblem) -> float:
    outcome, score = run("placement-dp", problem)
    if outcome.status is SolutionStatus.INFEASIBLE:
        return np.inf
    assert outcome.status is SolutionStatus.OPTIMAL and score is not None and score.value is not None
    return score.value


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31))
def test_one_more_accelerator_never_raises_the_maximum_load(seed: int) -> None:
    problem = random_problem(seed, most_layers=9, contiguous=True)
    n = sum(not worker.host for worker in problem.workers)
    values = [value(replace(problem, options=replace(problem.options, accelerators=k))) for k in range(1, n + 1)]
    assert all(b <= a * (1 + 1e-12) for a, b in itertools.pairwise(values))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31))
def test_another_topological_numbering_has_the_same_maximum_load(seed: int) -> None:
    problem = random_problem(seed, most_layers=8, contiguous=True)
    network, rng = problem.network, np.random.default_rng(seed)
    order, left = [0], set(range(1, len(network)))
    while left:
        ready = [v for v in left if not any(b == v and a in left for a, b in network.edges)]
        order.append(int(rng.choice(ready)))
        left.remove(order[-1])
    rank = np.argsort(order)
    again = NetworkGraph(
        name=network.name,
        layers=tuple(network.layers[v] for v in order),
        edges=tuple(sorted((int(rank[a]), int(rank[b])) for a, b in network.edges)),
    )
    costs = replace(
        problem.costs,
        layer_seconds=problem.costs.layer_seconds[:, order],
        layer_joules=problem.costs.layer_joules[:, order],
    )
    other = replace(problem.instance, networks=(again,), costs=(costs,))
    assert value(PlacementProblem(instance=other, options=problem.options)) == pytest.approx(value(problem), rel=1e-12)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31))
def test_contiguous_plans_are_plans(seed: int) -> None:
    problem = random_problem(seed, most_layers=9, contiguous=True)
    outcome, score = run("placement-dp", problem)
    if outcome.plan is not None and score is not None:
        free = replace(problem, options=replace(problem.options, contiguous=False))
        assert evaluate(free, PlacementPlan(node=outcome.plan.node)).value == score.value


def test_too_many_ideals_leave_a_plan_and_a_bound_without_a_claim() -> None:
    problem = PlacementProblem(instance=layered(60, 6, 3, full=False, bytes_up_to=6.0))
    whole, _ = run("placement-dp", problem)
    few, score = run("placement-dp", problem, most_ideals=100)
    assert whole.status is SolutionStatus.OPTIMAL or "ideals" in whole.reason
    assert few.status is SolutionStatus.FEASIBLE and "ideals" in few.reason
    assert score is not None and score.value is not None and few.bound is not None and few.bound <= score.value


@pytest.mark.slow
@pytest.mark.parametrize("full", [True, False])
def test_two_thousand_layers_in_a_minute(full: bool) -> None:
    problem = PlacementProblem(instance=layered(2000, 4, 1, full=full), options=PlacementOptions())
    outcome, score = run("placement-dp", problem, 60.0)
    assert score is not None and score.feasible and score.value is not None and outcome.bound is not None
    assert outcome.bound <= score.value
    if full:
        assert outcome.status is SolutionStatus.OPTIMAL
