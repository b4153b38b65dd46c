"""List scheduling on random problems: plans that the referee accepts, none better than the optimum."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from formulations.schedule.case import case_of
from formulations.schedule.problem import ScheduleProblem
from formulations.schedule.referee import evaluate
from instances.errors import InputError
from instances.system import Tier
from solvers.contract import Budget, Outcome, SolutionStatus
from solvers.list_scheduling.construction import construct
from solvers.list_scheduling.graph import graph_of
from solvers.list_scheduling.heft import heft_rule
from solvers.list_scheduling.portfolio import first_plans
from solvers.list_scheduling.priorities import ListSchedulingParams
from solvers.registry import make
from solvers.trace import RefereedTrace
from tests.formulations.schedule.random_problems import random_problem

METHODS = ("heft", "cpop", "peft", "edf", "greedy-energy", "all-local")
PRIORITIES = ("upward-rank", "critical-path", "longest", "shortest", "successors", "fifo", "slack", "weight")


def run(name: str, problem: ScheduleProblem, **params: str) -> Outcome:
    trace = RefereedTrace(lambda plan: evaluate(problem, plan))
    return make(name, params).solve(problem, Budget(), np.random.default_rng(0), trace)


@pytest.mark.parametrize("seed", range(25))
def test_every_rule_gives_a_plan_that_the_referee_accepts(seed: int) -> None:
    problem = random_problem(seed, plain=True)
    for name in METHODS:
        outcome = run(name, problem)
        assert outcome.plan is not None, (name, outcome.reason)
        assert evaluate(problem, outcome.plan).feasible, name
    for priority in PRIORITIES:
        outcome = run("list-scheduling", problem, priority=priority, insertion=str(seed % 2 == 0).lower())
        assert outcome.plan is not None, (priority, outcome.reason)
        assert evaluate(problem, outcome.plan).feasible, priority


@pytest.mark.parametrize("seed", range(25, 50))
def test_with_limits_a_plan_keeps_them_or_the_reason_says_which_is_broken(seed: int) -> None:
    problem = random_problem(seed)
    for name in METHODS:
        if make(name).decline(problem, Budget()) is not None:
            continue
        outcome = run(name, problem)
        if outcome.plan is None:
            assert outcome.status is SolutionStatus.NONE
            assert outcome.reason
        else:
            assert evaluate(problem, outcome.plan).feasible


def test_no_rule_is_below_brute_force() -> None:
    compared = 0
    for seed in range(8):
        problem = random_problem(seed, n_tasks=2, n_layers=2, n_nodes=2, plain=True)
        least = evaluate(problem, run("schedule-enumeration", problem).plan).value
        assert least is not None
        for name in METHODS:
            value = evaluate(problem, run(name, problem).plan).value
            assert value is not None
            assert value >= least - 1e-9 * abs(least)
            compared += 1
    assert compared == 8 * len(METHODS)


def test_a_list_schedule_is_priced_by_its_ends_as_the_referee_does() -> None:
    for seed in range(20):
        problem = random_problem(seed, plain=True, objective=0)
        graph = graph_of(case_of(problem))
        partial = construct(graph, heft_rule(graph))
        assert not isinstance(partial, int)
        outcome = run("heft", problem)
        assert evaluate(problem, outcome.plan).value == pytest.approx(partial.end.max(), rel=1e-12)


def test_energy_is_counted_as_the_referee_does() -> None:
    for seed in range(20):
        problem = random_problem(seed, plain=True, objective=5, return_result=seed % 2 == 0)
        case = case_of(problem)
        graph = graph_of(case)
        partial = construct(graph, heft_rule(graph))
        assert not isinstance(partial, int)
        sent = int(partial.counts[0])
        plan = case.plan(partial.place, partial.start, partial.sent[:sent], partial.sent_start[:sent])
        score = evaluate(problem, plan)
        assert score.feasible
        assert score.value == pytest.approx(partial.spent[0], rel=1e-12)
        assert float(score.price.sum()) == pytest.approx(partial.spent[1], rel=1e-12)


def test_a_layer_that_finds_no_room_gets_some_reserved() -> None:
    found = 0
    for seed in range(50):
        problem = random_problem(seed, plain=True, memory=True)
        outcome = run("heft", problem)
        if outcome.plan is not None:
            found += 1
            assert evaluate(problem, outcome.plan).feasible
    assert found > 40


def test_whole_networks_run_where_the_rule_says() -> None:
    shown = set()
    for seed in range(12):
        problem = random_problem(seed, plain=True)
        for name, tier in (("all-local", Tier.DEVICE), ("all-edge", Tier.EDGE), ("all-cloud", Tier.CLOUD)):
            if make(name).decline(problem, Budget()) is None:
                plan = run(name, problem).plan
                layers = np.setdiff1d(np.arange(problem.n_operations), problem.offsets[:-1])
                assert (problem.instance.system.node_tier[plan.node[layers]] == tier).all()
                shown.add(name)
    assert shown == {"all-local", "all-edge", "all-cloud"}


def test_what_cannot_reach_its_readers_is_never_chosen() -> None:
    problem = random_problem(3, plain=True)
    case = case_of(problem)
    latency = np.full_like(case.latency, np.inf)
    np.fill_diagonal(latency, 0.0)
    graph = graph_of(replace(case, latency=latency))
    at = case.source[case.task]
    chosen = [graph.choices[graph.choice_offsets[v] : graph.choice_offsets[v + 1]] for v in range(case.n_operations)]
    first = np.flatnonzero(case.is_input)
    assert all(chosen[v].tolist() == [at[v]] for v in first)
    partial = construct(graph, heft_rule(graph))
    assert not isinstance(partial, int)
    assert (partial.place == at).all()


def test_first_plans_hold_those_of_the_rules() -> None:
    problem = random_problem(11, plain=True)
    values = [evaluate(problem, plan).value for plan in first_plans(case_of(problem))]
    assert evaluate(problem, run("heft", problem).plan).value == values[0]
    assert len(values) > 5


def test_an_unknown_priority_is_refused() -> None:
    with pytest.raises(InputError, match="parameter priority"):
        ListSchedulingParams(priority="alphabet")  # type: ignore[arg-type]
