"""The method `flow-shop-counts`: how many jobs of every class take every cut, by a MILP whose size no job adds to.

The model (`formulations.schedule.flow_shop_pulp`) leaves the server's time out, so that its optimum is a lower bound on
every plan of chains, those that come back to the device included: the layers before a job's first upload take at least
f(l), the upload takes g(l), and the rest no less than nothing. Where the server takes no time the plan meets the bound and is
optimal; where it takes some, plan and bound differ by no more than the longest stay on a server that nobody waits for,
and the referee's value says whether that is within the tolerance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, get_args

import numpy as np

from formulations.schedule.flow_shop_pulp import build
from instances.errors import InputError
from solvers.backends.contract import MilpLimits
from solvers.backends.linear_model import linear_model
from solvers.backends.registry import BackendName, backend, decline_backend
from solvers.contract import Budget, MethodParams, Outcome, SolutionStatus, Termination, Trace
from solvers.exact.claim import Claim
from solvers.flow_shop_setup import decline_makespan, johnson_jobs, open_shop, plan_in_order
from solvers.registry import register

__all__ = ["FlowShopCounts", "FlowShopCountsParams"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowShopCountsParams(MethodParams):
    """Parameters of `flow-shop-counts`.

    Parameters
    ----------
    backend : {"cbc", "highs", "scip"}
        What solves the model.
    """

    backend: BackendName = "highs"

    def __post_init__(self) -> None:
        if self.backend not in get_args(BackendName):
            raise InputError("parameter backend", f"must be one of {', '.join(get_args(BackendName))}", self.backend)


@register("flow-shop-counts", kind="exact", deterministic=True)
class FlowShopCounts:
    """Cuts of any number of chains of any number of classes for one device, uplink and server: least makespan.

    A MILP of the numbers of jobs by cut. It is exact where the server takes no time, and a bound where it does.
    """

    Params: ClassVar[type[MethodParams]] = FlowShopCountsParams
    families: ClassVar[frozenset[str]] = frozenset({"schedule"})

    def __init__(self, params: FlowShopCountsParams | None = None) -> None:
        self.params = params or FlowShopCountsParams()

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline what is no flow shop of chains, and a missing back end."""
        reason = decline_makespan(problem) or decline_backend(self.params.backend, budget)
        if reason is not None:
            return reason
        other = next((one.network.name for one in open_shop(problem).classes if not one.is_chain), None)
        return None if other is None else f"network {other} is no chain"

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Solve the model."""
        shop, claim = open_shop(problem), Claim(budget=budget, trace=trace)
        model = build(shop)
        left = claim.seconds_left
        if left <= 0:
            return claim.outcome(Termination.TIME_LIMIT, "no time left after the model was built")
        limits = MilpLimits(
            seconds=None if left == float("inf") else left,
            threads=budget.threads,
            relative_gap=min(1e-9, budget.tolerance),
        )
        result = backend(self.params.backend).solve(linear_model(model.problem), limits)
        if result.bound is not None:
            together = float(shop.release[0])  # the model's clock begins at the release
            weight = problem.options.makespan_weight
            claim.raise_bound(weight * (together + max(result.bound * model.scale, 0.0)))
        if result.values:
            cut = model.cuts(result.values)
            claim.offer(plan_in_order(shop, cut, johnson_jobs(shop, cut)))
        claim.info.update(types=len(model.x), model_optimal=result.status is SolutionStatus.OPTIMAL)
        return claim.outcome(result.termination, result.reason)
