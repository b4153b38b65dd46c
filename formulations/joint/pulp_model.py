"""The exact model of the family `joint` as a light MILP in PuLP.

Equation numbers as in `formulations.joint.pyomo_model`, whose docstring states the model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pulp

from formulations.joint.coefficients import JointCoefficients
from formulations.joint.tangents import cut_coefficients
from instances.columns import FloatArray, IntArray

__all__ = ["PulpModel", "build"]


@dataclass(slots=True, eq=False)
class PulpModel:
    """The model and its variables.

    `z` chooses options, `q` is the cost of each resource row, `cuts` holds the points of (J3).
    """

    data: JointCoefficients
    problem: pulp.LpProblem
    z: list[pulp.LpVariable]
    q: list[pulp.LpVariable]
    cuts: list[list[float]] = field(default_factory=list)

    def add_cut(self, row: int, point: float) -> None:
        """Add (J3) of resource row `row` at ``t = point``."""
        resource = self.data.resources[row]
        self.problem += (
            self.q[row]
            >= _sum(cut_coefficients(resource.root, point), [self.z[p] for p in resource.options]) - point**2
        )
        self.cuts[row].append(point)

    def forbid(self, options: IntArray) -> None:
        """Forbid that all of `options` are chosen together."""
        self.problem += pulp.lpSum(self.z[p] for p in options) <= len(options) - 1

    def choice(self, values: Mapping[str, float]) -> IntArray:
        """Return the chosen row of the table for each task, from the variables' values by name."""
        z = np.array([values[variable.name] for variable in self.z])
        return np.array([self.data.options[own[np.argmax(z[own])]] for own in self.data.task_options])

    def start(self, choice: IntArray) -> dict[str, float]:
        """Return values of the choice variables for a plan, to start a solver from."""
        chosen = np.isin(self.data.options, choice)
        return {variable.name: float(value) for variable, value in zip(self.z, chosen, strict=True)}


def build(data: JointCoefficients, points: Sequence[Sequence[float]]) -> PulpModel:
    """Return the model with cuts (J3) at ``points[row]`` of every resource row."""
    problem = pulp.LpProblem("joint", pulp.LpMinimize)
    z = [problem.add_variable(f"z_{p}", cat="Binary") for p in range(len(data.options))]
    q = [problem.add_variable(f"q_{row.resource}", lowBound=0) for row in data.resources]
    model = PulpModel(data, problem, z, q, [[] for _ in q])
    problem += _sum(data.cost, z) + pulp.lpSum(q) + data.offset, "J"
    _choose(model)
    _fit(model)
    if data.equal:
        _count(model)
    for row, own in enumerate(points):
        for point in own:
            model.add_cut(row, point)
    return model


def _choose(model: PulpModel) -> None:
    """(J1) One option for every task."""
    for own in model.data.task_options:
        model.problem += pulp.lpSum(model.z[p] for p in own) == 1


def _fit(model: PulpModel) -> None:
    """(J2) Memory of every node."""
    for row in model.data.memory:
        model.problem += _sum(row.share, [model.z[p] for p in row.options]) <= 1


def _count(model: PulpModel) -> None:
    """(J4)-(J7) Equal shares: the number of users as binaries u, the summed cost split by it."""
    for row, q in zip(model.data.resources, model.q, strict=True):
        counts = range(1, row.most_users + 1)
        used = [model.z[p] for p in row.options]
        u = [model.problem.add_variable(f"u_{row.resource}_{n}", cat="Binary") for n in counts]
        beta = [model.problem.add_variable(f"beta_{row.resource}_{n}", lowBound=0) for n in counts]
        model.problem += pulp.lpSum(u) <= 1
        model.problem += pulp.lpSum(n * u_n for n, u_n in zip(counts, u, strict=True)) == pulp.lpSum(used)
        model.problem += pulp.lpSum(beta) == _sum(row.cost, used)
        for n in counts:
            model.problem += beta[n - 1] <= float(row.most_cost[n]) * u[n - 1]
        model.problem += q >= pulp.lpSum(n * part for n, part in zip(counts, beta, strict=True))


def _sum(coefficients: FloatArray, variables: Sequence[pulp.LpVariable]) -> pulp.LpAffineExpression:
    return pulp.LpAffineExpression(list(zip(variables, coefficients.tolist(), strict=True)))
