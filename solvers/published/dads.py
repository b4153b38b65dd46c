"""The methods `dads-dsl` and `dads-dsh`: DADS in light and in heavy load.

Hu, Bao, Wang, Liu: "Dynamic Adaptive DNN Surgery for Inference Acceleration on the Edge", INFOCOM 2019,
doi 10.1109/INFOCOM.2019.8737614. Of each layer the device takes te, the cloud tc and the tensor tt; with Te, Tt, Tc
their sums over the layers on the device, the tensors that cross and the layers in the cloud

    light (ECDI-L):  min Te + Tt + Tc          one minimum cut (DSL)
    heavy (ECDI-H):  min max(Te, Tt, Tc)       NP-hard; DSH cuts with weights (alpha te, tt, gamma tc) on a grid

Because (1, 1) is in the grid, DSH's longest stage is at most three times the optimum: max <= sum of DSL
<= sum of the optimum <= 3 times its longest stage.

The graph as published lacks the input's pin and the arcs back (see `solvers.exact.cut.dads_graph`); both
are added here. The published grid has step 1 up to sum(te) / min(tt); that is as large as tensors are
small, so that ours is geometric: our reconstruction, like the end of the zoom.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any, ClassVar

import numpy as np

from formulations.cut.evaluator import evaluate_levels
from instances.columns import FloatArray, IntArray
from instances.errors import InputError
from solvers.contract import Budget, MethodParams, Outcome, Trace
from solvers.exact.cut.layered_graph import LayeredGraph, boundary_costs
from solvers.published.pairs import Pair, best_of_pairs, decline_pairs
from solvers.registry import register

__all__ = ["DadsDsh", "DadsDshParams", "DadsDsl", "heavy_load", "weighted_cuts"]


def heavy_load(bottleneck_s: float, frames_per_s: float) -> bool:
    """Return whether frames come faster than the longest stage lets them through, so that DADS takes DSH."""
    return bottleneck_s >= 1.0 / frames_per_s


@register(
    "dads-dsl",
    kind="rule",
    deterministic=True,
    citation="Hu et al., DADS, INFOCOM 2019, doi 10.1109/INFOCOM.2019.8737614; reverse arcs and pinned input are ours",
)
class DadsDsl:
    """DADS in light load: a minimum cut between the device and one other node, for any sum of costs.

    The arcs back and the pinned input, which the published graph lacks, are our reconstruction.
    """

    Params: ClassVar[type[MethodParams]] = MethodParams
    families: ClassVar[frozenset[str]] = frozenset({"cut"})

    def __init__(self, params: MethodParams | None = None) -> None:
        self.params = params or MethodParams()

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline the bottleneck, which is DSH's, and excursions."""
        if problem.options.bottleneck_weight > 0 or problem.options.inferences > 1:
            return "light load counts one frame's latency; take dads-dsh for the bottleneck"
        return decline_pairs(problem, by_links=True)

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Cut every pair's graph."""

        def decide(pair: Pair) -> list[Any]:
            graph = LayeredGraph.build(pair.case.n_layers, 2, pair.case.edges)
            found = graph.solve(pair.case.cost, boundary_costs(pair.case))
            return [] if found is None else [pair.plan(found[0])]

        return best_of_pairs(problem, budget, trace, decide)


@dataclass(frozen=True, slots=True, kw_only=True)
class DadsDshParams(MethodParams):
    """Parameters of `dads-dsh`.

    Parameters
    ----------
    points : int
        Values of either weight in the grid, 0 and 1 among them.
    shrink : float
        Factor K by which the step shrinks in each round around the best pair of weights.
    rounds : int
        Most rounds; 0: the grid alone.
    improvement : float
        Relative improvement below which no further round follows.
    """

    points: int = 11
    shrink: float = 4.0
    rounds: int = 6
    improvement: float = 1e-4

    def __post_init__(self) -> None:
        if self.points < 3:
            raise InputError("parameter points", "must be >= 3", self.points)
        if not self.shrink > 1:
            raise InputError("parameter shrink", "must be > 1", self.shrink)
        if self.rounds < 0:
            raise InputError("parameter rounds", "must be >= 0", self.rounds)
        if not self.improvement >= 0:
            raise InputError("parameter improvement", "must be >= 0", self.improvement)


