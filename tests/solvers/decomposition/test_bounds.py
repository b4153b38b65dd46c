"""Bounds never exceed the optimum, whatever the prices, the weights and the rounding."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from formulations.joint.options import OptionTable, option_table
from formulations.joint.problem import JointOptions, JointProblem
from formulations.joint.referee import evaluate
from instances.generators.registry import generate
from instances.instance import Instance
from instances.workload import Workload
from solvers.contract import Budget, SolutionStatus
from solvers.decomposition.equal_dual import EqualDual
from solvers.decomposition.lagrangian import Lagrangian
from solvers.decomposition.lagrangian_params import LagrangianParams
from solvers.decomposition.relaxation import Relaxation
from solvers.trace import RefereedTrace
from tests.formulations.joint.by_hand import Link, Node, Task, instance, network, problem
from tests.solvers.decomposition.plans import all_plans, load_of, optimum, stressed_table

QUICK, ALL = range(40), range(40, 600)
RULES = ("optimal", "equal")


def random_prices(table: OptionTable, rng: np.random.Generator) -> list[np.ndarray[Any, Any]]:
    """Return prices of the resources: none, tiny, huge, and near the loads of some plans."""
    n = table.n_resources
    picks = all_plans(table)
    loads = [load_of(table, picks[rng.integers(len(picks))]) for _ in range(3)]
    near = [2 * load * rng.uniform(0, 2, n) for load in loads]
    spread = [10.0 ** rng.uniform(-12, 12, n) for _ in range(3)]
    return [np.zeros(n), *(2 * load for load in loads), *near, *spread]


def memory_prices(table: OptionTable, scale: float, rng: np.random.Generator) -> list[np.ndarray[Any, Any]]:
    """Return prices of the nodes' memory: none, sensible ones, huge ones."""
    n = table.problem.instance.system.n_nodes
    per_byte = abs(scale) / 1e6
    return [np.zeros(n), per_byte * rng.uniform(0, 1, n), per_byte * 10.0 ** rng.uniform(-6, 9, n)]


def check_bounds(index: int) -> None:
    rng = np.random.default_rng((index, 3))
    for sharing in RULES:
        table = stressed_table(index, sharing)
        if table.task_without_option() is not None:
            continue
        best = optimum(table)
        if best is None:
            continue
        start = table.task_offsets[:-1].copy()
        relaxation = Relaxation.start(table, start)
        for lam in memory_prices(table, best, rng):
            relaxation.set_memory_price(lam)
            assert relaxation.bound() <= best
            for mu in random_prices(table, rng):
                assert relaxation.bound(mu) <= best
            for _ in range(3):
                relaxation.sweep(rng.permutation(table.n_tasks))
                assert relaxation.bound() <= best
            if sharing == "equal":
                check_equal_dual(table, relaxation, best, rng)


def check_equal_dual(table: OptionTable, relaxation: Relaxation, best: float, rng: np.random.Generator) -> None:
    if not table.n_resources:
        return
    fixed, held = relaxation.fixed_cost, relaxation.held()
    dual = EqualDual.start(table, 2.0 * relaxation.load)
    bound, gradient = dual.bound(fixed, held)
    assert bound <= best
    for _ in range(10):
        dual.step(gradient, max(best - bound, 0.0))
        bound, gradient = dual.bound(fixed, held)
        assert bound <= best
    sensible = dual.price.copy()
    use = table.use_cost.max(initial=1.0)
    for _ in range(10):
        shape = sensible.shape
        dual.price = sensible * rng.uniform(0, 2, shape)
        assert dual.bound(fixed, held)[0] <= best
        # of either sign, far from anything sensible
        dual.price = rng.normal(size=shape) * 10.0 ** rng.uniform(-6, 6, shape) * np.array([[use], [1.0], [use**0.5]])
        dual.price[2] = np.abs(dual.price[2])
        assert dual.bound(fixed, held)[0] <= best


@pytest.mark.parametrize("index", QUICK)
def test_no_prices_lift_a_bound_above_the_optimum(index: int) -> None:
    check_bounds(index)


