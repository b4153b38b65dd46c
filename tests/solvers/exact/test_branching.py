"""Branch and bound of `lagrangian-exact`: node bounds hold and tighten, the tree ends at the optimum."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from formulations.joint.evaluator import JointEvaluator
from formulations.joint.options import OptionTable, option_table
from formulations.joint.problem import JointProblem
from formulations.joint.referee import evaluate
from formulations.joint.tangents import cut_coefficients
from instances.generators.registry import generate
from solvers import registry
from solvers.contract import Budget, Outcome, SolutionStatus, Termination
from solvers.decomposition.cut_dual import CutDual
from solvers.exact import branching
from solvers.exact.branch_memory import fit
from solvers.exact.branch_node import Residual, Room, node_bound, sort_out
from solvers.exact.branching import Branching, residual
from solvers.trace import RefereedTrace
from tests.solvers.decomposition.plans import all_plans, optimum, stressed_table

QUICK, ALL = range(40), range(40, 600)


def solve(problem: JointProblem, budget: Budget, params: dict[str, Any] | None = None) -> tuple[Outcome, RefereedTrace]:
    trace = RefereedTrace(lambda plan: evaluate(problem, plan))
    made = registry.make("lagrangian-exact", params or {})
    return made.solve(problem, budget, np.random.default_rng(0), trace), trace


def with_plans(index: int) -> OptionTable:
    """Return stressed table `index` under free shares; skip the test where it has no plan."""
    table = stressed_table(index, "optimal")
    if table.task_without_option() is not None or optimum(table) is None:
        pytest.skip("the problem has no plan")
    return table


def bound_at(table: OptionTable, rows: np.ndarray[Any, Any], points: np.ndarray[Any, Any]) -> tuple[float, Room]:
    """Return the bound at `points` of the node where `rows` are alive, and the arrays behind it."""
    left = residual(table, np.arange(table.n_options))
    room = Room.of(left)
    room.alive[: len(rows)] = rows
    room.level[:] = 0.0
    _, n_open, cost = sort_out(left, len(rows), room)
    return float(node_bound(left, n_open, cost, points, room)), room


def some_rows(table: OptionTable, rng: np.random.Generator) -> np.ndarray[Any, Any]:
    """Return a random node: for each task one option, some or all."""
    share = rng.choice((0.0, 0.5, 1.0), table.n_tasks)[table.option_task()]
    alive = rng.random(table.n_options) < share
    alive[table.task_offsets[:-1] + rng.integers(0, np.diff(table.task_offsets))] = True
    return np.flatnonzero(alive)


@pytest.mark.parametrize("index", QUICK)
def test_no_points_lift_the_bound_of_a_node_above_its_best_plan(index: int) -> None:
    table, rng = with_plans(index), np.random.default_rng((index, 1))
    picks = all_plans(table)
    value, _ = JointEvaluator(table).values(picks)
    for _ in range(10):
        rows = some_rows(table, rng)
        best = value[np.isin(picks, rows).all(axis=1)].min()
        for points in (
            np.zeros(table.n_resources),
            np.sqrt(best) * rng.uniform(0, 1, table.n_resources),
            10.0 ** rng.uniform(-12, 12, table.n_resources),
        ):
            assert bound_at(table, rows, points)[0] <= best


@pytest.mark.parametrize("index", QUICK)
def test_the_bound_of_a_node_is_at_least_that_of_the_cuts_alone(index: int) -> None:
    table, rng = with_plans(index), np.random.default_rng((index, 2))
    largest = np.sqrt(table.alone_cost().max())
    for _ in range(10):
        rows = some_rows(table, rng)
        points = largest * rng.uniform(0, 1, table.n_resources)
        bound, room = bound_at(table, rows, points)
        dead = np.full(table.n_options, np.inf)
        dead[rows] = table.cost[rows]
        plain = CutDual.start(table, room.floor + points, dead, 0.0).bound()[0]
        assert bound >= plain - 1e-9 * (abs(plain) + float(np.square(room.floor + points).sum()))


def test_the_bound_of_a_node_beats_the_cuts_where_a_heavy_task_is_decided() -> None:
    # a task of root 4 is decided; another costs 33 alone or has root 3, which makes it (4 + 3)^2: 49 either way
    empty = np.zeros(0)
    left = Residual(
        task=np.array([0, 1, 1], np.int32),
        cost=np.array([0.0, 33.0, 0.0]),
        use_offsets=np.array([0, 1, 1, 2]),
        resource=np.zeros(2, np.int32),
        use=np.array([4.0, 3.0]),
        memory_offsets=np.zeros(4, np.int64),
        node=empty.astype(np.int32),
        bytes=empty,
        n_nodes=0,
        n_tasks=2,
        n_resources=1,
    )
    room = Room.of(left)
    room.alive[:] = np.arange(3)
    room.level[:] = 0.0
    _, n_open, cost = sort_out(left, 3, room)
    assert node_bound(left, n_open, cost, np.zeros(1), room) == pytest.approx(49.0, rel=1e-11)
    heavy, light = (cut_coefficients(np.full(1001, root), np.linspace(0, 10, 1001)) for root in (4.0, 3.0))
    # best at t = 5.5, where either costs 33
    assert (heavy + np.minimum(33.0, light) - np.linspace(0, 10, 1001) ** 2).max() == pytest.approx(46.75)


@pytest.mark.parametrize("index", QUICK)
def test_the_bound_of_a_decided_plan_is_its_value(index: int) -> None:
    table, rng = with_plans(index), np.random.default_rng((index, 3))
    choice = table.task_offsets[:-1] + rng.integers(0, np.diff(table.task_offsets))
    value, _ = JointEvaluator(table).values(choice[None, :])
    bound, _ = bound_at(table, choice, np.zeros(table.n_resources))
    assert value[0] * (1 - 1e-11) <= bound <= value[0]


@pytest.mark.parametrize("index", QUICK)
def test_memory_rules_out_no_option_of_a_plan_that_fits(index: int) -> None:
    table, rng = with_plans(index), np.random.default_rng((index, 4))
    picks = all_plans(table)
    _, excess = JointEvaluator(table).values(picks)
    left = residual(table, np.arange(table.n_options))
    room = Room.of(left)
    for _ in range(10):
        rows = some_rows(table, rng)
        fitting = picks[np.isin(picks, rows).all(axis=1) & (excess == 0)]
        room.alive[: len(rows)] = rows
        kept = fit(left, len(rows), room)
        assert kept >= 0 or not len(fitting)
        assert np.isin(fitting, room.alive[: max(kept, 0)]).all()


def check_tree(index: int, budget: Budget) -> None:
    table = with_plans(index)
    best = optimum(table)
    assert best is not None
    outcome, trace = solve(table.problem, budget)
    assert all(point.value <= best for point in trace.bounds)
    if "nodes" not in outcome.info:  # no plan to start from: the MILP's
        return
    value = evaluate(table.problem, outcome.plan).value
    assert value is not None
    assert outcome.status is SolutionStatus.OPTIMAL
    assert outcome.bound is not None
    assert value - best <= budget.tolerance * abs(value)
    assert value - outcome.bound <= budget.tolerance * abs(value)


@pytest.mark.parametrize("tolerance", [1e-4, 1e-9])
@pytest.mark.parametrize("index", QUICK)
def test_the_tree_ends_at_the_optimum(index: int, tolerance: float) -> None:
    check_tree(index, Budget(tolerance=tolerance))


@pytest.mark.slow
@pytest.mark.parametrize("index", ALL)
def test_the_tree_ends_at_the_optimum_on_many(index: int) -> None:
    check_tree(index, Budget(tolerance=(1e-4, 1e-9)[index % 2]))


def city(tasks: int, seed: int) -> JointProblem:
    return JointProblem(instance=generate("metro", {"tasks": str(tasks)}, seed))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_branching_and_the_milp_prove_the_same_value(seed: int) -> None:
    problem = city(12, seed)
    values = []
    for proof in ("branching", "milp"):
        outcome, _ = solve(problem, Budget(tolerance=1e-5), {"proof": proof})
        assert outcome.status is SolutionStatus.OPTIMAL
        assert ("nodes" in outcome.info) == (proof == "branching")
        values.append(evaluate(problem, outcome.plan).value)
    assert values[0] == pytest.approx(values[1], rel=2e-5)


def whole_tree(problem: JointProblem, tolerance: float = 1e-6) -> Branching:
    """Return the tree over all options, from the plan that takes each task's first, before any turn."""
    table = option_table(problem)
    first = table.task_offsets[:-1]
    value = float(JointEvaluator(table).values(first[None, :])[0][0])
    left = residual(table, np.arange(table.n_options))
    return Branching.start(left, value, 0.0, np.zeros(table.n_resources), tolerance)


