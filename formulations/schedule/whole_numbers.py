"""Seconds and objective weights as whole numbers, for constraint models: exact where a common unit exists."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from instances.columns import FloatArray, IntArray

__all__ = ["TimeGrid", "common_multiplier", "time_grid"]

_MOST_EXACT = 2.0**26
"""Units up to the horizon in an exact grid."""
_MOST_DENOMINATOR = 10**6
_NEAR = 1e-12
"""Relative distance within which a number counts as the fraction beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeGrid:
    """Units of time: `scale` of them are a second.

    Parameters
    ----------
    scale : float
        Units per second.
    exact : bool
        Whether every duration, release and deadline is a whole number of units.
    """

    scale: float
    exact: bool

    def down(self, seconds: FloatArray) -> IntArray:
        """Return whole units, not above `seconds`."""
        units = np.asarray(seconds) * self.scale
        whole = np.rint(units)
        near = np.abs(units - whole) <= 1e-9 * np.maximum(1.0, np.abs(units)) if self.exact else whole == units
        found: IntArray = np.where(near, whole, np.floor(units)).astype(np.int64)
        return found

    def up(self, seconds: FloatArray) -> IntArray:
        """Return whole units, not below `seconds`."""
        found: IntArray = -self.down(-np.asarray(seconds))
        return found

    def reach(self, seconds: float) -> int:
        """Return the units that an upper limit of `seconds` lets through, the referee's tolerance included."""
        return math.floor(seconds * self.scale * (1.0 + 1e-9) + 1e-6)


def time_grid(values: Iterable[float], horizon: float, target: float) -> TimeGrid:
    """Return the grid for `values`: their common unit where they have one, else `target` units up to the horizon.

    Parameters
    ----------
    values : iterable of float
        Durations, releases and deadlines.
    horizon : float
        No time is later.
    target : float
        Units up to the horizon where there is no common unit.
    """
    multiplier = common_multiplier(values, _MOST_EXACT / max(horizon, 1e-300))
    if multiplier is not None:
        return TimeGrid(scale=multiplier, exact=True)
    return TimeGrid(scale=target / max(horizon, 1e-300), exact=False)


def common_multiplier(values: Iterable[float], most: float) -> float | None:
    """Return the least number, at most `most`, that makes all `values` whole; None where there is none.

    A value counts as the fraction of small denominator that is within a relative 1e-12 of it.
    """
    known = sorted({abs(value) for value in values if value and math.isfinite(value)})
    if not known:
        return min(1.0, most)
    # in units of the smallest, so that values of any magnitude have small fractions
    unit, multiplier = known[0], 1
    for value in known:
        ratio = value / unit
        near = Fraction(ratio).limit_denominator(_MOST_DENOMINATOR)
        if abs(float(near) - ratio) > _NEAR * ratio:
            return None
        multiplier = math.lcm(multiplier, near.denominator)
        if multiplier / unit > most:
            return None
    return multiplier / unit
