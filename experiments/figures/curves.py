"""Curves of methods in panels: what anytime, profile and scaling figures share."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, NullLocator

from experiments.figures.style import style_of
from instances.columns import FloatArray

__all__ = ["MOST_BANDS", "band", "legend", "legend_columns", "methods_of", "panels", "plain_ticks", "step_curve"]

MOST_BANDS = 8
"""With more methods bands would hide each other; the data beside the figure has them all."""


def panels(count: int, methods: int, *, most: int = 3, height: float = 2.25) -> tuple[Figure, list[Axes]]:
    """Return a figure of `count` panels, at most `most` in a row, with room for a legend of `methods` below."""
    columns = min(most, count)
    lines = math.ceil(count / columns)
    width = 2.75 * columns + 0.4 if columns > 1 else 4.6
    below = 0.5 + 0.17 * math.ceil(methods / legend_columns(width))
    figure = Figure(figsize=(width, height * lines + below), layout="constrained")
    grid = figure.subplots(lines, columns, squeeze=False)
    flat = [axes for row in grid for axes in row]
    for axes in flat[count:]:
        axes.set_visible(False)
    return figure, flat[:count]


def legend_columns(width: float) -> int:
    """Return how many names of methods stand side by side."""
    return max(2, int(width / 1.7))


def methods_of(data: pd.DataFrame) -> dict[str, int]:
    """Return the methods of a figure's data with the numbers of their styles.

    Where `data` carries the study's methods (``data.attrs["methods"]``), a method has the same style in every figure.
    """
    present = list(dict.fromkeys(data["method"]))
    order = list(data.attrs.get("methods", present))
    numbers = {str(name): number for number, name in enumerate([*order, *(n for n in present if n not in order)])}
    return {name: number for name, number in numbers.items() if name in set(present)}


def legend(figure: Figure, methods: Mapping[str, int]) -> None:
    """Name the methods below the panels, each in its style."""
    handles = []
    for name, number in methods.items():
        colour, line, marker = style_of(number)
        handles.append(
            Line2D(
                [],
                [],
                color=colour,
                linestyle=line,  # type: ignore[arg-type]
                marker=marker,
                markersize=4.5,
                markeredgecolor="white",
                markeredgewidth=0.4,
                label=name,
            )
        )
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=min(len(methods), legend_columns(figure.get_figwidth())),
        handlelength=2.6,
        columnspacing=1.2,
    )


def step_curve(
    axes: Axes,
    number: int,
    x: Sequence[float] | FloatArray,
    y: Sequence[float] | FloatArray,
    *,
    marks: Sequence[int] = (-1,),
) -> None:
    """Draw method `number` as steps, with its marker at the points `marks`, by default where it ends."""
    colour, line, marker = style_of(number)
    axes.step(x, y, where="post", color=colour, linestyle=line, lw=1.3, alpha=0.9)
    if len(x):
        axes.plot(
            [x[i] for i in marks],
            [y[i] for i in marks],
            linestyle="none",
            marker=marker,
            color=colour,
            markersize=4.8,
            markeredgecolor="white",
            markeredgewidth=0.5,
            clip_on=False,
            zorder=4,
        )


def band(axes: Axes, number: int, data: pd.DataFrame, low: str, high: str, *, x: str, step: bool) -> None:
    """Shade between two columns in the colour of method `number`."""
    axes.fill_between(
        data[x].to_numpy(dtype=np.float64),
        data[low].to_numpy(dtype=np.float64),
        data[high].to_numpy(dtype=np.float64),
        step="post" if step else None,
        color=style_of(number)[0],
        alpha=0.14,
        lw=0,
    )


def plain_ticks(axes: Axes, *which: str, form: Callable[[float], str] = lambda value: f"{value:g}") -> None:
    """Print plain numbers, without minor ticks, on the axes named ``"x"`` and ``"y"``."""
    for name in which:
        axis = axes.xaxis if name == "x" else axes.yaxis
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FuncFormatter(lambda value, _: form(value)))
