"""What the objective `latency` adds to the MILP of the family `placement` in PuLP.

Equation numbers as in `formulations.placement.cp_sat_timing`, whose docstring states the model; here, with M no less than
any latency that counts,

    (T2)  S_w >= f_u - M (1 - x_wv + x_wu),      (T3)  f_v >= S_w + L_w - M (1 - x_wv),
    (T5)  z_wv >= x_wv,  z_wv >= z_wu,   (T6)  x_wv + z_wu <= 1 + x_wu,   (T7)  x_vb + z_wb <= 1 + p_wv.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations, permutations
from typing import Any

import pulp

from formulations.placement.case import PlacementCase

__all__ = ["add_timing"]

_MOST = 1.0 + 1e-6
"""M, in units of the model."""


def add_timing(
    problem: pulp.LpProblem,
    case: PlacementCase,
    x: Mapping[tuple[int, int], pulp.LpVariable],
    takes: Mapping[int, pulp.LpVariable],
    latency: pulp.LpVariable,
    scale: float,
) -> None:
    """Add (T1)-(T8) to `problem`; ``takes[w]`` is the load of accelerator w, `scale` seconds are a unit of the model."""
    _order(problem, case, x, list(takes))
    block, n = case.block.tolist(), len(case.block)
    done: list[Any] = [0.0, *(problem.add_variable(f"f_{v}", lowBound=0.0, upBound=_MOST) for v in range(1, n))]
    start = {w: problem.add_variable(f"S_{w}", lowBound=0.0, upBound=_MOST) for w in takes}
    hosts = {w: case.problem.layer_seconds(one.node) for w, one in enumerate(case.problem.workers) if one.host}
    for u, v in case.problem.network.edges:  # (T1), (T2)
        runs = pulp.lpSum(float(s[v] / scale) * x[w, block[v]] for w, s in hosts.items() if (w, block[v]) in x)
        problem += done[v] - done[u] - runs >= 0
        for w, begin in start.items():
            if u and block[u] != block[v] and (w, block[v]) in x:
                there = x.get((w, block[u]), 0.0)
                problem += begin - done[u] - _MOST * x[w, block[v]] + _MOST * there >= -_MOST
    for w, begin in start.items():  # (T3)
        for v in range(1, n):
            if (w, block[v]) in x:
                problem += done[v] - begin - takes[w] - _MOST * x[w, block[v]] >= -_MOST
    problem += latency - done[-1] >= 0  # (T4): every layer leads to the last


def _order(
    problem: pulp.LpProblem, case: PlacementCase, x: Mapping[tuple[int, int], pulp.LpVariable], boards: list[int]
) -> None:
    """(T5)-(T8): blocks do not wait for each other."""
    block, n = case.block.tolist(), len(case.block)
    before: dict[tuple[int, int], Any] = {}
    for v, w in combinations(boards, 2):
        one: Any = 1.0 if case.kind[v] == case.kind[w] else problem.add_variable(f"p_{v}_{w}", cat="Binary")
        before[v, w], before[w, v] = one, 1.0 - one
    for u, v, w in permutations(boards, 3):
        row = before[u, v] + before[v, w] - before[u, w]
        if not isinstance(row, float):
            problem += row <= 1
    for w in boards:
        behind = {v: problem.add_variable(f"z_{w}_{v}", lowBound=0.0, upBound=1.0) for v in range(1, n)}
        for v in range(1, n):
            if (w, block[v]) in x:
                problem += behind[v] - x[w, block[v]] >= 0
            for other in boards:
                if other != w and (other, block[v]) in x:
                    problem += x[other, block[v]] + behind[v] - before[w, other] <= 1
        for u, v in case.problem.network.edges:
            if u:
                problem += behind[v] - behind[u] >= 0
                if (w, block[v]) in x:
                    problem += x[w, block[v]] + behind[u] - x.get((w, block[u]), 0.0) <= 1
