"""The method `adaf`: a chain over device, edge and cloud by two cuts.

Liu G., Dai, Xu, Fu, Dou, Kumar, Bilal: ADAF, FGCS 140 (2023) 422-435, doi 10.1016/j.future.2022.10.033. The abstract states
two partition points over three tiers and layer times from neural networks; the search itself is not public.
Ours is a recursion in one pass, our reconstruction: with prefix sums SD, SE, SC of the layers' seconds and
m the seconds of a tensor between two tiers

    h(q) = min over p < q of SD(p) + m01(p) - SE(p)
    T = min over q of h(q) + SE(q) + m12(q) + SC(N) - SC(q)

beside the cuts without the edge, SD(p) + m02(p) + SC(N) - SC(p), and the device alone, SD(N).
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from formulations.cut.case import LATENCY, CutCase
from formulations.cut.cases import cases_of, too_many_cases
from instances.columns import FloatArray, IntArray
from solvers.contract import Budget, MethodParams, Outcome, Termination, Trace
from solvers.exact.claim import Claim
from solvers.registry import register

__all__ = ["Adaf", "two_cuts"]


@register(
    "adaf",
    kind="rule",
    deterministic=True,
    citation="Liu et al., ADAF, FGCS 140 (2023), doi 10.1016/j.future.2022.10.033; the search is ours",
)
class Adaf:
    """ADAF: the fastest two cuts of a chain over device, edge and cloud, in one pass.

    The abstract has the two cuts; the search for them is our reconstruction.
    """

    Params: ClassVar[type[MethodParams]] = MethodParams
    families: ClassVar[frozenset[str]] = frozenset({"cut"})

    def __init__(self, params: MethodParams | None = None) -> None:
        self.params = params or MethodParams()

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline networks that are no chain, other than two or three levels, and excursions."""
        if problem.options.excursions:
            return "it knows no excursions: layers go from the device up"
        if len(problem.levels) not in (2, 3):
            return "it has two cuts: a device and one or two levels above it"
        reason = too_many_cases(problem)
        if reason is not None:
            return reason
        if not all(case.is_chain for case in cases_of(problem)):
            return f"network {problem.network.name} is no chain"
        return None

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Cut every case for the least latency."""
        claim = Claim(budget=budget, trace=trace)
        for count, case in enumerate(cases_of(problem)):
            if count and claim.seconds_left <= 0:
                return claim.outcome(Termination.TIME_LIMIT, f"{count} choices of version and helpers done")
            level = two_cuts(case)
            if level is not None:
                claim.offer(case.plan(level))
        reason = "" if claim.plan is not None else "its plans break a rule or limit that it does not know"
        return claim.outcome(Termination.COMPLETED, reason)


def two_cuts(case: CutCase) -> IntArray | None:
    """Return the levels with the least latency, None where nothing is allowed; `case`: a chain of two or three levels."""
    n, top = case.n_layers, case.n_levels - 1
    done = np.cumsum(np.where(case.allowed, case.layer[LATENCY], 0.0), axis=1)
    # layers that may not run on a level: a prefix count tells whether a stretch holds one
    barred = np.cumsum(~case.allowed, axis=1)
    rest = done[:, -1:] - done
    # stretches start behind the input, which is on the device
    free_to_end = barred[:, -1:] == barred
    point = np.arange(n)
    direct = done[0] + _move(case, 0, top) + rest[top]
    direct[-1] = done[0, -1]
    usable = (barred[0] == 0) & free_to_end[top]
    usable[-1] = barred[0, -1] == 0
    direct = np.where(usable, direct, np.inf)
    p = int(np.argmin(direct))
    best, level = float(direct[p]), np.where(point > p, top, 0)
    if top == 2 and n > 1:
        start = np.where(barred[0] == 0, done[0] + _move(case, 0, 1) - done[1], np.inf)
        least = np.minimum.accumulate(start)[:-1]
        where = np.maximum.accumulate(np.where(start[:-1] <= least, point[:-1], 0))
        onward = _move(case, 1, 2) + rest[2]
        onward[-1] = 0.0
        total = least + done[1, 1:] + onward[1:]
        good = (barred[1, 1:] == barred[1, where]) & free_to_end[2, 1:]
        good[-1] = barred[1, -1] == barred[1, where[-1]]
        total = np.where(good, total, np.inf)
        q = int(np.argmin(total)) + 1
        if total[q - 1] < best:
            best = float(total[q - 1])
            level = np.where(point > q, 2, np.where(point > where[q - 1], 1, 0))
    return level.astype(np.int64) if np.isfinite(best) else None


def _move(case: CutCase, start: int, end: int) -> FloatArray:
    """Return the seconds of every tensor from level to level, ``inf`` without a way, shape (n,)."""
    if not case.way_known[start, end]:
        return np.full(case.n_layers, np.inf)
    used = case.unit_pairs[:, start, end]
    rate, fixed = case.unit_rate[LATENCY, used].sum(), case.unit_fixed[LATENCY, used].sum()
    found: FloatArray = rate * case.tensor_bytes + fixed
    return found
