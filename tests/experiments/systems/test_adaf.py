"""Every claim of ADAF holds as measured, and fails where the method is broken."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from experiments.systems import adaf
from experiments.systems.bench import Bench
from tests.experiments.systems.breaking import BAD, GOOD, all_far, all_local, checkable, verdicts

LOCAL = {"exact", "dominance", "gain", "free-backhaul", "fast-edge", "slow-edge"}


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    if "slow" not in request.keywords:
        monkeypatch.setattr(adaf, "NETWORKS", ("tiny_yolov2",))
        monkeypatch.setattr(adaf, "TO_EDGE_MBIT", (2.0, 30.0))
        monkeypatch.setattr(adaf, "MILP_RUNS", 1)


def test_the_claims_turn_out_as_measured() -> None:
    found = verdicts("adaf")
    assert {name for name in found if found[name] == GOOD} == checkable("adaf")


@pytest.mark.slow
def test_the_claims_turn_out_as_measured_on_the_whole_scenario() -> None:
    found = verdicts("adaf")
    assert {name for name in found if found[name] == GOOD} == checkable("adaf")


def test_claims_fail_where_everything_stays_on_the_device() -> None:
    found = verdicts("adaf", Bench(replaced={"adaf": all_local()}))
    assert {found[name] for name in LOCAL} == {BAD}


def test_the_limit_without_uplink_fails_where_everything_goes_to_the_edge() -> None:
    assert verdicts("adaf", Bench(replaced={"adaf": all_far()}))["no-uplink"] == BAD


def test_a_predictor_without_training_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    class Untrained:
        @classmethod
        def fit(cls, *given: Any) -> Untrained:
            return cls()

        def predict(self, x: Any) -> Any:
            return np.full(len(x), 1e3)

    monkeypatch.setattr(adaf, "Perceptron", Untrained)
    assert verdicts("adaf")["predictor"] == BAD
    assert checkable("adaf") == LOCAL | {"no-uplink", "predictor"}
