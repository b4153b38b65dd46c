"""Alike tasks are priced together: found by their numbers, priced to the same bits, and distinct ones are left alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.alike import repeated
from formulations.joint.problem import JointOptions, JointProblem
from formulations.joint.referee import evaluate
from instances.generators.registry import generate
from solvers import registry
from solvers.contract import Budget
from solvers.decomposition.alike import first_alike
from solvers.decomposition.blocks import SegmentDual
from solvers.decomposition.segment_finding import find
from solvers.decomposition.segments import Segments, segments_of
from solvers.decomposition.waves import order_by_lanes, spans_of
from solvers.trace import RefereedTrace


def fleet(tasks: int, times: int, seed: int = 1) -> JointProblem:
    """Return tasks of which so many in a row are alike; without memory, as they share devices."""
    instance = generate("metro-benchmark", {"tasks": str(tasks)}, seed)
    return JointProblem(instance=repeated(instance, times), options=JointOptions(energy_weight=0.1, memory=False))


def segments(problem: JointProblem) -> Segments:
    made = segments_of(problem)
    assert isinstance(made, Segments)
    return made


@pytest.mark.parametrize("tasks", [60, 2_400])
def test_a_row_is_alike_only_where_all_its_numbers_are_those_of_the_row_before(tasks: int) -> None:
    problem = fleet(tasks, 6)
    seg = segments(problem)
    task = seg.order
    assert (task[1:][seg.alike[1:]] // 6 == task[:-1][seg.alike[1:]] // 6).all()
    assert seg.alike.sum() >= 0.7 * tasks
    load = problem.instance.workload
    for column in ("task_weight", "task_accuracy_floor", "task_network"):
        values = np.array(getattr(load, column))
        values[3::6] = values[3::6] + 1 if column != "task_network" else (values[3::6] + 1) % 3
        other = replace(problem, instance=replace(problem.instance, workload=replace(load, **{column: values})))
        changed = segments(other)
        at = np.flatnonzero(changed.alike)
        pair = np.stack((changed.order[at - 1], changed.order[at]))
        assert (values[pair[0]] == values[pair[1]]).all()


def test_drawn_weights_make_no_two_tasks_alike() -> None:
    problem = JointProblem(instance=generate("metro-benchmark", {"tasks": "2500"}, 3))
    assert (first_alike(problem) == np.arange(2_500)).all()
    assert not segments(problem).alike.any()


def test_alike_tasks_of_devices_of_their_own_are_found() -> None:
    problem = fleet(40, 2)
    instance = problem.instance
    # every other task of a pair moves to a device of its own with the same numbers
    system, load = instance.system, instance.workload
    source = np.array(load.task_source)
    twin = np.array(generate("metro-benchmark", {"tasks": "40"}, 1).workload.task_source)[1::2]
    speed, kind = np.array(system.node_speed), np.array(system.node_kind)
    speed[twin], kind[twin] = speed[source[1::2]], kind[source[1::2]]
    source[1::2] = twin
    moved = replace(problem, instance=replace(instance, system=replace(system, node_speed=speed, node_kind=kind)))
    assert segments(moved).alike[1::2].all()


@pytest.mark.parametrize(("tasks", "times"), [(60, 5), (2_400, 7), (2_400, 300)])
def test_a_pass_gives_the_same_bits_as_pricing_every_task(tasks: int, times: int) -> None:
    problem = fleet(tasks, times)
    seg, n_resources = segments(problem), len(problem.instance.system.resources)
    apart = seg._replace(alike=np.zeros(tasks, dtype=bool))
    dual = SegmentDual.start(seg, n_resources, threads=1)
    for spread in (0.0, 1.0, 30.0):
        dual.sweep(np.random.default_rng(0).random(tasks))
        points = spread * dual.load * np.random.default_rng(1).random(n_resources)
        sums, states = [], []
        for one in (seg, apart):
            other = SegmentDual.start(one, n_resources, threads=1)
            bound, used = other.bound(points)
            state = dual.state.copy()
            found = find(one, points, state, spans_of(tasks), 1)
            sums.append((bound, used.tolist(), found.total, found.task.tolist(), found.cost.tolist()))
            states.append(state)
        assert sums[0] == sums[1]
        assert np.array_equal(states[0], states[1])


def test_sweeps_of_alike_tasks_end_at_the_same_relaxation() -> None:
    problem = fleet(2_400, 40)
    seg, n_resources = segments(problem), len(problem.instance.system.resources)
    values = []
    for one in (seg, seg._replace(alike=np.zeros(2_400, dtype=bool))):
        dual, rng = SegmentDual.start(one, n_resources, threads=1), np.random.default_rng(0)
        for _ in range(40):
            dual.sweep(rng.random(2_400))
        bound, _ = dual.bound()
        values.append(dual.value())
        assert bound <= dual.value() <= bound * (1 + 1e-3)
    assert values[0] == pytest.approx(values[1], rel=1e-3)


@pytest.mark.slow
def test_lagrangian_certifies_a_fleet() -> None:
    problem = fleet(2_400, 40)
    trace = RefereedTrace(lambda plan: evaluate(problem, plan))
    outcome = registry.make("lagrangian", {"table_options": "0"}).solve(
        problem, Budget(seconds=20.0), np.random.default_rng(0), trace
    )
    value = evaluate(problem, outcome.plan).value
    assert value is not None
    assert outcome.bound is not None
    assert outcome.bound <= value <= outcome.bound * (1 + 1e-3)


def test_the_order_of_distinct_tasks_knows_nothing_of_groups() -> None:
    rng = np.random.default_rng(0)
    site = rng.integers(-1, 20, 5_000)
    order = order_by_lanes(site, np.arange(5_000))
    assert sorted(order.tolist()) == list(range(5_000))
    for begin, end in spans_of(5_000):
        assert (np.diff(site[order[begin:end]]) >= 0).all()
    together = order_by_lanes(np.repeat(site[:500], 10), np.repeat(np.arange(0, 5_000, 10), 10))
    assert sorted(together.tolist()) == list(range(5_000))
    assert (np.diff(together // 10) == 0).mean() > 0.85
