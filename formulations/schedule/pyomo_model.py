"""The exact model of the family `schedule` in Pyomo: disjunctive, with an order for every two that may meet.

Times are in units of `seconds`. With x_cv: operation v runs on core c (of node a; a node with a core for everybody has
one core that takes any number), s_v its start, y_eab and z_vab as in `formulations.schedule.cp_sat_model`, t_vb the
start of a transfer, o_vw: v comes before w where they meet, q likewise for transfers, and M the horizon:

    (D1)  sum_c x_cv = 1                                                              for every operation v
    (D2)  sum_b y_eab = x_av,  sum_a y_eab = x_bw,  z_vab >= y_eab                     for every edge e = (v, w)
    (D3)  s_w >= s_v + d_v + sum_ab l_vab y_eab,   d_v = sum_a d_av x_av               for every edge e = (v, w)
    (D4)  t_vb >= s_v + d_v,   s_w >= t_vb + l_vab - M (1 - y_eab)
    (D5)  s_w >= s_v + d_av - M (3 - x_cv - x_cw - o_vw),  and for w before v with 1 - o_vw
    (D6)  t_wb' >= t_vb + l_vab - M (3 - z_vab - z_wa'b' - q),  and the other way round, where the ways share a channel
    (D7)  u_a >= x_av,  on_a <= s_v + M (1 - x_av),  off_a >= s_v + d_av - M (1 - x_av);  likewise for z
    (D8)  C_k >= s_v + d_v;  with results, C_k >= t_vb + l_vab - M (1 - z_vab)
    (D9)  memory, deadlines, limits and the objective of `ScheduleOptions`.

Only x, o and q have to be whole; y and z are declared so too, because CBC has called plans optimal that were not where
they were left open.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pyomo.environ as pyo

from formulations.schedule.case import ScheduleCase
from formulations.schedule.critical_path import latest_end
from formulations.schedule.pyomo_objective import add_objective, add_windows
from formulations.schedule.pyomo_variables import SchedulePyomoModel, run_time, total, transfer_time

__all__ = ["SchedulePyomoModel", "build"]

_UNITS = 100.0
"""Units of time up to the horizon."""


def build(case: ScheduleCase) -> SchedulePyomoModel:
    """Return the model."""
    m = pyo.ConcreteModel("schedule")
    unit = max(latest_end(case), 1e-30) / _UNITS
    # rounded times pass the horizon by less than a unit
    m.big = _UNITS * (1.0 + 1e-6)
    n = case.n_operations
    m.slots = pyo.Set(initialize=_slots(case), dimen=3)
    m.places = pyo.Set(initialize=sorted({(a, v) for a, _, v in m.slots}), dimen=2)
    m.x = pyo.Var(m.slots, domain=pyo.Binary)
    m.s = pyo.Var(range(n), bounds=(0, m.big))
    m.rows = pyo.ConstraintList()
    for v in range(n):  # (D1)
        m.rows.add(total(m.x[one] for one in m.slots if one[2] == v) + 0.0 * m.s[v] == 1)
    m.forbidden = pyo.ConstraintList()
    m.here = {(a, v): total(m.x[a, c, v] for b, c, u in m.slots if (b, u) == (a, v)) for a, v in m.places}
    for task, v in enumerate(np.flatnonzero(case.is_input).tolist()):
        m.s[v].fix(float(case.release[task]) / unit)
    model = SchedulePyomoModel(case, m, unit, _value(case, unit))
    _flow(model)
    _precede(model)
    _cores(model)
    _channels(model)
    add_windows(model)
    _ends(model)
    add_objective(model)
    return model


def _value(case: ScheduleCase, unit: float) -> float:
    """Return a unit of the objective that keeps its weights near 1."""
    options = case.problem.options
    total = float(case.weight.sum())
    watts, joules = float(case.idle_watts.max()), float(case.switch_on_joules.max())
    found = (
        unit * options.makespan_weight,
        unit * options.response_weight / case.n_tasks,
        unit * options.weighted_response_weight * total / case.n_tasks,
        unit * options.tardiness_weight * total / case.n_tasks,
        options.missed_weight / _UNITS,
        options.energy_weight * max(unit * watts, joules / _UNITS, float(case.joules.max()) / _UNITS),
        options.price_weight * float(case.price[case.allowed].max(initial=0.0)) / _UNITS,
    )
    return max(found) or 1.0


def _slots(case: ScheduleCase) -> list[tuple[int, int, int]]:
    found = []
    for a in range(case.n_nodes):
        here = [v for v in np.flatnonzero(case.allowed[a]).tolist() if not case.is_input[v]]
        cores = 1 if len(here) <= case.cores[a] else int(case.cores[a])
        found += [(a, c, v) for v in here for c in range(cores)]
    found += [(int(case.source[case.task[v]]), 0, v) for v in np.flatnonzero(case.is_input).tolist()]
    return found


def _flow(model: SchedulePyomoModel) -> None:
    """(D2)."""
    case, m = model.case, model.problem
    spots = {v: [a for a, u in m.places if u == v] for v in range(case.n_operations)}
    edges = [(v, w) for w in range(case.n_operations) for v in case.predecessors_of(w).tolist()]
    flows = [(v, w, a, b) for v, w in edges for a in spots[v] for b in spots[w] if np.isfinite(case.latency[a, b])]
    sent = {(v, a, b) for v, _, a, b in flows if a != b}
    if case.problem.options.return_result:
        for v in np.flatnonzero(case.is_last).tolist():
            home = int(case.source[case.task[v]])
            sent |= {(v, a, home) for a in spots[v] if a != home and np.isfinite(case.latency[a, home])}
    m.y = pyo.Var(pyo.Set(initialize=flows, dimen=4), domain=pyo.Binary)
    m.z = pyo.Var(pyo.Set(initialize=sorted(sent), dimen=3), domain=pyo.Binary)
    m.t = pyo.Var(pyo.Set(initialize=sorted({(v, b) for v, _, b in sent}), dimen=2), bounds=(0, m.big))
    for v, w in edges:
        for a in spots[v]:
            m.rows.add(total(m.y[v, w, a, b] for b in spots[w] if (v, w, a, b) in m.y) + 0.0 * m.s[v] == m.here[a, v])
        for b in spots[w]:
            m.rows.add(total(m.y[v, w, a, b] for a in spots[v] if (v, w, a, b) in m.y) + 0.0 * m.s[v] == m.here[b, w])
    for v, w, a, b in flows:
        if a != b:
            m.rows.add(m.z[v, a, b] >= m.y[v, w, a, b])
    if case.problem.options.return_result:
        for v in np.flatnonzero(case.is_last).tolist():
            home = int(case.source[case.task[v]])
            for a in spots[v]:
                if a != home:
                    m.rows.add((m.z[v, a, home] if (v, a, home) in m.z else 0.0 * m.s[v]) >= m.here[a, v])


def _precede(model: SchedulePyomoModel) -> None:
    """(D3), (D4)."""
    case, m = model.case, model.problem
    for v, b in m.t:
        m.rows.add(m.t[v, b] >= m.s[v] + run_time(model, v))
    for w in range(case.n_operations):
        for v in case.predecessors_of(w).tolist():
            flows = [one for one in m.y if one[:2] == (v, w) and one[2] != one[3]]
            way = total(transfer_time(model, v, a, b) * m.y[v, w, a, b] for _, _, a, b in flows)
            m.rows.add(m.s[w] >= m.s[v] + run_time(model, v) + way)
            for _, _, a, b in flows:
                lag = transfer_time(model, v, a, b)
                m.rows.add(m.s[w] >= m.t[v, b] + lag - (m.big + lag) * (1 - m.y[v, w, a, b]))


def _cores(model: SchedulePyomoModel) -> None:
    """(D5) Two operations on a core come one after the other; those that take no time hold none."""
    case, m = model.case, model.problem
    before = _ancestors(case)
    cores: dict[tuple[int, int], list[int]] = {}
    for a, c, v in m.slots:
        if not case.is_input[v] and case.seconds[a, v] > 0:
            cores.setdefault((a, c), []).append(v)
    several = {key: here for key, here in cores.items() if len(here) > case.cores[key[0]]}
    pairs = sorted(
        {pair for here in several.values() for pair in combinations(here, 2) if pair[0] not in before[pair[1]]}
    )
    m.o = pyo.Var(pyo.Set(initialize=pairs, dimen=2), domain=pyo.Binary)
    for (a, c), here in several.items():
        for v, w in combinations(here, 2):
            if (v, w) not in m.o:
                continue
            apart = 2 - m.x[a, c, v] - m.x[a, c, w]
            for first, second, wrong in ((v, w, 1 - m.o[v, w]), (w, v, m.o[v, w])):
                took = float(case.seconds[a, first]) / model.seconds
                m.rows.add(m.s[second] >= m.s[first] + took - (m.big + took) * (apart + wrong))


def _ancestors(case: ScheduleCase) -> list[set[int]]:
    found: list[set[int]] = []
    for w in range(case.n_operations):
        before = set(case.predecessors_of(w).tolist())
        found.append(before.union(*(found[v] for v in before)))
    return found


def _channels(model: SchedulePyomoModel) -> None:
    """(D6) Two transfers that share a serial channel come one after the other; those that take no time hold none."""
    case, m = model.case, model.problem
    held = {
        one: set(case.channels_of(one[1], one[2]).tolist()) if case.transfer_seconds(*one) > 0 else set() for one in m.z
    }
    pairs = [(p, r) for p, r in combinations(m.z, 2) if held[p] & held[r] and (p[0], p[2]) != (r[0], r[2])]
    keys = sorted({(p[0], p[2], r[0], r[2]) for p, r in pairs})
    m.q = pyo.Var(pyo.Set(initialize=keys, dimen=4), domain=pyo.Binary)
    for p, r in pairs:
        order = m.q[p[0], p[2], r[0], r[2]]
        apart = 2 - m.z[p] - m.z[r]
        for first, second, wrong in ((p, r, 1 - order), (r, p, order)):
            begin, other = m.t[second[0], second[2]], m.t[first[0], first[2]]
            lag = transfer_time(model, *first)
            m.rows.add(begin >= other + lag - (m.big + lag) * (apart + wrong))


def _ends(model: SchedulePyomoModel) -> None:
    """(D8)."""
    case, m = model.case, model.problem
    m.C = pyo.Var(range(case.n_tasks), bounds=(0, m.big))
    m.makespan = pyo.Var(bounds=(0, m.big))
    for task in range(case.n_tasks):
        m.rows.add(m.makespan >= m.C[task])
        for v in np.flatnonzero((case.task == task) & ~case.is_input).tolist():
            m.rows.add(m.C[task] >= m.s[v] + run_time(model, v))
    if case.problem.options.return_result:
        for v, a, b in m.z:
            task = int(case.task[v])
            if case.is_last[v] and b == case.source[task]:
                lag = transfer_time(model, v, a, b)
                m.rows.add(m.C[task] >= m.t[v, b] + lag - (m.big + lag) * (1 - m.z[v, a, b]))
