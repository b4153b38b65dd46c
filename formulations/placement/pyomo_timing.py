"""What the objective `latency` adds to the Pyomo model of the family `placement`.

Equation numbers and symbols as in `formulations.placement.cp_sat_timing`, inequalities as in `formulations.placement.pulp_timing`.
The order (T8) is that of (P7), of the accelerators alone.
"""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from formulations.placement.case import PlacementCase

__all__ = ["add_timing"]


def add_timing(m: Any, case: PlacementCase, scale: float, most: float) -> None:
    """Add (T1)-(T7) to a model with ``x``, ``takes``, ``p`` and ``T``; `scale` seconds are a unit, and `most` of them M."""
    m.layers = pyo.RangeSet(1, len(case.block) - 1)
    m.boards = pyo.Set(initialize=list(m.takes))
    m.done = pyo.Var(m.layers, bounds=(0, most))
    m.start = pyo.Var(m.boards, bounds=(0, most))
    m.behind = pyo.Var(m.boards, m.layers, bounds=(0, 1))
    block, edges = case.block.tolist(), case.problem.network.edges
    _wait(m, case, block, scale, most)
    m.end = pyo.Constraint(m.layers, rule=lambda m, v: m.T - m.done[v] >= 0)  # (T4)
    m.reach = pyo.ConstraintList()
    for w in m.boards:
        for v in m.layers:
            m.reach.add(m.behind[w, v] - _x(m, w, block[v]) >= 0)  # (T5)
            for other in m.boards:  # (T7)
                if other != w:
                    m.reach.add(_x(m, other, block[v]) + m.behind[w, v] - m.p[w, other] <= 1)
        for u, v in edges:
            if u:
                m.reach.add(m.behind[w, v] - m.behind[w, u] >= 0)  # (T5)
                m.reach.add(_x(m, w, block[v]) + m.behind[w, u] - _x(m, w, block[u]) <= 1)  # (T6)


def _wait(m: Any, case: PlacementCase, block: list[int], scale: float, most: float) -> None:
    """(T1)-(T3) When layers and blocks may start, and when they are done."""
    hosts = {w: case.problem.layer_seconds(one.node) / scale for w, one in enumerate(case.problem.workers) if one.host}
    m.wait = pyo.ConstraintList()
    for u, v in case.problem.network.edges:
        runs = pyo.quicksum(float(s[v]) * _x(m, w, block[v]) for w, s in hosts.items())
        m.wait.add(m.done[v] - (m.done[u] if u else 0.0) - runs >= 0)  # (T1)
        for w in m.boards:
            if u and block[u] != block[v]:  # (T2)
                m.wait.add(m.start[w] - m.done[u] + most * (_x(m, w, block[u]) - _x(m, w, block[v])) >= -most)
    for w in m.boards:
        for v in m.layers:  # (T3)
            m.wait.add(m.done[v] - m.start[w] - m.takes[w] - most * _x(m, w, block[v]) >= -most)


def _x(m: Any, worker: int, block: int) -> Any:
    return m.x[worker, block] if (worker, block) in m.places else 0.0
