"""The method `cut-enumeration`: every placement of a small network, priced by the batched evaluator."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from formulations.cut.case import CutCase
from formulations.cut.evaluator import evaluate_levels, monotone_levels
from solvers.contract import Budget, MethodParams, Outcome, Trace
from solvers.exact.cut.cases import CaseOptimum, decline_cases, solve_cases
from solvers.registry import register

__all__ = ["CutEnumeration"]

_MOST_ROWS = 1_000_000


@register("cut-enumeration", kind="exact", deterministic=True)
class CutEnumeration:
    """Every placement of a small network, one after the other; takes any objective and any limit."""

    Params: ClassVar[type[MethodParams]] = MethodParams
    families: ClassVar[frozenset[str]] = frozenset({"cut"})

    def __init__(self, params: MethodParams | None = None) -> None:
        self.params = params or MethodParams()

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline networks with too many placements."""
        return decline_cases(problem, _too_many, False)

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Price every placement."""
        return solve_cases(problem, budget, trace, best_of_all, False)


def _too_many(case: CutCase) -> str | None:
    if case.n_layers > 40 or monotone_levels(case, _MOST_ROWS) is None:
        return f"more than {_MOST_ROWS:,} placements"
    return None


def best_of_all(case: CutCase) -> CaseOptimum | None:
    """Return the cheapest feasible placement of a case."""
    rows = monotone_levels(case, _MOST_ROWS)
    assert rows is not None
    priced = evaluate_levels(case, rows)
    best = priced.best()
    if best is None:
        return None
    value = float(priced.value[best])
    return CaseOptimum(level=rows[best], value=value, bound=value)
