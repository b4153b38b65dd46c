"""Every claim of BranchyNet holds or fails as counted, and fails where a part is broken."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from experiments.systems import branchynet
from experiments.systems.bench import Bench
from experiments.systems.system import system_named
from solvers.published.branchynet import outcome
from tests.experiments.systems.breaking import BAD, GOOD, checkable, verdicts

FAIL_HERE = {"counts-otherwise", "magnitudes", "resnet-order"}
WORK = {"counts", "direction", "alexnet", "lenet-most", "placement"}
OUTCOMES = {"cost-falls", "accuracy-falls"}


def test_the_claims_turn_out_as_counted() -> None:
    found = verdicts("branchynet")
    assert {name for name in found if found[name] == BAD} == FAIL_HERE
    assert {name for name in found if found[name] == GOOD} == checkable("branchynet") - FAIL_HERE


def test_the_table_compares_screening_with_the_exact_sweep() -> None:
    measured = system_named("branchynet").cls().measure(Bench())
    floors = measured.table.dropna(subset="accuracy floor")
    assert floors["accuracy floor"].tolist() == list(branchynet.FLOORS)
    assert (floors["exact sweep (10^6 MAC)"] < floors["screened grid (10^6 MAC)"]).all()
    assert (floors["gap of the grid"] > 0).all()


def test_the_earlier_counts_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    trunk, branches, plain = branchynet.WORK["B-ResNet"]
    dearer = (*branches[:2], branches[2] + 12.44e6)
    monkeypatch.setitem(branchynet.WORK, "B-ResNet", (trunk, dearer, plain))
    behind = "B-AlexNet, first branch behind conv 1"
    trunk, branches, plain = branchynet.WORK[behind]
    monkeypatch.setitem(branchynet.WORK, behind, (trunk, (branches[0] - 0.655e6, *branches[1:]), plain))
    assert verdicts("branchynet")["counts-otherwise"] == GOOD


def test_branches_that_cost_as_much_as_the_network_save_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def dear(trunk: Any, branches: Any) -> Any:
        return np.asarray(trunk) + 2 * np.sum(trunk) * (1 + (len(trunk) == 3) * np.asarray(trunk)[0] / 2e6)

    monkeypatch.setattr(branchynet, "paid", dear)
    found = verdicts("branchynet")
    assert {name for name in WORK - {"lenet-most", "placement"} if found[name] == GOOD} == set()


def test_other_exit_rates_give_other_ratios(monkeypatch: pytest.MonkeyPatch) -> None:
    late = {name: (0.0,) * (len(shares) - 1) + (1.0,) for name, shares in branchynet.SHARES.items()}
    # all leave AlexNet early where its first branch is behind conv 2
    monkeypatch.setattr(branchynet, "SHARES", late | {"B-AlexNet": (1.0, 0.0, 0.0)})
    monkeypatch.setitem(branchynet.CPU, "B-AlexNet", 0.93)
    found = verdicts("branchynet")
    assert (found["lenet-most"], found["placement"]) == (BAD, BAD)


def test_published_orders_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(branchynet, "SHARES", branchynet.SHARES | {"B-ResNet": (0.56, 0.138, 0.302)})
    monkeypatch.setitem(branchynet.CPU, "B-LeNet", 4.1)
    found = verdicts("branchynet")
    assert (found["resnet-order"], found["magnitudes"]) == (GOOD, GOOD)


def test_outcomes_that_rise_with_thresholds_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def reversed_outcome(given: Any, values: tuple[float, ...]) -> Any:
        return outcome(given, tuple(2.2 - value for value in values))

    monkeypatch.setattr(branchynet, "outcome", reversed_outcome)
    found = verdicts("branchynet")
    assert {found[name] for name in OUTCOMES} == {BAD}


def test_a_sweep_that_never_leaves_early_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(branchynet, "best_thresholds", lambda given, floor: outcome(given, (-1.0, -1.0)))
    found = verdicts("branchynet")
    assert (found["sweep-exact"], found["screening"]) == (BAD, BAD)
    assert checkable("branchynet") == WORK | OUTCOMES | FAIL_HERE | {"sweep-exact", "screening"}
