"""Plans that run whole networks in one place; those of the family `joint` as columns and without an option table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from formulations.joint.plan import JointPlan
from formulations.joint.positions import positions_of
from formulations.joint.problem import JointProblem
from formulations.joint.uplinks import uplinks_of
from formulations.registry import family
from instances.columns import BoolArray, IntArray
from instances.system import Tier
from solvers.contract import Budget, MethodParams, Outcome, SolutionStatus, Termination, Trace

__all__ = ["RuleParams", "WholeNetworkRule", "cloud_plan", "edge_plan", "local_plan"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleParams(MethodParams):
    """A rule has nothing to set."""


class WholeNetworkRule:
    """Base of the rules that place every task in the same way."""

    Params: ClassVar[type[MethodParams]] = RuleParams
    families: ClassVar[frozenset[str]] = frozenset({"joint"})

    def __init__(self, params: RuleParams | None = None) -> None:
        self.params = params or RuleParams()

    def plan(self, problem: Any) -> Any:
        """Return the rule's plan, or why there is none."""
        raise NotImplementedError

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline a limit of evaluations, and problems where the rule cannot place some task."""
        if budget.evaluations is not None:
            return "it prices no whole plans, so it cannot keep a limit of evaluations"
        plan = self.plan(problem)
        return plan if isinstance(plan, str) else None

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Return the rule's plan."""
        plan = self.plan(problem)
        reason = plan if isinstance(plan, str) else ""
        if not isinstance(plan, str):
            if trace.incumbent(plan) is not None:
                return Outcome(plan=plan, status=SolutionStatus.FEASIBLE, termination=Termination.COMPLETED)
            reason = f"the rule's plan is not allowed: {family(problem.family).evaluate(problem, plan).violations[0]}"
        return Outcome(plan=None, status=SolutionStatus.NONE, termination=Termination.UNSUPPORTED, reason=reason)


def local_plan(problem: JointProblem) -> JointPlan | str:
    """Return the plan that keeps every task on its device, or why there is none."""
    n = problem.instance.n_tasks
    nobody = np.full(n, -1)
    return _whole(problem, problem.instance.workload.task_source, nobody, nobody)


def edge_plan(problem: JointProblem) -> JointPlan | str:
    """Return the plan that runs all but the input on each task's first candidate that is an edge, or why not."""
    load, tier = problem.instance.workload, problem.instance.system.node_tier
    row = _first_candidate(problem, tier[load.candidate_site] == Tier.EDGE)
    if (row < 0).any():
        return f"task {int(np.argmax(row < 0))} has no candidate that is an edge"
    candidate = row - load.candidate_offsets[:-1]
    return _whole(problem, load.candidate_site[row], candidate, np.full(len(row), -1))


def cloud_plan(problem: JointProblem) -> JointPlan | str:
    """Return the plan that runs all but the input in the cloud, or why there is none.

    A task goes through its first candidate that is a cloud or has a route to one, and takes the
    first cloud there.
    """
    system, load = problem.instance.system, problem.instance.workload
    cloud_of = np.where(system.node_tier == Tier.CLOUD, np.arange(system.n_nodes), -1)
    uplinks = uplinks_of(system)[::-1]
    cloud_of[uplinks[:, 0]] = uplinks[:, 1]
    row = _first_candidate(problem, cloud_of[load.candidate_site] >= 0)
    if (row < 0).any():
        return f"task {int(np.argmax(row < 0))} has no candidate that reaches a cloud"
    cloud = cloud_of[load.candidate_site[row]]
    return _whole(problem, cloud, row - load.candidate_offsets[:-1], cloud)


def _first_candidate(problem: JointProblem, good: BoolArray) -> IntArray:
    """Return each task's first candidate row that is good, -1 where none is."""
    offsets = problem.instance.workload.candidate_offsets
    rows = np.flatnonzero(good)[::-1]
    first = np.full(problem.instance.n_tasks, -1)
    # of several values for one place the last one stays, and that is the first row
    first[np.searchsorted(offsets, rows, side="right") - 1] = rows
    return first


def _whole(problem: JointProblem, where: IntArray, candidate: IntArray, cloud: IntArray) -> JointPlan | str:
    """Return the plan that runs each task's cheapest version on node `where`, alone there as it were."""
    instance, options = problem.instance, problem.options
    system, load, positions = instance.system, instance.workload, positions_of(instance)
    n, local = instance.n_tasks, candidate < 0
    kind, speed, price = system.node_kind[where], system.node_speed[where], system.node_price_per_s[where]
    idle = np.array([k.idle_watts for k in system.kinds])[system.node_kind[load.task_source]]
    counted = local | (options.energy_scope == "system")
    limit = system.node_memory_bytes[where] if options.memory else np.full(n, np.inf)
    first, beyond = positions.network_offsets[load.task_network], positions.network_offsets[load.task_network + 1]
    least, version, last, need = np.full(n, np.inf), np.full(n, -1), np.full(n, -1), np.zeros(n)
    for v in range(int(np.diff(positions.network_offsets).max())):
        known = first + v < beyond
        g = np.where(known, first + v, first)
        end, begin = positions.offsets[g + 1] - 1, positions.offsets[g]
        seconds = positions.seconds[kind, end] - np.where(local, 0.0, positions.seconds[kind, begin])
        joules = positions.joules[kind, end] - np.where(local, 0.0, positions.joules[kind, begin])
        weights = positions.parameter_bytes[end] - np.where(local, 0.0, positions.parameter_bytes[begin])
        seconds /= speed
        energy = counted * joules + np.where(local, 0.0, seconds * idle)
        cost = (
            options.latency_weight * load.task_weight * seconds
            + options.energy_weight * energy
            + options.price_weight * seconds * price
        )
        # a version of unknown accuracy (NaN) meets only the floor 0
        floor = load.task_accuracy_floor
        allowed = known & ((floor <= 0) | (positions.accuracy[g] >= floor))
        allowed &= (weights <= limit) & (local | (end > begin))
        better = allowed & (cost < least)
        least[better], version[better], need[better] = cost[better], v, weights[better]
        last[better] = positions.layer[end[better]]
    if (version < 0).any():
        k = int(np.argmax(version < 0))
        return f"task {k}: no version meets its accuracy floor and fits the memory of {system.node_name(int(where[k]))}"
    used = np.bincount(where, need, minlength=system.n_nodes)
    over = used > system.node_memory_bytes * (1 + 1e-9)
    if options.memory and over.any():
        node = int(np.argmax(over))
        limit_bytes = system.node_memory_bytes[node]
        return f"node {system.node_name(node)}: needs {used[node]:.6g} bytes of memory, limit {limit_bytes:.6g}"
    return JointPlan(
        version=version,
        candidate=candidate,
        cloud=cloud,
        device_until=np.where(local, last, 0),
        edge_until=np.where(cloud >= 0, 0, last),
    )
