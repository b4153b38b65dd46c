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

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np
from ortools.sat.python import cp_model

from formulations.schedule.alike import alike_nodes, alike_tasks
from formulations.schedule.case import ScheduleCase
from formulations.schedule.critical_path import heads, latest_end, tails
from formulations.schedule.plan import SchedulePlan
from formulations.schedule.whole_numbers import TimeGrid, time_grid
from instances.columns import FloatArray, IntArray

__all__ = ["Rounding", "ScheduleCpSatModel", "build", "due"]

IntVar: TypeAlias = Any
Rounding = Literal["down", "up"]
_UNITS = 2.0**22
"""Units of time up to the horizon where there is no common unit."""


@dataclass(slots=True, eq=False)
class ScheduleCpSatModel:
    """The model and its variables.

    Parameters
    ----------
    x : dict
        By (position, operation): whether it runs there.
    start : list
        Of every operation, in units of the grid; whole numbers for inputs.
    flow : dict
        By (v, w, a, b) of an edge v -> w that may lead from position a to b.
    sent : dict
        By (v, a, b): whether the tensor of v is sent from a to b.
    sending : dict
        By (v, b): start of that transfer; empty where transfers start as soon as they can.
    end : list
        Of every task.
    """

    case: ScheduleCase
    problem: cp_model.CpModel
    grid: TimeGrid
    rounding: Rounding
    horizon: int
    seconds: IntArray
    x: dict[tuple[int, int], IntVar] = field(default_factory=dict)
    start: list[IntVar] = field(default_factory=list)
    flow: dict[tuple[int, int, int, int], IntVar] = field(default_factory=dict)
    sent: dict[tuple[int, int, int], IntVar] = field(default_factory=dict)
    sending: dict[tuple[int, int], IntVar] = field(default_factory=dict)
    end: list[IntVar] = field(default_factory=list)
    makespan: IntVar | None = None
    on: dict[int, IntVar] = field(default_factory=dict)
    off: dict[int, IntVar] = field(default_factory=dict)
    used: dict[int, IntVar] = field(default_factory=dict)
    objective: Any = 0
    weight_scale: float = 1.0
    node_groups: list[list[int]] = field(default_factory=list)
    task_groups: list[list[int]] = field(default_factory=list)

    @property
    def exact(self) -> bool:
        """Whether the whole units of the grid lose nothing."""
        return self.grid.exact and self.case.problem.options.energy_limit_j is None

    def places(self, operation: int) -> list[int]:
        """Return the positions where `operation` may run."""
        return [a for a in range(self.case.n_nodes) if (a, operation) in self.x]

    def finish(self, operation: int) -> Any:
        """Return the end of `operation` as an expression."""
        places = self.places(operation)
        took = cp_model.LinearExpr.weighted_sum(
            [self.x[a, operation] for a in places], [int(self.seconds[a, operation]) for a in places]
        )
        return self.start[operation] + took

    def lag(self, operation: int, a: int, b: int) -> int:
        """Return the units that the tensor of `operation` takes from position a to b."""
        seconds = np.array(self.case.transfer_seconds(operation, a, b))
        return int(self.grid.down(seconds) if self.rounding == "down" else self.grid.up(seconds))

    def bound(self, objective_bound: float) -> float:
        """Return a bound on the model's integer objective as one on the problem's; of ``rounding="down"`` only."""
        found = objective_bound / self.weight_scale
        return found - 1e-11 * abs(found)

    def plan(self, value: Callable[[IntVar], int]) -> SchedulePlan:
        """Return the solution as a plan at whole units, for a timing pass: durations may be a unit longer."""
        case = self.case
        place = np.empty(case.n_operations, dtype=np.int64)
        for (a, v), one in self.x.items():
            if value(one):
                place[v] = a
        start = np.array([value(one) for one in self.start], dtype=np.float64)
        transfers = case.transfers(place)
        ends = start + self.seconds[place, np.arange(case.n_operations)]
        sent = [float(value(self.sending[v, b])) if self.sending else ends[v] for v, b in transfers.tolist()]
        times = start / self.grid.scale
        times[case.is_input] = case.release
        return case.plan(place, times, transfers, np.array(sent) / self.grid.scale)

    def hint(self, plan: SchedulePlan) -> None:
        """Start the search at `plan`, its nodes and tasks renamed as the order among those that are alike asks."""
        from formulations.schedule.cp_sat_hint import hint

        hint(self, plan)

    def at_most(self, value: float) -> None:
        """Ask for an objective of at most `value`; a relaxation with ``rounding="down"``."""
        self.problem.add(self.objective <= int(np.ceil(value * self.weight_scale * (1.0 + 1e-9))))

    def keep_order(self, before: int, after: int) -> None:
        """Let operation `after` start when operation `before` has ended, as on a core that they share."""
        self.problem.add(self.start[after] >= self.finish(before))

    def forbid(self, place: IntArray) -> None:
        """Forbid a placement by position."""
        self.problem.add_bool_or(
            [~self.x[a, v] for v, a in enumerate(place.tolist()) if not self.case.is_input[v] and (a, v) in self.x]
        )


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
    from formulations.schedule.cp_sat_objective import add_objective

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
    _flows(model)
    _send(model)
    _precede(model)
    _cores(model)
    _channels(model)
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


