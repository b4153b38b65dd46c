"""The oracle of the agreement tests: every plan of an instance, priced by the referee and nothing else.

Copies of the instance that share nothing stand side by side in one large instance, so that one call
of the referee prices many plans. Placements are enumerated from the definition of a plan, not from
the option table.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from formulations.joint.plan import JointPlan
from formulations.joint.problem import JointProblem, versions_of
from formulations.joint.referee import evaluate
from instances.columns import Array, FloatArray
from instances.instance import Instance
from instances.system import Resource, System, Tier
from instances.workload import Workload

COLUMNS = ("version", "candidate", "cloud", "device_until", "edge_until")
MOST_PLANS = 50_000


@dataclass(frozen=True)
class Best:
    """The least value over all feasible plans, or None where there is none."""

    value: float | None
    n_plans: int


def placements(problem: JointProblem, task: int) -> list[tuple[int, ...]]:
    """Return every placement of `task` (rows of `COLUMNS`) that the referee accepts for the task alone."""
    instance = problem.instance
    load, net = instance.workload, instance.networks[int(instance.workload.task_network[task])]
    clouds = [-1, *instance.system.nodes_of(Tier.CLOUD).tolist()]
    cuts = net.cut_points().tolist()
    alone = replace(problem, instance=replace(instance, workload=_one_task(load, task)))
    found = []
    for version, v in enumerate(versions_of(net)):
        inside = [cut for cut in cuts if cut <= v.last]
        for candidate in range(-1, len(load.candidates_of(task))):
            for cloud in clouds:
                for first, second in product(inside, inside):
                    row = (version, candidate, cloud, first, second)
                    if evaluate(alone, _plan(np.array([row]))).feasible:
                        found.append(row)
    return found


def brute_force(problem: JointProblem) -> Best:
    """Return the least value over all plans, of which there may be at most `MOST_PLANS`."""
    tables = [np.array(placements(problem, k), dtype=np.int64) for k in range(problem.instance.n_tasks)]
    n_plans = int(np.prod([len(rows) for rows in tables], dtype=object))
    assert n_plans <= MOST_PLANS
    if n_plans == 0:
        return Best(None, 0)
    picks = np.array(list(product(*(range(len(rows)) for rows in tables))))
    plans = np.stack([rows[picks[:, k]] for k, rows in enumerate(tables)], axis=1)
    values = _values(problem, plans)
    for at in np.argsort(values, kind="stable").tolist():
        score = evaluate(problem, _plan(plans[at]))
        if score.feasible:
            assert score.value is not None
            assert abs(score.value - values[at]) <= 1e-9 * abs(score.value)
            return Best(score.value, n_plans)
    return Best(None, n_plans)


def _values(problem: JointProblem, plans: Array) -> FloatArray:
    """Price plans, shape (n_plans, n_tasks, 5), without the memory limits."""
    options, load = problem.options, problem.instance.workload
    values = []
    for begin in range(0, len(plans), 2000):
        chunk = plans[begin : begin + 2000]
        many = JointProblem(instance=_copies(problem.instance, len(chunk)), options=replace(options, memory=False))
        system = problem.instance.system
        rows = chunk.copy()
        rows[:, :, 2] += np.where(rows[:, :, 2] >= 0, np.arange(len(chunk))[:, None] * system.n_nodes, 0)
        score = evaluate(many, _plan(rows.reshape(-1, 5)))
        assert score.feasible, score.violations[:1]
        weight = np.tile(load.task_weight, len(chunk))
        cost = (
            options.latency_weight * weight * score.latency_s
            + options.energy_weight * score.energy_j
            + options.price_weight * score.price
        )
        values.append(cost.reshape(len(chunk), -1).sum(axis=1))
    return np.concatenate(values)


def _plan(rows: Array) -> JointPlan:
    return JointPlan(**{name: rows[:, i] for i, name in enumerate(COLUMNS)})


def _one_task(load: Workload, task: int) -> Workload:
    own = load.candidates_of(task)
    columns = {
        name: getattr(load, name)[task : task + 1] for name in load.__dataclass_fields__ if name.startswith("task_")
    }
    return Workload(
        **columns,
        candidate_offsets=[0, len(own)],
        candidate_site=load.candidate_site[own.start : own.stop],
        candidate_route=load.candidate_route[own.start : own.stop],
    )


def _copies(instance: Instance, n: int) -> Instance:
    """Return `n` copies of `instance` beside each other, which share nothing."""
    system, load = instance.system, instance.workload

    def tiled(values: Array, step: int) -> Array:
        shift = np.repeat(np.arange(n) * step, len(values))
        many = np.tile(values, n)
        return np.where(many >= 0, many.astype(np.int64) + shift, many)

    def offsets(values: Array) -> Array:
        return np.concatenate(([0], np.cumsum(np.tile(np.diff(values), n))))

    n_resources, n_nodes = len(system.resources), system.n_nodes
    columns = {name: np.tile(getattr(system, name), n) for name in system.__dataclass_fields__ if _tiles(name)}
    for name in ("node_resource", "link_resource"):
        columns[name] = tiled(getattr(system, name), n_resources)
    for name in ("link_source", "link_target", "route_source", "route_target"):
        columns[name] = tiled(getattr(system, name), n_nodes)
    big = System(
        kinds=system.kinds,
        resources=tuple(Resource(name=f"{r.name}/{i}", kind=r.kind) for i in range(n) for r in system.resources),
        node_names=(),
        **{**columns, "route_offsets": offsets(system.route_offsets)},
        route_links=tiled(system.route_links, system.n_links),
    )
    tasks = {name: np.tile(getattr(load, name), n) for name in load.__dataclass_fields__ if name.startswith("task_")}
    tasks["task_source"] = tiled(load.task_source, n_nodes)
    many = Workload(
        **tasks,
        candidate_offsets=offsets(load.candidate_offsets),
        candidate_site=tiled(load.candidate_site, n_nodes),
        candidate_route=tiled(load.candidate_route, system.n_routes),
    )
    return Instance(name="copies", networks=instance.networks, system=big, workload=many, costs=instance.costs)


def _tiles(name: str) -> bool:
    return (name.startswith(("node_", "link_")) and name != "node_names") or name in ("route_source", "route_target")
