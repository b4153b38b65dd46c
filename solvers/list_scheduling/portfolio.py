"""The plans of several rules: where searches of the family `schedule` start."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from formulations.schedule.case import ScheduleCase
from formulations.schedule.plan import SchedulePlan
from solvers.list_scheduling.construction import Rule
from solvers.list_scheduling.earliest_deadline import edf_rule
from solvers.list_scheduling.graph import Graph, graph_of
from solvers.list_scheduling.greedy_energy import greedy_energy_rule
from solvers.list_scheduling.heft import heft_rule
from solvers.list_scheduling.method import list_plan
from solvers.list_scheduling.peft import peft_rule
from solvers.list_scheduling.priorities import priority_rule

__all__ = ["first_plans"]

_MOST_HOMES = 8


def first_plans(case: ScheduleCase) -> Iterator[SchedulePlan]:
    """Yield the plans of `heft`, `peft`, `greedy-energy`, `edf`, by weight, and of all at home or as much as can be on one node.

    They may break deadlines and limits.
    """
    graph = graph_of(case)
    rules: tuple[Callable[[], Rule], ...] = (
        lambda: heft_rule(graph),
        lambda: greedy_energy_rule(case, graph),
        lambda: peft_rule(graph),
        lambda: edf_rule(case, graph),
        lambda: priority_rule(case, graph, "weight"),
        lambda: _pinned(case, graph, case.source[case.task]),
        *(lambda node=node: _pinned(case, graph, np.full(case.n_operations, node)) for node in _homes(case)),
    )
    for rule in rules:
        plan = list_plan(case, graph, rule())
        if not isinstance(plan, str):
            yield plan


def _homes(case: ScheduleCase) -> list[int]:
    """Return the positions where most operations may run, those that take least for them first."""
    seconds = np.where(case.allowed, case.seconds, 0.0).sum(axis=1)
    return [int(node) for node in np.lexsort((seconds, -case.allowed.sum(axis=1)))[:_MOST_HOMES]]


def _pinned(case: ScheduleCase, graph: Graph, node: np.ndarray) -> Rule:
    """Return the rule of HEFT with every operation on its `node` where it may run there."""
    rule = heft_rule(graph)
    return replace(rule, pin=np.where(case.allowed[node, np.arange(case.n_operations)], node, -1))
