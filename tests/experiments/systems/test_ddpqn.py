"""DDPQN's static problem: its scenario and criteria, and claims that fail on facts that break them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from experiments.systems.claim import checked
from experiments.systems.ddpqn_scenario import (
    NODES,
    Criteria,
    blocks,
    coordination,
    criteria,
    dominated,
    problem_of,
)
from experiments.systems.system import system_named
from formulations.registry import family
from instances.networks.catalogue import load_network
from solvers.contract import Budget
from solvers.registry import make
from solvers.trace import RefereedTrace

ENDS = {
    "least delay": Criteria(delay_s=1.0, energy_j=9.0, cost=9.0, balance=0.6),
    "least energy": Criteria(delay_s=9.0, energy_j=1.0, cost=5.0, balance=0.2),
    "least cost": Criteria(delay_s=9.0, energy_j=5.0, cost=1.0, balance=0.3),
}
DEGREE = {"least delay": 0.5, "least energy": 0.4, "least cost": 0.3, "equal weights": 0.8, "heft": 0.6}
GAPS: dict[str, float | None] = {"heft": 0.4, "greedy-energy": 0.2, "schedule-lns": 0.001}
FACTS: Mapping[str, Any] = {
    "chains": [("a", 1.0, 1.0)],
    "bounds": [(1.0, 1.0), (0.9, 1.0)],
    "points": ENDS,
    "degree": DEGREE,
    "dominated": {"heft"},
    "solved": ["least delay", "least energy", "least cost", "equal weights"],
    "rules": ("heft",),
    "gaps": GAPS,
    "branched_gaps": GAPS,
    "end_gaps": {"delay": 0.0, "energy": 0.1, "cost": None},
    "equal_preferred": (0, 10),
    "unequal_preferred": (3, 10),
}


def without(of: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in of.items() if key != name}


def at(name: str, **more: float) -> dict[str, Criteria]:
    """Return the ends with one that is another plan."""
    return {**ENDS, name: replace(ENDS[name], **more)}


BROKEN: Mapping[str, list[Mapping[str, Any]]] = {
    "chain program": [{"chains": [("a", 1.0, 1.01)]}, {"chains": [("a", 1.0, 1.0), ("b", None, None)]}],
    "bounds": [{"bounds": [(1.1, 1.0)]}, {"bounds": [(None, 1.0)]}, {"bounds": []}],
    "equal weights": [{"equal_preferred": (1, 10)}, {"equal_preferred": (0, 0)}],
    "unequal weights": [{"unequal_preferred": (0, 10)}],
    "conflict": [
        {"points": {name: ENDS["least delay"] for name in ENDS}},
        # the plan of least energy is also of least cost, and that of least delay far from both
        {"points": at("least energy", cost=1.0)},
        {"points": {**at("least energy", cost=0.0), "least cost": replace(ENDS["least cost"], cost=0.0)}},
        *({"points": at("least delay", **{name: 1.0})} for name in ("energy_j", "cost")),
        *({"points": at("least cost", **{name: 1.0})} for name in ("delay_s", "energy_j")),
        {"points": at("least energy", delay_s=1.0)},
        {"points": at("least energy", delay_s=np.inf)},
        {"points": without(ENDS, "least cost")},
    ],
    "coordination": [
        {"dominated": {"equal weights"}},
        {"degree": {**DEGREE, "heft": 0.8}},
        {"degree": without(DEGREE, "heft")},
        {"solved": []},
    ],
    "between": [
        {"degree": {**DEGREE, "least delay": 0.8}},
        {"degree": without(DEGREE, "least cost"), "solved": ["equal weights"]},
    ],
    "balance": [{"points": at("least delay", balance=0.1)}, {"points": without(ENDS, "least cost")}],
    **{
        claim: [
            {fact: {**GAPS, "schedule-lns": 0.02}},
            {fact: {**GAPS, "heft": 0.005}},
            {fact: {**GAPS, "heft": None}},
            {fact: {**GAPS, "schedule-lns": None}},
            {fact: {}},
        ]
        for claim, fact in (("searches", "gaps"), ("searches, branched", "branched_gaps"))
    },
}


def test_claims_hold_on_facts_that_show_them_and_each_fails_on_facts_that_do_not() -> None:
    claims = system_named("ddpqn").claims
    for claim in claims:
        if claim.check is not None:
            assert str(checked(claim, FACTS).verdict) == "reproduced", claim.name
            for facts in BROKEN[claim.name]:
                assert str(checked(claim, {**FACTS, **facts}).verdict) == "not reproduced", (claim.name, facts)
    assert {claim.name for claim in claims if claim.check is None} == {"against others", "ablations"}


def test_blocks_keep_work_weights_and_cuts() -> None:
    for name, count in (("alexnet", 9), ("vgg16", 17), ("squeezenet1_1", 35)):
        network = load_network(name)
        small = blocks(network)
        assert len(small) == count
        assert small.operations.sum() == pytest.approx(network.operations.sum(), rel=1e-12)
        assert small.parameter_bytes.sum() == pytest.approx(network.parameter_bytes.sum(), rel=1e-12)
        assert set(small.output_bytes.tolist()) <= set(network.output_bytes.tolist())
        assert small.output_bytes[-1] == network.output_bytes[-1]


def test_criteria_of_all_at_home_are_those_of_the_device_alone() -> None:
    problem = problem_of([blocks(load_network("alexnet"))])
    trace = RefereedTrace(lambda plan: family("schedule").evaluate(problem, plan))
    plan = make("all-local").solve(problem, Budget(), np.random.default_rng(0), trace).plan
    found, home = criteria(problem, plan), NODES[0]
    seconds = load_network("alexnet").operations.sum() / home.operations_per_s
    assert found.delay_s == pytest.approx(seconds, rel=1e-12)
    assert found.energy_j == pytest.approx(seconds * home.watts, rel=1e-12)
    assert found.cost == 0.0
    assert found.balance == pytest.approx(1 / len(NODES))


def test_coordination_is_one_for_the_ideal_and_nothing_where_a_benefit_is_none() -> None:
    found = coordination(np.array([[1.0, 1.0, 1.0], [1.0, 1.0, 0.0], [0.0, 0.0, 0.0], [0.25, 0.25, 0.25]]))
    assert found == pytest.approx([1.0, 0.0, 0.0, 0.5])


def test_with_equal_weights_coordination_is_the_sixth_root_of_the_product_and_with_others_not_monotone() -> None:
    benefits = np.random.default_rng(0).random((500, 3))
    assert coordination(benefits) == pytest.approx(benefits.prod(axis=1) ** (1 / 6))
    # the first benefit alone rises, and D falls
    low, high = coordination(np.array([[0.5, 0.4, 0.9], [0.9, 0.4, 0.9]]), (0.0, 0.0, 1.0))
    assert high < low


def test_dominated_pairs() -> None:
    points = np.array([[1.0, 5.0, 5.0], [2.0, 5.0, 5.0], [0.5, 9.0, 9.0], [1.0, 5.0, 5.0]])
    assert dominated(points) == [(1, 0), (1, 3)]