def due(model: ScheduleCpSatModel, task: int) -> int:
    """Return the unit by which `task` must have ended to keep its deadline."""
    case = model.case
    when = float(case.release[task] + case.deadline[task])
    if model.rounding == "up":
        return int(model.grid.down(np.array(when)))
    return model.grid.reach(when + 1e-9 * max(1.0, float(case.deadline[task])))


def _flows(model: ScheduleCpSatModel) -> None:
    """(S2) Where every edge leads from and to."""
    case, problem = model.case, model.problem
    for w in range(case.n_operations):
        for v in case.predecessors_of(w).tolist():
            made, read = model.places(v), model.places(w)
            for a in made:
                for b in read:
                    if not np.isfinite(case.latency[a, b]):
                        if len(made) == 1 or len(read) == 1:
                            problem.add_bool_or([~model.x[a, v], ~model.x[b, w]])
                        continue
                    if len(made) == 1:
                        model.flow[v, w, a, b] = model.x[b, w]
                    elif len(read) == 1:
                        model.flow[v, w, a, b] = model.x[a, v]
                    else:
                        model.flow[v, w, a, b] = problem.new_bool_var(f"y_{v}_{w}_{a}_{b}")
            if len(made) > 1 and len(read) > 1:
                for a in made:
                    out = [model.flow[v, w, a, b] for b in read if (v, w, a, b) in model.flow]
                    problem.add_exactly_one([*out, ~model.x[a, v]])
                for b in read:
                    into = [model.flow[v, w, a, b] for a in made if (v, w, a, b) in model.flow]
                    problem.add_exactly_one([*into, ~model.x[b, w]])


def _send(model: ScheduleCpSatModel) -> None:
    """Let z be what is sent, and t when, where starts of transfers matter."""
    case, problem, options = model.case, model.problem, model.case.problem.options
    matter = not options.regular or options.links == "serial"
    for v in range(case.n_operations):
        readers = case.successors_of(v).tolist()
        home = int(case.source[case.task[v]]) if options.return_result and case.is_last[v] else None
        many = len(readers) + (home is not None) > 1
        for a in model.places(v):
            goals = {b for w in readers for b in model.places(w)} | ({home} if home is not None else set())
            for b in sorted(goals - {a}):
                flows = [model.flow[v, w, a, b] for w in readers if (v, w, a, b) in model.flow]
                if home == b:
                    flows.append(model.x[a, v])
                if not np.isfinite(case.latency[a, b]):
                    if home == b:
                        problem.add_bool_or([~model.x[a, v]])
                elif len(flows) == 1:
                    model.sent[v, a, b] = flows[0]
                elif flows:
                    model.sent[v, a, b] = problem.new_bool_var(f"z_{v}_{a}_{b}")
                    for one in flows:
                        problem.add_implication(one, model.sent[v, a, b])
        if not matter:
            continue
        common: IntVar | None = None
        for b in _goals(model, v):
            if many or common is None:
                common = problem.new_int_var(0, model.horizon, f"t_{v}_{b}")
                problem.add(common >= model.finish(v))
            model.sending[v, b] = common


