"""Metrics: registration and aggregation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from experiments.metrics.metric import Metric, aggregate, metric, metric_names
from instances.errors import InputError
from tests.experiments.frames import random_frame

POSITIVE = st.lists(st.floats(min_value=1e-3, max_value=1e6), min_size=1, max_size=20)


def of(aggregation: str, **more: float) -> Metric:
    return Metric(name="x", title="x", aggregation=aggregation, of=lambda frame: frame["value"], **more)  # type: ignore[arg-type]


@given(POSITIVE)
def test_the_shifted_geometric_mean_is_scipys_of_the_shifted_values(values: list[float]) -> None:
    mine = aggregate(values, of("geometric", shift=1.0))
    assert mine == pytest.approx(stats.gmean(np.array(values) + 1.0) - 1.0, rel=1e-9, abs=1e-9)


@given(POSITIVE, st.randoms())
def test_no_aggregate_depends_on_the_order_of_instances(values: list[float], random: object) -> None:
    shuffled = list(values)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    for name in ("mean", "median", "sum", "max", "geometric"):
        assert aggregate(values, of(name)) == aggregate(shuffled, of(name))


def test_absent_values_are_left_out_and_nothing_stays_nothing() -> None:
    assert aggregate([1.0, math.nan, 3.0], of("mean")) == 2.0
    assert aggregate([math.nan], of("sum")) is None
    assert aggregate([1.0, math.inf, 3.0], of("median")) == 3.0
    assert aggregate([1.0, math.inf], of("geometric")) == math.inf


def test_every_metric_reads_the_frame_and_names_its_unit() -> None:
    frame = random_frame(3, 4, missing=0.3)
    assert len(metric_names()) >= 25
    for name in metric_names():
        values = metric(name).of(frame)
        assert len(values) == len(frame), name
        assert values.dtype == np.float64, name
        assert metric(name).summary, name


def test_an_unknown_metric_is_refused_with_its_neighbours() -> None:
    with pytest.raises(InputError, match="primal-integral"):
        metric("primal-integra")
