"""Tables of a study, by name: the standard ones, and what a study adds."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence

import pandas as pd

from experiments.metrics.metric import metric, metric_names
from experiments.store import Store
from experiments.tables.coverage_table import coverage_table
from experiments.tables.families_table import families_table
from experiments.tables.instance_statistics import instance_statistics_table
from experiments.tables.instances_table import instances_table
from experiments.tables.method_cards import methods_table
from experiments.tables.overview import overview_table
from experiments.tables.significance import pairwise_table, significance_table
from experiments.tables.summary import metric_table, summary_table
from experiments.tables.table import Table
from instances.errors import InputError

__all__ = ["STANDARD", "TABLES", "make_tables", "needs_traces"]

Make = Callable[[Store, pd.DataFrame, str, Sequence[str]], Table | None]

TABLES: dict[str, Make] = {
    "summary": lambda store, frame, caption, metrics: summary_table(frame, caption),
    "overview": lambda store, frame, caption, metrics: overview_table(frame, caption, metrics),
    "coverage": lambda store, frame, caption, metrics: coverage_table(frame, caption),
    "families": lambda store, frame, caption, metrics: families_table(frame, caption, metrics),
    "significance": lambda store, frame, caption, metrics: significance_table(frame, caption),
    "pairwise": lambda store, frame, caption, metrics: pairwise_table(frame, caption),
    "instances": lambda store, frame, caption, metrics: instances_table(frame, caption, metrics),
    "methods": lambda store, frame, caption, metrics: methods_table(store, frame, caption),
    "instance-statistics": lambda store, frame, caption, metrics: instance_statistics_table(store, frame, caption),
}
"""Name of a table: how it is made of a store, its frame, a caption and the study's metrics; None: too little data."""

STANDARD = tuple(name for name in TABLES if name != "pairwise")
"""What every study has; others are named in the study's `tables`."""


def make_tables(
    store: Store, frame: pd.DataFrame, caption: str, names: Sequence[str], metrics: Sequence[str] = ()
) -> list[Table]:
    """Return the tables of these names, a name of a metric meaning methods by instances with that metric.

    Raises
    ------
    InputError
        If there is no such table and no such metric.
    """
    found: list[Table] = []
    for name in dict.fromkeys(names):
        if name in TABLES:
            table = TABLES[name](store, frame, caption, metrics)
            if table is not None:
                found.append(table)
        else:
            _check(name)
            found.append(metric_table(frame, name, caption))
    return found


def needs_traces(names: Sequence[str], metrics: Sequence[str]) -> bool:
    """Return whether any of the tables and metrics reads traces; the overview's standard metrics do."""
    for name in names:
        if name not in TABLES:
            _check(name)
    chosen = [*metrics, *(name for name in names if name not in TABLES)]
    return (not metrics and "overview" in names) or any(metric(name).traces for name in chosen)


def _check(name: str) -> None:
    known = (*TABLES, *metric_names())
    if name not in known:
        near = difflib.get_close_matches(name, known, 3, 0.4) or TABLES
        raise InputError("tables", f"must be a table or a metric, such as {', '.join(near)}", name)
