"""Integrals over traces, by hand and by a numerical integral."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.metrics.integrals import primal_dual_integral, primal_gap, primal_integral
from experiments.metrics.metric import metric
from tests.experiments.frames import frame_from, trial

POINTS = st.lists(st.tuples(st.floats(0.0, 12.0), st.floats(1.0, 100.0)), max_size=8)


@pytest.mark.parametrize(
    ("value", "best", "gap"),
    [(8.0, 6.0, 0.25), (6.0, 8.0, 0.25), (0.0, 0.0, 0.0), (1.0, 0.0, 1.0), (-1.0, 1.0, 1.0), (-6.0, -8.0, 0.25)],
)
def test_the_primal_gap_is_berthold_s(value: float, best: float, gap: float) -> None:
    assert primal_gap(value, best) == gap


def test_a_primal_integral_by_hand() -> None:
    # no plan for 1 s, a gap of 1/4 for 2 s, none after that
    assert primal_integral([(1.0, 8.0), (3.0, 6.0)], 6.0, 10.0) == pytest.approx(1.0 + 2 * 0.25)
    assert primal_integral([], 6.0, 10.0) == 10.0
    assert primal_integral([(12.0, 6.0)], 6.0, 10.0) == 10.0  # too late


def test_a_primal_dual_integral_by_hand() -> None:
    # plan at 1 s, bound at 3 s (gap 1/2), better bound at 4 s (gap 1/4)
    found = primal_dual_integral([(1.0, 8.0)], [(3.0, 4.0), (4.0, 6.0)], 10.0)
    assert found == pytest.approx(3.0 + 1 * 0.5 + 6 * 0.25)


@given(POINTS, st.floats(1.0, 50.0))
def test_both_integrals_agree_where_the_bound_is_known_from_the_start(
    points: list[tuple[float, float]], best: float
) -> None:
    points = sorted((s, max(v, best)) for s, v in points)
    mine = primal_integral(points, best, 10.0)
    assert mine == pytest.approx(primal_dual_integral(points, [(0.0, best)], 10.0), abs=1e-9)
    assert 0.0 <= mine <= 10.0


@given(POINTS)
def test_the_integral_is_that_of_the_step_function(points: list[tuple[float, float]]) -> None:
    points = sorted(points)
    times = (np.arange(100_000) + 0.5) * 1e-4
    best_so_far = np.full(len(times), np.inf)
    for s, v in points:
        best_so_far[times >= s] = np.minimum(best_so_far[times >= s], v)
    with np.errstate(invalid="ignore"):
        gaps = np.where(np.isinf(best_so_far), 1.0, (best_so_far - 1.0) / best_so_far)
    assert primal_integral(points, 1.0, 10.0) == pytest.approx(float(gaps.mean()) * 10.0, abs=2e-3)


def test_the_plan_handed_in_at_the_end_counts_and_a_wrong_one_does_not() -> None:
    rows = [
        trial("a", "late", 9.0, seconds=4.0),
        trial("a", "wrong", None, code="WR", incumbents=[[0.0, 5.0]]),
        trial("a", "none", None),
        trial("a", "missing", None, termination="not run"),
    ]
    found = metric("primal-integral").of(frame_from(rows)).tolist()
    assert found[:3] == [4.0, 10.0, 10.0]
    assert math.isnan(found[3])


def test_a_method_without_a_bound_has_no_primal_dual_integral() -> None:
    rows = [trial("a", "exact", 9.0, bound=9.0, bounds=[[2.0, 9.0]], seconds=2.0), trial("a", "greedy", 9.0)]
    found = metric("primal-dual-integral").of(frame_from(rows)).tolist()
    assert found[0] == 2.0
    assert math.isnan(found[1])
