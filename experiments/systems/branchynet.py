"""BranchyNet: what its published exit rates save on the work of its networks, and how thresholds trade time for accuracy."""

from __future__ import annotations

from itertools import pairwise, product
from typing import Any

import numpy as np
import pandas as pd

from experiments.systems.bench import Bench
from experiments.systems.claim import Claim, Facts, Finding
from experiments.systems.findings import all_hold, no_worse, rising
from experiments.systems.system import Measured, system
from instances.columns import FloatArray
from solvers.published.branchynet import (
    Calibration,
    best_thresholds,
    expected,
    outcome,
    paid,
    screened_thresholds,
)

__all__ = ["BranchyNet"]


def _conv(kernel: int, inputs: int, outputs: int, side: int) -> float:
    """Return the multiply-adds of a convolution with square kernel and output."""
    return float(kernel * kernel * inputs * outputs * side * side)


# multiply-adds of the trunk between exits and of each branch, from the layers of the authors' networks
_ALEX_TRUNK = (
    _conv(5, 3, 32, 32) + _conv(5, 32, 64, 16),
    _conv(3, 64, 96, 8),
    _conv(3, 96, 96, 8) + _conv(3, 96, 64, 8) + 1024 * 256 + 256 * 128,
)
_ALEX_SECOND = _conv(3, 96, 32, 4) + 128 * 10
_RES_BLOCK = 2 * _conv(3, 16, 16, 30)
_RES_REST = _conv(3, 16, 32, 15) + 35 * _conv(3, 32, 32, 15) + _conv(3, 32, 64, 8) + 35 * _conv(3, 64, 64, 8)
WORK: dict[str, tuple[tuple[float, ...], tuple[float, ...], float]] = {
    "B-LeNet": (
        (_conv(5, 1, 5, 30), _conv(5, 5, 10, 17) + _conv(5, 10, 20, 11) + 720 * 84),
        (_conv(3, 5, 10, 15) + 640 * 10, 84 * 10),
        _conv(5, 1, 5, 30) + _conv(5, 5, 10, 17) + _conv(5, 10, 20, 11) + 720 * 84 + 84 * 10,
    ),
    "B-AlexNet": (
        _ALEX_TRUNK,
        (_conv(3, 64, 32, 8) + _conv(3, 32, 32, 8) + 512 * 10, _ALEX_SECOND, 128 * 10),
        sum(_ALEX_TRUNK) + 128 * 10,
    ),
    "B-AlexNet, first branch behind conv 1": (
        (_conv(5, 3, 32, 32), _conv(5, 32, 64, 16) + _ALEX_TRUNK[1], _ALEX_TRUNK[2]),
        (_conv(3, 32, 32, 16) + _conv(3, 32, 32, 16) + 2048 * 10, _ALEX_SECOND, 128 * 10),
        sum(_ALEX_TRUNK) + 128 * 10,
    ),
    "B-ResNet": (
        (_conv(3, 3, 16, 30) + _RES_BLOCK, 18 * _RES_BLOCK, _RES_REST),
        (_conv(3, 16, 32, 30) + _conv(3, 32, 32, 30) + 7200 * 3600 + 3600 * 10, _RES_BLOCK + 14_400 * 10, 576 * 10),
        _conv(3, 3, 16, 30) + 18 * _RES_BLOCK + _RES_REST + 576 * 10,
    ),
}
"""Trunk between exits, branches, and the network without branches: `kunglab/branchynet`, ``networks``."""
SHARES = {
    "B-LeNet": (0.943, 0.0563),
    "B-AlexNet": (0.656, 0.252, 0.092),
    "B-AlexNet, first branch behind conv 1": (0.656, 0.252, 0.092),
    "B-ResNet": (0.415, 0.138, 0.447),
}
"""Published exit rates."""
CPU = {"B-LeNet": 3.37 / 0.62, "B-AlexNet": 9.56 / 6.32, "B-ResNet": 137.20 / 73.5}
"""Published speed-ups on the CPU."""
COUNTED = {"B-LeNet": 4.1, "B-AlexNet": 1.45, "B-ResNet": 1.41, "B-AlexNet, first branch behind conv 1": 2.13}
"""The same ratios as counted before."""
TOLERANCE = 0.05
SAMPLES, FEW = 400, 24
GRID = np.linspace(0.0, 2.2, 12)
FLOORS = (0.70, 0.74, 0.78, 0.80)


def _near_counts(facts: Facts) -> Finding:
    parts = [(name, facts["ratios"][name], counted) for name, counted in COUNTED.items()]
    wrong = [name for name, own, counted in parts if abs(own / counted - 1) > TOLERANCE]
    shown = ", ".join(f"{name} {own:.3g} ({counted:g})" for name, own, counted in parts)
    return Finding(holds=not wrong, evidence=f"{shown}, within {TOLERANCE:.0%}" + (f" but {wrong}" if wrong else ""))


def _direction(facts: Facts) -> Finding:
    shown = ", ".join(f"{name} {facts['ratios'][name]:.2f} (CPU {cpu:.1f})" for name, cpu in CPU.items())
    return Finding(holds=min(facts["ratios"][name] for name in CPU) > 1, evidence=shown)


def _alexnet(facts: Facts) -> Finding:
    own = facts["ratios"]["B-AlexNet"]
    return Finding(
        holds=abs(own / CPU["B-AlexNet"] - 1) <= 0.1, evidence=f"{own:.2f} by work, {CPU['B-AlexNet']:.2f} published"
    )


