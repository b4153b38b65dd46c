"""From a plan to a better one: moves of single blocks, and the dynamic program along the order that the plan suggests."""

from __future__ import annotations

from typing import Any

import numpy as np

from formulations.placement.case import PlacementCase, case_of
from formulations.placement.latency_walk import walk
from formulations.placement.problem import LATENCY
from formulations.placement.referee import loads_of
from instances.columns import IntArray
from solvers.exact.claim import Claim
from solvers.exact.placement.ideals import prefixes_of
from solvers.exact.placement.labels import best_schedule
from solvers.exact.placement.lattice import best_split
from solvers.exact.placement.moves import bettered
from solvers.exact.placement.path_bound import tails

__all__ = ["polish", "workers_of"]

_MOST_ROUNDS = 10
_WIDTH = 8


def polish(problem: Any, claim: Claim) -> None:
    """Better the plan of `claim` until neither moves nor the dynamic program find more."""
    case = case_of(problem)
    for _ in range(_MOST_ROUNDS):
        if claim.plan is None or claim.closed or claim.seconds_left <= 0:
            return
        before = claim.value
        worker = bettered(case, workers_of(case, claim.plan.node), lambda: claim.seconds_left)
        claim.offer(case.plan(worker))
        _again(problem, case, claim)
        if claim.value == before:
            return


def workers_of(case: PlacementCase, node: IntArray) -> IntArray:
    """Return the worker of every block of a plan."""
    number = {worker.node: i for i, worker in enumerate(case.problem.workers)}
    worker = np.empty(case.n_blocks, dtype=np.int64)
    for block, one in zip(case.block[1:].tolist(), node[1:].tolist(), strict=True):
        worker[block] = number[one]
    return worker


def _again(problem: Any, case: PlacementCase, claim: Claim) -> None:
    """Offer the best plan along the order in which the plan's layers are done, where contiguous plans are asked for."""
    assert claim.plan is not None and claim.value is not None
    if problem.options.objective == LATENCY:
        single = case_of(problem, one_by_one=True)
        ends = walk(problem, claim.plan, loads_of(problem, claim.plan)).end_s
        end = np.empty(single.n_blocks)
        end[single.block[1:]] = [ends[v] for v in range(1, len(single.block))]
        order = np.lexsort((np.arange(single.n_blocks), workers_of(single, claim.plan.node), end))
        ideals = prefixes_of([order.tolist()], single.n_blocks)
        found = best_schedule(single, ideals, tails(single), claim.value, _WIDTH, lambda: claim.seconds_left)
        if found.worker is not None:
            claim.offer(single.plan(found.worker))
    elif problem.options.contiguous:
        worker = workers_of(case, claim.plan.node)
        order = np.lexsort((np.arange(case.n_blocks), _places(case, worker)[worker]))
        split = best_split(case, prefixes_of([order.tolist()], case.n_blocks), claim.value, lambda: claim.seconds_left)
        if split.worker is not None:
            claim.offer(case.plan(split.worker))


def _places(case: PlacementCase, worker: IntArray) -> IntArray:
    """Return the place of every worker in an order in which no tensor goes back."""
    pairs = np.unique(worker[case.edges], axis=0)
    place = np.zeros(case.n_workers, dtype=np.int64)
    for _ in range(case.n_workers):  # longest way to each: at most that many steps
        for a, b in pairs[pairs[:, 0] != pairs[:, 1]].tolist():
            place[b] = max(place[b], place[a] + 1)
    return np.argsort(np.lexsort((np.arange(case.n_workers), place)))
