"""The method `dlpdts`: every task is cut when it arrives, where its response is expected to be the least.

After "DLPDTS: fine-grained cloud-edge collaborative dynamic task scheduling based on DNN layer-partitioning", MSN 2022,
of which the abstract alone was at hand. It names two parts, the choice of cut points and the dynamic scheduling of tasks;
how they work is **our reconstruction**:

1. beforehand every network keeps the cuts that no other dominates on edge seconds, upload, cloud seconds and the memory
   that they take at the edge;
2. on arrival a task evaluates each of them on the queues as they are and takes the first of least expected response
   (`solvers.published.dlpdts_simulation.run_stream`); edge, uplink and cloud serve first come, first served.

Weights stay where they ran, as in the problem: the memory of the edge is what all tasks so far have left there.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any, ClassVar, Literal, get_args

import numpy as np

from formulations.schedule.flow_shop import FlowShop, flow_shop_of
from formulations.schedule.flow_shop_plan import flow_shop_plan
from instances.errors import InputError
from solvers.contract import Budget, MethodParams, Outcome, SolutionStatus, Termination, Trace
from solvers.flow_shop_setup import open_shop, weighs_only
from solvers.published.dlpdts_simulation import Stream, cuts_of, run_stream
from solvers.registry import register

__all__ = ["Dlpdts", "DlpdtsParams", "StaticCut", "StaticCutParams"]

_MOST_STATIC = 20_000


def _decline(problem: Any) -> str | None:
    if not weighs_only(problem.options, "response_weight"):
        return "it minimises the mean response alone"
    shop = flow_shop_of(problem)
    if isinstance(shop, str):
        return shop
    if sum(len(one.tasks) * float(one.server_bytes.max()) for one in shop.classes) > shop.server_memory:
        return "it knows no limit on the memory of the cloud, and the weights of all tasks may not fit"
    return None


def _outcome(shop: FlowShop, stream: Stream, info: dict[str, Any]) -> Outcome:
    if not stream.complete:
        return Outcome(
            plan=None,
            status=SolutionStatus.NONE,
            termination=Termination.COMPLETED,
            reason="the memory of the edge is full",
            info=info,
        )
    plan = flow_shop_plan(shop, stream.cut, stream.times)
    return Outcome(plan=plan, status=SolutionStatus.FEASIBLE, termination=Termination.COMPLETED, info=info)


@dataclass(frozen=True, slots=True, kw_only=True)
class DlpdtsParams(MethodParams):
    """Parameters of `dlpdts`.

    Parameters
    ----------
    backlog : {"present", "committed"}
        What of earlier tasks counts in the queues of uplink and cloud: what is there already, or also what is still on
        its way there.
    pareto : bool
        Whether dominated cuts are left out beforehand.
    """

    backlog: Literal["present", "committed"] = "committed"
    pareto: bool = True

    def __post_init__(self) -> None:
        if self.backlog not in ("present", "committed"):
            raise InputError("parameter backlog", "must be present or committed", self.backlog)


@register("dlpdts", kind="rule", deterministic=True, citation="DLPDTS, MSN 2022: our reconstruction from its abstract")
class Dlpdts:
    """Every task is cut on arrival where its response is expected to be the least, given the queues; our reconstruction.

    It decides without knowing what arrives later; the plan is what it did.
    """

    Params: ClassVar[type[MethodParams]] = DlpdtsParams
    families: ClassVar[frozenset[str]] = frozenset({"schedule"})

    def __init__(self, params: DlpdtsParams | None = None) -> None:
        self.params = params or DlpdtsParams()

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline other objectives than the mean response, and what is no flow shop."""
        return _decline(problem)

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Let the tasks arrive."""
        shop = open_shop(problem)
        rows = cuts_of(shop) if self.params.pareto else [np.arange(len(one.cut)) for one in shop.classes]
        stream = run_stream(shop, rows, committed=self.params.backlog == "committed")
        done = stream.complete
        info = {
            "cuts_kept": sum(map(len, rows)),
            "expected_response_s": float((stream.expected_s - shop.release).mean()) if done else None,
        }
        return _outcome(shop, stream, info)


StaticRule = Literal["edge", "cloud", "alone", "best"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticCutParams(MethodParams):
    """Parameters of `static-cut`.

    Parameters
    ----------
    rule : {"edge", "cloud", "alone", "best"}
        All on the edge, all in the cloud, of every network the cut that is best for one task alone, or the cuts of least
        mean response, found by letting the whole stream arrive under each.
    """

    rule: StaticRule = "best"

    def __post_init__(self) -> None:
        if self.rule not in get_args(StaticRule):
            raise InputError("parameter rule", f"must be one of {', '.join(get_args(StaticRule))}", self.rule)


@register("static-cut", kind="rule", deterministic=True)
class StaticCut:
    """One cut a network for all its tasks, first come, first served: edge, cloud, the best alone, or the best of all.

    The publication does not name its baselines; these are ours, beside our reconstruction of `dlpdts`.
    """

    Params: ClassVar[type[MethodParams]] = StaticCutParams
    families: ClassVar[frozenset[str]] = frozenset({"schedule"})

    def __init__(self, params: StaticCutParams | None = None) -> None:
        self.params = params or StaticCutParams()

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline what `dlpdts` declines, and too many cuts to try all."""
        reason = _decline(problem)
        if reason is None and self.params.rule == "best":
            number = prod(len(rows) for rows in _static_cuts(open_shop(problem)))
            return f"{number:,} combinations of cuts are too many to try" if number > _MOST_STATIC else None
        return reason

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Let the tasks arrive under one cut, or under all of them by turns."""
        shop = open_shop(problem)
        best: Stream | None = None
        for chosen in self._choices(shop):
            stream = run_stream(shop, [np.array([row]) for row in chosen], fixed=True)
            if best is None or _mean_end(stream) < _mean_end(best):
                best = stream
            if trace.left(budget) <= 0:
                break
        assert best is not None
        cuts = [int(one.cut[best.cut[one.tasks[0]]]) for one in shop.classes]
        return _outcome(shop, best, {"cuts": cuts})

    def _choices(self, shop: FlowShop) -> Any:
        """Return the rows of cuts, one a class, that are tried."""
        if self.params.rule == "best":
            return product(*_static_cuts(shop))
        rows = {
            "edge": [len(one.cut) - 1 for one in shop.classes],
            "cloud": [0 for _ in shop.classes],
            "alone": [int(np.argmin(one.device_s + one.upload_s + one.server_s)) for one in shop.classes],
        }
        return [rows[self.params.rule]]


def _static_cuts(shop: FlowShop) -> list[list[int]]:
    """Return of every class the rows that no other dominates, and the extremes."""
    return [
        sorted({0, len(one.cut) - 1, *rows.tolist()}) for one, rows in zip(shop.classes, cuts_of(shop), strict=True)
    ]


def _mean_end(stream: Stream) -> float:
    return float(stream.times.end_s.mean()) if stream.complete else np.inf
