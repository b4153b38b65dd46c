"""The method `schedule-enumeration`: every placement of a small problem, and for each every order, timed exactly."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, product
from typing import Any, ClassVar

import numpy as np

from formulations.schedule.case import ScheduleCase, case_of
from formulations.schedule.kernel_arrays import kernel_arrays
from formulations.schedule.plan import SchedulePlan
from formulations.schedule.window_descent import MOST_WINDOWS
from instances.columns import IntArray
from solvers.contract import Budget, MethodParams, Outcome, Termination, Trace
from solvers.exact.claim import Claim
from solvers.exact.schedule.order_desk import Desk, new_desk
from solvers.exact.schedule.order_search import search_orders
from solvers.registry import register

__all__ = ["ScheduleEnumeration"]

_MOST_PLACEMENTS = 200_000
_MOST_LAYERS = 40
_SAFETY = 1e-11
"""Relative amount by which sums in floating point are lowered before they count as a bound."""


@register("schedule-enumeration", kind="exact", deterministic=True)
class ScheduleEnumeration:
    """Every placement of a small problem and every order on its cores and channels; takes any objective and any limit."""

    Params: ClassVar[type[MethodParams]] = MethodParams
    families: ClassVar[frozenset[str]] = frozenset({"schedule"})

    def __init__(self, params: MethodParams | None = None) -> None:
        self.params = params or MethodParams()

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline problems with too many placements."""
        layers = problem.n_operations - problem.n_tasks
        if layers > _MOST_LAYERS:
            return f"{layers} layers, at most {_MOST_LAYERS}"
        case = case_of(problem)
        count = float(np.prod(case.allowed.sum(axis=0, dtype=np.float64)))
        if count > _MOST_PLACEMENTS:
            return f"{count:,.0f} placements, at most {_MOST_PLACEMENTS:,}"
        if not problem.options.regular and case.n_nodes > MOST_WINDOWS:
            return f"energy of {case.n_nodes} nodes, at most {MOST_WINDOWS}"
        return None

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Search the orders of one placement after the other."""
        case, claim = case_of(problem), Claim(budget=budget, trace=trace)
        arrays, regular = kernel_arrays(case), problem.options.regular
        desk = new_desk(case.n_operations, len(case.successors), case.n_tasks, case.n_nodes, int(case.cores.max()))
        best, plan, count, timed = np.inf, None, 0, 0
        for place in _placements(case):
            value, orders = search_orders(arrays, place, desk, regular, best)
            count, timed = count + 1, timed + orders
            if value < best:
                best, plan = value, _plan(case, place, desk)
            if count % 64 == 0 and claim.seconds_left <= 0:
                if plan is not None:
                    claim.offer(plan)
                return claim.outcome(Termination.TIME_LIMIT, f"{count:,} placements done")
        claim.info["placements"], claim.info["orders"] = count, timed
        if plan is None:
            return claim.infeasible("no placement and order keeps every rule and limit")
        claim.offer(plan)
        claim.raise_bound(best - _SAFETY * abs(best))
        return claim.outcome(Termination.COMPLETED)


def _placements(case: ScheduleCase) -> Iterator[IntArray]:
    """Yield every position of every operation."""
    rows = product(*(np.flatnonzero(case.allowed[:, v]).tolist() for v in range(case.n_operations)))
    while chunk := list(islice(rows, 4096)):
        yield from np.array(chunk, dtype=np.int64)


def _plan(case: ScheduleCase, place: IntArray, desk: Desk) -> SchedulePlan:
    """Return the plan whose starts `search_orders` left behind."""
    n, count = case.n_operations, len(case.transfers(place))
    pairs = np.column_stack([desk.operation[n : n + count], desk.to[n : n + count]])
    return case.plan(place, desk.best[:n].copy(), pairs, desk.best[n : n + count].copy())
