"""Laws between schedule problems: time scaled, a node added, a deadline loosened, a core added, a core split off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from formulations.schedule.alike import alike_nodes, alike_tasks
from formulations.schedule.case import case_of
from formulations.schedule.problem import ScheduleOptions, ScheduleProblem
from instances.smart_iot.instance import smart_iot_instance
from solvers.contract import Budget, SolutionStatus
from solvers.registry import make
from tests.audit import AUDIT
from tests.formulations.schedule.more_nodes import edge_with_two_cores, with_split_node, with_twin
from tests.formulations.schedule.random_problems import OBJECTIVES, random_problem
from tests.solvers.exact.schedule.runs import run

SMALL = {"n_tasks": 2, "n_layers": 2, "n_nodes": 3, "plain": True}
MANY = 200 if AUDIT else 15
"""Problems of each law in the slow suite."""


def optimum(problem: ScheduleProblem, method: str = "schedule-cp-sat", seconds: float | None = 60.0) -> float:
    outcome, value = run(method, problem, seconds)
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


def scaled(problem: ScheduleProblem, factor: float) -> ScheduleProblem:
    system, load = problem.instance.system, problem.instance.workload
    slow = changed(
        problem,
        node_speed=system.node_speed / factor,
        link_bytes_per_s=system.link_bytes_per_s / factor,
        link_latency_s=system.link_latency_s * factor,
    )
    later = replace(load, task_release_s=load.task_release_s * factor, task_deadline_s=load.task_deadline_s * factor)
    return ScheduleProblem(instance=replace(slow.instance, workload=later), options=problem.options)


def seconds_scale(seed: int) -> None:
    problem = random_problem(seed, objective=seed % 4, **SMALL)
    assert optimum(scaled(problem, 4.0)) == pytest.approx(4.0 * optimum(problem), rel=1e-4, abs=1e-9), seed


def more_cores_never_cost(seed: int) -> None:
    problem = random_problem(seed, objective=seed % len(OBJECTIVES), most_cores=1, **SMALL)
    kinds = tuple(replace(kind, cores=2) for kind in problem.instance.system.kinds)
    assert optimum(changed(problem, kinds=kinds)) <= optimum(problem) * (1 + 2e-4) + 1e-9, seed


def later_deadlines_never_cost(seed: int) -> None:
    problem = random_problem(seed, objective=seed % len(OBJECTIVES), deadlines="hard", **SMALL)
    load = problem.instance.workload
    later = replace(problem.instance, workload=replace(load, task_deadline_s=load.task_deadline_s * 2.0))
    loose = ScheduleProblem(instance=later, options=problem.options)
    assert optimum(loose) <= optimum(problem) * (1 + 2e-4) + 1e-9, seed


def an_added_node_never_costs(seed: int) -> None:
    problem = random_problem(seed, objective=seed % len(OBJECTIVES), nodes="all", **SMALL)
    more = with_twin(problem, problem.instance.system.n_nodes - 1)
    assert optimum(more) <= optimum(problem) * (1 + 2e-4) + 1e-9, seed


def a_node_too_slow_to_use_changes_nothing(seed: int) -> None:
    problem = random_problem(seed, objective=seed % 4, nodes="all", **SMALL)
    # a layer takes at least 1/8 s, and no plan as long as 8,000 s
    more = with_twin(problem, problem.instance.system.n_nodes - 1, speed=2.0**-16)
    assert optimum(more) == pytest.approx(optimum(problem), rel=1e-4, abs=1e-9), seed


def a_core_split_off_changes_nothing(seed: int) -> None:
    # nothing is charged by the node: two windows, or a tensor that goes to both, would cost more than one
    drawn = random_problem(seed, objective=seed % 4, links="free", nodes="all", **SMALL)
    problem, node = edge_with_two_cores(drawn)
    split = optimum(with_split_node(problem, node), "schedule-enumeration", None)
    assert split == pytest.approx(optimum(problem), rel=1e-4, abs=1e-9), seed


LAWS = (
    seconds_scale,
    more_cores_never_cost,
    later_deadlines_never_cost,
    an_added_node_never_costs,
    a_node_too_slow_to_use_changes_nothing,
    a_core_split_off_changes_nothing,
)


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_a_law_holds(law: Callable[[int], None]) -> None:
    for seed in range(60, 63):
        law(seed)


@pytest.mark.slow
@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_a_law_holds_of_many_problems(law: Callable[[int], None], record_property: object) -> None:
    assert callable(record_property)
    for seed in range(40_000, 40_000 + MANY):
        law(seed)
    record_property("cases", MANY)


def test_two_tasks_meet_on_one_core_and_not_on_two_nodes() -> None:
    # the law of the split is not empty: with the core alone, and no second node, the optimum is another
    def one_core_costs(seed: int) -> bool:
        problem, node = edge_with_two_cores(random_problem(seed, objective=1, links="free", nodes="all", **SMALL))
        kinds = list(problem.instance.system.kinds)
        kinds[node] = replace(kinds[node], cores=1)
        return optimum(changed(problem, kinds=tuple(kinds))) > optimum(problem) * (1 + 1e-3)

    assert any(one_core_costs(seed) for seed in range(60, 72))


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
    assert outcome.info["start"] == "heft"
    assert value == pytest.approx(optimum(problem), rel=1e-4)


def test_a_start_that_declines_is_named_with_its_reason() -> None:
    problem = random_problem(3, objective=0, **SMALL)
    reason = make("jps").decline(problem, Budget(seconds=6.0))
    assert reason is not None
    outcome, _ = run("schedule-cp-sat", problem, start="jps")
    assert outcome.status is SolutionStatus.OPTIMAL
    assert outcome.info["start"] == f"none; jps declines ({reason})"


def test_a_start_without_a_plan_is_named() -> None:
    outcome, _ = run("schedule-cp-sat", iot(["alexnet"], energy_limit_j=850.0), 1.0, start="heft")
    assert outcome.info["start"] == "none; heft has no plan that keeps the limits"


def test_by_default_one_chain_starts_with_labels_and_several_with_list_schedules_or_a_search_from_them() -> None:
    for networks, starts in (
        (["alexnet"], {"schedule-chain-dp"}),
        (["alexnet"] * 2, {"list schedules", "schedule-lns"}),
    ):
        outcome, value = run("schedule-cp-sat", iot(networks), 1.5)
        assert outcome.info["start"] in starts
        assert value is not None and outcome.info["start_value"] >= value
        assert outcome.bound is not None and outcome.bound <= value * (1 + 1e-9)
