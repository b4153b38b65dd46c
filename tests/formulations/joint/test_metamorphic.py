"""Laws of the optimum: what relabelling, other units, an unreachable node and more memory do to it."""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from formulations.joint.problem import JointProblem
from formulations.joint.referee import evaluate
from instances.columns import Array
from instances.instance import Instance
from instances.networks.graph import NetworkGraph
from instances.system import System, Tier
from solvers import registry
from solvers.contract import Budget, SolutionStatus
from solvers.trace import RefereedTrace
from tests.formulations.joint.small_problems import small_problem

TOLERANCE = 1e-5
INDICES = (0, 1, 2, 5, 6, 7, 10, 11, 12, 13)
on_problems = pytest.mark.parametrize("index", INDICES)


def optimum(problem: JointProblem) -> float | None:
    """Return the value of a plan that is proven optimal to `TOLERANCE`, None where there is no plan."""
    trace = RefereedTrace(lambda plan: evaluate(problem, plan))
    made = registry.make("milp", {"backend": "highs"})
    outcome = made.solve(problem, Budget(tolerance=TOLERANCE), np.random.default_rng(0), trace)
    if outcome.status is SolutionStatus.INFEASIBLE:
        return None
    assert outcome.status is SolutionStatus.OPTIMAL
    return evaluate(problem, outcome.plan).value


def check_same(changed: JointProblem, problem: JointProblem, factor: float = 1.0) -> None:
    before, after = optimum(problem), optimum(changed)
    if before is None:
        assert after is None
    else:
        assert after == pytest.approx(factor * before, rel=2 * TOLERANCE)


def with_instance(problem: JointProblem, **changes: Any) -> JointProblem:
    return replace(problem, instance=replace(problem.instance, **changes))


@on_problems
def test_the_order_of_the_tasks_does_not_matter(index: int) -> None:
    problem = small_problem(index)
    load = problem.instance.workload
    order = np.random.default_rng(index).permutation(load.n_tasks)
    rows = [load.candidates_of(k) for k in order.tolist()]
    candidates = np.concatenate([np.arange(row.start, row.stop) for row in rows])
    tasks = {item.name: getattr(load, item.name)[order] for item in fields(load) if item.name.startswith("task_")}
    workload = replace(
        load,
        **tasks,
        candidate_offsets=np.concatenate(([0], np.cumsum([len(row) for row in rows]))),
        candidate_site=load.candidate_site[candidates],
        candidate_route=load.candidate_route[candidates],
    )
    check_same(with_instance(problem, workload=workload), problem)


@on_problems
def test_the_numbers_of_nodes_and_resources_do_not_matter(index: int) -> None:
    problem = small_problem(index)
    system, load = problem.instance.system, problem.instance.workload
    rng = np.random.default_rng(index)
    nodes, resources = rng.permutation(system.n_nodes), rng.permutation(len(system.resources))
    new_node, new_resource = np.argsort(nodes), np.argsort(resources)

    def renumbered(values: Array) -> Array:
        return np.where(values >= 0, new_resource[values], -1)

    columns = {
        item.name: getattr(system, item.name)[nodes]
        for item in fields(system)
        if item.name.startswith("node_") and item.name != "node_names"
    }
    columns["node_resource"] = renumbered(columns["node_resource"])
    shuffled = replace(
        system,
        **columns,
        node_names=tuple(f"node {i}" for i in range(system.n_nodes)),
        resources=tuple(system.resources[r] for r in resources),
        link_source=new_node[system.link_source],
        link_target=new_node[system.link_target],
        link_resource=renumbered(system.link_resource),
        route_source=new_node[system.route_source],
        route_target=new_node[system.route_target],
    )
    workload = replace(load, task_source=new_node[load.task_source], candidate_site=new_node[load.candidate_site])
    check_same(with_instance(problem, system=shuffled, workload=workload), problem)


