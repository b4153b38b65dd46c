"""The exact sweep equals all pairs of thresholds; costs and shares are counted as defined."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from instances.errors import InputError
from solvers.published.branchynet import Calibration, best_thresholds, expected, front, outcome, screened_thresholds


def calibration(seed: int, samples: int, exits: int) -> Calibration:
    rng = np.random.default_rng(seed)
    return Calibration(
        entropy=rng.integers(0, 6, (samples, exits)) / 2.0,  # with ties
        correct=rng.random((samples, exits)) < 0.6,
        cost=np.cumsum(rng.uniform(0.1, 1.0, exits)),
    )


@pytest.mark.parametrize("exits", [2, 3])
def test_the_sweep_is_the_best_of_all_thresholds(exits: int) -> None:
    for seed in range(40):
        given = calibration(seed, 9, exits)
        values = [[*np.unique(given.entropy[:, i]).tolist(), np.inf] for i in range(exits - 1)]
        every = [outcome(given, pair) for pair in product(*values)]
        for floor in (0.0, 0.4, 0.6, 0.8, 1.0):
            good = [one.cost for one in every if one.accuracy >= floor - 1e-12]
            own = best_thresholds(given, floor)
            assert (own is None) == (not good)
            if own is not None:
                assert own.accuracy >= floor - 1e-12
                assert own.cost == pytest.approx(min(good))


@pytest.mark.parametrize("exits", [2, 3])
def test_the_front_has_all_that_no_other_thresholds_better(exits: int) -> None:
    for seed in range(20):
        given = calibration(seed, 9, exits)
        values = [[*np.unique(given.entropy[:, i]).tolist(), np.inf] for i in range(exits - 1)]
        every = [outcome(given, pair) for pair in product(*values)]
        wanted = {}
        for floor in range(10):
            good = [one for one in every if one.accuracy >= floor / 9 - 1e-12]
            if good:
                cost = min(one.cost for one in good)
                wanted[round(max(one.accuracy for one in good if one.cost < cost + 1e-12), 6)] = cost
        cost, accuracy = front(given)
        assert dict(zip(accuracy.round(6).tolist(), cost.tolist(), strict=True)) == pytest.approx(wanted)


def test_samples_leave_at_the_first_exit_below_its_threshold() -> None:
    given = Calibration(
        entropy=np.array([[0.1, 0.0, 0.0], [0.9, 0.2, 0.0], [0.9, 0.9, 0.9]]),
        correct=np.array([[True, False, False], [False, True, False], [True, True, False]]),
        cost=np.array([1.0, 2.0, 4.0]),
    )
    found = outcome(given, (0.5, 0.5))
    assert found.share.tolist() == pytest.approx([1 / 3] * 3)
    assert found.cost == pytest.approx(7 / 3) == pytest.approx(expected(found.share, given.cost))
    assert found.accuracy == pytest.approx(2 / 3)
    screened = screened_thresholds(given, 0.6, np.array([0.0, 0.5]))
    assert screened is not None
    assert screened.cost == pytest.approx(7 / 3)
    assert screened_thresholds(given, 1.0, np.array([0.0, 0.5])) is None


def test_what_does_not_fit_together_is_refused() -> None:
    with pytest.raises(InputError, match="agree"):
        Calibration(entropy=np.zeros((3, 2)), correct=np.zeros((3, 3), dtype=bool), cost=np.ones(2))
    with pytest.raises(InputError, match="fall"):
        Calibration(entropy=np.zeros((3, 2)), correct=np.zeros((3, 2), dtype=bool), cost=np.array([2.0, 1.0]))
    with pytest.raises(InputError, match="two or three"):
        best_thresholds(calibration(0, 3, 4), 0.5)
    with pytest.raises(InputError, match="two or three"):
        front(calibration(0, 3, 4))
