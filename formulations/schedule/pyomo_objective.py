"""Windows of nodes, limits and the objective of the MILP of the family `schedule` in Pyomo."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.environ as pyo

from formulations.schedule.pyomo_variables import SchedulePyomoModel, total, transfer_time

__all__ = ["add_objective", "add_windows"]


def add_windows(model: SchedulePyomoModel) -> None:
    """(D7)."""
    case, m = model.case, model.problem
    nodes = range(case.n_nodes) if not case.problem.options.regular else ()
    m.u = pyo.Var(nodes, bounds=(0, 1))
    m.on = pyo.Var(nodes, bounds=(0, m.big))
    m.off = pyo.Var(nodes, bounds=(0, m.big))
    m.w = pyo.Var(nodes, bounds=(0, m.big))
    for a in nodes:
        m.rows.add(m.w[a] >= m.off[a] - m.on[a])
    if not len(nodes):
        return

    def active(a: int, begin: Any, took: float, literal: Any) -> None:
        m.rows.add(m.u[a] >= literal)
        m.rows.add(m.on[a] <= begin + m.big * (1 - literal))
        m.rows.add(m.off[a] >= begin + took - (m.big + took) * (1 - literal))

    for a, v in m.places:
        if not case.is_input[v]:
            active(a, m.s[v], float(case.seconds[a, v]) / model.seconds, m.here[a, v])
    for v, a, b in m.z:
        for node in (a, b):
            active(node, m.t[v, b], transfer_time(model, v, a, b), m.z[v, a, b])


def add_objective(model: SchedulePyomoModel) -> None:
    """(D9)."""
    case, m, options = model.case, model.problem, model.case.problem.options
    unit, tasks = model.seconds, range(case.n_tasks)
    due = (case.release + case.deadline) / unit
    late = [k for k in tasks if np.isfinite(due[k])]
    m.late = pyo.Var(late, domain=pyo.NonNegativeReals)
    m.missed = pyo.Var(late, domain=pyo.Binary)
    for k in late:
        m.rows.add(m.late[k] >= m.C[k] - float(due[k]))
        m.rows.add(m.C[k] <= float(due[k]) + m.big * m.missed[k])
        if options.deadlines == "hard":
            m.missed[k].fix(0)
    if options.makespan_limit_s is not None:
        m.rows.add(m.makespan <= options.makespan_limit_s / unit)
    for a in range(case.n_nodes):
        here = [v for v in range(case.n_operations) if (a, v) in m.places and case.memory[v] > 0]
        limit = float(case.memory_limit[a])
        if here and case.memory[here].sum() > limit:
            scale = max(limit, float(case.memory[here].max()))
            m.rows.add(total(float(case.memory[v]) / scale * m.here[a, v] for v in here) <= limit / scale)
    price = total(float(case.price[a, v]) * m.here[a, v] for a, v in m.places if not case.is_input[v])
    price += total(float(case.size[v] * case.price_per_byte[a, b]) * m.z[v, a, b] for v, a, b in m.z)
    energy = _energy(model)
    if options.price_limit is not None:
        m.rows.add(price + 0.0 * m.makespan <= options.price_limit)
    if options.energy_limit_j is not None:
        m.rows.add(energy + 0.0 * m.makespan <= options.energy_limit_j)
    response = total((m.C[k] * unit - float(case.release[k])) / case.n_tasks for k in tasks)
    weighted = total(float(case.weight[k]) * (m.C[k] * unit - float(case.release[k])) for k in tasks)
    value = (
        options.makespan_weight * unit * m.makespan
        + options.response_weight * response
        + options.weighted_response_weight * weighted
        + options.tardiness_weight * unit * total(float(case.weight[k]) * m.late[k] for k in late)
        + options.missed_weight * total(m.missed[k] for k in late)
        + options.energy_weight * energy
        + options.price_weight * price
    )
    m.objective = pyo.Objective(expr=value / model.value, sense=pyo.minimize)


def _energy(model: SchedulePyomoModel) -> Any:
    case, m = model.case, model.problem
    parts = [float(case.idle_watts[a]) * model.seconds * m.w[a] for a in m.w]
    parts += [float(case.switch_on_joules[a]) * m.u[a] for a in m.u]
    parts += [float(case.joules[a, v]) * m.here[a, v] for a, v in m.places if not case.is_input[v]]
    for v, a, b in m.z:
        seconds = case.transfer_seconds(v, a, b)
        joules = case.size[v] * case.joules_per_byte[a, b] + case.transmit_watts[a] * seconds
        parts.append(float(joules) * m.z[v, a, b])
    return total(parts)
