"""The method `gads`: the partition state nearest to what the context demands, among the neighbours of the current one.

Wang, Guo, Liu, Liu, Wu, Yu: "Context-Aware Adaptive Surgery: A Fast and Effective Framework for Adaptative Model
Partition", IMWUT 5(3), 2021, doi 10.1145/3478073. A state is a partition with a resource vector (memory on either
side, energy on either side, latency); states form a ring in the order of their cuts, as in a public copy of the
authors' code. From the current state, states within s hops are scaled by their least and most, and a k-d tree gives the
one nearest to the context's vector.

Our reconstruction: an axis counts where the problem limits it (the limit is the target) or its objective weighs it
(the target is 0); memory is scaled too, which the copy does not; among the states in order of their distance the
first that keeps every limit is taken, for the nearest one need not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from formulations.cut.case import DEVICE_ENERGY, ENERGY, LATENCY, CutCase
from formulations.cut.cases import cases_of, too_many_cases
from formulations.cut.evaluator import evaluate_levels
from instances.columns import BoolArray, FloatArray, IntArray
from instances.errors import InputError
from solvers.contract import Budget, MethodParams, Outcome, SolutionStatus, Termination, Trace
from solvers.published.prefixes import cut_points
from solvers.registry import register

__all__ = ["AXES", "Gads", "GadsParams", "PartitionStates"]

AXES = ("memory on the device", "memory on the server", "device energy", "other energy", "latency")


@dataclass(frozen=True, slots=True, kw_only=True)
class GadsParams(MethodParams):
    """Parameters of `gads`.

    Parameters
    ----------
    start : int
        The current state: 0 runs all but the input on the server, the last all on the device.
    hops : int
        How far the search goes along the ring.
    """

    start: int = 0
    hops: int = 16

    def __post_init__(self) -> None:
        for name in ("start", "hops"):
            if getattr(self, name) < 0:
                raise InputError(f"parameter {name}", "must be >= 0", getattr(self, name))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PartitionStates:
    """The ring of partition states of a case with one of its levels as the server.

    Parameters
    ----------
    levels : int array, shape (n_states, n_layers)
        Placement of every state.
    resources : array, shape (n_states, 5)
        As in `AXES`; bytes, joules, seconds.
    value : array, shape (n_states,)
        The objective.
    feasible : bool array, shape (n_states,)
        Whether every limit is kept.
    demanded : bool array, shape (5,)
        The axes that count.
    target : array, shape (5,)
        What the context demands.
    """

    levels: IntArray
    resources: FloatArray
    value: FloatArray
    feasible: BoolArray
    demanded: BoolArray
    target: FloatArray

    @classmethod
    def of(cls, case: CutCase, level: int) -> PartitionStates:
        """Return the states with level `level` as the server."""
        levels = level * (np.arange(case.n_layers)[None, :] > cut_points(case)[:, None]).astype(np.int64)
        priced = evaluate_levels(case, levels)
        held = np.stack([(levels == side) @ case.memory_bytes for side in (0, level)])
        other = priced.measures[ENERGY] - priced.measures[DEVICE_ENERGY]
        resources = np.stack([*held, priced.measures[DEVICE_ENERGY], other, priced.measures[LATENCY]], axis=1)
        options = case.problem.options
        limits = np.array(
            [
                case.memory_limit[0],
                case.memory_limit[level],
                np.inf if options.device_energy_limit_j is None else options.device_energy_limit_j,
                np.inf,
                np.inf if options.latency_limit_s is None else options.latency_limit_s,
            ]
        )
        weighed = np.array(
            [
                False,
                False,
                options.device_energy_weight + options.energy_weight > 0,
                options.energy_weight > 0,
                options.latency_weight > 0,
            ]
        )
        limited = np.isfinite(limits)
        return cls(
            levels=levels,
            resources=resources,
            value=priced.value,
            feasible=priced.feasible,
            demanded=limited | weighed,
            target=np.where(limited, limits, 0.0),
        )

    def within(self, start: int, hops: int) -> IntArray:
        """Return the states at most `hops` from `start` along the ring, by number."""
        n = len(self.value)
        away = np.abs(np.arange(n) - min(start, n - 1))
        return np.flatnonzero(np.minimum(away, n - away) <= hops)

    def scaled(self, states: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return points of `states` and of the target on the demanded axes, scaled by least and most of the states."""
        rows = self.resources[states][:, self.demanded]
        low, spread = rows.min(axis=0), np.ptp(rows, axis=0)
        spread = np.where(spread > 0, spread, np.where(low > 0, low, 1.0))
        return (rows - low) / spread, (self.target[self.demanded] - low) / spread


@register("gads", kind="rule", deterministic=True, citation="Wang et al., CAS, IMWUT 5(3) 2021, doi 10.1145/3478073")
class Gads:
    """The state nearest to the context's demands within some hops of the current one, by a k-d tree.

    After a public copy of the authors' code. The axes that count and their targets, memory scaled like the others, and
    the check that a state keeps the limits are our reconstruction.
    """

    Params: ClassVar[type[MethodParams]] = GadsParams
    families: ClassVar[frozenset[str]] = frozenset({"cut"})

    def __init__(self, params: GadsParams | None = None) -> None:
        self.params = params or GadsParams()

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline objectives that its five axes do not have."""
        options = problem.options
        if options.price_weight > 0 or options.bottleneck_weight > 0 or options.inferences > 1:
            return "its axes are memory, energy and latency: no price and no bottleneck"
        if not (options.latency_weight or options.device_energy_weight or options.energy_weight):
            return "its axes are memory, energy and latency: the error alone is none"
        return too_many_cases(problem)

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Search the neighbours of the start in the ring of every case and server, and take the best of those found."""
        from scipy.spatial import KDTree

        best: tuple[float, CutCase, IntArray] | None = None
        info: dict[str, Any] = {}
        for case in cases_of(problem):
            for level in range(1, case.n_levels):
                states = PartitionStates.of(case, level)
                near = states.within(self.params.start, self.params.hops)
                near = near[np.isfinite(states.value[near])]
                if not len(near):
                    continue
                points, target = states.scaled(near)
                found: tuple[Any, Any] = KDTree(points, leafsize=1).query(target, k=np.arange(1, len(near) + 1))
                distance, order = found
                ranked = near[order]
                kept = np.flatnonzero(states.feasible[ranked])
                if not len(kept):
                    continue
                chosen = int(ranked[kept[0]])
                if best is None or states.value[chosen] < best[0]:
                    best = float(states.value[chosen]), case, states.levels[chosen]
                    info = {
                        "state": chosen,
                        "nearest": int(ranked[0]),
                        "distance": float(distance[0]),
                        "examined": len(near),
                        "states": len(states.value),
                    }
        if best is None:
            return Outcome(
                plan=None,
                status=SolutionStatus.NONE,
                termination=Termination.COMPLETED,
                reason="no state within the hops keeps every limit",
            )
        plan = best[1].plan(best[2])
        trace.incumbent(plan)
        return Outcome(plan=plan, status=SolutionStatus.FEASIBLE, termination=Termination.COMPLETED, info=info)
