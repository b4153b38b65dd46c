"""The method `jps`: cuts of many jobs for one device and one uplink, a mix of two adjacent cuts in Johnson's order.

Duan, Wu: "Joint Optimization of DNN Partition and Scheduling for Mobile Cloud Computing", ICPP 2021,
doi 10.1145/3472456.3472468. With f(l) the device's seconds up to cut l and g(l) the upload's, n jobs of one chain:

1. virtual blocks: a cut with no smaller g than one before it is left out, so that g falls;
2. ``l* = min {l: f(l) >= g(l)}`` by binary search; where they are equal all jobs take l*;
3. else a jobs take the cut before l* and n - a take l*, ``a / n = (f - g)(l*) / ((f - g)(l*) + (g - f)(l* - 1))``, so
   that device and uplink are busy for the same time; a is rounded down and up, and the better is taken;
4. Johnson's order: the jobs with the earlier cut first.

The server's time counts as nothing in the decision. The publication was not at hand: the steps are from abstracts and talks
on it and from memory, the ratio is derived again. For several networks each decides for itself and Johnson's order joins
them: our reconstruction; so is what becomes of networks that are no chain (`solvers.published.jps_paths`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

import numpy as np

from instances.errors import InputError
from solvers.contract import Budget, MethodParams, Outcome, SolutionStatus, Termination, Trace
from solvers.flow_shop_setup import decline_makespan, johnson_jobs, open_shop, plan_in_order
from solvers.published.jps_paths import path_plan
from solvers.registry import register
from solvers.two_cuts import mixed_cuts

__all__ = ["Jps", "JpsBaseline", "JpsBaselineParams", "JpsParams"]


@dataclass(frozen=True, slots=True, kw_only=True)
class JpsParams(MethodParams):
    """Parameters of `jps`.

    Parameters
    ----------
    dag : {"paths", "segments"}
        What is cut of a network that is no chain: every path from source to sink, or the chain of its segments.
    most_paths : int
        Where a network has more paths, its segments are cut.
    """

    dag: Literal["paths", "segments"] = "paths"
    most_paths: int = 256

    def __post_init__(self) -> None:
        if self.dag not in ("paths", "segments"):
            raise InputError("parameter dag", "must be paths or segments", self.dag)
        if self.most_paths < 1:
            raise InputError("parameter most_paths", "must be >= 1", self.most_paths)


@register("jps", kind="rule", deterministic=True, citation="Duan and Wu, JPS, ICPP 2021, doi 10.1145/3472456.3472468")
class Jps:
    """A mix of two adjacent cuts that keeps device and uplink busy alike, in Johnson's order.

    Networks that are no chain are cut along their paths; how is our reconstruction.
    """

    Params: ClassVar[type[MethodParams]] = JpsParams
    families: ClassVar[frozenset[str]] = frozenset({"schedule"})

    def __init__(self, params: JpsParams | None = None) -> None:
        self.params = params or JpsParams()

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline what is no flow shop of jobs on one device and one serial uplink."""
        return decline_makespan(problem)

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Decide the cuts of every class, order the jobs."""
        shop = open_shop(problem)
        plan, info = None, {"cut": "one line of layers a network"}
        if self.params.dag == "paths" and not all(one.is_chain for one in shop.classes):
            plan = path_plan(shop, self.params.most_paths)
            info = {"cut": "segments, as there are too many paths or pins" if plan is None else "paths"}
        if plan is None:
            cut = mixed_cuts(shop)
            plan = plan_in_order(shop, cut, johnson_jobs(shop, cut))
        return Outcome(plan=plan, status=SolutionStatus.FEASIBLE, termination=Termination.COMPLETED, info=info)


Rule = Literal["local", "upload", "single"]


@dataclass(frozen=True, slots=True, kw_only=True)
class JpsBaselineParams(MethodParams):
    """Parameters of `jps-baseline`.

    Parameters
    ----------
    rule : {"local", "upload", "single"}
        All on the device (LO), all on the server (CO), or for every job the cut that is best for one job alone (PO).
    """

    rule: Rule = "single"

    def __post_init__(self) -> None:
        if self.rule not in get_args(Rule):
            raise InputError("parameter rule", f"must be one of {', '.join(get_args(Rule))}", self.rule)


@register(
    "jps-baseline", kind="rule", deterministic=True, citation="Duan and Wu, JPS, ICPP 2021, doi 10.1145/3472456.3472468"
)
class JpsBaseline:
    """What JPS is compared with: local only, upload only, or the best cut of one job for all; in the order given.

    That these are the publication's baselines is from abstracts, talks and memory, unverified.
    """

    Params: ClassVar[type[MethodParams]] = JpsBaselineParams
    families: ClassVar[frozenset[str]] = frozenset({"schedule"})

    def __init__(self, params: JpsBaselineParams | None = None) -> None:
        self.params = params or JpsBaselineParams()

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline what `jps` declines, and networks that may not run where the rule wants them."""
        reason = decline_makespan(problem)
        if reason is not None or self.params.rule == "single":
            return reason
        for one in open_shop(problem).classes:
            whole = not one.sends[-1] if self.params.rule == "local" else one.cut[0] == 0
            if not whole:
                return f"network {one.network.name} may not run on one node as a whole"
        return None

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Cut all jobs of a class alike."""
        shop = open_shop(problem)
        cut = np.empty(shop.n_jobs, dtype=np.int64)
        for one in shop.classes:
            alone = int(np.argmin(one.device_s + one.upload_s + one.server_s))
            cut[one.tasks] = {"local": len(one.cut) - 1, "upload": 0, "single": alone}[self.params.rule]
        plan = plan_in_order(shop, cut, np.arange(shop.n_jobs))
        return Outcome(plan=plan, status=SolutionStatus.FEASIBLE, termination=Termination.COMPLETED)
