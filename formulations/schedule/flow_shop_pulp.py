"""How many jobs of every class take every cut: the exact model of a two-stage flow shop as a MILP in PuLP.

The server's time is left out. For fixed cuts Johnson's order is optimal and depends on the cuts alone, so that types j
(a cut of a class) can be put in that order once; x_j is the number of jobs of type j, y_j whether there are any:

    (F1)  sum of x_j over the types of a class = its number of jobs n
    (F2)  x_j <= n y_j
    (F3)  T >= sum_{i<j} f_i x_i + f_j y_j + g_j x_j + sum_{i>j} g_i x_i      types with f_j <  g_j
    (F4)  T >= sum_{i<j} f_i x_i + f_j x_j + g_j y_j + sum_{i>j} g_i x_i      types with f_j >= g_j

The makespan is the longest way through the jobs, first down the device and from one job on down the uplink; within a
type it changes over at the first job (F3) or at the last (F4). Without y the rows are those of the others, so that they
may all be there. Our derivation; the number of jobs does not change the size of the model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pulp

from formulations.schedule.flow_shop import FlowShop, johnson_order, pareto
from instances.columns import FloatArray, IntArray

__all__ = ["FlowShopPulpModel", "build"]


@dataclass(slots=True, eq=False)
class FlowShopPulpModel:
    """The model and its variables.

    Parameters
    ----------
    shop : FlowShop
        What it is about.
    problem : LpProblem
        The model; its objective times `scale` is seconds.
    scale : float
        Seconds of a unit.
    owner, row : int arrays, shape (n_types,)
        Class and row of the cut of every type, in Johnson's order.
    x : list of LpVariable
        Numbers of jobs.
    """

    shop: FlowShop
    problem: pulp.LpProblem
    scale: float
    owner: IntArray
    row: IntArray
    x: list[pulp.LpVariable]

    def cuts(self, values: Mapping[str, float]) -> IntArray:
        """Return the row of every job's cut, from the variables' values by name; jobs of a class by Johnson's order."""
        cut = np.empty(self.shop.n_jobs, dtype=np.int64)
        for number, one in enumerate(self.shop.classes):
            own = np.flatnonzero(self.owner == number)
            counts = np.rint([values[self.x[j].name] for j in own.tolist()]).astype(np.int64)
            cut[one.tasks] = np.repeat(self.row[own], counts)
        return cut


def build(shop: FlowShop) -> FlowShopPulpModel:
    """Return the model of `shop`, whose jobs are released together."""
    kept = [np.flatnonzero(pareto(one.device_s, one.upload_s)) for one in shop.classes]
    owner = np.repeat(np.arange(len(kept)), [len(rows) for rows in kept])
    row = np.concatenate(kept)
    f, g = (
        np.concatenate([getattr(one, name)[rows] for one, rows in zip(shop.classes, kept, strict=True)])
        for name in ("device_s", "upload_s")
    )
    order = johnson_order(f, g)
    owner, row, f, g = owner[order], row[order], f[order], g[order]
    scale = max(_most(shop, owner, f + g), 1e-30)
    f, g = f / scale, g / scale
    problem = pulp.LpProblem("flow_shop", pulp.LpMinimize)
    makespan = problem.add_variable("T", lowBound=0)
    problem += makespan + 0.0, "C"
    x, y = [], []
    for j, number in enumerate(owner.tolist()):
        n = len(shop.classes[number].tasks)
        x.append(problem.add_variable(f"x_{j}", lowBound=0, upBound=n, cat="Integer"))
        y.append(problem.add_variable(f"y_{j}", cat="Binary"))
        problem += x[j] - n * y[j] <= 0  # (F2)
    for number, one in enumerate(shop.classes):  # (F1)
        problem += pulp.lpSum(x[j] for j in np.flatnonzero(owner == number).tolist()) == len(one.tasks)
    for j in range(len(x)):  # (F3), (F4)
        terms = [(x[i], float(f[i])) for i in range(j)] + [(x[i], float(g[i])) for i in range(j + 1, len(x))]
        one_f, one_g = (y[j], x[j]) if f[j] < g[j] else (x[j], y[j])
        problem += pulp.LpAffineExpression([*terms, (one_f, float(f[j])), (one_g, float(g[j])), (makespan, -1.0)]) <= 0
    return FlowShopPulpModel(shop, problem, scale, owner, row, x)


def _most(shop: FlowShop, owner: IntArray, seconds: FloatArray) -> float:
    """Return seconds that some plan keeps: every job by itself, one after the other."""
    return sum(len(one.tasks) * float(seconds[owner == number].min()) for number, one in enumerate(shop.classes))
