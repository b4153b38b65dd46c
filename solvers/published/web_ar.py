"""The method `web-ar`: nested cuts over browser, edge and cloud, all of them tried.

Ren, Qiao, Huang, Liu, Dustdar, Chen: "Edge-Assisted Distributed DNN Collaborative Computing Approach for Mobile Web
Augmented Reality in 5G Networks", IEEE Network 34(2), 2020, doi 10.1109/MNET.011.1900305: as much as possible runs in
the browser, to spare the provider, while the response stays under a threshold. Our reconstruction: layers up to l1 run
in the browser, up to l2 on the edge, the rest in the cloud, and all pairs l1 <= l2 behind layers that every
path passes are tried; the objective (what the provider pays) and the threshold are the problem's. The scheduling of the edge
among users, which the article has too, is not part of it.
"""

from __future__ import annotations

from math import comb
from typing import Any, ClassVar

import numpy as np

from formulations.cut.case import CutCase
from formulations.cut.cases import cases_of, too_many_cases
from formulations.cut.problem import CutProblem
from instances.columns import IntArray
from solvers.contract import Budget, MethodParams, Outcome, Trace
from solvers.published.prefixes import cut_points, nested_rows, search_rows
from solvers.registry import register

__all__ = ["WebAr"]

_MOST_ROWS = 200_000


@register(
    "web-ar",
    kind="rule",
    deterministic=True,
    citation="Ren et al., IEEE Network 34(2), 2020, doi 10.1109/MNET.011.1900305",
)
class WebAr:
    """All nested single-edge cuts over the levels, the best one taken; the model is our reconstruction.

    The article's idea is to spare the provider while the response stays under a threshold. Its model and the search by
    trying all pairs of cuts are our reconstruction; objective and limits are the problem's.
    """

    Params: ClassVar[type[MethodParams]] = MethodParams
    families: ClassVar[frozenset[str]] = frozenset({"cut"})

    def __init__(self, params: MethodParams | None = None) -> None:
        self.params = params or MethodParams()

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline too many cuts, and too many choices of version and helpers."""
        return too_many_cases(problem) or _too_many(problem)

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Price every nested cut."""
        return search_rows(problem, trace, _rows, "nested cut")


def _rows(case: CutCase) -> IntArray:
    return nested_rows(case, cut_points(case))


def _too_many(problem: CutProblem) -> str | None:
    rows = sum(comb(len(cut_points(case)) + case.n_levels - 2, case.n_levels - 1) for case in cases_of(problem))
    return f"more than {_MOST_ROWS:,} nested cuts" if rows > _MOST_ROWS else None
