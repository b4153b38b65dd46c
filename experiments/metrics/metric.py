"""The metric: a name, a unit, a direction and a way to read it off the frame of trials."""

from __future__ import annotations

import difflib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Literal

import pandas as pd

import experiments.metrics
from instances.errors import InputError

__all__ = ["Metric", "metric", "metric_names", "register_metric"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """Something that tables and figures show of a trial.

    Parameters
    ----------
    name, title : str
        In studies, and in headings.
    unit : str
        As printed (``"s"``, ``"%"``); empty for none.
    direction : {"min", "max", None}
        Which is better; None: neither, nothing is set in bold.
    aggregation : {"mean", "median", "sum", "max"}
        Over instances, after repetitions were collapsed to their median.
    digits : int
        Significant digits of the column's smallest number, or decimals where `fixed`.
    fixed : bool
        Whether `digits` counts decimals.
    missing : str
        What an absent value means, for the table's note.
    of : callable
        ``of(frame)`` returns a series of floats, NaN where absent, for the frame of `experiments.tables.frame`.
    summary : str
        One line for lists.
    """

    name: str
    title: str
    unit: str = ""
    direction: Literal["min", "max"] | None = "min"
    aggregation: Literal["mean", "median", "sum", "max"] = "mean"
    digits: int = 4
    fixed: bool = False
    missing: str = "no plan"
    of: Callable[[pd.DataFrame], pd.Series]
    summary: str = ""


_METRICS: dict[str, Metric] = {}


def register_metric(entry: Metric) -> Metric:
    """Enter a metric; a plugin registers its own in the same way."""
    _METRICS[entry.name] = entry
    return entry


@cache
def _discover() -> None:
    for module in pkgutil.iter_modules(experiments.metrics.__path__):
        import_module(f"experiments.metrics.{module.name}")


def metric_names() -> tuple[str, ...]:
    """Return the names of all metrics, sorted."""
    _discover()
    return tuple(sorted(_METRICS))


def metric(name: str) -> Metric:
    """Return metric `name`; InputError where there is none."""
    _discover()
    if name not in _METRICS:
        near = difflib.get_close_matches(name, _METRICS, 3, 0.4) or metric_names()
        raise InputError("metric", f"must be a registered metric, such as {', '.join(near)}", name)
    return _METRICS[name]
