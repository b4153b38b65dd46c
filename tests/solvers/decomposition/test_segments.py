"""Pricing without a table gives what plain enumeration gives; so do replies, plans and bounds made from it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from formulations.joint.options import OptionTable, option_table
from formulations.joint.positions import positions_of
from formulations.joint.problem import JointOptions, JointProblem
from formulations.joint.referee import evaluate
from instances.generators.registry import generate
from solvers.contract import Budget
from solvers.decomposition.blocks import SegmentDual
from solvers.decomposition.replies import load_of, reply
from solvers.decomposition.segment_options import CODE, option_parts
from solvers.decomposition.segment_plan import segment_plan
from solvers.decomposition.segment_pricing import cheapest, room_for
from solvers.decomposition.segments import Segments, segments_of
from solvers.registry import make
from solvers.trace import RefereedTrace
from tests.formulations.joint.random_problems import random_problem
from tests.solvers.decomposition.plans import optimum, stressed_table

QUICK, ALL = range(60), range(60, 500)


def full_table(given: JointProblem) -> OptionTable:
    return option_table(given, prune=False, positions=positions_of(given.instance, merge=True))


def metro(tasks: int, seed: int, settings: dict[str, str] | None = None, **options: Any) -> JointProblem:
    """Return a metropolitan problem with two clouds and versions of the networks."""
    asked = {"tasks": str(tasks), "clouds": "2", "exits": "true", "core": "shared", **(settings or {})}
    return JointProblem(instance=generate("metro", asked, seed), options=JointOptions(**options))


def check_prices(given: JointProblem, seed: int) -> bool:
    """Compare with enumeration at random prices, others' loads and prices of zero; False where segments do not apply."""
    segments = segments_of(given)
    if isinstance(segments, str):
        return False
    # the same options; only best shares may not exist for those that are not needed
    table = full_table(replace(given, options=replace(given.options, sharing="equal")))
    if table.task_without_option() is not None:
        return False
    rng = np.random.default_rng(seed)
    room, code = room_for(segments), np.empty(CODE, np.int64)
    scale = np.sqrt(table.use_cost.max(initial=0.0))
    for whole in (0.0, 1.0):
        for spread in (0.0, 1.0, 20.0):
            points = spread * scale * rng.random(table.n_resources)
            uses = (2.0 * points[table.use_resource] + whole * table.use_root) * table.use_root
            priced = table.cost + np.bincount(table.use_option(), uses, minlength=table.n_options)
            least = np.minimum.reduceat(priced, table.task_offsets[:-1])
            for k in range(table.n_tasks):
                cost = cheapest(k, points, whole, segments, room, code)
                assert cost == pytest.approx(least[k], rel=1e-11, abs=1e-300)
                n, parts = option_parts(k, code, segments, room.resource, room.root)
                root = room.root[:n]
                parts += ((2.0 * points[room.resource[:n]] + whole * root) * root).sum()
                assert parts == pytest.approx(cost, rel=1e-11, abs=1e-300)
    return True


def test_the_cheapest_option_is_that_of_plain_enumeration() -> None:
    assert sum(check_prices(random_problem(seed, sharing="optimal"), seed) for seed in QUICK) >= 10


@pytest.mark.slow
def test_the_cheapest_option_is_that_of_plain_enumeration_on_many() -> None:
    assert sum(check_prices(random_problem(seed, sharing="optimal"), seed) for seed in ALL) >= 100


@pytest.mark.parametrize("seed", range(4))
def test_energy_price_and_versions_are_priced_alike(seed: int) -> None:
    mixes: tuple[dict[str, Any], ...] = (
        {},
        {"energy_weight": 0.3, "price_weight": 2.0},
        {"energy_weight": 0.3, "energy_scope": "device"},
        {"latency_weight": 0.2, "price_weight": 100.0},
    )
    assert check_prices(metro(6, seed, **mixes[seed]), seed)


def test_the_dual_bound_is_the_sum_of_cheapest_options_less_squares() -> None:
    given = metro(40, 1)
    segments, table = segments_of(given), full_table(given)
    assert isinstance(segments, Segments)
    dual = SegmentDual.start(segments, table.n_resources, threads=1)
    rng = np.random.default_rng(0)
    for _ in range(30):
        dual.sweep(rng.random(40))
    bound, _ = dual.bound()
    uses = 2.0 * dual.load[table.use_resource] * table.use_root
    priced = table.cost + np.bincount(table.use_option(), uses, minlength=table.n_options)
    plain = np.minimum.reduceat(priced, table.task_offsets[:-1]).sum() - dual.load @ dual.load
    assert plain * (1 - 1e-11) <= bound <= plain
    assert bound <= dual.value() <= bound * (1 + 1e-3)


