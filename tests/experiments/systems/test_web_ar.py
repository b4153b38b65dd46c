"""Web AR's claims hold, and each that is checked fails where the method is broken."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from experiments.systems import web_ar
from experiments.systems.reproduction import Reproduction
from tests.experiments.systems.broken import any_cut, broken, reproduced, verdicts


@pytest.fixture(scope="module", autouse=True)
def few_chains() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(web_ar, "CHAINS", 8)
        yield


@pytest.fixture(scope="module")
def wild() -> Reproduction:
    return reproduced("web-ar", {"web-ar": broken(any_cut)})


def test_all_that_can_be_checked_is_reproduced() -> None:
    found = reproduced("web-ar")
    assert {name for name, verdict in verdicts(found).items() if verdict != "reproduced"} == {"5G trial"}
    evidence = {one.claim.name: one.evidence for one in found.claims}
    assert "strictly below in 0" not in evidence["three tiers against two"]
    assert "strictly below in 0" not in evidence["two tiers against the cloud"]
    assert found.measured is not None
    alone, own = (found.measured.table[name] for name in ("browser only", "web-ar"))
    assert alone.notna().tolist() == [False] * 7 + [True]  # a browser alone costs nothing and is late
    assert (alone.iloc[-1], own.iloc[-1]) == (0.0, 0.0)


@pytest.mark.parametrize(
    "claim",
    [
        "enumeration is exact",
        "cost falls with the threshold",
        "three tiers against two",
        "two tiers against the cloud",
        "faster browsers do more",
    ],
)
def test_a_method_that_cuts_anywhere_fails(wild: Reproduction, claim: str) -> None:
    assert verdicts(wild)[claim] == "not reproduced"
