"""Gap by method: one mark an instance, the median as a bar."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from experiments.figures.style import MARKERS, PALETTE
from experiments.store import Store

__all__ = ["gap_data", "gap_figure"]

_FLOOR = 0.01
"""Gaps below this many per cent stand at the left edge; the axis is linear up to here."""


def gap_data(_store: Store, frame: pd.DataFrame) -> pd.DataFrame:
    """Return one row a method and instance: the median gap in per cent (empty without plan or bound), and its code."""
    rows = []
    for (title, label), part in frame.groupby(["title", "label"], sort=False):
        gaps = part["gap"].dropna()
        rows.append(
            {
                "method": title,
                "instance": label,
                "gap_percent": 100.0 * float(gaps.median()) if len(gaps) else np.nan,
                "code": next((code for code in part["code"] if code), ""),
            }
        )
    data = pd.DataFrame(rows, columns=["method", "instance", "gap_percent", "code"])
    return data if data["gap_percent"].notna().any() else data.iloc[:0]


def gap_figure(data: pd.DataFrame) -> Figure:
    """Draw the gaps: methods from the least median down, instances as marks."""
    instances = list(dict.fromkeys(data["instance"]))
    coverage = data.groupby("method", sort=False)["gap_percent"].count()
    medians = data.groupby("method", sort=False)["gap_percent"].median()
    order = sorted(coverage.index, key=lambda m: (-coverage[m], np.inf if np.isnan(medians[m]) else medians[m]))
    figure = Figure(figsize=(6.9, 0.9 + 0.27 * len(order)), layout="constrained")
    axes = figure.add_subplot()
    for place, name in enumerate(order):
        mine = data[(data["method"] == name) & data["gap_percent"].notna()]
        shown = mine["gap_percent"].clip(lower=0.0)
        if len(shown):
            axes.plot(
                [shown.min(), shown.max()], [place, place], color="#C9C9C9", lw=3.0, solid_capstyle="round", zorder=1
            )
            axes.plot([medians[name]] * 2, [place - 0.3, place + 0.3], color="#222222", lw=1.6, zorder=2)
        for index, label in enumerate(instances):
            found = mine.loc[mine["instance"] == label, "gap_percent"]
            if len(found):
                axes.plot(
                    max(float(found.iloc[0]), 0.0),
                    place,
                    linestyle="none",
                    marker=MARKERS[index % len(MARKERS)],
                    color=PALETTE[index % len(PALETTE)],
                    markeredgecolor="white",
                    markeredgewidth=0.5,
                    markersize=6.0,
                    zorder=3,
                )
        absent = len(instances) - int(coverage[name])
        if absent:
            codes = data.loc[(data["method"] == name) & data["gap_percent"].isna(), "code"]
            text = ", ".join(f"{count} {code or '–'}" for code, count in codes.value_counts(sort=False).items())
            axes.annotate(
                text,
                (1.0, place),
                xycoords=("axes fraction", "data"),
                xytext=(5, 0),
                textcoords="offset points",
                va="center",
                fontsize=7.5,
                color="#777777",
                annotation_clip=False,
            )
    top = float(data["gap_percent"].max())
    axes.set_xscale("symlog", linthresh=_FLOOR, linscale=0.5)
    axes.set_xlim(-0.15 * _FLOOR, max(top, 1.0) * 1.6)
    ticks = [0.0, *(10.0**p for p in range(-2, 3) if 10.0**p <= max(top, 1.0) * 1.6)]
    axes.set_xticks(ticks)
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_yticks(range(len(order)), order)
    axes.set_ylim(len(order) - 0.4, -0.6)
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("gap to the best certified bound (%)")
    for index, label in enumerate(instances):
        axes.plot(
            [],
            [],
            linestyle="none",
            marker=MARKERS[index % len(MARKERS)],
            color=PALETTE[index % len(PALETTE)],
            label=label,
        )
    axes.plot([], [], color="#222222", lw=1.6, label="median")
    figure.legend(loc="outside upper left", ncols=min(len(instances) + 1, 4), handletextpad=0.3, columnspacing=1.4)
    return figure
