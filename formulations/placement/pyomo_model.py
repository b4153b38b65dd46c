r"""The exact model of the family `placement` in Pyomo, to be read beside the problem statement.

Equation numbers as in `formulations.placement.cp_sat_model`. In seconds over `scale`, with x_wb: block b runs on worker
w, i_wt and o_wt: tensor t enters or leaves accelerator w, p_vw: worker v stands before w, T: the maximum load,

    (P1)  sum_w x_wb = 1                                         for every block b
    (P2)  i_wt >= x_wr - x_wb                                    for every reader r of tensor t, made in b
    (P3)  o_wt >= x_wb - x_wr
    (P4)  sum_b s_wb x_wb + sum_t a_w z_t (i_wt + o_wt) <= T     (with overlap: each of the three sums)
    (P5)  sum_b m_b x_wb <= M_w
    (P6)  x_va + x_wb <= 1 + p_vw                                for every edge a -> b, where contiguous
    (P7)  p_uv + p_vw - p_uw <= 1, p_vw + p_wv = 1; workers that are alike stand in the order of their numbers.

For the latency `formulations.placement.pyomo_timing` has what stands in the place of (P6) and on the right of (P4).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np
import pyomo.environ as pyo

from formulations.placement.case import PlacementCase
from formulations.placement.problem import LATENCY
from formulations.placement.pyomo_timing import add_timing
from instances.columns import IntArray

__all__ = ["PlacementPyomoModel", "build"]

_MOST = 1.0 + 1e-6
"""The greatest value, in units of the model."""


@dataclass(slots=True, eq=False)
class PlacementPyomoModel:
    """The model: a `ConcreteModel` with variables ``x[w, b]``, ``enters[w, t]``, ``leaves[w, t]``, ``p[v, w]`` and ``T``."""

    case: PlacementCase
    problem: Any
    scale: float

    def workers(self, values: Mapping[str, float]) -> IntArray:
        """Return the worker of every block, from the variables' values by name."""
        m = self.problem
        x = np.zeros((self.case.n_workers, self.case.n_blocks))
        for place in m.places:
            x[place] = values[m.x[place].name]
        worker: IntArray = np.argmax(x, axis=0)
        return worker

    def forbid(self, worker: IntArray) -> None:
        """Forbid a placement of the blocks."""
        m = self.problem
        m.forbidden.add(sum(m.x[w, b] for b, w in enumerate(worker.tolist())) <= len(worker) - 1)

    def start(self, worker: IntArray) -> dict[str, float]:
        """Return a placement of the blocks as values of x by name."""
        m = self.problem
        return {m.x[w, b].name: float(worker[b] == w) for w, b in m.places}


def build(case: PlacementCase, most: float, least: float = 0.0) -> PlacementPyomoModel:
    """Return the model, whose maximum load or latency is at most `most` and at least `least` seconds."""
    scale = max(most, 1e-30)
    latency = case.problem.options.objective == LATENCY
    m = pyo.ConcreteModel("placement")
    m.workers = pyo.RangeSet(0, case.n_workers - 1)
    m.blocks = pyo.RangeSet(0, case.n_blocks - 1)
    m.places = pyo.Set(initialize=[(w, b) for b in range(case.n_blocks) for w in case.workers_for(b, most)], dimen=2)
    paying = np.flatnonzero(case.seconds_per_byte > 0).tolist()
    m.borders = pyo.Set(initialize=[(w, t) for w in paying for t in range(len(case.size))], dimen=2)
    ordered = [w for w, one in enumerate(case.problem.workers) if not (latency and one.host)]
    m.pairs = pyo.Set(initialize=list(permutations(ordered, 2)), dimen=2)
    m.x = pyo.Var(m.places, domain=pyo.Binary)
    m.enters = pyo.Var(m.borders, bounds=(0, 1))
    m.leaves = pyo.Var(m.borders, bounds=(0, 1))
    m.T = pyo.Var(bounds=(least / scale * (1.0 - 1e-9), _MOST))
    m.objective = pyo.Objective(expr=1.0 * m.T, sense=pyo.minimize)
    m.place = pyo.Constraint(m.blocks, rule=lambda m, b: sum(_x(m, w, b) for w in m.workers) == 1)  # (P1)
    _pay(m, case)
    if latency:
        m.takes = pyo.Var(pyo.Set(initialize=ordered), bounds=(0, _MOST))
    _load(m, case, scale, {w: m.takes[w] if latency else m.T for w in ordered})
    _hold(m, case)
    if latency or case.problem.options.contiguous:
        _stand(m, case)
    if latency:
        add_timing(m, case, scale, _MOST)
    elif case.problem.options.contiguous:
        _order(m, case)
    m.forbidden = pyo.ConstraintList()
    return PlacementPyomoModel(case, m, scale)


def _pay(m: Any, case: PlacementCase) -> None:
    """(P2), (P3) A tensor pays at the border of an accelerator."""
    m.pay = pyo.ConstraintList()
    for w, t in m.borders:
        made = _x(m, w, int(case.producer[t]))
        for r in case.readers_of(t).tolist():
            m.pay.add(m.enters[w, t] - _x(m, w, r) + made >= 0)
            m.pay.add(m.leaves[w, t] - made + _x(m, w, r) >= 0)


def _load(m: Any, case: PlacementCase, scale: float, most: Mapping[int, Any]) -> None:
    """(P4) The load of a worker."""
    m.carry = pyo.ConstraintList()
    for w, limit in most.items():
        paid = case.size * case.seconds_per_byte[w] / scale
        runs = pyo.quicksum(float(case.seconds[w, b] / scale) * m.x[w, b] for b in m.blocks if (w, b) in m.places)
        moves = [
            pyo.quicksum(float(paid[t]) * crossing[w, t] for t in range(len(paid)) if (w, t) in m.borders)
            for crossing in (m.enters, m.leaves)
        ]
        parts = [runs, *moves] if case.problem.options.overlap else [runs + moves[0] + moves[1]]
        for part in parts:
            m.carry.add(part - limit <= 0)


def _hold(m: Any, case: PlacementCase) -> None:
    """(P5) Memory."""
    m.hold = pyo.ConstraintList()
    for w in m.workers:
        blocks = [b for b in m.blocks if (w, b) in m.places]
        limit = float(case.memory_limit[w])
        if blocks and limit < case.memory[blocks].sum():
            m.hold.add(sum(float(case.memory[b] / limit) * m.x[w, b] for b in blocks) <= 1.0 + 1e-9)


def _stand(m: Any, case: PlacementCase) -> None:
    """(P7) The order of the workers."""
    m.p = pyo.Var(m.pairs, domain=pyo.Binary)
    m.one_way = pyo.ConstraintList()
    for v, w in m.pairs:
        if v < w:
            m.one_way.add(m.p[v, w] + m.p[w, v] == 1)
            if case.kind[v] == case.kind[w]:
                m.one_way.add(m.p[v, w] >= 1)
        for u in m.workers:
            if (u, v) in m.pairs and (u, w) in m.pairs:
                m.one_way.add(m.p[u, v] + m.p[v, w] - m.p[u, w] <= 1)


def _order(m: Any, case: PlacementCase) -> None:
    """(P6) No tensor goes back."""
    m.order = pyo.ConstraintList()
    for a, b in case.edges.tolist():
        for v, w in m.pairs:
            if (v, a) in m.places and (w, b) in m.places:
                m.order.add(m.x[v, a] + m.x[w, b] - m.p[v, w] <= 1)


def _x(m: Any, worker: int, block: int) -> Any:
    return m.x[worker, block] if (worker, block) in m.places else 0.0