@pytest.mark.parametrize("threads", [1, 2])
def test_small_turns_and_stacks_lead_to_the_same_value(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    values = []
    for work, deep, wide, entries in ((20_000_000, 256, 16, 20_000_000), (1, 1, 1, 20_000_000), (1, 1, 1, 0)):
        monkeypatch.setattr(branching, "_WORK", work)
        monkeypatch.setattr(branching, "_DEEP", deep)
        monkeypatch.setattr(branching, "_WIDE", wide)
        monkeypatch.setattr(branching, "_MOST_ENTRIES", entries)
        tree = whole_tree(city(8, 4))
        before = tree.bound
        while tree.nodes:
            tree.turn(threads)
            assert before <= tree.bound <= tree.value
            before = tree.bound
        assert tree.value - tree.bound <= 1e-6 * tree.value
        values.append(tree.value)
    assert values == pytest.approx([values[0]] * 3, rel=1e-6)


def test_two_threads_repeat_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(branching, "_WORK", 20_000)
    runs = []
    for _ in range(2):
        tree = whole_tree(city(12, 3))
        while tree.nodes:
            tree.turn(2)
        runs.append((tree.value, tree.bound, tree.n_nodes))
    assert runs[0] == runs[1]


@pytest.mark.parametrize("index", [7, 15, 27, 30, 66, 71])
def test_a_search_that_memory_makes_long_is_left_to_the_milp(index: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(branching, "_MEMORY_TURNS", 0)
    table = with_plans(index)
    best = optimum(table)
    assert best is not None
    outcome, trace = solve(table.problem, Budget())
    assert all(point.value <= best for point in trace.bounds)
    assert outcome.status is SolutionStatus.OPTIMAL
    assert evaluate(table.problem, outcome.plan).value == pytest.approx(best, rel=2e-4)


def test_out_of_time_the_bound_is_that_of_the_open_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(branching, "_WORK", 1)
    problem = city(60, 2)
    exact, _ = solve(problem, Budget(tolerance=1e-7))
    monkeypatch.setattr(branching.Branching, "turn", lambda self, threads: None)
    outcome, _ = solve(problem, Budget(tolerance=1e-7, seconds=1.0))
    best = evaluate(problem, exact.plan).value
    assert (outcome.status, outcome.termination) == (SolutionStatus.FEASIBLE, Termination.TIME_LIMIT)
    assert best is not None and outcome.bound is not None
    assert 0.9 * best <= outcome.bound <= best


def test_tasks_that_no_price_can_balance_are_proven_in_few_nodes() -> None:
    # a few tasks carry most of the cost, so that the gap of the prices alone is 5 %
    problem = JointProblem(instance=generate("metro-benchmark", {"tasks": "30", "load": "high"}, 1))
    outcome, _ = solve(problem, Budget())
    assert outcome.status is SolutionStatus.OPTIMAL
    assert outcome.info["nodes"] < 1000
