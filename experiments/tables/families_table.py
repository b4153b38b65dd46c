"""The table per family: methods over the instances of each family."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from experiments.metrics.metric import Metric, metric
from experiments.statistics.blocks import blocks_of
from experiments.tables.aggregates import aggregate_columns, dagger_notes
from experiments.tables.cells import number_cell, trials_by
from experiments.tables.table import Cell, Column, Row, Table

__all__ = ["families_table"]

_SHOWN = ("gap", "time")


def families_table(frame: pd.DataFrame, caption: str, metrics: Sequence[str] = ()) -> Table:
    """Return methods by families: plans, and by default mean gap and time, each over the family's instances."""
    chosen = [metric(name) for name in metrics or _SHOWN]
    chosen = [one for one in chosen if not one.traces or "incumbents" in frame]
    titles = list(dict.fromkeys(frame["title"]))
    columns: list[Column] = []
    cells: dict[str, list[Cell]] = {title: [] for title in titles}
    most, daggers = 0, False
    used: dict[str, Metric] = {}
    for family, part in frame.groupby("family", sort=False):
        name = str(family)
        covered = blocks_of(part, metric("value")).notna().sum()
        count = part["label"].nunique()
        trials = trials_by(part, "title")
        found = aggregate_columns(part, chosen, group=f"{name} ({count})")
        columns += [Column(group=f"{name} ({count})", title="plans", direction="max"), *found.columns]
        used |= {one.name: one for one in found.metrics}
        daggers |= found.daggers
        most = max(most, found.tested)
        blank = [Cell(text="–")] * len(found.columns)
        for title in titles:
            here = int(covered.get(title, 0))
            cells[title] += [number_cell(here, 0, trials.get(title, ())), *found.cells.get(title, blank)]
    notes = ["In brackets the number of instances of the family; plans counts those with a plan."]
    notes += [f"{one.overall_title[:1].upper()}{one.overall_title[1:]}: {one.summary}." for one in used.values()]
    notes += dagger_notes(most, len(titles), daggers, "the family's")
    return Table(
        name="families",
        caption=f"{caption}: families of instances" if caption else "Families of instances",
        corner="method",
        columns=tuple(columns),
        rows=tuple(Row(heading=title, cells=tuple(cells[title])) for title in titles),
        notes=tuple(notes),
    )
