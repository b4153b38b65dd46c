"""The table of coverage: how many trials of each method ended in which class."""

from __future__ import annotations

import pandas as pd

from experiments.metrics.coverage import CLASSES, class_of
from experiments.tables.cells import count_cell
from experiments.tables.table import Column, Row, Table

__all__ = ["coverage_table"]


def coverage_table(frame: pd.DataFrame, caption: str) -> Table:
    """Return methods by classes; every trial is in one, classes without a trial are left out."""
    classes = class_of(frame)
    titles = list(dict.fromkeys(frame["title"]))
    shown = [name for name in CLASSES if (classes == name).any()]
    by: dict[tuple[str, str], list[str]] = {}
    recovered: dict[str, list[str]] = {}
    columns = (frame["title"], classes, frame["trial"], frame["recovered"])
    for title, ending, trial, late in zip(*(column.tolist() for column in columns), strict=True):
        by.setdefault((title, ending), []).append(trial)
        if late:
            recovered.setdefault(title, []).append(trial)
    rows = []
    for title in titles:
        cells = [count_cell(len(found), None, tuple(found)) for found in (by.get((title, c), []) for c in shown)]
        if recovered:
            late_ones = recovered.get(title, [])
            cells.append(count_cell(len(late_ones), None, tuple(late_ones)))
        rows.append(Row(heading=title, cells=tuple(cells)))
    notes = [f"{name[:1].upper()}{name[1:]}: {CLASSES[name]}." for name in shown]
    if recovered:
        notes.append("Recovered: the plan is the last that a method reported before it was stopped from outside.")
    return Table(
        name="coverage",
        caption=f"{caption}: how the trials ended" if caption else "How the trials ended",
        corner="method",
        columns=tuple(Column(group="", title=name) for name in (*shown, *(["recovered"] if recovered else []))),
        rows=tuple(rows),
        notes=tuple(notes),
    )
