"""Every claim of Edgent (2019) holds or fails as measured, and fails where the method is broken."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from experiments.systems import edgent_2019
from experiments.systems.bench import Bench
from solvers.published.edgent_2019 import ConfigurationMap, Configurations, Followed
from tests.experiments.systems.breaking import BAD, GOOD, UNKNOWN, all_local, checkable, verdicts

DATA = Path(__file__).parents[4] / "shared" / "data"
STUCK = {"constant", "dynamic"}


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    if "slow" not in request.keywords:
        monkeypatch.setattr(edgent_2019, "TRACES", 3)
        monkeypatch.setattr(edgent_2019, "SAMPLES", 60)
        monkeypatch.setattr(edgent_2019, "ROUNDS", 5)
        monkeypatch.setattr(edgent_2019, "REAL", 3)


def follow(monkeypatch: pytest.MonkeyPatch, make: Any) -> dict[str, str]:
    monkeypatch.setattr(edgent_2019, "dynamic", make)
    return verdicts("edgent-2019")


def test_the_claims_turn_out_as_measured() -> None:
    found = verdicts("edgent-2019")
    assert {name for name in found if found[name] == GOOD} == checkable("edgent-2019") - {"real"}
    assert found["real"] == UNKNOWN


@pytest.mark.skipif(not (DATA / "bandwidth-traces").exists(), reason="needs the traces in ../shared/data")
def test_on_measured_3g_bandwidths_the_last_sample_is_the_better_guide() -> None:
    assert verdicts("edgent-2019", Bench(data=DATA))["real"] == BAD


@pytest.mark.slow
def test_the_claims_turn_out_as_measured_on_the_whole_scenario() -> None:
    found = verdicts("edgent-2019")
    assert {name for name in found if found[name] == GOOD} == checkable("edgent-2019") - {"real"}


def test_a_configurator_that_is_stuck_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def stuck(table: ConfigurationMap, trace: Any) -> Followed:
        return Followed(choice=np.full(len(trace), 3))

    found = follow(monkeypatch, stuck)
    assert {found[name] for name in STUCK} == {BAD}
    assert found["changes"] == BAD


def test_a_configurator_that_flaps_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    assert follow(monkeypatch, lambda table, trace: Followed(choice=np.arange(len(trace)) % 2))["noise"] == BAD


def test_a_reward_above_the_oracle_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    class Cheating(Followed):
        def rewards(self, given: Configurations, trace: Any) -> Any:
            return 1.1 * given.reward(trace).max(axis=0)[1:]

    found = follow(monkeypatch, lambda table, trace: Cheating(choice=np.zeros(len(trace), dtype=np.int64)))
    assert found["oracle"] == BAD


@pytest.mark.skipif(not (DATA / "bandwidth-traces").exists(), reason="needs the traces in ../shared/data")
def test_on_measured_bandwidths_an_oracle_would_win(monkeypatch: pytest.MonkeyPatch) -> None:
    class Knowing(Followed):
        def rewards(self, given: Configurations, trace: Any) -> Any:
            return given.reward(trace).max(axis=0)[1:]

    monkeypatch.setattr(edgent_2019, "dynamic", lambda table, trace: Knowing(choice=np.zeros(len(trace), dtype=int)))
    assert verdicts("edgent-2019", Bench(data=DATA))["real"] == GOOD


def test_a_method_that_ignores_the_reward_is_seen() -> None:
    assert verdicts("edgent-2019", Bench(replaced={"edgent-2019": all_local()}))["method"] == BAD


def test_a_map_that_searches_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def searching(self: ConfigurationMap, mean: float, deviation: float) -> Any:
        time.sleep(0.1)
        return slice(None)

    monkeypatch.setattr(ConfigurationMap, "state", searching)
    found = follow(monkeypatch, lambda table, trace: Followed(choice=np.zeros(len(trace), dtype=np.int64)))
    assert (found["lookup"], found["lookup-time"]) == (BAD, BAD)
    covered = STUCK | {"changes", "noise", "oracle", "real", "method", "lookup", "lookup-time"}
    assert checkable("edgent-2019") == covered
