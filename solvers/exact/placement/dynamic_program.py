"""The method `placement-dp`: a dynamic program over the ideals of the DAG of blocks.

Where the workers stand in an order in which no tensor goes back, the blocks of the first ones always form an ideal (a
set with all its predecessors), and a plan is a chain of ideals from the empty to the full one. With ``L_c(I, J)`` the
load of a worker of kind c that runs J without I, and ``n`` counting the workers used of each kind,

    F(J, n) = min over ideals I in J and kinds c of max(F(I, n - e_c), L_c(I, J)),      F(empty, 0) = 0.

This is the program of Tarnawski et al. (NeurIPS 2020), for workers of any number of kinds. Where a graph has more
ideals than `most_ideals`, the prefixes of three topological orders stand for them: a plan without a claim, beside the
bound of `balance_bound`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from formulations.placement.case import PlacementCase, case_of
from formulations.placement.problem import LATENCY, PlacementProblem
from instances.errors import InputError
from solvers.contract import Budget, MethodParams, Outcome, Termination, Trace
from solvers.exact.claim import Claim
from solvers.exact.placement.bound import balance_bound
from solvers.exact.placement.ideals import all_ideals, orders_of, prefixes_of
from solvers.exact.placement.latency_program import all_seconds, decline_latency, least_latency
from solvers.exact.placement.lattice import best_split, states_of
from solvers.exact.placement.polish import polish
from solvers.registry import register

__all__ = ["PlacementDp", "PlacementDpParams", "first_split"]

_MOST_CELLS = 20_000_000
_SAFETY = 1e-12
"""Relative to all seconds and transfers together: by how much sums in floating point may be off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementDpParams(MethodParams):
    """Parameters of `placement-dp`.

    Parameters
    ----------
    most_ideals : int
        Ideals up to which all of them are taken.
    """

    most_ideals: int = 50_000

    def __post_init__(self) -> None:
        if isinstance(self.most_ideals, bool) or not isinstance(self.most_ideals, int) or self.most_ideals < 2:
            raise InputError("parameter most_ideals", "must be a whole number >= 2", self.most_ideals)


@register(
    "placement-dp",
    kind="exact",
    citation="Tarnawski et al., Efficient Algorithms for Device Placement of DNN Graph Operators, NeurIPS 2020",
    anytime=True,
    deterministic=True,
)
class PlacementDp:
    """A dynamic program over the ideals of the DAG: the best contiguous placement, or a good one where they are too many."""

    Params: ClassVar[type[MethodParams]] = PlacementDpParams
    families: ClassVar[frozenset[str]] = frozenset({"placement"})

    def __init__(self, params: PlacementDpParams | None = None) -> None:
        self.params = params or PlacementDpParams()

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline what need not be contiguous, and too many kinds of workers."""
        if problem.options.objective == LATENCY:
            return decline_latency(problem)
        if not problem.options.contiguous:
            return "the dynamic program only finds contiguous placements; set contiguous=true"
        if states_of(case_of(problem)) * 2 > _MOST_CELLS:
            return "too many workers of different kinds for the dynamic program"
        return None

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Take the prefixes of three orders first, then all ideals."""
        if problem.options.objective == LATENCY:
            return least_latency(problem, Claim(budget=budget, trace=trace), self.params.most_ideals)
        case, claim = case_of(problem), Claim(budget=budget, trace=trace)
        bound = balance_bound(case, claim.seconds_left)
        if bound == np.inf:
            return claim.infeasible("a block of layers fits no worker")
        claim.raise_bound(bound)
        value = first_split(case, claim)
        if claim.closed:
            return claim.outcome(Termination.COMPLETED)
        most = min(self.params.most_ideals, _MOST_CELLS // states_of(case))
        ideals = all_ideals(case.n_blocks, case.edges, most)
        if ideals is None:
            polish(problem, claim)
            return claim.outcome(Termination.COMPLETED, f"the graph has more than {most} ideals: no proof")
        claim.info["ideals"] = len(ideals)
        found = best_split(case, ideals, value, lambda: claim.seconds_left)
        if not found.complete:
            return claim.outcome(Termination.TIME_LIMIT, "the time ended within the dynamic program")
        if found.worker is not None:
            value = min(value, found.value)
            claim.offer(case.plan(found.worker))
        if value == np.inf:
            return claim.infeasible("no contiguous placement keeps the memory limits")
        claim.raise_bound(value - _SAFETY * all_seconds(case))
        return claim.outcome(Termination.COMPLETED)


def first_split(case: PlacementCase, claim: Claim) -> float:
    """Offer the best split along the prefixes of a few topological orders; return its value (``inf``: none)."""
    if not case.problem.options.contiguous:  # its blocks may lie on cycles; what is contiguous is a plan all the same
        options = replace(case.problem.options, contiguous=True)
        case = case_of(PlacementProblem(instance=case.problem.instance, options=options))
    if states_of(case) * (3 * case.n_blocks + 2) > _MOST_CELLS:
        return np.inf
    ideals = prefixes_of(orders_of(case), case.n_blocks)
    found = best_split(case, ideals, np.inf, lambda: claim.seconds_left)
    if found.worker is None:
        return np.inf
    claim.offer(case.plan(found.worker))
    return found.value