def _lenet(facts: Facts) -> Finding:
    own = facts["ratios"]
    most = max(own["B-AlexNet"], own["B-ResNet"])
    return Finding(
        holds=own["B-LeNet"] > 2 * most, evidence=f"LeNet {own['B-LeNet']:.2f}, the others at most {most:.2f}"
    )


def _magnitudes(facts: Facts) -> Finding:
    parts = [(name, facts["ratios"][name], CPU[name]) for name in ("B-LeNet", "B-ResNet")]
    shown = ", ".join(f"{name} {own:.2f} against {cpu:.2f}" for name, own, cpu in parts)
    return Finding(holds=all(abs(own / cpu - 1) <= 0.1 for _, own, cpu in parts), evidence=shown)


def _resnet_order(facts: Facts) -> Finding:
    own = facts["ratios"]
    evidence = f"ResNet {own['B-ResNet']:.3f}, AlexNet {own['B-AlexNet']:.3f} by work (published 1.87 and 1.51)"
    return Finding(holds=own["B-ResNet"] > 1.1 * own["B-AlexNet"], evidence=evidence)


def _placement(facts: Facts) -> Finding:
    behind = {2: facts["ratios"]["B-AlexNet"], 1: facts["ratios"]["B-AlexNet, first branch behind conv 1"]}
    cpu = CPU["B-AlexNet"]
    evidence = f"behind conv 2 {behind[2]:.2f}, behind conv 1 {behind[1]:.2f}, published {cpu:.2f}"
    return Finding(holds=abs(behind[2] - cpu) < abs(behind[1] - cpu), evidence=evidence)


def _cost_falls(facts: Facts) -> Finding:
    wrong = [name for name, costs in facts["cost"].items() if not rising([-cost for cost in costs])]
    return Finding(
        holds=bool(facts["cost"]) and not wrong,
        evidence=f"{len(facts['cost']) - len(wrong)} of {len(facts['cost'])} series of {len(GRID)} thresholds",
    )


def _accuracy_falls(facts: Facts) -> Finding:
    values = facts["accuracy"]
    wrong = sum(b > a + 0.01 for a, b in pairwise(values))
    shown = ", ".join(f"{value:.3f}" for value in values)
    return Finding(
        holds=wrong == 0 and values[-1] < values[0],
        evidence=f"with both thresholds from {GRID[0]:g} to {GRID[-1]:g}: {shown}",
    )


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
    """Lets a sample leave at the first exit that is sure enough, for a lower mean time at nearly the same accuracy."""

    claims = (
        Claim(
            name="counts",
            text="published exit rates over the networks' multiply-adds give 4.1 (LeNet), 1.45 (AlexNet), 1.41 (ResNet), and 2.13 with AlexNet's first branch behind conv 1",
            kind="number",
            source="a count of ours before",
            check=_near_counts,
        ),
        Claim(
            name="direction", text="exits save time on every network", kind="trend", source="paper", check=_direction
        ),
        Claim(name="alexnet", text="AlexNet is 1.5 times as fast", kind="number", source="paper", check=_alexnet),
        Claim(
            name="lenet-most", text="LeNet gains far more than the others", kind="trend", source="paper", check=_lenet
        ),
        Claim(
            name="magnitudes",
            text="LeNet is 5.4 times and ResNet 1.9 times as fast",
            kind="number",
            source="paper",
            check=_magnitudes,
        ),
        Claim(
            name="resnet-order",
            text="ResNet gains clearly more than AlexNet",
            kind="trend",
            source="paper",
            check=_resnet_order,
        ),
        Claim(
            name="placement",
            text="the first branch of AlexNet as in the code, behind conv 2, explains the published speed-up better than the text's conv 1",
            kind="trend",
            source="our derivation",
            check=_placement,
        ),
        Claim(
            name="cost-falls",
            text="for fixed samples the mean time never grows with a threshold",
            kind="theorem",
            source="our derivation",
            check=_cost_falls,
        ),
        Claim(
            name="accuracy-falls",
            text="accuracy falls as thresholds grow",
            kind="trend",
            source="paper",
            check=_accuracy_falls,
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
        facts: dict[str, Any] = {"ratios": {}}
        for name, (trunk, branches, plain) in WORK.items():
            cost = paid(np.cumsum(trunk), np.array(branches))
            mean = expected(np.array(SHARES[name]), cost)
            facts["ratios"][name] = plain / mean
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
        facts["screened"] = _screened(given)
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


def _screened(given: Calibration) -> list[tuple[str, float | None, float | None]]:
    """Return the costs of the exact sweep and of the grid, None where it has nothing; floors that neither keeps are left out."""
    found: list[tuple[str, float | None, float | None]] = []
    for floor in FLOORS:
        own, grid = best_thresholds(given, floor), screened_thresholds(given, floor, GRID)
        if own is not None or grid is not None:
            costs = None if own is None else own.cost, None if grid is None else grid.cost
            found.append((f"accuracy {floor}", *costs))
    return found


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
    floors: FloatArray = np.linspace(0.6, 0.9, 31)
    found = [one for floor in floors if (one := best_thresholds(given, float(floor))) is not None]
    axes.plot([one.cost for one in found], [one.accuracy for one in found], marker=".", label="exact sweep")
    grid = [outcome(given, pair) for pair in product(GRID.tolist(), repeat=2)]
    axes.scatter([one.cost for one in grid], [one.accuracy for one in grid], s=6, alpha=0.5, label="grid")
    axes.set_xlabel("mean work (10^6 MAC)")
    axes.set_ylabel("accuracy")
    axes.legend()
