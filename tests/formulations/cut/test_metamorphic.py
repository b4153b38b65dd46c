"""What must happen to the optimum of a cut when the problem changes in a known way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from formulations.cut.cases import with_rate
from formulations.cut.problem import CutProblem
from tests.formulations.cut.random_problems import level_option, random_instance, random_network, random_problem
from tests.solvers.exact.cut.runs import brute_force

SEEDS = range(12)


def least(problem: CutProblem) -> float:
    found = brute_force(problem)
    return np.inf if found is None else found


def asked(problem: CutProblem, **options: object) -> CutProblem:
    return CutProblem(instance=problem.instance, options=replace(problem.options, **options))  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", SEEDS)
def test_faster_links_never_hurt(seed: int) -> None:
    problem = random_problem(seed, most_layers=7, most_levels=3)
    links = np.arange(problem.instance.system.n_links)
    values = [least(with_rate(problem, links, rate)) for rate in (10.0, 100.0, 1000.0)]
    assert values[0] >= values[1] * (1 - 1e-12) and values[1] >= values[2] * (1 - 1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_more_freedom_never_hurts_and_a_limit_never_helps(seed: int) -> None:
    problem = random_problem(seed, most_layers=6, most_levels=3, excursions=False)
    value = least(problem)
    assert least(asked(problem, excursions=True)) <= value * (1 + 1e-12)
    assert least(asked(problem, memory=False)) <= value * (1 + 1e-12)
    assert least(asked(problem, provider_operations_limit=50.0)) >= value * (1 - 1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_paying_each_destination_or_for_the_way_home_never_helps(seed: int) -> None:
    problem = random_problem(seed, most_layers=7, most_levels=3, plain=True)
    value = least(asked(problem, return_result=False))
    assert least(asked(problem, return_result=True)) >= value * (1 - 1e-12)
    assert least(asked(problem, return_result=False, payment="per_destination")) >= value * (1 - 1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_value_is_homogeneous_in_its_weights(seed: int) -> None:
    problem = random_problem(seed, most_layers=7, most_levels=3, plain=True)
    names = ("latency_weight", "device_energy_weight", "energy_weight", "price_weight", "bottleneck_weight")
    names += ("error_weight",)
    tripled = asked(problem, **{name: 3 * getattr(problem.options, name) for name in names})
    assert least(tripled) == pytest.approx(3 * least(problem), rel=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_one_more_helper_never_hurts(seed: int) -> None:
    rng = np.random.default_rng([seed, 77])
    instance = random_instance(rng, random_network(rng, 6, chain=False), (2, 1), far=False)
    both = CutProblem(
        instance=instance, options=replace(random_problem(0, plain=True).options, levels=level_option((2, 1)))
    )
    alone = [asked(both, levels=f"n1x{i}/n2x0") for i in range(2)]
    assert least(both) == pytest.approx(min(map(least, alone)), rel=1e-12)
