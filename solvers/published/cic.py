"""The method `cic`: a minimum cut on a graph that was shrunk once for all bandwidths.

Yang R., Li Y., He H., Zhang W.: CIC, IJCNN 2022, doi 10.1109/ijcnn55064.2022.9892582. The abstract says that the graph is
reduced offline, from the network and the machines' speeds alone, and cut online when the bandwidth is known. By
which rules is not public: those of `solvers.exact.cut.reduction`, with their proof, are our reconstruction.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from formulations.cut.case import CutCase
from instances.columns import IntArray
from solvers.contract import Budget, MethodParams, Outcome, Trace
from solvers.exact.cut.chain_scan import cut_rows, levels_of_cuts, scan_chain
from solvers.exact.cut.layered_graph import LayeredGraph, boundary_costs, decline_layered
from solvers.exact.cut.reduction import reduced
from solvers.published.pairs import Pair, best_of_pairs, decline_pairs, pairs_of
from solvers.registry import register

__all__ = ["Cic", "cut_survivors"]


@register(
    "cic",
    kind="rule",
    deterministic=True,
    citation="Yang et al., CIC, IJCNN 2022, doi 10.1109/ijcnn55064.2022.9892582; the rules of the reduction are ours",
)
class Cic:
    """CIC: the graph shrunk for all bandwidths, then a scan where a chain is left, else a minimum cut.

    The rules by which the graph shrinks are our reconstruction.
    """

    Params: ClassVar[type[MethodParams]] = MethodParams
    families: ClassVar[frozenset[str]] = frozenset({"cut"})

    def __init__(self, params: MethodParams | None = None) -> None:
        self.params = params or MethodParams()

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline what is no sum of layers' and tensors' costs."""
        reason = decline_pairs(problem, by_links=True)
        if reason is not None:
            return reason
        return next((why for pair in pairs_of(problem) if (why := decline_layered(pair.case)) is not None), None)

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Shrink and cut every pair's graph."""

        def decide(pair: Pair) -> list[Any]:
            small = reduced(pair.case)
            level = cut_survivors(small)
            return [] if level is None else [pair.plan(level, small)]

        return best_of_pairs(problem, budget, trace, decide)


def cut_survivors(case: CutCase) -> IntArray | None:
    """Return the best levels of a reduced case of two levels: what is left to do once the bandwidth is known."""
    if case.is_chain:
        rows = cut_rows(case.n_layers, 2)
        best = scan_chain(case, rows).best()
        return None if best is None else levels_of_cuts(rows[best], case.n_layers)
    found = LayeredGraph.build(case.n_layers, 2, case.edges).solve(case.cost, boundary_costs(case))
    return None if found is None else found[0]
