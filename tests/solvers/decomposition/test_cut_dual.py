"""The sharpened bound: valid at any points, above the tangents at the same, rising as it is sharpened."""

from __future__ import annotations

import numpy as np
import pytest

from formulations.joint.options import option_table
from solvers.decomposition.cut_dual import CutDual
from solvers.decomposition.relaxation import Relaxation
from tests.formulations.joint.brute_force import brute_force
from tests.formulations.joint.small_problems import small_problem


@pytest.mark.parametrize("index", range(0, 60, 3))
def test_the_bound_holds_at_any_points_and_beats_the_tangents_at_the_same(index: int) -> None:
    problem = small_problem(index)
    table = option_table(problem)
    best = brute_force(problem)
    if best.value is None or table.task_without_option() is not None:
        pytest.skip("the problem has no plan")
    rng = np.random.default_rng(index)
    largest = max(float(np.sqrt(best.value)), 1e-9)
    for _ in range(30):
        points = rng.uniform(0, 1.5 * largest, table.n_resources)
        bound, _ = CutDual.start(table, points, table.cost, 0.0).bound()
        assert bound <= best.value * (1 + 1e-9)
        tangents = Relaxation.start(table, table.task_offsets[:-1]).bound(2.0 * points)
        assert bound >= tangents - 1e-9 * (1 + abs(tangents))


@pytest.mark.parametrize("index", range(1, 60, 3))
def test_sharpening_raises_the_bound_and_never_passes_the_optimum(index: int) -> None:
    problem = small_problem(index)
    table = option_table(problem)
    best = brute_force(problem)
    if best.value is None or table.task_without_option() is not None:
        pytest.skip("the problem has no plan")
    relaxation = Relaxation.start(table, table.task_offsets[:-1])
    dual = CutDual.start(table, relaxation.load, table.cost, 0.0)
    before, _ = dual.bound()
    after, _ = dual.sharpen(best.value, 200, lambda: False)
    assert before <= after <= best.value * (1 + 1e-9)
    # the prices behind the bound are those that it leaves behind
    least = np.minimum.reduceat(dual.priced(), table.task_offsets[:-1]).sum()
    assert least - dual.points @ dual.points == pytest.approx(after, rel=1e-9, abs=1e-12)
