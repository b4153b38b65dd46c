"""The methods `tier-dp` and `excursion-path`: a chain as a shortest path over (layer, level).

    f(v, l) = c_lv + min_a [ f(v - 1, a) + move(v - 1, a, l) ]

with ``move`` the price of the tensor of v - 1 from level a to l. Without excursions a <= l.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from formulations.cut.case import CutCase
from formulations.cut.evaluator import evaluate_levels
from instances.columns import FloatArray
from solvers.contract import Budget, MethodParams, Outcome, Trace
from solvers.exact.cut.cases import CaseOptimum, CutMethodParams, decline_cases, solve_cases
from solvers.registry import register

__all__ = ["ExcursionPath", "TierDp", "chain_path"]


class _ChainPath:
    Params: ClassVar[type[MethodParams]] = CutMethodParams
    families: ClassVar[frozenset[str]] = frozenset({"cut"})

    def __init__(self, params: CutMethodParams | None = None) -> None:
        self.params = params or CutMethodParams()

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline networks that are no chain, the bottleneck, and limits that could bind."""
        return decline_cases(problem, _decline, self.params.reduction)

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Find the shortest path of every case."""
        return solve_cases(problem, budget, trace, chain_path, self.params.reduction)


@register("tier-dp", kind="exact", deterministic=True)
class TierDp(_ChainPath):
    """A chain over any number of ordered levels by dynamic programming, level by level and layer by layer."""

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline excursions, and what `excursion-path` declines."""
        if problem.options.excursions:
            return "levels only rise here; take excursion-path"
        return _ChainPath.decline(self, problem, budget)


@register(
    "excursion-path",
    kind="exact",
    deterministic=True,
    citation="Jeong et al., IONN, SoCC 2018, doi 10.1145/3267809.3267828",
)
class ExcursionPath(_ChainPath):
    """A chain whose layers may return to lower levels, as a shortest path over (layer, level)."""


def _decline(case: CutCase) -> str | None:
    if not case.is_chain:
        return f"network {case.problem.network.name} is no chain"
    if case.bottleneck_weight > 0:
        return "the bottleneck is a maximum, not a sum along a path"
    return f"there is {case.side_constraint}" if case.side_constraint is not None else None


def chain_path(case: CutCase) -> CaseOptimum | None:
    """Return the optimum of a chain with a sum of costs."""
    k, n = case.n_levels, case.n_layers
    move = np.einsum("uab,un->nab", case.unit_pairs.astype(np.float64), case.unit_cost)
    barred = ~case.way_known if case.excursions else ~case.way_known | np.tri(k, k=-1, dtype=bool)
    move[:, barred] = np.inf
    came = np.zeros((n, k), dtype=np.int64)
    best: FloatArray = case.cost[:, 0]
    for v in range(1, n):
        through = best[:, None] + move[v - 1]
        came[v] = through.argmin(axis=0)
        best = through[came[v], np.arange(k)] + case.cost[:, v]
    level = np.zeros(n, dtype=np.int64)
    level[-1] = int(best.argmin())
    if not np.isfinite(best[level[-1]]):
        return None
    for v in range(n - 1, 0, -1):
        level[v - 1] = came[v, level[v]]
    value = float(evaluate_levels(case, level).value[0])
    return CaseOptimum(level=level, value=value, bound=min(float(best.min()) + case.constant, value))
