"""What the tasks get out of a plan: latency, energy, price, deadlines, throughput, fairness."""

from __future__ import annotations

from experiments.metrics.metric import Metric, register_metric

__all__ = [
    "DEADLINE_MISSES",
    "ENERGY",
    "FAIRNESS",
    "LATENCY",
    "PRICE",
    "THROUGHPUT",
    "WORST_LATENCY",
]

LATENCY = register_metric(
    Metric(
        name="latency",
        title="mean latency",
        unit="s",
        overall="mean latency",
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
        overall="worst latency",
        tested=False,
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
        overall="deadline misses",
        of=lambda frame: frame["deadline_misses"],
        summary="tasks whose latency exceeds their deadline",
    )
)
THROUGHPUT = register_metric(
    Metric(
        name="throughput",
        title="throughput",
        unit="1/s",
        direction="max",
        of=lambda frame: frame["throughput_per_s"],
        summary="inferences per second where each task starts its next when its last has ended: the sum of 1 / latency",
    )
)
FAIRNESS = register_metric(
    Metric(
        name="fairness",
        title="fairness",
        direction="max",
        digits=3,
        fixed=True,
        of=lambda frame: frame["fairness"],
        summary="index of Jain, Chiu and Hawe (1984) of the tasks' rates 1 / latency; 1 where all are equal",
    )
)
