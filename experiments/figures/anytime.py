"""Anytime curves: the gap of the best plan so far over time, one panel an instance."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from experiments.figures.style import style_of
from experiments.store import Store

__all__ = ["anytime_data", "anytime_figure"]

_COLUMNS = ["instance", "method", "seconds", "value", "gap_percent", "reference", "limit_s"]
_FLOOR = 0.01
_START_S = 0.001


def anytime_data(store: Store, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the curves as rows: at `seconds` the median over repetitions of the best value becomes `value`.

    The gap is to the best certified bound, or where there is none to the best known value; `reference` says which.
    """
    rows = []
    for (label, title), part in frame.groupby(["label", "title"], sort=False):
        traces = [
            store.trace(str(trial))[0] for trial, code in zip(part["trial"], part["code"], strict=True) if not code
        ]
        traces = [trace for trace in traces if trace]
        if not traces:
            continue
        bound, best = part["best_bound"].iloc[0], part["best_value"].iloc[0]
        reference, name = (best, "best known value") if pd.isna(bound) else (bound, "certified bound")
        limit = float(part["seconds"].max())
        last = math.nan
        for at in sorted({point[0] for trace in traces for point in trace}):
            values = [min((v for s, v in trace if s <= at), default=math.inf) for trace in traces]
            value = float(np.median(values))
            if math.isfinite(value) and value != last:
                gap = 100.0 * (value - reference) / abs(value) if value else 0.0
                rows.append((label, title, at, value, gap, name, limit))
                last = value
    return pd.DataFrame(rows, columns=_COLUMNS)


def anytime_figure(data: pd.DataFrame) -> Figure:
    """Draw one panel an instance; a method that ends before its time is marked where it ends."""
    instances, methods = list(dict.fromkeys(data["instance"])), list(dict.fromkeys(data["method"]))
    columns = min(3, len(instances))
    lines = math.ceil(len(instances) / columns)
    figure = Figure(
        figsize=(2.75 * columns + 0.4, 2.25 * lines + 0.5 + 0.17 * math.ceil(len(methods) / 5)), layout="constrained"
    )
    panels = figure.subplots(lines, columns, squeeze=False, sharex=True)
    end = max(float(data["limit_s"].max()), float(data["seconds"].max()), 10 * _START_S)
    for index, label in enumerate(instances):
        axes = panels[index // columns][index % columns]
        part = data[data["instance"] == label]
        for number, method in enumerate(methods):
            mine = part[part["method"] == method]
            if len(mine):
                _curve(axes, mine, number, end)
        _axes(axes, part, label, end)
        if index + columns >= len(instances):
            axes.set_xlabel("seconds")
            axes.tick_params(labelbottom=True)
        if index % columns == 0:
            axes.set_ylabel("gap (%)")
    for index in range(len(instances), lines * columns):
        panels[index // columns][index % columns].set_visible(False)
    for number, method in enumerate(methods):
        colour, line, marker = style_of(number)
        panels[0][0].plot(
            [],
            [],
            color=colour,
            linestyle=line,
            marker=marker,
            markersize=4.5,
            markeredgecolor="white",
            markeredgewidth=0.4,
            label=method,
        )
    handles, names = panels[0][0].get_legend_handles_labels()
    figure.legend(
        handles, names, loc="outside lower center", ncols=min(len(methods), 5), handlelength=2.6, columnspacing=1.2
    )
    return figure


def _curve(axes: Axes, mine: pd.DataFrame, number: int, end: float) -> None:
    colour, line, marker = style_of(number)
    times = mine["seconds"].clip(lower=_START_S).to_numpy()
    gaps = mine["gap_percent"].clip(lower=0.0).to_numpy()
    stop = min(max(float(mine["limit_s"].iloc[0]), times[-1]), end)
    axes.step([*times, stop], [*gaps, gaps[-1]], where="post", color=colour, linestyle=line, lw=1.3, alpha=0.9)
    axes.plot(
        stop,
        gaps[-1],
        marker=marker,
        color=colour,
        markersize=4.8,
        markeredgecolor="white",
        markeredgewidth=0.5,
        clip_on=False,
        zorder=4,
    )


def _axes(axes: Axes, part: pd.DataFrame, label: str, end: float) -> None:
    top = max(float(part["gap_percent"].max()), 1.0)
    axes.set_title(label)
    axes.set_xscale("log")
    axes.set_xlim(_START_S, end * 1.15)
    axes.set_yscale("symlog", linthresh=_FLOOR, linscale=0.4)
    axes.set_ylim(-0.1 * _FLOOR, top * 1.5)
    axes.set_yticks([0.0, *(10.0**p for p in range(-2, 3) if 10.0**p <= top * 1.5)])
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    if part["reference"].iloc[0] != "certified bound":
        axes.set_title("to the best known value", loc="right", fontsize=7, color="#777777", fontweight="normal")
