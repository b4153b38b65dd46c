"""The method `clio`: the most accurate slice of a cut tensor that arrives before the deadline.

Huang, Samplawski, Ganesan, Marlin, Kwon: "CLIO: Enabling Automatic Compilation of Deep Learning Pipelines Across IoT and
Cloud", MobiCom 2020, doi 10.1145/3372224.3419215. A network is trained so that any of some nested widths of its cut
tensor (the first w channels) yields an answer; at run time the cut, the compression and the width are chosen,

    max A(s, r, w)  subject to  t_{s,r} + w b_s / B + t^cloud_{s,w} <= D  and limits on energy and memory.

Our reconstruction: widths and compressions are versions of the network (their tensors are a share of the full ones),
a version is as accurate at one cut as at another, and of equally accurate choices the cheapest is taken.
"""

from __future__ import annotations

from itertools import groupby
from typing import Any, ClassVar

import numpy as np

from formulations.cut.case import CutCase
from formulations.cut.cases import cases_of, too_many_cases
from formulations.cut.evaluator import evaluate_levels
from formulations.versions import versions_of
from instances.columns import IntArray
from solvers.contract import Budget, MethodParams, Outcome, SolutionStatus, Termination, Trace
from solvers.published.prefixes import cut_points, single_cut_rows
from solvers.registry import register

__all__ = ["Clio"]


@register(
    "clio", kind="rule", deterministic=True, citation="Huang et al., CLIO, MobiCom 2020, doi 10.1145/3372224.3419215"
)
class Clio:
    """The most accurate version that has a cut within all limits, and its cheapest cut.

    Widths and compressions as versions of the network, each as accurate at one cut as at another, are our
    reconstruction.
    """

    Params: ClassVar[type[MethodParams]] = MethodParams
    families: ClassVar[frozenset[str]] = frozenset({"cut"})

    def __init__(self, params: MethodParams | None = None) -> None:
        self.params = params or MethodParams()

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline too many choices of version and helpers."""
        return too_many_cases(problem)

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Try the versions from the most accurate one down."""
        accuracy = [-1.0 if np.isnan(one.accuracy) else one.accuracy for one in versions_of(problem.network)]
        cases = sorted(cases_of(problem), key=lambda case: -accuracy[case.version])
        tried = 0
        for _, equals in groupby(cases, key=lambda case: accuracy[case.version]):
            best: tuple[float, CutCase, IntArray] | None = None
            for case in equals:
                rows = single_cut_rows(case, cut_points(case))
                tried += len(rows)
                priced = evaluate_levels(case, rows)
                chosen = priced.best()
                if chosen is not None and (best is None or priced.value[chosen] < best[0]):
                    best = float(priced.value[chosen]), case, rows[chosen]
            if best is not None:
                plan = best[1].plan(best[2])
                trace.incumbent(plan)
                return Outcome(
                    plan=plan,
                    status=SolutionStatus.FEASIBLE,
                    termination=Termination.COMPLETED,
                    info={"placements": tried},
                )
        return Outcome(
            plan=None,
            status=SolutionStatus.NONE,
            termination=Termination.COMPLETED,
            reason="no version has a cut within all limits",
            info={"placements": tried},
        )
