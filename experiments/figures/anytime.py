"""Anytime curves: the gap of the best plan so far over time, with the quartiles as bands.

One panel an instance, with medians and quartiles over repetitions; where there are too many instances for that one panel
a family, with medians and quartiles over its instances, the repetitions of each collapsed to their median first.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.figures.curves import MOST_BANDS, band, legend, methods_of, panels, plain_ticks, step_curve
from experiments.store import Store
from instances.columns import FloatArray

__all__ = ["MOST_PANELS", "anytime_data", "anytime_figure"]

MOST_PANELS = 9
_COLUMNS = ["panel", "method", "seconds", "gap_percent", "low_percent", "high_percent", "of", "reference", "limit_s"]
_NEEDED = ["incumbents", "seconds", "value", "best_bound", "best_value"]
_FLOOR = 0.01
_START_S = 0.001
_PER_DECADE = 32


def anytime_data(_store: Store, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the curves as rows: median and quartiles of the gap at `seconds`, a row where any of them changes.

    The gap is to the best certified bound, or where there is none to the best known value; `reference` says which,
    and `of` how many repetitions or instances the median is of. A curve begins when most of them have a plan.
    """
    usable = frame[(frame["code"] == "") & frame["best_value"].notna()]
    if usable.empty:
        return pd.DataFrame(columns=_COLUMNS)
    by_instance = frame["label"].nunique() <= MOST_PANELS
    key = "label" if by_instance else "family"
    end = float(usable["seconds"].max())
    decades = np.log10(max(end, 10 * _START_S) / _START_S)
    grid = _START_S * 10.0 ** (np.arange(int(np.ceil(decades * _PER_DECADE)) + 1) / _PER_DECADE)
    rows = []
    for (panel, title), part in usable.groupby([key, "title"], sort=False):
        curves = []
        for _, mine in part.groupby("label", sort=False):
            gaps = np.array([_curve(one, grid) for one in _records(mine)])
            curves.append(gaps if by_instance else np.median(gaps, axis=0, keepdims=True))
        whole = np.concatenate(curves)
        # a quantile takes the upper of two neighbours: between a plan and none there is no middle
        low, middle, high = np.quantile(whole, [0.25, 0.5, 0.75], axis=0, method="higher")
        bounded = part["best_bound"].notna()
        reference = "certified bound" if bounded.all() else "mixed" if bounded.any() else "best known value"
        limit = max(float(part["seconds"].max()), _START_S)
        before: tuple[float, ...] = ()
        for at, values in zip(grid, zip(low, middle, high, strict=True), strict=True):
            if np.isfinite(values[1]) and values != before and at <= limit * 10 ** (1 / _PER_DECADE):
                before = values
                top = values[2] if np.isfinite(values[2]) else np.nan
                rows.append((panel, title, at, values[1], values[0], top, len(whole), reference, limit))
    return pd.DataFrame(rows, columns=_COLUMNS)


def _curve(trial: dict[str, object], grid: FloatArray) -> FloatArray:
    """Return the gap in per cent at each point of the grid, infinite before the first plan."""
    points = [*_points(trial["incumbents"]), (_number(trial["seconds"]), _number(trial["value"]))]
    bound, best = _number(trial["best_bound"]), _number(trial["best_value"])
    reference = best if np.isnan(bound) else bound
    times = np.array([p[0] for p in points])
    values = np.minimum.accumulate(np.array([p[1] for p in points])[np.argsort(times, kind="stable")])
    place = np.searchsorted(np.sort(times, kind="stable"), grid, side="right") - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        gaps = np.where(values == reference, 0.0, 100.0 * (values - reference) / np.abs(values))
    return np.where(place < 0, np.inf, np.maximum(gaps, 0.0)[place])


def _records(part: pd.DataFrame) -> list[dict[str, object]]:
    return [{str(name): value for name, value in row.items()} for row in part[_NEEDED].to_dict("records")]


def _points(trace: object) -> list[tuple[float, float]]:
    return [(float(s), float(v)) for s, v in trace] if isinstance(trace, list) else []


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else float("nan")


def anytime_figure(data: pd.DataFrame) -> Figure:
    """Draw one panel an instance or family; a method that ends before its time is marked where it ends."""
    names, methods = list(dict.fromkeys(data["panel"])), methods_of(data)
    figure, axes = panels(len(names), len(methods))
    end = max(float(data["limit_s"].max()), float(data["seconds"].max()), 10 * _START_S)
    columns = min(3, len(names))
    for index, (panel, ax) in enumerate(zip(names, axes, strict=True)):
        part = data[data["panel"] == panel]
        for method, number in methods.items():
            mine = part[part["method"] == method]
            if len(mine):
                _draw(ax, mine, number, end, banded=len(methods) <= MOST_BANDS)
        _frame(ax, part, panel, end)
        if index + columns >= len(names):
            ax.set_xlabel("seconds")
        if index % columns == 0:
            ax.set_ylabel("gap (%)")
    legend(figure, methods)
    return figure


def _draw(axes: Axes, mine: pd.DataFrame, number: int, end: float, *, banded: bool) -> None:
    times, gaps = mine["seconds"].to_numpy(), mine["gap_percent"].to_numpy()
    stop = min(max(float(mine["limit_s"].iloc[0]), times[-1]), end)
    if banded and int(mine["of"].iloc[0]) > 1:
        last = mine.iloc[[-1]].assign(seconds=stop)
        shaded = pd.concat([mine, last], ignore_index=True)
        band(axes, number, shaded, "low_percent", "high_percent", x="seconds", step=True)
    step_curve(axes, number, [*times, stop], [*gaps, gaps[-1]])


def _frame(axes: Axes, part: pd.DataFrame, name: str, end: float) -> None:
    top = max(float(part["gap_percent"].max()), 1.0)
    axes.set_title(name)
    axes.set_xscale("log")
    axes.set_xlim(_START_S, end * 1.15)
    axes.set_yscale("symlog", linthresh=_FLOOR, linscale=0.4)
    axes.set_ylim(-0.1 * _FLOOR, top * 1.5)
    axes.set_yticks([0.0, *(10.0**p for p in range(-2, 3) if 10.0**p <= top * 1.5)])
    plain_ticks(axes, "x", "y")
    if (part["reference"] != "certified bound").any():
        axes.set_title("to the best known value", loc="right", fontsize=7, color="#777777", fontweight="normal")
