"""SPSO-GA's claims: each check holds on figures of its kind and fails on others; and the measurement in small."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from experiments.systems import spso_ga
from experiments.systems import spso_ga_findings as findings
from experiments.systems.smart_iot import Runs
from tests.experiments.systems.broken import reproduced, verdicts


def runs(*values: float) -> Runs:
    return Runs(values=values, missed=0, seconds=1.0)


def row(spso: float, pso: float, ga: float, **other: Any) -> dict[str, Any]:
    return {
        "networks": "1 alexnet",
        "deadline": "D1",
        "figures": "default",
        "objective": "energy",
        "runs": {"spso-ga": runs(spso), "pso-ga": runs(pso), "ga": runs(ga), "ga on blocks": runs(ga), "pso": runs(ga)},
        "HEFT": 20.0,
        "LNS": 10.0,
        "exact": 10.0,
        "bound": 10.0,
        **other,
    }


def test_a_plan_below_a_bound_is_seen() -> None:
    assert findings.gaps({"rows": [row(11.0, 12.0, 13.0)], "price": []}).holds
    assert not findings.gaps({"rows": [row(9.9, 12.0, 13.0)], "price": []}).holds
    assert not findings.gaps({"rows": [row(11.0, 12.0, 13.0, LNS=9.0)], "price": []}).holds


def test_comparisons_of_means_hold_and_fail() -> None:
    better, same, worse = ({"rows": [row(value, 10.0, 11.0)]} for value in (9.0, 10.01, 11.5))
    assert [findings.within_pso(one).holds for one in (better, same, worse)] == [True, True, False]
    assert [findings.same_as_pso(one).holds for one in (better, same, worse)] == [False, True, False]
    assert [findings.below_ga(one).holds for one in (better, same, worse)] == [True, True, False]


def test_energy_that_rises_with_the_deadline_is_seen() -> None:
    falling, rising = ([{"label": "a", "optima": list(one)}] for one in ((3.0, 2.0, 2.0), (2.0, 3.0, 1.0)))
    assert findings.never_rises({"open": falling}).holds
    assert not findings.never_rises({"open": rising}).holds


def test_energy_that_falls_nowhere_is_no_fall() -> None:
    for means, holds in (((12.0, 11.0), True), ((11.0, 11.0), False), ((11.0, 12.0), False)):
        rows = [row(mean, 12.0, 13.0, figures="a") for mean in means]
        assert findings.falls({"open": [{"optima": [3.0, 2.0]}], "rows": rows, "tense": "a"}).holds is holds
    rows = [row(mean, 12.0, 13.0, figures="a") for mean in (12.0, 11.0)]
    assert not findings.falls({"open": [{"optima": [3.0, 3.0]}], "rows": rows, "tense": "a"}).holds


def test_servers_times_and_prices_hold_and_fail() -> None:
    assert findings.edges_help({"edges": {"a": [(2, 5.0), (4, 5.0), (6, 4.0)]}}).holds
    assert not findings.edges_help({"edges": {"a": [(2, 5.0), (4, 5.1)]}}).holds
    assert findings.search_time({"times": [(1, 0.7, 1.0), (2, 0.6, 1.0)]}).holds
    assert not findings.search_time({"times": [(1, 0.7, 1.0), (2, 0.8, 1.0)]}).holds
    assert findings.price_below({"price": [row(1.0, 1.0, 1.0)]}).holds
    assert not findings.price_below({"price": [row(1.0, 1.1, 1.0)]}).holds


def test_a_method_without_a_plan_has_no_mean() -> None:
    assert np.isinf(runs().mean)
    assert (
        findings.table_means(row(1.0, 1.0, 1.0) | {"runs": {n: runs() for n in ("spso-ga", "pso-ga", "ga")}})["ga"]
        is None
    )


@pytest.fixture
def small() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("RUNS", 1), ("GA_RUNS", 1), ("TIMED_RUNS", 1), ("ITERATIONS", 10)):
            patch.setattr(spso_ga, name, value)
        for name in ("CLOUD_MB_PER_S", "EDGE_MB_PER_S"):
            patch.setattr(spso_ga, name, (2.0,))
        patch.setattr(spso_ga, "UNITS_S", (1e-3, 1e-2))
        patch.setattr(spso_ga, "LNS_S", 0.3)
        patch.setattr(spso_ga, "EXACT_S", 3.0)
        yield


@pytest.mark.slow
@pytest.mark.usefixtures("small")
def test_theorems_hold_in_a_small_measurement() -> None:
    found = verdicts(reproduced("spso-ga"))
    theorems = {claim.name for claim in spso_ga.SpsoGaSystem.claims if claim.kind == "theorem"}
    assert {found[name] for name in theorems} == {"reproduced"}
