"""How `placement-dp` finds the least latency: plans along a few orders, a path's bound, then all ideals."""

from __future__ import annotations

from typing import Any

import numpy as np

from formulations.placement.case import PlacementCase, case_of
from instances.columns import FloatArray
from solvers.contract import Outcome, Termination
from solvers.exact.claim import Claim
from solvers.exact.placement.ideals import all_ideals, orders_of, prefixes_of
from solvers.exact.placement.labels import best_schedule, board_states, host_choice
from solvers.exact.placement.path_bound import boards_of, path_bound, tails
from solvers.exact.placement.polish import polish

__all__ = ["decline_latency", "first_schedule", "least_latency"]

_MOST_STATES = 100_000
_WIDTH = 1_000
_FIRST_WIDTH = 8
_SAFETY = 1e-12
"""Relative to all seconds and transfers together: by how much sums in floating point may be off."""


def decline_latency(problem: Any) -> str | None:
    """Decline what the labels cannot hold."""
    case = case_of(problem, one_by_one=True)
    if board_states(boards_of(case)) > _MOST_STATES:
        return "too many workers of different kinds for the dynamic program"
    if host_choice(case):
        return "the dynamic program cannot keep layers of a class on one of several hosts that differ"
    return None


def least_latency(problem: Any, claim: Claim, most_ideals: int) -> Outcome:
    """Return the outcome for a problem that `decline_latency` does not decline."""
    case = case_of(problem, one_by_one=True)
    bound = path_bound(case)
    if bound == np.inf:
        return claim.infeasible("a path of layers fits no workers")
    claim.raise_bound(bound)
    value = first_schedule(case, claim)
    if claim.closed:
        return claim.outcome(Termination.COMPLETED)
    ideals = all_ideals(case.n_blocks, case.edges, most_ideals)
    if ideals is None:
        polish(problem, claim)
        return claim.outcome(Termination.COMPLETED, f"the graph has more than {most_ideals} ideals: no proof")
    claim.info["ideals"] = len(ideals)
    found = best_schedule(case, ideals, tails(case), value, _WIDTH, lambda: claim.seconds_left)
    if found.worker is not None:
        value = min(value, found.value)
        claim.offer(case.plan(found.worker))
    if not found.complete:
        return claim.outcome(Termination.TIME_LIMIT, "the time or the room ended within the dynamic program")
    if value == np.inf:
        return claim.infeasible("no placement keeps the memory limits")
    claim.raise_bound(value - _SAFETY * all_seconds(case))
    return claim.outcome(Termination.COMPLETED)


def first_schedule(case: PlacementCase, claim: Claim) -> float:
    """Offer the best plans along the prefixes of a few topological orders; return the least value (``inf``: none)."""
    value = np.inf
    tail = tails(case)
    for order in (longest_first(case, tail), *orders_of(case)):
        ideals = prefixes_of([order], case.n_blocks)
        found = best_schedule(case, ideals, tail, value, _FIRST_WIDTH, lambda: claim.seconds_left)
        if found.worker is not None:
            value = found.value
            claim.offer(case.plan(found.worker))
        if claim.closed or claim.seconds_left <= 0:
            break
    return value


def longest_first(case: PlacementCase, tail: FloatArray) -> list[int]:
    """Return the topological order by ascending way still to go, that is the layers that others wait for first."""
    return sorted(range(case.n_blocks), key=lambda b: (-tail[b], b))


def all_seconds(case: PlacementCase) -> float:
    """Return the seconds of all blocks at their slowest and of all tensors."""
    work = np.where(np.isfinite(case.seconds), case.seconds, 0.0).max(axis=0).sum()
    return float(work + case.size.sum() * case.seconds_per_byte.max())
