"""The numbers of the mathematical models of the family `cut`, scaled: what Pyomo, PuLP and CP-SAT read of a case."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from formulations.cut.case import MEASURES, CutCase
from formulations.cut.evaluator import LIMIT_TOLERANCE, evaluate_levels
from instances.columns import BoolArray, FloatArray

__all__ = ["Crossing", "CutCoefficients", "LimitRow", "coefficients_of"]

_WANTED = 1000.0
"""The objective of running all on the device, in model units: solvers' tolerances are absolute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """Tensor `tensor` uses `unit` where it is made on a level of `made` and `reader` reads it on one of `read`."""

    unit: int
    tensor: int
    reader: int
    made: tuple[int, ...]
    read: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LimitRow:
    """``sum layer[l, v] x_lv + sum unit[u, v] y_uv <= bound``; `bound` is 1 unless the limit is 0."""

    name: str
    layer: FloatArray
    unit: FloatArray
    bound: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CutCoefficients:
    """A case in model units.

    Parameters
    ----------
    case : CutCase
        What it is of.
    scale : float
        One model unit in units of the objective.
    cost, unit_cost : arrays, shapes (k, n) and (n_units, n)
        Of layers (0 where they may not run) and of tensors.
    stages : tuple of LimitRow
        Busy time of each stage, weighted as in the objective (`bound` is not used); empty without the bottleneck.
    limits : tuple of LimitRow
        The limits that could bind.
    crossings : tuple of Crossing
        When units are used.
    barred : tuple of (int, int, int, int)
        (v, a, w, b): no way for the tensor of v from level a to w on level b.
    used : bool array, shape (n_units, n)
        Which (unit, tensor) occur in `crossings`.
    """

    case: CutCase
    scale: float
    cost: FloatArray
    unit_cost: FloatArray
    stages: tuple[LimitRow, ...]
    limits: tuple[LimitRow, ...]
    crossings: tuple[Crossing, ...]
    barred: tuple[tuple[int, int, int, int], ...]
    used: BoolArray


def coefficients_of(case: CutCase, expected: float | None = None) -> CutCoefficients:
    """Return the numbers of the models of `case`.

    Parameters
    ----------
    case : CutCase
        A case that may run on its device.
    expected : float, optional
        About the optimum, without the case's constant; absent: that of running all on the device.
    """
    if expected is None:
        local = evaluate_levels(case, np.zeros((1, case.n_layers), dtype=np.int64))
        expected = float(local.value[0]) - case.constant
    scale = expected / _WANTED if 0 < expected < np.inf else 1.0
    cost = np.where(case.allowed, case.cost, 0.0) / scale
    crossings = tuple(_crossings(case))
    used = np.zeros(case.unit_cost.shape, dtype=bool)
    for one in crossings:
        used[one.unit, one.tensor] = True
    busy = case.stage_unit[:, :, None] * case.tensor_bytes
    weight = case.bottleneck_weight / scale
    stages = tuple(
        LimitRow(name=f"stage {s}", layer=weight * case.stage_layer[s], unit=weight * busy[s], bound=0.0)
        for s in range(len(case.stage_layer))
        if weight > 0
    )
    return CutCoefficients(
        case=case,
        scale=scale,
        cost=cost,
        unit_cost=case.unit_cost / scale,
        stages=stages,
        limits=tuple(_limits(case, busy)),
        crossings=crossings,
        barred=tuple(_barred(case)),
        used=used,
    )


def _crossings(case: CutCase) -> list[Crossing]:
    """Cover the pairs of levels of every unit by rectangles (made, read): fewer and tighter rows than pairs."""
    found = []
    for unit, pairs in enumerate(case.unit_pairs):
        rectangles = set()
        for a in np.flatnonzero(pairs.any(axis=1)).tolist():
            read = pairs[a]
            made = pairs[:, read].all(axis=1)
            rectangles.add((tuple(np.flatnonzero(made).tolist()), tuple(np.flatnonzero(read).tolist())))
        for made, readers in sorted(rectangles):
            found += [Crossing(unit=unit, tensor=v, reader=w, made=made, read=readers) for v, w in case.edges.tolist()]
    return found


def _barred(case: CutCase) -> list[tuple[int, int, int, int]]:
    k = case.n_levels
    pairs = [(a, b) for a in range(k) for b in range(k) if not case.way_known[a, b] and (a < b or case.excursions)]
    return [(v, a, w, b) for v, w in case.edges.tolist() for a, b in pairs]


def _limits(case: CutCase, busy: FloatArray) -> list[LimitRow]:
    options = case.problem.options
    none = np.zeros(case.unit_cost.shape)
    rows = [
        _row(
            MEASURES[measure],
            case.layer[measure],
            case.unit_rate[measure][:, None] * case.tensor_bytes + case.unit_fixed[measure][:, None],
            limit,
        )
        for measure, limit in case.limits
    ]
    if options.bottleneck_limit_s is not None:
        rows += [
            _row(f"stage {s}", case.stage_layer[s], busy[s], options.bottleneck_limit_s)
            for s in range(len(case.stage_layer))
        ]
    off = (np.arange(case.n_levels) > 0)[:, None]
    if options.provider_operations_limit is not None:
        rows.append(_row("provider", off * case.operations, none, options.provider_operations_limit))
    for level in np.flatnonzero(case.memory_binds).tolist():
        own = (np.arange(case.n_levels) == level)[:, None]
        rows.append(_row(f"memory {level}", own * case.memory_bytes, none, float(case.memory_limit[level])))
    return rows


def _row(name: str, layer: FloatArray, unit: FloatArray, limit: float) -> LimitRow:
    if limit == 0:
        return LimitRow(name=name, layer=np.sign(layer), unit=np.sign(unit), bound=0.0)
    # what is over the limit by itself cannot be used, however far it is over
    return LimitRow(
        name=name, layer=np.minimum(layer / limit, 2.0), unit=np.minimum(unit / limit, 2.0), bound=1 + LIMIT_TOLERANCE
    )
