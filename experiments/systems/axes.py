"""Axes of the systems' figures."""

from __future__ import annotations

from typing import Any

__all__ = ["logarithmic"]


def logarithmic(axis: Any) -> None:
    """Make an axis of a plot (of matplotlib) logarithmic, with plain numbers at its ticks."""
    from matplotlib.ticker import FuncFormatter, NullFormatter

    (axis.axes.set_xscale if axis.axis_name == "x" else axis.axes.set_yscale)("log")
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())
