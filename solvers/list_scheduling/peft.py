"""The method `peft`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from formulations.schedule.case import ScheduleCase
from solvers.list_scheduling.construction import Rule, earliest_finish
from solvers.list_scheduling.graph import Graph
from solvers.list_scheduling.method import ListMethod
from solvers.list_scheduling.optimistic import optimistic_cost
from solvers.list_scheduling.ranks import mean_transfers
from solvers.registry import register

__all__ = ["Peft", "peft_rule"]


@register(
    "peft",
    kind="rule",
    citation="Arabnejad and Barbosa, IEEE TPDS 25(3), 2014, doi 10.1109/TPDS.2013.57",
    deterministic=True,
)
class Peft(ListMethod):
    """Predict earliest finish time: by mean optimistic cost, each layer where its end and optimistic cost are least.

    The mean is over the nodes that a layer may run on. The objective plays no part, as with `heft`.
    """

    def rule(self, case: ScheduleCase, graph: Graph) -> Rule:
        """Return the rule."""
        return peft_rule(graph)


def peft_rule(graph: Graph) -> Rule:
    """Return the rule of PEFT."""
    table = optimistic_cost(graph, mean_transfers(graph))
    count = np.diff(graph.choice_offsets)
    owner = np.repeat(np.arange(len(count)), count)
    total = np.bincount(owner, table[owner, graph.choices], minlength=len(count))
    return replace(earliest_finish(graph, -total / np.maximum(count, 1)), extra=table)
