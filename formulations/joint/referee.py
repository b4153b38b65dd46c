"""The referee of the family `joint`: prices a plan from the definition and lists what it breaks.

It shares no code with the option table or the mathematical models. Layers are placed by their
ancestors in the DAG, every tensor is followed to its consumers and paid once per link, every
second is divided by the share that the plan gives: the closed form of the best shares never
enters the value.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from formulations.joint.placed import Placed, place_patterns
from formulations.joint.plan import JointPlan
from formulations.joint.plan_rules import (
    accuracy_violations,
    chosen_site,
    cut_violations,
    memory_violations,
    structure_violations,
    uplink_of,
)
from formulations.joint.problem import JointProblem
from formulations.score import Score
from instances.columns import FloatArray, IntArray
from instances.errors import InputError

__all__ = ["SHARE_TOLERANCE", "evaluate"]

SHARE_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ledger:
    """What a plan costs before sharing, and its shared seconds: one row for each (task, resource).

    `watts` is what the device draws while the row's time elapses.
    """

    fixed_s: FloatArray
    energy_j: FloatArray
    price: FloatArray
    task: IntArray
    resource: IntArray
    seconds: FloatArray
    watts: FloatArray


def evaluate(problem: JointProblem, plan: JointPlan) -> Score:
    """Price `plan` and list its violations.

    For task k with fixed seconds c_k and shared seconds a_kr at shares f_kr,
    ``latency_k = c_k + sum_r a_kr / f_kr``, ``energy_k`` is the joules of layers, bytes and
    powers over time, ``price_k`` money for exclusive seconds and bytes, and the value is
    ``sum_k latency_weight w_k latency_k + energy_weight energy_k + price_weight price_k``.

    Parameters
    ----------
    problem : JointProblem
        Instance and options.
    plan : JointPlan
        A placement for every task, with shares or None for the sharing rule.

    Returns
    -------
    Score
        Value None where the placement means nothing, a share is missing or the value is not finite.

    Raises
    ------
    InputError
        If the plan is for another number of tasks.
    """
    load, options = problem.instance.workload, problem.options
    if plan.n_tasks != load.n_tasks:
        raise InputError("plan", f"must place {load.n_tasks} tasks", plan.n_tasks)
    violations = structure_violations(problem, plan)
    if violations:
        return _unpriced(violations)
    placed = place_patterns(problem.instance, plan)
    violations += cut_violations(problem, plan)
    violations += accuracy_violations(problem, plan)
    violations += memory_violations(problem, plan, placed)
    ledger = _ledger(problem, plan, placed)
    share = _rule_shares(problem, ledger) if plan.shares is None else _plan_shares(problem, plan, ledger)
    violations += _share_violations(problem, plan, ledger, share)
    if not (share > 0).all():
        return _unpriced(violations)
    with np.errstate(over="ignore", invalid="ignore"):
        elapsed = ledger.seconds / share
        latency = ledger.fixed_s + np.bincount(ledger.task, elapsed, minlength=load.n_tasks)
        energy = ledger.energy_j + np.bincount(ledger.task, elapsed * ledger.watts, minlength=load.n_tasks)
        value = (
            options.latency_weight * float(np.dot(load.task_weight, latency))
            + options.energy_weight * float(energy.sum())
            + options.price_weight * float(ledger.price.sum())
        )
    if not np.isfinite(value):
        return _unpriced([*violations, "the objective is beyond the range of numbers"])
    return Score(
        value=value,
        violations=tuple(violations),
        latency_s=latency,
        energy_j=energy,
        price=ledger.price,
        loads=_loads(problem, plan, placed, latency),
    )


def _unpriced(violations: list[str]) -> Score:
    nothing = np.empty(0)
    return Score(value=None, violations=tuple(violations), latency_s=nothing, energy_j=nothing, price=nothing)


def _ledger(problem: JointProblem, plan: JointPlan, placed: Placed) -> _Ledger:
    """Collect seconds, joules and money of nodes and links, task by task."""
    system, load, options = problem.instance.system, problem.instance.workload, problem.options
    n, source = load.n_tasks, load.task_source
    system_wide = options.energy_scope == "system"
    kind_idle = np.array([kind.idle_watts for kind in system.kinds])
    kind_send = np.array([kind.transmit_watts for kind in system.kinds])
    idle, send = kind_idle[system.node_kind[source]], kind_send[system.node_kind[source]]
    fixed, energy, price = np.zeros(n), np.zeros(n), np.zeros(n)
    rows: list[tuple[IntArray, IntArray, FloatArray, FloatArray]] = []
    site, access = chosen_site(problem, plan)

    for part, where in enumerate((source, site, plan.cloud)):
        task = np.flatnonzero(where >= 0)
        node = where[task]
        kind = system.node_kind[node]
        seconds = placed.seconds[part, kind, placed.pattern[task]] / system.node_speed[node]
        if part == 0 or system_wide:
            energy[task] += placed.joules[part, kind, placed.pattern[task]]
        price[task] += seconds * system.node_price_per_s[node]
        # while its own processor works, the device's energy is the layers' joules; else it waits
        watts = np.zeros(len(task)) if part == 0 else idle[task]
        shared = system.node_resource[node] >= 0
        alone = ~shared
        fixed[task[alone]] += seconds[alone]
        energy[task[alone]] += seconds[alone] * watts[alone]
        rows.append((task[shared], system.node_resource[node[shared]], seconds[shared], watts[shared]))

    task, link, size, passes = _crossings(problem, plan, placed, site, access)
    leaves = system.link_source[link] == source[task]
    watts = np.where(leaves, send[task], idle[task])
    seconds = size / system.link_bytes_per_s[link]
    waiting = passes * system.link_latency_s[link]
    np.add.at(fixed, task, waiting)
    np.add.at(energy, task, waiting * idle[task])
    np.add.at(price, task, size * system.link_price_per_byte[link])
    paid = leaves | system_wide
    np.add.at(energy, task[paid], size[paid] * system.link_joules_per_byte[link[paid]])
    shared = system.link_resource[link] >= 0
    np.add.at(fixed, task[~shared], seconds[~shared])
    np.add.at(energy, task[~shared], seconds[~shared] * watts[~shared])
    rows.append((task[shared], system.link_resource[link[shared]], seconds[shared], watts[shared]))

    # seconds of one task on one resource are one use, at the highest of their powers
    all_task, all_resource, all_seconds, all_watts = (np.concatenate(c) for c in zip(*rows, strict=True))
    busy = all_seconds > 0
    key = all_task[busy].astype(np.int64) * max(len(system.resources), 1) + all_resource[busy]
    order, first, distinct = _grouped(key)
    total, most = np.zeros(len(distinct)), np.zeros(len(distinct))
    if len(distinct):
        total = np.add.reduceat(all_seconds[busy][order], first)
        most = np.maximum.reduceat(all_watts[busy][order], first)
    return _Ledger(
        fixed_s=fixed,
        energy_j=energy,
        price=price,
        task=distinct // max(len(system.resources), 1),
        resource=distinct % max(len(system.resources), 1),
        seconds=total,
        watts=most,
    )


def _crossings(
    problem: JointProblem, plan: JointPlan, placed: Placed, site: IntArray, access: IntArray
) -> tuple[IntArray, IntArray, FloatArray, IntArray]:
    """Return rows (task, link, bytes, passes): each tensor once per link of the union of its routes.

    A link of both routes is passed twice, and its latency waited for twice, where the site computes in between.
    """
    system = problem.instance.system
    away = np.flatnonzero(site >= 0)
    up = np.flatnonzero((plan.cloud >= 0) & (plan.cloud != site))
    legs = (
        (away, access[away], placed.access_bytes[placed.pattern[away]]),
        (up, uplink_of(system, site[up], plan.cloud[up]), placed.uplink_bytes[placed.pattern[up]]),
    )
    tasks, links, sizes = [], [], []
    for task, route, size in legs:
        count = system.route_offsets[route + 1] - system.route_offsets[route]
        step = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        tasks.append(np.repeat(task, count))
        links.append(system.route_links[np.repeat(system.route_offsets[route], count) + step])
        sizes.append(np.repeat(size, count))
    task, link = np.concatenate(tasks), np.concatenate(links).astype(np.int64)
    order, first, distinct = _grouped(task * max(system.n_links, 1) + link)
    times = np.diff(first, append=len(order))
    task, link = distinct // max(system.n_links, 1), distinct % max(system.n_links, 1)
    total = np.add.reduceat(np.concatenate(sizes)[order], first) if len(first) else np.empty(0)
    passes = np.where(plan.device_until[task] == plan.edge_until[task], 1, times)
    return task, link, total - (times - 1) * placed.through_bytes[placed.pattern[task]], passes


def _grouped(key: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Return the order that sorts the keys, where each distinct one begins in it, and the distinct ones.

    The keys come as a few runs that are nearly sorted, by task, which a stable sort merges in linear time; a hash table
    of them outgrows the cache.
    """
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    first = np.flatnonzero(np.diff(ordered, prepend=ordered[:1] - 1))
    return order, first, ordered[first]


