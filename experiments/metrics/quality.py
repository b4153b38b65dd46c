"""How good a plan is: its value, and how far it is from what is proven and from what is known."""

from __future__ import annotations

from experiments.metrics.metric import Metric, register_metric

__all__ = ["BOUND", "GAP", "GAP_TO_BEST", "OWN_GAP", "VALUE", "WORST_GAP"]

VALUE = register_metric(
    Metric(
        name="value",
        title="value",
        of=lambda frame: frame["value"],
        summary="the referee's value of the plan",
    )
)
GAP = register_metric(
    Metric(
        name="gap",
        title="gap",
        unit="%",
        digits=2,
        fixed=True,
        missing="no plan or no certified bound",
        of=lambda frame: 100.0 * frame["gap"],
        summary="(value - best certified bound of any method on that instance and problem) / |value|",
    )
)
WORST_GAP = register_metric(
    Metric(
        name="worst-gap",
        title="gap",
        unit="%",
        aggregation="max",
        overall="worst gap",
        digits=2,
        fixed=True,
        missing="no plan or no certified bound",
        tested=False,
        of=lambda frame: 100.0 * frame["gap"],
        summary="the largest gap of any instance",
    )
)
OWN_GAP = register_metric(
    Metric(
        name="own-gap",
        title="own gap",
        unit="%",
        digits=2,
        fixed=True,
        missing="no plan or no bound of its own",
        of=lambda frame: 100.0 * frame["own_gap"],
        summary="the gap of a method's plan to the bound that the method itself certified",
    )
)
GAP_TO_BEST = register_metric(
    Metric(
        name="gap-to-best",
        title="gap to best known",
        overall="mean gap to best",
        unit="%",
        digits=2,
        fixed=True,
        of=lambda frame: 100.0 * frame["gap_to_best"],
        summary="(value - best value of any method on that instance and problem) / |value|",
    )
)
BOUND = register_metric(
    Metric(
        name="bound",
        title="bound",
        direction="max",
        missing="the method certifies no bound",
        of=lambda frame: frame["bound"],
        summary="lower bound on the objective that the method certified",
    )
)
