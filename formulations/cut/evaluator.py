"""The batched evaluator of the family `cut`: many placements of one case at once, priced as the referee does."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from formulations.cut.case import CutCase
from instances.columns import Array, BoolArray, FloatArray, IntArray

__all__ = ["LIMIT_TOLERANCE", "Evaluated", "evaluate_levels", "monotone_levels"]

LIMIT_TOLERANCE = 1e-9
"""Relative amount by which a limit may be passed, as with the referee."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evaluated:
    """What each placement costs.

    Parameters
    ----------
    value : array, shape (n_placements,)
        The objective; ``inf`` where a tensor finds no way, or one down without excursions, and where
        a layer may not run.
    measures : array, shape (5, n_placements)
        As in `formulations.cut.case.MEASURES`.
    bottleneck_s : array, shape (n_placements,)
        Seconds of the busiest stage.
    feasible : bool array, shape (n_placements,)
        Whether the value is finite and every rule and limit is kept.
    """

    value: FloatArray
    measures: FloatArray
    bottleneck_s: FloatArray
    feasible: BoolArray

    def best(self) -> int | None:
        """Return the cheapest feasible placement, None where there is none."""
        if not self.feasible.any():
            return None
        return int(np.argmin(np.where(self.feasible, self.value, np.inf)))


def evaluate_levels(case: CutCase, level: Array) -> Evaluated:
    """Price the placements `level`, shape (n_placements, n_layers): the level of every layer of the case."""
    level = np.atleast_2d(np.asarray(level, dtype=np.int64))
    columns = np.arange(case.n_layers)
    measures = case.layer[:, level, columns].sum(axis=2)
    stages = case.stage_layer[:, level, columns].sum(axis=2)
    possible = case.allowed[level, columns].all(axis=1)
    for unit in range(len(case.unit_pairs)):
        used = _users(case, case.unit_pairs[unit], level)
        size, count = used @ case.tensor_bytes, used.sum(axis=1)
        measures += case.unit_rate[:, unit, None] * size + case.unit_fixed[:, unit, None] * count
        stages += case.stage_unit[:, unit, None] * size
    if len(case.edges):
        a, b = level[:, case.edges[:, 0]], level[:, case.edges[:, 1]]
        possible &= case.way_known[a, b].all(axis=1)
        possible &= case.excursions | ~(b < a).any(axis=1)
    bottleneck = stages.max(axis=0)
    value = case.weights @ measures + case.bottleneck_weight * bottleneck + case.constant
    return Evaluated(
        value=np.where(possible, value, np.inf),
        measures=measures,
        bottleneck_s=bottleneck,
        feasible=possible & _within(case, level, measures, bottleneck),
    )


def monotone_levels(case: CutCase, most: int) -> IntArray | None:
    """Return every placement in which no tensor goes down (any placement with excursions), None beyond `most` rows."""
    rows = np.zeros((1, 1), dtype=np.int64)
    for layer in range(1, case.n_layers):
        before = case.edges[case.edges[:, 1] == layer, 0]
        least = np.zeros(len(rows), dtype=np.int64) if case.excursions else rows[:, before].max(axis=1)
        parts = [
            np.column_stack([rows[least <= one], np.full(int((least <= one).sum()), one)])
            for one in range(case.n_levels)
        ]
        if sum(map(len, parts)) > most:
            return None
        rows = np.concatenate(parts)
    return rows


def _users(case: CutCase, pairs: BoolArray, level: IntArray) -> BoolArray:
    """Return which tensors use a unit, shape (n_placements, n_layers)."""
    used = np.zeros(level.shape, dtype=bool)
    for a, b in case.edges.tolist():
        used[:, a] |= pairs[level[:, a], level[:, b]]
    return used


def _within(case: CutCase, level: IntArray, measures: FloatArray, bottleneck: FloatArray) -> BoolArray:
    """Return which placements keep every limit."""
    options, slack = case.problem.options, 1 + LIMIT_TOLERANCE
    good = np.ones(len(level), dtype=bool)
    for measure, limit in case.limits:
        good &= measures[measure] <= limit * slack
    if options.bottleneck_limit_s is not None:
        good &= bottleneck <= options.bottleneck_limit_s * slack
    if options.provider_operations_limit is not None:
        good &= (level > 0) @ case.operations <= options.provider_operations_limit * slack
    for one in np.flatnonzero(case.memory_binds).tolist():
        good &= (level == one) @ case.memory_bytes <= case.memory_limit[one] * slack
    return good
