"""Wilcoxon signed-rank tests with Holm's correction: against the best method, and of all pairs.

Wilcoxon, "Individual comparisons by ranking methods", Biometrics Bulletin 1(6), 1945; Holm, "A simple sequentially
rejective multiple test procedure", Scandinavian Journal of Statistics 6(2), 1979. Equal results are split between the
two sides, as Demšar advises ("Statistical comparisons of classifiers over multiple data sets", JMLR 7, 2006, section
3.1.3); p-values are scipy's, two-sided.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats

from experiments.statistics.blocks import costs_of
from instances.columns import FloatArray

__all__ = ["ALPHA", "SignedRank", "against", "can_tell", "differences", "holm", "pairwise", "signed_rank"]

ALPHA = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRank:
    """One comparison of `first` with `second`.

    Parameters
    ----------
    first, second : str
        Methods.
    instances : int
        How many instances count: those that at least one of the two has a result on.
    plus, minus : float
        Sums of ranks where `first` is worse, and where it is better.
    p, p_holm : float
        Two-sided, before and after Holm's correction for the family of comparisons.
    """

    first: str
    second: str
    instances: int
    plus: float
    minus: float
    p: float
    p_holm: float

    def significantly_worse(self, alpha: float = ALPHA) -> bool:
        """Return whether `first` is worse than `second` and chance does not explain it."""
        return self.p_holm < alpha and self.plus > self.minus


def holm(p_values: Sequence[float]) -> list[float]:
    """Return the p-values as Holm's step-down procedure adjusts them.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    adjusted, largest = [1.0] * len(p_values), 0.0
    for step, index in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - step) * p_values[index]))
        adjusted[index] = largest
    return adjusted


def can_tell(instances: int, comparisons: int, alpha: float = ALPHA) -> bool:
    """Return whether any outcome could be significant.

    The least two-sided p-value of the signed-rank test on n instances is ``2 ** (1 - n)``; Holm's first step
    multiplies it by the number of comparisons.
    """
    return comparisons > 0 and comparisons * 2.0 ** (1 - instances) < alpha


def differences(first: FloatArray, second: FloatArray) -> FloatArray:
    """Return ``first - second`` of costs for ranking.

    Where one of the two is infinite (no result) the difference is larger than every finite one; where both are, the
    instance says nothing and is left out.
    """
    known = np.isfinite(first) | np.isfinite(second)
    a, b = first[known], second[known]
    both = np.isfinite(a) & np.isfinite(b)
    found = np.zeros(len(a))
    found[both] = a[both] - b[both]
    largest = 2.0 * float(np.abs(found).max(initial=0.0)) + 1.0
    found[~both] = np.where(np.isinf(a[~both]), largest, -largest)
    # equal differences must tie exactly: ranks do not hang on the last bits
    unit = 1e-9 * float(np.abs(found).max(initial=0.0))
    return np.asarray(np.round(found / unit) * unit, dtype=np.float64) if unit else found


def signed_rank(first: FloatArray, second: FloatArray, names: tuple[str, str] = ("first", "second")) -> SignedRank:
    """Compare paired costs, less being better, infinite where there is no result."""
    delta = differences(np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64))
    zeros = int((delta == 0).sum())
    ranks = stats.rankdata(np.abs(delta))
    split = float(ranks[delta == 0].sum()) / 2.0
    plus = float(ranks[delta > 0].sum()) + split
    minus = float(ranks[delta < 0].sum()) + split
    p = 1.0
    if len(delta) > zeros:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # few instances are warned of by the caller
            p = float(stats.wilcoxon(delta, zero_method="zsplit").pvalue)
    return SignedRank(
        first=names[0], second=names[1], instances=len(delta), plus=plus, minus=minus, p=min(p, 1.0), p_holm=min(p, 1.0)
    )


def against(blocks: pd.DataFrame, best: str, direction: str | None) -> dict[str, SignedRank]:
    """Compare every other method with `best`, Holm's correction over these comparisons.

    Parameters
    ----------
    blocks : pandas.DataFrame
        Instances by methods, NaN where there is no result.
    best : str
        A column of it.
    direction : str or None
        Which way is better.
    """
    costs = dict(zip(blocks.columns, costs_of(blocks, direction).T, strict=True))
    found = [signed_rank(costs[name], costs[best], (name, best)) for name in blocks.columns if name != best]
    return {one.first: one for one in _corrected(found)}


def pairwise(blocks: pd.DataFrame, direction: str | None) -> list[SignedRank]:
    """Compare every two methods, Holm's correction over all pairs."""
    costs = dict(zip(blocks.columns, costs_of(blocks, direction).T, strict=True))
    pairs = itertools.combinations(blocks.columns, 2)
    return _corrected([signed_rank(costs[a], costs[b], (a, b)) for a, b in pairs])


def _corrected(found: list[SignedRank]) -> list[SignedRank]:
    adjusted = holm([one.p for one in found])
    return [replace(one, p_holm=p) for one, p in zip(found, adjusted, strict=True)]
