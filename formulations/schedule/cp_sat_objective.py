"""Windows of nodes, limits and the objective of the constraint model of the family `schedule`."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
from ortools.sat.python import cp_model

from formulations.schedule.cp_sat_variables import IntVar, ScheduleCpSatModel, due
from formulations.schedule.critical_path import longest_path
from formulations.schedule.whole_numbers import common_multiplier

__all__ = ["add_objective"]

_FINEST_RATIO = 2.0**12
_FINE = 2.0**17
_RESOLUTION = 2.0**22
_MOST = 2.0**50


class _Sum:
    """A weighted sum of times (whole units) and of literals, before its weights are whole numbers."""

    def __init__(self) -> None:
        self.times: list[tuple[IntVar, float]] = []
        self.literals: list[tuple[IntVar, float]] = []

    def time(self, variable: IntVar, weight: float) -> None:
        if weight:
            self.times.append((variable, weight))

    def literal(self, variable: IntVar, weight: float) -> None:
        if weight:
            self.literals.append((variable, weight))

    def whole(self, horizon: int, up: bool) -> tuple[float, Any]:
        """Return units per one, and the sum in them; every weight rounded to the side that is asked."""
        scale = self._scale(horizon)
        variables, weights = [], []
        for variable, weight in [*self.times, *self.literals]:
            units = weight * scale
            whole = round(units)
            if abs(units - whole) > 4e-12 * abs(units):
                whole = math.ceil(units) if up else math.floor(units)
            variables.append(variable)
            weights.append(whole)
        return scale, cp_model.LinearExpr.weighted_sum(variables, weights)

    def _scale(self, horizon: int) -> float:
        times = [weight for _, weight in self.times]
        literals = [abs(weight) for _, weight in self.literals]
        total = sum(times) * max(1, horizon) + sum(literals)
        if not total:
            return 1.0
        if not times:
            return common_multiplier(literals, 2.0**30 / total) or 2.0**30 / total
        least = min(times)
        together = common_multiplier([*times, *literals], min(_FINEST_RATIO / least, _MOST / total))
        if together is not None:
            return together
        scale = common_multiplier(times, _FINEST_RATIO / least) or _FINE / least
        if literals:
            # weights of literals lose less than a unit each: make a unit small beside all of them
            scale *= max(1, math.ceil(_RESOLUTION * len(literals) ** 0.5 / (scale * sum(literals))))
        return min(scale, _MOST / total)


def add_objective(model: ScheduleCpSatModel) -> None:
    """(S7), (S9)."""
    case, problem, options = model.case, model.problem, model.case.problem.options
    unit = 1.0 / model.grid.scale
    goal, energy, price = _Sum(), _Sum(), _Sum()
    if not options.regular:
        _windows(model)
        _energy(model, energy, 1.0)
    _price(model, price, 1.0)
    goal.time(model.makespan, options.makespan_weight * unit)
    for task in range(case.n_tasks):
        weight = options.response_weight / case.n_tasks + options.weighted_response_weight * float(case.weight[task])
        if weight:
            goal.time(_after(model, task, float(case.release[task]), "response"), weight * unit)
        if not np.isfinite(case.deadline[task]):
            continue
        when = float(case.release[task] + case.deadline[task])
        late = options.tardiness_weight * float(case.weight[task])
        if late:
            goal.time(_after(model, task, when, "late"), late * unit)
        if options.missed_weight:
            _missed(model, task, goal)
    if options.energy_weight:
        _energy(model, goal, options.energy_weight)
    if options.price_weight:
        _price(model, goal, options.price_weight)
    for total, limit in ((energy, options.energy_limit_j), (price, options.price_limit)):
        if limit is not None:
            up = model.rounding == "up"
            scale, amount = total.whole(model.horizon, up)
            # weights that are rounded down sum to no more than the exact ones do: no unit has to be added
            problem.add(amount <= math.floor(limit * scale * (1.0 if up else 1 + 1e-9)))
    model.weight_scale, model.objective = goal.whole(model.horizon, False)
    problem.minimize(model.objective)


def _after(model: ScheduleCpSatModel, task: int, when: float, name: str) -> IntVar:
    """Return the units by which `task` ends after `when`, at least 0."""
    found = model.problem.new_int_var(0, model.horizon, f"{name}_{task}")
    model.problem.add(found >= model.end[task] - int(model.grid.up(np.array(when))))
    return found


def _missed(model: ScheduleCpSatModel, task: int, goal: _Sum) -> None:
    missed = model.problem.new_bool_var(f"missed_{task}")
    model.problem.add(model.end[task] <= due(model, task)).only_enforce_if(~missed)
    goal.literal(missed, model.case.problem.options.missed_weight)


def _windows(model: ScheduleCpSatModel) -> None:
    """(S7), and what the windows are at least."""
    case, problem = model.case, model.problem
    for a in range(case.n_nodes):
        runs = [v for v in range(case.n_operations) if (a, v) in model.x and not case.is_input[v]]
        sends = [one for one in model.sent if one[1] == a]
        gets = [one for one in model.sent if one[2] == a]
        if not (runs or sends or gets):
            continue
        used = model.used[a] = problem.new_bool_var(f"u_{a}")
        on = model.on[a] = problem.new_int_var(0, model.horizon, f"on_{a}")
        off = model.off[a] = problem.new_int_var(0, model.horizon, f"off_{a}")
        problem.add(off >= on)
        for v in runs:
            here = model.x[a, v]
            problem.add_implication(here, used)
            problem.add(on <= model.start[v]).only_enforce_if(here)
            problem.add(off >= model.start[v] + int(model.seconds[a, v])).only_enforce_if(here)
        for v, _, b in sends:
            sent, begin = model.sent[v, a, b], model.sending[v, b]
            problem.add(off >= begin + model.lag(v, a, b)).only_enforce_if(sent)
            if case.is_input[v]:
                problem.add_implication(sent, used)
                problem.add(on <= begin).only_enforce_if(sent)
        for v, c, _ in gets:
            sent, begin = model.sent[v, c, a], model.sending[v, a]
            problem.add(on <= begin).only_enforce_if(sent)
            if case.is_last[v]:  # nobody runs after the way back
                problem.add_implication(sent, used)
                problem.add(off >= begin + model.lag(v, c, a)).only_enforce_if(sent)
        if not case.idle_watts[a]:
            continue
        if case.cores[a] < len(runs):
            load = cp_model.LinearExpr.weighted_sum(
                [model.x[a, v] for v in runs], [int(model.seconds[a, v]) for v in runs]
            )
            problem.add(load <= int(case.cores[a]) * (off - on))
        for task in range(case.n_tasks):
            variables, units = _along_path(model, task, a)
            if variables:
                problem.add(cp_model.LinearExpr.weighted_sum(variables, units) <= off - on)


def _along_path(model: ScheduleCpSatModel, task: int, a: int) -> tuple[list[IntVar], list[int]]:
    """Return what one path of `task` does on position a, one after the other: literals and units."""
    case = model.case
    variables: list[IntVar] = []
    units: list[int] = []

    def add(literal: IntVar, took: int) -> None:
        if took:
            variables.append(literal)
            units.append(took)

    path = longest_path(case, task).tolist()
    for v in path:
        if (a, v) in model.x and not case.is_input[v]:
            add(model.x[a, v], int(model.seconds[a, v]))
    for v, w in pairwise(path):
        for b in range(case.n_nodes):
            if b != a and (v, w, a, b) in model.flow:
                add(model.flow[v, w, a, b], model.lag(v, a, b))
            if b != a and (v, w, b, a) in model.flow:
                add(model.flow[v, w, b, a], model.lag(v, b, a))
    home = int(case.source[task])
    if case.problem.options.return_result and case.is_last[path[-1]]:
        for b in range(case.n_nodes):
            if home != b and a in (home, b) and (path[-1], b, home) in model.sent:
                add(model.sent[path[-1], b, home], model.lag(path[-1], b, home))
    return variables, units


def _energy(model: ScheduleCpSatModel, total: _Sum, weight: float) -> None:
    """Add the energy: windows and switching of nodes, operations and transfers."""
    case = model.case
    unit = 1.0 / model.grid.scale
    # rounded down, a window may be up to a unit too long; where all is in whole units, so is some optimum, unless a
    # limit of energy makes the best times fractions
    slack = 0.0 if model.exact else unit
    if model.rounding == "up":
        slack = 0.0
    for a, used in model.used.items():
        watts = float(case.idle_watts[a])
        if watts:
            window = model.problem.new_int_var(0, model.horizon, f"w_{a}")
            model.problem.add(window == model.off[a] - model.on[a])
            total.time(window, watts * unit * weight)
        total.literal(used, weight * (float(case.switch_on_joules[a]) - watts * slack))
    for (a, v), here in model.x.items():
        if not case.is_input[v]:
            total.literal(here, weight * float(case.joules[a, v]))
    for (v, a, b), sent in model.sent.items():
        seconds = case.transfer_seconds(v, a, b)
        joules = case.size[v] * case.joules_per_byte[a, b] + case.transmit_watts[a] * seconds
        total.literal(sent, weight * float(joules))


def _price(model: ScheduleCpSatModel, total: _Sum, weight: float) -> None:
    """Add the price of operations and transfers."""
    case = model.case
    for (a, v), here in model.x.items():
        if not case.is_input[v]:
            total.literal(here, weight * float(case.price[a, v]))
    for (v, a, b), sent in model.sent.items():
        total.literal(sent, weight * float(case.size[v] * case.price_per_byte[a, b]))
