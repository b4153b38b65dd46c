"""Lower bounds on schedules by relaxation: critical paths, loads, and energy by paths that share the nodes.

Times: every task takes at least its critical path without contention, and all tasks together at least what a convex
combination of the nodes' loads allows,

    makespan >= sum_v min_a l_a d_av          for any l >= 0 with sum_a l_a cores_a = 1.

Energy: take vertex-disjoint paths of operations, one a task. Whatever a plan is, the window of a node holds the
window of each path's activities there, so with shares l_ap >= 0, sum_p l_ap <= 1 of the node's window and switch-on,

    E >= sum_p min over walks of (joules + sum_a l_ap (idle_a window_ap + switch_a used_ap))  +  least joules of the rest.

The shares rise where a path uses a node much and fall where it does not (a subgradient method); any shares give a bound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from formulations.schedule.case import ScheduleCase
from formulations.schedule.critical_path import heads, longest_path, tails
from instances.columns import FloatArray
from solvers.exact.load_prices import load_prices
from solvers.exact.schedule.chain_program import late_cost
from solvers.exact.schedule.path_costs import walk_costs
from solvers.exact.schedule.path_search import best_walk

__all__ = ["Bounds", "schedule_bound"]

_SAFETY = 1e-11
"""Relative amount by which sums in floating point are lowered before they count as a bound."""
_MOST_LABELS = 3_000
_MOST_PATHS = 64
"""Paths beyond which shares are not improved."""
_MOST_PAIRS = 60_000
"""Operations times nodes up to which loads are balanced by a linear program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What was found.

    Parameters
    ----------
    value : float
        Of the objective; ``inf`` where no plan keeps the limits.
    parts : dict
        Of makespan (s), energy (J) and price, where they matter.
    """

    value: float
    parts: dict[str, float]


def schedule_bound(
    case: ScheduleCase, left: Callable[[], float], report: Callable[[float], None] | None = None
) -> Bounds:
    """Return lower bounds on what any plan costs.

    Parameters
    ----------
    case : ScheduleCase
        The problem.
    left : callable
        Seconds left.
    report : callable, optional
        Called with better and better bounds on the objective.
    """
    options, n_tasks = case.problem.options, case.n_tasks
    head, tail = heads(case), tails(case)
    through = (head + tail).min(axis=0)
    if not np.isfinite(through).all():
        return Bounds(value=np.inf, parts={})
    ends = np.array([through[case.task == task].max() for task in range(n_tasks)])
    response = np.maximum(ends - case.release, 0.0)
    late = np.array([late_cost(case, task)(float(response[task])) for task in range(n_tasks)])
    if not np.isfinite(late).all():
        return Bounds(value=np.inf, parts={})
    makespan = float(ends.max())
    direct = _direct(case)
    times = float(response.sum()) / n_tasks * options.response_weight
    times += options.weighted_response_weight * float(case.weight @ response) + float(late.sum())
    value = times + options.makespan_weight * makespan + float(direct.sum())
    parts = {"makespan_s": makespan}

    def raised(found: float) -> float:
        found *= 1.0 - _SAFETY
        if report is not None and found > 0:
            report(found)
        return found

    best = raised(value)
    if options.makespan_limit_s is not None or options.makespan_weight:
        makespan = max(makespan, _balance(case, head, left()))
        parts["makespan_s"] = makespan
        if options.makespan_limit_s is not None and makespan > options.makespan_limit_s * (1.0 + 2e-9):
            return Bounds(value=np.inf, parts=parts)
        best = max(best, raised(times + options.makespan_weight * makespan + float(direct.sum())))
    if options.energy_weight or options.price_weight:
        for shared in _Rounds(case, direct, left):
            if shared == np.inf:
                return Bounds(value=np.inf, parts=parts)
            parts["energy_and_price"] = max(shared, parts.get("energy_and_price", 0.0))
            best = max(best, raised(times + options.makespan_weight * makespan + shared))
    return Bounds(value=best, parts=parts)


def _direct(case: ScheduleCase) -> FloatArray:
    """Return the least weighted joules and price of every operation by itself."""
    options = case.problem.options
    cost = options.energy_weight * case.joules + options.price_weight * case.price
    found: FloatArray = np.where(case.allowed, cost, np.inf).min(axis=0)
    found[case.is_input] = 0.0
    return found


def _balance(case: ScheduleCase, head: FloatArray, seconds: float) -> float:
    """Return a bound on the makespan from the nodes' loads, after the first start of any operation."""
    real = np.flatnonzero(~case.is_input)
    times = case.seconds[:, real]
    begin = float(head[:, real].min())
    equal = np.full(case.n_nodes, 1.0 / case.cores.sum())
    found = [equal]
    if times.size <= _MOST_PAIRS and seconds > 0:
        solved = load_prices(times, case.cores.astype(np.float64), seconds)
        if solved is not None:
            found.append(solved)
    with np.errstate(invalid="ignore"):
        loads = [np.where(np.isfinite(times), times * one[:, None], np.inf).min(axis=0).sum() for one in found]
    return begin + float(max(loads)) * (1.0 - 1e-12)


