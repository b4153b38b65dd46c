"""Schedules that run whole networks in one place."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from formulations.schedule.case import case_of
from formulations.schedule.plan import SchedulePlan
from formulations.schedule.problem import ScheduleProblem
from instances.system import Tier
from solvers.list_scheduling.graph import graph_of
from solvers.list_scheduling.heft import heft_rule
from solvers.list_scheduling.method import list_plan

__all__ = ["schedule_at"]


def schedule_at(problem: ScheduleProblem, tier: Tier) -> SchedulePlan | str:
    """Return the plan that runs every task on its device, its first candidate that is an edge, or a cloud; or why there is none.

    The cloud is the first candidate that is one, else the first in the system that the task may use. Layers that are pinned
    elsewhere stay there. The order is that of `heft`.
    """
    case = case_of(problem)
    at = {int(node): position for position, node in enumerate(case.nodes)}
    rule = heft_rule(graph := graph_of(case))
    pin = rule.pin.copy()
    for task in range(problem.n_tasks):
        node = _node_of(problem, task, tier)
        if node is None or node not in at:
            return f"task {task} has no candidate that {'is an edge' if tier is Tier.EDGE else 'reaches a cloud'}"
        rows = np.arange(problem.offsets[task], problem.offsets[task + 1])
        pin[rows[case.allowed[at[node], rows]]] = at[node]
    return list_plan(case, graph, replace(rule, pin=pin))


def _node_of(problem: ScheduleProblem, task: int, tier: Tier) -> int | None:
    if tier is Tier.DEVICE:
        return problem.source_of(task)
    system, load = problem.instance.system, problem.instance.workload
    rows = load.candidates_of(task)
    known = [
        *(node for node in load.candidate_site[rows.start : rows.stop].tolist() if node in problem.task_nodes[task]),
        *(sorted(problem.task_nodes[task]) if tier is Tier.CLOUD else ()),
    ]
    return next((node for node in known if system.node_tier[node] == tier), None)
