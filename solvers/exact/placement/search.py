"""How a placement problem is solved with a mathematical model: bound, first plan, model, the referee's word."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from formulations.placement.case import PlacementCase, case_of
from formulations.placement.problem import LATENCY
from instances.columns import FloatArray, IntArray
from solvers.backends.contract import MilpLimits
from solvers.contract import Budget, Outcome, SolutionStatus, Termination, Trace
from solvers.exact.claim import Claim
from solvers.exact.placement.bound import balance_bound
from solvers.exact.placement.crowd import crowd_of
from solvers.exact.placement.dynamic_program import first_split
from solvers.exact.placement.latency_program import decline_latency, first_schedule
from solvers.exact.placement.path_bound import path_bound
from solvers.exact.placement.polish import polish, workers_of

__all__ = ["Attempt", "Solved", "search"]

_MOST_ROUNDS = 100


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Solved:
    """What a solver found for a model: a worker for every block, and a bound in seconds."""

    status: SolutionStatus
    termination: Termination
    bound: float | None
    worker: IntArray | None
    reason: str


Attempt = tuple[Callable[[MilpLimits], Solved], Callable[[IntArray], None]]
"""A model's ``solve(limits)`` and ``forbid(worker)``."""


def search(
    problem: Any,
    budget: Budget,
    trace: Trace,
    attempt: Callable[[PlacementCase, float, float, IntArray | None], Attempt],
    sharpen: Callable[[PlacementCase, Claim], None] | None = None,
) -> Outcome:
    """Solve `problem`; ``attempt(case, most, least, start)`` builds a model of values in ``[least, most]``.

    For the maximum load ``sharpen(case, claim)`` may better plan and bound before that. A plan that a solver's tolerance lets through although it breaks a limit is forbidden, and the model solved again.
    """
    case, claim = case_of(problem), Claim(budget=budget, trace=trace)
    latency = problem.options.objective == LATENCY
    single = case_of(problem, one_by_one=True) if latency else case
    least = path_bound(single) if latency else balance_bound(case, claim.seconds_left)
    if least == np.inf or not case.allowed.any(axis=0).all():
        return claim.infeasible("a block of layers fits no worker")
    claim.raise_bound(least)
    if not latency:
        first_split(case, claim)
    elif decline_latency(problem) is None:
        first_schedule(single, claim)
    polish(problem, claim)
    if not latency and claim.value is not None:
        claim.raise_bound(min(crowd_of(case, claim.value).least, claim.value))
        if sharpen is not None and not claim.closed:
            sharpen(case, claim)
    if claim.closed:
        return claim.outcome(Termination.COMPLETED)
    start = None if claim.plan is None else workers_of(case, claim.plan.node)
    most = _most(case) if claim.value is None else claim.value
    solve, forbid = attempt(case, most, least, start)
    for _ in range(_MOST_ROUNDS):
        left = claim.seconds_left
        if left <= 0:
            break
        result = solve(
            MilpLimits(
                seconds=None if left == float("inf") else left,
                threads=budget.threads,
                relative_gap=min(1e-9, budget.tolerance),
            )
        )
        if result.status is SolutionStatus.INFEASIBLE:
            if claim.value is not None:  # nothing is better than the first plan
                claim.raise_bound(claim.value)
                return claim.outcome(Termination.COMPLETED)
            return claim.infeasible("no placement keeps every rule and limit")
        claim.raise_bound(result.bound)
        if result.worker is None:
            return claim.outcome(result.termination, result.reason)
        value = claim.offer(case.plan(result.worker))
        if value is not None or result.termination is not Termination.COMPLETED:
            return claim.outcome(result.termination, result.reason)
        forbid(result.worker)
    return claim.outcome(Termination.TIME_LIMIT, "the gap did not close")


def _most(case: PlacementCase) -> float:
    """Return seconds that no load and no latency exceeds."""
    times: FloatArray = np.where(case.allowed, case.seconds, 0.0)
    return float(times.max(axis=0).sum() + 2.0 * case.size.sum() * case.seconds_per_byte.max())
