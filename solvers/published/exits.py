"""Versions from the most to the least accurate, as systems with early exits try them."""

from __future__ import annotations

from itertools import groupby

import numpy as np

from formulations.cut.problem import CutProblem
from formulations.versions import versions_of
from solvers.published.pairs import Pair, pairs_of

__all__ = ["latency_limit", "pairs_by_accuracy"]


def latency_limit(problem: CutProblem) -> float:
    """Return the seconds that an inference may take, ``inf`` where nothing is said."""
    limit = problem.options.latency_limit_s
    return np.inf if limit is None else limit


def pairs_by_accuracy(problem: CutProblem) -> list[list[Pair]]:
    """Return the pairs of every allowed version, the most accurate version first.

    A version of unknown accuracy counts as the least accurate; the later exit comes first among equals.
    """
    versions = versions_of(problem.network)

    def rank(pair: Pair) -> tuple[float, int, int]:
        one = versions[pair.whole.version]
        return (-one.accuracy if np.isfinite(one.accuracy) else np.inf, -one.last, pair.whole.version)

    return [list(own) for _, own in groupby(sorted(pairs_of(problem), key=rank), key=rank)]
