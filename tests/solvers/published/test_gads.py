"""The method `gads`: nearest by the k-d tree as by brute force, within the hops, and within the limits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.systems.profiles import IONN_WATTS, alexnet_pair, pair_problem
from formulations.cut.cases import cases_of
from formulations.cut.problem import CutProblem
from formulations.cut.referee import evaluate
from instances.errors import InputError
from solvers.contract import Budget
from solvers.published.gads import PartitionStates
from solvers.registry import make
from solvers.trace import RefereedTrace
from tests.formulations.cut.random_problems import random_problem


def solved(problem, **params):
    trace = RefereedTrace(lambda plan: evaluate(problem, plan))
    return make("gads", params).solve(problem, Budget(), np.random.default_rng(0), trace)


def with_memory(problem: CutProblem, device: float, server: float) -> CutProblem:
    system = replace(problem.instance.system, node_memory_bytes=np.array([device, server]))
    return CutProblem(instance=replace(problem.instance, system=system), options=problem.options)


@settings(max_examples=60, deadline=None)
@given(
    shares=st.tuples(*[st.floats(0.3, 1.2)] * 4),
    start=st.integers(0, 30),
    hops=st.integers(0, 12),
)
def test_on_all_five_axes_the_nearest_is_that_of_brute_force(shares: tuple[float, ...], start: int, hops: int) -> None:
    profile = alexnet_pair()
    weights = float(profile.network.parameter_bytes.sum())
    problem = with_memory(
        pair_problem(
            profile,
            5e5,
            watts=IONN_WATTS,
            energy_weight=1.0,
            latency_limit_s=2.0 * shares[0],
            device_energy_limit_j=10.0 * shares[1],
        ),
        weights * shares[2],
        weights * shares[3],
    )
    states = PartitionStates.of(next(cases_of(problem)), 1)
    assert states.demanded.all()
    near = states.within(start, hops)
    outcome = solved(problem, start=start, hops=hops)
    if not states.feasible[near].any():
        assert outcome.plan is None
        assert outcome.reason == "no state within the hops keeps every limit"
        return
    points, target = states.scaled(near)
    distance = np.linalg.norm(points - target, axis=1)
    assert outcome.info["distance"] == pytest.approx(distance.min(), rel=1e-12)
    assert outcome.info["examined"] == len(near) <= 2 * hops + 1
    assert outcome.info["state"] in near
    assert evaluate(problem, outcome.plan).feasible
    chosen = distance[near == outcome.info["state"]][0]
    assert chosen == pytest.approx(distance[states.feasible[near]].min(), rel=1e-12)


def test_the_ring_wraps() -> None:
    states = PartitionStates.of(next(cases_of(pair_problem(alexnet_pair(), 1e6))), 1)
    assert states.within(0, 2).tolist() == [0, 1, 2, 22, 23]
    assert states.within(23, 1).tolist() == [0, 22, 23]
    assert states.within(99, 1).tolist() == [0, 22, 23]
    assert states.within(5, 40).tolist() == list(range(24))


def test_states_hold_what_the_referee_says() -> None:
    problem = pair_problem(alexnet_pair(), 1e6, watts=IONN_WATTS)
    case = next(cases_of(problem))
    states = PartitionStates.of(case, 1)
    for row, resources in zip(states.levels, states.resources, strict=True):
        score = evaluate(problem, case.plan(row))
        held = [float(problem.network.parameter_bytes[row == side].sum()) for side in (0, 1)]
        energy = score.loads["device_energy_j"]
        expected = [*held, energy, score.energy_j[0] - energy, score.latency_s[0]]
        assert resources.tolist() == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_with_latency_alone_and_all_states_it_is_the_full_search() -> None:
    for rate in (5e4, 3e5, 1e6, 1e7):
        problem = pair_problem(alexnet_pair(), rate)
        exact = make("chain-scan").solve(
            problem, Budget(), np.random.default_rng(0), RefereedTrace(lambda plan, p=problem: evaluate(p, plan))
        )
        found = evaluate(problem, solved(problem, hops=30).plan).value
        assert found == pytest.approx(evaluate(problem, exact.plan).value, rel=1e-12)


def test_random_problems_give_feasible_plans_or_none() -> None:
    taken = 0
    for seed in range(60):
        problem = random_problem(seed)
        if make("gads").decline(problem, Budget()) is None:
            outcome = solved(problem)
            taken += outcome.plan is not None
            assert outcome.plan is None or evaluate(problem, outcome.plan).feasible
    assert taken > 10


@pytest.mark.parametrize("name", ["start", "hops"])
def test_negative_parameters_are_refused(name: str) -> None:
    with pytest.raises(InputError, match=name):
        make("gads", {name: -1})
