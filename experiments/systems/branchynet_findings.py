"""The checks of BranchyNet's claims."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise

from experiments.systems.branchynet_work import CPU
from experiments.systems.claim import Facts, Finding
from experiments.systems.findings import rising

__all__ = [
    "COUNTED",
    "COUNTED_OTHERWISE",
    "TOLERANCE",
    "accuracy_falls",
    "alexnet_speed_up",
    "branch_behind_conv_2",
    "cost_falls",
    "counts_near",
    "exits_save_work",
    "lenet_gains_most",
    "other_speed_ups",
    "resnet_above_alexnet",
]

COUNTED = {"B-LeNet": 4.1, "B-AlexNet": 1.45}
COUNTED_OTHERWISE = {"B-ResNet": 1.41, "B-AlexNet, first branch behind conv 1": 2.13}
"""Ratios of an earlier count, of which only the ratios and some millions of multiply-adds are left."""
TOLERANCE = 0.01


def counts_near(counted: Mapping[str, float]) -> Callable[[Facts], Finding]:
    """Hold where the ratios of plain work over mean work with exits are those counted, within `TOLERANCE`."""

    def check(facts: Facts) -> Finding:
        ratios, work = facts["ratios"], facts["work"]
        near = [name for name, before in counted.items() if abs(ratios[name] / before - 1) <= TOLERANCE]
        shown = ", ".join(
            f"{name} {ratios[name]:.3f}, {work[name][0]:.4g} over {work[name][1]:.4g} million (before {before:g})"
            for name, before in counted.items()
        )
        return Finding(
            holds=len(near) == len(counted), evidence=f"{len(near)} of {len(counted)} within {TOLERANCE:.0%}: {shown}"
        )

    return check


def exits_save_work(facts: Facts) -> Finding:
    """Hold where every network does less work with exits than without."""
    shown = ", ".join(f"{name} {facts['ratios'][name]:.2f} (CPU {cpu:.1f})" for name, cpu in CPU.items())
    return Finding(holds=min(facts["ratios"][name] for name in CPU) > 1, evidence=shown)


def alexnet_speed_up(facts: Facts) -> Finding:
    """Hold where AlexNet gains by work what is published of the CPU, within 10 %."""
    own = facts["ratios"]["B-AlexNet"]
    return Finding(
        holds=abs(own / CPU["B-AlexNet"] - 1) <= 0.1, evidence=f"{own:.2f} by work, {CPU['B-AlexNet']:.2f} published"
    )


def lenet_gains_most(facts: Facts) -> Finding:
    """Hold where LeNet gains more than twice what the others do."""
    own = facts["ratios"]
    most = max(own["B-AlexNet"], own["B-ResNet"])
    return Finding(
        holds=own["B-LeNet"] > 2 * most, evidence=f"LeNet {own['B-LeNet']:.2f}, the others at most {most:.2f}"
    )


def other_speed_ups(facts: Facts) -> Finding:
    """Hold where LeNet and ResNet gain by work what is published of the CPU, within 10 %."""
    parts = [(name, facts["ratios"][name], CPU[name]) for name in ("B-LeNet", "B-ResNet")]
    shown = ", ".join(f"{name} {own:.2f} against {cpu:.2f}" for name, own, cpu in parts)
    return Finding(holds=all(abs(own / cpu - 1) <= 0.1 for _, own, cpu in parts), evidence=shown)


def resnet_above_alexnet(facts: Facts) -> Finding:
    """Hold where ResNet gains a tenth more than AlexNet."""
    own = facts["ratios"]
    evidence = f"ResNet {own['B-ResNet']:.3f}, AlexNet {own['B-AlexNet']:.3f} by work (published 1.87 and 1.51)"
    return Finding(holds=own["B-ResNet"] > 1.1 * own["B-AlexNet"], evidence=evidence)


def branch_behind_conv_2(facts: Facts) -> Finding:
    """Hold where the code's place of AlexNet's first branch is nearer to the published speed-up than the text's."""
    behind = {2: facts["ratios"]["B-AlexNet"], 1: facts["ratios"]["B-AlexNet, first branch behind conv 1"]}
    cpu = CPU["B-AlexNet"]
    evidence = f"behind conv 2 {behind[2]:.2f}, behind conv 1 {behind[1]:.2f}, published {cpu:.2f}"
    return Finding(holds=abs(behind[2] - cpu) < abs(behind[1] - cpu), evidence=evidence)


def cost_falls(facts: Facts) -> Finding:
    """Hold where no series of mean costs rises with a threshold."""
    wrong = [name for name, costs in facts["cost"].items() if not rising([-cost for cost in costs])]
    return Finding(
        holds=bool(facts["cost"]) and not wrong,
        evidence=f"{len(facts['cost']) - len(wrong)} of {len(facts['cost'])} series of {len(facts['thresholds'])} thresholds",
    )


def accuracy_falls(facts: Facts) -> Finding:
    """Hold where accuracy falls with the thresholds, up to 1 % of noise."""
    values = facts["accuracy"]
    wrong = sum(b > a + 0.01 for a, b in pairwise(values))
    shown = ", ".join(f"{value:.3f}" for value in values)
    return Finding(
        holds=wrong == 0 and values[-1] < values[0],
        evidence=f"with both thresholds from {facts['thresholds'][0]:g} to {facts['thresholds'][-1]:g}: {shown}",
    )
