"""The exact model of the family `placement` as a constraint model in CP-SAT: whole numbers and clauses.

With x_wb: block b runs on worker w, i_wt and o_wt: tensor t enters or leaves accelerator w, p_vw: worker v stands
before w, T: the maximum load,

    (P1)  exactly one w has x_wb                                        for every block b
    (P2)  x_wr and not x_wb  =>  i_wt                                   for every reader r of tensor t, made in b
    (P3)  x_wb and not x_wr  =>  o_wt
    (P4)  sum_b s_wb x_wb + sum_t a_w z_t (i_wt + o_wt) <= T            (with overlap: each of the three sums)
    (P5)  sum_b m_b x_wb <= M_w
    (P6)  x_va and x_wb  =>  p_vw                                       for every edge a -> b, where contiguous
    (P7)  p is a total order; workers that are alike stand in the order of their numbers.

Without (P6), workers that are alike are used in the order of their first block. For the latency (P6) and the right side
of (P4) are others: `formulations.placement.cp_sat_timing` has them. A model unit is `scale` integer units;
every coefficient of a load is rounded down, and limits up, so that the integer optimum, divided by `scale`, stays below
the true one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import permutations
from typing import Any, TypeAlias

import numpy as np
from ortools.sat.python import cp_model

from formulations.placement.case import PlacementCase
from formulations.placement.cp_sat_timing import add_timing
from formulations.placement.problem import LATENCY
from instances.columns import FloatArray, IntArray

__all__ = ["PlacementCpSatModel", "build"]

IntVar: TypeAlias = Any
_MOST = 2.0**31
"""Largest whole number of a load. With sums of coefficients beyond 2^40, CP-SAT 9.15 has called plans optimal that were not."""


@dataclass(slots=True, eq=False)
class PlacementCpSatModel:
    """The model and its variables: `x` by (worker, block), `enters` and `leaves` by (worker, tensor); `value` is minimised."""

    case: PlacementCase
    problem: cp_model.CpModel
    scale: float
    value: IntVar
    x: dict[tuple[int, int], IntVar] = field(default_factory=dict)
    enters: dict[tuple[int, int], IntVar] = field(default_factory=dict)
    leaves: dict[tuple[int, int], IntVar] = field(default_factory=dict)

    def workers(self, value: Callable[[IntVar], int]) -> IntArray:
        """Return the worker of every block, from the variables' values."""
        worker = np.full(self.case.n_blocks, -1, dtype=np.int64)
        for (w, b), variable in self.x.items():
            if value(variable):
                worker[b] = w
        return worker

    def forbid(self, worker: IntArray) -> None:
        """Forbid a placement of the blocks."""
        self.problem.add_bool_or([~self.x[w, b] for b, w in enumerate(worker.tolist())])

    def hint(self, worker: IntArray) -> None:
        """Start the search at a placement of the blocks."""
        for (w, b), variable in self.x.items():
            self.problem.add_hint(variable, int(worker[b] == w))

    def bound(self, objective_bound: float) -> float:
        """Return a bound on the model's integer objective in seconds."""
        return objective_bound / self.scale


def build(case: PlacementCase, most: float, least: float = 0.0, *, first_use: bool = True) -> PlacementCpSatModel:
    """Return the model, whose maximum load or latency is at most `most` and at least `least` seconds.

    Without `first_use` workers that are alike are used in any order, so that a set may be fixed on one of them.
    """
    problem = cp_model.CpModel()
    scale = _MOST / max(most, 1e-30)
    value = problem.new_int_var(math.floor(least * scale * (1.0 - 1e-12)), math.ceil(_MOST) + 1, "value")
    model = PlacementCpSatModel(case, problem, scale, value)
    problem.minimize(value)
    for b in range(case.n_blocks):  # (P1)
        for w in case.workers_for(b, most):
            model.x[w, b] = problem.new_bool_var(f"x_{w}_{b}")
        problem.add_exactly_one(model.x[w, b] for w in range(case.n_workers) if (w, b) in model.x)
    _pay(model)
    latency = case.problem.options.objective == LATENCY
    takes: dict[int, IntVar] = {}
    for w in range(case.n_workers):
        if not latency:
            takes[w] = value
        elif not case.problem.workers[w].host:
            takes[w] = problem.new_int_var(0, math.ceil(_MOST) + 1, f"L_{w}")
        _load(model, w, takes.get(w))
    if latency:
        add_timing(problem, case, model.x, takes, value, scale, math.ceil(_MOST) + 1)
    elif case.problem.options.contiguous:
        _order(model)
    elif first_use:
        _first_use(model)
    return model


