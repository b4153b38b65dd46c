"""The objective latency: brute force, label program, CP-SAT and MILP agree; laws that hold between problems."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formulations.placement import cp_sat_model, pulp_model, pyomo_model
from formulations.placement.case import case_of
from formulations.placement.problem import PlacementOptions, PlacementProblem
from formulations.placement.referee import evaluate
from solvers.backends.contract import MilpLimits
from solvers.backends.cp_sat import solve_cp_sat
from solvers.backends.linear_model import linear_model
from solvers.backends.registry import backend
from solvers.contract import Budget, SolutionStatus
from solvers.exact.placement.path_bound import path_bound
from solvers.registry import make
from tests.audit import AUDIT
from tests.formulations.placement.random_problems import best_of_all, layered, random_problem
from tests.solvers.exact.placement.runs import METHODS, finds, run

LIMITS = MilpLimits(seconds=60.0, relative_gap=1e-9)


def bound_of(problem: PlacementProblem) -> float:
    return path_bound(case_of(problem, one_by_one=True))


def agree(seed: int) -> None:
    problem = random_problem(seed, latency=True)
    best = best_of_all(problem)
    assert best is None or bound_of(problem) <= best * (1 + 1e-12)
    for name, params in METHODS:
        said = make(name, params).decline(problem, Budget())
        if said is not None:
            assert name == "placement-dp" and "class" in said
            continue
        finds(best, problem, name, params, seed)


def models_alone(seed: int) -> None:
    """Solve every model without a bound and a plan to start from, and price what it finds."""
    problem = random_problem(seed, latency=True)
    best, case = best_of_all(problem), case_of(problem)
    if not case.allowed.any(axis=0).all():
        assert best is None
        return
    most = 1.0 + float(np.where(case.allowed, case.seconds, 0.0).max(axis=0).sum() + 2.0 * case.size.sum())
    found = []
    for module in (pulp_model, pyomo_model):
        model = module.build(case, most)
        result = backend("highs").solve(linear_model(model.problem), LIMITS)
        found.append(model.workers(result.values) if result.values else None)
    whole = cp_sat_model.build(case, most)
    solved = solve_cp_sat(whole.problem, LIMITS)
    found.append(None if solved.value is None else whole.workers(solved.value))
    for worker in found:
        if best is None or worker is None:
            assert best is None and worker is None, seed
            continue
        score = evaluate(problem, case.plan(worker))
        assert score.feasible and score.value == pytest.approx(best, rel=1e-6, abs=1e-9), seed
    if best is not None:
        assert solved.bound is not None and whole.bound(solved.bound) <= best * (1 + 1e-12)


@pytest.mark.parametrize("seed", range(8))
def test_every_method_finds_the_best_of_all_plans(seed: int) -> None:
    agree(seed)


@pytest.mark.parametrize("seed", range(8))
def test_every_model_has_the_best_of_all_plans(seed: int) -> None:
    models_alone(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 400 if AUDIT else 150))
def test_every_method_and_model_finds_the_best_of_all_plans_of_many_problems(seed: int) -> None:
    agree(seed)
    models_alone(seed)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31))
def test_the_path_bound_never_exceeds_the_best_of_all_plans(seed: int) -> None:
    problem = random_problem(seed, latency=True)
    best = best_of_all(problem)
    assert best is None or bound_of(problem) <= best * (1 + 1e-12)


def value(problem: PlacementProblem) -> float:
    outcome, score = run("placement-dp", problem)
    if outcome.status is SolutionStatus.INFEASIBLE:
        return np.inf
    assert outcome.status is SolutionStatus.OPTIMAL and score is not None and score.value is not None
    return score.value


def problem_of(seed: int) -> PlacementProblem:
    """Return a problem that the label program takes."""
    problem = random_problem(seed, most_layers=8, latency=True)
    return replace(problem, options=replace(problem.options, hosts="device"))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31))
def test_one_more_accelerator_and_more_memory_never_raise_the_latency(seed: int) -> None:
    problem = problem_of(seed)
    n = sum(not worker.host for worker in problem.workers)
    values = [value(replace(problem, options=replace(problem.options, accelerators=k))) for k in range(1, n + 1)]
    values.append(value(replace(problem, options=replace(problem.options, memory=False))))
    # both values are optimal within the tolerance of the budget, 1e-4
    assert all(b <= a * (1 + 1e-4) for a, b in itertools.pairwise(values))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31))
def test_times_and_tensors_four_times_as_long_take_four_times_as_long(seed: int) -> None:
    problem = problem_of(seed)
    network = problem.network
    slow = replace(problem.costs, layer_seconds=4.0 * problem.costs.layer_seconds)
    wide = replace(
        network, layers=tuple(replace(layer, output_bytes=4.0 * layer.output_bytes) for layer in network.layers)
    )
    again = replace(problem.instance, networks=(wide,), costs=(slow,))
    assert value(PlacementProblem(instance=again, options=problem.options)) == 4.0 * value(problem)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31))
def test_no_worker_alone_is_faster(seed: int) -> None:
    """One block that holds all takes the sum of its layers; hosts alone take their longest path: neither is better."""
    problem = problem_of(seed)
    free = replace(problem, options=replace(problem.options, memory=False))
    case, best = case_of(free), value(free)
    hosts = case.plan(np.zeros(case.n_blocks, dtype=np.int64))
    alone = [evaluate(free, hosts).value]
    alone += [evaluate(free, case.plan(np.full(case.n_blocks, w))).value for w in range(1, case.n_workers)]
    assert all(best <= one * (1 + 1e-4) for one in alone if one is not None)


def test_too_many_ideals_leave_a_plan_and_a_bound_without_a_claim() -> None:
    problem = PlacementProblem(
        instance=layered(60, 6, 3, full=False, bytes_up_to=6.0), options=PlacementOptions(objective="latency")
    )
    outcome, score = run("placement-dp", problem, most_ideals=100)
    assert outcome.status is SolutionStatus.FEASIBLE and "ideals" in outcome.reason
    assert score is not None and score.feasible and score.value is not None
    assert outcome.bound is not None and 0.3 * score.value <= outcome.bound <= score.value


@pytest.mark.slow
@pytest.mark.parametrize("full", [True, False])
def test_two_thousand_layers_in_a_minute(full: bool) -> None:
    problem = PlacementProblem(instance=layered(2000, 4, 1, full=full), options=PlacementOptions(objective="latency"))
    outcome, score = run("placement-dp", problem, 60.0)
    assert score is not None and score.feasible and score.value is not None and outcome.bound is not None
    assert outcome.bound <= score.value
    if full:
        assert outcome.status is SolutionStatus.OPTIMAL