def test_results_do_not_depend_on_the_number_of_threads() -> None:
    given = metro(2500, 2)
    segments = segments_of(given)
    assert isinstance(segments, Segments)
    loads, states = [], []
    for threads in (1, 2):
        dual = SegmentDual.start(segments, len(given.instance.system.resources), threads)
        rng = np.random.default_rng(0)
        for _ in range(3):
            dual.sweep(rng.random(2500))
        state = dual.state.copy()
        _, load = load_of(segments, state, len(dual.load), threads)
        reply(segments, state, load, threads)
        loads.append(dual.load)
        states.append(state)
    assert (loads[0] == loads[1]).all()
    assert (states[0] == states[1]).all()


def test_the_referee_prices_a_state_as_its_loads_do_and_replies_lower_it() -> None:
    given = metro(300, 3, {"accuracy_floor": "0.5", "variants": "true"}, energy_weight=0.1, price_weight=1.0)
    segments = segments_of(given)
    assert isinstance(segments, Segments)
    n = len(given.instance.system.resources)
    dual = SegmentDual.start(segments, n, threads=1)
    rng = np.random.default_rng(0)
    for _ in range(8):
        dual.sweep(rng.random(300))
    bound, _ = dual.bound()
    state = dual.state.copy()
    values = []
    for _ in range(3):
        cost, load = load_of(segments, state, n, threads=1)
        values.append(cost + load @ load)
        score = evaluate(given, segment_plan(given, segments, state))
        assert score.violations == ()
        assert score.value == pytest.approx(values[-1], rel=1e-11)
        reply(segments, state, load, threads=1)
    assert bound <= values[2] <= values[1] < values[0]


def weighing(given: JointProblem, weights: dict[int, float]) -> JointProblem:
    """Return the problem with other weights of some tasks."""
    weight = np.array(given.instance.workload.task_weight)
    weight[list(weights)] = list(weights.values())
    load = replace(given.instance.workload, task_weight=weight)
    return replace(given, instance=replace(given.instance, workload=load))


def test_what_does_not_fall_apart_into_segments_says_why() -> None:
    assert "memory" in str(segments_of(metro(8, 0, {"edge_memory_bytes": "1e9"})))
    # its device has a price, so nothing is free, and on shared resources nothing of it weighs
    given = weighing(metro(8, 0, price_weight=1.0), {3: 0.0})
    price = np.array(given.instance.system.node_price_per_s)
    price[given.instance.workload.task_source[3]] = 1.0
    priced = replace(
        given, instance=replace(given.instance, system=replace(given.instance.system, node_price_per_s=price))
    )
    assert "weigh nothing" in str(segments_of(priced))


@pytest.mark.parametrize("seed", range(4))
def test_tasks_without_weight_stay_at_home_or_are_priced_by_their_energy(seed: int) -> None:
    mixes: tuple[dict[str, Any], ...] = ({}, {"energy_weight": 0.3}, {"price_weight": 0.5}, {"energy_weight": 1.0})
    given = weighing(metro(6, seed, **mixes[seed]), {1: 0.0, 4: 0.0})
    assert check_prices(given, seed)
    everyone = weighing(given, dict.fromkeys(range(6), 0.0))
    assert check_prices(everyone, seed)


@pytest.mark.parametrize("kind", ["equal", "memory"])
def test_where_segments_do_not_apply_their_bound_still_holds(kind: str) -> None:
    found = 0
    for index in range(60):
        table = stressed_table(index, "equal" if kind == "equal" else "optimal")
        if table.task_without_option() is not None or (best := optimum(table)) is None:
            continue
        segments = segments_of(table.problem, relaxed=True)
        if isinstance(segments, str) or (kind == "memory" and isinstance(segments_of(table.problem), Segments)):
            continue
        found += 1
        dual, rng = SegmentDual.start(segments, table.n_resources, threads=1), np.random.default_rng(index)
        for _ in range(6):
            dual.sweep(rng.random(table.n_tasks))
            assert dual.bound()[0] <= best
            assert dual.bound(dual.load * rng.uniform(0, 3, table.n_resources))[0] <= best
    assert found >= 8


@pytest.mark.parametrize("options", [{"sharing": "equal"}, {}])
def test_a_budget_too_short_for_the_table_is_long_enough_for_a_bound(
    options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("solvers.joint_setup._OPTIONS_PER_S", 1.0)
    given = metro(8, 1, {} if options else {"edge_memory_bytes": "4e8"}, **options)
    budget = Budget(seconds=100)
    method = make("lagrangian", {})
    assert method.decline(given, budget) is None
    trace = RefereedTrace(lambda plan: evaluate(given, plan))
    outcome = method.solve(given, budget, np.random.default_rng(0), trace)
    assert outcome.info["relaxed"]
    assert outcome.plan is not None and outcome.bound is not None
    value = evaluate(given, outcome.plan).value
    assert value is not None
    assert 0 < outcome.bound <= value
