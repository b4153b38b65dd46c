"""Plans of the family `schedule` as plain data for files: tasks, layers and nodes by name, starts in seconds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np

from formulations.schedule.plan import SchedulePlan
from formulations.schedule.problem import ScheduleProblem
from instances.errors import InputError

__all__ = ["LayerRecord", "SchedulePlanDocument", "TransferRecord", "plan_document", "plan_of"]


class LayerRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Node and start of a layer."""

    node: str
    start_s: float


class TransferRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The tensor of `layer` goes from the layer's node to node `to`."""

    layer: str
    to: str
    start_s: float


class TaskSchedule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Of one task: every layer but the input, and every transfer."""

    layers: dict[str, LayerRecord]
    transfers: list[TransferRecord] = []


class SchedulePlanDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a plan file: the tasks in their order."""

    tasks: list[TaskSchedule]


def plan_document(problem: ScheduleProblem, plan: SchedulePlan) -> Mapping[str, Any]:
    """Return `plan` as plain data.

    Raises
    ------
    InputError
        For an index that names nothing: a file could only hold another plan in its place.
    """
    system, n = problem.instance.system, problem.n_operations
    if len(plan.node) != n:
        raise InputError("plan", f"must place {n} operations", len(plan.node))
    for name, most in (("node", system.n_nodes), ("transfer_node", system.n_nodes), ("transfer_operation", n)):
        values = getattr(plan, name)
        if ((values < 0) | (values >= most)).any():
            raise InputError("plan", f"{name} must be an index", values[(values < 0) | (values >= most)][0])
    task_of = np.searchsorted(problem.offsets, plan.transfer_operation, "right") - 1
    tasks = []
    for task in range(problem.n_tasks):
        layers, first = problem.network_of(task).layers, int(problem.offsets[task])
        tasks.append(
            TaskSchedule(
                layers={
                    layer.name: LayerRecord(
                        node=system.node_name(int(plan.node[first + v])), start_s=float(plan.start_s[first + v])
                    )
                    for v, layer in enumerate(layers)
                    if v
                },
                transfers=[
                    TransferRecord(
                        layer=layers[int(plan.transfer_operation[row]) - first].name,
                        to=system.node_name(int(plan.transfer_node[row])),
                        start_s=float(plan.transfer_start_s[row]),
                    )
                    for row in np.flatnonzero(task_of == task).tolist()
                ],
            )
        )
    body: Mapping[str, Any] = msgspec.to_builtins(SchedulePlanDocument(tasks=tasks))
    return body


def plan_of(problem: ScheduleProblem, document: Mapping[str, Any]) -> SchedulePlan:
    """Return the plan that `document` describes.

    Raises
    ------
    InputError
        For a document of another form, or a name that the problem does not know.
    """
    try:
        body = msgspec.convert(document, SchedulePlanDocument)
    except msgspec.ValidationError as error:
        raise InputError("plan", str(error)) from None
    system = problem.instance.system
    nodes = {system.node_name(node): node for node in range(system.n_nodes)}
    if len(body.tasks) != problem.n_tasks:
        raise InputError("plan, tasks", f"must be {problem.n_tasks}", len(body.tasks))
    node = np.empty(problem.n_operations, dtype=np.int64)
    start = np.empty(problem.n_operations)
    sent: list[tuple[int, int, float]] = []
    for task, given in enumerate(body.tasks):
        layers, first = problem.network_of(task).layers, int(problem.offsets[task])
        row = {layer.name: v for v, layer in enumerate(layers)}
        where = f"plan, task {task}"
        node[first], start[first] = problem.source_of(task), problem.instance.workload.task_release_s[task]
        missing = [layer.name for layer in layers[1:] if layer.name not in given.layers]
        if missing:
            raise InputError(f"{where}, layers", "must have every layer but the input; missing", missing[0])
        for name, record in given.layers.items():
            v = _known(row, name, f"{where}, layers", "a layer")
            if v == 0:
                raise InputError(f"{where}, layers", "must not have the input, which is where it is", name)
            node[first + v] = _known(nodes, record.node, f"{where}, layer {name}", "a node")
            start[first + v] = record.start_s
        for transfer in given.transfers:
            v = _known(row, transfer.layer, f"{where}, transfers", "a layer")
            to = _known(nodes, transfer.to, f"{where}, transfer of {transfer.layer}", "a node")
            sent.append((first + v, to, transfer.start_s))
    return SchedulePlan(
        node=node,
        start_s=start,
        transfer_operation=np.array([one[0] for one in sent], dtype=np.int64),
        transfer_node=np.array([one[1] for one in sent], dtype=np.int64),
        transfer_start_s=np.array([one[2] for one in sent], dtype=np.float64),
    )


def _known(names: Mapping[str, int], name: str, where: str, what: str) -> int:
    if name not in names:
        raise InputError(where, f"must name {what}", name)
    return names[name]
