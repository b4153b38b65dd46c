"""IONN's claims come out as expected, and each that is checked fails where the method or a component is broken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from experiments.systems import ionn
from experiments.systems.profiles import alexnet_pair
from experiments.systems.reproduction import Reproduction
from tests.experiments.systems.broken import (
    NO_PROFILES,
    WITHOUT,
    as_registered,
    broken,
    cut_plan,
    reproduced,
    verdicts,
)

NOT_HERE = {"AlexNet on the client", "more queries"}
"""Claims that are not reproduced: the profile sums to 0.82 s, and MobileNet profits too."""


@pytest.fixture(scope="module", autouse=True)
def few_chains() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ionn, "CHAINS", 6)
        yield


def one_partition(problem: Any, rng: Any) -> Any:
    return cut_plan(problem, 0), {"partitions": [list(range(1, len(problem.network)))]}


@pytest.fixture(scope="module")
def at_once() -> Reproduction:
    """All layers in one partition."""
    return reproduced("ionn", {"ionn": broken(one_partition)}, data=not NO_PROFILES)


@pytest.fixture(scope="module")
def by_halves() -> Reproduction:
    """Without the last partition, and as many as chance has it."""

    def change(outcome: Any) -> Any:
        return outcome.plan, {"partitions": outcome.info["partitions"][: 1 + int(outcome.plan.node[-1]) % 2]}

    return reproduced("ionn", {"ionn": broken(as_registered("ionn", change))}, data=not NO_PROFILES)


def test_alexnet_needs_no_data() -> None:
    run = reproduced("ionn")
    found = verdicts(run)
    assert {name for name, verdict in found.items() if verdict == "not reproduced"} == NOT_HERE - {"more queries"}
    assert run.measured is not None
    own, whole, local = (
        run.measured.table[name] for name in ("mean query [ms]", "mean query, all at once [ms]", "query, local [ms]")
    )
    assert (own < whole).all() and (whole < local).all()
    assert found["partitions of alexnet"] == "reproduced"
    assert found["partitions of googlenet"] == "not checkable"


@pytest.mark.skipif(NO_PROFILES, reason=WITHOUT)
def test_all_partitions_are_met_to_the_printed_digit() -> None:
    found = verdicts(reproduced("ionn", data=True))
    assert {name for name, verdict in found.items() if verdict == "not reproduced"} == NOT_HERE
    for network in ("alexnet", "resnet50", "googlenet", "mobilenet"):
        assert found[f"partitions of {network}"] == "reproduced"
    assert found["convolutions predict worst"] == "reproduced"


@pytest.mark.parametrize(
    "claim", ["partitions of alexnet", "path is exact", "printed rule stops early", "queries during the upload"]
)
def test_all_layers_at_once_fail(at_once: Reproduction, claim: str) -> None:
    assert verdicts(at_once)[claim] == "not reproduced"


@pytest.mark.skipif(NO_PROFILES, reason=WITHOUT)
@pytest.mark.parametrize("claim", ["partitions of resnet50", "partitions of googlenet", "partitions of mobilenet"])
def test_all_layers_at_once_are_not_the_printed_partitions(at_once: Reproduction, claim: str) -> None:
    assert verdicts(at_once)[claim] == "not reproduced"


def test_a_partition_that_never_comes_leaves_the_last_query_slower(by_halves: Reproduction) -> None:
    assert verdicts(by_halves)["final query"] == "not reproduced"


@pytest.mark.skipif(NO_PROFILES, reason=WITHOUT)
def test_queries_are_no_more_where_nothing_comes_early(at_once: Reproduction) -> None:
    counts = {one.claim.name: one.evidence for one in at_once.claims}["more queries"]
    assert "alexnet (K = 0.1): 18 against 18" in counts
    assert verdicts(at_once)["more queries"] == "not reproduced"


def test_fewer_partitions_for_larger_k_fail() -> None:
    left = iter(range(100, -1, -1))

    def change(outcome: Any) -> Any:
        return outcome.plan, {"partitions": outcome.info["partitions"] + [[]] * next(left, 0)}

    found = reproduced("ionn", {"ionn": broken(as_registered("ionn", change))})
    assert verdicts(found)["larger K, more partitions"] == "not reproduced"


def test_other_weights_and_times_change_the_figures_of_alexnet(monkeypatch: pytest.MonkeyPatch) -> None:
    profile = alexnet_pair()
    slower = replace(profile, device=profile.device * (1.3 / profile.device.sum()))
    monkeypatch.setattr(ionn, "alexnet_pair", lambda: slower)
    monkeypatch.setattr(ionn, "RATE", ionn.RATE / 2)
    found = verdicts(reproduced("ionn"))
    assert found["AlexNet on the client"] == "reproduced"
    assert found["upload of AlexNet"] == "not reproduced"


@pytest.mark.skipif(NO_PROFILES, reason=WITHOUT)
def test_a_regression_that_explains_convolutions_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    fitted = ionn.fit_layers

    def better(*given: Any, **options: Any) -> Any:
        found = fitted(*given, **options)
        return replace(found, r_squared={**found.r_squared, "conv": 1.0})

    monkeypatch.setattr(ionn, "fit_layers", better)
    assert verdicts(reproduced("ionn", data=True))["convolutions predict worst"] == "not reproduced"
