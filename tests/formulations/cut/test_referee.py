"""The referee of the family `cut`, against sums done by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from formulations.cut.plan import CutPlan
from formulations.cut.problem import CutProblem
from formulations.cut.referee import Account, account_of, evaluate
from instances.errors import InputError
from tests.formulations.cut.by_hand import plan, problem

DIAMOND = ((0, 1), (0, 2), (1, 3), (2, 3))


def account(given: CutProblem, chosen: CutPlan) -> Account:
    found = account_of(given, chosen)
    assert isinstance(found, Account), found
    return found


def test_all_on_the_device_costs_its_layers_alone() -> None:
    score = evaluate(problem(), plan((0, 0, 0, 0)))
    assert score.value == 18.0
    assert score.energy_j.tolist() == [36.0]
    assert score.price.tolist() == [0.0]
    assert score.loads["device_work"] == 1.0
    assert score.loads["shipped_bytes"] == 0.0


def test_three_levels_pay_layers_and_both_crossings() -> None:
    # phone 4 s; 4 bytes over 2 byte/s and 0.5 s; box 3 s; 2 bytes over 1 byte/s; farm 2 s
    found = account(problem(), plan((0, 0, 1, 2)))
    assert found.latency_s == pytest.approx(4 + (2 + 0.5) + 3 + 2 + 2)
    # device: 8 J of layers, 3 W for 2 s, 1 W for the latency, 0.1 J/byte, 1 W while it waits 7 s
    assert found.device_energy_j == pytest.approx(8 + 6 + 0.5 + 0.4 + 7)
    assert found.energy_j == pytest.approx(found.device_energy_j + 30 + 200)
    assert found.price == pytest.approx(0.5 * 3 + 2.0 * 2 + 0.25 * 2)
    assert found.bottleneck_s == 4.0
    assert found.upload_s == pytest.approx(20 / 2 + 30 / 2 + 30 / 1)
    assert sorted(found.crossings) == [(1, "phone->box", 4.0), (2, "box->farm", 2.0)]


def test_a_tensor_passes_a_level_on_which_nothing_runs() -> None:
    found = account(problem(), plan((0, 0, 2, 2)))
    assert found.latency_s == pytest.approx(4 + 2.5 + 4 + 1.5 + 2)


def test_a_route_of_its_own_is_taken_instead_of_the_levels_between() -> None:
    found = account(problem(far=True), plan((0, 0, 2, 2)))
    assert found.latency_s == pytest.approx(4 + 1 + 1.5 + 2)


def test_a_tensor_of_two_readers_is_paid_once_a_link_or_once_a_destination() -> None:
    both = plan((0, 1, 1, 1))
    assert account(problem(DIAMOND), both).latency_s == pytest.approx((4 + 0.5) + 2 + 3 + 4)
    apart = plan((0, 1, 2, 2))
    # the input: once on the first link, once on the second; layer b's tensor on the second
    assert account(problem(DIAMOND), apart).latency_s == pytest.approx(4.5 + 8 + 2 + 4 + 1.5 + 2)
    again = account(problem(DIAMOND, payment="per_destination"), apart)
    assert again.latency_s == pytest.approx(4.5 + 4.5 + 8 + 2 + 4 + 1.5 + 2)


def test_the_result_comes_home_by_a_route_or_backwards() -> None:
    listed = account(problem(back=True, return_result=True), plan((0, 0, 2, 2)))
    assert listed.latency_s == pytest.approx(4 + 2.5 + 4 + 1.5 + 2 + 1 / 0.5)
    backwards = account(problem(return_result=True), plan((0, 0, 2, 2)))
    assert backwards.latency_s == pytest.approx(4 + 2.5 + 4 + 1.5 + 2 + 1 + 1 / 2 + 0.5)
    assert account(problem(return_result=True), plan((0, 0, 0, 0))).latency_s == 18.0


def test_an_exit_ends_the_network_and_runs_its_head() -> None:
    given = problem(versions="any", error_weight=10.0)
    score = evaluate(given, plan((0, 0, 1, -1), version=1))
    assert score.value == pytest.approx(4 + 2.5 + 3 + 0.5 + 10 * 0.4)
    assert evaluate(problem(), plan((0, 0, 1, -1), version=1)).violations == ("only the full network is allowed",)


def test_a_stream_waits_for_the_busiest_stage() -> None:
    score = evaluate(problem(inferences=11, bottleneck_weight=2.0), plan((0, 0, 1, 2)))
    assert score.value == pytest.approx(13.5 + 10 * 4 + 2 * 4)
    assert score.loads["completion_s"] == pytest.approx(53.5)


def test_uploaded_weights_count_as_asked() -> None:
    assert evaluate(problem(upload_factor=0.5), plan((0, 0, 0, 1))).value == pytest.approx(10 + 1.5 + 4 + 0.5 * 15)


@pytest.mark.parametrize(
    ("options", "chosen", "line"),
    [
        ({}, plan((0, 1, 0, 0)), "layer c: runs on a lower level than b, which it reads"),
        ({}, plan((1, 1, 1, 1)), "layer a: the input is on phone"),
        ({}, plan((0, 0, 0, -1)), "layer d: must run on one of the plan's helpers"),
        ({}, plan((0, 0, 0, 0), version=7), "no such version of the network"),
        ({}, plan((0, 0, 0, 0), helpers=(0, 2, 1)), "helper of level 1 must be one of its nodes"),
        ({"latency_limit_s": 17.0}, plan((0, 0, 0, 0)), "latency 18 s, limit 17 s"),
        ({"device_energy_limit_j": 30.0}, plan((0, 0, 0, 0)), "device energy 36 J, limit 30 J"),
        ({"energy_limit_j": 30.0}, plan((0, 0, 0, 0)), "energy 36 J, limit 30 J"),
        ({"price_limit": 3.0}, plan((0, 0, 0, 2)), "price 4.5, limit 3"),
        ({"bottleneck_limit_s": 17.0}, plan((0, 0, 0, 0)), "bottleneck 18 s, limit 17 s"),
        ({"provider_operations_limit": 400.0}, plan((0, 0, 1, 1)), "operations off the device 500, limit 400"),
        ({"accuracy_floor": 0.9}, plan((0, 0, 0, 0)), "accuracy 0.8 is below the floor 0.9"),
        ({"memory_bytes": 40.0}, plan((0, 0, 1, 1)), "node box: memory 50 bytes, limit 40"),
    ],
)
def test_each_broken_rule_is_a_line(options: dict[str, Any], chosen: CutPlan, line: str) -> None:
    score = evaluate(problem(**options), chosen)
    assert score.violations == (line,)
    assert not score.feasible


def test_limits_that_are_met_break_nothing() -> None:
    assert evaluate(problem(latency_limit_s=18.0), plan((0, 0, 0, 0))).feasible
    assert evaluate(problem(memory_bytes=40.0, memory=False), plan((0, 0, 1, 1))).feasible
    assert evaluate(problem(excursions=True, back=True), plan((0, 1, 0, 0))).feasible


def test_a_plan_for_another_network_is_refused() -> None:
    with pytest.raises(InputError, match="plan: must place 4 layers, got 2"):
        evaluate(problem(), plan((0, 0)))
    with pytest.raises(InputError, match="plan: must name 3 helpers, got 1"):
        evaluate(problem(), plan((0, 0, 0, 0), helpers=(0,)))
    assert np.isfinite(evaluate(problem(), plan((0, 0, 0, 0))).value or np.nan)
