"""The metric: a name, a unit, a direction, a way to read it off the frame of trials and one to sum it up."""

from __future__ import annotations

import difflib
import math
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Literal

import pandas as pd

import experiments.metrics
from instances.errors import InputError

__all__ = ["Aggregation", "Metric", "aggregate", "metric", "metric_names", "register_metric"]

Aggregation = Literal["mean", "median", "sum", "max", "geometric"]


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
    aggregation : {"mean", "median", "sum", "max", "geometric"}
        Over instances, after repetitions were collapsed to their median.
    shift : float
        Of the shifted geometric mean, in the metric's unit.
    overall : str
        Title of the aggregate, where aggregation and title do not say it.
    digits : int
        Significant digits of the column's smallest number, or decimals where `fixed`.
    fixed : bool
        Whether `digits` counts decimals.
    missing : str
        What an absent value means, for the table's note.
    tested : bool
        Whether the instances can be compared one by one: a largest value over instances cannot.
    traces : bool
        Whether it needs the traces, which are read from the store for those metrics only that do.
    of : callable
        ``of(frame)`` returns a series of floats, NaN where absent, for the frame of `experiments.tables.frame`.
    summary : str
        One line for lists.
    """

    name: str
    title: str
    unit: str = ""
    direction: Literal["min", "max"] | None = "min"
    aggregation: Aggregation = "mean"
    shift: float = 0.0
    overall: str = ""
    digits: int = 4
    fixed: bool = False
    missing: str = "no plan"
    tested: bool = True
    traces: bool = False
    of: Callable[[pd.DataFrame], pd.Series]
    summary: str = ""

    @property
    def overall_title(self) -> str:
        """What a column of aggregates over instances is called."""
        words = {"mean": "mean", "median": "median", "sum": "total", "max": "largest", "geometric": "mean"}
        return self.overall or f"{words[self.aggregation]} {self.title}"


def aggregate(values: Iterable[float], one: Metric) -> float | None:
    """Return the aggregate of `one` over instances, leaving out what is absent; None where nothing is left.

    Sums are exactly rounded (`math.fsum`), so that no machine's order of addition shows. The shifted geometric mean
    is ``exp(mean(log(x + s))) - s`` (Achterberg, "Constraint Integer Programming", 2007, section A.3), rounded to
    12 significant digits.
    """
    present = sorted(v for v in values if not math.isnan(v))
    if not present:
        return None
    count = len(present)
    if one.aggregation == "max":
        return present[-1]
    if one.aggregation == "median":
        middle = count // 2
        return present[middle] if count % 2 else (present[middle - 1] + present[middle]) / 2
    if one.aggregation == "geometric":
        if math.isinf(present[-1]):
            return math.inf
        mean = math.exp(math.fsum(math.log(v + one.shift) for v in present) / count) - one.shift
        return float(f"{mean:.12g}")
    total = math.fsum(present)
    return total if one.aggregation == "sum" else total / count


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
