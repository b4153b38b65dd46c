"""The method `matching` and its checker of blocking pairs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formulations.joint.options import option_table
from formulations.joint.plan import JointPlan
from formulations.joint.problem import JointProblem
from formulations.joint.referee import evaluate
from instances.errors import InputError
from solvers.contract import SolutionStatus, Termination
from solvers.matching.blocking_pairs import blocking_pairs, choice_of
from solvers.matching.deferred_acceptance import unstable_pairs
from solvers.matching.method import first_matching
from solvers.matching.sites import default_quota, sites_of
from solvers.registry import make
from tests.solvers.tiny_problems import (
    late_run,
    own_costs,
    run,
    tiny_problem,
    tiny_problems,
    traced_run,
    with_node_memory,
)

MODES = ("selfish", "cooperative")
CROWDED = {"tasks_low": "5", "edges_low": "2", "access": "shared", "memory": "none"}


def tasks_of_sites(problem: JointProblem, plan: JointPlan) -> np.ndarray:
    load = problem.instance.workload
    away = plan.candidate >= 0
    rows = (load.candidate_offsets[:-1] + plan.candidate)[away]
    return np.bincount(load.candidate_site[rows], minlength=problem.instance.system.n_nodes)


@pytest.mark.parametrize("acceptance", MODES)
@settings(max_examples=40, deadline=None)
@given(problem=tiny_problems(), quota=st.sampled_from((None, 1, 2)))
def test_the_final_matching_is_exchange_stable(acceptance: str, problem: JointProblem, quota: int | None) -> None:
    params = {"acceptance": acceptance} | ({} if quota is None else {"quota": quota})
    outcome = run("matching", problem, params)
    assert outcome.status is SolutionStatus.FEASIBLE
    assert outcome.info["stable"]
    assert blocking_pairs(problem, outcome.plan, acceptance=acceptance, quota=quota) == []  # type: ignore[arg-type]


@settings(max_examples=40, deadline=None)
@given(problem=tiny_problems({"memory": "none"}), seed=st.integers(0, 99))
def test_a_cooperative_blocking_move_changes_the_referees_value_by_what_it_says(
    problem: JointProblem, seed: int
) -> None:
    table = option_table(problem)
    plan = run("random", problem, seed=seed).plan
    value = evaluate(problem, plan).value
    assert value is not None
    choice, sites = choice_of(table, plan), sites_of(table, table.n_tasks)
    for pair in blocking_pairs(problem, plan, acceptance="cooperative", quota=table.n_tasks):
        if pair.second >= 0:
            continue
        k = pair.first
        changes = []
        for slot in range(sites.place_offsets[k], sites.place_offsets[k + 1]):
            if sites.slot_site[slot] == pair.site:
                for p in sites.slot_options[sites.slot_offsets[slot] : sites.slot_offsets[slot + 1]]:
                    other = choice.copy()
                    other[k] = p
                    now = evaluate(problem, table.plan(other)).value
                    assert now is not None
                    changes.append(now - value)
        assert pair.change == pytest.approx(min(changes), abs=1e-9 * value)


@settings(max_examples=40, deadline=None)
@given(problem=tiny_problems(CROWDED))
def test_a_plan_that_a_lone_task_can_better_for_all_is_blocked(problem: JointProblem) -> None:
    """Whoever alone gains by leaving its device harms nobody, as nobody shares anything yet."""
    table = option_table(problem)
    plan = run("all-local", problem).plan
    alone = table.alone_cost()
    own = own_costs(problem, evaluate(problem, plan))
    gainers = {
        k
        for k in range(table.n_tasks)
        if alone[table.task_offsets[k] : table.task_offsets[k + 1]].min() < own[k] - 1e-6 * own.sum()
    }
    movers = {pair.first for pair in blocking_pairs(problem, plan) if pair.second < 0}
    assert movers == gainers


@pytest.mark.parametrize("acceptance", MODES)
@settings(max_examples=40, deadline=None)
@given(problem=tiny_problems(CROWDED), quota=st.integers(1, 3))
def test_quotas_hold_and_swaps_never_raise_the_objective(acceptance: str, problem: JointProblem, quota: int) -> None:
    outcome, trace = traced_run("matching", problem, {"acceptance": acceptance, "quota": quota})
    score = evaluate(problem, outcome.plan)
    assert score.feasible
    assert tasks_of_sites(problem, outcome.plan).max() <= quota
    # the last incumbent is the best: no step on the way from the first matching raised it
    assert trace.best_value == pytest.approx(score.value, rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(problem=tiny_problems(CROWDED), quota=st.integers(1, 3))
def test_selfish_steps_leave_nobody_worse(problem: JointProblem, quota: int) -> None:
    """No accepted step raises anyone's own cost, so from the first matching to the last no task's rises."""
    first = late_run("matching", problem, {"quota": quota}).plan
    last = run("matching", problem, {"quota": quota}).plan
    before, after = (own_costs(problem, evaluate(problem, plan)) for plan in (first, last))
    assert (after <= before * (1 + 1e-9)).all()


def test_cooperative_steps_may_leave_somebody_worse() -> None:
    worse = 0
    for seed in range(60):
        problem = tiny_problem(seed, CROWDED, sharing="equal")
        params = {"acceptance": "cooperative"}
        plans = late_run("matching", problem, params).plan, run("matching", problem, params).plan
        before, after = (own_costs(problem, evaluate(problem, plan)) for plan in plans)
        worse += bool((after > before * (1 + 1e-6)).any())
    assert worse > 0


@settings(max_examples=40, deadline=None)
@given(problem=tiny_problems(CROWDED), quota=st.integers(1, 3))
def test_the_first_matching_is_stable_without_externalities(problem: JointProblem, quota: int) -> None:
    table = option_table(problem)
    sites = sites_of(table, quota)
    slot = first_matching(table, sites)
    cost, option = sites.least(table.alone_cost())
    seconds = np.bincount(table.use_option(), table.use_seconds, minlength=table.n_options)
    task = np.repeat(np.arange(table.n_tasks), np.diff(sites.place_offsets))
    device = cost[sites.place_offsets[:-1]][task]
    rows = np.flatnonzero((sites.slot_site >= 0) & np.isfinite(cost) & (cost < device))
    score = (device - cost)[rows] / seconds[option[rows]]
    match = np.array([int(np.flatnonzero(rows == s)[0]) if s >= 0 else -1 for s in slot])
    offsets = np.searchsorted(rows, sites.place_offsets)
    assert unstable_pairs(offsets, sites.slot_site[rows], cost[rows], score, sites.quota, match) == []


def test_the_default_quota_is_half_as_much_again_as_an_even_share() -> None:
    table = option_table(tiny_problem(3, {"tasks_low": "5", "tasks_high": "5", "edges_low": "2"}))
    assert default_quota(table) == 4
    assert run("matching", table.problem).info["quota"] == 4


def test_a_swap_is_found_where_no_move_is_allowed() -> None:
    """With all places taken only exchanges can better a bad matching."""
    found = 0
    for seed in range(60):
        problem = tiny_problem(seed, CROWDED | {"backhaul": "shared"})
        outcome = run("matching", problem, {"acceptance": "cooperative", "quota": 1})
        found += outcome.info["swaps"]
    assert found > 0


def test_exchanges_block_a_plan_that_moves_do_not() -> None:
    """Among random plans with full sites the checker finds exchanges, and each lowers the objective."""
    found = 0
    for seed in range(40):
        problem = tiny_problem(seed, CROWDED)
        plan = run("random", problem, seed=seed).plan
        value = evaluate(problem, plan).value
        assert value is not None
        for pair in blocking_pairs(problem, plan, acceptance="cooperative", quota=1):
            assert pair.change < 0
            found += pair.second >= 0
    assert found > 0


def test_who_accepts_selfishly_accepts_cooperatively() -> None:
    """Own costs sum to the objective, so a cut that harms nobody and helps somebody lowers it."""
    for seed in range(20):
        problem = tiny_problem(seed, CROWDED)
        plan = run("matching", problem, {"acceptance": "cooperative"}).plan
        table = option_table(problem)
        base = own_costs(problem, evaluate(problem, plan))
        choice = choice_of(table, plan)
        for k in range(table.n_tasks):
            for p in range(table.task_offsets[k], table.task_offsets[k + 1]):
                if table.candidate[p] != plan.candidate[k]:
                    continue
                other = choice.copy()
                other[k] = p
                own = own_costs(problem, evaluate(problem, table.plan(other)))
                assert not ((own <= base * (1 + 1e-12)).all() and own.sum() < base.sum() * (1 - 1e-9))


def test_quotas_that_leave_no_place_are_named() -> None:
    problem = with_node_memory(tiny_problem(2, CROWDED | {"floors": "none"}), 0.0, np.inf)
    if option_table(problem).task_without_option() is not None:
        pytest.skip("a task has no option at all")
    outcome = run("matching", problem, {"quota": 1})
    assert outcome.status is SolutionStatus.NONE
    assert "quotas (1)" in outcome.reason


def test_when_time_is_out_it_hands_in_the_first_matching() -> None:
    problem = tiny_problem(4, CROWDED)
    outcome = late_run("matching", problem)
    assert outcome.termination is Termination.TIME_LIMIT
    assert not outcome.info["stable"]
    assert evaluate(problem, outcome.plan).feasible


def test_a_plan_that_is_not_allowed_cannot_be_checked() -> None:
    problem = tiny_problem(4, CROWDED)
    plan = run("all-edge", problem).plan
    bad = JointPlan(
        version=plan.version + 99,
        candidate=plan.candidate,
        cloud=plan.cloud,
        device_until=plan.device_until,
        edge_until=plan.edge_until,
    )
    with pytest.raises(InputError, match="task 0"):
        blocking_pairs(problem, bad)


@pytest.mark.parametrize(("name", "value"), [("acceptance", "kind"), ("quota", 0), ("slack", -1.0)])
def test_nonsense_parameters_are_refused_in_one_line(name: str, value: object) -> None:
    with pytest.raises(InputError, match=name):
        make("matching", {name: value})
