"""Critical-difference diagram: mean ranks on a line, methods that no test tells apart joined by bars.

Demšar, "Statistical comparisons of classifiers over multiple data sets", JMLR 7, 2006, figure 1. Ranks are of the gap to
the best known value, repetitions collapsed first; bars join groups of neighbours in rank of whom no two differ in
Nemenyi's test.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from experiments.metrics.metric import metric
from experiments.statistics.blocks import blocks_of, few_instances
from experiments.statistics.friedman import friedman, nemenyi
from experiments.statistics.signed_rank import ALPHA
from experiments.store import Store

__all__ = ["cliques", "critical_difference_data", "critical_difference_figure"]

_COLUMNS = ["method", "mean_rank", "bars", "instances", "critical_difference", "friedman_p"]
_MEASURE = "gap-to-best"


def critical_difference_data(_store: Store, frame: pd.DataFrame) -> pd.DataFrame:
    """Return methods by mean rank, with the numbers of the bars that each is in.

    Nothing for fewer than three methods or two instances.
    """
    one = metric(_MEASURE)
    blocks = blocks_of(frame, one)
    blocks = blocks[blocks.notna().any(axis=1)]
    found = friedman(blocks, one.direction) if len(blocks) else None
    if found is None:
        return pd.DataFrame(columns=_COLUMNS)
    ranks = found.ranks.sort_values(kind="stable")
    bars = cliques(nemenyi(blocks, one.direction).loc[ranks.index, ranks.index])
    rows = [
        (
            name,
            rank,
            " ".join(str(i) for i, (first, last) in enumerate(bars, 1) if first <= place <= last),
            found.instances,
            found.difference,
            float(f"{found.p:.9g}"),
        )
        for place, (name, rank) in enumerate(ranks.items())
    ]
    return pd.DataFrame(rows, columns=_COLUMNS)


def cliques(p_values: pd.DataFrame, alpha: float = ALPHA) -> list[tuple[int, int]]:
    """Return the largest runs (first, last) of neighbours in rank of whom no two differ significantly.

    `p_values` is in the order of ranks.
    """
    equal = p_values.to_numpy(dtype=np.float64) >= alpha
    np.fill_diagonal(equal, True)
    runs: list[tuple[int, int]] = []
    for first in range(len(equal)):
        last = first
        while last + 1 < len(equal) and equal[first : last + 1, last + 1].all():
            last += 1
        if last > first and not (runs and runs[-1][1] >= last):
            runs.append((first, last))
    return runs


def critical_difference_figure(data: pd.DataFrame) -> Figure:
    """Draw the diagram: the better half of the methods on the left, the other on the right."""
    names, ranks = data["method"].tolist(), data["mean_rank"].tolist()
    count = len(names)
    members = [set(str(text).split()) for text in data["bars"].fillna("")]
    numbers = sorted({number for mine in members for number in mine}, key=int)
    bars = [[i for i in range(count) if number in members[i]] for number in numbers]
    left = (count + 1) // 2
    depth = 0.55 + 0.16 * len(bars)
    figure = Figure(figsize=(6.9, 0.9 + 0.22 * left + 0.1 * len(bars)), layout="constrained")
    axes = figure.add_subplot()
    axes.set_axis_off()
    low, high = 1.0, float(count)
    margin = 0.42 * (high - low)
    dark = "#222222"
    axes.plot([low, high], [0, 0], color=dark, lw=1.0, solid_capstyle="butt")
    step = 1 if count <= 12 else 2
    for tick in range(1, count + 1):
        axes.plot([tick, tick], [0, 0.16 if (tick - 1) % step == 0 else 0.09], color=dark, lw=0.8)
        if (tick - 1) % step == 0:
            axes.text(tick, 0.25, str(tick), ha="center", va="bottom", fontsize=8)
    for place, (name, rank) in enumerate(zip(names, ranks, strict=True)):
        on_left = place < left
        level = -depth - 0.42 * (place if on_left else count - 1 - place)
        side = low - 0.03 * (high - low) if on_left else high + 0.03 * (high - low)
        axes.plot([rank, rank, side], [0, level, level], color="#8A8A8A", lw=0.7, zorder=1)
        axes.plot(rank, 0, marker="o", markersize=3.4, color="#0072B2", zorder=3)
        gap = 0.012 * (high - low) * (-1 if on_left else 1)
        words = f"{name}  {rank:.2f}" if on_left else f"{rank:.2f}  {name}"
        axes.text(side + gap, level, words, ha="right" if on_left else "left", va="center", fontsize=8.5)
    for number, bar in enumerate(bars):
        level = -0.2 - 0.16 * number
        axes.plot(
            [ranks[bar[0]] - 0.04, ranks[bar[-1]] + 0.04],
            [level, level],
            color="#D55E00",
            lw=2.6,
            solid_capstyle="round",
            zorder=2,
        )
    difference = float(data["critical_difference"].iloc[0])
    instances = int(data["instances"].iloc[0])
    shown = min(difference, high - low)
    top = 1.05
    axes.plot([low, low + shown], [top, top], color=dark, lw=1.0)
    for at in (low, low + shown):
        axes.plot([at, at], [top - 0.09, top + 0.09], color=dark, lw=1.0)
    wide = "" if shown == difference else ", wider than the line"
    axes.text(
        low + shown / 2, top + 0.14, f"critical difference {difference:.2f}{wide}", ha="center", va="bottom", fontsize=8
    )
    bottom = -depth - 0.42 * (left - 1) - 0.35
    axes.text(
        low - margin,
        bottom - 0.25,
        " ".join(
            filter(
                None,
                [f"Mean ranks of the gap to the best known value, {instances} instances.", few_instances(instances)],
            )
        ),
        fontsize=7,
        color="#777777",
        ha="left",
        va="center",
    )
    axes.set_xlim(low - margin, high + margin)
    axes.set_ylim(bottom - 0.5, top + 0.75)
    return figure
