"""Integrals over time: how soon a method had how much, from the traces of incumbents and bounds.

The *primal gap* of a value x to the best known value y is 0 where both are 0, 1 where their signs differ, and
``|x - y| / max(|x|, |y|)`` otherwise. The *primal integral* up to a horizon T is the integral of the primal gap of the
best plan so far, which is 1 as long as there is none (Berthold, "Measuring the impact of primal heuristics", Operations
Research Letters 41(6), 2013). The *primal-dual integral* has in place of y the best bound that the method itself had
certified by then, and 1 as long as plan or bound is missing; it is what the solver SCIP reports under that name.

T is the limit in seconds, or, where there is none, the longest that any trial of the study took on the same instance
and problem. A method that ends before T keeps its last plan and bound until T.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from experiments.metrics.metric import Metric, register_metric

__all__ = [
    "PRIMAL_DUAL_INTEGRAL",
    "PRIMAL_GAP",
    "PRIMAL_INTEGRAL",
    "primal_dual_integral",
    "primal_gap",
    "primal_integral",
]

Points = Sequence[Sequence[float]]


def primal_gap(value: float, reference: float) -> float:
    """Return the primal gap, between 0 and 1.

    Examples
    --------
    >>> primal_gap(8.0, 6.0), primal_gap(0.0, 0.0), primal_gap(-1.0, 1.0)
    (0.25, 0.0, 1.0)
    """
    if value == reference:
        return 0.0
    if value * reference < 0 or math.isinf(value) or math.isinf(reference):
        return 1.0
    return abs(value - reference) / max(abs(value), abs(reference))


def primal_integral(incumbents: Points, reference: float, horizon_s: float) -> float:
    """Return the primal integral in seconds.

    Parameters
    ----------
    incumbents : sequence of (seconds, value)
        In order of time; values need not fall.
    reference : float
        The best known value.
    horizon_s : float
        T.

    Examples
    --------
    >>> primal_integral([(1.0, 8.0), (3.0, 6.0)], reference=6.0, horizon_s=10.0)
    1.5
    """
    best, before, gap, parts = math.inf, 0.0, 1.0, []
    for seconds, value in incumbents:
        if value < best:  # only what improves changes the gap
            now = min(max(seconds, before), horizon_s)
            parts.append(gap * (now - before))
            best, before, gap = value, now, primal_gap(max(value, reference), reference)
    parts.append(gap * (horizon_s - before))
    return math.fsum(parts)


def primal_dual_integral(incumbents: Points, bounds: Points, horizon_s: float) -> float:
    """Return the primal-dual integral in seconds, with the bounds as they came in.

    Examples
    --------
    >>> primal_dual_integral([(1.0, 8.0)], [(3.0, 6.0)], horizon_s=5.0)
    3.5
    """
    events = sorted([(s, 0, v) for s, v in incumbents] + [(s, 1, v) for s, v in bounds])
    value, bound, before, gap, parts = math.inf, -math.inf, 0.0, 1.0, []
    for seconds, kind, number in events:
        now = min(max(seconds, 0.0), horizon_s)
        parts.append(gap * (now - before))
        before = now
        if kind:
            bound = max(bound, number)
        else:
            value = min(value, number)
        # a bound that rounding has put above the value leaves no gap
        gap = 1.0 if math.isinf(value) or math.isinf(bound) else 0.0 if bound >= value else primal_gap(value, bound)
    parts.append(gap * (horizon_s - before))
    return math.fsum(parts)


def _primal_gaps(frame: pd.DataFrame) -> pd.Series:
    return _series(
        frame,
        [
            math.nan if math.isnan(v) or math.isnan(best) else 100.0 * primal_gap(v, best)
            for v, best in zip(frame["value"].tolist(), frame["best_value"].tolist(), strict=True)
        ],
    )


def _incumbents(points: Points, seconds: float, value: float) -> list[Sequence[float]]:
    """Return the trace with the plan that was handed in at the end."""
    return [*points, (seconds, value)] if math.isfinite(seconds) and math.isfinite(value) else list(points)


def _primal_integrals(frame: pd.DataFrame) -> pd.Series:
    found = []
    for points, seconds, value, best, horizon, code, ran in zip(
        *(frame[n].tolist() for n in ("incumbents", "seconds", "value", "best_value", "horizon_s", "code")),
        (frame["termination"] != "not run").tolist(),
        strict=True,
    ):
        if not ran or math.isnan(best) or math.isnan(horizon):
            found.append(math.nan)
        elif code == "WR":  # nothing that a refuted method says counts
            found.append(horizon)
        else:
            found.append(primal_integral(_incumbents(points, seconds, value), best, horizon))
    return _series(frame, found)


def _primal_dual_integrals(frame: pd.DataFrame) -> pd.Series:
    found = []
    for points, bounds, seconds, value, bound, horizon, code in zip(
        *(frame[n].tolist() for n in ("incumbents", "bounds", "seconds", "value", "bound", "horizon_s", "code")),
        strict=True,
    ):
        if math.isnan(bound) or math.isnan(horizon):
            found.append(math.nan)
        elif code == "WR":
            found.append(horizon)
        else:
            last = [(seconds, bound)] if math.isfinite(seconds) else []
            found.append(primal_dual_integral(_incumbents(points, seconds, value), [*bounds, *last], horizon))
    return _series(frame, found)


def _series(frame: pd.DataFrame, values: list[float]) -> pd.Series:
    return pd.Series(np.array(values, dtype=np.float64), index=frame.index)


PRIMAL_GAP = register_metric(
    Metric(
        name="primal-gap",
        title="primal gap",
        unit="%",
        digits=2,
        fixed=True,
        of=_primal_gaps,
        summary="|value - best known value| / the larger of the two (Berthold 2013)",
    )
)
PRIMAL_INTEGRAL = register_metric(
    Metric(
        name="primal-integral",
        title="primal integral",
        unit="s",
        overall="primal integral",
        digits=3,
        fixed=True,
        traces=True,
        missing="no plan is known, or no limit in seconds",
        of=_primal_integrals,
        summary="integral over time of the primal gap to the best known value, 1 before the first plan (Berthold 2013)",
    )
)
PRIMAL_DUAL_INTEGRAL = register_metric(
    Metric(
        name="primal-dual-integral",
        title="primal-dual integral",
        unit="s",
        overall="primal-dual integral",
        digits=3,
        fixed=True,
        traces=True,
        missing="the method certifies no bound",
        of=_primal_dual_integrals,
        summary="integral over time of the gap between the method's own plan and bound, 1 while either is missing",
    )
)
