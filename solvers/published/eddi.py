"""The method `eddi`: a minimum cut for every exit, the most accurate that keeps the latency limit.

Yang L., Shen, Zhong, Liao: EDDI, JPDC 2023, doi 10.1016/j.jpdc.2022.09.005. The abstract states the minimum cut on
a DAG derived from the network, exit and cut together, and a latency limit. How the DAG is derived is not
public; here exit i is the trunk up to where its head leaves, cut as in DADS with the arcs back and the pinned
input: our reconstruction. A later exit may have a smaller tensor to cut at, so that latencies need not rise
with the exit: all are tried in turn.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from formulations.cut.case import LATENCY
from formulations.cut.evaluator import evaluate_levels
from instances.columns import IntArray
from solvers.contract import Budget, MethodParams, Outcome, Termination, Trace
from solvers.exact.claim import Claim
from solvers.exact.cut.layered_graph import LayeredGraph
from solvers.published.exits import latency_limit, pairs_by_accuracy
from solvers.published.pairs import Pair, decline_pairs
from solvers.registry import register

__all__ = ["Eddi"]


@register(
    "eddi",
    kind="rule",
    deterministic=True,
    citation="Yang et al., EDDI, JPDC 2023, doi 10.1016/j.jpdc.2022.09.005; the derivation of each exit's DAG is ours",
)
class Eddi:
    """EDDI: a minimum cut for every early exit of a DAG, the most accurate exit within the latency limit.

    How the DAG of each exit is derived, and that all exits are tried in turn, is our reconstruction.
    """

    Params: ClassVar[type[MethodParams]] = MethodParams
    families: ClassVar[frozenset[str]] = frozenset({"cut"})

    def __init__(self, params: MethodParams | None = None) -> None:
        self.params = params or MethodParams()

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline excursions, and ways that a tensor does not pay once."""
        return decline_pairs(problem, by_links=True)

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Go from the most accurate version down to the first whose minimum cut keeps the limit."""
        claim, limit = Claim(budget=budget, trace=trace), latency_limit(problem)
        reason, fastest = "no exit keeps the latency limit", np.inf
        for pairs in pairs_by_accuracy(problem):
            own = [(seconds, pair, level) for pair in pairs for seconds, level in _fastest(pair)]
            if not own:
                continue
            seconds, pair, level = min(own, key=lambda one: one[0])
            fastest = min(fastest, seconds)
            if seconds <= limit:
                claim.offer(pair.plan(level))
                reason = "" if claim.plan is not None else "the plan breaks a rule or limit that it does not know"
                break
        claim.info["fastest_s"] = float(fastest)
        return claim.outcome(Termination.COMPLETED, reason)


def _fastest(pair: Pair) -> list[tuple[float, IntArray]]:
    """Return the least seconds of an inference and its levels, nothing where there is no cut."""
    case = pair.case
    cost = np.where(case.allowed, case.layer[LATENCY], np.inf)
    found = LayeredGraph.build(case.n_layers, 2, case.edges).solve(cost, pair.move_s[None, :])
    if found is None:
        return []
    return [(float(evaluate_levels(case, found[0]).measures[LATENCY, 0]), found[0])]
