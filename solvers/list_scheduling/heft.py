"""The method `heft`."""

from __future__ import annotations

from formulations.schedule.case import ScheduleCase
from solvers.list_scheduling.construction import Rule, earliest_finish
from solvers.list_scheduling.graph import Graph
from solvers.list_scheduling.method import ListMethod
from solvers.list_scheduling.ranks import mean_seconds, mean_transfers, upward_rank
from solvers.registry import register

__all__ = ["Heft", "heft_rule"]


@register(
    "heft",
    kind="rule",
    citation="Topcuoglu, Hariri and Wu, IEEE TPDS 13(3), 2002, doi 10.1109/71.993206",
    deterministic=True,
)
class Heft(ListMethod):
    """Heterogeneous earliest finish time: by upward rank, each layer to the node where it ends first, into gaps too.

    All tasks are one graph. The objective plays no part: what HEFT wants is a short makespan.
    """

    def rule(self, case: ScheduleCase, graph: Graph) -> Rule:
        """Return the rule."""
        return heft_rule(graph)


def heft_rule(graph: Graph) -> Rule:
    """Return the rule of HEFT."""
    return earliest_finish(graph, -upward_rank(graph, mean_seconds(graph), mean_transfers(graph)))
