"""The scan is the best over cuts and helpers; the program over boards in a line is that of all segments."""

from __future__ import annotations

from itertools import combinations_with_replacement, pairwise
from typing import Any

import numpy as np
import pytest

from formulations.cut.problem import CutOptions, CutProblem
from instances.networks.catalogue import load_network
from instances.one_inference import Machine, Wire, one_inference
from solvers.published.self_aware import relay
from tests.formulations.cut.random_problems import random_problem
from tests.solvers.exact.cut.runs import run


def by_hand(seconds: Any, size: Any, rates: Any, last: tuple[int, ...], goal: str) -> float:
    """Return what segments take: a tensor goes as far as there is work left."""
    k, n = seconds.shape
    stages, start = [], 0
    for j, end in enumerate(last):
        stages.append(float(seconds[j, start : end + 1].sum()))
        start = end + 1
        if j < k - 1 and end < n - 1:
            stages.append(float(size[end] / rates[j]))
    return sum(stages) if goal == "latency" else max(stages)


@pytest.mark.parametrize("forced", [False, True])
@pytest.mark.parametrize("goal", ["latency", "throughput"])
def test_the_program_has_the_best_of_all_segments(goal: str, forced: bool) -> None:
    for seed in range(30):
        rng = np.random.default_rng(seed)
        k, n = int(rng.integers(2, 5)), 6
        seconds = rng.uniform(0, 1, (k, n))
        seconds[:, 0] = 0.0
        size, rates = rng.uniform(0, 1, n), rng.uniform(0.5, 3, k - 1)
        rows = [(*row, n - 1) for row in combinations_with_replacement(range(n), k - 1)]
        if forced:
            rows = [row for row in rows if row[0] > 0 and all(b > a for a, b in pairwise(row))]
        value, last = relay(seconds, size, rates, goal, forced=forced)  # type: ignore[arg-type]
        assert value == pytest.approx(min(by_hand(seconds, size, rates, row, goal) for row in rows))
        assert value == pytest.approx(by_hand(seconds, size, rates, tuple(last.tolist()), goal))


def problem(**options: Any) -> CutProblem:
    net = load_network("alexnet")
    machines = [
        Machine(name="board", seconds=net.operations / 2e9),
        Machine(name="helper", seconds=net.operations / 1e12),
    ]
    wire = Wire(source="board", target="helper", bytes_per_s=1e9)
    return CutProblem(instance=one_inference(net, machines, [wire]), options=CutOptions(**options))


def test_a_task_in_time_stays_and_privacy_keeps_the_first_layer() -> None:
    # behind the first convolution follow a rectifier and a pooling, which make its tensor smaller
    for given, params, here in (
        ({"latency_limit_s": 10.0}, {}, 21),
        ({"latency_limit_s": 0.1}, {}, 1),
        ({}, {}, 1),
        ({}, {"privacy": True}, 4),
        ({"latency_weight": 0.0, "bottleneck_weight": 1.0}, {"privacy": True}, 4),
    ):
        one = problem(**given)
        outcome = run("self-aware", one, params)
        assert not isinstance(outcome, str)
        assert outcome.plan is not None
        assert int((outcome.plan.node == one.source).sum()) == here


def test_it_declines_what_is_no_chain() -> None:
    assert "no chain" in str(run("self-aware", random_problem(4, chain=False, most_levels=2, plain=True)))
    assert "excursions" in str(run("self-aware", problem(excursions=True)))
