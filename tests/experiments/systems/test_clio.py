"""CLIO's claims hold, and each that is checked fails where the choice or a component is broken."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from experiments.systems import clio
from experiments.systems.reproduction import Reproduction
from formulations.cut.cases import cases_of
from tests.experiments.systems.broken import broken, reproduced, verdicts


@pytest.fixture(scope="module", autouse=True)
def small() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clio, "CHAINS", 5)
        patch.setattr(clio, "RATES", 11)
        yield


def any_version(problem: Any, rng: np.random.Generator) -> Any:
    """Send any width behind any layer."""
    cases = list(cases_of(problem))
    case = cases[int(rng.integers(len(cases)))]
    return case.plan((np.arange(case.n_layers) > int(rng.integers(case.n_layers))).astype(np.int64)), {}


@pytest.fixture(scope="module")
def wild() -> Reproduction:
    return reproduced("clio", {"clio": broken(any_version)})


def test_all_that_can_be_checked_is_reproduced() -> None:
    found = verdicts(reproduced("clio"))
    assert {name for name, verdict in found.items() if verdict != "reproduced"} == {"three regimes"}


@pytest.mark.parametrize(
    "claim", ["staircase", "no worse than a fixed width", "answers at lower bandwidths", "enumeration is exact"]
)
def test_any_width_at_any_cut_fails(wild: Reproduction, claim: str) -> None:
    assert verdicts(wild)[claim] == "not reproduced"


def test_another_formula_is_not_the_threshold(monkeypatch: pytest.MonkeyPatch) -> None:
    formula = clio._critical
    monkeypatch.setattr(clio, "_critical", lambda case, cut: 1.1 * formula(case, cut))
    found = verdicts(reproduced("clio"))
    assert found["critical bandwidth of a fixed split"] == "not reproduced"
    assert found["answers at lower bandwidths"] == "not reproduced"


def test_payloads_are_those_of_the_published_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    problem, cut = clio._mobilenet()
    monkeypatch.setattr(clio, "_mobilenet", lambda: (problem, cut + 1))
    assert verdicts(reproduced("clio"))["payloads"] == "not reproduced"
