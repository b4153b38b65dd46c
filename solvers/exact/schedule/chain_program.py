"""The method `schedule-chain-dp`: every task of a chain as if it had the system to itself, by labels.

One chain alone never meets itself, so that the best walk over nodes is its optimum (`solvers.exact.schedule.path_search`).
Several chains under a regular objective are each at their best at the same time; where their plans do not meet on a
core or channel, together they are optimal. Where they do, the sum is a bound, and the plan is retimed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from formulations.schedule.case import ScheduleCase, case_of
from formulations.schedule.plan import SchedulePlan
from formulations.schedule.timing import retime
from instances.columns import IntArray
from solvers.contract import Budget, MethodParams, Outcome, Termination, Trace
from solvers.exact.claim import Claim
from solvers.exact.schedule.path_costs import PathCosts, walk_costs
from solvers.exact.schedule.path_search import best_walk
from solvers.registry import register

__all__ = ["ScheduleChainProgram", "late_cost", "straight_plan"]

_MOST_LABELS = 300_000


@register("schedule-chain-dp", kind="exact", deterministic=True)
class ScheduleChainProgram:
    """Chains that do not meet, each by labels (cost, seconds) over layers, nodes and what is left on; or a bound."""

    Params: ClassVar[type[MethodParams]] = MethodParams
    families: ClassVar[frozenset[str]] = frozenset({"schedule"})

    def __init__(self, params: MethodParams | None = None) -> None:
        self.params = params or MethodParams()

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline graphs that are no chains, limits other than of time, and energy that several tasks share."""
        options = problem.options
        for task in range(problem.n_tasks):
            network = problem.network_of(task)
            if list(network.edges) != [(v, v + 1) for v in range(len(network) - 1)]:
                return "takes chains only"
        if problem.n_tasks > 1 and not options.regular:
            return "takes the energy of one task only"
        if options.energy_limit_j is not None or options.price_limit is not None:
            return "keeps no limit of energy or price"
        if options.memory:
            case = case_of(problem)
            weights = np.where(case.allowed & ~case.is_input, case.memory, 0.0).sum(axis=1)
            if (weights > case.memory_limit).any():
                return "keeps no limit of memory"
        return None

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Search for the best walk of every task."""
        case, claim, options = case_of(problem), Claim(budget=budget, trace=trace), problem.options
        place = np.empty(case.n_operations, dtype=np.int64)
        least, whole, last = 0.0, True, 0.0

        def out_of_time() -> bool:
            return claim.seconds_left <= 0

        for task in range(case.n_tasks):
            path = np.arange(problem.offsets[task], problem.offsets[task + 1])
            second = options.response_weight / case.n_tasks
            second += options.weighted_response_weight * float(case.weight[task])
            if case.n_tasks == 1:
                second += options.makespan_weight
            costs = walk_costs(
                case,
                path,
                second=second,
                idle=options.energy_weight * case.idle_watts,
                switch=options.energy_weight * case.switch_on_joules,
                late=late_cost(case, task),
            )
            found = best_walk(costs, _MOST_LABELS, out_of_time)
            if found.bound == np.inf:
                return claim.infeasible(f"task {task} cannot end in time on any nodes")
            least += found.bound
            if case.n_tasks == 1:
                least += options.makespan_weight * float(case.release[task])
            elif options.makespan_weight:
                alone = best_walk(_seconds_alone(case, path, late_cost(case, task)), _MOST_LABELS, out_of_time)
                last = max(last, float(case.release[task]) + alone.bound)
            if found.place is None:
                whole = False
            else:
                place[path] = found.place
        if case.n_tasks > 1:
            least += options.makespan_weight * last
        claim.raise_bound(least * (1.0 - 1e-12))
        if whole:
            plan = straight_plan(case, place)
            if claim.offer(plan) is None:
                claim.offer(retime(case, plan))
        return claim.outcome(Termination.TIME_LIMIT if out_of_time() else Termination.COMPLETED)


def _seconds_alone(case: ScheduleCase, path: IntArray, late: Callable[[float], float]) -> PathCosts:
    """Return the costs of a path of which only the seconds count."""
    nothing = np.zeros(case.n_nodes)
    costs = walk_costs(
        case, path, second=1.0, idle=nothing, switch=nothing, late=lambda s: np.inf if late(s) == np.inf else 0.0
    )
    return replace(costs, direct=np.zeros_like(costs.direct), send=np.where(np.isfinite(costs.send), 0.0, np.inf))


def late_cost(case: ScheduleCase, task: int) -> Callable[[float], float]:
    """Return what it costs in the objective that `task` takes some seconds, beside its response; ``inf`` beyond limits."""
    options, deadline = case.problem.options, float(case.deadline[task])
    most = np.inf
    if options.deadlines == "hard":
        most = deadline + 1e-9 * max(1.0, deadline) if np.isfinite(deadline) else np.inf
    if options.makespan_limit_s is not None:
        most = min(most, options.makespan_limit_s * (1.0 + 1e-9) - float(case.release[task]))
    tardiness = options.tardiness_weight * float(case.weight[task])
    missed = options.missed_weight
    allowed = deadline + 1e-9 * max(1.0, deadline)

    def late(seconds: float) -> float:
        if seconds > most:
            return np.inf
        return tardiness * max(0.0, seconds - deadline) + missed * (seconds > allowed)

    return late


def straight_plan(case: ScheduleCase, place: IntArray) -> SchedulePlan:
    """Return the plan in which everything starts as soon as its tensors are there, whoever else is on the way."""
    n = case.n_operations
    start = case.release[case.task].astype(np.float64)
    for w in range(n):
        for v in case.predecessors_of(w).tolist():
            a, b = int(place[v]), int(place[w])
            start[w] = max(
                start[w], start[v] + case.seconds[a, v] + (case.transfer_seconds(v, a, b) if a != b else 0.0)
            )
    transfers = case.transfers(place)
    made = transfers[:, 0]
    return case.plan(place, start, transfers, start[made] + case.seconds[place[made], made])