@on_problems
@pytest.mark.parametrize("factor", [0.02, 300.0])
def test_times_and_energies_in_other_units_scale_the_optimum(index: int, factor: float) -> None:
    problem = small_problem(index)
    instance = problem.instance
    system = replace(
        instance.system,
        link_bytes_per_s=instance.system.link_bytes_per_s / factor,
        link_latency_s=instance.system.link_latency_s * factor,
        link_joules_per_byte=instance.system.link_joules_per_byte * factor,
        link_price_per_byte=instance.system.link_price_per_byte * factor,
    )
    costs = tuple(
        replace(table, **{item.name: getattr(table, item.name) * factor for item in fields(table)})
        for table in instance.costs
    )
    check_same(with_instance(problem, system=system, costs=costs), problem, factor)


def _sized(net: NetworkGraph, tensors: float, weights: float) -> NetworkGraph:
    layers = tuple(
        replace(layer, output_bytes=layer.output_bytes * tensors, parameter_bytes=layer.parameter_bytes * weights)
        for layer in net.layers
    )
    exits = tuple(replace(early, parameter_bytes=early.parameter_bytes * weights) for early in net.exits)
    return replace(net, layers=layers, exits=exits)


@on_problems
def test_larger_tensors_on_faster_links_and_larger_weights_in_larger_memories_change_nothing(index: int) -> None:
    problem = small_problem(index)
    instance, system = problem.instance, problem.instance.system
    tensors, weights = 4.0, 0.25  # powers of two, so that no sum rounds otherwise
    scaled = replace(
        system,
        link_bytes_per_s=system.link_bytes_per_s * tensors,
        link_joules_per_byte=system.link_joules_per_byte / tensors,
        link_price_per_byte=system.link_price_per_byte / tensors,
        node_memory_bytes=system.node_memory_bytes * weights,
    )
    networks = tuple(_sized(net, tensors, weights) for net in instance.networks)
    check_same(with_instance(problem, system=scaled, networks=networks), problem)


def _with_lonely_edge(system: System) -> System:
    """Add a fast edge node in front of all nodes, to which no route leads."""
    best = {"node_tier": Tier.EDGE, "node_kind": int(system.node_kind.max()), "node_resource": -1, "node_speed": 100.0}
    best |= {"node_memory_bytes": np.inf, "node_price_per_s": 0.0, "node_x": np.nan, "node_y": np.nan}
    columns = {name: np.concatenate(([value], getattr(system, name))) for name, value in best.items()}
    for name in ("link_source", "link_target", "route_source", "route_target"):
        columns[name] = getattr(system, name) + 1
    return replace(system, **columns, node_names=("lonely", *system.node_names))


@on_problems
def test_an_unreachable_node_changes_nothing(index: int) -> None:
    problem = small_problem(index)
    load = problem.instance.workload
    moved = replace(load, task_source=load.task_source + 1, candidate_site=load.candidate_site + 1)
    instance: Instance = replace(problem.instance, system=_with_lonely_edge(problem.instance.system), workload=moved)
    check_same(replace(problem, instance=instance), problem)


@on_problems
def test_more_memory_never_raises_the_optimum_and_no_limit_is_the_most(index: int) -> None:
    problem = small_problem(index)
    system = problem.instance.system
    values = []
    for factor in (0.5, 1.0, 1.5, 4.0):
        roomier = replace(system, node_memory_bytes=system.node_memory_bytes * factor)
        values.append(optimum(with_instance(problem, system=roomier)))
    values.append(optimum(replace(problem, options=replace(problem.options, memory=False))))
    known = [np.inf if value is None else value for value in values]
    for tighter, looser in pairwise(known):
        assert looser <= tighter * (1 + TOLERANCE)


@on_problems
def test_free_shares_are_no_worse_than_equal_ones(index: int) -> None:
    problem = small_problem(index)
    free, equal = (
        optimum(replace(problem, options=replace(problem.options, sharing=rule))) for rule in ("optimal", "equal")
    )
    assert (free is None) == (equal is None)
    if free is not None and equal is not None:
        assert free <= equal * (1 + TOLERANCE)


@on_problems
def test_the_objectives_weights_scale_the_optimum(index: int) -> None:
    problem = small_problem(index)
    options = problem.options
    names = ("latency_weight", "energy_weight", "price_weight")
    scaled = replace(options, **{name: 7.0 * getattr(options, name) for name in names})
    check_same(replace(problem, options=scaled), problem, 7.0)
