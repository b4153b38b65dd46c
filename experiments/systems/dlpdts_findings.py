"""The checks of DLPDTS's claims."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from experiments.systems.claim import Facts, Finding
from experiments.systems.findings import all_finite

__all__ = [
    "at_every_load",
    "memory",
    "near_clairvoyant",
    "quick",
    "real_arrivals",
    "slower_edge",
    "static_beats_extremes",
    "towards_cloud",
]

Responses = Mapping[str, float | None]
"""Mean responses by method, None where it has no plan."""


def at_every_load(facts: Facts) -> Finding:
    """Hold where the queue-aware cut is nowhere above the best static cut."""
    return _ordered(_settings(facts), "queue-aware", "best static")


def static_beats_extremes(facts: Facts) -> Finding:
    """Hold where the best static cut is nowhere above edge only and cloud only."""
    edge, cloud = (_ordered(_settings(facts), "best static", other) for other in ("edge only", "cloud only"))
    return Finding(holds=edge.holds and cloud.holds, evidence=f"{edge.evidence}; {cloud.evidence}")


def real_arrivals(facts: Facts) -> Finding:
    """Hold where on real arrivals the queue-aware cut is not above the best static cut."""
    return _ordered(list(facts["real"].items()), "queue-aware", "best static")


def _settings(facts: Facts) -> list[tuple[str, Responses]]:
    return [(f"{rate / 1e6:g} MB/s, load {load:g}", one) for (rate, load), one in facts["poisson"].items()]


def _ordered(rows: Sequence[tuple[str, Responses]], low: str, high: str) -> Finding:
    """Hold where one mean response is nowhere above another, and none is absent."""
    change, absent = {}, []
    for name, one in rows:
        a, b = one[low], one[high]
        if a is None or b is None or not all_finite(a, b):
            absent.append(name)
        else:
            change[name] = 0.0 if a == b else a / b - 1 if b else np.inf
    above = {name: part for name, part in change.items() if not part <= 1e-9}
    evidence = f"{low} not above {high} in {len(change) - len(above)} of {len(rows)} settings"
    if change:
        best = min(change, key=lambda name: change[name])
        evidence += f", {change[best]:+.1%} at best ({best})"
    if above:
        evidence += "; above it with " + ", ".join(f"{name} {part:+.1%}" for name, part in above.items())
    if absent:
        evidence += f"; one of them has no plan with {', '.join(absent)}"
    return Finding(holds=bool(change) and not above and not absent, evidence=evidence)


def towards_cloud(facts: Facts) -> Finding:
    """Hold where at every rate the share of the work at the edge falls with the load."""
    by_rate: dict[float, dict[float, float | None]] = {}
    for (rate, load), share in facts["edge_share"].items():
        by_rate.setdefault(rate, {})[load] = share
    told = "; ".join(
        f"{rate / 1e6:g} MB/s " + ", ".join(f"{load:g}: {_percent(share)}" for load, share in one.items())
        for rate, one in by_rate.items()
    )
    holds = bool(by_rate) and all(_falls(list(one.values())) for one in by_rate.values())
    return Finding(holds=holds, evidence=f"share of the work at the edge by load: {told}")


def slower_edge(facts: Facts) -> Finding:
    """Hold where the share of the work at the edge falls as it slows down."""
    shares = facts["slower_share"]
    told = ", ".join(f"x{factor:g} {_percent(share)}" for factor, share in shares.items())
    return Finding(
        holds=_falls(list(shares.values())), evidence=f"share of the work at the edge as it slows down: {told}"
    )


def _falls(values: Sequence[float | None]) -> bool:
    """Return whether no value is above the one before it by more than a hundredth, and the last is below the first."""
    there = [one for one in values if one is not None and all_finite(one)]
    steps = len(there) == len(values) > 1 and all(b <= a + 0.01 for a, b in pairwise(there))
    return steps and there[-1] < there[0] - 0.01


def memory(facts: Facts) -> Finding:
    """Hold where edge only breaks the memory limit, and DLPDTS keeps it with work at the edge and below cloud only."""
    one = facts["memory"]
    cut, cloud, share = one["cut"], one["cloud"], one["edge share"]
    holds = all_finite(cut, cloud, share) and one["edge only"] is None and share > 0 and cut < cloud
    return Finding(
        holds=bool(holds),
        evidence=f"edge only {'breaks' if one['edge only'] is None else 'keeps'} the memory limit; DLPDTS "
        f"{'breaks' if cut is None else 'keeps'} it with {_percent(share)} of the work at the edge, mean response "
        f"{_seconds(cut)}, cloud only {_seconds(cloud)}",
    )


def near_clairvoyant(facts: Facts) -> Finding:
    """Hold where mean responses are within 10 % of a bound on the clairvoyant's, on average."""
    rows = facts["clairvoyant"]
    there = [(value, best, bound) for value, best, bound, _ in rows if all_finite(value, best, bound) and bound > 0]
    if not there:
        return Finding(holds=False, evidence=f"{len(rows)} traces, none with a plan and a bound")
    known = [value / best - 1 for value, best, _ in there]
    ratios = [value / bound - 1 for value, _, bound in there]
    proven = sum(closed for *_, closed in rows)
    return Finding(
        holds=len(there) == len(rows) and float(np.mean(ratios)) <= 0.1,
        evidence=f"{np.mean(known):.1%} above the clairvoyant's best plan on average, {max(known):.1%} at worst; above its "
        f"bound by {np.mean(ratios):.1%} and {max(ratios):.1%}; {len(rows)} short traces, {proven} proven",
    )


def quick(facts: Facts) -> Finding:
    """Hold where there is a plan within 1 s."""
    seconds, tasks = facts["decision"]
    if seconds is None:
        return Finding(holds=False, evidence=f"no plan for {tasks:,} arrivals")
    return Finding(
        holds=seconds <= 1.0, evidence=f"{seconds * 1e3:.0f} ms for {tasks:,} arrivals, the plan's arrays included"
    )


def _percent(share: float | None) -> str:
    return "none" if share is None else f"{share:.0%}"


def _seconds(value: float | None) -> str:
    return "none" if value is None else f"{value:.3f} s"
