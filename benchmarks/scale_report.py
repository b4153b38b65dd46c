"""The tables and the figure of `benchmarks.scale`, from the rows of its runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from formulations.score import relative_gap

MARKS = (1e-3, 3e-4)
"""Gaps whose time is noted."""
SHARES = ("device_work", "edge_work", "cloud_work", "split_tasks")
"""What the referee says of a plan: the tiers' parts of all operations, and the part of tasks that are split."""
Row = dict[str, Any]
_LEAST_DRAWN, _MOST_DRAWN = 1e-6, 1.0


def add_best_bounds(rows: Sequence[Row]) -> None:
    """Give every row the best bound that any run has on its instance, and the gap of its value to that."""
    for mine in grouped(rows, _instance).values():
        best = max((row["bound"] for row in mine if row.get("bound") is not None), default=None)
        for row in mine:
            row["best_bound"] = best
            row["gap_to_best"] = relative_gap(row.get("value"), best)


def runs_table(rows: Sequence[Row]) -> str:
    """Return a line for each load, size and method: medians over the seeds, and how many seeds there are."""
    lines = [
        "| load | tasks | method | runs | seconds | to 0.1 % (s) | to 0.03 % (s) | bound | value | gap | gap to best bound "
        "| peak MB | referee (s) |",
        "| --- | ---: | :--- " + "| ---: " * 10 + "|",
    ]
    for (load, tasks, method), mine in grouped(rows, lambda row: (row["load"], row["tasks"], row["method"])).items():
        ran = [row for row in mine if "seconds" in row]
        if not ran:
            continue
        cells = [load, f"{tasks:,}", method, str(len(ran)), _median((row["seconds"] for row in ran), "{:.3g}")]
        cells += [_median((row["reached"][str(mark)] for row in ran), "{:.3g}") for mark in MARKS]
        cells += [_median((row[name] for row in ran), form) for name, form in _FORMS]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def overview(rows: Sequence[Row]) -> str:
    """Return a line for each load and size: median seconds of every method, and its gap to the best bound."""
    methods = list(grouped(rows, lambda row: row["method"]))
    lines = [f"| load | tasks | {' | '.join(methods)} |", f"| --- {'| ---: ' * (len(methods) + 1)}|"]
    for (load, tasks), mine in grouped(rows, lambda row: (row["load"], row["tasks"])).items():
        cells = [load, f"{tasks:,}"]
        for method in methods:
            ran = [row for row in mine if row["method"] == method and row.get("value") is not None]
            gap = _median((row["gap_to_best"] for row in ran), "{:.3%}") if ran else ""
            cells.append(f"{_median((row['seconds'] for row in ran), '{:.3g}')} s, {gap}" if ran else "")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


_FORMS = (
    ("bound", "{:.7g}"),
    ("value", "{:.7g}"),
    ("gap", "{:.3%}"),
    ("gap_to_best", "{:.3%}"),
    ("peak_mb", "{:,.0f}"),
    ("referee_s", "{:.3g}"),
)


def shares_table(rows: Sequence[Row]) -> str:
    """Return where the work is in the best plan of every instance: for each load and size median and range over the seeds."""
    lines = [
        "| load | tasks | draws | device's work | edge's work | cloud's work | tasks split |",
        "| --- " + "| ---: " * 6 + "|",
    ]
    best = [
        min(valued, key=lambda row: row["value"])  # type: ignore[no-any-return]
        for mine in grouped(rows, _instance).values()
        if (valued := [row for row in mine if row.get("value") is not None])
    ]
    for (load, tasks), mine in grouped(best, lambda row: (row["load"], row["tasks"])).items():
        cells = [load, f"{tasks:,}", str(len(mine))]
        cells += [_spread([row[name] for row in mine]) for name in SHARES]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def declined(rows: Sequence[Row]) -> str:
    """Return a line for each size and method that did not run, or ended early, with its reason."""
    lines = {f"- {row['method']}, {row['tasks']:,} tasks: {row['reason']}": None for row in rows if row.get("reason")}
    return "".join(f"{line}\n" for line in lines)


def draw(rows: Sequence[Row], path: Path) -> None:
    """Draw gap and seconds over the number of tasks, medians over the seeds; dashed: methods without a bound of their own."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot
    from matplotlib.ticker import FuncFormatter

    figure, axes = pyplot.subplots(1, 2, figsize=(9.6, 4.0), sharex=True, layout="constrained")
    for method, mine in grouped(rows, lambda row: row["method"]).items():
        ran = [row for row in mine if row.get("value") is not None]
        own = any(row["bound"] is not None for row in ran)
        style = {"linestyle": "-" if own else "--", "linewidth": 2.4 if method.startswith("lagrangian") else 1.2}
        for axis, name in zip(axes, ("gap" if own else "gap_to_best", "seconds"), strict=True):
            # a run without a bound is as bad as can be, and a median that is infinite is not drawn
            points = {
                tasks: float(np.median([np.inf if row[name] is None else max(row[name], _LEAST_DRAWN) for row in some]))
                for tasks, some in sorted(grouped(ran, lambda row: row["tasks"]).items())
            }
            if any(np.isfinite(list(points.values()))):
                axis.plot(list(points), list(points.values()), marker="o", markersize=4, label=method, **style)
    gaps, seconds = axes
    gaps.set(xscale="log", yscale="log", xlabel="tasks", ylabel="gap", ylim=(_LEAST_DRAWN / 1.5, _MOST_DRAWN))
    gaps.yaxis.set_major_formatter(FuncFormatter(lambda gap, _: f"{100 * gap:g} %"))
    seconds.set(yscale="log", xlabel="tasks", ylabel="seconds")
    for axis in axes:
        axis.grid(alpha=0.25)
    handles, labels = gaps.get_legend_handles_labels()
    if handles:
        figure.legend(handles, labels, loc="outside lower center", ncols=5, frameon=False)
    figure.savefig(path)


def grouped(rows: Iterable[Row], key: Callable[[Row], Any]) -> dict[Any, list[Row]]:
    """Return the rows of each key, keys in the order in which they come."""
    groups: dict[Any, list[Row]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups


def _instance(row: Row) -> tuple[Any, ...]:
    return row["load"], row["tasks"], row["seed"]


def _median(values: Iterable[float | None], form: str) -> str:
    """Return the median where missing values count as worse than any; empty where it is missing."""
    middle = float(np.median([np.inf if value is None else value for value in values]))
    return form.format(middle) if np.isfinite(middle) else ""


def _spread(values: list[float]) -> str:
    if len(values) == 1:
        return f"{values[0]:.1%}"
    return f"{np.median(values):.1%} ({min(values):.1%} to {max(values):.1%})"
