"""The checks of SPSO-GA's claims, and the rows of its table."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from experiments.systems.claim import Facts, Finding
from experiments.systems.findings import ROUNDING

__all__ = [
    "ON_BLOCKS",
    "below_ga",
    "below_ga_on_blocks",
    "edges_help",
    "falls",
    "gaps",
    "never_rises",
    "price_below",
    "same_as_pso",
    "search_time",
    "table_means",
    "within_pso",
]

Row = Mapping[str, Any]
ON_BLOCKS = "ga on blocks"
_NEAR = 0.005
_NUMERICAL = 1e-6  # of a bound of a solver


def table_means(row: Row) -> dict[str, Any]:
    """Return the row of the table."""
    floor = row["bound"] if row["exact"] is None else row["exact"]
    shown: dict[str, Any] = {name: row[name] for name in ("networks", "deadline", "objective")}
    shown["figures"] = "default" if row["figures"] == "default" else "steepest"
    for name, runs in row["runs"].items():
        shown[name] = runs.mean if runs.values else None
    shown |= {"HEFT": row["HEFT"], "LNS": row["LNS"], "exact": row["exact"], "bound": row["bound"]}
    own = row["runs"]["spso-ga"]
    shown["gap of SPSO-GA"] = own.mean / floor - 1 if own.values and floor else None
    return shown


def _all_rows(facts: Facts) -> list[Row]:
    return [*facts["rows"], *facts["price"]]


def gaps(facts: Facts) -> Finding:
    """Hold where nothing is below a bound, and tell mean gaps to it."""
    wrong, told = [], []
    for name in ("spso-ga", "pso-ga", "ga", ON_BLOCKS, "HEFT", "LNS"):
        found = []
        for row in _all_rows(facts):
            floor = row["bound"]
            values = row["runs"][name].values if name in row["runs"] else [row.get(name)]
            for value in values:
                if value is None or not floor:
                    continue
                found.append(value / floor - 1)
                if value < floor * (1 - _NUMERICAL) - 1e-12:
                    wrong.append(f"{name} on {row['networks']} {row['deadline']}: {value:.9g} below {floor:.9g}")
        told.append(f"{name} {np.mean(found):.1%} (worst {np.max(found):.1%})" if found else f"{name} none")
    known = sum(bool(row["bound"]) for row in _all_rows(facts))
    return Finding(
        holds=known > 0 and not wrong,
        evidence=f"mean gaps to the optimum or bound of {known} settings: {', '.join(told)}"
        + (f"; {wrong[0]}" if wrong else ""),
    )


def never_rises(facts: Facts) -> Finding:
    """Hold where no sequence of optima over D1 to D5 rises."""
    sequences = [row["optima"] for row in facts["open"]]
    broken = [
        row["label"]
        for row in facts["open"]
        if not (np.diff(row["optima"]) <= ROUNDING * np.array(row["optima"][:-1])).all()
    ]
    return Finding(
        holds=bool(sequences) and not broken and bool(np.isfinite(sequences).all()),
        evidence=f"{len(sequences)} settings of bandwidths and unit, {len(broken)} rise somewhere {broken[:1] or ''}".strip(),
    )


def edges_help(facts: Facts) -> Finding:
    """Hold where more edge servers never raise the optimum."""
    wrong, told = 0, []
    for name, values in facts["edges"].items():
        energies = [energy for _, energy in values]
        wrong += sum(b > a * (1 + ROUNDING) for a, b in pairwise(energies))
        told.append(f"{name} " + ", ".join(f"{energy:.5g} ({count})" for count, energy in values))
    return Finding(holds=bool(told) and not wrong, evidence="; ".join(told))


def falls(facts: Facts) -> Finding:
    """Hold where in some setting the optimum and SPSO-GA's mean fall from D1 to D5 and the mean never rises by more than 1 %."""
    drops = [row["optima"][0] / row["optima"][-1] - 1 for row in facts["open"]]
    rows = [row for row in facts["rows"] if row["figures"] == facts["tense"]]
    means = [row["runs"]["spso-ga"].mean for row in rows]
    default = [row["exact"] for row in facts["rows"] if row["figures"] == "default" and row["networks"] == "1 alexnet"]
    steady = all(b <= a * 1.01 for a, b in pairwise(means))
    return Finding(
        holds=max(drops) > ROUNDING and len(means) > 1 and steady and means[-1] < means[0],
        evidence=f"the optimum falls in {sum(one > ROUNDING for one in drops)} of {len(drops)} settings; at the default "
        f"{', '.join(f'{one:.5g}' for one in default)}; most in: {facts['tense']}, where SPSO-GA's means are "
        f"{', '.join(f'{one:.5g}' for one in means)} and the optima "
        f"{', '.join('none' if row['exact'] is None else f'''{row['exact']:.5g}''' for row in rows)}",
    )


