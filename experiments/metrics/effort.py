"""What a plan cost to find."""

from __future__ import annotations

from experiments.metrics.metric import Metric, register_metric

__all__ = ["PEAK_MEMORY", "SECONDS"]

SECONDS = register_metric(
    Metric(
        name="seconds",
        title="time",
        unit="s",
        digits=2,
        fixed=True,
        missing="did not run",
        of=lambda frame: frame["seconds"],
        summary="wall seconds of the method, model building included, compilation and scoring not",
    )
)
PEAK_MEMORY = register_metric(
    Metric(
        name="peak-memory",
        title="memory",
        unit="MB",
        digits=0,
        fixed=True,
        aggregation="max",
        missing="did not run",
        of=lambda frame: frame["peak_bytes"] / 1e6,
        summary="largest resident memory of the trial's processes",
    )
)
