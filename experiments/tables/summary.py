"""The summary: methods by instances, or by families of instances where there are too many to stand side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from experiments.metrics.metric import Metric, metric
from experiments.tables.cells import collapsed, medians, notes_of, number_cell
from experiments.tables.families_table import families_table
from experiments.tables.table import Cell, Column, Row, Table, decimals_for, number_text, ranked

__all__ = ["MOST_INSTANCES", "metric_table", "summary_table"]

MOST_INSTANCES = 12
"""With more instances the summary is by family; the table `instances` has them all."""


def summary_table(frame: pd.DataFrame, caption: str) -> Table:
    """Return methods by instances with value and gap, and the best certified bound below.

    Repetitions are collapsed to their median first. A star marks a plan that is proven optimal.
    """
    if frame["label"].nunique() > MOST_INSTANCES:
        return replace(families_table(frame, caption), name="summary")
    table = _by_instance(frame, "summary", [metric("value"), metric("gap")], caption)
    footer = []
    for heading, name in (("best value", "best_value"), ("best bound", "best_bound")):
        first = {str(label): float(v) for label, v in frame.groupby("label", sort=False)[name].first().items()}
        cells: list[Cell] = []
        for i, column in enumerate(table.columns):
            number = first[column.group] if column.title == "value" else math.nan
            if math.isnan(number):
                cells.append(Cell())
                continue
            shown = [len(r.cells[i].text.partition(".")[2]) for r in table.rows if r.cells[i].value is not None]
            cells.append(number_cell(number, max(shown, default=4)))
        footer.append(Row(heading=heading, cells=tuple(cells)))
    return replace(table, footer=tuple(footer))


def metric_table(frame: pd.DataFrame, name: str, caption: str) -> Table:
    """Return methods by instances with one metric, or by families where there are many instances."""
    chosen = metric(name)
    title = f"{caption}: {chosen.title}" if caption else chosen.title
    if frame["label"].nunique() > MOST_INSTANCES:
        return replace(families_table(frame, title, [name]), name=name)
    return _by_instance(frame, name, [chosen], title)


def _by_instance(frame: pd.DataFrame, name: str, metrics: Sequence[Metric], caption: str) -> Table:
    labels, titles = list(dict.fromkeys(frame["label"])), list(dict.fromkeys(frame["title"]))
    keys = ["label", "title"]
    facts = {index: row for index, row in zip(*_records(collapsed(frame, keys)), strict=True)}
    numbers = {one.name: medians(frame, keys, one).to_dict() for one in metrics}
    columns, columns_of_cells, used = [], [], set()
    for label in labels:
        for one in metrics:
            values = [_present(numbers[one.name].get((label, title))) for title in titles]
            decimals = decimals_for([v for v in values if v is not None], one.digits, fixed=one.fixed)
            cells = [
                _cell(facts.get((label, title)), v, decimals, one) for title, v in zip(titles, values, strict=True)
            ]
            used |= {c.text for c in cells if c.code}
            columns.append(Column(group=label, title=one.title, unit=one.unit, direction=one.direction))
            columns_of_cells.append(ranked(cells, one.direction))
    rows = tuple(
        Row(heading=title, cells=tuple(column[i] for column in columns_of_cells)) for i, title in enumerate(titles)
    )
    return Table(
        name=name,
        caption=caption,
        corner="method",
        columns=tuple(columns),
        rows=rows,
        notes=notes_of(frame, used, metrics, any(c.star for column in columns_of_cells for c in column)),
    )


def _records(table: pd.DataFrame) -> tuple[list[tuple[str, str]], list[dict[str, object]]]:
    return list(table.index), table.to_dict("records")  # type: ignore[return-value]


def _present(value: float | None) -> float | None:
    return None if value is None or value != value else float(value)


def _cell(fact: dict[str, object] | None, value: float | None, decimals: int, shown: Metric) -> Cell:
    if fact is None:
        return Cell(text="NA", code=True)
    trials = fact["trials"]
    assert isinstance(trials, tuple)
    if fact["wrong"]:
        return Cell(text="WR", code=True, trials=trials)
    if value is None:
        return Cell(text=str(fact["code"]) or "–", code=bool(fact["code"]), trials=trials)
    star = shown.name == "value" and bool(fact["proven"])
    return Cell(value=value, text=number_text(value, decimals), star=star, trials=trials)
