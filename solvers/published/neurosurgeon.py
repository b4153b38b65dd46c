"""The method `neurosurgeon`: one cut between the device and a server, all of them tried.

Kang, Hauswald, Gao, Rovinski, Mudge, Mars, Tang: "Neurosurgeon: Collaborative Intelligence Between the Cloud and
Mobile Edge", ASPLOS 2017, doi 10.1145/3037697.3037698. For a chain of N layers and every j in 0..N

    T(j)  = sum_{i<=j} TM_i + [j < N] D_j / B + sum_{i>j} TC_i(K)
    En(j) = sum_{i<=j} TM_i PM_i + [j < N] (D_j / B) PU

are computed from predicted layer times, and the least is taken; ``TC_i(K)`` grows with the server's load K, which here
is the speed of its node. That energy while waiting is not charged, nor the way home of the result, is
from memory, unverified: here both are as the problem says. The networks of the publication are chains; a DAG is
cut in its topological order, and with several servers each is tried: our reconstruction.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from formulations.cut.case import CutCase
from instances.columns import IntArray
from solvers.contract import Budget, MethodParams, Outcome, Trace
from solvers.published.prefixes import decline_all_but_sums, search_rows, single_cut_rows
from solvers.registry import register

__all__ = ["Neurosurgeon"]


@register(
    "neurosurgeon",
    kind="rule",
    deterministic=True,
    citation="Kang et al., Neurosurgeon, ASPLOS 2017, doi 10.1145/3037697.3037698",
)
class Neurosurgeon:
    """One cut between the device and a server, all N + 1 of them tried, for latency or energy.

    The publication's networks are chains. The topological order in which a DAG is cut, and trying several servers in
    turn, are our reconstruction. What energy counts is the problem's rule; that the publication's leaves out the wait
    is from memory, unverified.
    """

    Params: ClassVar[type[MethodParams]] = MethodParams
    families: ClassVar[frozenset[str]] = frozenset({"cut"})

    def __init__(self, params: MethodParams | None = None) -> None:
        self.params = params or MethodParams()

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline what is more than a sum of latencies and energies: the bottleneck, and limits that could bind."""
        return decline_all_but_sums(problem, "it minimises latency or energy, not the bottleneck")

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Price every cut."""
        return search_rows(problem, trace, _rows, "single cut")


def _rows(case: CutCase) -> IntArray:
    return single_cut_rows(case, np.arange(case.n_layers))
