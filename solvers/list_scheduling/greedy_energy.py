"""The method `greedy-energy`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from formulations.schedule.case import ScheduleCase
from solvers.list_scheduling.construction import Rule
from solvers.list_scheduling.earliest_deadline import edf_rule
from solvers.list_scheduling.graph import Graph
from solvers.list_scheduling.method import ListMethod
from solvers.list_scheduling.ranks import remaining_seconds
from solvers.registry import register

__all__ = ["GreedyEnergy", "greedy_energy_rule"]


@register("greedy-energy", kind="rule", deterministic=True)
class GreedyEnergy(ListMethod):
    """In the order of `edf`, each layer to the node that adds least energy and still lets the deadline be met.

    What a node adds is all that the objective counts: longer windows, switching on, computing, transfers, and money where it has a
    weight; energy alone where neither has one. A node lets the deadline be met if the task can still end in time
    without contention; where none does, the layer goes where that is passed by least.
    """

    def rule(self, case: ScheduleCase, graph: Graph) -> Rule:
        """Return the rule."""
        return greedy_energy_rule(case, graph)


def greedy_energy_rule(case: ScheduleCase, graph: Graph) -> Rule:
    """Return the rule of least added energy."""
    options = case.problem.options
    thrift = np.array([options.energy_weight, options.price_weight])
    most = np.inf if options.makespan_limit_s is None else options.makespan_limit_s
    return replace(
        edf_rule(case, graph),
        thrift=thrift if thrift.any() else np.array([1.0, 0.0]),
        remaining=remaining_seconds(graph),
        due=np.minimum(case.release + case.deadline, most),
    )
