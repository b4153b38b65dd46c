"""Friedman's test over all methods, and Nemenyi's critical difference of mean ranks.

Friedman, "The use of ranks to avoid the assumption of normality", JASA 32, 1937; the F statistic is Iman and Davenport's
("Approximations of the critical region of the Friedman statistic", 1980); Nemenyi, "Distribution-free multiple
comparisons", 1963, as Demšar presents it (JMLR 7, 2006, section 3.2.2).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from experiments.statistics.blocks import costs_of
from experiments.statistics.signed_rank import ALPHA

__all__ = ["Friedman", "critical_difference", "friedman", "nemenyi"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Friedman:
    """What the ranks of all methods say.

    Parameters
    ----------
    ranks : pandas.Series
        Mean rank of each method, 1 being the best; a method without a result is last, those without share the rank.
    instances : int
        How many.
    chi2, p : float
        Friedman's statistic, corrected for ties, with ``methods - 1`` degrees of freedom.
    f, f_p : float
        Iman and Davenport's, less conservative.
    difference : float
        Nemenyi's critical difference at `alpha`.
    alpha : float
        Level.
    """

    ranks: pd.Series
    instances: int
    chi2: float
    p: float
    f: float
    f_p: float
    difference: float
    alpha: float


def critical_difference(methods: int, instances: int, alpha: float = ALPHA) -> float:
    """Return ``q_alpha sqrt(k (k + 1) / (6 N))``, q being the studentised range over the root of 2.

    Examples
    --------
    >>> round(critical_difference(4, 14), 2)
    1.25
    """
    q = float(stats.studentized_range.ppf(1.0 - alpha, methods, np.inf)) / math.sqrt(2.0)
    return q * math.sqrt(methods * (methods + 1) / (6.0 * instances))


def friedman(blocks: pd.DataFrame, direction: str | None, alpha: float = ALPHA) -> Friedman | None:
    """Return the test on instances by methods, or None for fewer than three methods or two instances.

    Instances on which no method has a result are left out.
    """
    costs = costs_of(blocks, direction)
    costs = costs[np.isfinite(costs).any(axis=1)]
    instances, methods = costs.shape
    if methods < 3 or instances < 2:
        return None
    ranks = stats.rankdata(costs, axis=1)
    if (ranks == ranks[:, :1]).all():  # every method ties on every instance
        chi2, p = 0.0, 1.0
    else:
        test = stats.friedmanchisquare(*ranks.T)
        chi2, p = float(test.statistic), float(test.pvalue)
    rest = instances * (methods - 1) - chi2
    f = (instances - 1) * chi2 / rest if rest > 0 else math.inf
    return Friedman(
        ranks=pd.Series(ranks.mean(axis=0), index=list(blocks.columns)),
        instances=instances,
        chi2=chi2,
        p=p,
        f=f,
        f_p=float(stats.f.sf(f, methods - 1, (methods - 1) * (instances - 1))),
        difference=critical_difference(methods, instances, alpha),
        alpha=alpha,
    )


def nemenyi(blocks: pd.DataFrame, direction: str | None) -> pd.DataFrame:
    """Return Nemenyi's p-values of all pairs, methods by methods (scikit-posthocs)."""
    import scikit_posthocs  # takes two seconds to import

    costs = costs_of(blocks, direction)
    costs = costs[np.isfinite(costs).any(axis=1)]
    # ranks of ranks are the ranks: infinite costs never reach the library
    found = scikit_posthocs.posthoc_nemenyi_friedman(stats.rankdata(costs, axis=1))
    return pd.DataFrame(np.asarray(found, dtype=np.float64), index=list(blocks.columns), columns=list(blocks.columns))