@pytest.mark.slow
@pytest.mark.parametrize("index", ALL)
def test_no_prices_lift_a_bound_above_the_optimum_on_many(index: int) -> None:
    check_bounds(index)


def check_method(index: int) -> None:
    for sharing in RULES:
        table = stressed_table(index, sharing)
        trace = RefereedTrace(lambda plan, table=table: evaluate(table.problem, plan))
        method = Lagrangian(LagrangianParams(sweeps=50, dual_steps=60, moves=2000))
        outcome = method.solve(table.problem, Budget(), np.random.default_rng(index), trace)
        best = None if table.task_without_option() is not None else optimum(table)
        if best is None:
            assert outcome.plan is None
            assert outcome.status in (SolutionStatus.INFEASIBLE, SolutionStatus.NONE)
            continue
        assert outcome.status is not SolutionStatus.INFEASIBLE
        assert outcome.bound is not None
        assert outcome.bound <= best
        assert all(point.value <= best for point in trace.bounds)
        if outcome.plan is not None:
            score = evaluate(table.problem, outcome.plan)
            assert score.violations == ()
            assert score.value is not None
            assert score.value >= best * (1 - 1e-12)
            if outcome.status is SolutionStatus.OPTIMAL:
                assert score.value - best <= 1e-4 * abs(score.value)


@pytest.mark.parametrize("index", range(30))
def test_the_method_keeps_bound_below_optimum_below_plan(index: int) -> None:
    check_method(index)


@pytest.mark.slow
@pytest.mark.parametrize("index", range(30, 500))
def test_the_method_keeps_bound_below_optimum_below_plan_on_many(index: int) -> None:
    check_method(index)


def many_equal_tasks(n: int) -> Instance:
    """`n` copies of one task that cannot leave its device."""
    one = generate("tiny", {"tasks_low": "1", "tasks_high": "1", "memory": "none"}, 3)
    load = one.workload
    columns = {name: np.repeat(getattr(load, name), n) for name in load.__dataclass_fields__ if name[:5] == "task_"}
    nowhere = {"candidate_offsets": np.zeros(n + 1, dtype=int), "candidate_site": [], "candidate_route": []}
    return replace(one, workload=Workload(**columns, **nowhere))


@pytest.mark.parametrize("weight", [0.1, 1 / 3, 0.7, 1.9])
def test_rounding_of_a_long_sum_does_not_lift_the_bound(weight: float) -> None:
    # equal terms are rounded alike: a plain sum of 300,000 is off by up to 1e-11, and often upwards
    given = JointProblem(instance=many_equal_tasks(300_000), options=JointOptions(latency_weight=weight))
    table = option_table(given)
    relaxation = Relaxation.start(table, table.task_offsets[:-1].copy())
    bound = relaxation.bound()
    value = evaluate(given, table.plan(relaxation.choice)).value
    assert value is not None
    assert value * (1 - 1e-11) <= bound <= value


def one_edge(
    n: int, *, memory: float = np.inf, device_memory: float = np.inf, weight: float = 1.0, **options: Any
) -> OptionTable:
    """`n` equal tasks: device 8 s, or all on one shared edge 2 s after 1 s on the air, or cut between."""
    nodes = [Node(name=f"d{i}", memory=device_memory) for i in range(n)]
    nodes.append(Node(name="e", resource="edge", memory=memory))
    links = [Link(source=f"d{i}", target="e", rate=10.0) for i in range(n)]
    tasks = tuple(Task(source=f"d{i}", candidates=(f"d{i}-e",), weight=weight) for i in range(n))
    net = network((0, 4, 4), (0, 10, 10), (10, 5, 1))
    return option_table(problem(instance(nodes, links, tasks=tasks, networks=(net,)), **options))


