"""Shared checks hold and fail where they should, and say how many figures they saw; profiles keep what they sum up."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from experiments.systems.bench import Bench
from experiments.systems.findings import (
    all_equal,
    all_hold,
    always,
    at_most,
    equal,
    monotone,
    never_above,
    no_worse,
    numbers_near,
    rising,
)
from experiments.systems.profiles import (
    alexnet_pair,
    as_chain,
    at_rate,
    first_on_server,
    ionn_pair,
    pair_problem,
    random_pair,
)
from formulations.cut.referee import evaluate
from instances.networks.catalogue import load_network
from tests.experiments.systems.broken import DATA, NO_PROFILES, WITHOUT, cut_plan


@pytest.mark.parametrize(
    ("check", "holds", "fails"),
    [
        (all_equal("x", "pairs"), [(1.0, 1.0), (2.0, 2.0 + 1e-12)], [(1.0, 1.0), (2.0, 2.001)]),
        (all_equal("x", "pairs"), [(1.0, 1.0)], [(None, 1.0)]),
        (all_equal("x", "pairs"), [(1.0, 1.0)], []),
        (never_above("x", "pairs"), [(1.0, 2.0), (2.0, 2.0)], [(1.0, 2.0), (2.1, 2.0)]),
        (never_above("x", "pairs"), [(1.0, 2.0)], [(None, 2.0)]),
        (monotone("x", "rows", rising=True), [[1, 1, 2], [0, 0]], [[1, 2], [2, 1]]),
        (monotone("x", "rows", rising=False), [[2, 1, 1]], [[1, 2]]),
        (monotone("x", "rows", rising=True), [[1, 2]], [[1, np.nan]]),
        (monotone("x", "rows", rising=True), [[1, 2]], []),
        (always("x", "cases"), [True, True], [True, False]),
        (always("x", "cases"), [True], []),
        (numbers_near("x", (1.0, 2.0), 0.01, "s"), [1.005, 1.99], [1.02, 2.0]),
        (numbers_near("x", (1.0, 2.0), 0.01, "s"), [1.0, 2.0], [1.0]),
    ],
)
def test_a_check_holds_and_fails(check: Any, holds: list[Any], fails: list[Any]) -> None:
    assert check({"x": holds}).holds
    assert not check({"x": fails}).holds
    assert check({"x": fails}).evidence


ABSENT = (None, np.inf, -np.inf, np.nan)


@pytest.mark.parametrize("gone", ABSENT)
def test_nothing_holds_on_what_is_not_there(gone: Any) -> None:
    for pair in ((gone, gone), (gone, 1.0), (1.0, gone)):
        for check in (all_equal("x", "pairs"), never_above("x", "pairs")):
            found = check({"x": [(1.0, 1.0), pair]})
            assert not found.holds
            assert "1 lack a finite value" in found.evidence
        named = [("first", 1.0, 1.0), ("second", *pair)]
        for judged in (all_hold(named, "pairs"), no_worse(named, "pairs")):
            assert not judged.holds
            assert "second" in judged.evidence
        assert not equal(*pair)
        assert not at_most(*pair)
    for up in (True, False):
        assert not monotone("x", "rows", rising=up)({"x": [[1.0, 1.0], [gone, gone]]}).holds
    assert not numbers_near("x", (1.0,), 0.01, "s")({"x": [gone]}).holds
    assert not always("x", "cases")({"x": [True, gone]}).holds
    if gone is not None:
        assert not rising([1.0, gone])


def test_sequences_of_one_or_none_show_nothing() -> None:
    assert not monotone("x", "rows", rising=True)({"x": [[1.0, 2.0], [1.0]]}).holds
    assert not rising([])
    assert rising([1.0, 1.0, 2.0])
    assert not rising([1.0, 0.9])
    assert not numbers_near("x", (), 0.01, "s")({"x": []}).holds


def test_absence_counts_only_as_the_caller_says() -> None:
    both, neither, one = ("both", 1.0, 1.0), ("neither", None, None), ("one", None, 1.0)
    assert all_hold([both, neither], "pairs", none_alike=True).holds
    assert "1 of them both say that there is no plan" in all_hold([both, neither], "pairs", none_alike=True).evidence
    assert not all_hold([neither], "pairs", none_alike=True).holds
    assert not all_hold([both, one], "pairs", none_alike=True).holds
    assert not all_hold([both, ("inf", np.inf, np.inf)], "pairs", none_alike=True).holds
    alone = ("alone", 1.0, None)
    assert no_worse([both, alone], "pairs", none_is_worse=True).holds
    assert "1 of them the other has no plan" in no_worse([both, alone], "pairs", none_is_worse=True).evidence
    assert not no_worse([alone], "pairs", none_is_worse=True).holds
    for bad in (neither, one, ("inf", np.inf, None)):
        assert not no_worse([both, bad], "pairs", none_is_worse=True).holds


def test_a_chain_of_segments_keeps_work_weights_and_cut_tensors() -> None:
    network = load_network("resnet18")
    chain, first = as_chain(network)
    points = network.cut_points()
    assert [layer.name for layer in chain.layers] == [network.layers[i].name for i in points]
    assert chain.total_operations == pytest.approx(network.total_operations)
    assert chain.total_parameter_bytes == pytest.approx(network.total_parameter_bytes)
    assert chain.output_bytes.tolist() == network.output_bytes[points].tolist()
    assert np.add.reduceat(network.operations, first).tolist() == chain.operations.tolist()
    assert len(chain.cut_points()) == len(chain)


def test_a_pair_problem_has_its_load_rate_and_power() -> None:
    profile = alexnet_pair()
    problem = pair_problem(profile, 1e6, watts={"busy_watts": 2.0, "transmit_watts": 3.0, "idle_watts": 1.0}, load=5.0)
    plan = cut_plan(problem, 15)
    assert first_on_server(problem, plan) == 15
    assert first_on_server(problem, cut_plan(problem, 23)) == 23
    here, there = profile.device[:16].sum(), 5.0 * profile.server[16:].sum()
    sent = profile.network.output_bytes[15]
    score = evaluate(problem, plan)
    assert score.value == pytest.approx(here + there + sent / 1e6)
    assert score.loads["device_energy_j"] == pytest.approx(2.0 * here + 1.0 * there + 3.0 * sent / 1e6)
    assert evaluate(at_rate(problem, 1e5), plan).value == pytest.approx(here + there + sent / 1e5)


def test_random_pairs_are_as_asked() -> None:
    for seed in range(20):
        fast, flat = random_pair(seed), random_pair(seed, flat=True, faster=False)
        assert (fast.server <= fast.device).all()
        assert len(set(flat.network.output_bytes.tolist())) == 1
    assert any((one.server > one.device).any() for one in (random_pair(seed, faster=False) for seed in range(5)))


def test_profiles_are_absent_without_their_folder(tmp_path: Any) -> None:
    assert ionn_pair(Bench(), "alexnet") is None
    assert ionn_pair(Bench(data=tmp_path), "alexnet") is None


@pytest.mark.skipif(NO_PROFILES, reason=WITHOUT)
def test_a_network_without_a_server_profile_takes_no_time_there() -> None:
    found = ionn_pair(Bench(data=DATA), "mobilenet")
    assert found is not None
    assert not found.server.any()
    assert found.device.sum() == pytest.approx(0.68, abs=0.001)
