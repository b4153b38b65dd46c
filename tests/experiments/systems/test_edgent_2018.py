"""Every claim of Edgent (2018) holds or fails as measured, and fails where the method is broken."""

from __future__ import annotations

from typing import Any

import pytest

from experiments.systems import branchy_alexnet, edgent_2018
from experiments.systems.bench import Bench
from solvers.published.edgent import latencies
from tests.experiments.systems.breaking import BAD, GOOD, all_local, checkable, verdicts

FAIL_HERE = {"rate-threshold", "deadline-threshold", "only-edgent"}
STUBBORN = {"algorithm-1", "superset", "within", "exit-by-rate", "exit-by-deadline"}
MONOTONE = {"monotone-rate", "monotone-deadline"}


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    if "slow" not in request.keywords:
        monkeypatch.setattr(edgent_2018, "RATES_MBIT", (0.05, 0.1, 0.2, 0.4, 1.0))
        monkeypatch.setattr(edgent_2018, "DEADLINES_S", (0.1, 0.2, 0.3, 0.5))


def check(found: dict[str, str]) -> None:
    assert {name for name in checkable("edgent-2018") if found[name] == BAD} == FAIL_HERE
    assert {name for name in found if found[name] == GOOD} == checkable("edgent-2018") - FAIL_HERE


def test_the_claims_turn_out_as_measured() -> None:
    check(verdicts("edgent-2018"))


@pytest.mark.slow
def test_the_claims_turn_out_as_measured_on_the_whole_scenario() -> None:
    check(verdicts("edgent-2018"))


def test_claims_fail_where_the_whole_network_stays_on_the_device() -> None:
    found = verdicts("edgent-2018", Bench(replaced={"edgent-2018": all_local()}))
    assert {found[name] for name in STUBBORN} == {BAD}


def test_monotonicities_fail_where_exits_fall() -> None:
    def falling(problem: Any) -> int:
        slow = problem.instance.system.link_bytes_per_s[0] < 3e4
        return 0 if slow or problem.options.latency_limit_s < 0.3 else 1

    found = verdicts("edgent-2018", Bench(replaced={"edgent-2018": all_local(falling)}))
    assert {found[name] for name in MONOTONE} == {BAD}


def test_a_latency_that_grows_with_the_bandwidth_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def jumping(case: Any, rows: Any) -> Any:
        return latencies(case, rows) + (0.5 if case.unit_rate[0].max() < 1e-5 else 0.0)

    monkeypatch.setattr(edgent_2018, "latencies", jumping)
    assert verdicts("edgent-2018")["fixed-exit"] == BAD


def test_other_figures_give_other_baselines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(branchy_alexnet, "_INPUT_BYTES", 12_288.0)
    monkeypatch.setattr(edgent_2018, "LOADING_S", 0.0)
    found = verdicts("edgent-2018")
    assert (found["edge-only"], found["device-only"]) == (BAD, BAD)


def test_a_later_first_exit_changes_the_thresholds(monkeypatch: pytest.MonkeyPatch) -> None:
    # an upload of 3.7 times the bytes: the thresholds are then those read off the figures, but for the limit
    monkeypatch.setattr(branchy_alexnet, "_INPUT_BYTES", 32_000.0)
    monkeypatch.setattr(edgent_2018, "RATES_MBIT", (0.05, 0.1, 0.4, 1.0))
    found = verdicts("edgent-2018")
    assert (found["rate-threshold"], found["only-edgent"]) == (GOOD, GOOD)


def test_every_claim_with_a_check_is_broken_above() -> None:
    covered = STUBBORN | MONOTONE | FAIL_HERE | {"fixed-exit", "edge-only", "device-only"}
    assert checkable("edgent-2018") == covered
