"""Every claim of self-aware inference holds as measured, and fails where the method is broken."""

from __future__ import annotations

from typing import Any

import pytest

from experiments.systems import self_aware
from experiments.systems.bench import Bench
from solvers.published.self_aware import relay
from tests.experiments.systems.breaking import BAD, GOOD, all_far, all_local, checkable, verdicts

LOCAL = {"scan", "differ", "balance", "crossover", "loaded"}
RELAY = {"several", "two-boards", "forced"}


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    if "slow" not in request.keywords:
        monkeypatch.setattr(self_aware, "NETWORKS", ("nin",))
        monkeypatch.setattr(self_aware, "RATES_MBIT", (20.0, 90.0))
        monkeypatch.setattr(self_aware, "LOADS", (1.0, 0.2))


def test_the_claims_turn_out_as_measured() -> None:
    found = verdicts("self-aware")
    assert {name for name in found if found[name] == GOOD} == checkable("self-aware")


@pytest.mark.slow
def test_the_claims_turn_out_as_measured_on_the_whole_scenario() -> None:
    found = verdicts("self-aware")
    assert {name for name in found if found[name] == GOOD} == checkable("self-aware")


def test_claims_fail_where_everything_stays_on_the_device() -> None:
    found = verdicts("self-aware", Bench(replaced={"self-aware": all_local()}))
    assert {name for name in LOCAL if found[name] == GOOD} == set()


def test_the_gate_fails_where_everything_goes_to_a_helper() -> None:
    assert verdicts("self-aware", Bench(replaced={"self-aware": all_far()}))["gate"] == BAD


def test_helpers_that_hurt_are_seen() -> None:
    last = {"self-aware": all_far(1, lambda problem: len(problem.levels[1]) - 1)}
    assert verdicts("self-aware", Bench(replaced=last))["optional"] == BAD


def test_a_program_without_transfers_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def free(seconds: Any, bytes_out: Any, rates: Any, goal: Any, *, forced: bool = False) -> Any:
        value, last = relay(seconds, bytes_out, rates, goal)
        return 0.4 * value, last

    monkeypatch.setattr(self_aware, "relay", free)
    found = verdicts("self-aware")
    assert (found["several"], found["two-boards"]) == (BAD, BAD)


def test_boards_that_are_not_forced_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def free(seconds: Any, bytes_out: Any, rates: Any, goal: Any, *, forced: bool = False) -> Any:
        value, last = relay(seconds, bytes_out, rates, goal)
        return (value / len(seconds) if forced else value), last

    monkeypatch.setattr(self_aware, "relay", free)
    assert verdicts("self-aware")["forced"] == BAD


def test_another_law_of_completion_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(self_aware, "makespan", lambda latency, bottleneck, tasks: latency * tasks)
    assert verdicts("self-aware")["tandem"] == BAD
    assert checkable("self-aware") == LOCAL | RELAY | {"gate", "optional", "tandem"}
