"""One pass over prefix sums has the latency of every pair of cuts, on problems with every quirk that it takes."""

from __future__ import annotations

import numpy as np
import pytest

from experiments.systems.mlp import Perceptron, linear_prediction, mape
from formulations.cut.case import LATENCY
from formulations.cut.cases import cases_of
from formulations.cut.evaluator import evaluate_levels
from solvers.exact.cut.chain_scan import cut_rows, levels_of_cuts
from solvers.published.adaf import two_cuts
from tests.formulations.cut.random_problems import random_problem
from tests.solvers.exact.cut.runs import run


def test_one_pass_has_the_least_latency_of_all_cuts() -> None:
    solved = 0
    for seed in range(120):
        problem = random_problem(seed, chain=True, most_levels=3, excursions=False)
        for case in cases_of(problem):
            rows = np.array([levels_of_cuts(row, case.n_layers) for row in cut_rows(case.n_layers, case.n_levels)])
            priced = evaluate_levels(case, rows)
            seconds = np.where(np.isfinite(priced.value), priced.measures[LATENCY], np.inf)
            level = two_cuts(case)
            if not np.isfinite(seconds).any():
                assert level is None
                continue
            assert level is not None
            own = evaluate_levels(case, level)
            assert np.isfinite(own.value[0])
            assert own.measures[LATENCY, 0] == pytest.approx(seconds.min(), rel=1e-9)
            solved += 1
    assert solved > 100


def test_it_declines_what_has_no_two_cuts() -> None:
    four = next(p for p in (random_problem(s, chain=True, excursions=False) for s in range(60)) if len(p.levels) == 4)
    assert "two cuts" in str(run("adaf", four))
    assert "no chain" in str(run("adaf", random_problem(4, chain=False, most_levels=2, plain=True)))
    assert "excursions" in str(run("adaf", random_problem(5, chain=True, most_levels=2, excursions=True)))


def test_a_network_learns_a_power_law_that_a_line_does_not_fit() -> None:
    rng = np.random.default_rng(1)
    x = rng.uniform(1, 100, (300, 2))
    y = 3.0 * x[:, 0] ** 1.5 / x[:, 1]
    own = Perceptron.fit(x[:200], y[:200], 8, rng).predict(x[200:])
    assert mape(own, y[200:]) < 0.1 < mape(linear_prediction(x[:200], y[:200], x[200:]), y[200:])
