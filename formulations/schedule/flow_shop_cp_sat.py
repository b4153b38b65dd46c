"""Cuts and order of the jobs of a flow shop with the server as third stage, as constraint models in CP-SAT.

Every job is cut once and runs each of its parts without a break. Seconds are rounded down to whole units, so that a
bound on the model is one on what it stands for; the plan is timed again in seconds.

`build_positions`, least makespan of jobs that are released together, where nobody or everybody waits for the server's
one core. Then one order serves all stages (Conway, Maxwell, Miller: Theory of Scheduling, 1967, for three machines), and
jobs of a class are alike: z_pt says that type t (a cut of a class) is at position p, with f_p, g_p, h_p its seconds,

    (G1)  sum_t z_pt = 1,  sum over positions and a class's types = its number of jobs
    (G2)  e1_p = e1_{p-1} + f_p,  e2_p >= max(e1_p, e2_{p-1}) + g_p
    (G3)  one core: e3_p >= max(e2_p, e3_{p-1}) + h_p;  as many as jobs: e3_p >= e2_p + h_p
    (G4)  min C >= e3_p.

`build_intervals`, any releases, cores, makespan or mean response: x_jt says that job j takes cut t, whose parts are
optional intervals,

    (H1)  sum_t x_jt = 1
    (H2)  a part begins when the one before has ended, the first not before the release
    (H3)  no overlap (or at most as many as cores) on the device, the uplink and the server
    (H4)  min C >= e_j, or min sum_j e_j;  jobs that are alike begin in their order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from ortools.sat.python import cp_model

from formulations.schedule.flow_shop import FlowShop, JobClass, pareto
from formulations.schedule.flow_shop_plan import StageTimes, stage_times
from instances.columns import FloatArray, IntArray

__all__ = ["IntervalModel", "PositionModel", "build_intervals", "build_positions", "kept_cuts"]

_UNITS = 2**24
"""Of the horizon."""
Value = Callable[[Any], int]


@dataclass(slots=True, eq=False)
class PositionModel:
    """(G): the model, `z` by (position, type), and class and row of the cut of every type."""

    shop: FlowShop
    problem: cp_model.CpModel
    unit_s: float
    types: list[tuple[int, int]]
    z: dict[tuple[int, int], cp_model.IntVar] = field(default_factory=dict)

    def times(self, value: Value) -> tuple[IntArray, StageTimes]:
        """Return the row of every job's cut, and the earliest times in the solution's order."""
        cut = np.empty(self.shop.n_jobs, dtype=np.int64)
        waiting = [one.tasks.tolist()[::-1] for one in self.shop.classes]
        order = []
        for p in range(self.shop.n_jobs):
            owner, row = next(one for t, one in enumerate(self.types) if value(self.z[p, t]))
            order.append(waiting[owner].pop())
            cut[order[-1]] = row
        return cut, stage_times(self.shop, cut, *[np.array(order)] * 3)

    def hint(self, cut: IntArray, order: IntArray) -> None:
        """Start the search at jobs with these cuts in this order."""
        of = {one: t for t, one in enumerate(self.types)}
        for p, job in enumerate(order.tolist()):
            chosen = of.get((int(self.shop.class_of[job]), int(cut[job])))
            for t in range(len(self.types)):
                self.problem.add_hint(self.z[p, t], int(t == chosen))


@dataclass(slots=True, eq=False)
class IntervalModel:
    """(H): the model, `x` by (job, row of the cut), and the variables of the starts of all stages by job."""

    shop: FlowShop
    problem: cp_model.CpModel
    unit_s: float
    x: dict[tuple[int, int], cp_model.IntVar] = field(default_factory=dict)
    starts: list[tuple[cp_model.IntVar, cp_model.IntVar, cp_model.IntVar]] = field(default_factory=list)

    def times(self, value: Value) -> tuple[IntArray, StageTimes]:
        """Return the row of every job's cut, and the earliest times in the solution's orders."""
        cut = np.empty(self.shop.n_jobs, dtype=np.int64)
        for (job, row), variable in self.x.items():
            if value(variable):
                cut[job] = row
        at = np.array([[value(variable) for variable in each] for each in self.starts])
        orders = [np.argsort(at[:, stage], kind="stable") for stage in range(3)]
        return cut, stage_times(self.shop, cut, *orders)


def kept_cuts(one: JobClass) -> IntArray:
    """Return the rows of the cuts that no other cut dominates on all three stages."""
    return np.flatnonzero(pareto(one.device_s, one.upload_s, one.server_s))


def build_positions(shop: FlowShop, most_s: float) -> PositionModel:
    """Return (G); `most_s` is the makespan of some plan."""
    unit = most_s / _UNITS if most_s > 0 else 1.0
    types = [(i, row) for i, one in enumerate(shop.classes) for row in kept_cuts(one).tolist()]
    problem = cp_model.CpModel()
    model = PositionModel(shop, problem, unit, types)
    f, g, h = (
        _whole(np.array([getattr(shop.classes[i], name)[row] for i, row in types]), unit)
        for name in ("device_s", "upload_s", "server_s")
    )
    horizon = _UNITS + 1
    top = problem.new_int_var(0, horizon, "C")
    ends: tuple[Any, Any, Any] = (0, 0, 0)
    for p in range(shop.n_jobs):
        z = [problem.new_bool_var(f"z_{p}_{t}") for t in range(len(types))]
        model.z.update({(p, t): one for t, one in enumerate(z)})
        problem.add_exactly_one(z)  # (G1)
        e1, e2, e3 = (problem.new_int_var(0, horizon, f"e{stage}_{p}") for stage in (1, 2, 3))
        f_p, g_p, h_p = (cp_model.LinearExpr.weighted_sum(z, values) for values in (f, g, h))
        problem.add(e1 == ends[0] + f_p)  # (G2)
        problem.add(e2 >= e1 + g_p)
        problem.add(e2 >= ends[1] + g_p)
        problem.add(e3 >= e2 + h_p)  # (G3)
        if shop.server_cores == 1:
            problem.add(e3 >= ends[2] + h_p)
        problem.add(top >= e3)  # (G4)
        ends = (e1, e2, e3)
    for i, one in enumerate(shop.classes):
        own = [variable for (_, t), variable in model.z.items() if types[t][0] == i]
        problem.add(cp_model.LinearExpr.sum(own) == len(one.tasks))
    problem.minimize(top)
    return model


def build_intervals(shop: FlowShop, most_s: float, *, response: bool) -> IntervalModel:
    """Return (H), for mean response or makespan; no job of some best plan ends after `most_s`."""
    unit = most_s / _UNITS if most_s > 0 else 1.0
    problem = cp_model.CpModel()
    model = IntervalModel(shop, problem, unit)
    release = _whole(shop.release, unit)
    horizon = _UNITS + 1
    held: tuple[list[Any], list[Any], list[Any]] = ([], [], [])
    work: tuple[list[Any], list[Any], list[Any]] = ([], [], [])
    ends = []
    for job in range(shop.n_jobs):
        one = shop.classes[shop.class_of[job]]
        rows = kept_cuts(one).tolist()
        x = [problem.new_bool_var(f"x_{job}_{row}") for row in rows]
        model.x.update({(job, row): variable for row, variable in zip(rows, x, strict=True)})
        problem.add_exactly_one(x)  # (H1)
        starts = [problem.new_int_var(release[job], horizon, f"s{stage}_{job}") for stage in (1, 2, 3)]
        model.starts.append((starts[0], starts[1], starts[2]))
        end = problem.new_int_var(release[job], horizon, f"e_{job}")
        for stage, (name, following) in enumerate(
            (("device_s", starts[1]), ("upload_s", starts[2]), ("server_s", end))
        ):
            seconds = _whole(getattr(one, name)[rows], unit)
            took = cp_model.LinearExpr.weighted_sum(x, seconds)
            problem.add(following >= starts[stage] + took)  # (H2)
            work[stage].append(took)
            for variable, size in zip(x, seconds, strict=True):
                if size:
                    held[stage].append(problem.new_optional_fixed_size_interval_var(starts[stage], size, variable, ""))
        ends.append(end)
    capacity = [
        min(one, shop.n_jobs) for one in (shop.device_cores, 1 if shop.serial else shop.n_jobs, shop.server_cores)
    ]
    for stage, cores in enumerate(capacity):  # (H3)
        if cores == 1:
            problem.add_no_overlap(held[stage])
        elif cores < shop.n_jobs:
            problem.add_cumulative(held[stage], [1] * len(held[stage]), cores)
    _in_order(model)
    if response:  # (H4)
        problem.minimize(cp_model.LinearExpr.sum(ends))
    else:
        top = problem.new_int_var(0, horizon, "C")
        problem.add_max_equality(top, ends)
        for stage, cores in enumerate(capacity):  # what (H3) implies, which the search is slow to see
            problem.add(cores * (top - min(release)) >= cp_model.LinearExpr.sum(work[stage]))
        problem.minimize(top)
    return model


def _in_order(model: IntervalModel) -> None:
    """Let jobs of one class and release begin on the device in their order."""
    shop = model.shop
    for one in shop.classes:
        for a, b in zip(one.tasks[:-1].tolist(), one.tasks[1:].tolist(), strict=True):
            if shop.release[a] == shop.release[b]:
                model.problem.add(model.starts[a][0] <= model.starts[b][0])


def _whole(seconds: FloatArray, unit: float) -> list[int]:
    """Return seconds in whole units, rounded down."""
    whole: list[int] = np.floor(seconds / unit * (1.0 - 1e-15)).astype(np.int64).tolist()
    return whole
