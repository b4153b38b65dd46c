"""Axes of the systems' figures: scales, the look of a series, legends beside what is drawn."""

from __future__ import annotations

from typing import Any

__all__ = ["legend_above", "logarithmic", "look_of"]


def logarithmic(axis: Any) -> None:
    """Make an axis of a plot (of matplotlib) logarithmic, with plain numbers at its ticks."""
    from matplotlib.ticker import FuncFormatter, NullFormatter

    (axis.axes.set_xscale if axis.axis_name == "x" else axis.axes.set_yscale)("log")
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def look_of(index: int) -> dict[str, Any]:
    """Return colour, marker and sizes of series number `index`, as the plots of matplotlib take them.

    Later series are thinner and have smaller markers, so that one on another leaves both to be seen.
    """
    from experiments.figures.style import style_of

    colour, _, marker = style_of(index)
    return {
        "color": colour,
        "marker": marker,
        "markersize": max(7.5 - 1.5 * index, 3.0),
        "linewidth": max(3.4 - 0.8 * index, 1.0),
    }


def legend_above(figure: Any, axes: Any) -> None:
    """Put the legend of `axes` in a row above all that the figure holds."""
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(labels))
