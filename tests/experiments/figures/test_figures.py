"""Figures: what their data say, and that the same data give the same bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest

from experiments.figures.anytime import anytime_data
from experiments.figures.critical_difference import cliques, critical_difference_data
from experiments.figures.curves import methods_of
from experiments.figures.draw import FIGURES, draw_figures
from experiments.figures.profiles import (
    gap_profile_data,
    performance_profile_data,
    profile_of,
    time_profile_data,
)
from experiments.figures.scaling import scaling_data
from experiments.store import Store
from experiments.study import FIGURES as STANDARD
from instances.errors import InputError
from tests.experiments.frames import frame_from, random_frame, trial

NO_STORE = cast("Store", None)


def test_what_a_study_draws_by_default_can_be_drawn() -> None:
    assert set(STANDARD) <= set(FIGURES)


def test_a_performance_profile_by_hand() -> None:
    # Dolan and Moré: ratios to the fastest of each instance
    times = {"a": (1.0, 2.0), "b": (4.0, 1.0), "c": (3.0, None)}
    rows: list[dict[str, Any]] = []
    for label, pair in times.items():
        for title, seconds in zip("mn", pair, strict=True):
            rows.append(trial(label, title, 9.0 if seconds else None, seconds=seconds or 10.0))
    data = performance_profile_data(NO_STORE, frame_from(rows))
    m, n = (data[data["method"] == title] for title in "mn")
    assert m[["x", "share"]].to_numpy().tolist() == [[1.0, pytest.approx(2 / 3)], [4.0, 1.0]]
    assert n[["x", "share"]].to_numpy().tolist() == [[1.0, pytest.approx(1 / 3)], [2.0, pytest.approx(2 / 3)]]


def test_a_profile_only_rises_and_never_passes_one() -> None:
    frame = random_frame(4, 9, repetitions=2, missing=0.2)
    for collect in (performance_profile_data, time_profile_data, gap_profile_data):
        for _, mine in collect(NO_STORE, frame).groupby("method"):
            assert (np.diff(mine["share"]) >= 0).all()
            assert (np.diff(mine["x"]) > 0).all()
            assert mine["share"].max() <= 1.0


def test_a_method_that_is_never_good_enough_stays_at_zero() -> None:
    data = profile_of(pd.DataFrame({"m": [1.0, 2.0], "never": [np.inf, np.nan]}))
    assert data[data["method"] == "never"]["share"].tolist() == [0.0]


def test_two_instances_are_no_profile() -> None:
    assert time_profile_data(NO_STORE, random_frame(3, 2)).empty


def test_a_method_that_ends_within_a_millisecond_has_an_anytime_curve_too() -> None:
    frame = random_frame(2, 2)
    first = frame["title"].iloc[0]
    frame["seconds"] = frame["seconds"].where(frame["title"] != first, 2e-4)
    frame["incumbents"] = [[] for _ in range(len(frame))]
    data = anytime_data(NO_STORE, frame)
    assert set(data["method"]) == set(frame["title"])
    assert (data.loc[data["method"] == first, "seconds"] == 0.001).all()


def test_an_anytime_curve_has_median_and_quartiles_of_the_repetitions() -> None:
    rows = [
        trial("a", "m", v, repetition=r, incumbents=[[0.01, 18.0], [0.1, v]], seconds=1.0)
        for r, v in enumerate((9.0, 10.0, 12.0))
    ]
    data = anytime_data(NO_STORE, frame_from(rows))
    first, last = data.iloc[0], data.iloc[-1]
    assert first["gap_percent"] == pytest.approx(50.0)
    assert last["gap_percent"] == pytest.approx(10.0)
    assert last["low_percent"] == pytest.approx(10.0)  # of three the upper of neighbours
    assert last["high_percent"] == pytest.approx(25.0)
    assert int(last["of"]) == 3
    assert set(data["reference"]) == {"certified bound"}


def test_many_instances_are_drawn_by_family() -> None:
    data = anytime_data(NO_STORE, random_frame(2, 12, repetitions=2))
    assert set(data["panel"]) == {"family"}
    assert set(data["of"]) == {12}


def test_a_curve_starts_when_half_of_the_instances_have_a_plan() -> None:
    rows = [trial("a", "m", 9.0, repetition=r, incumbents=[[s, 9.0]], seconds=s) for r, s in enumerate((0.1, 0.5, 2.0))]
    data = anytime_data(NO_STORE, frame_from(rows))
    assert 0.5 <= data["seconds"].min() < 0.55


def test_scaling_needs_three_sizes() -> None:
    assert scaling_data(NO_STORE, random_frame(2, 2)).empty
    data = scaling_data(NO_STORE, random_frame(2, 6))
    assert sorted(set(data["tasks"])) == [5, 10, 20]
    assert set(data["instances"]) == {2}
    assert set(data["measure"]) == {"value", "gap", "time"}


def test_bars_join_the_longest_runs_of_equal_neighbours() -> None:
    p = np.ones((4, 4))
    for a, b in ((0, 2), (0, 3), (1, 3)):
        p[a, b] = p[b, a] = 0.01
    assert cliques(pd.DataFrame(p)) == [(0, 1), (1, 2), (2, 3)]
    assert cliques(pd.DataFrame(np.ones((3, 3)))) == [(0, 2)]


def test_the_diagram_orders_methods_by_rank() -> None:
    data = critical_difference_data(NO_STORE, random_frame(5, 12))
    assert data["mean_rank"].is_monotonic_increasing
    assert data["mean_rank"].mean() == pytest.approx(3.0)
    assert critical_difference_data(NO_STORE, random_frame(2, 12)).empty


def test_a_method_keeps_its_style_in_every_figure() -> None:
    data = pd.DataFrame({"method": ["c", "a"]})
    data.attrs["methods"] = ["a", "b", "c"]
    assert methods_of(data) == {"a": 0, "c": 2}


def test_every_figure_is_written_with_its_data_and_the_same_bytes(tmp_path: Path) -> None:
    frame = random_frame(4, 12, repetitions=2, missing=0.1)
    for name in ("a", "b"):
        draw_figures(NO_STORE, frame, tmp_path / name, ["all"])
    for figure in FIGURES:
        for ending in ("csv", "pdf", "png"):
            one, other = (tmp_path / name / f"{figure}.{ending}" for name in ("a", "b"))
            assert one.read_bytes() == other.read_bytes(), one.name
    assert b"CreationDate" not in (tmp_path / "a" / "gap.pdf").read_bytes()


def test_an_unknown_figure_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="must be of gap, anytime"):
        draw_figures(NO_STORE, random_frame(2, 3), tmp_path, ["gab"])
