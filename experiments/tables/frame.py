"""The frame: one row a trial of a study, with what only the whole store can tell (best bounds, contradictions)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from experiments.judge import BOUND_TOLERANCE, exceeds
from experiments.store import Store
from experiments.tables.families import families_of
from formulations.score import relative_gap
from instances.columns import FloatArray

__all__ = ["MEASURES", "frame_of", "refute"]

MEASURES = (
    "latency_mean_s",
    "latency_max_s",
    "energy_j",
    "price",
    "deadline_misses",
    "throughput_per_s",
    "fairness",
    "device_work",
    "edge_work",
    "cloud_work",
)

_CODES = {
    "time_limit": "TL",
    "evaluation_limit": "TL",
    "memory_limit": "ML",
    "crashed": "CR",
    "unsupported": "NA",
    "unavailable": "NA",
    "interrupted": "NA",
}
_READ = (
    *("id", "problem", "identity", "status", "termination", "verdict", "reason", "recovered"),
    *("value", "bound", "seconds", "wall_seconds", "peak_bytes", "measures"),
)
_WORDS = ("status", "termination", "verdict", "reason")
_NUMBERS = ("value", "bound", "seconds", "wall_seconds", "peak_bytes")


@dataclass(slots=True)
class _Best:
    """What is known of one instance and problem."""

    value: float | None = None
    bound: float | None = None


def frame_of(store: Store, study: str | None = None, *, traces: bool = False) -> pd.DataFrame:
    """Return the trials of a study as a tidy frame.

    Parameters
    ----------
    store : Store
        Where the records are. Bounds and values of all its trials on the same instance and problem count, not the
        study's alone.
    study : str, optional
        Identity of the study; by default the latest that ran.
    traces : bool
        Add the columns ``incumbents`` and ``bounds``, lists of [seconds, value].

    Returns
    -------
    pandas.DataFrame
        In the study's order, with the columns ``label, family, title, method, repetition, instance, tasks, problem,
        trial, status, termination, verdict, reason, recovered, value, bound, seconds, wall_seconds, peak_bytes``, the
        `MEASURES`, ``limit_s, tolerance, horizon_s, best_value, best_bound, gap, own_gap, gap_to_best, proven,
        code``. Absent numbers are NaN. ``horizon_s`` is the limit, or where there is none the longest time of any
        trial on the problem. A trial whose bound or claim another method's plan refutes has the verdict ``wrong``;
        values and bounds of wrong trials do not stand in ``value`` and ``bound``.
    """
    identity, document = store.study(study)
    rows = {row["id"]: row for row in store.trials(_READ)}
    best = refute(rows)
    entries = store.entries(identity)
    found = [rows.get(entry.trial) for entry in entries]
    known = [best[entry.problem] for entry in entries]
    families = families_of(document)
    tasks = store.task_counts()
    columns: dict[str, Any] = {
        "label": [entry.label for entry in entries],
        "family": [families.get(entry.label, entry.label) for entry in entries],
        **{name: [getattr(entry, name) for entry in entries] for name in ("title", "method", "repetition", "instance")},
        "tasks": [tasks.get(entry.instance) for entry in entries],
        "problem": [entry.problem for entry in entries],
        "trial": [entry.trial for entry in entries],
    }
    absent = {"status": "none", "termination": "not run", "verdict": "none", "reason": "has not been run"}
    for name in _WORDS:
        columns[name] = [absent[name] if row is None else row[name] for row in found]
    columns["recovered"] = [row is not None and bool(row["recovered"]) for row in found]
    for name in _NUMBERS:
        columns[name] = _floats([None if row is None else row[name] for row in found])
    wrong = np.array([verdict == "wrong" for verdict in columns["verdict"]], dtype=bool)
    columns["value"][wrong] = columns["bound"][wrong] = np.nan
    measured = [{} if row is None else {**row["measures"].get("loads", {}), **row["measures"]} for row in found]
    for name in MEASURES:
        columns[name] = _floats([one.get(name) for one in measured])
        columns[name][wrong] = np.nan
    budgets = [{} if row is None else row["identity"]["budget"] for row in found]
    columns["limit_s"] = _floats([budget.get("seconds") for budget in budgets])
    columns["tolerance"] = _floats([budget.get("tolerance") for budget in budgets])
    columns["horizon_s"] = _horizon(columns)
    columns["best_value"] = _floats([one.value for one in known])
    columns["best_bound"] = _floats([one.bound for one in known])
    columns["gap"] = _gaps(columns["value"], columns["best_bound"])
    columns["own_gap"] = _gaps(columns["value"], columns["bound"])
    columns["gap_to_best"] = _gaps(columns["value"], columns["best_value"])
    columns["proven"] = columns["gap"] <= columns["tolerance"]
    present = ~np.isnan(columns["value"])
    columns["code"] = [
        "WR" if bad else "" if has else _CODES.get(ended, "NA")
        for bad, has, ended in zip(wrong.tolist(), present.tolist(), columns["termination"], strict=True)
    ]
    if traces:
        read = {trial: (incumbents, bounds) for trial, incumbents, bounds in store.traces()}
        for place, name in enumerate(("incumbents", "bounds")):
            lists = [[] if row is None else read[row["id"]][place] for row in found]
            columns[name] = pd.Series(lists, dtype=object)
    return pd.DataFrame(columns)


def refute(rows: dict[str, dict[str, Any]]) -> defaultdict[str, _Best]:
    """Mark trials that another's plan contradicts, and return the best value and bound of each problem."""
    best: defaultdict[str, _Best] = defaultdict(_Best)
    for row in rows.values():  # a value is the referee's, whatever else its method claimed
        known = best[row["problem"]]
        if row["value"] is not None and (known.value is None or row["value"] < known.value):
            known.value = row["value"]
    for row in rows.values():
        known = best[row["problem"]]
        reason = _contradiction(row, known.value)
        if reason and row["verdict"] != "wrong":
            row["verdict"], row["reason"] = "wrong", "; ".join(filter(None, (reason, row["reason"])))
        usable = row["verdict"] != "wrong" and row["bound"] is not None
        if usable and (known.bound is None or row["bound"] > known.bound):
            known.bound = row["bound"]
    return best


