"""The tables of a study: methods by instances, and methods over all instances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from experiments.metrics.metric import Metric, metric
from experiments.tables.table import CODES, Cell, Column, Row, Table, decimals_for, number_text, ranked

__all__ = ["metric_table", "overview_table", "study_tables", "summary_table"]


def study_tables(frame: pd.DataFrame, caption: str, extra: Sequence[str] = ()) -> list[Table]:
    """Return the summary, the overview, and one table for each metric named in `extra`."""
    return [
        summary_table(frame, caption),
        overview_table(frame, caption),
        *(metric_table(frame, name, caption) for name in extra),
    ]


def summary_table(frame: pd.DataFrame, caption: str) -> Table:
    """Return methods by instances with value and gap, and the best certified bound below.

    Repetitions are collapsed to their median first. A star marks a plan that is proven optimal.
    """
    table = _by_instance(frame, "summary", [metric("value"), metric("gap")], caption)
    bounds = _first_per_label(frame, "best_bound")
    values = _first_per_label(frame, "best_value")
    footer = []
    for heading, found in (("best value", values), ("best bound", bounds)):
        cells: list[Cell] = []
        for i, column in enumerate(table.columns):
            number = found[column.group] if column.title == "value" else None
            if number is None or pd.isna(number):
                cells.append(Cell())
                continue
            shown = [len(r.cells[i].text.partition(".")[2]) for r in table.rows if r.cells[i].value is not None]
            cells.append(Cell(value=float(number), text=number_text(float(number), max(shown, default=4))))
        footer.append(Row(heading=heading, cells=tuple(cells)))
    return replace(table, footer=tuple(footer))


def metric_table(frame: pd.DataFrame, name: str, caption: str) -> Table:
    """Return methods by instances with one metric."""
    chosen = metric(name)
    return _by_instance(frame, name, [chosen], f"{caption}: {chosen.title}" if caption else chosen.title)


def overview_table(frame: pd.DataFrame, caption: str) -> Table:
    """Return methods over all instances: coverage first, then gap, then time."""
    gap, seconds = metric("gap"), metric("seconds")
    labels = list(dict.fromkeys(frame["label"]))
    columns = (
        Column(group="", title="plans", direction="max"),
        Column(group="", title="proven", direction="max"),
        Column(group="", title="wrong", direction=None),
        Column(group="", title="mean gap", unit="%", direction="min"),
        Column(group="", title="worst gap", unit="%", direction="min"),
        Column(group="", title="mean time", unit="s", direction="min"),
    )
    rows = []
    for title in dict.fromkeys(frame["title"]):
        mine = frame[frame["title"] == title]
        trials = tuple(mine["trial"])
        parts = [mine[mine["label"] == label] for label in labels]
        covered = sum(bool((part["code"] == "").any() and not (part["code"] == "WR").any()) for part in parts)
        proven = sum(bool(len(part) and part["proven"].all()) for part in parts)
        wrong = sum(bool((part["code"] == "WR").any()) for part in parts)
        gaps = pd.Series([_median(gap.of(part)) for part in parts], dtype="float64").dropna()
        times = pd.Series([_median(seconds.of(part)) for part in parts], dtype="float64").dropna()
        rows.append(
            Row(
                heading=title,
                cells=(
                    _count(covered, len(labels), trials),
                    _count(proven, len(labels), trials),
                    _plain_count(wrong, trials),
                    _number(gaps.mean(), 2, trials),
                    _number(gaps.max(), 2, trials),
                    _number(times.mean(), 2, trials),
                ),
            )
        )
    notes = (
        "Plans and proven count instances; gaps are to the best certified bound and times are means over the instances "
        "with a plan.",
    )
    return Table(
        name="overview",
        caption=f"{caption}: all instances" if caption else "All instances",
        corner="method",
        columns=columns,
        rows=_rank_columns(rows, columns),
        notes=notes,
    )


def _by_instance(frame: pd.DataFrame, name: str, metrics: Sequence[Metric], caption: str) -> Table:
    labels, titles = list(dict.fromkeys(frame["label"])), list(dict.fromkeys(frame["title"]))
    columns, columns_of_cells, used = [], [], set()
    grouped = {key: part for key, part in frame.groupby(["label", "title"], sort=False)}
    for label in labels:
        for one in metrics:
            parts = [grouped.get((label, title)) for title in titles]
            values = [None if part is None else _median(one.of(part)) for part in parts]
            numbers = [v for v in values if v is not None]
            decimals = decimals_for(numbers, one.digits, fixed=one.fixed)
            cells = [_cell(part, v, decimals, one) for part, v in zip(parts, values, strict=True)]
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
        notes=_notes(frame, used, metrics, any(c.star for column in columns_of_cells for c in column)),
    )


def _cell(part: pd.DataFrame | None, value: float | None, decimals: int, shown: Metric) -> Cell:
    if part is None:
        return Cell(text="NA", code=True)
    trials = tuple(part["trial"])
    if (part["code"] == "WR").any():
        return Cell(text="WR", code=True, trials=trials)
    if value is None:
        code = next((code for code in part["code"] if code), "")
        return Cell(text=code or "–", code=bool(code), trials=trials)
    star = shown.name == "value" and bool(part["proven"].all())
    return Cell(value=value, text=number_text(value, decimals), star=star, trials=trials)


def _notes(frame: pd.DataFrame, used: set[str], metrics: Sequence[Metric], starred: bool) -> tuple[str, ...]:
    notes = [f"{one.title.capitalize()}: {one.summary}." for one in metrics if one.summary]
    repetitions = frame["repetition"].nunique()
    if repetitions > 1:
        notes.append(f"Medians of {repetitions} repetitions.")
    if starred:
        notes.append("* proven optimal within the trials' tolerance.")
    if used:
        notes.append("; ".join(f"{code}: {text}" for code, text in CODES.items() if code in used) + ".")
    without = frame[frame["code"] != ""]
    reasons: dict[tuple[str, str, str], list[str]] = {}
    for title, label, code, reason in without[["title", "label", "code", "reason"]].astype(str).to_numpy().tolist():
        if reason:
            labels = reasons.setdefault((title, code, reason), [])
            if label not in labels:
                labels.append(label)
    notes += [f"{title}, {', '.join(labels)}: {code}, {reason}." for (title, code, reason), labels in reasons.items()]
    missed = without[without["code"] != "WR"].groupby(["title", "label"], sort=False).size()
    for title, label, count in missed.reset_index().to_numpy().tolist():
        if count < repetitions:
            notes.append(f"{title}, {label}: {count} of {repetitions} repetitions without a plan.")
    return tuple(notes)


def _first_per_label(frame: pd.DataFrame, name: str) -> dict[str, float]:
    return {str(label): float(value) for label, value in frame.groupby("label", sort=False)[name].first().items()}


def _median(values: pd.Series) -> float | None:
    present = values.dropna()
    return float(present.median()) if len(present) else None


def _number(value: float, decimals: int, trials: tuple[str, ...]) -> Cell:
    if pd.isna(value):
        return Cell(text="–", trials=trials)
    return Cell(value=float(value), text=number_text(float(value), decimals), trials=trials)


def _plain_count(count: int, trials: tuple[str, ...]) -> Cell:
    return Cell(value=float(count), text=str(count), trials=trials)


def _count(count: int, of: int, trials: tuple[str, ...]) -> Cell:
    return Cell(value=float(count), text=f"{count}/{of}", trials=trials)


def _rank_columns(rows: Sequence[Row], columns: Sequence[Column]) -> tuple[Row, ...]:
    """Rank gap and time columns; counts are not set in bold, as most methods share the best."""
    done = [
        ranked([row.cells[i] for row in rows], column.direction) if column.unit else [row.cells[i] for row in rows]
        for i, column in enumerate(columns)
    ]
    return tuple(Row(heading=row.heading, cells=tuple(col[i] for col in done)) for i, row in enumerate(rows))
