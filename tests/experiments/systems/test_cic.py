"""Every claim of CIC holds or fails as measured, and fails where the method is broken."""

from __future__ import annotations

import time
from typing import Any

import pytest

from experiments.systems import cic
from experiments.systems.bench import Bench
from formulations.cut.case import CutCase
from solvers.exact.cut.reduction import reduced
from solvers.published.cic import cut_survivors
from tests.experiments.systems.breaking import BAD, GOOD, all_local, checkable, verdicts

FAIL_HERE = {"fewer-nodes", "hundred-times"}


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    if "slow" not in request.keywords:
        monkeypatch.setattr(cic, "NETWORKS", ("googlenet", "resnet18", "densenet121"))
        monkeypatch.setattr(cic, "RATES_MBIT", (0.1, 8.0, 900.0))


def check(found: dict[str, str]) -> None:
    assert {name for name in checkable("cic") if found[name] == BAD} - {"faster"} == FAIL_HERE
    assert found["testbed"] == "not checkable"


def test_the_claims_turn_out_as_measured() -> None:
    check(verdicts("cic"))


@pytest.mark.slow
def test_the_claims_turn_out_as_measured_on_the_whole_scenario() -> None:
    check(verdicts("cic"))


def test_deep_networks_alone_keep_a_tenth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cic, "NETWORKS", ("resnet18", "densenet121"))
    assert verdicts("cic")["fewer-nodes"] == GOOD


def test_the_table_has_what_baselines_lose(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cic, "NETWORKS", ("resnet18",))
    monkeypatch.setattr(cic, "COMPARED", 1)
    (row,) = cic.Cic().measure(Bench()).table.to_dict(orient="records")
    assert row["DADS over CIC, at most"] == pytest.approx(1.0)
    assert row["Neurosurgeon over CIC, at most"] >= 1 - 1e-9
    assert min(row[f"{name} only over CIC, at most"] for name in ("device", "server")) > 1.5


def test_the_optimum_is_missed_where_everything_stays_on_the_device() -> None:
    assert verdicts("cic", Bench(replaced={"cic": all_local()}))["same-optimum"] == BAD


def test_a_reduction_that_looks_at_the_bandwidth_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def looking(case: CutCase) -> CutCase:
        return case if case.unit_rate[0].max() > 1e-6 else reduced(case)

    monkeypatch.setattr(cic, "reduced", looking)
    assert verdicts("cic")["one-graph"] == BAD


def test_nothing_is_kept_or_quicker_where_nothing_is_reduced(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(case: CutCase) -> Any:
        time.sleep(0.05)
        return cut_survivors(case)

    monkeypatch.setattr(cic, "reduced", lambda case: case)
    monkeypatch.setattr(cic, "cut_survivors", slow)
    found = verdicts("cic")
    assert {found[name] for name in ("rebuild", "fewer-nodes", "faster", "hundred-times")} == {BAD}
    assert checkable("cic") == {"rebuild", "faster", "one-graph", "same-optimum", *FAIL_HERE}
