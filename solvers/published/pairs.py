"""Two parties of a cut problem, the device and one other node: what most published systems know.

On a problem with more levels or several helpers such a system decides for every pair and takes the
best one; layers run on no other node, though tensors may pass one on their way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from formulations.cut.case import LATENCY, CutCase
from formulations.cut.cases import cases_of, too_many_cases
from formulations.cut.plan import CutPlan
from formulations.cut.problem import CutProblem
from instances.columns import FloatArray, IntArray
from solvers.contract import Budget, Outcome, Termination, Trace
from solvers.exact.claim import Claim
from solvers.exact.cut.layered_graph import boundaries_of

__all__ = ["Pair", "best_of_pairs", "decline_pairs", "pairs_of"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Pair:
    """The device and one other node.

    Parameters
    ----------
    whole : CutCase
        The case of all levels.
    far : int
        Level of the other node.
    case : CutCase
        The same with two levels: 0 is the device, 1 the other node.
    """

    whole: CutCase
    far: int
    case: CutCase

    @property
    def near_s(self) -> FloatArray:
        """Seconds of every layer on the device, shape (n,)."""
        found: FloatArray = self.case.layer[LATENCY, 0]
        return found

    @property
    def far_s(self) -> FloatArray:
        """Seconds of every layer on the other node, shape (n,)."""
        found: FloatArray = self.case.layer[LATENCY, 1]
        return found

    @property
    def move_s(self) -> FloatArray:
        """Seconds of every tensor on its way from the device to the other node, shape (n,)."""
        used = self.case.unit_pairs[:, 0, 1]
        rate, fixed = self.case.unit_rate[LATENCY, used].sum(), self.case.unit_fixed[LATENCY, used].sum()
        found: FloatArray = rate * self.case.tensor_bytes + fixed
        return found

    def plan(self, level: IntArray, case: CutCase | None = None) -> CutPlan:
        """Return the plan that runs layers of level 0 on the device, those of level 1 on the other node.

        Parameters
        ----------
        level : int array, shape (n_layers of the case,)
            0 or 1.
        case : CutCase, optional
            A reduced form of the pair's case that `level` is for.
        """
        of = case or self.case
        ends = np.array([self.whole.helpers[0], self.whole.helpers[self.far]], dtype=np.int64)
        node = np.full(len(self.whole.problem.network), -1, dtype=np.int64)
        node[of.members] = ends[np.repeat(level, of.sizes)]
        return CutPlan(version=self.whole.version, helpers=np.array(self.whole.helpers, dtype=np.int64), node=node)


def pairs_of(problem: CutProblem) -> Iterator[Pair]:
    """Yield the pairs of every case; of a device without anything else none."""
    for whole in cases_of(problem):
        for far in range(1, whole.n_levels):
            if whole.way_known[0, far]:
                yield Pair(whole=whole, far=far, case=_two_levels(whole, far))


def _two_levels(whole: CutCase, far: int) -> CutCase:
    kept = [0, far]
    return replace(
        whole,
        helpers=(whole.helpers[0], whole.helpers[far]),
        layer=whole.layer[:, kept],
        unit_pairs=whole.unit_pairs[:, kept][:, :, kept],
        way_known=whole.way_known[np.ix_(kept, kept)],
        allowed=whole.allowed[kept],
        stage_layer=whole.stage_layer[:, kept],
        memory_limit=whole.memory_limit[kept],
    )


def decline_pairs(problem: CutProblem, *, chain: bool = False, by_links: bool = False) -> str | None:
    """Return why a system of two parties cannot take a problem, or None.

    Parameters
    ----------
    problem : CutProblem
        Of any number of levels.
    chain : bool
        Decline networks that are no chain.
    by_links : bool
        Decline where a tensor's way to the other node is not one price a tensor.
    """
    if problem.options.excursions:
        return "it knows no excursions: what is off the device stays there"
    if len(problem.levels) < 2:
        return "there is nothing beside the device"
    reason = too_many_cases(problem)
    if reason is not None:
        return reason
    for pair in pairs_of(problem):
        if chain and not pair.case.is_chain:
            return f"network {problem.network.name} is no chain"
        if by_links and boundaries_of(pair.case) is None:
            return "the way to the other node is not known"
    return None


def best_of_pairs(problem: Any, budget: Budget, trace: Trace, decide: Callable[[Pair], Iterable[CutPlan]]) -> Outcome:
    """Return the best plan that `decide` has for any pair, without a claim that it is optimal."""
    claim = Claim(budget=budget, trace=trace)
    count = 0
    for pair in pairs_of(problem):
        if count and claim.seconds_left <= 0:
            return claim.outcome(Termination.TIME_LIMIT, f"{count} pairs of nodes done")
        for plan in decide(pair):
            claim.offer(plan)
        count += 1
    claim.info["pairs"] = count
    reason = "" if claim.plan is not None else "its plans break a rule or limit that it does not know"
    return claim.outcome(Termination.COMPLETED, reason)
