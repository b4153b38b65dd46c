"""The rules that run whole networks in one place, checked against the referee."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formulations.joint.problem import JointProblem, versions_of
from formulations.joint.referee import evaluate
from instances.system import Tier
from solvers.contract import Budget, SolutionStatus, Termination
from solvers.registry import make
from tests.solvers.tiny_problems import run, tiny_problem, tiny_problems, with_node_memory

RULES = ("all-local", "all-edge", "all-cloud")


def without_candidates(problem: JointProblem, task: int) -> JointProblem:
    load = problem.instance.workload
    keep = np.ones(len(load.candidate_site), dtype=bool)
    keep[list(load.candidates_of(task))] = False
    counts = np.diff(load.candidate_offsets)
    counts[task] = 0
    workload = replace(
        load,
        candidate_offsets=np.concatenate(([0], np.cumsum(counts))),
        candidate_site=load.candidate_site[keep],
        candidate_route=load.candidate_route[keep],
    )
    return replace(problem, instance=replace(problem.instance, workload=workload))


@pytest.mark.parametrize("rule", RULES)
@settings(max_examples=40, deadline=None)
@given(problem=tiny_problems())
def test_a_rule_declines_with_a_reason_or_its_plan_is_accepted(rule: str, problem: JointProblem) -> None:
    reason = make(rule).decline(problem, Budget())
    outcome = run(rule, problem)
    if reason is not None:
        assert reason
        assert outcome.plan is None
        assert outcome.termination is Termination.UNSUPPORTED
        assert outcome.reason == reason
    else:
        assert outcome.status is SolutionStatus.FEASIBLE
        assert evaluate(problem, outcome.plan).feasible


@settings(max_examples=40, deadline=None)
@given(problem=tiny_problems({"memory": "none"}))
def test_each_rule_runs_everything_where_its_name_says(problem: JointProblem) -> None:
    load, tier = problem.instance.workload, problem.instance.system.node_tier
    loads = {rule: evaluate(problem, run(rule, problem).plan).loads for rule in RULES}
    assert loads["all-local"]["edge_work"] == loads["all-local"]["cloud_work"] == 0
    assert loads["all-edge"]["device_work"] == loads["all-edge"]["cloud_work"] == 0
    assert loads["all-cloud"]["device_work"] == loads["all-cloud"]["edge_work"] == 0
    assert (run("all-edge", problem).plan.candidate == 0).all()
    assert (tier[load.candidate_site[load.candidate_offsets[:-1]]] == Tier.EDGE).all()


@pytest.mark.parametrize("rule", RULES)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_the_version_is_the_cheapest_that_meets_the_floor(rule: str, seed: int) -> None:
    problem = tiny_problem(
        seed,
        {"memory": "none", "tasks_low": "1", "tasks_high": "1", "options_high": "40"},
        latency_weight=0.7,
        energy_weight=0.3,
        price_weight=10.0,
    )
    plan = run(rule, problem).plan
    value = evaluate(problem, plan).value
    for v, version in enumerate(versions_of(problem.instance.networks[0])):
        last = np.array([version.last])
        other = replace(
            plan,
            version=np.array([v]),
            device_until=last if rule == "all-local" else plan.device_until,
            edge_until=plan.edge_until if rule == "all-cloud" else last,
        )
        score = evaluate(problem, other)
        assert not score.feasible or value <= score.value * (1 + 1e-12)


def test_all_edge_goes_to_the_first_candidate_that_is_an_edge_and_all_cloud_to_a_cloud_itself() -> None:
    problem = tiny_problem(3, {"memory": "none", "edges_low": "2", "tasks_low": "3", "floors": "none"})
    load, system = problem.instance.workload, problem.instance.system
    # the first edge becomes a cloud, so every task's first candidate is one
    tier = np.array(system.node_tier)
    tier[load.candidate_site[0]] = Tier.CLOUD
    problem = replace(problem, instance=replace(problem.instance, system=replace(system, node_tier=tier)))
    edge, cloud = run("all-edge", problem).plan, run("all-cloud", problem).plan
    assert (edge.candidate == 1).all()
    assert (cloud.candidate == 0).all()
    assert (cloud.cloud == load.candidate_site[0]).all()


@pytest.mark.parametrize(("rule", "missing"), [("all-edge", "is an edge"), ("all-cloud", "reaches a cloud")])
def test_a_task_without_a_candidate_is_named(rule: str, missing: str) -> None:
    problem = without_candidates(tiny_problem(1, {"memory": "none", "tasks_low": "3"}), 1)
    assert make(rule).decline(problem, Budget()) == f"task 1 has no candidate that {missing}"


@pytest.mark.parametrize("rule", RULES)
def test_a_limit_of_memory_is_named(rule: str) -> None:
    problem = with_node_memory(tiny_problem(5, {"floors": "none"}), 10.0, 10.0)
    reason = make(rule).decline(problem, Budget())
    assert reason is not None
    assert "memory" in reason


def test_nodes_that_are_too_small_for_all_their_tasks_are_named() -> None:
    problem = tiny_problem(
        5, {"memory": "none", "tasks_low": "6", "edges_high": "1", "variants": "false", "exits": "false"}
    )
    whole = max(float(net.parameter_bytes.sum()) for net in problem.instance.networks)
    reason = make("all-edge").decline(with_node_memory(problem, np.inf, 1.5 * whole), Budget())
    assert reason is not None
    assert reason.startswith("node edge0: needs ")


@pytest.mark.parametrize("rule", [*RULES, "single-cut", "greedy", "random", "best-reply", "matching"])
def test_a_limit_of_evaluations_is_declined(rule: str) -> None:
    reason = make(rule).decline(tiny_problem(0, {"memory": "none"}), Budget(evaluations=5))
    assert reason is not None
    assert "evaluations" in reason


def test_a_plan_that_optimal_shares_cannot_serve_is_not_handed_in() -> None:
    problem = tiny_problem(2, {"memory": "none", "tasks_low": "4", "edges_high": "1"})
    weight = np.array(problem.instance.workload.task_weight)
    weight[0] = 0.0
    workload = replace(problem.instance.workload, task_weight=weight)
    problem = replace(problem, instance=replace(problem.instance, workload=workload))
    outcome = run("all-edge", problem)
    assert outcome.plan is None
    assert outcome.termination is Termination.UNSUPPORTED
    assert "share" in outcome.reason
