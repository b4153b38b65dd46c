"""Cells: numbers, counts and words of tables, and the reasons that their notes give."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from experiments.metrics.metric import Metric
from experiments.tables.table import CODES, Cell, number_text

__all__ = ["collapsed", "count_cell", "medians", "notes_of", "number_cell", "trials_by", "word_cell"]

_REASONS = 40
"""So many lines of reasons stand in a note; ``trials.csv`` has them all."""


def number_cell(value: float | None, decimals: int, trials: tuple[str, ...] = ()) -> Cell:
    """Return a number, or a dash where it is absent."""
    if value is None or value != value:
        return Cell(text="–", trials=trials)
    return Cell(value=float(value), text=number_text(float(value), decimals), trials=trials)


def count_cell(count: int, of: int | None = None, trials: tuple[str, ...] = ()) -> Cell:
    """Return a count, out of `of` where given."""
    return Cell(value=float(count), text=str(count) if of is None else f"{count}/{of}", trials=trials)


def word_cell(text: str, trials: tuple[str, ...] = ()) -> Cell:
    """Return words."""
    return Cell(text=text, trials=trials)


def collapsed(frame: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Return one row for each of `keys` in the frame's order: trials, whether wrong, whether all proven, first code."""
    grouped = frame.assign(_wrong=frame["code"] == "WR").groupby(list(keys), sort=False)
    found = grouped.agg(wrong=("_wrong", "any"), proven=("proven", "all"))
    found["trials"] = list(trials_by(frame, *keys).values())
    coded = frame[frame["code"] != ""].groupby(list(keys), sort=False)["code"].first()
    found["code"] = coded.reindex(found.index).fillna("")
    return found


def trials_by(frame: pd.DataFrame, *keys: str) -> dict[Any, tuple[str, ...]]:
    """Return the trials of every value of `keys` (a tuple where there are several), in the frame's order."""
    found: dict[Any, list[str]] = {}
    columns = [frame[key].tolist() for key in keys]
    for key, trial in zip(columns[0] if len(keys) == 1 else zip(*columns, strict=True), frame["trial"], strict=True):
        found.setdefault(key, []).append(trial)
    return {key: tuple(trials) for key, trials in found.items()}


def medians(frame: pd.DataFrame, keys: Sequence[str], metric: Metric) -> pd.Series:
    """Return the median of `metric` for each of `keys`."""
    return metric.of(frame).groupby([frame[key] for key in keys], sort=False).median()


def notes_of(frame: pd.DataFrame, used: set[str], metrics: Sequence[Metric], starred: bool) -> tuple[str, ...]:
    """Return the note of a table: metrics, repetitions, marks, codes and reasons."""
    summaries = dict.fromkeys((one.title, one.summary) for one in metrics if one.summary)
    notes = [f"{title[:1].upper()}{title[1:]}: {summary}." for title, summary in summaries]
    repetitions = frame["repetition"].nunique()
    if repetitions > 1:
        notes.append(f"Medians of {repetitions} repetitions.")
    if starred:
        notes.append("* proven optimal within the trials' tolerance.")
    if used:
        notes.append("; ".join(f"{code}: {text}" for code, text in CODES.items() if code in used) + ".")
    without = frame[frame["code"] != ""]
    reasons: dict[tuple[str, str, str], dict[str, None]] = {}
    for title, label, code, reason in without[["title", "label", "code", "reason"]].astype(str).to_numpy().tolist():
        if reason:
            reasons.setdefault((title, code, reason), {})[label] = None
    lines = [f"{title}, {_list(labels)}: {code}, {reason}." for (title, code, reason), labels in reasons.items()]
    missed = without[without["code"] != "WR"].groupby(["title", "label"], sort=False).size()
    for title, label, count in missed.reset_index().to_numpy().tolist():
        if count < repetitions:
            lines.append(f"{title}, {label}: {count} of {repetitions} repetitions without a plan.")
    if len(lines) > _REASONS:
        lines = [*lines[:_REASONS], f"{len(lines) - _REASONS} more reasons stand in trials.csv."]
    return (*notes, *lines)


def _list(labels: dict[str, None]) -> str:
    names = list(labels)
    return ", ".join(names) if len(names) <= 8 else ", ".join(names[:6]) + f" and {len(names) - 6} more"
