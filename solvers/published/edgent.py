"""The method `edgent-2018`: exit and partition point together, the front on the edge server.

Li, Zhou, Chen: "Edge Intelligence: On-Demand Deep Learning Model Co-Inference with Device-Edge Synergy",
MECOMM 2018, arXiv 1806.07840. With the exits i = 1..M from the least to the most accurate, the front of the
network runs on the edge and the rear on the device:

    A(i, p) = sum of ES_j over j < p + sum of ED_k over k >= p + Input / B + D_{p-1} / B

where p = 1 is the device alone (nothing is sent) and the edge alone sends nothing back. Algorithm 1
goes from the most accurate exit down, takes the p with the least A, and stops where that is within the
limit. Input and front are on two nodes and the rear on the first again: in this family an excursion.

`front` = device turns it round, as EDDI and most others have it: ours, for comparison.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

import numpy as np

from formulations.cut.case import LATENCY, CutCase
from formulations.cut.cases import too_many_cases
from formulations.cut.evaluator import evaluate_levels
from formulations.cut.problem import CutProblem
from instances.columns import FloatArray, IntArray
from instances.errors import InputError
from solvers.contract import Budget, MethodParams, Outcome, Termination, Trace
from solvers.exact.claim import Claim
from solvers.published.exits import latency_limit, pairs_by_accuracy
from solvers.published.pairs import Pair, pairs_of
from solvers.registry import register

__all__ = ["Edgent", "EdgentParams", "Front", "co_inference_rows", "latencies"]

Front = Literal["edge", "device"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgentParams(MethodParams):
    """Parameters of `edgent-2018`.

    Parameters
    ----------
    front : {"edge", "device"}
        Where the layers before the partition point run.
    """

    front: Front = "edge"

    def __post_init__(self) -> None:
        if self.front not in get_args(Front):
            raise InputError("parameter front", f"must be one of {', '.join(get_args(Front))}", self.front)


@register(
    "edgent-2018",
    kind="rule",
    deterministic=True,
    citation="Li, Zhou, Chen, Edgent, MECOMM 2018, arXiv 1806.07840",
)
class Edgent:
    """Edgent: the most accurate exit whose best partition point keeps the latency limit.

    That the head of an exit runs where the layer before it runs is our reconstruction.
    """

    Params: ClassVar[type[MethodParams]] = EdgentParams
    families: ClassVar[frozenset[str]] = frozenset({"cut"})

    def __init__(self, params: EdgentParams | None = None) -> None:
        self.params = params or EdgentParams()

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline networks that are no chain."""
        return decline_chains(problem)

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Go from the most accurate version down to the first that keeps the limit."""
        claim, limit = Claim(budget=budget, trace=trace), latency_limit(problem)
        reason = "no exit keeps the latency limit at any partition point"
        for pairs in pairs_by_accuracy(problem):
            found = [self._fastest(pair) for pair in pairs]
            best = min(range(len(pairs)), key=lambda i: found[i][0])
            if found[best][0] <= limit:
                claim.offer(pairs[best].plan(found[best][1]))
                reason = "" if claim.plan is not None else "the plan breaks a rule or limit that it does not know"
                break
        return claim.outcome(Termination.COMPLETED, reason)

    def _fastest(self, pair: Pair) -> tuple[float, IntArray]:
        rows = co_inference_rows(pair.case, self.params.front)
        seconds = latencies(pair.case, rows)
        best = int(np.argmin(seconds))
        return float(seconds[best]), rows[best]


def decline_chains(problem: CutProblem) -> str | None:
    """Return why a system that partitions a chain between two parties cannot take a problem, or None."""
    if len(problem.levels) < 2:
        return "there is nothing beside the device"
    reason = too_many_cases(problem)
    if reason is not None:
        return reason
    if not all(pair.case.is_chain for pair in pairs_of(problem)):
        return f"network {problem.network.name} is no chain"
    return None


def co_inference_rows(case: CutCase, front: Front) -> IntArray:
    """Return the levels of every partition point, shape (n, n); the input is on the device.

    With the front on the edge and no excursions only the device alone and the edge alone are left.
    """
    n = case.n_layers
    layer, point = np.arange(n)[None, :], np.arange(n)[:, None]
    if front == "device":
        return (layer > point).astype(np.int64)
    rows: IntArray = ((layer > 0) & (layer <= point)).astype(np.int64)
    return rows if case.excursions else rows[[0, -1]]


def latencies(case: CutCase, rows: IntArray) -> FloatArray:
    """Return the seconds of one inference for each row of levels, ``inf`` where a tensor finds no way."""
    priced = evaluate_levels(case, rows)
    found: FloatArray = np.where(np.isfinite(priced.value), priced.measures[LATENCY], np.inf)
    return found
