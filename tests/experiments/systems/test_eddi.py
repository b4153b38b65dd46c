"""Every claim of EDDI holds as measured, and fails where the method is broken."""

from __future__ import annotations

from typing import Any

import pytest

from experiments.systems import eddi
from experiments.systems.bench import Bench
from tests.experiments.systems.breaking import BAD, GOOD, all_local, checkable, verdicts

LOCAL = {"exact", "chains", "beyond-dads", "linear"}
FALLING = {"limit", "rate", "capacity"}


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    if "slow" not in request.keywords:
        monkeypatch.setattr(eddi, "NETWORKS", ("resnet18",))
        monkeypatch.setattr(eddi, "RATES_MBIT", (0.5, 18.88))
        monkeypatch.setattr(eddi, "SHARES", (0.02, 1.0))
        monkeypatch.setattr(eddi, "LIMIT_SHARES", (0.2, 0.7, 1.0))


def test_the_claims_turn_out_as_measured() -> None:
    found = verdicts("eddi")
    assert {name for name in found if found[name] == GOOD} == checkable("eddi")


def test_exact_fails_without_a_comparison_with_the_milp() -> None:
    same = [("a setting", 0.3, 0.3)]
    claim = next(one for one in eddi.Eddi.claims if one.name == "exact")
    assert claim.check is not None
    assert claim.check({"exact": {"cut-cp-sat": same, "cut-milp": same}}).holds
    assert not claim.check({"exact": {"cut-cp-sat": same, "cut-milp": []}}).holds
    assert not claim.check({"exact": {"cut-cp-sat": same, "cut-milp": [("a setting", 0.3, 0.2)]}}).holds


@pytest.mark.slow
def test_the_claims_turn_out_as_measured_on_the_whole_scenario() -> None:
    found = verdicts("eddi")
    assert {name for name in found if found[name] == GOOD} == checkable("eddi")


def test_claims_fail_where_the_whole_network_stays_on_the_device() -> None:
    found = verdicts("eddi", Bench(replaced={"eddi": all_local()}))
    assert {found[name] for name in LOCAL} == {BAD}


def test_monotonicities_fail_where_exits_fall() -> None:
    def falling(problem: Any) -> int:
        near, far = problem.costs.layer_seconds.sum(axis=1)
        much = problem.options.latency_limit_s > 0.9 * near or far < near / 50
        return 1 if much or problem.instance.system.link_bytes_per_s[0] > 1e6 else min(3, len(problem.network.exits))

    found = verdicts("eddi", Bench(replaced={"eddi": all_local(falling)}))
    assert {found[name] for name in FALLING} == {BAD}
    assert checkable("eddi") == LOCAL | FALLING
