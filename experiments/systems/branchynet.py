"""BranchyNet: what its published exit rates save on the work of its networks, and how thresholds trade time for accuracy."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from experiments.systems.axes import look_of
from experiments.systems.bench import Bench
from experiments.systems.branchynet_findings import (
    COUNTED,
    COUNTED_OTHERWISE,
    accuracy_falls,
    alexnet_speed_up,
    branch_behind_conv_2,
    cost_falls,
    counts_near,
    exits_save_work,
    lenet_gains_most,
    other_speed_ups,
    resnet_above_alexnet,
)
from experiments.systems.branchynet_work import CPU, SHARES, WORK
from experiments.systems.claim import Claim
from experiments.systems.findings import all_hold, no_worse
from experiments.systems.system import Measured, system
from formulations.score import relative_gap
from solvers.published.branchynet import (
    Calibration,
    Thresholds,
    best_thresholds,
    expected,
    front,
    outcome,
    paid,
    screened_thresholds,
)

__all__ = ["BranchyNet"]


SAMPLES, FEW = 400, 24
GRID = np.linspace(0.0, 2.2, 12)
FLOORS = (0.70, 0.74, 0.78, 0.80)


@system(
    "branchynet",
    number=12,
    title="BranchyNet",
    family="cut",
    citation="Teerapittayanon, McDanel, Kung: BranchyNet: Fast Inference via Early Exiting from Deep Neural Networks, "
    "ICPR 2016, arXiv 1709.01686",
    methods=(),
    reconstruction=(
        "time is counted in multiply-adds of the layers in the authors' public networks",
        "the layers of AlexNet's first branch where it is put behind conv 1, and ResNet-110 with 18 blocks a stage as the network without branches",
        "calibration samples are synthetic: entropies and correctness of one difficulty a sample, sharper at later exits",
        "the exact sweep over thresholds; the paper screens a grid",
    ),
)
class BranchyNet:
    """Lets a sample leave at the first exit that is sure enough, for a lower mean time at nearly the same accuracy.

    It sets thresholds of entropy and places nothing, so no method of this family is registered for it: screening a grid,
    as the paper does, stands in the table beside the exact sweep over all thresholds.
    """

    claims = (
        Claim(
            name="counts",
            text="published exit rates over the networks' multiply-adds give 4.1 (LeNet) and 1.45 (AlexNet), within 1%",
            kind="number",
            source="an earlier count of ours",
            check=counts_near(COUNTED),
        ),
        Claim(
            name="counts-otherwise",
            text="and 1.41 (ResNet), and 2.13 with AlexNet's first branch behind conv 1, within 1%",
            kind="number",
            source="an earlier count of ours, from 232 over 165 million (ResNet)",
            check=counts_near(COUNTED_OTHERWISE),
        ),
        Claim(
            name="direction",
            text="exits save time on every network",
            kind="trend",
            source="paper",
            check=exits_save_work,
        ),
        Claim(
            name="alexnet", text="AlexNet is 1.5 times as fast", kind="number", source="paper", check=alexnet_speed_up
        ),
        Claim(
            name="lenet-most",
            text="LeNet gains far more than the others",
            kind="trend",
            source="paper",
            check=lenet_gains_most,
        ),
        Claim(
            name="magnitudes",
            text="LeNet is 5.4 times and ResNet 1.9 times as fast",
            kind="number",
            source="paper",
            check=other_speed_ups,
        ),
        Claim(
            name="resnet-order",
            text="ResNet gains clearly more than AlexNet",
            kind="trend",
            source="paper",
            check=resnet_above_alexnet,
        ),
        Claim(
            name="placement",
            text="the first branch of AlexNet as in the code, behind conv 2, explains the published speed-up better than the text's conv 1",
            kind="trend",
            source="our derivation",
            check=branch_behind_conv_2,
        ),
        Claim(
            name="cost-falls",
            text="for fixed samples the mean time never grows with a threshold",
            kind="theorem",
            source="our derivation",
            check=cost_falls,
        ),
        Claim(
            name="accuracy-falls",
            text="accuracy falls as thresholds grow",
            kind="trend",
            source="paper",
            check=accuracy_falls,
        ),
        Claim(
            name="sweep-exact",
            text="the exact sweep has the optimum over all thresholds",
            kind="theorem",
            source="our derivation",
            check=lambda f: all_hold(f["exact"], "accuracy floors"),
        ),
        Claim(
            name="screening",
            text="and is no dearer than screening a grid, as the paper does",
            kind="theorem",
            source="our derivation",
            check=lambda f: no_worse(f["screened"], "accuracy floors", none_is_worse=True),
        ),
        Claim(
            name="accuracies",
            text="accuracies of 99.25, 79.19 and 79.17%, GPU speed-ups of 4.7, 2.4 and 1.9",
            kind="number",
            source="paper",
            reason="needs their trained networks and a Titan X",
        ),
        Claim(
            name="training",
            text="weights 1.0 for early and 0.3 for late exits add 1% of accuracy",
            kind="number",
            source="paper",
            reason="needs their training",
        ),
    )

    def measure(self, bench: Bench) -> Measured:
        """Count the work of the published networks, and sweep thresholds on synthetic samples."""
        rows = []
        facts: dict[str, Any] = {"ratios": {}, "work": {}, "thresholds": GRID.tolist()}
        for name, (trunk, branches, plain) in WORK.items():
            cost = paid(np.cumsum(trunk), np.array(branches))
            mean = expected(np.array(SHARES[name]), cost)
            facts["ratios"][name] = plain / mean
            facts["work"][name] = plain / 1e6, mean / 1e6
            rows.append(
                {
                    "network": name,
                    "plain (10^6 MAC)": plain / 1e6,
                    "mean with exits (10^6 MAC)": mean / 1e6,
                    "speed-up by work": plain / mean,
                    "published speed-up (CPU)": CPU.get(name),
                }
            )
        given = samples(SAMPLES, np.random.default_rng(12))
        facts["cost"] = {
            f"T{i + 1}, the other {other:g}": [outcome(given, _pair(i, value, other)).cost for value in GRID]
            for i, other in product((0, 1), GRID[::3].tolist())
        }
        facts["accuracy"] = [outcome(given, (value, value)).accuracy for value in GRID.tolist()]
        facts["screened"] = []
        rows += [_floor(given, floor, facts["screened"]) for floor in FLOORS]
        facts["exact"] = _exact(samples(FEW, np.random.default_rng(13)))
        return Measured(table=pd.DataFrame(rows), facts=facts, draw=lambda figure: _draw(figure, given))


def samples(count: int, rng: np.random.Generator) -> Calibration:
    """Return synthetic samples for B-AlexNet: a difficulty each, entropies that rise with it and fall with the exit."""
    hard = rng.random(count)[:, None]
    sharp = np.array([1.0, 1.4, 1.8])
    entropy = np.clip(2.3 * hard**sharp + 0.15 * rng.standard_normal((count, 3)), 0.0, np.log(10))
    sure = np.clip(1.02 - 0.42 * entropy / np.log(10) * np.array([1.6, 1.2, 0.9]), 0.1, 1.0)
    trunk, branches, _ = WORK["B-AlexNet"]
    cost = paid(np.cumsum(trunk), np.array(branches)) / 1e6
    return Calibration(entropy=entropy, correct=rng.random((count, 3)) < sure, cost=cost)


def _pair(which: int, value: float, other: float) -> tuple[float, float]:
    return (value, other) if which == 0 else (other, value)


def _floor(given: Calibration, floor: float, screened: list[tuple[str, float | None, float | None]]) -> dict[str, Any]:
    """Return the table's row of an accuracy floor; where either has thresholds, `screened` gets their costs."""
    own, sweep_s = _timed(lambda: best_thresholds(given, floor))
    grid, grid_s = _timed(lambda: screened_thresholds(given, floor, GRID))
    row = {"network": "B-AlexNet, synthetic samples", "accuracy floor": floor}
    if own is not None:
        row["exact sweep (10^6 MAC)"] = own.cost
    if grid is not None:
        row["screened grid (10^6 MAC)"] = grid.cost
    costs = None if own is None else own.cost, None if grid is None else grid.cost
    if costs != (None, None):
        screened.append((f"accuracy {floor}", *costs))
    if own is not None and grid is not None:
        row["gap of the grid"] = relative_gap(grid.cost, own.cost)
    return row | {"grid (ms to decide)": 1e3 * grid_s, "sweep (ms to decide)": 1e3 * sweep_s}


