"""CAS's claims hold, and each that is checked fails where the search is broken."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from experiments.systems import cas
from experiments.systems.reproduction import Reproduction
from formulations.cut.cases import cases_of
from solvers.published.gads import PartitionStates
from tests.experiments.systems.broken import broken, reproduced, verdicts

LEAPS = {"neighbour effect", "regret"}
WALKS = {*LEAPS, "latency of prior work", "less is searched"}


@pytest.fixture(scope="module", autouse=True)
def short_walks() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cas, "STEPS", 40)
        patch.setattr(cas, "CONTEXTS", 20)
        patch.setattr(cas, "HOPS", {"alexnet-caffe": (4,), "resnet101": (16,), "mobilenet_v2": (16,)})
        yield


def anywhere(problem: Any, rng: np.random.Generator) -> Any:
    """Take any state of the ring after looking at all."""
    case = next(cases_of(problem))
    states = PartitionStates.of(case, 1)
    state = int(rng.integers(len(states.value)))
    info = {"state": state, "nearest": state, "distance": 0.5, "examined": len(states.value)}
    return case.plan(states.levels[state]), info


@pytest.fixture(scope="module")
def lost() -> Reproduction:
    return reproduced("cas", {"gads": broken(anywhere)})


@pytest.fixture(scope="module")
def found() -> Reproduction:
    return reproduced("cas")


def test_what_does_not_hold_is_the_neighbour_effect_where_the_optimum_leaps(found: Reproduction) -> None:
    outcomes = verdicts(found)
    assert {name for name, verdict in outcomes.items() if verdict == "not checkable"} == {"search time"}
    assert {name for name, verdict in outcomes.items() if verdict == "not reproduced"} == LEAPS


def test_it_holds_where_the_optimum_moves_a_little(found: Reproduction) -> None:
    assert found.measured is not None
    walks = [one for one in found.measured.facts["walks"] if one["start"] != 150.0]
    held = {
        claim.name
        for claim in cas.Cas.claims
        if claim.check and claim.check({**found.measured.facts, "walks": walks}).holds
    }
    assert held >= LEAPS


def test_a_neighbourhood_of_the_whole_ring_decides_nothing(found: Reproduction) -> None:
    assert found.measured is not None
    whole = [{**one, "states": 2 * one["hops"] + 1} for one in found.measured.facts["walks"]]
    for claim in cas.Cas.claims:
        if claim.name in WALKS:
            assert claim.check is not None
            assert not claim.check({"walks": whole}).holds


@pytest.mark.parametrize("claim", ["k-d tree is exact", "limits are kept", *sorted(WALKS)])
def test_a_search_that_takes_any_state_fails(lost: Reproduction, claim: str) -> None:
    assert verdicts(lost)[claim] == "not reproduced"
