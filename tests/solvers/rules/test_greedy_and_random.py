"""Greedy and random placements."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formulations.joint.evaluator import JointEvaluator
from formulations.joint.options import OptionTable, option_table
from formulations.joint.problem import JointProblem
from formulations.joint.referee import evaluate
from instances.columns import FloatArray
from instances.errors import InputError
from solvers.contract import SolutionStatus
from solvers.joint_kernels import game_of
from solvers.matching.blocking_pairs import choice_of
from solvers.registry import make
from solvers.rules.greedy import order_of, place_in_order
from tests.solvers.tiny_problems import run, tiny_problem, tiny_problems, traced_run, with_node_memory


def all_choices(table: OptionTable) -> FloatArray:
    ranges = [range(table.task_offsets[k], table.task_offsets[k + 1]) for k in range(table.n_tasks)]
    return np.array(list(itertools.product(*ranges)), dtype=np.int64).reshape(-1, table.n_tasks)


def partial_value(table: OptionTable, rows: list[int]) -> float:
    """Return the objective of the tasks placed so far, from the definition of (J)."""
    total = float(table.cost[rows].sum())
    for r in range(table.n_resources):
        uses = [
            (table.use_weight[u], table.use_seconds[u])
            for p in rows
            for u in range(table.use_offsets[p], table.use_offsets[p + 1])
            if table.use_resource[u] == r
        ]
        if table.problem.options.sharing == "optimal":
            total += sum(np.sqrt(v * a) for v, a in uses) ** 2
        else:
            total += len(uses) * sum(v * a for v, a in uses)
    return total


@settings(max_examples=60, deadline=None)
@given(problem=tiny_problems({"memory": "none"}), order=st.sampled_from(("gain", "weight", "given")))
def test_greedy_adds_each_task_where_the_objective_rises_least(problem: JointProblem, order: str) -> None:
    table = option_table(problem)
    turn = order_of(table, order, np.random.default_rng(0))  # type: ignore[arg-type]
    choice = choice_of(table, run("greedy", problem, {"order": order}).plan)
    rows: list[int] = []
    for k in turn.tolist():
        options = range(table.task_offsets[k], table.task_offsets[k + 1])
        least = min(partial_value(table, [*rows, p]) for p in options)
        rows.append(int(choice[k]))
        assert partial_value(table, rows) == pytest.approx(least, rel=1e-9)


def test_greedy_orders_are_what_they_say() -> None:
    table = option_table(tiny_problem(11, {"tasks_low": "6"}))
    rng = np.random.default_rng(0)
    weight = table.problem.instance.workload.task_weight
    assert (np.diff(weight[order_of(table, "weight", rng)]) <= 0).all()
    assert order_of(table, "given", rng).tolist() == [0, 1, 2, 3, 4, 5]
    assert sorted(order_of(table, "random", rng).tolist()) == [0, 1, 2, 3, 4, 5]


def test_an_unknown_order_is_refused_in_one_line() -> None:
    with pytest.raises(InputError, match="order"):
        make("greedy", {"order": "heavy"})


@pytest.mark.parametrize("name", ["greedy", "random", "best-reply", "matching"])
@settings(max_examples=40, deadline=None)
@given(problem=tiny_problems())
def test_plans_of_table_methods_are_accepted_and_reported(name: str, problem: JointProblem) -> None:
    outcome, trace = traced_run(name, problem)
    assert outcome.status is SolutionStatus.FEASIBLE
    score = evaluate(problem, outcome.plan)
    assert score.feasible
    assert trace.best_value is not None
    assert trace.best_value <= score.value
    if name == "best-reply":  # holds its states against a bound
        assert outcome.bound is None or outcome.bound <= score.value * (1 + 1e-12)
    else:
        assert outcome.bound is None


@pytest.mark.parametrize("name", ["greedy", "random", "best-reply", "matching"])
@settings(max_examples=25, deadline=None)
@given(problem=tiny_problems({"floors": "infeasible"}))
def test_a_claim_of_infeasibility_holds_by_brute_force(name: str, problem: JointProblem) -> None:
    outcome = run(name, problem)
    assert outcome.status is SolutionStatus.INFEASIBLE
    assert outcome.plan is None
    assert option_table(problem, prune=False).task_without_option() is not None


@pytest.mark.parametrize("room", [0.15, 0.25, 0.35, 0.5])
def test_scarce_memory_is_repaired_where_devices_hold_nothing(room: float) -> None:
    """Without device memory tasks must share what edges and cloud hold; a state is found where there is one."""
    met = {True: 0, False: 0}
    for seed in range(40):
        problem = tiny_problem(
            seed, {"memory": "none", "tasks_low": "3", "tasks_high": "4", "edges_low": "2", "floors": "none"}
        )
        load = problem.instance.workload
        weights = [float(problem.instance.networks[n].parameter_bytes.sum()) for n in load.task_network]
        problem = with_node_memory(problem, 0.0, room * sum(weights))
        table = option_table(problem)
        if table.task_without_option() is not None:
            continue
        _, excess = JointEvaluator(table).values(all_choices(table))
        possible = bool((excess == 0).any())
        met[possible] += 1
        rng = np.random.default_rng(0)
        state = place_in_order(table, game_of(table), order_of(table, "weight", rng), rng=rng)
        assert (state is not None) == possible
        if state is not None:
            assert evaluate(problem, table.plan(state.choice)).feasible
        else:
            assert run("best-reply", problem).status is SolutionStatus.NONE
            assert run("matching", problem).status is SolutionStatus.NONE
    assert met[True] + met[False] > 0


def test_random_takes_every_option_and_repeats_with_its_seed() -> None:
    problem = tiny_problem(8, {"memory": "none", "tasks_low": "1", "tasks_high": "1", "floors": "none"})
    table = option_table(problem)
    rows = [int(choice_of(table, run("random", problem, seed=s).plan)[0]) for s in range(40 * table.n_options)]
    counts = np.bincount(rows, minlength=table.n_options)
    # 40 expected of each; 5 standard deviations off would be 8
    assert counts.min() > 8
    assert rows[:50] == [int(choice_of(table, run("random", problem, seed=s).plan)[0]) for s in range(50)]


def test_more_draws_are_never_worse() -> None:
    problem = tiny_problem(21, {"tasks_low": "5", "memory": "none"})
    one = evaluate(problem, run("random", problem).plan).value
    many = evaluate(problem, run("random", problem, {"draws": 30}).plan).value
    assert many is not None
    assert one is not None
    assert many <= one
