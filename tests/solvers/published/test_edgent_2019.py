"""The detector's posterior is that of all segmentations; configurations and map agree with the method."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.stats import t as student

from experiments.systems.branchy_alexnet import branchy_alexnet
from instances.errors import InputError
from solvers.published.change_point import ChangePointPrior, ChangePoints
from solvers.published.edgent_2019 import ConfigurationMap, Configurations, Edgent2019Params, dynamic, static
from tests.formulations.cut.random_problems import random_problem
from tests.solvers.exact.cut.runs import run


def evidence(samples: list[float], prior: ChangePointPrior) -> float:
    """Return the marginal likelihood of a segment, sample by sample."""
    mean, count, shape, rate = prior.mean, prior.mean_samples, prior.shape, prior.rate
    found = 1.0
    for x in samples:
        scale = np.sqrt(rate * (count + 1) / (shape * count))
        found *= float(student.pdf(x, 2 * shape, loc=mean, scale=scale))
        rate += count * (x - mean) ** 2 / (2 * (count + 1))
        mean = (count * mean + x) / (count + 1)
        count, shape = count + 1, shape + 0.5
    return found


def test_the_posterior_of_the_run_length_is_that_of_all_segmentations() -> None:
    prior = ChangePointPrior(run=5.0, prune=0.0)
    samples = [0.1, 0.3, -0.2, 2.5, 2.8, 2.2, 2.4]
    n, hazard = len(samples), 1 / prior.run
    exact = np.zeros(n + 1)
    for changes in product((0, 1), repeat=n):  # whether a change follows each sample
        weight, start = 1.0, 0
        for i, change in enumerate(changes):
            weight *= hazard if change else 1 - hazard
            if change:
                weight *= evidence(samples[start : i + 1], prior)
                start = i + 1
        exact[n - start] += weight * evidence(samples[start:], prior)
    exact /= exact.sum()
    detector = ChangePoints(prior)
    for x in samples:
        detector.update(x)
    assert detector.lengths.tolist() == list(range(n + 1))
    assert detector.probabilities == pytest.approx(exact, rel=1e-9)


def test_a_step_is_found_and_pruning_keeps_few_runs() -> None:
    rng = np.random.default_rng(0)
    detector = ChangePoints()
    runs = [detector.update(x) for x in (*rng.normal(0, 0.2, 60), *rng.normal(1.5, 0.2, 60))]
    assert runs[59] >= 55
    assert runs[70] <= 12
    assert runs[-1] in range(55, 62)
    assert len(detector.lengths) < 60
    assert detector.probabilities.sum() == pytest.approx(1.0)


@pytest.mark.parametrize("wrong", [{"run": 1.0}, {"rate": 0.0}, {"prune": 1.0}])
def test_a_prior_validates_itself(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError):
        ChangePointPrior(**wrong)


def test_the_method_takes_the_configuration_of_the_highest_reward() -> None:
    net = branchy_alexnet()
    for mbit in (0.1, 1.0, 3.0):
        problem = net.problem(mbit, latency_limit_s=1.0, excursions=True)
        outcome = run("edgent-2019", problem)
        assert not isinstance(outcome, str)
        given = Configurations.of(problem)
        rate = np.array([mbit * 125_000.0])
        best = given.best(float(rate[0]))
        pair, level = given.choices[best]
        assert outcome.plan is not None
        assert (pair.plan(level).node == outcome.plan.node).all()
        assert outcome.info["reward"] == pytest.approx(float(given.reward(rate)[best, 0]))


def test_weights_of_the_reward_are_the_users() -> None:
    problem = branchy_alexnet().problem(5.0, latency_limit_s=1.0, excursions=True)
    accurate = run("edgent-2019", problem, {"throughput_weight": 0.0})
    assert not isinstance(accurate, str)
    assert accurate.plan is not None
    assert accurate.plan.version == 0
    with pytest.raises(InputError, match="accuracy_weight"):
        Edgent2019Params(accuracy_weight=-1.0)


def test_unknown_states_go_to_the_nearest_of_the_map() -> None:
    means, deviations = np.geomspace(1.0, 100.0, 5), np.linspace(0.0, 0.4, 5)
    table = ConfigurationMap(means=means, deviations=deviations, choice=np.zeros((5, 5), dtype=np.int64))
    assert table.state(1e-3, 0.0) == (0, 0)
    assert table.state(1e9, 7.0) == (4, 4)
    assert table.state(float(means[2]) * 1.05, 0.19) == (2, 2)


def test_decisions_use_samples_of_the_past_alone() -> None:
    given = Configurations.of(branchy_alexnet().problem(1.0, latency_limit_s=1.0, excursions=True))
    table = ConfigurationMap.build(
        given, np.geomspace(1e4, 1e6, 8), np.linspace(0, 0.5, 3), 20, np.random.default_rng(0)
    )
    trace = np.geomspace(2e4, 8e5, 30)
    other = trace.copy()
    other[20:] = 5e3
    for follow in (lambda x: static(given, x), lambda x: dynamic(table, x)):
        assert (follow(trace).choice[:21] == follow(other).choice[:21]).all()


def test_it_declines_what_is_no_chain() -> None:
    assert "no chain" in str(run("edgent-2019", random_problem(4, chain=False, most_levels=2, plain=True)))
