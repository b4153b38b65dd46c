"""CoINF's claims hold, and each that is checked fails where the method is broken."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from experiments.systems import coinf
from experiments.systems.reproduction import Reproduction
from tests.experiments.systems.broken import any_cut, broken, on_the_device, reproduced, verdicts


@pytest.fixture(scope="module", autouse=True)
def few_chains() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(coinf, "CHAINS", 8)
        yield


@pytest.fixture(scope="module")
def wild() -> Reproduction:
    return reproduced("coinf", {"coinf": broken(any_cut)})


def test_all_that_can_be_checked_is_reproduced() -> None:
    found = verdicts(reproduced("coinf"))
    assert {name for name, verdict in found.items() if verdict != "reproduced"} == {"speedup and saving"}


@pytest.mark.parametrize(
    "claim",
    [
        "enumeration is exact",
        "partial is no worse",
        "Pareto front",
        "load moves the cut to the watch",
        "pipelining is no slower",
    ],
)
def test_a_method_that_cuts_anywhere_fails(wild: Reproduction, claim: str) -> None:
    assert verdicts(wild)[claim] == "not reproduced"


def test_a_method_that_never_leaves_the_watch_is_nowhere_better() -> None:
    found = verdicts(reproduced("coinf", {"coinf": broken(on_the_device)}))
    assert found["partial is better somewhere"] == "not reproduced"
    assert found["Pareto front"] == "not reproduced"
