"""Pictures of plans of the family `joint` as data: which layers run where, and the load of each resource."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from experiments.report.plain_numbers import short, shorts
from formulations.joint.account import ResourceUses, layer_parts, resource_uses, sites_of
from formulations.joint.plan import JointPlan
from formulations.joint.problem import JointProblem, versions_of
from formulations.score import Score
from instances.columns import FloatArray, IntArray
from instances.networks.graph import NetworkGraph

__all__ = ["MOST_TASKS", "joint_plan", "joint_scene"]

MOST_TASKS = 30
"""Up to here every task has a bar of its own; beyond, tasks are added up by network."""

_MOST_RESOURCES = 24
_MOST_BLOCKS = 80


def joint_scene(problem: JointProblem) -> dict[str, Any]:
    """Return what all plans of `problem` have in common: blocks of the networks, tasks, resources.

    A block is what lies between two neighbouring cut points of a network, named after its last layer. A network of
    very many blocks is shown in groups of neighbours.
    """
    instance = problem.instance
    load, system = instance.workload, instance.system
    detailed = load.n_tasks <= MOST_TASKS
    return {
        "detailed": detailed,
        "networks": [_network(net) for net in instance.networks],
        "tasks": [
            [net, system.node_name(source), short(weight), short(deadline)]
            for net, source, weight, deadline in zip(
                load.task_network.tolist(),
                load.task_source.tolist(),
                load.task_weight.tolist(),
                load.task_deadline_s.tolist(),
                strict=True,
            )
        ]
        if detailed
        else None,
        "resources": [[resource.name, resource.kind] for resource in system.resources],
    }


def _network(net: NetworkGraph) -> dict[str, Any]:
    block, ends = _blocks(net)
    work = np.bincount(block, net.operations, minlength=len(ends))
    return {
        "name": net.name,
        "versions": [version.name for version in versions_of(net)],
        "blocks": [net.layers[last].name for last in ends.tolist()],
        "operations": shorts(work, 4),
        "bytes": shorts(net.output_bytes[ends], 4),
    }


def _blocks(net: NetworkGraph) -> tuple[IntArray, IntArray]:
    """Return the block of every layer, and the last layer of every block; the input is no block."""
    ends = net.cut_points()[1:]
    block = np.maximum(np.searchsorted(ends, np.arange(len(net))), 0)
    step = -(-len(ends) // _MOST_BLOCKS)
    if step > 1:
        block = block // step
        ends = np.append(ends[step - 1 : -1 : step], ends[-1])
    return block, ends


def joint_plan(problem: JointProblem, plan: JointPlan, score: Score) -> dict[str, Any]:
    """Return what a picture shows of one plan.

    Returns
    -------
    dict
        ``loads``: rows [resource, seconds, users, least share, largest share], most seconds first; ``idle``: how many
        resources nobody uses; ``others``: how many more are used than are listed; ``sites``: rows [node, tasks]. For few
        tasks ``tasks``: rows [version, blocks, site, cloud, latency], blocks a letter each (d device, e edge, c cloud,
        m several, - not run), and ``shares``: for each row of ``loads`` the rows [task, share]. For many tasks
        ``networks``: rows [network, tasks, device, edge, cloud], the last three the share of the tasks that run each
        block there. For tasks on a map ``attached``: the node of every task, -1 where it stays on its device.
    """
    instance = problem.instance
    load, system = instance.workload, instance.system
    site = sites_of(problem, plan)
    uses = resource_uses(problem, plan)
    pattern, rows = _patterns(problem, plan)
    found: dict[str, Any] = _loads(uses, len(system.resources), load.n_tasks <= MOST_TASKS)
    used = np.bincount(site[site >= 0], minlength=system.n_nodes)
    found["sites"] = [[n, int(used[n])] for n in np.flatnonzero(used).tolist()]
    found["attached"] = site.tolist() if load.n_tasks <= 2000 else None
    if load.n_tasks <= MOST_TASKS:
        letters = [_letters(row) for row in rows]
        found["tasks"] = [
            [
                int(plan.version[k]),
                letters[pattern[k]],
                None if site[k] < 0 else system.node_name(int(site[k])),
                None if plan.cloud[k] < 0 else system.node_name(int(plan.cloud[k])),
                short(float(score.latency_s[k])) if len(score.latency_s) else None,
            ]
            for k in range(load.n_tasks)
        ]
    else:
        found["networks"] = _by_network(load.task_network, pattern, rows)
    return found


def _patterns(problem: JointProblem, plan: JointPlan) -> tuple[IntArray, list[FloatArray]]:
    """Return the placement of every task, and for each the share (3, n_blocks) of a block's layers on each tier."""
    networks = problem.instance.networks
    columns = (problem.instance.workload.task_network, plan.version, plan.device_until, plan.edge_until)
    distinct, pattern = np.unique(np.column_stack(columns), axis=0, return_inverse=True)
    blocks = [_blocks(net) for net in networks]
    rows = []
    for net, version, first, second in distinct.tolist():
        part = layer_parts(networks[net], version, first, second)[1:]
        block, ends = blocks[net]
        size = np.maximum(np.bincount(block[1:], minlength=len(ends)), 1)
        rows.append(np.stack([np.bincount(block[1:], part == tier, minlength=len(ends)) / size for tier in range(3)]))
    return pattern.reshape(-1), rows


def _letters(row: FloatArray) -> str:
    def letter(column: FloatArray) -> str:
        if not column.any():
            return "-"
        return "dec"[int(column.argmax())] if np.count_nonzero(column) == 1 else "m"

    return "".join(letter(column) for column in row.T)


def _by_network(network: IntArray, pattern: IntArray, rows: list[FloatArray]) -> list[list[Any]]:
    found = []
    for net in np.unique(network).tolist():
        mine = pattern[network == net]
        kinds, count = np.unique(mine, return_counts=True)
        total = sum(rows[kind] * number for kind, number in zip(kinds.tolist(), count.tolist(), strict=True))
        assert not isinstance(total, int)
        found.append([net, len(mine), *(shorts(tier / len(mine), 4) for tier in total)])
    return found


def _loads(uses: ResourceUses, n_resources: int, with_shares: bool) -> dict[str, Any]:
    table = pd.DataFrame({"task": uses.task, "resource": uses.resource, "seconds": uses.seconds, "share": uses.share})
    total = (
        table.groupby("resource")
        .agg(seconds=("seconds", "sum"), users=("task", "size"), least=("share", "min"), most=("share", "max"))
        .sort_values("seconds", ascending=False, kind="stable")
    )
    shown = total.head(_MOST_RESOURCES)
    found: dict[str, Any] = {
        "loads": [
            [resource, short(seconds), int(users), short(least, 4), short(most, 4)]
            for resource, seconds, users, least, most in zip(
                shown.index.tolist(), shown["seconds"], shown["users"], shown["least"], shown["most"], strict=True
            )
        ],
        "idle": n_resources - len(total),
        "others": len(total) - len(shown),
    }
    if with_shares:
        found["shares"] = [
            [
                [int(task), short(share, 4)]
                for task, share in sorted(
                    zip(table["task"][rows], table["share"][rows], strict=True), key=lambda pair: -pair[1]
                )
            ]
            for rows in (table["resource"] == resource for resource in shown.index)
        ]
    return found
