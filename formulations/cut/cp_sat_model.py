"""The exact model of the family `cut` as a constraint model in CP-SAT: whole numbers and implications.

Equations as in `formulations.cut.pyomo_model`, in whole numbers: a model unit is `scale` integer units,
and every coefficient is rounded down, so that the integer optimum, divided by `scale`, stays below the
true one; limits are rounded up, so that no plan is lost. (K3) and (K4) are clauses:

    (C3)  x_av and x_bw  =>  y_uv        for every flow v -> w and every pair (a, b) of unit u
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any, TypeAlias

import numpy as np
from ortools.sat.python import cp_model

from formulations.cut.coefficients import CutCoefficients, LimitRow
from instances.columns import FloatArray, IntArray

__all__ = ["CpSatModel", "build"]

IntVar: TypeAlias = Any
_MOST = 2.0**34
"""Sum of the objective's largest whole numbers. With 2^40, CP-SAT 9.15 has called plans optimal that were not."""
_LIMIT_UNITS = 2.0**34
"""Whole units of a limit."""


@dataclass(slots=True, eq=False)
class CpSatModel:
    """The model and its variables: `x` by (level, layer), `y` by (unit, tensor), `t`."""

    data: CutCoefficients
    problem: cp_model.CpModel
    scale: float
    x: dict[tuple[int, int], IntVar]
    y: dict[tuple[int, int], IntVar]

    def levels(self, value: Callable[[IntVar], int]) -> IntArray:
        """Return the level of every layer, from the variables' values."""
        x = np.zeros((self.data.case.n_levels, self.data.case.n_layers))
        for place, variable in self.x.items():
            x[place] = value(variable)
        level: IntArray = np.argmax(x, axis=0)
        return level

    def forbid(self, level: IntArray) -> None:
        """Forbid the placement `level`."""
        self.problem.add_bool_or([~self.x[one, v] for v, one in enumerate(level.tolist())])

    def bound(self, objective_bound: float) -> float:
        """Return a bound on the model's integer objective in model units."""
        return objective_bound / self.scale


def build(data: CutCoefficients) -> CpSatModel:
    """Return the model."""
    case = data.case
    dearest = float(data.cost.max(axis=0).sum() + data.unit_cost[data.used].sum())
    busiest = max((_most(row) for row in data.stages), default=0.0)
    scale = _MOST / max(dearest + busiest, 1.0)
    problem = cp_model.CpModel()
    x = {(a, v): problem.new_bool_var(f"x_{a}_{v}") for a, v in np.argwhere(case.allowed).tolist()}
    y = {(u, v): problem.new_bool_var(f"y_{u}_{v}") for u, v in np.argwhere(data.used).tolist()}
    t = problem.new_int_var(0, math.ceil(busiest * scale) + 1, "t")
    model = CpSatModel(data, problem, scale, x, y)
    cost = np.array([data.cost[place] for place in x] + [data.unit_cost[place] for place in y])
    problem.minimize(cp_model.LinearExpr.weighted_sum([*x.values(), *y.values()], _down(cost, scale)) + t)
    _place(model)
    if not case.excursions:
        _rise(model)
    _pay(model)
    for v, a, w, b in data.barred:  # (K4)
        if (a, v) in x and (b, w) in x:
            problem.add_bool_or([~x[a, v], ~x[b, w]])
    for row in data.limits:  # (K5)
        problem.add(_used(model, row, _LIMIT_UNITS) <= math.ceil(row.bound * _LIMIT_UNITS))
    for row in data.stages:  # (K6)
        problem.add(_used(model, row, scale) <= t)
    return model


def _place(model: CpSatModel) -> None:
    """(K1) One level for every layer."""
    case = model.data.case
    for v in range(case.n_layers):
        model.problem.add_exactly_one(model.x[a, v] for a in range(case.n_levels) if (a, v) in model.x)


def _rise(model: CpSatModel) -> None:
    """(K2) No tensor goes to a lower level."""
    case = model.data.case
    for v, w in case.edges.tolist():
        for a in range(case.n_levels):
            if (a, v) in model.x:
                higher = [model.x[b, w] for b in range(a, case.n_levels) if (b, w) in model.x]
                model.problem.add_bool_or([~model.x[a, v], *higher])


def _pay(model: CpSatModel) -> None:
    """(C3) A tensor pays each unit that it uses."""
    for one in model.data.crossings:
        for a, b in product(one.made, one.read):
            if (a, one.tensor) in model.x and (b, one.reader) in model.x:
                model.problem.add_bool_or(
                    [~model.x[a, one.tensor], ~model.x[b, one.reader], model.y[one.unit, one.tensor]]
                )


def _used(model: CpSatModel, row: LimitRow, scale: float) -> Any:
    values = np.array([row.layer[place] for place in model.x] + [row.unit[place] for place in model.y])
    return cp_model.LinearExpr.weighted_sum([*model.x.values(), *model.y.values()], _down(values, scale))


def _most(row: LimitRow) -> float:
    return float(row.layer.max(axis=0).sum() + row.unit.sum())


def _down(values: FloatArray, scale: float) -> list[int]:
    """Return `values` times `scale`, rounded down to whole numbers."""
    whole: list[int] = np.floor(values * scale * (1.0 - 1e-15)).astype(np.int64).tolist()
    return whole
