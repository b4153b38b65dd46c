"""The exact model of the family `joint` as a constraint model in CP-SAT: whole numbers and implications.

Equations as in `formulations.joint.pyomo_model`, in whole numbers: a model unit is `scale`
integer units, and every coefficient is rounded down, so that the integer optimum, divided by
`scale`, stays below the true one. The sharing of a resource costs

    (C1)  free shares:   q_r >= Y_r Y_r,   Y_r = sum_p floor(sqrt(scale) s_pr) z_p
    (C2)  equal shares:  u_rn  =>  q_r >= n sum_p floor(scale b_pr) z_p,   sum_n n u_rn = sum_p z_p

where exactly one ``u_rn`` is true. Instead of the integer square (C1), the cuts (J3) can price free
shares, added where a plan is priced too low; with (C1) or (C2) they are redundant and raise the
linear relaxation. (A product ``n_r B_r`` of integers instead of (C2) is propagated bit by bit: eight
options took minutes.)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np
from ortools.sat.python import cp_model

from formulations.joint.coefficients import JointCoefficients
from formulations.joint.tangents import cut_coefficients
from instances.columns import FloatArray, IntArray

__all__ = ["CpSatModel", "Squares", "build"]

Squares = Literal["product", "cuts"]
IntVar: TypeAlias = Any
_MEMORY_UNITS = 10**9
_MOST = 2.0**55
"""Largest whole number in the model: sums of them stay within 64 bits."""


@dataclass(slots=True, eq=False)
class CpSatModel:
    """The model and its variables: `z` chooses options, `q` is the cost of each resource row.

    `cuts` holds the points of (J3); `offset` belongs to `objective / scale`.
    """

    data: JointCoefficients
    problem: cp_model.CpModel
    scale: float
    z: list[IntVar]
    q: list[IntVar]
    cuts: list[list[float]] = field(default_factory=list)

    def add_cut(self, row: int, point: float) -> None:
        """Add (J3) of resource row `row` at ``t = point``, rounded down."""
        resource = self.data.resources[row]
        coefficients = _down(cut_coefficients(resource.root, point), self.scale)
        load = cp_model.LinearExpr.weighted_sum([self.z[p] for p in resource.options], coefficients)
        self.problem.add(self.q[row] >= load - math.ceil(point**2 * self.scale * (1 + 1e-15)))
        self.cuts[row].append(point)

    def forbid(self, options: IntArray) -> None:
        """Forbid that all of `options` are chosen together."""
        self.problem.add_bool_or([~self.z[p] for p in options.tolist()])

    def choice(self, value: Callable[[IntVar], int]) -> IntArray:
        """Return the chosen row of the table for each task, from the variables' values."""
        z = np.array([value(variable) for variable in self.z])
        return np.array([self.data.options[own[np.argmax(z[own])]] for own in self.data.task_options])

    def start(self, choice: IntArray) -> None:
        """Hint the solver at a plan."""
        self.problem.clear_hints()
        for variable, value in zip(self.z, np.isin(self.data.options, choice).tolist(), strict=True):
            self.problem.add_hint(variable, value)

    def bound(self, objective_bound: float) -> float:
        """Return a bound on the model's integer objective as one on the problem's, in model units."""
        return objective_bound / self.scale + self.data.offset


def build(
    data: JointCoefficients, points: Sequence[Sequence[float]], *, squares: Squares = "product", precision: float = 1e8
) -> CpSatModel:
    """Return the model.

    Parameters
    ----------
    data : JointCoefficients
        Numbers of the model.
    points : sequence
        Points of the cuts (J3) of every resource row.
    squares : {"product", "cuts"}
        How free shares are priced, see above; equal shares always by (C2).
    precision : float
        Wanted `scale`; less where the whole numbers would grow too large.
    """
    dearest = sum(float(data.cost[own].max()) for own in data.task_options)
    dearest += sum(_most(data, row) for row in range(len(data.resources)))
    scale = min(precision, _MOST / max(dearest, 1.0))
    problem = cp_model.CpModel()
    z = [problem.new_bool_var(f"z_{p}") for p in range(len(data.options))]
    q = [
        problem.new_int_var(0, math.floor(_most(data, i) * scale) + 1, f"q_{row.resource}")
        for i, row in enumerate(data.resources)
    ]
    model = CpSatModel(data, problem, scale, z, q, [[] for _ in q])
    problem.minimize(cp_model.LinearExpr.weighted_sum(z, _down(data.cost, scale)) + cp_model.LinearExpr.sum(q))
    _choose(model)
    _fit(model)
    if data.equal:
        _count(model)
    elif squares == "product":
        _square(model)
    for row, own in enumerate(points):
        for point in own:
            model.add_cut(row, point)
    return model


def _choose(model: CpSatModel) -> None:
    """(J1) One option for every task."""
    for own in model.data.task_options:
        model.problem.add_exactly_one(model.z[p] for p in own)


def _fit(model: CpSatModel) -> None:
    """(J2) Memory of every node, in parts of its limit."""
    for row in model.data.memory:
        parts = _down(row.share, _MEMORY_UNITS)
        held = cp_model.LinearExpr.weighted_sum([model.z[p] for p in row.options], parts)
        model.problem.add(held <= _MEMORY_UNITS + 1)


def _square(model: CpSatModel) -> None:
    """(C1) The square of every load."""
    for row, q in zip(model.data.resources, model.q, strict=True):
        roots = _down(row.root, math.sqrt(model.scale))
        most = sum(_largest(model, row.options, roots))
        load = model.problem.new_int_var(0, most, f"Y_{row.resource}")
        used = [model.z[p] for p in row.options]
        model.problem.add(load == cp_model.LinearExpr.weighted_sum(used, roots))
        square = model.problem.new_int_var(0, most * most, f"YY_{row.resource}")
        model.problem.add_multiplication_equality(square, [load, load])
        model.problem.add(q >= square)


def _count(model: CpSatModel) -> None:
    """(C2) As many times the summed cost as there are users."""
    for row, q in zip(model.data.resources, model.q, strict=True):
        used = [model.z[p] for p in row.options]
        cost = cp_model.LinearExpr.weighted_sum(used, _down(row.cost, model.scale))
        u = [model.problem.new_bool_var(f"u_{row.resource}_{n}") for n in range(row.most_users + 1)]
        model.problem.add_exactly_one(u)
        model.problem.add(cp_model.LinearExpr.weighted_sum(u, range(len(u))) == cp_model.LinearExpr.sum(used))
        for n in range(1, len(u)):
            model.problem.add(q >= n * cost).only_enforce_if(u[n])


def _largest(model: CpSatModel, options: IntArray, values: Sequence[int]) -> list[int]:
    """Return each task's largest of `values` among its `options`."""
    starts = np.array([own[0] for own in model.data.task_options])
    most: dict[int, int] = {}
    for task, value in zip((np.searchsorted(starts, options, "right") - 1).tolist(), values, strict=True):
        most[task] = max(most.get(task, 0), value)
    return list(most.values())


def _most(data: JointCoefficients, row: int) -> float:
    """Return the most that a resource can cost."""
    resource = data.resources[row]
    whole = float(resource.most_cost[-1])
    # (sum s)^2 <= n sum s^2 bounds the free shares by the equal ones
    return resource.most_users * whole


def _down(values: FloatArray, scale: float) -> list[int]:
    """Return `values` times `scale`, rounded down to whole numbers."""
    whole: list[int] = np.floor(values * scale * (1.0 - 1e-15)).astype(np.int64).tolist()
    return whole
