"""The method `flow-shop-cp-sat`: cuts and order of few jobs with the server as third stage, by CP-SAT.

What it proves is the best of the plans that cut every job once and run each of its parts without a break: the info
`one_cut_bound` is a bound on those, and `one_cut_optimal` says whether it is met. It is a bound on all plans, and is
claimed as one, only where `FlowShop.one_cut_is_enough` holds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from formulations.schedule.flow_shop import FlowShop, flow_shop_of
from formulations.schedule.flow_shop_cp_sat import (
    IntervalModel,
    PositionModel,
    build_intervals,
    build_positions,
    kept_cuts,
)
from formulations.schedule.flow_shop_plan import flow_shop_plan
from solvers.backends.contract import MilpLimits
from solvers.backends.cp_sat import solve_cp_sat
from solvers.contract import Budget, MethodParams, Outcome, SolutionStatus, Termination, Trace
from solvers.exact.claim import Claim
from solvers.flow_shop_setup import johnson_jobs, open_shop, plan_in_order, weighs_only
from solvers.registry import register
from solvers.two_cuts import mixed_cuts

__all__ = ["FlowShopCpSat"]

_MOST_CHOICES = 50_000
"""Jobs times cuts; the position model has that many 0-1 variables for every job's place, the interval model in all."""


@register("flow-shop-cp-sat", kind="exact", anytime=True)
class FlowShopCpSat:
    """Cuts and order of jobs over device, serial uplink and server: least makespan or mean response.

    Exact among the plans that cut every job once and run its parts without a break; optimal among all plans only where
    those are known to be enough (the server has a core for every job, and none of its layers is slower).
    """

    Params: ClassVar[type[MethodParams]] = MethodParams
    families: ClassVar[frozenset[str]] = frozenset({"schedule"})

    def __init__(self, params: MethodParams | None = None) -> None:
        self.params = params or MethodParams()

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline other objectives, what is no flow shop, and too many jobs."""
        options = problem.options
        if not (weighs_only(options, "makespan_weight") or weighs_only(options, "response_weight")):
            return "it minimises the makespan alone, or the mean response alone"
        shop = flow_shop_of(problem)
        if isinstance(shop, str):
            return shop
        if shop.memory_binds:
            return "it knows no limit on memory, and the weights of all jobs may not fit"
        cuts = max(len(one.cut) for one in shop.classes)
        size = cuts * shop.n_jobs * (len(shop.classes) if _by_position(shop) else 1)
        return f"more than {_MOST_CHOICES:,} choices" if size > _MOST_CHOICES else None

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Solve the model, starting from two adjacent cuts mixed, or from the cut that is best for a job alone."""
        shop, claim = open_shop(problem), Claim(budget=budget, trace=trace)
        alone = np.empty(shop.n_jobs, dtype=np.int64)
        for one in shop.classes:
            alone[one.tasks] = int(np.argmin(one.device_s + one.upload_s + one.server_s))
        first_cut, first_order = alone, np.argsort(shop.release, kind="stable")
        for cut in (alone, mixed_cuts(shop)):
            order = johnson_jobs(shop, cut) if shop.released_together else first_order
            value = claim.offer(plan_in_order(shop, cut, order))
            if value is not None and value == claim.value:
                first_cut, first_order = cut, order
        response = problem.options.response_weight > 0
        model: PositionModel | IntervalModel
        if not response and _by_position(shop):
            weight = problem.options.makespan_weight
            together = float(shop.release[0])
            # the clock of the model begins at the release
            model = build_positions(shop, (claim.value or 0.0) / weight - together)
            model.hint(first_cut, first_order)

            def seconds(bound: float) -> float:
                return float(weight * (together + bound * model.unit_s))

        else:
            model = build_intervals(shop, _latest(shop), response=response)

            def seconds(bound: float) -> float:
                if not response:
                    return float(problem.options.makespan_weight * bound * model.unit_s)
                total = bound * model.unit_s - float(shop.release.sum())
                return float(problem.options.response_weight * total / shop.n_jobs)

        return _solve(model, claim, seconds, int(rng.integers(2**31)))


def _solve(model: PositionModel | IntervalModel, claim: Claim, seconds: Callable[[float], float], seed: int) -> Outcome:
    def report(value: Callable[[Any], int]) -> None:
        cut, times = model.times(value)
        claim.offer(flow_shop_plan(model.shop, cut, times))

    left = claim.seconds_left
    if left <= 0:
        return claim.outcome(Termination.TIME_LIMIT, "no time left after the model was built")
    limits = MilpLimits(
        seconds=None if left == float("inf") else left,
        threads=claim.budget.threads,
        relative_gap=0.25 * claim.budget.tolerance,
    )
    result = solve_cp_sat(model.problem, limits, seed=seed, on_solution=report)
    claim.info["one_cut_optimal"] = result.status is SolutionStatus.OPTIMAL
    if result.bound is not None:
        claim.info["one_cut_bound"] = seconds(result.bound)
        if model.shop.one_cut_is_enough:
            claim.raise_bound(seconds(result.bound))
    return claim.outcome(result.termination, result.reason)


def _by_position(shop: FlowShop) -> bool:
    """Return whether one order for all stages is enough."""
    unlimited = shop.server_cores >= shop.n_jobs or shop.longest_server_s == 0.0
    return shop.released_together and shop.serial and shop.device_cores == 1 and (shop.server_cores == 1 or unlimited)


def _latest(shop: FlowShop) -> float:
    """Return when all jobs are done that wait for nothing but each other."""
    longest = 0.0
    for one in shop.classes:
        rows = kept_cuts(one)
        longest += len(one.tasks) * float((one.device_s + one.upload_s + one.server_s)[rows].max())
    return float(shop.release.max()) + longest
