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


@pytest.fixture(scope="module", autouse=True)
def short_walks() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cas, "STEPS", 40)
        patch.setattr(cas, "CONTEXTS", 20)
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


def test_all_that_can_be_checked_is_reproduced() -> None:
    found = verdicts(reproduced("cas"))
    assert {name for name, verdict in found.items() if verdict != "reproduced"} == {"search time"}


@pytest.mark.parametrize(
    "claim",
    ["k-d tree is exact", "limits are kept", "neighbour effect", "regret", "latency of prior work", "less is searched"],
)
def test_a_search_that_takes_any_state_fails(lost: Reproduction, claim: str) -> None:
    assert verdicts(lost)[claim] == "not reproduced"
