"""Plans of the family `joint` as plain data for files: placements by layer and node names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np

from formulations.joint.plan import JointPlan, Shares
from formulations.joint.problem import JointProblem, versions_of
from instances.columns import check_column
from instances.errors import InputError

__all__ = ["PlanDocument", "plan_document", "plan_of"]


class ShareRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A share of a resource, by the resource's name."""

    resource: str
    share: float


class TaskPlacement(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where one task runs.

    `candidate` counts the task's candidates from 0; absent, all layers run on the device. Layers
    are named: the last layer on the device and the last that is not in the cloud.
    """

    device_until: str
    edge_until: str
    version: str = "full"
    candidate: int | None = None
    cloud: str | None = None
    shares: list[ShareRow] | None = None


class PlanDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a plan file: one placement a task; shares for all tasks or for none."""

    tasks: list[TaskPlacement]


def plan_document(problem: JointProblem, plan: JointPlan) -> Mapping[str, Any]:
    """Return `plan` as plain data.

    Raises
    ------
    InputError
        For an index that names nothing: a file could only hold another plan in its place.
    """
    instance = problem.instance
    system, load = instance.system, instance.workload
    _check_named(problem, plan)
    layers = [[layer.name for layer in net.layers] for net in instance.networks]
    versions = [[v.name for v in versions_of(net)] for net in instance.networks]
    rows: list[list[ShareRow]] | None = None
    if plan.shares is not None:
        rows = [[] for _ in range(plan.n_tasks)]
        columns = (plan.shares.task.tolist(), plan.shares.resource.tolist(), plan.shares.share.tolist())
        for task, resource, share in zip(*columns, strict=True):
            rows[task].append(ShareRow(system.resources[resource].name, share))
    columns = zip(
        load.task_network.tolist(),
        plan.version.tolist(),
        plan.candidate.tolist(),
        plan.cloud.tolist(),
        plan.device_until.tolist(),
        plan.edge_until.tolist(),
        strict=True,
    )  # type: ignore[assignment]
    tasks = [
        TaskPlacement(
            version=versions[net][version],
            candidate=None if candidate < 0 else candidate,
            cloud=None if cloud < 0 else system.node_name(cloud),
            device_until=layers[net][first],
            edge_until=layers[net][second],
            shares=None if rows is None else rows[k],
        )
        for k, (net, version, candidate, cloud, first, second) in enumerate(columns)
    ]
    body: Mapping[str, Any] = msgspec.to_builtins(PlanDocument(tasks))
    return body


def _check_named(problem: JointProblem, plan: JointPlan) -> None:
    instance = problem.instance
    load, system = instance.workload, instance.system
    if plan.n_tasks != load.n_tasks:
        raise InputError("plan", f"must place {load.n_tasks} tasks", plan.n_tasks)
    n_versions = np.array([len(versions_of(net)) for net in instance.networks])[load.task_network]
    n_layers = np.array([len(net) for net in instance.networks])[load.task_network]

    def label(k: int) -> str:
        return f"plan, task {k}"

    for name, least, beyond in (
        ("version", 0, n_versions),
        ("candidate", -1, 2**31),
        ("cloud", -1, system.n_nodes),
        ("device_until", 0, n_layers),
        ("edge_until", 0, n_layers),
    ):
        values = getattr(plan, name)
        check_column(values, (values >= least) & (values < beyond), f"{name} must be an index", label)
    if plan.shares is not None:
        for name, beyond in (("task", load.n_tasks), ("resource", len(system.resources))):
            values = getattr(plan.shares, name)
            check_column(
                values, (values >= 0) & (values < beyond), f"{name} must be an index", "plan.shares[{}]".format
            )


def plan_of(problem: JointProblem, document: Mapping[str, Any]) -> JointPlan:
    """Return the plan that `document` describes.

    Raises
    ------
    InputError
        For a document of another form, or a name that the instance does not know.
    """
    try:
        body = msgspec.convert(document, PlanDocument)
    except msgspec.ValidationError as error:
        raise InputError("plan", str(error)) from None
    instance = problem.instance
    system, load = instance.system, instance.workload
    if len(body.tasks) != load.n_tasks:
        raise InputError("plan", f"must place {load.n_tasks} tasks", len(body.tasks))
    layers = [{layer.name: i for i, layer in enumerate(net.layers)} for net in instance.networks]
    versions = [{v.name: i for i, v in enumerate(versions_of(net))} for net in instance.networks]
    nodes = {system.node_name(n): n for n in {*system.nodes_of(2).tolist()}}  # type: ignore[arg-type]
    resources = {r.name: i for i, r in enumerate(system.resources)}

    def known(names: Mapping[str, int], name: str, where: str, what: str) -> int:
        if name not in names:
            raise InputError(where, f"must name {what}", name)
        return names[name]

    placed = np.full((5, load.n_tasks), -1, dtype=np.int64)
    shares: list[tuple[int, int, float]] = []
    given = sum(task.shares is not None for task in body.tasks)
    if given not in (0, load.n_tasks):
        raise InputError("plan", "must give shares for all tasks or for none", given)
    for k, task in enumerate(body.tasks):
        net = int(load.task_network[k])
        where, name = f"plan, task {k}", instance.networks[net].name
        if task.candidate is not None and not 0 <= task.candidate < 2**31:
            raise InputError(where, "candidate must be >= 0", task.candidate)
        placed[:, k] = (
            known(versions[net], task.version, where, f"a version of {name}"),
            -1 if task.candidate is None else task.candidate,
            -1 if task.cloud is None else known(nodes, task.cloud, where, "a cloud node"),
            known(layers[net], task.device_until, where, f"a layer of {name}"),
            known(layers[net], task.edge_until, where, f"a layer of {name}"),
        )
        for row in task.shares or []:
            shares.append((k, known(resources, row.resource, where, "a shared resource"), row.share))
    columns = np.array(shares, dtype=np.float64).reshape(-1, 3)
    return JointPlan(
        version=placed[0],
        candidate=placed[1],
        cloud=placed[2],
        device_until=placed[3],
        edge_until=placed[4],
        shares=None
        if not given
        else Shares(task=columns[:, 0].astype(np.int64), resource=columns[:, 1].astype(np.int64), share=columns[:, 2]),
    )
