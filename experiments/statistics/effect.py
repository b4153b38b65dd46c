"""Effect sizes with bootstrap intervals: how much, where a test says only whether."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import stats

from instances.columns import FloatArray

__all__ = ["RESAMPLES", "SEED", "Effect", "bootstrap", "rank_biserial", "vargha_delaney"]

RESAMPLES = 2000
SEED = 20260101
"""Of the bootstrap: the same store gives the same intervals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """An effect size with its percentile bootstrap interval."""

    value: float
    low: float
    high: float
    level: float


def rank_biserial(delta: FloatArray) -> FloatArray:
    """Return the matched-pairs rank-biserial correlation of differences along the last axis.

    ``(R+ - R-) / (R+ + R-)`` over the differences that are not zero (Kerby, "The simple difference formula",
    Comprehensive Psychology 3, 2014): 1 where the first is larger on every instance, -1 where the second is, 0 where they
    balance or all are equal.

    Examples
    --------
    >>> float(rank_biserial(np.array([1.0, 2.0, 3.0, -4.0])))
    0.2
    """
    delta = np.asarray(delta, dtype=np.float64)
    sizes = np.where(delta == 0, np.inf, np.abs(delta))  # zeros rank above all and are not counted
    ranks = np.where(delta == 0, 0.0, stats.rankdata(sizes, axis=-1))
    total = ranks.sum(axis=-1)
    signed = (ranks * np.sign(delta)).sum(axis=-1)
    return np.asarray(np.divide(signed, total, out=np.zeros_like(total), where=total > 0), dtype=np.float64)


def vargha_delaney(first: FloatArray, second: FloatArray) -> float:
    """Return A12, the chance that a value of `first` is larger than one of `second`, ties counting half.

    Vargha and Delaney, "A critique and improvement of the CL common language effect size statistics", Journal of
    Educational and Behavioral Statistics 25(2), 2000. For repetitions on one instance; values on different instances
    are paired, and `rank_biserial` is the effect size there.

    Examples
    --------
    >>> vargha_delaney(np.array([3.0, 4.0]), np.array([1.0, 3.0]))
    0.875
    """
    ranks = stats.rankdata(np.concatenate([first, second]))
    m, n = len(first), len(second)
    return float((ranks[:m].sum() / m - (m + 1) / 2) / n)


def bootstrap(
    delta: FloatArray,
    statistic: Callable[[FloatArray], FloatArray] = rank_biserial,
    *,
    level: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> Effect:
    """Return `statistic` of `delta` with its percentile interval over resampled instances.

    Parameters
    ----------
    delta : array, shape (instances,)
        Paired differences, as `experiments.statistics.signed_rank.differences` gives them.
    statistic : callable
        Along the last axis.
    level : float
        Of the interval.
    resamples, seed : int
        How many, and the chance.
    """
    delta = np.asarray(delta, dtype=np.float64)
    value = float(statistic(delta)) if len(delta) else 0.0
    if len(delta) < 2:
        return Effect(value=value, low=-1.0, high=1.0, level=level)
    rng = np.random.default_rng(seed)
    found = []
    step = max(1, 2_000_000 // len(delta))  # in pieces that fit into the cache
    for start in range(0, resamples, step):
        picks = rng.integers(0, len(delta), (min(step, resamples - start), len(delta)))
        found.append(statistic(delta[picks]))
    low, high = np.quantile(np.concatenate(found), [(1 - level) / 2, (1 + level) / 2])
    return Effect(value=value, low=float(low), high=float(high), level=level)