def _contradiction(row: dict[str, Any], best: float | None) -> str:
    if best is None:
        return ""
    if row["status"] == "infeasible":
        return "claimed that no plan exists, but another method has one"
    if row["bound"] is not None and exceeds(row["bound"], best):
        return f"its bound {row['bound']:.9g} is above {best:.9g}, the value of another method's plan"
    if row["status"] == "optimal" and row["value"] is not None:
        gap = relative_gap(row["value"], best)
        tolerance = row["identity"]["budget"]["tolerance"] + BOUND_TOLERANCE
        if gap is not None and gap > tolerance:
            return f"claimed optimal at {row['value']:.9g}, but another method has {best:.9g}"
    return ""


def _floats(values: list[Any]) -> FloatArray:
    return np.array(values, dtype=np.float64)  # None becomes NaN


def _horizon(columns: dict[str, Any]) -> FloatArray:
    longest: dict[str, float] = {}
    for problem, seconds in zip(columns["problem"], columns["seconds"].tolist(), strict=True):
        if seconds == seconds:
            longest[problem] = max(longest.get(problem, 0.0), seconds)
    used = np.array([longest.get(problem, np.nan) for problem in columns["problem"]], dtype=np.float64)
    limits: FloatArray = columns["limit_s"]
    return np.where(np.isnan(limits), used, limits)


def _gaps(values: FloatArray, references: FloatArray) -> FloatArray:
    """Return `formulations.score.relative_gap` of columns."""
    with np.errstate(divide="ignore", invalid="ignore"):
        gaps = np.where(values == references, 0.0, (values - references) / np.abs(values))
    return np.asarray(gaps, dtype=np.float64)
