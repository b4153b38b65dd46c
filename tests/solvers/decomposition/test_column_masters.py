"""The two restricted masters: the same bound as the relaxation over all options, with memory and without."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from formulations.joint.option_space import OptionSpace
from formulations.joint.options import OptionTable
from formulations.joint.problem import JointProblem
from formulations.joint.referee import evaluate
from instances.generators.registry import generate
from solvers.contract import Budget
from solvers.decomposition.column_bound import raise_bound, sharpen
from solvers.decomposition.column_master import QuadraticMaster
from solvers.decomposition.column_search import ColumnSearch
from solvers.decomposition.columns import Columns
from solvers.decomposition.linear_master import LinearMaster
from solvers.decomposition.pricing import Pricing
from solvers.decomposition.relaxation import Relaxation
from solvers.exact.claim import Claim
from solvers.trace import RefereedTrace
from tests.solvers.decomposition.plans import optimum, stressed_table

MASTERS = (QuadraticMaster, LinearMaster)


def column_generation(problem: JointProblem, kind: Callable[..., object]) -> tuple[ColumnSearch, object, int]:
    """Solve the relaxation from the options that are cheapest at no prices; return search, master and rounds."""
    space = OptionSpace.of(problem)
    pricing = Pricing.of(space)
    assert pricing is not None
    system = problem.instance.system
    first = pricing.price(np.zeros(max(len(system.resources), 1)), np.zeros(system.n_nodes))
    assert first is not None
    claim = Claim(budget=Budget(), trace=RefereedTrace(lambda plan: evaluate(problem, plan)))
    columns = Columns.start(space, first.placement)
    search = ColumnSearch(
        claim=claim, space=space, pricing=pricing, columns=columns, order=np.arange(problem.instance.n_tasks)
    )
    master = kind.start(columns, system.node_memory_bytes, pricing.limited)  # type: ignore[attr-defined]
    rounds = raise_bound(search, master, 300, search.within(1.0))
    return search, master, rounds


def relaxed_bound(table: OptionTable) -> float:
    """Return the best bound of the sweeps over the whole table, without memory prices."""
    relaxation = Relaxation.start(table, table.task_offsets[:-1].copy())
    rng = np.random.default_rng(0)
    best = relaxation.bound()
    for _ in range(3000):
        relaxation.sweep(rng.permutation(table.n_tasks))
        best = max(best, relaxation.bound())
        if relaxation.value() - best <= 1e-8 * abs(best):
            break
    return best


@pytest.mark.parametrize("kind", MASTERS)
@pytest.mark.parametrize("index", range(0, 40, 2))
def test_the_bound_is_that_of_the_relaxation_over_all_options(index: int, kind: Callable[..., object]) -> None:
    table = stressed_table(index, "optimal")
    if table.task_without_option() is not None or len(table.memory_node):
        pytest.skip("memory is priced, or a task has no option")
    search, master, rounds = column_generation(table.problem, kind)
    assert rounds < 300
    wanted = relaxed_bound(table)
    assert search.claim.bound == pytest.approx(wanted, rel=1e-5)
    assert master.value() >= wanted * (1 - 1e-9)  # type: ignore[attr-defined]


@pytest.mark.parametrize("index", range(20))
def test_both_masters_price_memory_alike_and_stay_below_the_optimum(index: int) -> None:
    problem = JointProblem(instance=generate("tiny", {"memory": "binding", "options_high": "12"}, index))
    table = stressed_table(index, "optimal") if index % 4 == 1 else None
    if table is not None:
        problem = table.problem
    bounds = []
    for kind in MASTERS:
        search, master, rounds = column_generation(problem, kind)
        assert rounds < 300, kind
        assert search.claim.bound is not None
        assert master.excess <= 1e-6  # type: ignore[attr-defined]
        bounds.append(search.claim.bound)
    assert bounds[0] == pytest.approx(bounds[1], rel=1e-6)
    if table is not None:
        best = optimum(table)
        assert best is None or max(bounds) <= best


@pytest.mark.parametrize("kind", MASTERS)
def test_memory_prices_beat_the_bound_without(kind: Callable[..., object]) -> None:
    binding = generate("tiny", {"memory": "binding", "access": "shared"}, 3)
    search, master, _ = column_generation(JointProblem(instance=binding), kind)
    assert master.rent.max() > 0  # type: ignore[attr-defined]
    free = search.pricing.price(master.mu, np.zeros(binding.system.n_nodes))  # type: ignore[attr-defined]
    assert free is not None and search.claim.bound is not None
    assert free.bound < search.claim.bound


@pytest.mark.parametrize("index", range(0, 40, 4))
def test_sharpening_raises_the_bound_and_never_passes_the_optimum(index: int) -> None:
    table = stressed_table(index, "optimal")
    best = None if table.task_without_option() is not None else optimum(table)
    if best is None:
        pytest.skip("the problem has no plan")
    search, master, _ = column_generation(table.problem, QuadraticMaster)
    before = search.claim.bound
    assert before is not None
    sharpen(search, master.mu / 2.0, search.within(1.0))  # type: ignore[attr-defined]
    assert search.claim.bound is not None
    assert before <= search.claim.bound <= best


def test_weights_stay_mixes_and_columns_stay_distinct() -> None:
    problem = JointProblem(instance=generate("metro", {"tasks": "60", "exits": "true"}, 2))
    search, _, _ = column_generation(problem, QuadraticMaster)
    columns = search.columns
    assert (columns.weight >= 0).all()
    assert np.bincount(columns.task, columns.weight) == pytest.approx(np.ones(60))
    distinct = np.unique(np.column_stack((columns.task, columns.placement)), axis=0)
    assert len(distinct) == len(columns.task)
    rows = columns.heaviest()
    assert np.array_equal(columns.rows_of(columns.placement[rows]), rows)
    # the joined table is the table of the joined placements
    fresh = columns.space.table(columns.task, columns.placement)
    for name in ("task_offsets", "cost", "use_offsets", "use_resource", "use_seconds", "memory_offsets"):
        assert np.array_equal(getattr(columns.table, name), getattr(fresh, name)), name
