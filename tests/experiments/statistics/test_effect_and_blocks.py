"""Effect sizes, their intervals, and the collapsing of repetitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from experiments.metrics.metric import metric
from experiments.statistics.blocks import blocks_of, few_instances
from experiments.statistics.effect import bootstrap, rank_biserial, vargha_delaney
from tests.experiments.frames import frame_from, trial

NUMBERS = st.lists(st.integers(-20, 20), min_size=1, max_size=25)


@given(NUMBERS)
def test_the_rank_biserial_correlation_is_that_of_scipys_statistic(values: list[int]) -> None:
    delta = np.array(values, dtype=float)
    delta = delta[delta != 0]
    found = float(rank_biserial(np.array(values, dtype=float)))
    if not len(delta):
        assert found == 0.0
        return
    ranks = stats.rankdata(np.abs(delta))
    assert found == pytest.approx((ranks[delta > 0].sum() - ranks[delta < 0].sum()) / ranks.sum())


@given(NUMBERS, NUMBERS)
def test_a12_is_the_share_of_pairs_that_are_won(first: list[int], second: list[int]) -> None:
    a, b = np.array(first, dtype=float), np.array(second, dtype=float)
    wins = (a[:, None] > b).mean() + 0.5 * (a[:, None] == b).mean()
    assert vargha_delaney(a, b) == pytest.approx(float(wins))
    u = stats.mannwhitneyu(a, b, method="asymptotic").statistic if len(set(first + second)) > 1 else None
    if u is not None:
        assert vargha_delaney(a, b) == pytest.approx(u / (len(a) * len(b)))


def test_the_interval_holds_the_value_is_the_same_each_time_and_agrees_with_scipys() -> None:
    delta = np.random.default_rng(1).normal(0.4, 1.0, 40)
    mine = bootstrap(delta)
    assert mine == bootstrap(delta)
    assert mine.low < mine.value < mine.high
    theirs = stats.bootstrap(
        (delta,),
        lambda d, axis: rank_biserial(d),
        vectorized=True,
        n_resamples=4000,
        method="percentile",
        rng=np.random.default_rng(3),
    ).confidence_interval
    assert mine.low == pytest.approx(theirs.low, abs=0.06)
    assert mine.high == pytest.approx(theirs.high, abs=0.06)


def test_one_instance_has_no_interval_to_speak_of() -> None:
    assert (bootstrap(np.array([1.0])).low, bootstrap(np.array([1.0])).high) == (-1.0, 1.0)


def test_repetitions_are_collapsed_before_instances_count() -> None:
    rows = [trial("a", "m", v, repetition=r) for r, v in enumerate((10.0, 30.0, 11.0))]
    rows += [trial("b", "m", 5.0), trial("b", "n", None), trial("a", "n", None, code="WR"), trial("a", "n", 7.0)]
    blocks = blocks_of(frame_from(rows), metric("value"))
    assert blocks["m"].tolist() == [11.0, 5.0]
    assert blocks["n"].isna().all()  # one wrong repetition takes the whole cell
    assert list(blocks.index) == ["a", "b"]


def test_fewer_than_ten_instances_are_warned_of() -> None:
    assert "Only 9 instances" in few_instances(9)
    assert few_instances(10) == ""
