"""Neurosurgeon's claims hold, and each that is checked fails where the method is broken."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from experiments.systems import neurosurgeon_scenario
from experiments.systems.profiles import MBIT, alexnet_pair, pair_problem
from experiments.systems.reproduction import Reproduction
from experiments.systems.system import system_named
from solvers.exact.cut.bandwidth import bandwidth_map
from tests.experiments.systems.broken import (
    NO_PROFILES,
    WITHOUT,
    any_cut,
    broken,
    on_the_device,
    reproduced,
    verdicts,
)

PREDICTED = "prediction decides well"


@pytest.fixture(scope="module", autouse=True)
def few_chains() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(neurosurgeon_scenario, "CHAINS", 15)
        yield


@pytest.fixture(scope="module")
def wild() -> Reproduction:
    return reproduced("neurosurgeon", {"neurosurgeon": broken(any_cut)}, data=not NO_PROFILES)


def test_what_can_be_checked_without_data_is_reproduced() -> None:
    found = reproduced("neurosurgeon")
    checkable = {claim.name for claim in system_named("neurosurgeon").claims if claim.check and not claim.needs}
    assert {name for name, verdict in verdicts(found).items() if verdict == "reproduced"} == checkable
    assert set(verdicts(found).values()) == {"reproduced", "not checkable"}
    assert found.measured is not None
    problem = pair_problem(alexnet_pair(), 1.0)
    exact = [one.low / MBIT for one in bandwidth_map(problem)[1:]]
    assert found.measured.facts["latency_switches"] == pytest.approx(exact, rel=2e-5)


@pytest.mark.skipif(NO_PROFILES, reason=WITHOUT)
def test_predictions_decide_well_on_the_published_profiles() -> None:
    assert verdicts(reproduced("neurosurgeon", data=True))[PREDICTED] == "reproduced"


@pytest.mark.parametrize(
    "claim",
    [
        "enumeration is exact",
        "no worse than the extremes",
        "bandwidth moves the cut to the server",
        "load moves the cut to the device",
        "flat networks have extreme cuts",
        "switching bandwidths, latency",
        "switching bandwidths, energy",
    ],
)
def test_a_method_that_cuts_anywhere_fails(wild: Reproduction, claim: str) -> None:
    assert verdicts(wild)[claim] == "not reproduced"


@pytest.mark.skipif(NO_PROFILES, reason=WITHOUT)
def test_cuts_anywhere_are_not_decided_well(wild: Reproduction) -> None:
    assert verdicts(wild)[PREDICTED] == "not reproduced"


def test_a_method_that_never_leaves_the_device_makes_no_cut_inside() -> None:
    found = verdicts(reproduced("neurosurgeon", {"neurosurgeon": broken(on_the_device)}))
    assert found["early pooling gives cuts inside"] == "not reproduced"
    assert found["AlexNet behind pool5"] == "not reproduced"
    assert found["flat networks have extreme cuts"] == "reproduced"