class _Rounds:
    """Bounds on weighted energy and price from paths with shares of the nodes, better and better."""

    def __init__(self, case: ScheduleCase, direct: FloatArray, left: Callable[[], float]) -> None:
        self.case, self.direct, self.left = case, direct, left
        self.paths = [longest_path(case, task) for task in range(case.n_tasks)]
        self.late = [self._limit(task) for task in range(case.n_tasks)]
        rest = np.ones(case.n_operations, dtype=bool)
        for path in self.paths:
            rest[path] = False
        self.rest = float(direct[rest].sum())
        weight = case.problem.options.energy_weight
        self.idle, self.switch = weight * case.idle_watts, weight * case.switch_on_joules
        self.known: dict[tuple[object, ...], tuple[float, FloatArray]] = {}

    def _limit(self, task: int) -> Callable[[float], float]:
        late = late_cost(self.case, task)
        return lambda seconds: np.inf if late(seconds) == np.inf else 0.0

    def __iter__(self) -> Iterator[float]:
        case, n_paths = self.case, len(self.paths)
        shares = np.full((case.n_nodes, n_paths), 1.0 / n_paths)
        best, step = -np.inf, 1.0
        rounds = 100 if 1 < n_paths <= _MOST_PATHS and self.idle.max() + self.switch.max() > 0 else 1
        for _ in range(rounds):
            total, use = self.rest, np.zeros_like(shares)
            for p in range(n_paths):
                if self.left() <= 0:
                    return
                bound, used = self._walk(p, shares[:, p])
                total += bound
                use[:, p] = used
            yield total
            if total == np.inf or n_paths == 1:
                return
            step = step if total > best else step * 0.7
            best = max(best, total)
            moved = shares + step * use / max(1e-300, float(use.max())) / n_paths
            shares = _onto_simplex(moved)

    def _walk(self, p: int, share: FloatArray) -> tuple[float, FloatArray]:
        """Return the least cost of path p under its shares, and what it pays where its share is whole."""
        case, path = self.case, self.paths[p]
        key = (
            int(case.problem.instance.workload.task_network[p]),
            float(case.deadline[p]),
            float(case.release[p]),
            int(case.source[p]),
            share.tobytes(),
        )
        if key not in self.known:
            costs = walk_costs(
                case, path, second=0.0, idle=self.idle * share, switch=self.switch * share, late=self.late[p]
            )
            found = best_walk(costs, _MOST_LABELS)
            self.known[key] = found.bound, self.idle * found.on + self.switch * found.used
        return self.known[key]


def _onto_simplex(shares: FloatArray) -> FloatArray:
    """Return the nearest shares, row by row, that are at least 0 and sum to 1 (Held, Wolfe, Crowder 1974)."""
    ordered = -np.sort(-shares, axis=1)
    over = (np.cumsum(ordered, axis=1) - 1.0) / np.arange(1, shares.shape[1] + 1)
    last = (ordered > over).sum(axis=1) - 1
    found: FloatArray = np.maximum(shares - over[np.arange(len(shares)), last][:, None], 0.0)
    found /= np.maximum(found.sum(axis=1, keepdims=True), 1.0)
    return found
