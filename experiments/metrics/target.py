"""Time to target: when a method first had a plan that is good enough, the time that profiles are drawn of."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from experiments.metrics.metric import Metric, register_metric

__all__ = ["TARGET", "TIME_TO_TARGET", "times_to_target"]

TARGET = 0.01
"""A plan is good enough within this relative gap to the best known value."""


def times_to_target(frame: pd.DataFrame, target: float = TARGET) -> pd.Series:
    """Return the seconds at which each trial first had a plan within `target` of the best known value.

    Infinite where it never had one; NaN where the trial did not run or no plan is known.
    """
    found = []
    for points, seconds, value, best, code, ended in zip(
        *(frame[n].tolist() for n in ("incumbents", "seconds", "value", "best_value", "code", "termination")),
        strict=True,
    ):
        if ended == "not run" or math.isnan(best):
            found.append(math.nan)
            continue
        if code == "WR":
            found.append(math.inf)
            continue
        last = [(seconds, value)] if math.isfinite(seconds) and math.isfinite(value) else []
        # a value v is within the target where (v - best) <= target |v|, as the printed gap has it
        times = [s for s, v in [*points, *last] if v - best <= target * abs(v)]
        found.append(min(times, default=math.inf))
    return pd.Series(np.array(found, dtype=np.float64), index=frame.index)


TIME_TO_TARGET = register_metric(
    Metric(
        name="time-to-target",
        title="time to target",
        unit="s",
        aggregation="median",
        digits=2,
        fixed=True,
        traces=True,
        missing="did not run",
        of=times_to_target,
        summary=f"seconds until the first plan within {TARGET:.0%} of the best known value; infinite where none came",
    )
)
