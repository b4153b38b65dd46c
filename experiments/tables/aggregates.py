"""Aggregates over instances with their marks: the columns that overview and families share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from experiments.metrics.metric import Metric, aggregate, metric
from experiments.statistics.blocks import blocks_of, few_instances
from experiments.statistics.signed_rank import ALPHA, against, can_tell
from experiments.tables.cells import number_cell, trials_by
from experiments.tables.table import Cell, Column, decimals_for, ranked

__all__ = ["STANDARD", "Aggregates", "aggregate_columns", "chosen_metrics", "dagger_notes"]

STANDARD = ("gap", "worst-gap", "gap-to-best", "primal-integral", "time", "par10")
"""What the overview shows where a study names no metrics."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregates:
    """Columns with their cells by method, the metrics that they show, and whether any method has a dagger."""

    columns: tuple[Column, ...]
    cells: dict[str, list[Cell]]
    metrics: tuple[Metric, ...]
    tested: int
    daggers: bool


def chosen_metrics(names: Sequence[str], frame: pd.DataFrame) -> list[Metric]:
    """Return the metrics of a study, or the standard ones; those that need traces only where the frame has them."""
    found = [metric(name) for name in names or STANDARD]
    return [one for one in found if not one.traces or "incumbents" in frame]


def aggregate_columns(
    frame: pd.DataFrame, metrics: Sequence[Metric], *, group: str = "", test: bool = True
) -> Aggregates:
    """Return one column a metric: the aggregate over instances, best and second marked, daggers where tested.

    A dagger stands at a method that is not significantly worse than the column's best: Wilcoxon signed-rank on the
    instances, Holm's correction over the column. A method without a result on an instance lost there. Columns
    without any number are left out.
    """
    titles = list(dict.fromkeys(frame["title"]))
    trials = trials_by(frame, "title")
    columns, shown, tested, daggers = [], [], 0, False
    cells: dict[str, list[Cell]] = {title: [] for title in titles}
    for one in metrics:
        blocks = blocks_of(frame, one)
        numbers = {title: aggregate(blocks[title].tolist(), one) for title in titles}
        present = [v for v in numbers.values() if v is not None]
        if not present:
            continue
        decimals = decimals_for(present, one.digits, fixed=one.fixed)
        plain = [number_cell(numbers[title], decimals, trials[title]) for title in titles]
        marked = ranked(plain, one.direction)
        equal: set[str] = set()
        if test and one.tested and one.direction and len(titles) > 1 and len(blocks) > 1:
            best = _best(numbers, blocks, one)
            tested = max(tested, len(blocks))
            found = against(blocks, best, one.direction) if can_tell(len(blocks), len(titles) - 1) else {}
            equal = {name for name, compared in found.items() if not compared.significantly_worse()}
        for title, cell in zip(titles, marked, strict=True):
            dagger = title in equal and cell.value is not None and cell.rank != 1
            daggers |= dagger
            cells[title].append(replace(cell, dagger=True) if dagger else cell)
        columns.append(Column(group=group, title=one.overall_title, unit=one.unit, direction=one.direction))
        shown.append(one)
    return Aggregates(columns=tuple(columns), cells=cells, metrics=tuple(shown), tested=tested, daggers=daggers)


def dagger_notes(instances: int, methods: int, daggers: bool, which: str = "") -> list[str]:
    """Return what the daggers mean, and a warning where instances (`which`, or their number) are few."""
    if instances and not can_tell(instances, methods - 1):
        return [f"No daggers: on {instances} instances no test of {methods - 1} methods could tell one from the best."]
    notes = []
    if daggers:
        notes.append(
            "† not significantly worse than the best of the column: Wilcoxon signed-rank test on "
            f"{which or instances} instances, Holm's correction, level {ALPHA:g}; no result counts as worse than any."
        )
    warning = few_instances(instances) if instances else ""
    return [*notes, warning] if warning else notes


def _best(numbers: dict[str, float | None], blocks: pd.DataFrame, one: Metric) -> str:
    """Return the best of a column; of equals the one with results on more instances, then the first."""
    sign = -1.0 if one.direction == "max" else 1.0
    count = blocks.notna().sum()
    known = [title for title, value in numbers.items() if value is not None]
    return min(known, key=lambda title: (sign * float(numbers[title] or 0.0), -int(count[title])))
