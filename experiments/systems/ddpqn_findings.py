"""The checks of the claims on DDPQN's static problem."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from experiments.systems.claim import Facts, Finding
from experiments.systems.ddpqn_scenario import Criteria
from experiments.systems.findings import all_finite

__all__ = [
    "NAMES",
    "NEAR",
    "UNEQUAL",
    "balance",
    "between",
    "conflict",
    "coordinated",
    "dominance",
    "searches",
    "unequal",
]

NAMES = ("delay", "energy", "cost")
UNEQUAL = (0.8, 0.1, 0.1)
"""Weights of the benefits that are not equal."""
NEAR = 0.01


def dominance(facts: Facts) -> Finding:
    """Judge D with equal weights: no pair where the dominated plan has more."""
    wrong, pairs = facts["equal_preferred"]
    return Finding(
        holds=pairs > 0 and wrong == 0,
        evidence=f"in {wrong} of {pairs} pairs the dominated one of two has the greater D",
    )


def unequal(facts: Facts) -> Finding:
    """Hold where with unequal weights some dominated plan has the greater D."""
    wrong, pairs = facts["unequal_preferred"]
    shown = ", ".join(f"{one:g}" for one in UNEQUAL)
    return Finding(
        holds=wrong > 0,
        evidence=f"with the weights {shown} in {wrong} of {pairs} pairs the dominated one of two has the greater D",
    )


def conflict(facts: Facts) -> Finding:
    """Hold where of every two criteria the plan that is best in one is more than 1 % above the best in the other."""
    points: dict[str, Criteria] = facts["points"]
    missing = [name for name in NAMES if f"least {name}" not in points]
    if missing:
        return Finding(holds=False, evidence=f"no plan of least {', '.join(missing)}")
    ends = np.array([points[f"least {name}"].three for name in NAMES])
    near = [
        f"{NAMES[i]}'s in {NAMES[k]}"
        for k in range(3)
        for i in range(3)
        if i != k and not ends[i, k] > (1 + NEAR) * ends[k, k]
    ]
    told = ", ".join(
        f"{name} {ends[k, k]:.3g} to {ends[:, k].max():.3g} (gap of the least {_text(facts['end_gaps'].get(name), '.2%')})"
        for k, name in enumerate(NAMES)
    )
    evidence = f"over the plans that are best in one of them: {told}"
    if near:
        evidence += f"; within {NEAR:.0%} of the best all the same: {', '.join(near)}"
    return Finding(holds=not near and bool(np.isfinite(ends).all()), evidence=evidence)


def coordinated(facts: Facts) -> Finding:
    """Hold where the plan of greatest D is dominated by none and has more D than the plan of every rule."""
    degree: dict[str, float] = facts["degree"]
    others = {name: degree.get(name) for name in facts["rules"]}
    best = max(facts["solved"], key=lambda name: degree[name], default=None)
    if best is None:
        return Finding(holds=False, evidence="no plan for any weighted sum")
    told = ", ".join(f"{name} {_text(one)}" for name, one in others.items())
    holds = all_finite(degree[best], *others.values()) and all(
        one is not None and degree[best] > one for one in others.values()
    )
    where = ", dominated" if best in facts["dominated"] else ""
    return Finding(
        holds=holds and bool(others) and not where, evidence=f"D of {best} {degree[best]:.3f}{where}, beside {told}"
    )


def between(facts: Facts) -> Finding:
    """Hold where the greatest D is above that of the plans that are best in one criterion."""
    degree: dict[str, float] = facts["degree"]
    best = max((degree[name] for name in facts["solved"]), default=float("nan"))
    ends = {name: degree.get(f"least {name}") for name in NAMES}
    told = ", ".join(f"least {name} {_text(one)}" for name, one in ends.items())
    holds = all_finite(best, *ends.values()) and all(one is not None and best > one + 1e-9 for one in ends.values())
    return Finding(holds=holds, evidence=f"greatest D {best:.3f}, beside {told}")


def balance(facts: Facts) -> Finding:
    """Hold where Jain's index is greatest for the plan of least delay."""
    points: dict[str, Criteria] = facts["points"]
    found = {name: points[f"least {name}"].balance for name in NAMES if f"least {name}" in points}
    told = ", ".join(f"{one:.2f} (least {name})" for name, one in found.items())
    holds = len(found) == len(NAMES) and all_finite(*found.values())
    return Finding(
        holds=holds and found["delay"] > max(found["energy"], found["cost"]),
        evidence=f"Jain's index of busy seconds {told}",
    )


def searches(gaps: Mapping[str, float | None]) -> Finding:
    """Hold where LNS is within 1 % of the best bound, and HEFT and the greedy rule are not."""
    own, others = gaps.get("schedule-lns"), [gaps.get(name) for name in ("heft", "greedy-energy")]
    holds = own is not None and all_finite(own, *others) and own <= NEAR < min(one for one in others if one is not None)
    told = ", ".join(f"{name} {_text(gap, '.2%')}" for name, gap in gaps.items())
    return Finding(holds=holds, evidence=f"gaps to the best proven bound with equal weights: {told}")


def _text(value: float | None, form: str = ".3f") -> str:
    return "none" if value is None else format(value, form)