def _ratios(facts: Facts, other: str) -> tuple[list[float], int]:
    """Return SPSO-GA's mean over another's in settings where both have one, and in how many only SPSO-GA has."""
    pairs = [(row["runs"]["spso-ga"], row["runs"][other]) for row in facts["rows"]]
    both = [one.mean / two.mean for one, two in pairs if one.values and two.values]
    return both, sum(bool(one.values) and not two.values for one, two in pairs)


def within_pso(facts: Facts) -> Finding:
    """Hold where SPSO-GA's mean is nowhere more than 0.5 % above PSO-GA's."""
    ratios, alone = _ratios(facts, "pso-ga")
    return Finding(holds=bool(ratios) and max(ratios) <= 1 + _NEAR, evidence=_told(ratios, alone, "PSO-GA"))


def same_as_pso(facts: Facts) -> Finding:
    """Hold where both means are equal within 0.5 % everywhere."""
    ratios, alone = _ratios(facts, "pso-ga")
    holds = bool(ratios) and not alone and max(abs(one - 1) for one in ratios) <= _NEAR
    return Finding(holds=holds, evidence=_told(ratios, alone, "PSO-GA"))


def below_ga(facts: Facts) -> Finding:
    """Hold where SPSO-GA's mean is below that of GA on all layers, or both are the same optimum."""
    ratios, alone = _ratios(facts, "ga")
    holds = bool(ratios) and max(ratios) <= 1 + ROUNDING and min(ratios) < 1 - ROUNDING
    return Finding(holds=holds, evidence=_told(ratios, alone, "GA on all layers"))


def below_ga_on_blocks(facts: Facts) -> Finding:
    """Hold where SPSO-GA's mean is below that of GA on the same blocks everywhere."""
    ratios, alone = _ratios(facts, ON_BLOCKS)
    return Finding(holds=bool(ratios) and max(ratios) < 1, evidence=_told(ratios, alone, "GA on the same blocks"))


def _told(ratios: list[float], alone: int, other: str) -> str:
    below = sum(one < 1 for one in ratios)
    return (
        f"SPSO-GA over {other}: {min(ratios, default=np.nan):.4f} to {max(ratios, default=np.nan):.4f} in {len(ratios)} "
        f"settings, below in {below}; in {alone} more only SPSO-GA keeps the deadlines"
    )


def search_time(facts: Facts) -> Finding:
    """Hold where every ratio of times is below 0.75."""
    ratios = [one / two for _, one, two in facts["times"]]
    told = ", ".join(f"{count}: {a:.3f} s / {b:.3f} s = {a / b:.2f}" for count, a, b in facts["times"])
    return Finding(holds=bool(ratios) and max(ratios) < 0.75, evidence=told)


def price_below(facts: Facts) -> Finding:
    """Hold where PSO-GA's mean price is nowhere above that of PSO or GA."""
    told, wrong = [], 0
    for row in facts["price"]:
        means = {name: row["runs"][name].mean for name in ("pso-ga", "pso", "ga")}
        wrong += means["pso-ga"] > min(means["pso"], means["ga"]) * (1 + ROUNDING)
        told.append(f"{row['deadline']} " + "/".join(f"{one:.4g}" for one in means.values()))
    return Finding(
        holds=bool(told) and not wrong, evidence=f"PSO-GA/PSO/GA {', '.join(told)}; above one of them in {wrong}"
    )
