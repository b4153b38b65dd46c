"""The method `coinf`: single-edge cuts between a wearable and its phone, for weighted energy or a pipelined stream.

Xu, Qian, Pushp: "Enabling Cooperative Inference of Deep Learning on Wearables and Smartphones", arXiv 1712.03073, 2017
(CoINF), and Xu et al., "DeepWear: Adaptive Local Offloading for On-Wearable Deep Learning", IEEE TMC 19(2), 2020.
From memory, unverified: minimise ``W_w E_w(c) + W_p E_p(c)`` over cuts c with the latency at most a factor of a
reference; repeated sub-structures are grouped, so that only cuts of a single edge remain; a stream pays the slowest
of wearable, link and phone instead of their sum. Our reconstruction: the objective and the limits are the
problem's, whatever they are, and single-edge cuts are those behind layers that every path passes.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from formulations.cut.case import CutCase
from formulations.cut.cases import too_many_cases
from instances.columns import IntArray
from solvers.contract import Budget, MethodParams, Outcome, Trace
from solvers.published.prefixes import cut_points, search_rows, single_cut_rows
from solvers.registry import register

__all__ = ["Coinf"]


@register("coinf", kind="rule", deterministic=True, citation="Xu, Qian, Pushp, CoINF, 2017, arXiv 1712.03073")
class Coinf:
    """Every single-edge cut between device and helper, the best one taken; the model is from memory, unverified.

    What CoINF and DeepWear minimise, under which limits, and that sub-structures are grouped until cuts of a single
    edge remain is from memory, unverified. That objective and limits are the problem's is our reconstruction.
    """

    Params: ClassVar[type[MethodParams]] = MethodParams
    families: ClassVar[frozenset[str]] = frozenset({"cut"})

    def __init__(self, params: MethodParams | None = None) -> None:
        self.params = params or MethodParams()

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline too many choices of version and helpers."""
        return too_many_cases(problem)

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Price every cut behind a layer that all paths pass."""
        return search_rows(problem, trace, _rows, "single-edge cut")


def _rows(case: CutCase) -> IntArray:
    return single_cut_rows(case, cut_points(case))
