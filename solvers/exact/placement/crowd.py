"""A lower bound on the maximum load by counting: more blocks than fit evenly, so that some accelerator is crowded.

Blocks that a host cannot run in less than a known plan's maximum load are on accelerators in every better plan. Of any
N of these, some accelerator of k runs at least ``c = ceil(N / k)``, and so takes at least the seconds of the c shortest
(the counting bound of bin packing). Its load with transfers is at least that of the best single set with c of them,
which is a model of one accelerator. Where layers take nearly the same time and do not divide evenly among the
accelerators, this is far above the balance of work.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from ortools.sat.python import cp_model

from formulations.placement.case import PlacementCase
from formulations.placement.cp_sat_model import build
from instances.columns import FloatArray, IntArray
from solvers.backends.contract import MilpLimits
from solvers.backends.cp_sat import solve_cp_sat
from solvers.contract import SolutionStatus
from solvers.exact.claim import Claim

__all__ = ["Crowd", "crowd_of", "sharpen"]

_MOST = 2.0**31
_SAFETY = 1e-12
"""By how much sums in floating point may be off, relative to the sum of all their terms."""

_WORTH = 0.9
"""Share of a plan's value from which a counting bound is worth a model of one accelerator."""
_SHARE, _MOST_SECONDS = 0.3, 60.0
"""How much of the time left a model here may take, and seconds at most."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Crowd:
    """Blocks of which some accelerator runs `count` at least, and the seconds that those take; `least` is 0 without any."""

    blocks: IntArray
    count: int
    least: float


def crowd_of(case: PlacementCase, value: float) -> Crowd:
    """Return the crowd with the greatest bound on plans of less than `value` seconds, transfers left out."""
    host = np.array([worker.host for worker in case.problem.workers])
    times: FloatArray = np.where(case.allowed, case.seconds, np.inf)
    forced = np.flatnonzero((times[host] >= value * (1.0 + _SAFETY)).all(axis=0))
    k = int((~host).sum())
    if not k or not len(forced):
        return Crowd(blocks=forced, count=0, least=0.0)
    seconds = times[~host][:, forced].min(axis=0)
    order = np.argsort(-seconds, kind="stable")
    total = np.cumsum(np.append(0.0, seconds[order]))
    number = np.arange(1, len(forced) + 1)
    count = -(-number // k)
    least = total[number] - total[number - count]
    best = int(least.argmax())
    safe = float(least[best]) - _SAFETY * float(total[-1])
    return Crowd(blocks=forced[order[: best + 1]], count=int(count[best]), least=max(safe, 0.0))


def sharpen(case: PlacementCase, claim: Claim) -> None:
    """Raise the bound by the crowd's best set with transfers, and offer the best plan that has this set on an accelerator."""
    value = claim.value
    crowd = Crowd(blocks=np.empty(0, dtype=np.int64), count=0, least=0.0) if value is None else crowd_of(case, value)
    if value is None or crowd.least < _WORTH * value or case.problem.options.overlap:
        return
    host = np.array([worker.host for worker in case.problem.workers])
    kinds = np.unique(case.kind[~host])
    bound, best = value, None
    seconds = min(_SHARE * claim.seconds_left, _MOST_SECONDS) / len(kinds)
    for kind in kinds.tolist():
        w = int(np.flatnonzero((case.kind == kind) & ~host)[0])
        least, blocks = _alone(case, crowd, w, value, seconds, claim.budget.threads)
        if least < bound:
            bound, best = least, (w, blocks)
    claim.raise_bound(max(crowd.least, bound))
    if best is not None and best[1] is not None and not claim.closed and not case.problem.options.contiguous:
        _complete(case, claim, best[0], best[1])


def _complete(case: PlacementCase, claim: Claim, w: int, blocks: IntArray) -> None:
    """Offer the best plan that has exactly `blocks` on worker w."""
    assert claim.value is not None
    model = build(case, claim.value, first_use=False)
    for b in range(case.n_blocks):
        if (w, b) in model.x:
            model.problem.add(model.x[w, b] == int(b in blocks))
    seconds = min(_SHARE * claim.seconds_left, _MOST_SECONDS)
    result = solve_cp_sat(model.problem, MilpLimits(seconds=seconds, threads=claim.budget.threads, relative_gap=1e-9))
    if result.value is not None:
        claim.offer(case.plan(model.workers(result.value)))


def _alone(
    case: PlacementCase, crowd: Crowd, w: int, value: float, seconds: float, threads: int
) -> tuple[float, IntArray | None]:
    """Return a lower bound on the load of accelerator w with at least ``crowd.count`` of ``crowd.blocks``, and a set that has it."""
    scale = _MOST / value
    model = cp_model.CpModel()
    x = [model.new_bool_var(f"x_{b}") for b in range(case.n_blocks)]
    terms, units = [], []
    for b in range(case.n_blocks):
        if not case.allowed[w, b] or case.seconds[w, b] > value * (1.0 + 1e-9):
            model.add(x[b] == 0)
        else:
            terms.append(x[b])
            units.append(math.floor(case.seconds[w, b] * scale * (1.0 - 1e-15)))
    for t, producer in enumerate(case.producer.tolist()):
        cost = math.floor(case.size[t] * case.seconds_per_byte[w] * scale * (1.0 - 1e-15))
        made = [x[producer]] if producer >= 0 else []
        enters, leaves = model.new_bool_var(f"i_{t}"), model.new_bool_var(f"o_{t}")
        for r in case.readers_of(t).tolist():
            model.add_bool_or([~x[r], enters, *made])
            for one in made:
                model.add_bool_or([~one, leaves, x[r]])
        terms += [enters, leaves]
        units += [cost, cost]
    model.add(sum(x[b] for b in crowd.blocks.tolist()) >= crowd.count)
    model.minimize(cp_model.LinearExpr.weighted_sum(terms, units))
    result = solve_cp_sat(model, MilpLimits(seconds=seconds, threads=threads, relative_gap=1e-9))
    if result.status is SolutionStatus.INFEASIBLE:
        return np.inf, None
    taken = None if result.value is None else np.flatnonzero([result.value(one) for one in x])
    return 0.0 if result.bound is None else float(result.bound) / scale, taken
