"""Pricing over segments against plain enumeration: every option, any prices, tolls, rents and weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from formulations.joint.option_space import OptionSpace
from formulations.joint.options import OptionTable, option_table
from formulations.joint.problem import JointProblem
from instances.columns import BoolArray, FloatArray
from instances.errors import InputError
from instances.generators.registry import generate
from solvers.decomposition.column_search import priced_columns
from solvers.decomposition.pricing import Pricing
from solvers.decomposition.relaxation import Relaxation
from tests.formulations.joint.random_problems import random_options, random_problem
from tests.solvers.decomposition.plans import optimum, stressed_table


@dataclass(frozen=True)
class Enumerated:
    """The whole table, and which of its options pricing may return: all that rule 1 leaves, and the free ones."""

    table: OptionTable
    counts: BoolArray
    free: FloatArray

    @classmethod
    def of(cls, problem: JointProblem) -> Enumerated | None:
        try:
            table = option_table(problem, prune=False)
        except InputError:
            return None
        unshared = (np.bincount(table.use_option(), table.use_cost, minlength=table.n_options) == 0) & (
            np.diff(table.memory_offsets) == 0
        )
        if table.task_without_option() is not None:
            return None
        free = np.minimum.reduceat(np.where(unshared, table.cost, np.inf), table.task_offsets[:-1])
        own = free[table.option_task()]
        return cls(table, (table.alone_cost() < own) | (unshared & (table.cost <= own)), free)

    def least(self, mu: FloatArray, rent: FloatArray, sharp: bool) -> FloatArray:
        priced = np.where(self.counts, priced_columns(self.table, mu, rent, sharp=sharp), np.inf)
        least: FloatArray = np.minimum.reduceat(priced, self.table.task_offsets[:-1])
        return least


def prices(pricing: Pricing, scale: float, rng: np.random.Generator) -> list[tuple[FloatArray, FloatArray]]:
    """Return prices of resources and rents: none, sensible ones, of any size, with and without rents."""
    system = pricing.space.problem.instance.system
    n, nodes = max(len(system.resources), 1), system.n_nodes
    none = np.zeros(nodes)
    found = [(np.zeros(n), none)]
    for turn in range(6):
        mu = (
            np.sqrt(scale) * rng.uniform(0, 2, n) * (rng.random(n) < 0.8) if turn < 4 else 10.0 ** rng.uniform(-9, 9, n)
        )
        rent = np.where(pricing.limited, scale / 1e6 * rng.uniform(0, 1, nodes), 0.0) if turn % 2 else none
        found.append((mu, rent))
    return found


def check(seed: int) -> None:
    problem = random_problem(seed, sharing="optimal")
    whole = Enumerated.of(problem)
    if whole is None:
        pytest.skip("no table, or a task without an option")
    table = whole.table
    space = OptionSpace.of(problem)
    pricing = Pricing.of(space)
    assert pricing is not None
    assert pricing.free_cost == pytest.approx(whole.free, rel=1e-12)
    tasks, scale = np.arange(table.n_tasks), float(table.alone_cost().mean())
    rng = np.random.default_rng(seed)
    for mu, rent in prices(pricing, scale, rng):
        for sharp in (False, True):
            found = pricing.price(mu, rent, sharp=sharp)
            least = whole.least(mu, rent, sharp)
            assert found is not None
            assert found.cost == pytest.approx(least, rel=1e-10)
            # the placement is the option of that cost
            assert priced_columns(space.table(tasks, found.placement), mu, rent, sharp=sharp) == pytest.approx(
                least, rel=1e-10
            )
            held = float(rent[pricing.limited] @ pricing.room[pricing.limited])
            assert found.bound <= least.sum() - mu @ mu / 4 - held + 1e-9 * (least.sum() + held + mu @ mu)


@pytest.mark.parametrize("seed", range(44))
def test_pricing_is_plain_enumeration(seed: int) -> None:
    check(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(44, 400))
def test_pricing_is_plain_enumeration_on_many(seed: int) -> None:
    check(seed)


def test_the_problems_have_versions_clouds_rents_and_parts_that_share_a_resource() -> None:
    problems = [random_problem(seed, sharing="optimal") for seed in range(44)]
    tables = [whole.table for p in problems if (whole := Enumerated.of(p)) is not None]
    assert any((t.version > 0).any() for t in tables)
    assert any((np.diff(t.memory_offsets) > 0).any() for t in tables)
    assert any((t.cloud >= 0).any() for t in tables)
    systems = [t.problem.instance.system for t in tables]
    assert any(set(s.node_resource.tolist()) & set(s.link_resource.tolist()) - {-1} for s in systems)


@pytest.mark.parametrize("seed", range(0, 44, 4))
def test_all_options_within_a_threshold_are_found(seed: int) -> None:
    problem = random_problem(seed, sharing="optimal")
    whole = Enumerated.of(problem)
    if whole is None:
        pytest.skip("no table, or a task without an option")
    space = OptionSpace.of(problem)
    pricing = Pricing.of(space)
    assert pricing is not None
    rng = np.random.default_rng(seed)
    # rule 0 merges cuts, so count the options at merged cuts only
    table = space.table(*everything(pricing))
    for mu, rent in prices(pricing, float(table.alone_cost().mean()), rng):
        priced = priced_columns(table, mu, rent, sharp=True)
        most = np.minimum.reduceat(priced, table.task_offsets[:-1]) * rng.uniform(1.0, 2.0)
        expected = int((priced < most[table.option_task()]).sum())
        found = pricing.within(mu, rent, most, 10**6, sharp=True)
        assert found is not None
        assert abs(len(found[0]) - expected) <= 1e-9 * expected + 2  # ties at the threshold
        cost = priced_columns(space.table(*found), mu, rent, sharp=True)
        assert (cost <= most[found[0]] * (1 + 1e-12)).all()
        if len(found[0]) > 1:
            assert pricing.within(mu, rent, most, len(found[0]) - 1, sharp=True) is None


def everything(pricing: Pricing) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    """Return all options that pricing can return."""
    n, system = pricing.space.problem.instance.n_tasks, pricing.space.problem.instance.system
    none = np.zeros(max(len(system.resources), 1)), np.zeros(system.n_nodes)
    found = pricing.within(*none, np.full(n, np.inf), 10**6)
    assert found is not None
    return found


@pytest.mark.parametrize("index", range(40))
def test_no_prices_lift_the_bound_above_the_optimum(index: int) -> None:
    table = stressed_table(index, "optimal")
    best = None if table.task_without_option() is not None else optimum(table)
    if best is None:
        pytest.skip("the problem has no plan")
    pricing = Pricing.of(OptionSpace.of(table.problem))
    assert pricing is not None
    rng = np.random.default_rng((index, 5))
    for mu, rent in prices(pricing, best, rng):
        for sharp in (False, True):
            found = pricing.price(mu, rent, sharp=sharp)
            assert found is not None
            assert found.bound <= best
        if table.n_resources and not rent.any():
            # the pruned table's bound at the same prices
            same = Relaxation.start(table, table.task_offsets[:-1].copy()).bound(mu)
            plain = pricing.price(mu, rent)
            assert plain is not None
            assert plain.bound == pytest.approx(same, rel=1e-9, abs=1e-9 * (best + mu @ mu))


def test_threads_and_blocks_change_nothing() -> None:
    instance = generate("metro", {"tasks": "600", "exits": "true"}, 1)
    problem = JointProblem(instance=instance, options=random_options(4, sharing="optimal"))
    space = OptionSpace.of(problem)
    one, two = Pricing.of(space, 1), Pricing.of(space, 2)
    assert one is not None and two is not None
    mu, rent = np.full(len(instance.system.resources), 0.5), np.zeros(instance.system.n_nodes)
    first, second = one.price(mu, rent), two.price(mu, rent)
    assert first is not None and second is not None
    assert first.bound == second.bound
    assert np.array_equal(first.placement, second.placement)


def test_late_pricing_gives_nothing() -> None:
    space = OptionSpace.of(random_problem(0, sharing="optimal"))
    assert Pricing.of(space, late=lambda: True) is None
    pricing = Pricing.of(space)
    assert pricing is not None
    system = space.problem.instance.system
    prices_and_rents = np.zeros(len(system.resources)), np.zeros(system.n_nodes)
    assert pricing.price(*prices_and_rents, late=lambda: True) is None