def _weights(problem: JointProblem, ledger: _Ledger) -> FloatArray:
    options = problem.options
    weight: FloatArray = (
        options.latency_weight * problem.instance.workload.task_weight[ledger.task]
        + options.energy_weight * ledger.watts
    )
    return weight


def _rule_shares(problem: JointProblem, ledger: _Ledger) -> FloatArray:
    """Return the shares of the sharing rule: square roots of weighted seconds, or equal; equal where nothing weighs."""
    n = len(problem.instance.system.resources)
    users = np.bincount(ledger.resource, minlength=n)
    equal = 1.0 / users[ledger.resource]
    if problem.options.sharing == "equal":
        return equal
    root = np.sqrt(_weights(problem, ledger) * ledger.seconds)
    total = np.bincount(ledger.resource, root, minlength=n)[ledger.resource]
    share: FloatArray = np.where(total > 0, root / np.where(total > 0, total, 1.0), equal)
    return share


def _plan_shares(problem: JointProblem, plan: JointPlan, ledger: _Ledger) -> FloatArray:
    """Return the plan's share for every use; NaN where it gives none."""
    assert plan.shares is not None
    n = max(len(problem.instance.system.resources), 1)
    given = plan.shares.task * n + plan.shares.resource
    order = np.argsort(given, kind="stable")
    wanted = ledger.task * n + ledger.resource
    at = np.searchsorted(given[order], wanted)
    share = np.full(len(wanted), np.nan)
    found = at < len(given)
    found[found] = given[order][at[found]] == wanted[found]
    share[found] = plan.shares.share[order][at[found]]
    return share


