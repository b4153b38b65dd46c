"""The method `list-scheduling`: list scheduling by a priority of one's choice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Literal, get_args

import numpy as np

from formulations.schedule.case import ScheduleCase
from instances.columns import FloatArray
from instances.errors import InputError
from solvers.contract import MethodParams
from solvers.list_scheduling.construction import Rule, earliest_finish
from solvers.list_scheduling.graph import Graph
from solvers.list_scheduling.method import ListMethod
from solvers.list_scheduling.ranks import descendants, mean_seconds, mean_transfers, upward_rank
from solvers.registry import register

__all__ = ["ListScheduling", "ListSchedulingParams", "in_order", "priority_rule"]

Priority = Literal["upward-rank", "critical-path", "longest", "shortest", "successors", "fifo", "slack", "weight"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSchedulingParams(MethodParams):
    """Parameters of `list-scheduling`.

    Parameters
    ----------
    priority : {"upward-rank", "critical-path", "longest", "shortest", "successors", "fifo", "slack", "weight"}
        Which of the ready layers is next. ``upward-rank``: as in `heft`. ``critical-path``: the longest way to the end of the task
        without transfers. ``longest``, ``shortest``: by mean seconds. ``successors``: whose end most layers wait for. ``fifo``:
        which has been ready longest. ``slack``: least time from its upward rank to the deadline. ``weight``: heaviest task.
        Ties by upward rank.
    insertion : bool
        Whether a layer may run before one that was placed earlier, where there is a gap.
    """

    priority: Priority = "upward-rank"
    insertion: bool = True

    def __post_init__(self) -> None:
        if self.priority not in get_args(Priority):
            raise InputError("parameter priority", f"must be one of {', '.join(get_args(Priority))}", self.priority)


@register(
    "list-scheduling",
    kind="rule",
    citation="Graham, SIAM J. Appl. Math. 17(2), 1969, doi 10.1137/0117039; Kwok and Ahmad, ACM Comput. Surv. 31(4), 1999",
    deterministic=True,
)
class ListScheduling(ListMethod):
    """Ready layers by a priority, each to the node where it ends first."""

    Params: ClassVar[type[MethodParams]] = ListSchedulingParams

    def rule(self, case: ScheduleCase, graph: Graph) -> Rule:
        """Return the rule."""
        return replace(priority_rule(case, graph, self.params.priority), insertion=self.params.insertion)


def priority_rule(case: ScheduleCase, graph: Graph, priority: Priority) -> Rule:
    """Return the rule that takes ready operations by `priority` (see `ListSchedulingParams`)."""
    seconds = mean_seconds(graph)
    rank = upward_rank(graph, seconds, mean_transfers(graph))
    if priority == "fifo":
        return replace(earliest_finish(graph, np.zeros(len(rank))), as_ready=True)
    first: FloatArray
    if priority == "upward-rank":
        first = -rank
    elif priority == "critical-path":
        first = -upward_rank(graph, seconds, np.zeros(len(graph.after)))
    elif priority in ("longest", "shortest"):
        first = seconds if priority == "shortest" else -seconds
    elif priority == "successors":
        first = -descendants(graph).astype(np.float64)
    elif priority == "slack":
        first = (case.release + case.deadline)[case.task] - rank
    else:
        first = -case.weight[case.task]
    return earliest_finish(graph, in_order(first, -rank))


def in_order(*keys: FloatArray) -> FloatArray:
    """Return the places of operations when sorted by the first key, ties by the next ones."""
    order = np.lexsort(tuple(reversed(keys)))
    place = np.empty(len(order))
    place[order] = np.arange(len(order))
    return place
