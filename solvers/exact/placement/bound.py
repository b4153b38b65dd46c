"""A lower bound on the maximum load without a search: the balance of work, transfers left out."""

from __future__ import annotations

import numpy as np

from formulations.placement.case import PlacementCase
from instances.columns import FloatArray
from solvers.exact.load_prices import load_prices

__all__ = ["balance_bound"]

_SAFETY = 1e-12
"""Relative amount by which sums in floating point are lowered before they count as a bound."""


def balance_bound(case: PlacementCase, seconds: float = float("inf")) -> float:
    """Return a lower bound on the maximum load of every plan.

    For any weights l_w >= 0 of the workers that sum to 1, the maximum load T is at least ``sum_w l_w load_w`` and so at
    least ``sum_b min_w l_w s_wb``: weak duality of the linear program that spreads every block over the workers. The
    weights are its dual prices; the bound is evaluated from them here and needs no trust in the program's solver. It
    is at least the greatest ``min_w s_wb``.

    Parameters
    ----------
    case : PlacementCase
        The problem.
    seconds : float
        For the linear program.
    """
    times = np.where(case.allowed, case.seconds, np.inf)
    least = float(times.min(axis=0).max())
    if not np.isfinite(least):
        return np.inf
    weights = np.full(case.n_workers, 1.0 / case.n_workers)
    solved = _weights(case, times, seconds)
    found = max(_value(times, one) for one in (weights, solved) if one is not None)
    return max(least, found * (1.0 - _SAFETY))


def _value(times: FloatArray, weights: FloatArray) -> float:
    """Return ``sum_b min_w l_w s_wb``; a worker without weight counts as free where it may run the block."""
    with np.errstate(invalid="ignore"):
        priced = np.where(np.isfinite(times), times * weights[:, None], np.inf)
    return float(priced.min(axis=0).sum())


def _weights(case: PlacementCase, times: FloatArray, seconds: float) -> FloatArray | None:
    """Return the dual prices of the load rows; workers that are alike share one row."""
    count = np.bincount(case.kind)
    one = np.array([np.flatnonzero(case.kind == kind)[0] for kind in range(len(count))])
    price = load_prices(times[one], count.astype(np.float64), seconds)
    return None if price is None else price[case.kind]
