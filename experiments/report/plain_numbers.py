"""Numbers for embedded data: short, and null where there is none, since JSON knows neither NaN nor infinity."""

from __future__ import annotations

import math
from collections.abc import Iterable

__all__ = ["short", "shorts"]


def short(value: float | None, digits: int = 6) -> float | None:
    """Return `value` with `digits` significant digits, None where it is absent or not finite.

    Examples
    --------
    >>> short(1.23456789), short(float("nan")), short(3.0)
    (1.23457, None, 3)
    """
    if value is None or not math.isfinite(value):
        return None
    rounded = float(f"{value:.{digits}g}")
    return int(rounded) if rounded.is_integer() and abs(rounded) < 1e15 else rounded


def shorts(values: Iterable[float], digits: int = 6) -> list[float | None]:
    """Return all `values` by `short`."""
    return [short(float(value), digits) for value in values]
