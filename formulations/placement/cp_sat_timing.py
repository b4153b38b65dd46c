"""What the objective `latency` adds to the constraint model of the family `placement`: when blocks and layers are done.

With f_v: layer v is done, S_w and F_w: the block of accelerator w starts and ends, L_w: its load, z_wv: layer v is in the
block or depends on it, p_vw: the block of accelerator v is not behind that of w, T: the latency,

    (T1)  f_v >= f_u + sum_h s_hv x_hv       for every edge u -> v; h: the hosts; f_u = 0 for the input
    (T2)  x_wv and not x_wu  =>  S_w >= f_u  for every edge u -> v and accelerator w
    (T3)  F_w = S_w + L_w;  x_wv  =>  f_v >= F_w
    (T4)  f_v <= T
    (T5)  x_wv  =>  z_wv;  z_wu  =>  z_wv    for every edge u -> v
    (T6)  x_wv and z_wu  =>  x_wu            for every edge u -> v: no path leaves a block and comes back
    (T7)  x_vb and z_wb  =>  p_wv            for accelerators v and w
    (T8)  p is a total order; accelerators that are alike stand in the order of their numbers.

(T5) to (T8) keep blocks from waiting for each other, which (T1) to (T3) let pass where they take no time. Here x_wv is
the variable of the layer's class.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import permutations
from typing import Any, TypeAlias

from ortools.sat.python import cp_model

from formulations.placement.case import PlacementCase

__all__ = ["add_timing"]

IntVar: TypeAlias = Any


def add_timing(
    problem: cp_model.CpModel,
    case: PlacementCase,
    x: Mapping[tuple[int, int], IntVar],
    takes: Mapping[int, IntVar],
    latency: IntVar,
    scale: float,
    end: int,
) -> None:
    """Add (T1)-(T8) to `problem`; ``takes[w]`` is the load of accelerator w, `scale` integer units a second, `end` the last."""
    _order(problem, case, x, list(takes))
    block, n = case.block.tolist(), len(case.block)
    done = [0, *(problem.new_int_var(0, end, f"f_{v}") for v in range(1, n))]
    start = {w: problem.new_int_var(0, end, f"S_{w}") for w in takes}
    hosts = {w: case.problem.layer_seconds(one.node) for w, one in enumerate(case.problem.workers) if one.host}
    for u, v in case.problem.network.edges:  # (T1), (T2)
        runs = [
            (x[w, block[v]], math.floor(s[v] * scale * (1.0 - 1e-15))) for w, s in hosts.items() if (w, block[v]) in x
        ]
        problem.add(done[v] >= done[u] + sum(variable * units for variable, units in runs))
        for w in start:
            if u and block[u] != block[v] and (w, block[v]) in x:
                there = [~x[w, block[u]]] if (w, block[u]) in x else []
                problem.add(start[w] >= done[u]).only_enforce_if([x[w, block[v]], *there])
    for w, begin in start.items():  # (T3)
        for v in range(1, n):
            if (w, block[v]) in x:
                problem.add(done[v] >= begin + takes[w]).only_enforce_if(x[w, block[v]])
    problem.add(latency >= done[-1])  # (T4): every layer leads to the last


def _order(
    problem: cp_model.CpModel, case: PlacementCase, x: Mapping[tuple[int, int], IntVar], boards: list[int]
) -> None:
    """(T5)-(T8): blocks do not wait for each other."""
    block, n = case.block.tolist(), len(case.block)
    edges = [(u, v) for u, v in case.problem.network.edges if u]
    before: dict[tuple[int, int], IntVar] = {}
    for v, w in permutations(boards, 2):
        if v < w:
            one = problem.new_bool_var(f"p_{v}_{w}")
            before[v, w], before[w, v] = one, ~one
            if case.kind[v] == case.kind[w]:
                problem.add(one == 1)
    for u, v, w in permutations(boards, 3):
        problem.add_bool_or([~before[u, v], ~before[v, w], before[u, w]])
    for w in boards:
        behind = {v: problem.new_bool_var(f"z_{w}_{v}") for v in range(1, n)}
        for v in range(1, n):
            if (w, block[v]) in x:
                problem.add_implication(x[w, block[v]], behind[v])
            for other in boards:
                if other != w and (other, block[v]) in x:
                    problem.add_bool_or([~x[other, block[v]], ~behind[v], before[w, other]])
        for u, v in edges:
            problem.add_implication(behind[u], behind[v])
            if (w, block[v]) in x:
                here = [x[w, block[u]]] if (w, block[u]) in x else []
                problem.add_bool_or([~x[w, block[v]], ~behind[u], *here])
