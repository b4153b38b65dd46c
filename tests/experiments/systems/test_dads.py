"""Every claim of DADS holds or fails as measured, and fails where the method is broken."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from experiments.systems import dads, dads_scenario
from experiments.systems.bench import Bench
from solvers.exact.cut.dads_graph import dads_published_graph
from tests.experiments.systems.breaking import BAD, GOOD, UNKNOWN, all_far, all_local, checkable, verdicts

FAIL_HERE = {"dsh-mean", "tiny-yolov2", "chains-heavy"}
LIGHT = {"dsl-optimal", "chains", "dags", "dags-strict", "load", "cloud-gain", "edge-gain", "one-threshold"}
LIGHT |= {"cut-moves", "closed-graph"}
GRAPH = {"published-graph", "back-flow"}


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    if "slow" not in request.keywords:
        monkeypatch.setattr(dads_scenario, "DAGS", 40)
        monkeypatch.setattr(dads_scenario, "HEAVY_DAGS", 10)
        monkeypatch.setattr(dads_scenario, "MILP_DAGS", 4)
        monkeypatch.setattr(dads_scenario, "NETWORKS", ("nin", "tiny_yolov2", "vgg16", "resnet18"))


def expected() -> dict[str, str]:
    return {
        claim.name: UNKNOWN if claim.check is None else BAD if claim.name in FAIL_HERE else GOOD
        for claim in dads.Dads.claims
    }


def test_the_claims_turn_out_as_measured() -> None:
    assert verdicts("dads") == expected()


@pytest.mark.slow
def test_the_claims_turn_out_as_measured_on_the_whole_scenario() -> None:
    assert verdicts("dads") == expected()


def test_claims_of_light_load_fail_where_everything_stays_on_the_device() -> None:
    found = verdicts("dads", Bench(replaced={"dads-dsl": all_local()}))
    assert {name for name in LIGHT if found[name] == GOOD} == set()


def test_the_guarantee_fails_where_heavy_load_sends_everything() -> None:
    assert verdicts("dads", Bench(replaced={"dads-dsh": all_far()}))["dsh-factor-3"] == BAD


def test_the_published_graph_is_right_where_its_gaps_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(case: Any, pinned: bool = False) -> Any:
        return dads_published_graph(case, pinned=True, reverse=True)

    monkeypatch.setattr(dads_scenario, "dads_published_graph", partial(closed))
    found = verdicts("dads")
    assert {found[name] for name in GRAPH} == {BAD}


def test_every_claim_with_a_check_is_broken_above() -> None:
    assert checkable("dads") == LIGHT | GRAPH | FAIL_HERE | {"dsh-factor-3"}