def _goals(model: ScheduleCpSatModel, v: int) -> list[int]:
    n = model.case.n_nodes
    return [b for b in range(n) if any((v, a, b) in model.sent for a in model.places(v))]


def _precede(model: ScheduleCpSatModel) -> None:
    """(S3), (S4)."""
    case, problem = model.case, model.problem
    for w in range(case.n_operations):
        for v in case.predecessors_of(w).tolist():
            flows, lags = _lags(model, v, w)
            way = cp_model.LinearExpr.weighted_sum(flows, lags)
            if not case.is_input[w]:
                problem.add(model.start[w] >= model.finish(v) + way)
            if not model.sending:
                continue
            # one reader: one start for all goals, and the flow says which way it goes
            if len(case.successors_of(v)) == 1 and not (case.is_last[v] and case.problem.options.return_result):
                common = next((model.sending[v, b] for b in range(case.n_nodes) if (v, b) in model.sending), None)
                if common is not None:
                    problem.add(model.start[w] >= common + way)
                continue
            for b in model.places(w):
                if (v, b) in model.sending:
                    arrival = model.sending[v, b] + _way_to(model, v, b)
                    problem.add(model.start[w] >= arrival).only_enforce_if(model.x[b, w])


def _lags(model: ScheduleCpSatModel, v: int, w: int) -> tuple[list[IntVar], list[int]]:
    """Return the flows of edge v -> w that take time, and how long."""
    flows, lags = [], []
    for a in model.places(v):
        for b in model.places(w):
            if a != b and (v, w, a, b) in model.flow:
                flows.append(model.flow[v, w, a, b])
                lags.append(model.lag(v, a, b))
    return flows, lags


def _way_to(model: ScheduleCpSatModel, v: int, b: int) -> Any:
    """Return the units that the tensor of v takes to position b, 0 where it is made there or not sent."""
    made = [a for a in model.places(v) if (v, a, b) in model.sent]
    return cp_model.LinearExpr.weighted_sum([model.sent[v, a, b] for a in made], [model.lag(v, a, b) for a in made])


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


def _channels(model: ScheduleCpSatModel) -> None:
    """(S6) No serial channel carries two transfers at a time."""
    case, problem = model.case, model.problem
    held: dict[int, list[IntVar]] = {}
    for (v, a, b), sent in model.sent.items():
        channels = case.channels_of(a, b).tolist()
        took = model.lag(v, a, b)
        if not channels or not took:
            continue
        interval = problem.new_optional_fixed_size_interval_var(model.sending[v, b], took, sent, f"j_{v}_{a}_{b}")
        for channel in channels:
            held.setdefault(channel, []).append(interval)
    for intervals in held.values():
        if len(intervals) > 1:
            problem.add_no_overlap(intervals)


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
            back = _way_to(model, last - 1, home)
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
        for k, j in zip(tasks, tasks[1:], strict=False):
            first, second = model.start[case.problem.offsets[k + 1] - 1], model.start[case.problem.offsets[j + 1] - 1]
            problem.add(first <= second)
    for group in model.node_groups:
        for before, node in zip(group, group[1:], strict=False):
            used: IntVar | None = None
            for v in range(case.n_operations):
                if (node, v) in model.x:
                    problem.add_bool_or([~model.x[node, v], *([] if used is None else [used])])
                if (before, v) in model.x:
                    so_far = problem.new_bool_var(f"f_{before}_{v}")
                    problem.add_bool_or([~so_far, model.x[before, v], *([] if used is None else [used])])
                    used = so_far
