"""What the exact methods of the family `cut` share: they solve every case and take the best."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from formulations.cut.case import CutCase
from formulations.cut.cases import case_count, cases_of, too_many_cases
from formulations.cut.problem import CutProblem
from instances.columns import IntArray
from solvers.contract import Budget, MethodParams, Outcome, Termination, Trace
from solvers.exact.claim import Claim
from solvers.exact.cut.reduction import reduced

__all__ = ["CaseOptimum", "CaseSearch", "CutMethodParams", "decline_cases", "search_cases", "solve_cases"]

SAFETY = 1e-12
"""Relative amount by which sums in floating point are lowered before they count as a bound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CutMethodParams(MethodParams):
    """Parameters of every exact method of the family.

    Parameters
    ----------
    reduction : bool
        Merge layers first that share a level in some optimum at every bandwidth.
    """

    reduction: bool = True


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CaseOptimum:
    """The best placement of a case.

    Parameters
    ----------
    level : int array, shape (n_layers,)
        Level of every layer of the case.
    value : float
        Its objective, as the method sums it.
    bound : float
        Lower bound on the case's optimum.
    """

    level: IntArray
    value: float
    bound: float


def decline_cases(problem: CutProblem, reason_of: Callable[[CutCase], str | None], reduction: bool) -> str | None:
    """Return why a method that declines a (reduced) case for ``reason_of(case)`` declines the problem, or None."""
    reason = too_many_cases(problem)
    if reason is not None:
        return reason
    for case in cases_of(problem):
        reason = reason_of(reduced(case) if reduction else case)
        if reason is not None:
            return reason
    return None


def solve_cases(
    problem: Any, budget: Budget, trace: Trace, solve: Callable[[CutCase], CaseOptimum | None], reduction: bool
) -> Outcome:
    """Return the best of all cases; `solve` gives the optimum of one, None where it has no plan."""
    claim = Claim(budget=budget, trace=trace)
    best: tuple[CutCase, CaseOptimum] | None = None
    bound, count = np.inf, 0
    for whole in cases_of(problem):
        if count and claim.seconds_left <= 0:
            if best is not None:
                claim.offer(best[0].plan(best[1].level))
            return claim.outcome(Termination.TIME_LIMIT, f"{count} of {case_count(problem)} cases done")
        count += 1
        case = reduced(whole) if reduction else whole
        found = solve(case)
        if found is None:
            continue
        bound = min(bound, found.bound)
        if best is None or found.value < best[1].value:
            best = case, found
    claim.info["cases"] = count
    if best is None:
        return claim.infeasible("no placement keeps every rule and limit")
    claim.offer(best[0].plan(best[1].level))
    claim.raise_bound(bound - SAFETY * abs(bound))
    return claim.outcome(Termination.COMPLETED)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSearch:
    """How the search of a case ended: `bound` holds for the case (``inf``: it has no plan), None where unknown."""

    bound: float | None
    termination: Termination = Termination.COMPLETED
    reason: str = ""


def search_cases(
    problem: Any, budget: Budget, trace: Trace, search: Callable[[CutCase, Claim], CaseSearch], reduction: bool
) -> Outcome:
    """Return the best of all cases; `search` offers a case's plans to the claim and says how it ended."""
    claim = Claim(budget=budget, trace=trace)
    bounds: list[float | None] = []
    ended: CaseSearch | None = None
    for case in cases_of(problem):
        if bounds and claim.seconds_left <= 0:
            ended = CaseSearch(bound=None, termination=Termination.TIME_LIMIT, reason="not all cases were searched")
            break
        found = search(reduced(case) if reduction else case, claim)
        bounds.append(found.bound)
        if found.termination is not Termination.COMPLETED:
            ended = found
    claim.info["cases"] = len(bounds)
    if len(bounds) == case_count(problem) and None not in bounds:
        least = min((bound for bound in bounds if bound is not None), default=np.inf)
        if least < np.inf:
            claim.raise_bound(least)
        elif claim.plan is None:
            return claim.infeasible("no placement keeps every rule and limit")
    if ended is not None:
        return claim.outcome(ended.termination, ended.reason)
    return claim.outcome(Termination.COMPLETED, "" if claim.closed else "the gap did not close")
