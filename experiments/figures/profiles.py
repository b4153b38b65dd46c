"""Profiles: the share of instances on which a method is good enough, over how much one grants it.

- *performance profile* (Dolan and Moré, "Benchmarking optimization software with performance profiles", Mathematical
  Programming 91, 2002): over a factor of the time that the fastest method took on that instance;
- *time profile*: over seconds;
- *gap profile*: over the gap of the plan at the end.

Time is the time to target (`experiments.metrics.target`): until the first plan within one per cent of the best known
value, so that methods which prove nothing can be compared too. Repetitions are collapsed to their median first; a method
that never got there on an instance never counts it. In a performance profile of more than two methods only the comparison
with the best of each instance is meant (Gould and Scott, "A note on performance profiles", ACM TOMS 43(2), 2016).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.figures.curves import legend, methods_of, panels, plain_ticks, step_curve
from experiments.metrics.target import TARGET, TIME_TO_TARGET
from experiments.statistics.blocks import blocks_of
from experiments.store import Store
from instances.columns import FloatArray

__all__ = [
    "FEWEST",
    "gap_profile_data",
    "gap_profile_figure",
    "performance_profile_data",
    "performance_profile_figure",
    "profile_of",
    "time_profile_data",
    "time_profile_figure",
]

FEWEST = 3
"""A profile of fewer instances says less than the table does."""
_FASTEST_S = 1e-3
"""Times below this are counted as this: the clock and the machine are not better."""
_GAP_FLOOR = 0.01
_MARKS = 7
_COLUMNS = ["method", "x", "share", "instances"]


def profile_of(costs: pd.DataFrame) -> pd.DataFrame:
    """Return the distribution function of each column: at every cost that occurs the share of rows at or below it.

    Parameters
    ----------
    costs : pandas.DataFrame
        Instances by methods; infinite or NaN where the method never is good enough.

    Returns
    -------
    pandas.DataFrame
        Columns ``method, x, share, instances``; a method that is never good enough has one row, with share 0 at the
        least cost of any.
    """
    values = costs.to_numpy(dtype=np.float64)
    finite = values[np.isfinite(values)]
    if not finite.size:
        return pd.DataFrame(columns=_COLUMNS)
    rows = []
    for name, column in zip(costs.columns, values.T, strict=True):
        levels, counts = np.unique(column[np.isfinite(column)], return_counts=True)
        shares = np.cumsum(counts) / len(column)
        if not len(levels):
            levels, shares = np.array([finite.min()]), np.array([0.0])
        rows += [(name, x, y, len(column)) for x, y in zip(levels.tolist(), shares.tolist(), strict=True)]
    return pd.DataFrame(rows, columns=_COLUMNS)


def performance_profile_data(_store: Store, frame: pd.DataFrame) -> pd.DataFrame:
    """Return shares of instances over the ratio to the fastest method's time to target."""
    times = _times(frame)
    return _enough(times.div(times.min(axis=1), axis=0) if len(times) else times)


def time_profile_data(_store: Store, frame: pd.DataFrame) -> pd.DataFrame:
    """Return shares of instances over the seconds to target."""
    return _enough(_times(frame))


def gap_profile_data(_store: Store, frame: pd.DataFrame) -> pd.DataFrame:
    """Return shares of instances over the gap in per cent, to the best bound, or without one to the best value."""
    from experiments.metrics.metric import Metric

    gap = Metric(
        name="gap-or-best",
        title="gap",
        of=lambda rows: (100.0 * rows["gap"].where(rows["best_bound"].notna(), rows["gap_to_best"])).clip(lower=0.0),
    )
    return _enough(blocks_of(frame[frame["best_value"].notna()], gap))


def _times(frame: pd.DataFrame) -> pd.DataFrame:
    """Return times to target of the instances on which some method has a plan, by method."""
    times = blocks_of(frame[frame["best_value"].notna()], TIME_TO_TARGET).fillna(np.inf).clip(lower=_FASTEST_S)
    return times.loc[times.lt(np.inf).any(axis=1)]


def _enough(costs: pd.DataFrame) -> pd.DataFrame:
    return profile_of(costs) if len(costs) >= FEWEST else pd.DataFrame(columns=_COLUMNS)


def performance_profile_figure(data: pd.DataFrame) -> Figure:
    """Draw the performance profile."""

    def scale(axes: Axes, right: float) -> None:
        axes.set_xscale("log")
        axes.set_xlim(1.0, max(right, 10.0))
        plain_ticks(axes, "x")
        axes.set_xlabel(f"time to a plan within {TARGET:.0%} of the best known, as a multiple of the fastest")

    return _draw(data, scale, lambda x: x)


def time_profile_figure(data: pd.DataFrame) -> Figure:
    """Draw the time profile."""

    def scale(axes: Axes, right: float) -> None:
        axes.set_xscale("log")
        axes.set_xlim(_FASTEST_S, max(right, 10.0 * _FASTEST_S))
        plain_ticks(axes, "x")
        axes.set_xlabel(f"seconds to a plan within {TARGET:.0%} of the best known")

    return _draw(data, scale, lambda x: x)


def gap_profile_figure(data: pd.DataFrame) -> Figure:
    """Draw the gap profile."""

    def scale(axes: Axes, right: float) -> None:
        axes.set_xscale("symlog", linthresh=_GAP_FLOOR, linscale=0.5)
        axes.set_xlim(0.0, max(right, 1.0))
        axes.set_xticks([0.0, *(10.0**p for p in range(-2, 3) if 10.0**p <= max(right, 1.0))])
        plain_ticks(axes, "x")
        axes.set_xlabel("gap at the end (%)")

    # a gap of a hundred-thousandth is a proof for every reader
    return _draw(data, scale, lambda x: np.where(x < 1e-3, 0.0, x))


def _draw(
    data: pd.DataFrame, scale: Callable[[Axes, float], None], shown: Callable[[FloatArray], FloatArray]
) -> Figure:
    methods = methods_of(data)
    figure, [axes] = panels(1, len(methods), height=3.3)
    figure.set_figwidth(6.2)
    right = float(data["x"].max()) * 1.25
    for method, number in methods.items():
        mine = data[data["method"] == method]
        x, y = shown(mine["x"].to_numpy(dtype=np.float64)), mine["share"].to_numpy(dtype=np.float64)
        if y[-1] > 0:
            # up from the axis where the method starts, on to the right where it ends
            marks = sorted(set(np.linspace(1, len(x), min(len(x), _MARKS)).astype(int).tolist()))
            step_curve(axes, number, [x[0], *x, right], [0.0, *y, y[-1]], marks=marks)
    scale(axes, right)
    axes.set_ylim(0.0, 1.03)
    axes.set_yticks([0.0, 0.25, 0.5, 0.75, 1.0])
    plain_ticks(axes, "y", form=lambda value: f"{100 * value:.0f} %")
    axes.set_ylabel(f"share of {int(data['instances'].iloc[0])} instances")
    best = data.groupby("method")["share"].max()
    legend(figure, {name if best[name] > 0 else f"{name} (never)": number for name, number in methods.items()})
    return figure
