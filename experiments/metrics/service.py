"""What the tasks get out of a plan: latency, energy, price, deadlines."""

from __future__ import annotations

from experiments.metrics.metric import Metric, register_metric

__all__ = ["DEADLINE_MISSES", "ENERGY", "LATENCY", "PRICE", "WORST_LATENCY"]

LATENCY = register_metric(
    Metric(
        name="latency",
        title="mean latency",
        unit="s",
        of=lambda frame: frame["latency_mean_s"],
        summary="mean latency over tasks",
    )
)
WORST_LATENCY = register_metric(
    Metric(
        name="worst-latency",
        title="worst latency",
        unit="s",
        aggregation="max",
        of=lambda frame: frame["latency_max_s"],
        summary="largest latency of a task",
    )
)
ENERGY = register_metric(
    Metric(
        name="energy",
        title="energy",
        unit="J",
        of=lambda frame: frame["energy_j"],
        summary="energy of all tasks together, within the problem's scope",
    )
)
PRICE = register_metric(
    Metric(name="price", title="price", of=lambda frame: frame["price"], summary="price of all tasks together")
)
DEADLINE_MISSES = register_metric(
    Metric(
        name="deadline-misses",
        title="deadline misses",
        digits=0,
        fixed=True,
        aggregation="sum",
        of=lambda frame: frame["deadline_misses"],
        summary="tasks whose latency exceeds their deadline",
    )
)
