"""Laws between schedule problems: time scaled, a node added, a deadline loosened, a core split off."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from formulations.schedule.alike import alike_nodes, alike_tasks
from formulations.schedule.case import case_of
from formulations.schedule.problem import ScheduleOptions, ScheduleProblem
from instances.smart_iot.instance import smart_iot_instance
from solvers.contract import SolutionStatus
from solvers.registry import make
from tests.formulations.schedule.random_problems import random_problem
from tests.solvers.exact.schedule.runs import run

SMALL = {"n_tasks": 2, "n_layers": 2, "n_nodes": 3, "plain": True}


def optimum(problem: ScheduleProblem) -> float:
    outcome, value = run("schedule-cp-sat", problem)
    if outcome.status is SolutionStatus.INFEASIBLE:
        return float("inf")
    assert outcome.status is SolutionStatus.OPTIMAL
    assert value is not None
    return value


def changed(problem: ScheduleProblem, **system: object) -> ScheduleProblem:
    instance = problem.instance
    return ScheduleProblem(
        instance=replace(instance, system=replace(instance.system, **system)), options=problem.options
    )


@pytest.mark.parametrize("seed", range(3))
def test_seconds_scale_with_speeds_and_rates(seed: int) -> None:
    problem = random_problem(seed, objective=1, **SMALL)
    system, load = problem.instance.system, problem.instance.workload
    slow = changed(
        problem,
        node_speed=system.node_speed / 4.0,
        link_bytes_per_s=system.link_bytes_per_s / 4.0,
        link_latency_s=system.link_latency_s * 4.0,
    )
    later = replace(slow.instance, workload=replace(load, task_release_s=load.task_release_s * 4.0))
    slow = ScheduleProblem(instance=later, options=problem.options)
    assert optimum(slow) == pytest.approx(4.0 * optimum(problem), rel=1e-4)


@pytest.mark.parametrize("seed", range(3))
def test_more_cores_never_cost(seed: int) -> None:
    problem = random_problem(40 + seed, objective=(0, 1, 5)[seed], most_cores=1, **SMALL)
    kinds = tuple(replace(kind, cores=2) for kind in problem.instance.system.kinds)
    assert optimum(changed(problem, kinds=kinds)) <= optimum(problem) * (1 + 2e-4) + 1e-9


@pytest.mark.parametrize("seed", range(3))
def test_later_deadlines_never_cost(seed: int) -> None:
    problem = random_problem(60 + seed, objective=(3, 5, 7)[seed], deadlines="hard", **SMALL)
    load = problem.instance.workload
    later = replace(problem.instance, workload=replace(load, task_deadline_s=load.task_deadline_s * 2.0))
    loose = ScheduleProblem(instance=later, options=problem.options)
    assert optimum(loose) <= optimum(problem) * (1 + 2e-4) + 1e-9


def iot(networks: list[str], **options: object) -> ScheduleProblem:
    defaults = {"makespan_weight": 0.0, "energy_weight": 1.0, "deadlines": "hard", "nodes": "all"}
    instance = smart_iot_instance(networks, edges=2, deadline_s=3.0)
    return ScheduleProblem(instance=instance, options=ScheduleOptions(**{**defaults, **options}))  # type: ignore[arg-type]


def test_spare_devices_and_equal_tasks_are_found_alike() -> None:
    case = case_of(iot(["alexnet", "alexnet", "vgg19"]))
    assert alike_nodes(case) == [list(range(3, 10))]
    assert alike_tasks(case) == [[0, 1]]


def test_alike_nodes_are_none_where_a_link_differs() -> None:
    problem = iot(["alexnet"])
    system = problem.instance.system
    rate = np.array(system.link_bytes_per_s)
    rate[(system.link_source == 3) | (system.link_target == 3)] *= 2.0
    assert alike_nodes(case_of(changed(problem, link_bytes_per_s=rate))) == [[1, 2, *range(4, 10)]]


def test_energy_of_one_network_does_not_rise_with_more_edges() -> None:
    values = []
    for edges in (2, 4):
        instance = smart_iot_instance(["vgg19"], edges=edges, deadline_s=0.75)
        problem = ScheduleProblem(instance=instance, options=iot(["vgg19"]).options)
        outcome, value = run("schedule-chain-dp", problem)
        assert outcome.status is SolutionStatus.OPTIMAL
        values.append(value)
    assert values[1] <= values[0] * (1 + 1e-12)


def test_bound_of_two_networks_is_near_their_best_plan() -> None:
    problem = iot(["vgg19", "vgg19"])
    outcome, _ = run("schedule-bound", problem, 20.0)
    plan, value = run("greedy-energy", problem)
    assert plan.plan is not None and value is not None and outcome.bound is not None
    assert 0.5 * value < outcome.bound <= value


def test_start_is_a_method_of_the_family() -> None:
    with pytest.raises(Exception, match="start"):
        make("schedule-cp-sat", {"start": "cut-cp-sat"})
    problem = random_problem(3, objective=0, **SMALL)
    outcome, value = run("schedule-cp-sat", problem, start="heft")
    assert outcome.status is SolutionStatus.OPTIMAL
    assert value == pytest.approx(optimum(problem), rel=1e-4)
