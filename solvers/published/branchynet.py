"""BranchyNet's thresholds: leave at the first exit whose entropy is low enough.

Teerapittayanon, McDanel, Kung: "BranchyNet: Fast Inference via Early Exiting from Deep Neural Networks", ICPR 2016,
arXiv 1709.01686. With ``e(y) = - sum of y_c log y_c`` a sample leaves at the smallest exit n with e < T_n; the last
takes all. Every branch up to n is paid on the way: ``tau_n`` = trunk up to n + branches 1..n, and

    E[tau] = sum of p_n tau_n        A = sum of p_n a_n

The paper screens thresholds by a sweep. The exact sweep over all that the calibration samples tell apart is
our reconstruction. It decides no placement: it supplies p_n, a_n and tau_n to methods that do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from instances.columns import BoolArray, FloatArray
from instances.errors import InputError

__all__ = ["Calibration", "Thresholds", "best_thresholds", "expected", "front", "paid", "screened_thresholds"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Calibration:
    """What each sample would do at each exit.

    Parameters
    ----------
    entropy : array, shape (n_samples, n_exits)
        Of the softmax at each exit.
    correct : bool array, shape (n_samples, n_exits)
        Whether the exit is right.
    cost : array, shape (n_exits,)
        Trunk and all branches up to each exit, in any unit; rising.
    """

    entropy: FloatArray
    correct: BoolArray
    cost: FloatArray

    def __post_init__(self) -> None:
        shape = np.shape(self.entropy)
        if len(shape) != 2 or shape != np.shape(self.correct) or shape[1:] != np.shape(self.cost):
            raise InputError("calibration", "entropy, correct and cost must agree on samples and exits", shape)
        if (np.diff(self.cost) < 0).any():
            raise InputError("calibration", "cost must not fall from exit to exit", self.cost.tolist())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Thresholds:
    """Thresholds of all exits but the last, and what they give: shares of the exits, mean cost, accuracy."""

    values: tuple[float, ...]
    share: FloatArray
    cost: float
    accuracy: float


def paid(trunk: FloatArray, branches: FloatArray) -> FloatArray:
    """Return what leaving at each exit costs: the trunk up to it and every branch tried.

    Examples
    --------
    >>> paid(np.array([1.0, 3.0]), np.array([0.5, 0.25])).tolist()
    [1.5, 3.75]
    """
    found: FloatArray = np.asarray(trunk) + np.cumsum(branches)
    return found


def expected(share: FloatArray, cost: FloatArray) -> float:
    """Return the mean cost of an inference for shares of the exits."""
    return float(np.asarray(share) @ np.asarray(cost) / np.sum(share))


def outcome(given: Calibration, values: tuple[float, ...]) -> Thresholds:
    """Return what thresholds give on the samples."""
    leaves = given.entropy < np.array([*values, np.inf])
    leaves[:, -1] = True
    at = np.argmax(leaves, axis=1)
    share = np.bincount(at, minlength=len(given.cost)) / len(at)
    right = given.correct[np.arange(len(at)), at]
    return Thresholds(values=values, share=share, cost=float(share @ given.cost), accuracy=float(right.mean()))


def screened_thresholds(given: Calibration, accuracy: float, grid: FloatArray) -> Thresholds | None:
    """Return the cheapest thresholds of a grid that are accurate enough, None where none is: the paper's sweep."""
    found = [outcome(given, values) for values in product(grid.tolist(), repeat=len(given.cost) - 1)]
    good = [one for one in found if one.accuracy >= accuracy - 1e-12]
    return min(good, key=lambda one: one.cost) if good else None


def best_thresholds(given: Calibration, accuracy: float) -> Thresholds | None:
    """Return the cheapest thresholds of all that are accurate enough, None where none is.

    For two exits one sweep over the sorted entropies, for three a sweep for each first threshold.

    Raises
    ------
    InputError
        If there are not two or three exits.
    """
    n_samples = len(given.entropy)
    best: tuple[float, tuple[float, ...]] | None = None
    for first, second, cost, hits in _sweeps(given):
        good = hits >= accuracy * n_samples - 1e-9
        if not good.any():
            continue
        i = int(np.argmin(np.where(good, cost, np.inf)))
        if best is None or cost[i] < best[0]:
            best = float(cost[i]), (*first, float(second[i]))
    return None if best is None else outcome(given, best[1])


def front(given: Calibration) -> tuple[FloatArray, FloatArray]:
    """Return the least mean cost and the accuracy of all thresholds that no others better, by rising cost.

    Returns
    -------
    cost, accuracy : arrays, shape (n_points,)
        Both rising; mean cost in the unit of the calibration's.

    Raises
    ------
    InputError
        If there are not two or three exits.
    """
    n_samples = len(given.entropy)
    least = np.full(n_samples + 1, np.inf)
    for _, _, cost, hits in _sweeps(given):
        np.minimum.at(least, hits.astype(np.int64), cost)
    # a point stays where nothing as cheap is more accurate
    above = np.concatenate([np.minimum.accumulate(least[::-1])[::-1][1:], [np.inf]])
    kept = np.flatnonzero(least < above)
    return least[kept] / n_samples, kept / n_samples


def _sweeps(given: Calibration) -> Iterator[tuple[tuple[float, ...], FloatArray, FloatArray, FloatArray]]:
    """Yield a first threshold (none of two exits), the second ones behind it, their costs and how many are right, summed."""
    n_samples, n_exits = given.entropy.shape
    if n_exits not in (2, 3):
        raise InputError("calibration", "must have two or three exits for the exact sweep", n_exits)
    order = np.argsort(given.entropy[:, -2], kind="stable")
    entropy = given.entropy[order, -2]
    right = given.correct[order].astype(np.float64)
    # samples of the same entropy leave together
    apart = np.concatenate([[True], entropy[1:] > entropy[:-1], [True]])
    seconds = np.concatenate([entropy, [np.inf]])[apart]
    for first in _between(given.entropy[:, 0]) if n_exits == 3 else [-np.inf]:
        gone = given.entropy[order, 0] < first if n_exits == 3 else np.zeros(n_samples, dtype=bool)
        stays = ~gone
        leaving = np.concatenate([[0.0], np.cumsum(stays)])
        middle = np.concatenate([[0.0], np.cumsum(stays * right[:, -2])])
        last = np.concatenate([[0.0], np.cumsum(stays * right[:, -1])])
        hits = float(right[gone, 0].sum()) + middle + last[-1] - last
        cost = float(gone.sum() * given.cost[0]) + leaving * given.cost[-2] + (leaving[-1] - leaving) * given.cost[-1]
        yield ((float(first),) if n_exits == 3 else ()), seconds, cost[apart], hits[apart]


def _between(entropy: FloatArray) -> FloatArray:
    """Return a threshold for every set of samples that can leave: each entropy, and one above all."""
    found: FloatArray = np.concatenate([np.unique(entropy), [np.inf]])
    return found
