"""Pictures of plans that are drawn as a whole: the cut network, the Gantt chart of a schedule."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from formulations.cut.plan import CutPlan
from formulations.cut.problem import CutProblem
from formulations.schedule.plan import SchedulePlan
from formulations.schedule.problem import ScheduleProblem
from formulations.score import Score

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["MOST_BYTES", "cut_picture", "no_scene", "schedule_picture"]

MOST_BYTES = 400_000
"""Of one picture: a report is one file, and somebody sends it by mail."""


def no_scene(problem: object) -> dict[str, Any]:
    """Return what such plans have in common: nothing, each picture is whole."""
    return {}


def cut_picture(problem: CutProblem, plan: CutPlan, score: Score) -> dict[str, Any]:
    """Return the picture of a cut network under ``image``, an address that holds an SVG; see `draw_cut_plan`."""
    from experiments.figures.cut_plan import cut_plan_figure

    return _drawn(lambda: cut_plan_figure(problem, plan), score)


def schedule_picture(problem: ScheduleProblem, plan: SchedulePlan, score: Score) -> dict[str, Any]:
    """Return the Gantt chart of a schedule under ``image``, an address that holds an SVG; see `draw_schedule`."""
    from experiments.figures.schedule_gantt import schedule_figure

    return _drawn(lambda: schedule_figure(problem, plan), score)


def _drawn(make: Callable[[], Figure], score: Score) -> dict[str, Any]:
    from experiments.figures.style import picture_bytes

    if score.value is None:
        return {"image": "", "missing": "The plan cannot be priced."}
    picture = picture_bytes(make, "svg")
    if len(picture) > MOST_BYTES:
        return {"image": "", "missing": "The picture is too large for a report; tiercut check --picture draws it."}
    # as an image, an SVG runs no script and loads nothing
    return {"image": "data:image/svg+xml;base64," + base64.b64encode(picture).decode("ascii")}
