"""Laws that bind the optimum of a problem to that of a changed one, by brute force."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from formulations.schedule.problem import ScheduleOptions, ScheduleProblem
from formulations.schedule.referee import evaluate
from instances.generators.assembly import nodes
from instances.instance import Instance
from instances.system import Tier
from solvers.contract import Budget, SolutionStatus
from solvers.registry import make
from solvers.trace import RefereedTrace
from tests.formulations.schedule.random_problems import OBJECTIVES, REGULAR, random_problem


def optimum(problem: ScheduleProblem) -> float:
    """Return the least value of any plan, ``inf`` where there is none."""
    method, budget = make("schedule-enumeration", {}), Budget()
    assert method.decline(problem, budget) is None
    trace = RefereedTrace(lambda plan: evaluate(problem, plan))
    outcome = method.solve(problem, budget, np.random.default_rng(0), trace)
    if outcome.status is SolutionStatus.INFEASIBLE:
        return np.inf
    assert outcome.status is SolutionStatus.OPTIMAL and outcome.plan is not None
    value = evaluate(problem, outcome.plan).value
    assert value is not None
    return value


def small(seed: int, **options: Any) -> ScheduleProblem:
    return random_problem(seed, **{"n_tasks": 2, "n_layers": 2, "n_nodes": 3, **options})


def changed(problem: ScheduleProblem, **parts: Any) -> ScheduleProblem:
    """Return the problem with other columns: of the system, the workload or the options."""
    instance: Instance = problem.instance
    system = replace(instance.system, **parts.get("system", {}))
    load = replace(instance.workload, **parts.get("workload", {}))
    costs = parts.get("costs", instance.costs)
    options: ScheduleOptions = replace(problem.options, **parts.get("options", {}))
    return ScheduleProblem(instance=replace(instance, system=system, workload=load, costs=costs), options=options)


@pytest.mark.parametrize("seed", range(8))
def test_twice_the_seconds_take_twice_as_long(seed: int) -> None:
    problem = small(seed, objective=seed % 4, plain=True)
    system, load = problem.instance.system, problem.instance.workload
    slow = changed(
        problem,
        system={"link_bytes_per_s": system.link_bytes_per_s / 2, "link_latency_s": 2 * system.link_latency_s},
        workload={"task_deadline_s": 2 * load.task_deadline_s, "task_release_s": 2 * load.task_release_s},
        costs=tuple(replace(cost, layer_seconds=2 * cost.layer_seconds) for cost in problem.instance.costs),
    )
    assert optimum(slow) == pytest.approx(2 * optimum(problem), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("seed", range(8))
def test_the_order_of_tasks_says_nothing(seed: int) -> None:
    problem = small(seed)
    load = problem.instance.workload
    turn = np.arange(load.n_tasks)[::-1]
    rows = [list(load.candidates_of(task)) for task in turn.tolist()]
    flat = [row for some in rows for row in some]
    other = changed(
        problem,
        workload={
            **{
                name: getattr(load, name)[turn]
                for name in (
                    "task_network",
                    "task_source",
                    "task_weight",
                    "task_deadline_s",
                    "task_accuracy_floor",
                    "task_release_s",
                )
            },
            "candidate_offsets": np.cumsum([0, *map(len, rows)]),
            "candidate_site": load.candidate_site[flat],
            "candidate_route": load.candidate_route[flat],
        },
    )
    assert optimum(other) == pytest.approx(optimum(problem), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("seed", range(8))
def test_a_node_that_nobody_reaches_changes_nothing(seed: int) -> None:
    problem = small(seed)
    system = problem.instance.system
    block = nodes(1, tier=int(Tier.EDGE), kind=0)
    more = {
        f"node_{name}": np.concatenate([getattr(system, f"node_{name}"), getattr(block, name)])
        for name in ("tier", "kind", "resource", "speed", "memory_bytes", "price_per_s", "x", "y")
    }
    aside = changed(problem, system={**more, "node_names": (*system.node_names, "aside")})
    assert optimum(aside) == pytest.approx(optimum(problem), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("objective", range(len(OBJECTIVES)))
def test_longer_deadlines_never_cost(objective: int) -> None:
    for seed in range(2):
        problem = small(40 + seed, objective=objective, deadlines="hard")
        load = problem.instance.workload
        loose = changed(problem, workload={"task_deadline_s": 1.5 * load.task_deadline_s})
        assert optimum(loose) <= optimum(problem) * (1 + 1e-9)


@pytest.mark.parametrize("objective", range(len(OBJECTIVES)))
def test_another_core_never_costs(objective: int) -> None:
    for seed in range(2):
        problem = small(60 + seed, objective=objective, most_cores=1)
        kinds = tuple(replace(kind, cores=2) for kind in problem.instance.system.kinds)
        assert optimum(changed(problem, system={"kinds": kinds})) <= optimum(problem) * (1 + 1e-9)


@pytest.mark.parametrize("objective", range(len(OBJECTIVES)))
def test_free_links_never_cost_more_than_serial_ones(objective: int) -> None:
    for seed in range(2):
        problem = small(80 + seed, objective=objective, links="serial")
        assert optimum(changed(problem, options={"links": "free"})) <= optimum(problem) * (1 + 1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_a_device_alone_works_its_layers_off_one_after_the_other(seed: int) -> None:
    problem = small(seed, objective=0, plain=True, most_cores=1)
    load, system = problem.instance.workload, problem.instance.system
    alone = changed(
        problem,
        workload={
            "candidate_offsets": np.zeros(load.n_tasks + 1, dtype=np.int64),
            "candidate_site": np.empty(0, dtype=np.int64),
            "candidate_route": np.empty(0, dtype=np.int64),
            "task_source": np.zeros(load.n_tasks, dtype=np.int64),
            "task_release_s": np.zeros(load.n_tasks),
        },
        options={"nodes": "reachable"},
    )
    total = sum(
        float(problem.instance.costs[int(net)].layer_seconds[0].sum()) / float(system.node_speed[0])
        for net in load.task_network
    )
    assert optimum(alone) == pytest.approx(total)


def test_regular_objectives_are_the_first_rows() -> None:
    for row, weights in enumerate(OBJECTIVES):
        assert ScheduleOptions(**weights).regular == (row < REGULAR)
