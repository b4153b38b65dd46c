"""The rule `single-cut`, checked against all single cuts of the complete option table."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings

from formulations.joint.options import option_table
from formulations.joint.problem import JointProblem
from formulations.joint.referee import evaluate
from solvers.contract import SolutionStatus, Termination
from solvers.matching.blocking_pairs import choice_of
from solvers.rules.single_cut import best_single_cuts
from tests.solvers.tiny_problems import run, tiny_problem, tiny_problems


@settings(max_examples=60, deadline=None)
@given(problem=tiny_problems())
def test_it_finds_the_cheapest_single_cut_of_every_task(problem: JointProblem) -> None:
    _, cost = best_single_cuts(problem)
    table = option_table(problem, prune=False)
    single = (table.cloud < 0) | (table.device_until == table.edge_until)
    alone = np.where(single, table.alone_cost(), np.inf)
    for k in range(table.n_tasks):
        mine = alone[table.task_offsets[k] : table.task_offsets[k + 1]]
        assert np.isclose(cost[k], mine.min(initial=np.inf), rtol=1e-12)


@settings(max_examples=40, deadline=None)
@given(problem=tiny_problems({"memory": "none"}))
def test_its_plan_has_the_cost_that_it_found_when_tasks_are_alone(problem: JointProblem) -> None:
    place, cost = best_single_cuts(problem)
    plan = run("single-cut", problem).plan
    assert evaluate(problem, plan).feasible
    assert np.array_equal(plan.version, place[:, 0])
    table = option_table(problem, prune=False)
    assert np.allclose(table.alone_cost()[choice_of(table, plan)], cost, rtol=1e-12)


@settings(max_examples=30, deadline=None)
@given(problem=tiny_problems({"memory": "binding"}))
def test_where_the_cuts_do_not_fit_together_it_says_so(problem: JointProblem) -> None:
    outcome = run("single-cut", problem)
    if outcome.status is SolutionStatus.FEASIBLE:
        assert evaluate(problem, outcome.plan).feasible
    else:
        assert outcome.plan is None
        assert outcome.termination is Termination.UNSUPPORTED
        assert "memory" in outcome.reason


def test_a_floor_that_no_version_meets_is_named() -> None:
    problem = tiny_problem(4, {"memory": "none", "floors": "none"})
    floor = np.array(problem.instance.workload.task_accuracy_floor)
    floor[1] = 1.0
    workload = replace(problem.instance.workload, task_accuracy_floor=floor)
    problem = replace(problem, instance=replace(problem.instance, workload=workload))
    assert run("single-cut", problem).reason.startswith("task 1: no single cut")
