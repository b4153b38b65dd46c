r"""The exact model of the family `cut` in Pyomo, to be read beside the problem statement.

For one case (version and helpers chosen): ``x_lv`` runs layer v on level l; ``y_uv`` has the tensor of v
pay unit u (a link, or a way between two levels); ``t`` is what the busiest stage costs.

    (K)   min  sum c_lv x_lv + sum g_uv y_uv + t
    (K1)  sum_l x_lv = 1                                         for every layer v
    (K2)  sum_{a <= l} x_aw <= sum_{a <= l} x_av                 for every flow v -> w and level l, without excursions
    (K3)  y_uv >= sum_{a in A} x_av + sum_{b in B} x_bw - 1      for every flow v -> w and A x B within the pairs of u
    (K4)  x_av + x_bw <= 1                                       where no way leads from level a to b
    (K5)  sum q_lv x_lv + sum q_uv y_uv <= Q                     for every limit
    (K6)  t >= sum s_lv x_lv + sum s_uv y_uv                     for every stage

Only x has to be whole. On two levels without (K5) and (K6) the matrix is that of a minimum cut, so
that the linear relaxation has the optimum (the MILP of DADS, Hu et al., INFOCOM 2019, is (K1)-(K3) there).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyomo.environ as pyo

from formulations.cut.coefficients import CutCoefficients, LimitRow
from instances.columns import IntArray

__all__ = ["PyomoModel", "build"]


@dataclass(slots=True, eq=False)
class PyomoModel:
    """The model: a `ConcreteModel` with variables ``x[l, v]``, ``y[u, v]`` and ``t``."""

    data: CutCoefficients
    problem: Any

    def levels(self, values: Mapping[str, float]) -> IntArray:
        """Return the level of every layer, from the variables' values by name."""
        m, case = self.problem, self.data.case
        x = np.zeros((case.n_levels, case.n_layers))
        for level, layer in m.places:
            x[level, layer] = values[m.x[level, layer].name]
        found: IntArray = np.argmax(x, axis=0)
        return found

    def forbid(self, level: IntArray) -> None:
        """Forbid the placement `level`."""
        m = self.problem
        m.forbidden.add(sum(m.x[one, v] for v, one in enumerate(level.tolist())) <= len(level) - 1)


def build(data: CutCoefficients) -> PyomoModel:
    """Return the model."""
    case = data.case
    m = pyo.ConcreteModel("cut")
    m.levels = pyo.RangeSet(0, case.n_levels - 1)
    m.layers = pyo.RangeSet(0, case.n_layers - 1)
    m.places = pyo.Set(initialize=[tuple(p) for p in np.argwhere(case.allowed).tolist()])
    m.payments = pyo.Set(initialize=[tuple(p) for p in np.argwhere(data.used).tolist()], dimen=2)
    m.x = pyo.Var(m.places, domain=pyo.Binary)
    m.y = pyo.Var(m.payments, bounds=(0, 1))
    m.t = pyo.Var(domain=pyo.NonNegativeReals)
    m.objective = pyo.Objective(
        expr=pyo.quicksum(float(data.cost[p]) * m.x[p] for p in m.places)
        + pyo.quicksum(float(data.unit_cost[p]) * m.y[p] for p in m.payments)
        + m.t,
        sense=pyo.minimize,
    )
    _place(m)
    if not case.excursions:
        _rise(m, data)
    _pay(m, data)
    _bar(m, data)
    _limit(m, data)
    _bottleneck(m, data)
    m.forbidden = pyo.ConstraintList()
    return PyomoModel(data, m)


def _place(m: Any) -> None:
    """(K1) One level for every layer."""
    m.place = pyo.Constraint(m.layers, rule=lambda m, v: sum(_x(m, a, v) for a in m.levels) == 1)


def _rise(m: Any, data: CutCoefficients) -> None:
    """(K2) No tensor goes to a lower level."""
    m.rise = pyo.ConstraintList()
    for v, w in data.case.edges.tolist():
        for level in range(data.case.n_levels - 1):
            upto = range(level + 1)
            m.rise.add(sum(_x(m, a, w) for a in upto) - sum(_x(m, a, v) for a in upto) <= 0)


def _pay(m: Any, data: CutCoefficients) -> None:
    """(K3) A tensor pays each unit that it uses."""
    m.pay = pyo.ConstraintList()
    for one in data.crossings:
        made = sum(_x(m, a, one.tensor) for a in one.made)
        read = sum(_x(m, b, one.reader) for b in one.read)
        m.pay.add(m.y[one.unit, one.tensor] - made - read >= -1)


def _bar(m: Any, data: CutCoefficients) -> None:
    """(K4) Tensors only go where there is a way."""
    m.bar = pyo.ConstraintList()
    for v, a, w, b in data.barred:
        if (a, v) in m.places and (b, w) in m.places:
            m.bar.add(m.x[a, v] + m.x[b, w] <= 1)


def _limit(m: Any, data: CutCoefficients) -> None:
    """(K5) Limits on latency, energy, price, bottleneck, memory and the provider's work."""
    m.limit = pyo.ConstraintList()
    for row in data.limits:
        m.limit.add(_used(m, row) - row.bound <= 0)


def _bottleneck(m: Any, data: CutCoefficients) -> None:
    """(K6) The busiest stage."""
    m.bottleneck = pyo.ConstraintList()
    for row in data.stages:
        m.bottleneck.add(_used(m, row) - m.t <= 0)


def _used(m: Any, row: LimitRow) -> Any:
    # the variable t with coefficient 0 keeps a row that has no coefficient from being a constant
    return (
        pyo.quicksum(float(row.layer[p]) * m.x[p] for p in m.places)
        + pyo.quicksum(float(row.unit[p]) * m.y[p] for p in m.payments)
        + 0.0 * m.t
    )


def _x(m: Any, level: int, layer: int) -> Any:
    return m.x[level, layer] if (level, layer) in m.places else 0.0
