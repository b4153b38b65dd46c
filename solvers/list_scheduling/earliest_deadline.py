"""The method `edf`."""

from __future__ import annotations

from formulations.schedule.case import ScheduleCase
from solvers.list_scheduling.construction import Rule, earliest_finish
from solvers.list_scheduling.graph import Graph
from solvers.list_scheduling.method import ListMethod
from solvers.list_scheduling.priorities import in_order
from solvers.list_scheduling.ranks import mean_seconds, mean_transfers, upward_rank
from solvers.registry import register

__all__ = ["EarliestDeadline", "edf_rule"]


@register(
    "edf",
    kind="rule",
    citation="Liu and Layland, J. ACM 20(1), 1973, doi 10.1145/321738.321743",
    deterministic=True,
)
class EarliestDeadline(ListMethod):
    """Earliest deadline first: tasks by deadline, their layers by upward rank, each to the node where it ends first.

    The deadline is the task's, counted from the time 0. Liu and Layland interrupt work on one processor; here nothing is interrupted,
    but a layer may fill a gap that those before it leave.
    """

    def rule(self, case: ScheduleCase, graph: Graph) -> Rule:
        """Return the rule."""
        return edf_rule(case, graph)


def edf_rule(case: ScheduleCase, graph: Graph) -> Rule:
    """Return the rule of earliest deadline first."""
    rank = upward_rank(graph, mean_seconds(graph), mean_transfers(graph))
    return earliest_finish(graph, in_order((case.release + case.deadline)[case.task], -rank))
