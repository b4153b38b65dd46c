"""The checks of JPS's claims."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from experiments.systems.claim import Facts, Finding
from experiments.systems.findings import all_finite, at_most

__all__ = [
    "STUDY",
    "as_printed",
    "dags_no_worse",
    "gap_falls",
    "no_worse_anywhere",
    "no_worse_on_lines",
    "paths_help",
    "quick",
    "significant",
]

STUDY = {2: (6.2, 15.6), 5: (2.4, 7.4), 10: (1.3, 4.7), 20: (0.70, 2.2), 50: (0.33, 2.4), 100: (0.16, 0.68)}
"""Jobs, and the mean and largest gap in percent of our earlier study."""


def as_printed(facts: Facts) -> Finding:
    """Hold where every makespan is the expected one to the digits given."""
    rows = facts["printed"]
    wrong = [f"{name}: {_text(value, '.6g')} for {text}" for name, value, text in rows if not _prints(value, text)]
    evidence = f"{len(rows) - len(wrong)} of {len(rows)} makespans as printed" + "".join(f"; {one}" for one in wrong)
    return Finding(holds=bool(rows) and not wrong, evidence=evidence)


def _prints(value: float | None, text: str) -> bool:
    digits = len(text.partition(".")[2])
    return value is not None and abs(value - float(text)) <= 0.5 * 10.0**-digits * (1 + 1e-6)


def gap_falls(facts: Facts) -> Finding:
    """Hold where the mean gap falls strictly with the number of jobs."""
    study: dict[int, list[float | None]] = facts["study"]
    there = {n: [one for one in gaps if one is not None] for n, gaps in study.items()}
    means = [float(np.mean(gaps)) if gaps else np.nan for gaps in there.values()]
    told = "; ".join(
        f"{n} jobs {mean:.2%} / {max(there[n], default=np.nan):.2%} ({STUDY[n][0]:g} / {STUDY[n][1]:g} %)"
        for n, mean in zip(there, means, strict=True)
    )
    absent = sum(one is None for gaps in study.values() for one in gaps)
    falls = len(means) > 1 and all_finite(*means) and all(a > b for a, b in pairwise(means))
    evidence = f"mean / largest gap to the optimum (our earlier study): {told}"
    return Finding(holds=falls and not absent, evidence=evidence + (f"; {absent} without a plan" if absent else ""))


def no_worse_on_lines(facts: Facts) -> Finding:
    """Hold on every line with linear f and convex g."""
    return _no_worse(facts["lines"], "lines of layers with linear f and convex g")


def no_worse_anywhere(facts: Facts) -> Finding:
    """Hold on every random chain."""
    return _no_worse(facts["rough"], "random chains")


def dags_no_worse(facts: Facts) -> Finding:
    """Hold on every network that is no chain."""
    rows = [(jobs, paths, best) for _, jobs, _, paths, _, best in facts["dags"]]
    return _no_worse(rows, "settings of networks that are no chain")


def _no_worse(rows: Sequence[tuple[int, float | None, float | None]], what: str) -> Finding:
    """Hold where no value is above its limit; rows are (jobs, value, limit)."""
    both = [(n, value, limit) for n, value, limit in rows if value is not None and limit is not None]
    above = [(n, value / limit - 1) for n, value, limit in both if not at_most(value, limit)]
    absent = len(rows) - len(both)
    evidence = f"{len(both) - len(above)} of {len(rows)} {what} no worse than the best of LO, CO and PO"
    if above:
        most = max(n for n, _ in above)
        evidence += f"; else up to {max(part for _, part in above):.1%} worse, with up to {most} jobs"
    if absent:
        evidence += f"; {absent} lack a plan"
    return Finding(holds=bool(rows) and not above and not absent, evidence=evidence)


def significant(facts: Facts) -> Finding:
    """Hold where JPS is 10 % below the best baseline on average."""
    saved = {name: 1 - jps / best if all_finite(jps, best) else None for name, jps, best in facts["against_best"]}
    told = ", ".join(f"{name} {_text(part, '.0%')}" for name, part in saved.items())
    there = [part for part in saved.values() if part is not None]
    mean = float(np.mean(there)) if there else np.nan
    return Finding(
        holds=all_finite(*saved.values()) and mean >= 0.1,
        evidence=f"below the best of LO, CO and PO by {mean:.1%} on average, {max(there, default=np.nan):.1%} at most: {told}",
    )


def paths_help(facts: Facts) -> Finding:
    """Hold where plans that cut paths are nowhere above those that cut segments."""
    rows = facts["dags"]
    told = "; ".join(
        f"{name}: {'none' if paths is None or segments is None else f'{paths / segments - 1:+.1%}'} ({how})"
        for name, _, how, paths, segments, _ in rows
    )
    judged = [at_most(paths, segments) for _, _, how, paths, segments, _ in rows if how == "paths"]
    return Finding(holds=bool(judged) and all(judged), evidence=f"against cutting segments, {told}")


def quick(facts: Facts) -> Finding:
    """Hold where there is a plan within 0.1 s."""
    seconds, jobs = facts["decision"]
    if seconds is None:
        return Finding(holds=False, evidence=f"no plan for {jobs:,} jobs")
    return Finding(
        holds=seconds <= 0.1, evidence=f"{seconds * 1e3:.1f} ms for {jobs:,} jobs, the plan's arrays included"
    )


def _text(value: float | None, form: str) -> str:
    return "none" if value is None else format(value, form)