def _timed(decide: Callable[[], Thresholds | None]) -> tuple[Thresholds | None, float]:
    began = time.perf_counter()
    found = decide()
    return found, time.perf_counter() - began


def _exact(given: Calibration) -> list[tuple[str, float | None, float | None]]:
    """Compare the sweep with every pair of thresholds that tells samples apart, one by one."""
    values = [[*np.unique(given.entropy[:, i]).tolist(), np.inf] for i in (0, 1)]
    every = [outcome(given, pair) for pair in product(*values)]
    found: list[tuple[str, float | None, float | None]] = []
    for floor in FLOORS:
        own = best_thresholds(given, floor)
        good = [one.cost for one in every if one.accuracy >= floor - 1e-12]
        found.append((f"accuracy {floor}", None if own is None else own.cost, min(good) if good else None))
    return found


def _draw(figure: Any, given: Calibration) -> None:
    axes = figure.subplots()
    axes.step(*front(given), where="post", color=look_of(0)["color"], label="exact sweep")
    grid = [outcome(given, pair) for pair in product(GRID.tolist(), repeat=2)]
    costs, accuracies = [one.cost for one in grid], [one.accuracy for one in grid]
    axes.scatter(costs, accuracies, s=12, marker="x", linewidths=0.9, color=look_of(1)["color"], label="screened grid")
    axes.set_xlabel("mean work (10^6 MAC)")
    axes.set_ylabel("accuracy")
    axes.legend(loc="lower right")
