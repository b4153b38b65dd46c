"""A plan as a hint of the constraint model of the family `schedule`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from formulations.schedule.plan import SchedulePlan
from instances.columns import FloatArray, IntArray

if TYPE_CHECKING:
    from formulations.schedule.cp_sat_model import ScheduleCpSatModel

__all__ = ["hint"]


def hint(model: ScheduleCpSatModel, plan: SchedulePlan) -> None:
    """Start the search at `plan`; nodes and tasks that are alike are renamed as the model orders them."""
    case, problem = model.case, model.problem
    problem.clear_hints()
    place, start, sends = _renamed(model, plan)
    values: dict[int, tuple[Any, int]] = {}
    for (a, v), here in model.x.items():
        values[here.index] = here, int(place[v] == a)
    for v in np.flatnonzero(~case.is_input).tolist():
        values[model.start[v].index] = model.start[v], _unit(model, float(start[v]))
    for (v, w, a, b), leads in model.flow.items():
        values[leads.index] = leads, int(place[v] == a and place[w] == b)
    for (v, a, b), sent in model.sent.items():
        values[sent.index] = sent, int(place[v] == a and (v, b) in sends)
    for (v, b), when in sends.items():
        if (v, b) in model.sending:
            values[model.sending[v, b].index] = model.sending[v, b], _unit(model, when)
    for variable, value in values.values():
        problem.add_hint(variable, value)


def _unit(model: ScheduleCpSatModel, seconds: float) -> int:
    return int(model.grid.down(np.array(seconds * (1.0 + 1e-12))))


def _renamed(
    model: ScheduleCpSatModel, plan: SchedulePlan
) -> tuple[IntArray, FloatArray, dict[tuple[int, int], float]]:
    case = model.case
    at = {int(node): position for position, node in enumerate(case.nodes)}
    place = np.array([at[int(node)] for node in plan.node])
    start = np.array(plan.start_s)
    rows = zip(
        plan.transfer_operation.tolist(), plan.transfer_node.tolist(), plan.transfer_start_s.tolist(), strict=True
    )
    sends = {(v, at[node]): when for v, node, when in rows}
    offsets = case.problem.offsets
    operations, nodes = np.arange(case.n_operations), np.arange(case.n_nodes)
    for tasks in model.task_groups:
        order = sorted(tasks, key=lambda k: float(start[offsets[k + 1] - 1]))
        for new, old in zip(tasks, order, strict=True):
            operations[offsets[old] : offsets[old + 1]] = np.arange(offsets[new], offsets[new + 1])
            nodes[case.source[old]] = case.source[new]
    first = {int(a): int(operations[place == a].min(initial=case.n_operations)) for a in range(case.n_nodes)}
    for group in model.node_groups:
        for new, old in zip(group, sorted(group, key=lambda a: first[a]), strict=True):
            nodes[old] = new
    renamed, when = np.empty_like(place), np.empty_like(start)
    renamed[operations], when[operations] = nodes[place], start
    return renamed, when, {(int(operations[v]), int(nodes[b])): t for (v, b), t in sends.items()}