@pytest.mark.parametrize("weight", [1e-9, 0.3, 1.7e9])
def test_large_prices_that_cancel_do_not_lift_the_equal_dual(weight: float) -> None:
    # nobody can stay on a device, so prices of users and of their uses cancel: in each task and in the resource
    table = one_edge(7, weight=weight, device_memory=0.0, sharing="equal")
    best, use = optimum(table), float(table.use_cost[0])
    assert best is not None
    assert table.n_options == 7
    dual = EqualDual.start(table, np.zeros(1))
    fixed = np.array(table.cost)
    rng = np.random.default_rng(2)
    for _ in range(1000):
        size = use * 10.0 ** rng.uniform(0, 15)
        # 14 uses more for a user, and the resource takes all seven: without rounding the bound is the optimum
        dual.price = np.array([[size + 14 * use], [-size / use], [0.0]])
        assert dual.bound(fixed, 0.0)[0] <= best


@pytest.mark.parametrize("sharing", RULES)
def test_huge_memory_prices_cancel_without_lifting_the_bound(sharing: str) -> None:
    # half of the tasks fit; at any price of a byte the sum of prices paid and of prices held may cancel
    table = one_edge(4, memory=40.0, sharing=sharing)
    best = optimum(table)
    assert best is not None
    relaxation = Relaxation.start(table, table.task_offsets[:-1].copy())
    for exponent in range(-10, 16):
        relaxation.set_memory_price(np.full(table.problem.instance.system.n_nodes, 10.0**exponent))
        assert relaxation.bound() <= best
        if sharing == "equal":
            dual = EqualDual.start(table, 2.0 * relaxation.load)
            assert dual.bound(relaxation.fixed_cost, relaxation.held())[0] <= best


def test_memory_prices_grant_what_the_referee_tolerates() -> None:
    # devices hold nothing and the edge a little less than both tasks need: within the referee's tolerance
    nodes = [Node(name="d", memory=0.0), Node(name="e", resource="edge", memory=40.0 * (1 - 5e-10))]
    tasks = (Task(candidates=("d-e",)),) * 2
    net = network((0, 4, 4), (0, 10, 10), (10, 5, 1))
    given = problem(instance(nodes, [Link(source="d", target="e", rate=10.0)], tasks=tasks, networks=(net,)))
    table = option_table(given)
    best = optimum(table)
    assert best == pytest.approx(2 * (1 + 2 * 2))
    relaxation = Relaxation.start(table, table.task_offsets[:-1].copy())
    for price in (0.0, 1.0, 1e3, 1e9, 1e12):
        relaxation.set_memory_price(np.full(2, price))
        assert relaxation.bound() <= best


@pytest.mark.parametrize("sharing", RULES)
def test_one_task_has_no_gap(sharing: str) -> None:
    table = one_edge(1, sharing=sharing)
    outcome = Lagrangian().solve(
        table.problem, Budget(), np.random.default_rng(0), RefereedTrace(lambda p: evaluate(table.problem, p))
    )
    best = optimum(table)
    assert best is not None and outcome.bound is not None
    assert outcome.status is SolutionStatus.OPTIMAL
    assert best * (1 - 1e-6) <= outcome.bound <= best


def test_without_anything_shared_the_bound_is_the_optimum() -> None:
    for index in range(0, 60, 5):
        table = stressed_table(index, "optimal")
        if table.task_without_option() is not None or len(table.memory_node):
            continue
        best = optimum(table)
        assert best is not None
        bound = Relaxation.start(table, table.task_offsets[:-1].copy()).bound()
        assert best - 1e-11 * abs(best) <= bound <= best


def test_equal_prices_of_users_start_at_the_bound_of_best_shares_and_raise_it() -> None:
    table = one_edge(3, sharing="equal")
    relaxation = Relaxation.start(table, table.task_offsets[:-1].copy())
    for _ in range(50):
        relaxation.sweep(np.arange(3))
    plain, best = relaxation.bound(), optimum(table)
    assert best is not None
    dual = EqualDual.start(table, 2.0 * relaxation.load)
    bound, gradient = dual.bound(relaxation.fixed_cost, 0.0)
    assert bound >= plain - 1e-9 * best
    highest = bound
    for _ in range(200):
        dual.step(gradient, best - bound)
        bound, gradient = dual.bound(relaxation.fixed_cost, 0.0)
        highest = max(highest, bound)
    assert plain < highest <= best
