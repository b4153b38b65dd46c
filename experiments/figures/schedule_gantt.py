"""The picture of a schedule, after Gantt: cores and links as rows, layers and transfers as bars in the colours of tasks."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from experiments.figures.style import PALETTE, write_picture
from formulations.schedule.plan import SchedulePlan
from formulations.schedule.problem import ScheduleProblem
from formulations.schedule.referee import evaluate
from formulations.schedule.trace import Activity, Trace, trace_of
from instances.errors import InputError

__all__ = ["draw_schedule", "schedule_figure"]

_MOST_ROWS = 60
_MOST_NAMED = 12
"""Tasks that the legend names, and whose deadlines are drawn."""
_UNITS = (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6))


def draw_schedule(problem: ScheduleProblem, plan: SchedulePlan, path: str | Path) -> None:
    """Write the picture of `plan` as SVG, PDF or PNG; the bytes depend on problem and plan alone.

    Raises
    ------
    InputError
        If the ending is another, or the plan cannot be priced.
    """
    write_picture(lambda: schedule_figure(problem, plan), path)


@dataclass(slots=True)
class _Row:
    """A core, or a link with as many transfers as it carries at a time."""

    name: str
    node: int = -1
    bars: list[Activity] = field(default_factory=list)


def schedule_figure(problem: ScheduleProblem, plan: SchedulePlan) -> Figure:
    """Return the picture of `plan`.

    Every node that takes part has a row for each core that it uses, on a ground as long as it is switched on; below, every
    link, shared radio cells as one, has rows for the transfers that it carries.

    Raises
    ------
    InputError
        If the plan cannot be priced.
    """
    score = evaluate(problem, plan)
    if score.value is None:
        raise InputError("plan", score.violations[0] if score.violations else "cannot be priced")
    trace = trace_of(problem, plan)
    rows, cut = _rows(problem, trace), 0
    if len(rows) > _MOST_ROWS:
        busiest = sorted(rows, key=lambda row: -sum(bar.end_s - bar.start_s for bar in row.bars))[:_MOST_ROWS]
        cut = len(rows) - _MOST_ROWS
        rows = [row for row in rows if any(row is one for one in busiest)]
    unit, scale = next((one for one in _UNITS if trace.makespan_s >= 2 * one[1]), _UNITS[-1])
    figure = Figure(figsize=(10.0, 1.5 + 0.3 * max(len(rows), 3)), layout="constrained")
    axes = figure.subplots()
    _draw_rows(axes, problem, trace, rows, scale)
    _mark_tasks(axes, problem, trace, scale)
    axes.set_xlabel(f"time, {unit}" + (f" ({cut} less busy rows are left out)" if cut else ""))
    axes.set_title(
        f"objective {score.value:.6g}, makespan {trace.makespan_s / scale:.4g} {unit}, energy {trace.energy_j:.4g} J"
        + (f", {len(score.violations)} violations" if score.violations else "")
    )
    return figure


def _rows(problem: ScheduleProblem, trace: Trace) -> list[_Row]:
    """Return the rows from top to bottom: nodes by tier, then links, each only where something happens."""
    system = problem.instance.system
    at: defaultdict[int, list[Activity]] = defaultdict(list)
    for one in trace.operations:
        at[one.node].append(one)
    rows: list[_Row] = []
    for node in sorted(at, key=lambda one: (int(system.node_tier[one]), one)):
        lanes = _lanes(at[node])
        for number, bars in enumerate(lanes):
            name = system.node_name(node) if number == 0 else ""
            rows.append(_Row(name=name, node=node, bars=bars))
    on: defaultdict[int, list[Activity]] = defaultdict(list)
    for one in trace.transfers:
        for channel in one.channels:
            on[channel].append(one)
    for channel in sorted(on, key=lambda one: (one >= 0, -one)):
        for number, bars in enumerate(_lanes(on[channel])):
            rows.append(_Row(name=_channel_name(problem, channel) if number == 0 else "", bars=bars))
    return rows


def _lanes(activities: list[Activity]) -> list[list[Activity]]:
    """Return `activities` in as few lanes as keep them apart, each in the first that is free."""
    lanes: list[list[Activity]] = []
    slack = 1e-9 * max(one.end_s for one in activities)
    for one in sorted(activities, key=lambda each: (each.start_s, each.end_s, each.task, each.layer)):
        free = next((lane for lane in lanes if lane[-1].end_s <= one.start_s + slack), None)
        if free is None:
            lanes.append([one])
        else:
            free.append(one)
    return lanes


def _channel_name(problem: ScheduleProblem, channel: int) -> str:
    system = problem.instance.system
    if channel >= 0:
        return system.resources[channel].name
    lane = -1 - channel
    source, target = system.link_source, system.link_target
    link = lane % system.n_links
    ends = (source[link], target[link]) if lane < system.n_links else (target[link], source[link])
    return " → ".join(system.node_name(int(end)) for end in ends)


def _draw_rows(axes: Axes, problem: ScheduleProblem, trace: Trace, rows: list[_Row], scale: float) -> None:
    width = 10.0 * 72 * 0.8 / (trace.makespan_s / scale or 1.0)  # points of a unit of time, about
    split = next((place for place, row in enumerate(rows) if row.node < 0), len(rows))
    for place, row in enumerate(rows):
        if row.node >= 0:
            on, off = trace.on_s[row.node] / scale, trace.off_s[row.node] / scale
            axes.barh(place, off - on, left=on, height=1.0, color="#EDEDED", linewidth=0, zorder=1)
        for bar in row.bars:
            start, length = bar.start_s / scale, (bar.end_s - bar.start_s) / scale
            colour, sends = PALETTE[bar.task % len(PALETTE)], bar.to >= 0
            axes.barh(
                place,
                length,
                left=start,
                height=0.5 if sends else 0.76,
                color=colour,
                alpha=0.55 if sends else 1.0,
                edgecolor="white",
                linewidth=0.6,
                zorder=3,
            )
            name = problem.network_of(bar.task).layers[bar.layer].name
            if len(name) * 4.4 + 4 <= length * width:
                shade = "#222222" if sends else "white"
                axes.text(
                    start + length / 2, place, name, ha="center", va="center", fontsize=6.5, color=shade, zorder=4
                )
    if 0 < split < len(rows):
        axes.axhline(split - 0.5, color="#999999", linewidth=0.8, zorder=2)
    axes.set_yticks(range(len(rows)), [row.name for row in rows])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(max(len(rows), 3) - 0.5, -0.5)
    axes.grid(False, axis="y")


def _mark_tasks(axes: Axes, problem: ScheduleProblem, trace: Trace, scale: float) -> None:
    """Draw when tasks are due, and name them."""
    load, shown = problem.instance.workload, min(problem.n_tasks, _MOST_NAMED)
    due = (load.task_release_s + load.task_deadline_s) / scale
    end = 1.02 * trace.makespan_s / scale
    marked = [task for task in range(shown) if due[task] <= 1.5 * end]
    axes.set_xlim(0, max([end, *(1.02 * float(due[task]) for task in marked)]) or 1.0)
    for task in marked:
        axes.axvline(
            float(due[task]), color=PALETTE[task % len(PALETTE)], linewidth=1.0, linestyle=(0, (4, 2)), zorder=2
        )
    handles: list[Patch | Line2D] = [
        Patch(color=PALETTE[task % len(PALETTE)], label=f"task {task}: {problem.network_of(task).name}")
        for task in range(shown)
    ]
    if problem.n_tasks > shown:
        handles.append(Patch(color="none", label=f"and {problem.n_tasks - shown} more"))
    handles.append(Patch(color="#EDEDED", label="switched on"))
    if marked:
        handles.append(Line2D([], [], color="#444444", linewidth=1.0, linestyle=(0, (4, 2)), label="deadline"))
    axes.legend(
        handles=handles, loc="upper left", ncols=5, bbox_to_anchor=(0, -0.22 - 0.4 / max(axes.get_ylim()[0], 3))
    )
