"""The metaheuristics on schedule problems: plans that the referee accepts, budgets kept, the same from the same seed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from formulations.schedule.problem import ScheduleOptions, ScheduleProblem
from formulations.schedule.referee import evaluate
from instances.smart_iot.instance import smart_iot_instance
from solvers.contract import Budget, Outcome, SolutionStatus, Termination
from solvers.metaheuristics import spso_ga
from solvers.registry import make
from solvers.trace import RefereedTrace
from tests.formulations.schedule.random_problems import random_problem

METHODS = ("spso-ga", "pso-ga", "ga", "pso", "annealing")
ENERGY = ScheduleOptions(makespan_weight=0.0, energy_weight=1.0, deadlines="hard", nodes="all")
OPTIMUM = 804.8  # of one AlexNet, proven by labels and by CP-SAT


def study(*networks: str, deadline_s: float = 1.6) -> ScheduleProblem:
    return ScheduleProblem(instance=smart_iot_instance(networks, deadline_s=deadline_s), options=ENERGY)


def solve(
    name: str, problem: ScheduleProblem, budget: Budget | None = None, seed: int = 0, **params: Any
) -> tuple[Outcome, RefereedTrace]:
    trace = RefereedTrace(lambda plan: evaluate(problem, plan))
    return make(name, params).solve(problem, budget or Budget(), np.random.default_rng(seed), trace), trace


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("seed", range(12))
def test_the_referee_accepts_every_plan(name: str, seed: int) -> None:
    problem = random_problem(seed)
    outcome, trace = solve(name, problem, Budget(evaluations=400), seed)
    if outcome.plan is None:
        assert outcome.status is SolutionStatus.NONE
        assert outcome.reason
        return
    score = evaluate(problem, outcome.plan)
    assert score.feasible, score.violations
    assert score.value is not None and trace.best_value is not None
    assert score.value <= trace.best_value + 1e-9 * abs(trace.best_value)


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("evaluations", [1, 250, 1001])
def test_exactly_the_evaluations_of_the_budget_are_used(name: str, evaluations: int) -> None:
    outcome, _ = solve(name, study("alexnet"), Budget(evaluations=evaluations))
    assert outcome.info["evaluations"] == evaluations
    assert outcome.termination is Termination.EVALUATION_LIMIT


@pytest.mark.parametrize("name", METHODS)
def test_a_seed_gives_the_same_plan_whatever_the_threads(name: str) -> None:
    problem = study("alexnet", "alexnet", deadline_s=5.0)
    plans = [solve(name, problem, Budget(evaluations=1500, threads=threads), 3)[0].plan for threads in (1, 2)]
    assert plans[0].node.tolist() == plans[1].node.tolist()
    assert plans[0].start_s.tolist() == plans[1].start_s.tolist()


@pytest.mark.parametrize("name", ["spso-ga", "annealing"])
def test_one_alexnet_is_solved_to_its_optimum_by_some_of_a_few_seeds(name: str) -> None:
    params = {"moves": 20_000} if name == "annealing" else {"iterations": 300}
    values = []
    for seed in range(8):
        outcome, _ = solve(name, study("alexnet"), seed=seed, **params)
        values.append(evaluate(study("alexnet"), outcome.plan).value)
    assert min(values) == pytest.approx(OPTIMUM)
    assert min(values) >= OPTIMUM - 1e-6


@pytest.mark.parametrize("name", ["spso-ga", "pso-ga"])
@pytest.mark.parametrize("budget", [Budget(), Budget(evaluations=2222)])
def test_iterations_in_one_call_are_those_one_by_one(
    name: str, budget: Budget, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = study("alexnet", "vgg19", deadline_s=20.0)
    together, _ = solve(name, problem, budget, 5, iterations=40)
    monkeypatch.setattr(spso_ga, "_CHUNK_GENES", 0)
    alone, _ = solve(name, problem, budget, 5, iterations=40)
    assert together.info == alone.info
    assert together.plan.node.tolist() == alone.plan.node.tolist()
    assert together.plan.start_s.tolist() == alone.plan.start_s.tolist()


def test_merged_blocks_are_fewer_genes() -> None:
    genes = [solve(name, study("alexnet"), Budget(evaluations=1))[0].info["genes"] for name in ("spso-ga", "pso-ga")]
    assert genes == [7, 11]


@pytest.mark.parametrize("name", ["ga", "pso"])
@pytest.mark.parametrize(("merged", "genes"), [(True, 7), (False, 11)])
def test_merging_is_a_parameter_where_the_method_has_no_twin_without(name: str, merged: bool, genes: int) -> None:
    outcome, _ = solve(name, study("alexnet"), Budget(evaluations=150), merged=merged)
    assert outcome.info["genes"] == genes
    assert outcome.info["evaluations"] == 150


@pytest.mark.parametrize("name", METHODS)
def test_a_start_by_relaxation_is_declined(name: str) -> None:
    reason = make(name, {"start": "lagrangian"}).decline(study("alexnet"), Budget())
    assert reason is not None
    assert "start" in reason


@pytest.mark.parametrize("name", METHODS)
def test_what_keeps_no_deadline_is_no_plan(name: str) -> None:
    params = {"moves": 300} if name == "annealing" else {"iterations": 3}
    outcome, _ = solve(name, study("alexnet", deadline_s=0.01), **params)
    assert outcome.plan is None
    assert outcome.status is SolutionStatus.NONE
    assert "deadlines" in (outcome.reason or "")
