r"""The exact model of the family `joint` in Pyomo, to be read beside the problem statement.

Variables: ``z_p`` takes option p of its task; ``q_r`` is what the sharing of resource r costs.

    (J)   min  sum_p c_p z_p + sum_r q_r
    (J1)  sum_{p in P_k} z_p = 1                            for every task k
    (J2)  sum_p m_pn z_p <= M_n                             for every limited node n
    (J3)  q_r >= sum_p phi_t(s_pr) z_p - t^2                for every r, at points t (see `tangents`)

With free shares ``q_r = (sum_p s_pr z_p)^2`` at best shares; (J3) lies below the square and
touches it, so the optimum with any points is a lower bound, and points are added where a plan is
priced too low. With equal shares ``q_r = n_r sum_p b_pr z_p`` for n_r users, which is not convex.
It is linearised exactly by binaries ``u_rn`` (resource r has n users) that split the summed cost:

    (J4)  sum_n u_rn <= 1,   sum_n n u_rn = sum_{p uses r} z_p
    (J5)  sum_n beta_rn = sum_p b_pr z_p
    (J6)  beta_rn <= B_rn u_rn                              B_rn: the most that n users can sum to
    (J7)  q_r >= sum_n n beta_rn

and (J3) holds too, since ``n sum b >= (sum sqrt b)^2``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyomo.environ as pyo

from formulations.joint.coefficients import JointCoefficients
from formulations.joint.tangents import cut_coefficients
from instances.columns import FloatArray, IntArray

__all__ = ["PyomoModel", "build"]


@dataclass(slots=True, eq=False)
class PyomoModel:
    """The model: a `ConcreteModel` with variables ``z[p]``, ``q[r]`` (``u[r,n]``, ``beta[r,n]``).

    `cuts` holds the points of (J3) of every resource row.
    """

    data: JointCoefficients
    problem: Any
    cuts: list[list[float]] = field(default_factory=list)

    def add_cut(self, row: int, point: float) -> None:
        """Add (J3) of resource row `row` at ``t = point``."""
        m, resource = self.problem, self.data.resources[row]
        load = _sum(cut_coefficients(resource.root, point), m.z, resource.options)
        m.cut.add(m.q[resource.resource] - load >= -(point**2))
        self.cuts[row].append(point)

    def forbid(self, options: IntArray) -> None:
        """Forbid that all of `options` are chosen together."""
        m = self.problem
        m.forbidden.add(sum(m.z[p] for p in options.tolist()) <= len(options) - 1)

    def choice(self, values: Mapping[str, float]) -> IntArray:
        """Return the chosen row of the table for each task, from the variables' values by name."""
        z = np.array([values[self.problem.z[p].name] for p in range(len(self.data.options))])
        return np.array([self.data.options[own[np.argmax(z[own])]] for own in self.data.task_options])

    def start(self, choice: IntArray) -> dict[str, float]:
        """Return values of the choice variables for a plan, to start a solver from."""
        chosen = np.isin(self.data.options, choice).tolist()
        return {self.problem.z[p].name: float(value) for p, value in enumerate(chosen)}


def build(data: JointCoefficients, points: Sequence[Sequence[float]]) -> PyomoModel:
    """Return the model with cuts (J3) at ``points[row]`` of every resource row."""
    m = pyo.ConcreteModel("joint")
    m.tasks = pyo.RangeSet(0, len(data.task_options) - 1)
    m.options = pyo.RangeSet(0, len(data.options) - 1)
    m.resources = pyo.Set(initialize=[row.resource for row in data.resources])
    m.z = pyo.Var(m.options, domain=pyo.Binary)
    m.q = pyo.Var(m.resources, domain=pyo.NonNegativeReals)
    cost = data.cost.tolist()
    m.objective = pyo.Objective(
        expr=sum(cost[p] * m.z[p] for p in m.options) + pyo.quicksum(m.q.values()) + data.offset, sense=pyo.minimize
    )
    _choose(m, data)
    _fit(m, data)
    if data.equal:
        _count(m, data)
        _split(m, data)
    m.cut = pyo.ConstraintList()
    m.forbidden = pyo.ConstraintList()
    model = PyomoModel(data, m, [[] for _ in data.resources])
    for row, own in enumerate(points):
        for point in own:
            model.add_cut(row, point)
    return model


def _choose(m: Any, data: JointCoefficients) -> None:
    """(J1) One option for every task."""
    m.choose = pyo.Constraint(m.tasks, rule=lambda m, k: sum(m.z[p] for p in data.task_options[k].tolist()) == 1)


def _fit(m: Any, data: JointCoefficients) -> None:
    """(J2) Memory of every node."""
    rows = {row.node: row for row in data.memory}
    m.nodes = pyo.Set(initialize=list(rows))
    m.fit = pyo.Constraint(m.nodes, rule=lambda m, n: _sum(rows[n].share, m.z, rows[n].options) <= 1)


def _count(m: Any, data: JointCoefficients) -> None:
    """(J4) The number of users of every resource."""
    rows = {row.resource: row for row in data.resources}
    m.counts = pyo.Set(initialize=[(r, n) for r, row in rows.items() for n in range(1, row.most_users + 1)])
    m.u = pyo.Var(m.counts, domain=pyo.Binary)
    m.one_count = pyo.Constraint(
        m.resources, rule=lambda m, r: sum(m.u[r, n] for n in range(1, rows[r].most_users + 1)) <= 1
    )
    m.count = pyo.Constraint(
        m.resources,
        rule=lambda m, r: (
            sum(n * m.u[r, n] for n in range(1, rows[r].most_users + 1))
            == sum(m.z[p] for p in rows[r].options.tolist())
        ),
    )


def _split(m: Any, data: JointCoefficients) -> None:
    """(J5)-(J7) The summed cost, split by the number of users."""
    rows = {row.resource: row for row in data.resources}
    m.beta = pyo.Var(m.counts, domain=pyo.NonNegativeReals)
    m.whole = pyo.Constraint(
        m.resources,
        rule=lambda m, r: (
            sum(m.beta[r, n] for n in range(1, rows[r].most_users + 1)) == _sum(rows[r].cost, m.z, rows[r].options)
        ),
    )
    m.part = pyo.Constraint(m.counts, rule=lambda m, r, n: m.beta[r, n] <= float(rows[r].most_cost[n]) * m.u[r, n])
    m.product = pyo.Constraint(
        m.resources, rule=lambda m, r: m.q[r] >= sum(n * m.beta[r, n] for n in range(1, rows[r].most_users + 1))
    )


def _sum(coefficients: FloatArray, variables: Any, index: IntArray) -> Any:
    return pyo.quicksum(c * variables[p] for c, p in zip(coefficients.tolist(), index.tolist(), strict=True))
