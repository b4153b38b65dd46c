"""The judge: the referee's word on what a method handed in, and contradictions between methods."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from formulations.registry import family
from formulations.score import Score, Verdict, relative_gap
from instances.errors import InputError
from instances.instance import Instance
from solvers.contract import SolutionStatus

__all__ = ["BOUND_TOLERANCE", "Judgement", "exceeds", "judge", "measures_of"]

BOUND_TOLERANCE = 1e-6
"""Relative amount by which a bound may exceed a value before it is called wrong: solvers prove to such tolerances."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Verdict, value and totals of one plan; `reason` says what is wrong."""

    verdict: Verdict
    value: float | None = None
    reason: str = ""
    violations: tuple[str, ...] = ()
    measures: Mapping[str, Any] = field(default_factory=dict)


def exceeds(bound: float, value: float) -> bool:
    """Return whether a lower bound lies above a value by more than rounding explains."""
    return bound - value > BOUND_TOLERANCE * max(abs(value), abs(bound), 1e-9)


def judge(
    problem: Any,
    plan: Any | None,
    *,
    status: SolutionStatus,
    bound: float | None = None,
    tolerance: float = 1e-4,
) -> Judgement:
    """Judge what a method handed in.

    Parameters
    ----------
    problem : problem
        Of any family; ``problem.family`` names it.
    plan : plan, mapping or None
        A plan, or a plan document as it came out of a file.
    status, bound : SolutionStatus, float or None
        What the method claims.
    tolerance : float
        Relative gap at which a claimed optimum must stand.

    Returns
    -------
    Judgement
        `WRONG` where a claim does not hold.
    """
    claims = status in (SolutionStatus.FEASIBLE, SolutionStatus.OPTIMAL)
    chosen = family(problem.family)
    if plan is None:
        if claims:
            return Judgement(verdict=Verdict.WRONG, reason=f"claimed {status} but handed in no plan")
        return Judgement(verdict=Verdict.NONE)
    try:
        read = chosen.plan_of(problem, plan) if isinstance(plan, Mapping) else plan
        score = chosen.evaluate(problem, read)
    except InputError as error:
        return Judgement(verdict=Verdict.WRONG, reason=f"the plan cannot be read: {error}", violations=(str(error),))
    if not score.feasible:
        first = score.violations[0] if score.violations else "it cannot be priced"
        return Judgement(
            verdict=Verdict.WRONG if claims else Verdict.NONE,
            reason=f"the plan breaks a rule: {first}",
            violations=score.violations or ("the plan cannot be priced",),
        )
    value = float(score.value) if score.value is not None else None
    wrong = _false_claim(status, value, bound, tolerance)
    return Judgement(
        verdict=Verdict.WRONG if wrong else Verdict.FEASIBLE,
        value=value,
        reason=wrong,
        measures=measures_of(problem, score),
    )


def _false_claim(status: SolutionStatus, value: float | None, bound: float | None, tolerance: float) -> str:
    if status is SolutionStatus.INFEASIBLE:
        return "claimed that no plan exists, but handed in a feasible one"
    if value is None or bound is None:
        return ""
    if exceeds(bound, value):
        return f"its bound {bound:.9g} is above the value {value:.9g} of its own plan"
    gap = relative_gap(value, bound)
    if status is SolutionStatus.OPTIMAL and gap is not None and gap > tolerance + BOUND_TOLERANCE:
        return f"claimed optimal, but its bound {bound:.9g} leaves a gap of {gap:.2%}"
    return ""


def measures_of(problem: Any, score: Score) -> dict[str, Any]:
    """Return the totals of `score` that metrics read, by name.

    ``latency_mean_s`` and ``latency_max_s`` over tasks, ``energy_j`` and ``price`` summed, ``deadline_misses``
    counted where the problem has tasks with deadlines, and the referee's loads. ``throughput_per_s`` is the sum of
    1 / latency, the inferences per second where every task starts its next inference when the last has ended and
    keeps its shares; ``fairness`` is the index of Jain, Chiu and Hawe (DEC-TR-301, 1984) of these rates,
    (sum x)^2 / (n sum x^2): 1 where all are equal, 1 / n where one task has everything.
    """
    found: dict[str, Any] = {}
    latency = np.asarray(score.latency_s, dtype=np.float64)
    if latency.size:
        found["latency_mean_s"] = float(latency.mean())
        found["latency_max_s"] = float(latency.max())
        if latency.min() > 0:
            rates = 1.0 / latency
            found["throughput_per_s"] = float(rates.sum())
            found["fairness"] = float(rates.sum() ** 2 / (rates.size * (rates**2).sum()))
        instance = getattr(problem, "instance", None)
        if isinstance(instance, Instance) and latency.shape == instance.workload.task_deadline_s.shape:
            found["deadline_misses"] = int((latency > instance.workload.task_deadline_s).sum())
    for name, column in (("energy_j", score.energy_j), ("price", score.price)):
        values = np.asarray(column, dtype=np.float64)
        if values.size:
            found[name] = float(values.sum())
    found["loads"] = {str(key): float(load) for key, load in score.loads.items()}
    return found