def _pay(model: PlacementCpSatModel) -> None:
    """(P2), (P3): a tensor pays at the border of an accelerator."""
    case = model.case
    for w in np.flatnonzero(case.seconds_per_byte > 0).tolist():
        for t, producer in enumerate(case.producer.tolist()):
            made = model.x.get((w, producer))
            read = [model.x[w, r] for r in case.readers_of(t).tolist() if (w, r) in model.x]
            if read:
                enters = model.enters[w, t] = model.problem.new_bool_var(f"i_{w}_{t}")
                for one in read:
                    model.problem.add_bool_or([~one, enters, *([] if made is None else [made])])
            if made is not None:
                leaves = model.leaves[w, t] = model.problem.new_bool_var(f"o_{w}_{t}")
                for r in case.readers_of(t).tolist():
                    here = model.x.get((w, r))
                    model.problem.add_bool_or([~made, leaves, *([] if here is None else [here])])


def _load(model: PlacementCpSatModel, w: int, most: IntVar | None) -> None:
    """(P4), (P5): a load of at most `most` (None: any)."""
    case, scale = model.case, model.scale
    blocks = [b for b in range(case.n_blocks) if (w, b) in model.x]
    runs = [model.x[w, b] for b in blocks]
    times = _down(case.seconds[w, blocks], scale)
    paid = case.size * case.seconds_per_byte[w]
    parts: list[tuple[list[IntVar], list[int]]] = [(runs, times)]
    for crossing in (model.enters, model.leaves):
        rows = [t for t in range(len(case.size)) if (w, t) in crossing]
        parts.append(([crossing[w, t] for t in rows], _down(paid[rows], scale)))
    if not case.problem.options.overlap:
        parts = [([one for part in parts for one in part[0]], [one for part in parts for one in part[1]])]
    for variables, values in parts:
        if variables and most is not None:
            model.problem.add(cp_model.LinearExpr.weighted_sum(variables, values) <= most)
    limit = float(case.memory_limit[w])
    if blocks and limit < case.memory[blocks].sum():
        units = _MOST / limit
        used = cp_model.LinearExpr.weighted_sum(runs, _down(case.memory[blocks], units))
        model.problem.add(used <= math.ceil(_MOST * (1.0 + 1e-9)))


def _order(model: PlacementCpSatModel) -> None:
    """(P6), (P7): the workers stand in an order in which no tensor goes back."""
    case, n = model.case, model.case.n_workers
    before: dict[tuple[int, int], IntVar] = {}
    for v in range(n):
        for w in range(v + 1, n):
            one = model.problem.new_bool_var(f"p_{v}_{w}")
            before[v, w], before[w, v] = one, ~one
            if case.kind[v] == case.kind[w]:
                model.problem.add(one == 1)
    for u, v, w in permutations(range(n), 3):
        model.problem.add_bool_or([~before[u, v], ~before[v, w], before[u, w]])
    for a, b in case.edges.tolist():
        for v, w in permutations(range(n), 2):
            if (v, a) in model.x and (w, b) in model.x:
                model.problem.add_bool_or([~model.x[v, a], ~model.x[w, b], before[v, w]])


def _first_use(model: PlacementCpSatModel) -> None:
    """Let a worker run a block only where the one before it that is alike runs an earlier block, or the first."""
    case = model.case
    for w in range(1, case.n_workers):
        alike = np.flatnonzero(case.kind[:w] == case.kind[w])
        if not len(alike):
            continue
        v = int(alike[-1])
        used: IntVar | None = None
        for b in range(case.n_blocks):
            if (w, b) in model.x:
                model.problem.add_bool_or([~model.x[w, b], *([] if used is None else [used])])
            if (v, b) in model.x:
                so_far = model.problem.new_bool_var(f"u_{v}_{b}")
                model.problem.add_bool_or([~so_far, model.x[v, b], *([] if used is None else [used])])
                used = so_far


def _down(values: FloatArray, scale: float) -> list[int]:
    """Return `values` times `scale`, rounded down to whole numbers."""
    whole: list[int] = np.floor(values * scale * (1.0 - 1e-15)).astype(np.int64).tolist()
    return whole