def _share_violations(problem: JointProblem, plan: JointPlan, ledger: _Ledger, share: FloatArray) -> list[str]:
    names = [r.name for r in problem.instance.system.resources]
    lines = []
    for row in np.flatnonzero(~(share > 0))[:20].tolist():
        got = "none" if np.isnan(share[row]) else f"{share[row]:.6g}"
        lines.append(f"task {ledger.task[row]}: needs a share > 0 of {names[ledger.resource[row]]}, got {got}")
    if plan.shares is None:
        return lines
    rows = plan.shares
    known = (rows.resource >= 0) & (rows.resource < len(names)) & (rows.task >= 0) & (rows.task < plan.n_tasks)
    if not known.all():
        return [*lines, "shares: a row names a task or resource that does not exist"]
    if len(np.unique(rows.task * max(len(names), 1) + rows.resource)) != len(rows.task):
        lines.append("shares: a (task, resource) pair is given twice")
    if not (np.isfinite(rows.share) & (rows.share >= 0)).all():
        lines.append("shares: must be finite and >= 0")
    total = np.bincount(rows.resource, rows.share, minlength=len(names))
    lines += [
        f"resource {names[r]}: shares sum to {total[r]:.12g}, limit 1"
        for r in np.flatnonzero(~(total <= 1 + SHARE_TOLERANCE))[:20].tolist()
    ]
    if problem.options.sharing == "equal":
        equal = 1.0 / np.bincount(ledger.resource, minlength=len(names))[ledger.resource]
        uneven = np.flatnonzero(~(np.abs(share - equal) <= SHARE_TOLERANCE * equal))
        lines += [
            f"task {ledger.task[row]}: share of {names[ledger.resource[row]]} must be {equal[row]:.9g} (equal sharing)"
            for row in uneven[:20].tolist()
        ]
    return lines


def _loads(problem: JointProblem, plan: JointPlan, placed: Placed, latency: FloatArray) -> dict[str, float]:
    """Return the share of the work on device, site and cloud, the share of split tasks and of missed deadlines."""
    work = placed.operations[:, placed.pattern].sum(axis=1)
    total = work.sum()
    parts_used = (placed.operations[:, placed.pattern] > 0).sum(axis=0)
    return {
        "device_work": float(work[0] / total) if total else 0.0,
        "edge_work": float(work[1] / total) if total else 0.0,
        "cloud_work": float(work[2] / total) if total else 0.0,
        "split_tasks": float((parts_used > 1).mean()),
        "deadline_misses": float((latency > problem.instance.workload.task_deadline_s).mean()),
    }
