"""The trace keeps what the referee accepts, off the clock, and bounds only as they rise."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from formulations.score import Score
from solvers.contract import Budget, Clock
from solvers.trace import RefereedTrace


class SlowWorld:
    """A clock of our own: scoring takes what the plan says."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr("solvers.trace.time.perf_counter", lambda: self.now)
        self.trace = RefereedTrace(self.score, clock=Clock(_start=self.now))

    def score(self, plan: tuple[float | None, bool, float]) -> Score:
        value, feasible, seconds = plan
        self.now += seconds
        nothing = np.empty(0)
        lines = () if feasible else ("broken",)
        return Score(value=value, violations=lines, latency_s=nothing, energy_j=nothing, price=nothing)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> SlowWorld:
    return SlowWorld(monkeypatch)


def test_scoring_is_not_charged_to_the_method(world: SlowWorld) -> None:
    world.now += 2.0
    world.trace.incumbent((5.0, True, 30.0))
    assert world.trace.clock.seconds() == pytest.approx(2.0)
    world.now += 1.0
    world.trace.incumbent((4.0, False, 30.0))
    assert world.trace.clock.seconds() == pytest.approx(3.0)
    assert [point.seconds for point in world.trace.incumbents] == pytest.approx([2.0])


def test_nor_is_what_listens_to_incumbents(world: SlowWorld) -> None:
    def listen(plan: Any, value: float, seconds: float) -> None:
        heard.append((value, seconds))
        world.now += 50.0

    heard: list[tuple[float, float]] = []
    world.trace.on_incumbent = listen
    world.now += 1.0
    world.trace.incumbent((5.0, True, 10.0))
    assert world.trace.clock.seconds() == pytest.approx(1.0)
    world.trace.incumbent((6.0, True, 10.0))
    world.trace.incumbent((1.0, False, 10.0))
    assert heard == [(5.0, pytest.approx(1.0))]


def test_only_feasible_plans_that_are_better_are_kept(world: SlowWorld) -> None:
    trace = world.trace
    assert trace.best_value is None
    best = (4.0, True, 0.0)
    offered = [(5.0, True, 0.0), (3.0, False, 0.0), (None, True, 0.0), (6.0, True, 0.0), best, (4.0, True, 0.0)]
    assert [trace.incumbent(plan) for plan in offered] == [5.0, None, None, 6.0, 4.0, 4.0]
    assert [point.value for point in trace.incumbents] == [5.0, 4.0]
    assert trace.best_plan is best
    assert trace.best_value == 4.0


def test_bounds_are_kept_as_they_rise(world: SlowWorld) -> None:
    trace = world.trace
    assert trace.best_bound is None
    for value in (-3.0, -5.0, 1.0, 1.0, 0.0):
        world.now += 1.0
        trace.bound(value)
    assert [(point.seconds, point.value) for point in trace.bounds] == [(1.0, -3.0), (3.0, 1.0)]
    assert trace.best_bound == 1.0


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_bound_that_is_no_finite_number_is_refused(world: SlowWorld, value: float) -> None:
    with pytest.raises(ValueError, match="a bound must be finite"):
        world.trace.bound(value)
    assert world.trace.bounds == []


def test_the_time_left_is_the_budgets_less_the_clock(world: SlowWorld) -> None:
    assert world.trace.left(Budget()) == math.inf
    world.now += 2.0
    assert world.trace.left(Budget(seconds=5.0)) == pytest.approx(3.0)
    world.now += 4.0
    assert world.trace.left(Budget(seconds=5.0)) == pytest.approx(-1.0)


def test_what_a_referee_raises_is_raised() -> None:
    def broken(plan: Any) -> Score:
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        RefereedTrace(broken).incumbent(None)
