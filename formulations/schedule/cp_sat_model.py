"""The exact model of the family `schedule` as a constraint model in CP-SAT: optional intervals and whole numbers.

With x_av: operation v runs on node a, s_v its start, d_av its seconds, y_eab: edge e = (v, w) leads from node a to b,
z_vab: the tensor of v is sent from a to b, t_vb when, l_vab how long that takes:

    (S1)  exactly one a has x_av                                                     for every operation v
    (S2)  sum_b y_eab = x_av,  sum_a y_eab = x_bw                                     for every edge e = (v, w)
    (S3)  s_w >= s_v + sum_a d_av x_av + sum_ab l_vab y_eab                           for every edge e = (v, w)
    (S4)  t_vb >= s_v + sum_a d_av x_av,   x_bw  =>  s_w >= t_vb + sum_a l_vab z_vab   where starts of transfers matter
    (S5)  the intervals [s_v, s_v + d_av) with x_av use at most cores_a               for every node a
    (S6)  the intervals [t_vb, t_vb + l_vab) with z_vab do not overlap                for every serial channel
    (S7)  x_av  =>  u_a, on_a <= s_v, off_a >= s_v + d_av                             likewise sender and receiver for z_vab
    (S8)  C_k >= s_v + sum_a d_av x_av for the sinks of task k; with results, C_k >= t + l of the way back
    (S9)  memory, deadlines, limits and the objective of `ScheduleOptions`.

An operation with one reader has one t_v for all b. Implied rows that raise the linear relaxation: the window of a node
is at least the seconds of its operations over its cores, and at least what one path of a task does there (the
operations and transfers of a path come one after the other); the makespan is at least the load of a node over its
cores. Nodes that are alike are used in the order of their first operation, tasks that are alike end in their order.

With ``rounding="down"`` the model is a relaxation: take any plan and round every time down. Durations are rounded
down, limits up, and a window may have grown by less than a unit, which its cost makes up for. So the integer optimum
is a bound. With ``"up"`` every solution can be timed so that it keeps deadlines and makespan limit. Where the
durations have a common unit both are exact.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from ortools.sat.python import cp_model

from formulations.schedule.alike import alike_nodes, alike_tasks
from formulations.schedule.case import ScheduleCase
from formulations.schedule.cp_sat_objective import add_objective
from formulations.schedule.cp_sat_transfers import (
    add_channels,
    add_flows,
    add_precedence,
    add_transfers,
    way_to,
)
from formulations.schedule.cp_sat_variables import IntVar, Rounding, ScheduleCpSatModel, due
from formulations.schedule.critical_path import heads, latest_end, tails
from formulations.schedule.whole_numbers import TimeGrid, time_grid
from instances.columns import FloatArray, IntArray

__all__ = ["Rounding", "ScheduleCpSatModel", "build"]

_UNITS = 2.0**22
"""Units of time up to the horizon where there is no common unit."""


def build(
    case: ScheduleCase,
    *,
    rounding: Rounding = "down",
    place: IntArray | None = None,
    symmetry: bool | None = None,
    most: float | None = None,
    units: float = _UNITS,
) -> ScheduleCpSatModel:
    """Return the model.

    Parameters
    ----------
    case : ScheduleCase
        The problem.
    rounding : {"down", "up"}
        For bounds, or for plans.
    place : int array, shape (n_operations,), optional
        Position of operations that are fixed, -1 of others.
    symmetry : bool, optional
        Whether alike nodes and tasks stand in order; default: where nothing is fixed.
    most : float, optional
        Seconds by which everything has ended; default `latest_end`.
    units : float
        Of time up to the horizon, where there is no common unit or the best times need not be whole ones.
    """
    late = latest_end(case) if most is None else most
    finite = case.seconds[case.allowed]
    ways = np.isfinite(case.latency)
    # every lag that there may be, of each way and size
    pairs = np.unique(np.stack([case.latency[ways], case.seconds_per_byte[ways]]), axis=1)
    lags = (pairs[0][:, None] + pairs[1][:, None] * np.unique(case.size)[None, :]).ravel()
    due = (case.release + case.deadline)[np.isfinite(case.deadline)]
    values = np.unique(np.concatenate([finite, lags, case.release, due]))
    grid = time_grid(values.tolist(), late, units)
    if case.problem.options.energy_limit_j is not None and grid.exact:
        # the best times under a limit of energy may be fractions of the common unit
        grid = TimeGrid(scale=grid.scale * max(1.0, np.ceil(units / (late * grid.scale))), exact=True)
    seconds = np.where(case.allowed, case.seconds, 0.0)
    whole = grid.down(seconds) if rounding == "down" else grid.up(seconds)
    slack = 0 if rounding == "down" else 4 * case.n_operations
    model = ScheduleCpSatModel(
        case, cp_model.CpModel(), grid, rounding, int(grid.up(np.array(late))) + 1 + slack, whole
    )
    _place(model, place)
    add_flows(model)
    add_transfers(model)
    add_precedence(model)
    _cores(model)
    add_channels(model)
    _ends(model)
    _memory(model)
    add_objective(model)
    if symmetry if symmetry is not None else place is None:
        _order_alike(model)
    return model


def _place(model: ScheduleCpSatModel, place: IntArray | None) -> None:
    """(S1), with earliest and latest starts."""
    case, problem = model.case, model.problem
    head, tail = heads(case), tails(case)
    release = model.grid.down(case.release) if model.rounding == "down" else model.grid.up(case.release)
    latest = _latest(model)
    for v in range(case.n_operations):
        task = int(case.task[v])
        spots = np.flatnonzero(case.allowed[:, v] & np.isfinite(head[:, v]) & np.isfinite(tail[:, v]))
        if place is not None and place[v] >= 0:
            spots = spots[spots == place[v]]
        for a in spots.tolist():
            model.x[a, v] = problem.new_bool_var(f"x_{a}_{v}") if len(spots) > 1 else problem.new_constant(1)
        if not len(spots):
            problem.add_bool_or([])  # no node can run it
            model.start.append(problem.new_constant(0))
            continue
        if len(spots) > 1:
            problem.add_exactly_one(model.x[a, v] for a in spots.tolist())
        if case.is_input[v]:
            model.start.append(int(release[task]))
            continue
        # down: a sum of rounded terms may be below the rounded sum, by less than a unit a term
        early = int(model.grid.down(head[spots, v]).min())
        rest = int(model.grid.down(tail[spots, v]).min())
        loss = 0 if model.grid.exact else 2 * case.n_operations + 2
        low, high = max(0, early - loss), min(latest[task], model.horizon) - max(0, rest - loss)
        if low > high:
            problem.add_bool_or([])
            high = low
        model.start.append(problem.new_int_var(low, high, f"s_{v}"))


def _latest(model: ScheduleCpSatModel) -> list[int]:
    """Return the unit by which every task must have ended."""
    case, options = model.case, model.case.problem.options
    latest = [model.horizon] * case.n_tasks
    for task in range(case.n_tasks):
        if options.deadlines == "hard" and np.isfinite(case.deadline[task]):
            latest[task] = due(model, task)
        if options.makespan_limit_s is not None:
            limit = options.makespan_limit_s
            most = model.grid.reach(limit) if model.rounding == "down" else int(model.grid.down(np.array(limit)))
            latest[task] = min(latest[task], most)
    return latest


def _cores(model: ScheduleCpSatModel) -> None:
    """(S5) No node runs more operations at a time than it has cores."""
    case, problem = model.case, model.problem
    for a in range(case.n_nodes):
        here = [v for v in range(case.n_operations) if (a, v) in model.x and model.seconds[a, v] > 0]
        tasks = {int(case.task[v]) for v in here}
        chains = all(_is_chain(case, task) for task in tasks)
        if len(here) <= case.cores[a] or (chains and len(tasks) <= case.cores[a]):
            continue
        intervals = [
            problem.new_optional_fixed_size_interval_var(
                model.start[v], int(model.seconds[a, v]), model.x[a, v], f"i_{a}_{v}"
            )
            for v in here
        ]
        if case.cores[a] == 1:
            problem.add_no_overlap(intervals)
        else:
            problem.add_cumulative(intervals, [1] * len(intervals), int(case.cores[a]))


def _is_chain(case: ScheduleCase, task: int) -> bool:
    """Return whether every layer of `task` reads the one before it."""
    first, last = (int(one) for one in case.problem.offsets[task : task + 2])
    return all(v - 1 in case.predecessors_of(v) for v in range(first + 1, last))


def _ends(model: ScheduleCpSatModel) -> None:
    """(S8) When every task ends, and the last of them."""
    case, problem, options = model.case, model.problem, model.case.problem.options
    latest = _latest(model)
    for task in range(case.n_tasks):
        end = problem.new_int_var(0, max(0, latest[task]), f"C_{task}")
        if latest[task] < 0:
            problem.add_bool_or([])
        model.end.append(end)
        first, last = (int(one) for one in case.problem.offsets[task : task + 2])
        for v in range(first + 1, last):
            if not len(case.successors_of(v)):
                problem.add(end >= model.finish(v))
        home = int(case.source[task])
        if options.return_result:
            back = way_to(model, last - 1, home)
            begin = model.sending.get((last - 1, home))
            problem.add(end >= model.finish(last - 1) + back)
            if begin is not None:
                # of a result that is made at home the start means nothing, and may be the end of its layer
                problem.add(end >= begin + back)
    model.makespan = problem.new_int_var(0, max(0, *latest), "makespan")
    problem.add_max_equality(model.makespan, model.end)
    for a in range(case.n_nodes):
        here = [v for v in range(case.n_operations) if (a, v) in model.x and not case.is_input[v]]
        if len(here) > 1:
            load = cp_model.LinearExpr.weighted_sum(
                [model.x[a, v] for v in here], [int(model.seconds[a, v]) for v in here]
            )
            problem.add(load <= int(case.cores[a]) * model.makespan)


def _memory(model: ScheduleCpSatModel) -> None:
    """(S9) Weights fit."""
    case, problem = model.case, model.problem
    for a in range(case.n_nodes):
        here = [
            v for v in range(case.n_operations) if (a, v) in model.x and not case.is_input[v] and case.memory[v] > 0
        ]
        limit = float(case.memory_limit[a])
        if not here or case.memory[here].sum() <= limit:
            continue
        if limit == 0:
            for v in here:
                problem.add_bool_or([~model.x[a, v]])
            continue
        units = 2.0**30 / limit
        held: FloatArray = np.minimum(case.memory[here] * units, 2.0**31)
        whole = np.floor(held) if model.rounding == "down" else np.ceil(held)
        most = int(2.0**30 * (1.0 + 1e-9)) + 1 if model.rounding == "down" else int(2.0**30)
        used = cp_model.LinearExpr.weighted_sum([model.x[a, v] for v in here], whole.astype(np.int64).tolist())
        problem.add(used <= most)


def _order_alike(model: ScheduleCpSatModel) -> None:
    """Use alike nodes in the order of their first operation, and end alike tasks in their order."""
    case, problem = model.case, model.problem
    model.node_groups, model.task_groups = alike_nodes(case), alike_tasks(case)
    for tasks in model.task_groups:
        for k, j in pairwise(tasks):
            first, second = model.start[case.problem.offsets[k + 1] - 1], model.start[case.problem.offsets[j + 1] - 1]
            problem.add(first <= second)
    for group in model.node_groups:
        for before, node in pairwise(group):
            used: IntVar | None = None
            for v in range(case.n_operations):
                if (node, v) in model.x:
                    problem.add_bool_or([~model.x[node, v], *([] if used is None else [used])])
                if (before, v) in model.x:
                    so_far = problem.new_bool_var(f"f_{before}_{v}")
                    problem.add_bool_or([~so_far, model.x[before, v], *([] if used is None else [used])])
                    used = so_far
