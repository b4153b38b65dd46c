"""The frame: one row a trial of a study, with what only the whole store can tell (best bounds, contradictions)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import pandas as pd

from experiments.judge import BOUND_TOLERANCE, exceeds
from experiments.store import Store
from formulations.score import relative_gap

__all__ = ["MEASURES", "frame_of", "refute"]

MEASURES = ("latency_mean_s", "latency_max_s", "energy_j", "price", "deadline_misses")

_CODES = {
    "time_limit": "TL",
    "evaluation_limit": "TL",
    "memory_limit": "ML",
    "crashed": "CR",
    "unsupported": "NA",
    "unavailable": "NA",
    "interrupted": "NA",
}


@dataclass(slots=True)
class _Best:
    """What is known of one instance and problem."""

    value: float | None = None
    bound: float | None = None


def frame_of(store: Store, study: str | None = None) -> pd.DataFrame:
    """Return the trials of a study as a tidy frame.

    Parameters
    ----------
    store : Store
        Where the records are. Bounds and values of all its trials on the same instance and problem count, not the
        study's alone.
    study : str, optional
        Identity of the study; by default the latest that ran.

    Returns
    -------
    pandas.DataFrame
        In the study's order, with the columns ``label, title, method, repetition, instance, problem, trial, status,
        termination, verdict, reason, recovered, value, bound, seconds, wall_seconds, peak_bytes``, the `MEASURES`,
        ``best_value, best_bound, gap, own_gap, gap_to_best, proven, code``. Absent numbers are NaN. A trial whose
        bound or claim another method's plan refutes has the verdict ``wrong``; values and bounds of wrong trials
        do not stand in ``value`` and ``bound``.
    """
    identity, _ = store.study(study)
    rows = {row["id"]: row for row in store.trials()}
    best = refute(rows)
    frame = pd.DataFrame(
        [
            {
                "label": entry.label,
                "title": entry.title,
                "method": entry.method,
                "repetition": entry.repetition,
                "instance": entry.instance,
                "problem": entry.problem,
                "trial": entry.trial,
                **_facts(rows.get(entry.trial), best[entry.problem]),
            }
            for entry in store.entries(identity)
        ]
    )
    numbers = ["value", "bound", "seconds", "wall_seconds", "peak_bytes", *MEASURES]
    numbers += ["best_value", "best_bound", "gap", "own_gap", "gap_to_best"]
    frame[numbers] = frame[numbers].astype("float64")
    return frame


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


def _facts(row: dict[str, Any] | None, best: _Best) -> dict[str, Any]:
    if row is None:
        absent = dict.fromkeys(("value", "bound", "seconds", "wall_seconds", "peak_bytes", *MEASURES))
        return {
            "status": "none",
            "termination": "not run",
            "verdict": "none",
            "reason": "has not been run",
            "recovered": False,
            **absent,
            "best_value": best.value,
            "best_bound": best.bound,
            "gap": None,
            "own_gap": None,
            "gap_to_best": None,
            "proven": False,
            "code": "NA",
        }
    wrong = row["verdict"] == "wrong"
    value = None if wrong else row["value"]
    bound = None if wrong else row["bound"]
    gap = relative_gap(value, best.bound)
    return {
        "status": row["status"],
        "termination": row["termination"],
        "verdict": row["verdict"],
        "reason": row["reason"],
        "recovered": bool(row["recovered"]),
        "value": value,
        "bound": bound,
        "seconds": row["seconds"],
        "wall_seconds": row["wall_seconds"],
        "peak_bytes": row["peak_bytes"],
        **{name: None if wrong else row["measures"].get(name) for name in MEASURES},
        "best_value": best.value,
        "best_bound": best.bound,
        "gap": gap,
        "own_gap": relative_gap(value, bound),
        "gap_to_best": relative_gap(value, best.value),
        "proven": gap is not None and gap <= row["identity"]["budget"]["tolerance"],
        "code": "WR" if wrong else "" if value is not None else _code(row),
    }


def _code(row: dict[str, Any]) -> str:
    return _CODES.get(row["termination"], "NA")
