"""Scaling curves: value, gap and time over the number of tasks, with quartiles over the instances of each size."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.figures.curves import MOST_BANDS, band, legend, legend_columns, methods_of, plain_ticks
from experiments.figures.style import style_of
from experiments.metrics.metric import metric
from experiments.statistics.blocks import blocks_of
from experiments.store import Store

__all__ = ["FEWEST_SIZES", "scaling_data", "scaling_figure"]

FEWEST_SIZES = 3
_SHOWN = {"value": "value per task", "gap": "gap (%)", "time": "time (s)"}
_COLUMNS = ["family", "measure", "method", "tasks", "median", "low", "high", "instances"]
_FLOOR = {"gap": 0.01, "time": 0.001}


def scaling_data(_store: Store, frame: pd.DataFrame) -> pd.DataFrame:
    """Return median and quartiles over instances, by family, measure, method and number of tasks.

    Families with fewer than `FEWEST_SIZES` sizes are left out. The value is divided by the number of tasks.
    """
    rows = []
    for family, part in frame.groupby("family", sort=False):
        sizes = part.groupby("label", sort=False)["tasks"].first()
        if sizes.nunique() < FEWEST_SIZES:
            continue
        for name in _SHOWN:
            blocks = blocks_of(part, metric(name))
            if name == "value":
                blocks = blocks.div(sizes.reindex(blocks.index), axis=0)
            for title in blocks.columns:
                for tasks, values in blocks[title].dropna().groupby(sizes.reindex(blocks.index)):
                    low, middle, high = np.quantile(values.to_numpy(dtype=np.float64), [0.25, 0.5, 0.75])
                    rows.append((family, name, title, tasks, middle, low, high, len(values)))
    return pd.DataFrame(rows, columns=_COLUMNS)


def scaling_figure(data: pd.DataFrame) -> Figure:
    """Draw one row a family, one panel a measure."""
    families, methods = list(dict.fromkeys(data["family"])), methods_of(data)
    names = [name for name in _SHOWN if (data["measure"] == name).any()]
    width = 2.75 * len(names) + 0.4
    below = 0.5 + 0.17 * np.ceil(len(methods) / legend_columns(width))
    figure = Figure(figsize=(width, 2.4 * len(families) + below), layout="constrained")
    grid = figure.subplots(len(families), len(names), squeeze=False)
    for row, family in enumerate(families):
        for column, name in enumerate(names):
            axes = grid[row][column]
            part = data[(data["measure"] == name) & (data["family"] == family)]
            for method, number in methods.items():
                mine = part[part["method"] == method].sort_values("tasks")
                if len(mine):
                    _draw(axes, mine, number, name, banded=len(methods) <= MOST_BANDS)
            if len(part):
                _frame(axes, part, name)
            axes.set_title(f"{family}: {_SHOWN[name]}")
            if row == len(families) - 1:
                axes.set_xlabel("tasks")
    legend(figure, methods)
    return figure


def _draw(axes: Axes, mine: pd.DataFrame, number: int, name: str, *, banded: bool) -> None:
    floor = _FLOOR.get(name, 0.0)
    shown = mine.copy()
    columns = ["median", "low", "high"]
    shown[columns] = shown[columns].clip(lower=0.0 if name == "gap" else floor)
    colour, line, marker = style_of(number)
    if banded and (mine["instances"] > 1).any():
        band(axes, number, shown, "low", "high", x="tasks", step=False)
    axes.plot(
        shown["tasks"],
        shown["median"],
        color=colour,
        linestyle=line,
        marker=marker,
        markersize=4.5,
        markeredgecolor="white",
        markeredgewidth=0.4,
        lw=1.2,
        alpha=0.9,
    )


def _frame(axes: Axes, part: pd.DataFrame, name: str) -> None:
    axes.set_xscale("log")
    sizes = sorted(set(part["tasks"].tolist()))
    axes.set_xlim(sizes[0] / 1.15, sizes[-1] * 1.15)
    if len(sizes) <= 6:
        axes.set_xticks(sizes)
    if name == "gap":
        top = max(float(part["median"].max()), 1.0)
        axes.set_yscale("symlog", linthresh=_FLOOR["gap"], linscale=0.4)
        axes.set_ylim(-0.1 * _FLOOR["gap"], top * 1.6)
        axes.set_yticks([0.0, *(10.0**p for p in range(-2, 3) if 10.0**p <= top * 1.6)])
    elif bool((part["median"] > 0).all()):
        axes.set_yscale("log")
    plain_ticks(axes, "x", "y")
