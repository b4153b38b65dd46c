"""The exact model of the family `cut` as a light MILP in PuLP.

Equation numbers as in `formulations.cut.pyomo_model`, whose docstring states the model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pulp

from formulations.cut.coefficients import CutCoefficients, LimitRow
from instances.columns import IntArray

__all__ = ["PulpModel", "build"]

Places = dict[tuple[int, int], pulp.LpVariable]


@dataclass(slots=True, eq=False)
class PulpModel:
    """The model and its variables: `x` by (level, layer), `y` by (unit, tensor), `t`."""

    data: CutCoefficients
    problem: pulp.LpProblem
    x: Places
    y: Places
    t: pulp.LpVariable

    def levels(self, values: Mapping[str, float]) -> IntArray:
        """Return the level of every layer, from the variables' values by name."""
        x = np.zeros((self.data.case.n_levels, self.data.case.n_layers))
        for place, variable in self.x.items():
            x[place] = values[variable.name]
        level: IntArray = np.argmax(x, axis=0)
        return level

    def forbid(self, level: IntArray) -> None:
        """Forbid the placement `level`."""
        self.problem += pulp.lpSum(self.x[one, v] for v, one in enumerate(level.tolist())) <= len(level) - 1


def build(data: CutCoefficients) -> PulpModel:
    """Return the model."""
    problem = pulp.LpProblem("cut", pulp.LpMinimize)
    x = {(a, v): problem.add_variable(f"x_{a}_{v}", cat="Binary") for a, v in np.argwhere(data.case.allowed).tolist()}
    y = {(u, v): problem.add_variable(f"y_{u}_{v}", lowBound=0, upBound=1) for u, v in np.argwhere(data.used).tolist()}
    model = PulpModel(data, problem, x, y, problem.add_variable("t", lowBound=0))
    cost = [(variable, float(data.cost[place])) for place, variable in x.items()]
    paid = [(variable, float(data.unit_cost[place])) for place, variable in y.items()]
    problem += pulp.LpAffineExpression([*cost, *paid, (model.t, 1.0)]), "K"
    _place(model)
    if not data.case.excursions:
        _rise(model)
    _pay(model)
    _bar(model)
    for row in data.limits:  # (K5)
        problem += _used(model, row) <= row.bound
    for row in data.stages:  # (K6)
        problem += _used(model, row) <= model.t
    return model


def _place(model: PulpModel) -> None:
    """(K1) One level for every layer."""
    for v in range(model.data.case.n_layers):
        model.problem += _sum(model, range(model.data.case.n_levels), v) == 1


def _rise(model: PulpModel) -> None:
    """(K2) No tensor goes to a lower level."""
    for v, w in model.data.case.edges.tolist():
        for level in range(1, model.data.case.n_levels):
            model.problem += _sum(model, range(level), w) <= _sum(model, range(level), v)


def _pay(model: PulpModel) -> None:
    """(K3) A tensor pays each unit that it uses."""
    for one in model.data.crossings:
        crossed = _sum(model, one.made, one.tensor) + _sum(model, one.read, one.reader) - 1
        model.problem += model.y[one.unit, one.tensor] >= crossed


def _bar(model: PulpModel) -> None:
    """(K4) Tensors only go where there is a way."""
    for v, a, w, b in model.data.barred:
        if (a, v) in model.x and (b, w) in model.x:
            model.problem += model.x[a, v] + model.x[b, w] <= 1


def _used(model: PulpModel, row: LimitRow) -> pulp.LpAffineExpression:
    layers = [(variable, float(row.layer[place])) for place, variable in model.x.items()]
    return pulp.LpAffineExpression([*layers, *((one, float(row.unit[p])) for p, one in model.y.items())])


def _sum(model: PulpModel, levels: range | tuple[int, ...], layer: int) -> pulp.LpAffineExpression:
    return pulp.lpSum(model.x[level, layer] for level in levels if (level, layer) in model.x)
