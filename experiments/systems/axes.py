"""Axes of the systems' figures."""

from __future__ import annotations

from typing import Any

__all__ = ["plain_numbers"]


def plain_numbers(*axes: Any) -> None:
    """Label the ticks of logarithmic axes (of matplotlib) with numbers as they are."""
    for axis in axes:
        axis.set_major_formatter("{x:g}")