@register(
    "dads-dsh",
    kind="rule",
    deterministic=True,
    citation="Hu et al., DADS, INFOCOM 2019, doi 10.1109/INFOCOM.2019.8737614; "
    "reverse arcs, pinned input and the geometric grid are ours",
)
class DadsDsh:
    """DADS in heavy load: minimum cuts with weighted stages on a grid, the least longest stage kept.

    The arcs back and the pinned input, which the published graph lacks, and the geometric grid in place of steps of 1
    are our reconstruction.
    """

    Params: ClassVar[type[MethodParams]] = DadsDshParams
    families: ClassVar[frozenset[str]] = frozenset({"cut"})

    def __init__(self, params: DadsDshParams | None = None) -> None:
        self.params = params or DadsDshParams()

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline problems without a bottleneck, and excursions."""
        if problem.options.bottleneck_weight == 0 and problem.options.inferences == 1:
            return "heavy load counts the longest stage, and it has no weight here; take dads-dsl"
        return decline_pairs(problem, by_links=True)

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Search the grid of every pair."""

        def decide(pair: Pair) -> list[Any]:
            found = weighted_cuts(pair, self.params)
            return [] if found is None else [pair.plan(found)]

        return best_of_pairs(problem, budget, trace, decide)


def weighted_cuts(pair: Pair, params: DadsDshParams) -> IntArray | None:
    """Return the levels with the least longest stage that cuts with weighted stages give, None where there is no cut.

    Parameters
    ----------
    pair : Pair
        Device and other node.
    params : DadsDshParams
        Of the grid and the rounds around its best point.
    """
    case = pair.case
    graph = LayeredGraph.build(case.n_layers, 2, case.edges)
    near, far = (np.where(case.allowed[i], s, np.inf) for i, s in enumerate((pair.near_s, pair.far_s)))
    move = pair.move_s
    tried: dict[tuple[float, float], tuple[float, IntArray]] = {}

    def cut(alpha: float, gamma: float) -> None:
        if (alpha, gamma) in tried:
            return
        cost = np.array([_scaled(alpha, near), _scaled(gamma, far)])
        found = graph.solve(cost, move[None, :])
        if found is not None:
            tried[alpha, gamma] = float(evaluate_levels(case, found[0]).bottleneck_s[0]), found[0]

    for alpha, gamma in product(_axis(near, move, params.points), _axis(far, move, params.points)):
        cut(alpha, gamma)
    if not tried:
        return None
    step = 1.0
    for _ in range(params.rounds):
        alpha, gamma = min(tried, key=lambda at: tried[at][0])
        before = tried[alpha, gamma][0]
        for a, g in product((alpha - step, alpha, alpha + step), (gamma - step, gamma, gamma + step)):
            if a >= 0 and g >= 0:
                cut(a, g)
        step /= params.shrink
        after = min(value for value, _ in tried.values())
        if step < 1 / params.shrink and before - after < params.improvement * before:
            break
    return min(tried.values(), key=lambda one: one[0])[1]


def _scaled(weight: float, seconds: FloatArray) -> FloatArray:
    return np.where(np.isfinite(seconds), weight * np.where(np.isfinite(seconds), seconds, 0.0), np.inf)


def _axis(seconds: FloatArray, move: FloatArray, points: int) -> list[float]:
    """Return the values of a weight: 0, 1, and up to sum of seconds / least transfer."""
    moves = move[move > 0]
    total = float(seconds[np.isfinite(seconds)].sum())
    most = max(total / float(moves.min()), 2.0) if len(moves) else 2.0
    return [0.0, 1.0, *np.geomspace(1.0, most, points - 1)[1:].tolist()]
