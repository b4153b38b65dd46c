"""The overview: methods over all instances, coverage first."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from experiments.tables.aggregates import aggregate_columns, chosen_metrics, dagger_notes
from experiments.tables.cells import collapsed, count_cell, trials_by
from experiments.tables.table import Column, Row, Table

__all__ = ["overview_table"]


def overview_table(frame: pd.DataFrame, caption: str, metrics: Sequence[str] = ()) -> Table:
    """Return methods over all instances: plans, proven, wrong, then `metrics`, by default the standard ones."""
    instances = frame["label"].nunique()
    facts = collapsed(frame, ["title", "label"])
    covered = (frame["code"] == "").groupby([frame["title"], frame["label"]], sort=False).any() & ~facts["wrong"]
    counts = pd.DataFrame({"plans": covered, "proven": facts["proven"] & covered, "wrong": facts["wrong"]})
    sums = {str(title): part for title, part in counts.groupby("title", sort=False).sum().to_dict("index").items()}
    trials = trials_by(frame, "title")
    found = aggregate_columns(frame, chosen_metrics(metrics, frame))
    rows = tuple(
        Row(
            heading=title,
            cells=(
                count_cell(int(sums[title]["plans"]), instances, trials[title]),
                count_cell(int(sums[title]["proven"]), instances, trials[title]),
                count_cell(int(sums[title]["wrong"]), None, trials[title]),
                *found.cells[title],
            ),
        )
        for title in dict.fromkeys(frame["title"])
    )
    notes = ["Plans and proven count instances; other columns are over the instances on which the method has a number."]
    seen = dict.fromkeys((one.overall_title, one.summary) for one in found.metrics)
    notes += [f"{title[:1].upper()}{title[1:]}: {summary}." for title, summary in seen]
    repetitions = frame["repetition"].nunique()
    if repetitions > 1:
        notes.append(f"Repetitions ({repetitions}) are collapsed to their median first.")
    return Table(
        name="overview",
        caption=f"{caption}: all instances" if caption else "All instances",
        corner="method",
        columns=(
            Column(group="", title="plans", direction="max"),
            Column(group="", title="proven", direction="max"),
            Column(group="", title="wrong"),
            *found.columns,
        ),
        rows=rows,
        notes=(*notes, *dagger_notes(found.tested, len(rows), found.daggers)),
    )
