"""The method `min-cut`: a DAG over ordered levels by one minimum cut on the layered graph."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from formulations.cut.case import CutCase
from formulations.cut.evaluator import evaluate_levels
from solvers.contract import Budget, MethodParams, Outcome, Trace
from solvers.exact.cut.cases import CaseOptimum, CutMethodParams, decline_cases, solve_cases
from solvers.exact.cut.layered_graph import LayeredGraph, boundary_costs, decline_layered
from solvers.registry import register

__all__ = ["MinCut"]


@register(
    "min-cut",
    kind="exact",
    deterministic=True,
    citation="Hu et al., DADS, INFOCOM 2019, doi 10.1109/INFOCOM.2019.8737614 (two levels); "
    "reverse arcs, pinned input and further levels are ours",
)
class MinCut:
    """A DAG over two or more ordered levels by one minimum cut on the layered graph."""

    Params: ClassVar[type[MethodParams]] = CutMethodParams
    families: ClassVar[frozenset[str]] = frozenset({"cut"})

    def __init__(self, params: CutMethodParams | None = None) -> None:
        self.params = params or CutMethodParams()

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline excursions, the bottleneck, limits that could bind, and ways that skip levels."""
        return decline_cases(problem, decline_layered, self.params.reduction)

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Cut every case."""
        return solve_cases(problem, budget, trace, cut_case, self.params.reduction)


def cut_case(case: CutCase) -> CaseOptimum | None:
    """Return the optimum of a case that `decline_layered` does not decline."""
    graph = LayeredGraph.build(case.n_layers, case.n_levels, case.edges)
    found = graph.solve(case.cost, boundary_costs(case))
    if found is None:
        return None
    level, bound = found
    value = float(evaluate_levels(case, level).value[0])
    return CaseOptimum(level=level, value=value, bound=min(bound + case.constant, value))
