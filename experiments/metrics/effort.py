"""What a plan cost to find."""

from __future__ import annotations

import pandas as pd

from experiments.metrics.metric import Metric, register_metric

__all__ = ["PAR10", "PEAK_MEMORY", "SECONDS", "TIME"]

PENALTY = 10.0
SHIFT_S = 1.0


def _time(frame: pd.DataFrame) -> pd.Series:
    """Seconds where there is a plan, else the limit."""
    return frame["seconds"].where(frame["code"] == "", frame["limit_s"])


def _par10(frame: pd.DataFrame) -> pd.Series:
    """Seconds where the plan is proven optimal, else ten times the limit."""
    penalised = (PENALTY * frame["limit_s"]).where(frame["termination"] != "not run")
    # a method may prove its plan while it is being stopped: more than the limit is never counted
    return frame["seconds"].where(frame["proven"].astype(bool), penalised).clip(upper=penalised)


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
TIME = register_metric(
    Metric(
        name="time",
        title="time",
        unit="s",
        aggregation="geometric",
        shift=SHIFT_S,
        overall="time",
        digits=2,
        fixed=True,
        missing="did not run, or without a plan and a limit",
        of=_time,
        summary=f"wall seconds, the limit where there is no plan; over instances the geometric mean, "
        f"shifted by {SHIFT_S:g} s",
    )
)
PAR10 = register_metric(
    Metric(
        name="par10",
        title="PAR10",
        unit="s",
        overall="PAR10",
        digits=2,
        fixed=True,
        missing="no limit in seconds, or did not run",
        of=_par10,
        # the penalised average running time of Bischl et al., "ASlib", Artificial Intelligence 237 (2016)
        summary="wall seconds where the plan is proven optimal, else ten times the limit",
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
        tested=False,
        of=lambda frame: frame["peak_bytes"] / 1e6,
        summary="largest resident memory of the trial's processes",
    )
)
