"""Coverage by class: how trials ended, and what the referee said."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from experiments.metrics.metric import Metric, register_metric

__all__ = ["CLASSES", "class_of"]

CLASSES = {
    "optimal": "the plan is proven optimal, by any method's bound, within the trial's tolerance",
    "feasible": "the referee accepts the plan",
    "no plan": "the method ended by itself without a plan",
    "time limit": "stopped at the limit of time or evaluations, without a plan",
    "memory limit": "stopped at the limit of memory, without a plan",
    "crashed": "the method's process failed",
    "wrong": "the referee refutes what the method claims",
    "declined": "the method says that it cannot, or is not available here",
    "not run": "has no record, or was interrupted",
}
"""Every trial is in exactly one class; `recovered` plans of stopped methods are plans like any other."""

_OF_TERMINATION = {
    "time_limit": "time limit",
    "evaluation_limit": "time limit",
    "memory_limit": "memory limit",
    "crashed": "crashed",
    "unsupported": "declined",
    "unavailable": "declined",
    "interrupted": "not run",
    "not run": "not run",
}


def class_of(frame: pd.DataFrame) -> pd.Series:
    """Return the class of every trial, a name of `CLASSES`."""
    found = frame["termination"].map(_OF_TERMINATION).fillna("no plan")
    found = found.mask(frame["value"].notna(), "feasible")
    found = found.mask(frame["value"].notna() & frame["proven"].astype(bool), "optimal")
    return found.mask(frame["code"] == "WR", "wrong")


def _share(*classes: str) -> Callable[[pd.DataFrame], pd.Series]:
    return lambda frame: 100.0 * class_of(frame).isin(classes).astype("float64")


def _register(name: str, title: str, summary: str, direction: str, *classes: str) -> Metric:
    return register_metric(
        Metric(
            name=name,
            title=title,
            unit="%",
            direction="max" if direction == "max" else "min",
            overall=title,
            digits=1,
            fixed=True,
            of=_share(*classes),
            summary=f"share of trials: {summary}",
        )
    )


_register("coverage", "plans", "the referee accepts the plan, proven optimal or not", "max", "optimal", "feasible")
_register("proven", "proven", CLASSES["optimal"], "max", "optimal")
for _name in ("no plan", "time limit", "memory limit", "crashed", "wrong", "declined"):
    _register(_name.replace(" ", "-"), _name, CLASSES[_name], "min", _name)
