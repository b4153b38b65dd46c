"""The method `chain-scan`: all cuts of a chain at once (and all bandwidths with them, see `scan_bandwidths`).

A placement of a chain without excursions is a row of cuts ``c_1 <= ... <= c_{k-1}``: level l runs the
layers ``c_l < v <= c_{l+1}`` (``c_0 = -1``, ``c_k = n - 1``). Every cost is a difference of prefix sums
and a few tensors, so that one array operation prices all rows. For two levels this is the search
that Neurosurgeon does (Kang et al., ASPLOS 2017), with limits and the bottleneck besides.
"""

from __future__ import annotations

from itertools import combinations_with_replacement
from math import comb
from typing import Any, ClassVar

import numpy as np

from formulations.cut.case import CutCase
from formulations.cut.evaluator import LIMIT_TOLERANCE, Evaluated
from instances.columns import BoolArray, FloatArray, IntArray
from solvers.contract import Budget, MethodParams, Outcome, Trace
from solvers.exact.cut.cases import CaseOptimum, CutMethodParams, decline_cases, solve_cases
from solvers.registry import register

__all__ = ["ChainScan", "cut_rows", "levels_of_cuts", "scan_chain"]

_MOST_ROWS = 2_000_000


@register(
    "chain-scan",
    kind="exact",
    deterministic=True,
    citation="Kang et al., Neurosurgeon, ASPLOS 2017, doi 10.1145/3037697.3037698",
)
class ChainScan:
    """All cuts of a chain at once, for any number of levels, any objective and any limit."""

    Params: ClassVar[type[MethodParams]] = CutMethodParams
    families: ClassVar[frozenset[str]] = frozenset({"cut"})

    def __init__(self, params: CutMethodParams | None = None) -> None:
        self.params = params or CutMethodParams()

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline networks that are no chain, excursions, and too many cuts."""
        if problem.options.excursions:
            return "a scan of cuts knows no excursions"
        return decline_cases(problem, _decline, self.params.reduction)

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Price every row of cuts."""
        return solve_cases(problem, budget, trace, _best_cut, self.params.reduction)


def _decline(case: CutCase) -> str | None:
    if not case.is_chain:
        return f"network {case.problem.network.name} is no chain"
    if comb(case.n_layers + case.n_levels - 2, case.n_levels - 1) > _MOST_ROWS:
        return f"more than {_MOST_ROWS:,} rows of cuts"
    return None


def cut_rows(n_layers: int, n_levels: int) -> IntArray:
    """Return every row of cuts, shape (n_rows, n_levels + 1), with ``c_0 = -1`` and ``c_k = n_layers - 1``.

    Examples
    --------
    >>> cut_rows(3, 2).tolist()
    [[-1, 0, 2], [-1, 1, 2], [-1, 2, 2]]
    """
    if n_levels == 1:
        return np.array([[-1, n_layers - 1]])
    if n_levels == 2:
        inner = np.arange(n_layers)[:, None]
    else:
        inner = np.array(list(combinations_with_replacement(range(n_layers), n_levels - 1)), dtype=np.int64)
        inner = inner.reshape(-1, n_levels - 1)
    ends = np.full((len(inner), 1), -1), np.full((len(inner), 1), n_layers - 1)
    return np.concatenate([ends[0], inner, ends[1]], axis=1)


def levels_of_cuts(row: IntArray, n_layers: int) -> IntArray:
    """Return the level of every layer for one row of cuts."""
    return np.asarray(np.searchsorted(row[1:-1], np.arange(n_layers), side="left"), dtype=np.int64)


def scan_chain(case: CutCase, rows: IntArray) -> Evaluated:
    """Price every row of cuts of a chain.

    Returns
    -------
    Evaluated
        In the order of `rows`.
    """
    k = case.n_levels
    start, end = rows[:, :-1], rows[:, 1:]
    measures = np.zeros((5, len(rows)))
    stages = np.zeros((len(case.stage_layer), len(rows)))
    feasible = np.ones(len(rows), dtype=bool)
    whole = np.concatenate([case.layer, case.stage_layer])
    total = np.zeros((len(whole), len(rows)))
    for level in range(k):
        prefix = np.concatenate([np.zeros((len(whole), 1)), np.cumsum(whole[:, level], axis=1)], axis=1)
        total += prefix[:, end[:, level] + 1] - prefix[:, start[:, level] + 1]
        barred = np.concatenate([[0], np.cumsum(~case.allowed[level])])
        feasible &= barred[end[:, level] + 1] == barred[start[:, level] + 1]
    measures, stages = total[:5], total[5:]
    full = end > start
    for a in range(k):
        for b in range(a + 1, k):
            moves = full[:, a] & full[:, b] & ~full[:, a + 1 : b].any(axis=1)
            if not case.way_known[a, b]:
                feasible &= ~moves
                continue
            units = np.flatnonzero(case.unit_pairs[:, a, b])
            size = np.where(moves, case.tensor_bytes[end[:, a]], 0.0)
            rate, fixed = case.unit_rate[:, units].sum(axis=1), case.unit_fixed[:, units].sum(axis=1)
            measures += rate[:, None] * size + fixed[:, None] * moves
            stages += case.stage_unit[:, units].sum(axis=1)[:, None] * size
    bottleneck: FloatArray = stages.max(axis=0)
    value = case.weights @ measures + case.bottleneck_weight * bottleneck + case.constant
    return Evaluated(
        value=np.where(feasible, value, np.inf),
        measures=measures,
        bottleneck_s=bottleneck,
        feasible=feasible & _within(case, start, end, measures, bottleneck),
    )


def _best_cut(case: CutCase) -> CaseOptimum | None:
    rows = cut_rows(case.n_layers, case.n_levels)
    priced = scan_chain(case, rows)
    best = priced.best()
    if best is None:
        return None
    value = float(priced.value[best])
    return CaseOptimum(level=levels_of_cuts(rows[best], case.n_layers), value=value, bound=value)


def _within(case: CutCase, start: IntArray, end: IntArray, measures: FloatArray, bottleneck: FloatArray) -> BoolArray:
    options, slack = case.problem.options, 1 + LIMIT_TOLERANCE
    good = np.ones(len(start), dtype=bool)
    for measure, limit in case.limits:
        good &= measures[measure] <= limit * slack
    if options.bottleneck_limit_s is not None:
        good &= bottleneck <= options.bottleneck_limit_s * slack
    held = np.concatenate([[0.0], np.cumsum(case.memory_bytes)])
    work = np.concatenate([[0.0], np.cumsum(case.operations)])
    if options.provider_operations_limit is not None:
        good &= work[-1] - work[end[:, 0] + 1] <= options.provider_operations_limit * slack
    for level in np.flatnonzero(case.memory_binds).tolist():
        good &= held[end[:, level] + 1] - held[start[:, level] + 1] <= case.memory_limit[level] * slack
    return good
