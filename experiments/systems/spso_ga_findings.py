"""The checks of SPSO-GA's claims."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from experiments.systems.claim import Facts, Finding
from experiments.systems.findings import ROUNDING
from experiments.systems.smart_iot import Runs
from experiments.systems.spso_ga_tables import Compared
from formulations.score import relative_gap

__all__ = [
    "GREEDY",
    "ON_BLOCKS",
    "below_ga",
    "below_ga_on_blocks",
    "edges_help",
    "falls",
    "gaps",
    "never_rises",
    "price_below",
    "price_below_greedy",
    "same_as_pso",
    "search_time",
    "within_pso",
]

ON_BLOCKS, GREEDY = "ga on blocks", "greedy"
_NEAR = 0.005
_NUMERICAL = 1e-6  # of a bound of a solver


def gaps(facts: Facts) -> Finding:
    """Hold where there are plans and none is below a bound; tell mean gaps to it."""
    rows: Sequence[Compared] = [*facts["rows"], *facts["price"]]
    known = [(row, row.floor) for row in rows if row.floor is not None and np.isfinite(row.floor)]
    wrong, told, plans = [], [], 0
    for name in dict.fromkeys(name for row in rows for name in row.runs):
        pairs = [(row, floor, value) for row, floor in known if name in row.runs for value in row.runs[name].values]
        plans += len(pairs)
        wrong += [
            f"{name} on {row.networks} {row.deadline}: {value:.9g} below {floor:.9g}"
            for row, floor, value in pairs
            if not value >= floor * (1 - _NUMERICAL) - 1e-12
        ]
        found = [gap for _, floor, value in pairs if (gap := relative_gap(value, floor)) is not None]
        told.append(f"{name} {np.mean(found):.1%} (worst {np.max(found):.1%})" if found else f"{name} none")
    return Finding(
        holds=plans > 0 and not wrong,
        evidence=f"mean gaps of {plans} plans to the optimum or bound of {len(known)} settings: {', '.join(told)}"
        + (f"; {wrong[0]}" if wrong else ""),
    )


def never_rises(facts: Facts) -> Finding:
    """Hold where no sequence of optima over the factors of the deadline rises."""
    rows = facts["open"]
    broken = [f"{row.network}, {row.label}" for row in rows if row.rises]
    absent = [f"{row.network}, {row.label}" for row in rows if not np.isfinite(row.optima).all()]
    told = (
        f"{len(rows)} settings of network, bandwidths and unit, {len(broken)} rise somewhere {broken[:1] or ''}".strip()
    )
    return Finding(
        holds=bool(rows) and not broken and not absent,
        evidence=told + (f"; no plan was found in {len(absent)} {absent[:1]}" if absent else ""),
    )


def edges_help(facts: Facts) -> Finding:
    """Hold where every optimum was found and more edge servers never raise it; tell where it moves."""
    rows = facts["edges"]
    rises = sum(b > a * (1 + ROUNDING) for row in rows for a, b in pairwise(row.optima))
    absent = sum(not np.isfinite(row.optima).all() for row in rows)
    moves = [row for row in rows if row.optima[-1] < row.optima[0] * (1 - ROUNDING)]
    used = sum("edge" in one for row in rows for one in row.tiers)
    told = "; ".join(
        f"{row.network}, {row.figures}, {row.deadline}: "
        + ", ".join(f"{value:.5g} ({count})" for count, value in zip(row.counts, row.optima, strict=True))
        for row in moves[:2]
    )
    return Finding(
        holds=bool(rows) and not rises and not absent,
        evidence=f"{len(rows)} sequences, {rises} rises, {len(moves)} fall; edge servers run layers in {used} of "
        f"{sum(len(row.optima) for row in rows)} optima" + (f"; {told}" if told else ""),
    )


def falls(facts: Facts) -> Finding:
    """Hold where in some setting the optimum and SPSO-GA's mean fall from D1 to D5 and the mean never rises by more than 1 %."""
    own = [row for row in facts["open"] if row.network == "alexnet"]
    steepest = max(own, key=lambda row: row.fall if np.isfinite(row.fall) else -1.0)
    told, held = [], False
    rows = [row for row in facts["rows"] if row.networks == "1 alexnet"]
    for figures in dict.fromkeys(row.figures for row in rows):
        chosen = [row for row in rows if row.figures == figures]
        means = [row.runs["spso-ga"].mean for row in chosen]
        optima = [np.inf if row.exact is None else row.exact for row in chosen]
        steady = bool(np.isfinite([*means, *optima]).all()) and all(b <= a * 1.01 for a, b in pairwise(means))
        held |= steady and all(one[-1] < one[0] * (1 - ROUNDING) for one in (means, optima))
        told.append(
            f"{figures}: SPSO-GA's means {', '.join(f'{one:.5g}' for one in means)}, optima "
            f"{', '.join(f'{one:.5g}' for one in optima)}"
        )
    return Finding(
        holds=held,
        evidence=f"the optimum falls in {sum(row.fall > ROUNDING for row in own)} of {len(own)} settings, most by "
        f"{steepest.fall:.0%} ({steepest.label}); {'; '.join(told)}",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Against:
    """SPSO-GA's mean over another's where both have one, whether both are at the optimum; who else has a plan; misses."""

    other: str
    ratios: tuple[float, ...]
    optimal: tuple[bool, ...]
    alone: int
    only_other: int
    neither: int
    missed: str
    other_missed: str

    @property
    def comparable(self) -> bool:
        """Whether there is a ratio, all are finite, and nowhere has only the other a plan."""
        return bool(self.ratios) and bool(np.isfinite(self.ratios).all()) and not self.only_other

    @property
    def told(self) -> str:
        """The numbers in words."""
        below = sum(one < 1 for one in self.ratios)
        return (
            f"SPSO-GA over {self.other}: {min(self.ratios, default=np.nan):.4f} to {max(self.ratios, default=np.nan):.4f} "
            f"in {len(self.ratios)} settings, below in {below}, both at the optimum in {sum(self.optimal)}; in "
            f"{self.alone} more only SPSO-GA keeps the deadlines, in {self.only_other} only the other, in {self.neither} "
            f"neither; without a plan SPSO-GA {self.missed}, {self.other} {self.other_missed}"
        )


def _against(facts: Facts, name: str, other: str) -> _Against:
    rows: Sequence[Compared] = facts["rows"]
    pairs = [(row, row.runs["spso-ga"], row.runs[name]) for row in rows]
    both = [(row, one.mean, two.mean) for row, one, two in pairs if one.values and two.values]
    return _Against(
        other=other,
        ratios=tuple(one / two for _, one, two in both),
        optimal=tuple(
            row.floor is not None and max(one, two) <= row.floor * (1 + _NUMERICAL) for row, one, two in both
        ),
        alone=sum(bool(one.values) and not two.values for _, one, two in pairs),
        only_other=sum(bool(two.values) and not one.values for _, one, two in pairs),
        neither=sum(not one.values and not two.values for _, one, two in pairs),
        missed=_missed([one for _, one, _ in pairs]),
        other_missed=_missed([two for _, _, two in pairs]),
    )


def _missed(runs: Sequence[Runs]) -> str:
    return f"{sum(one.missed for one in runs)} of {sum(one.count for one in runs)} runs"


def within_pso(facts: Facts) -> Finding:
    """Hold where SPSO-GA's mean is nowhere more than 0.5 % above PSO-GA's."""
    found = _against(facts, "pso-ga", "PSO-GA")
    return Finding(holds=found.comparable and max(found.ratios) <= 1 + _NEAR, evidence=found.told)


def same_as_pso(facts: Facts) -> Finding:
    """Hold where both means are equal within 0.5 % everywhere."""
    found = _against(facts, "pso-ga", "PSO-GA")
    near = all(abs(one - 1) <= _NEAR for one in found.ratios)
    return Finding(holds=found.comparable and not found.alone and near, evidence=found.told)


def below_ga(facts: Facts) -> Finding:
    """Hold where SPSO-GA's mean is below that of GA on all layers somewhere, and else both are at the optimum."""
    found = _against(facts, "ga", "GA on all layers")
    below = [one < 1 - ROUNDING for one in found.ratios]
    holds = found.comparable and any(below) and all(map(max, below, found.optimal))
    return Finding(holds=holds, evidence=found.told)


def below_ga_on_blocks(facts: Facts) -> Finding:
    """Hold where SPSO-GA's mean is below that of GA on the same blocks everywhere."""
    found = _against(facts, ON_BLOCKS, "GA on the same blocks")
    return Finding(holds=found.comparable and max(found.ratios) < 1 - ROUNDING, evidence=found.told)


def search_time(facts: Facts) -> Finding:
    """Hold where every ratio of times is below 0.75."""
    ratios = [one / two for _, one, two in facts["times"]]
    told = ", ".join(f"{count}: {a:.3f} s / {b:.3f} s = {a / b:.2f}" for count, a, b in facts["times"])
    return Finding(holds=bool(ratios) and all(one < 0.75 for one in ratios), evidence=told)


def price_below(facts: Facts) -> Finding:
    """Hold where PSO-GA's mean price is nowhere above that of PSO or GA, all three on layers."""
    return _cheapest(facts, {"pso-ga": "PSO-GA", "pso": "PSO", "ga": "GA"})


def price_below_greedy(facts: Facts) -> Finding:
    """Hold where PSO-GA's mean price is nowhere above that of the greedy rule."""
    return _cheapest(facts, {"pso-ga": "PSO-GA", GREEDY: "greedy"})


def _cheapest(facts: Facts, names: dict[str, str]) -> Finding:
    """Hold where the first of the methods has a plan everywhere and a mean not above another's."""
    rows: Sequence[Compared] = facts["price"]
    told, above, without = [], 0, 0
    for row in rows:
        own, *others = means = [row.runs[name].mean for name in names]
        without += not np.isfinite(own)
        above += bool(np.isfinite(own)) and own > min(others) * (1 + ROUNDING)
        told.append(f"{row.deadline} " + "/".join(f"{one:.4g}" for one in means))
    return Finding(
        holds=bool(rows) and not above and not without,
        evidence=f"{'/'.join(names.values())} {', '.join(told)}; above another in {above}, without a plan in {without}",
    )
