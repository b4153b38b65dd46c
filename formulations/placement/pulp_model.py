"""The exact model of the family `placement` as a MILP in PuLP.

Equation numbers as in `formulations.placement.cp_sat_model`, whose docstring states the model; here in seconds over
`scale`, with (P2), (P3) and (P6) as differences of the 0-1 variables:

    (P2)  i_wt >= x_wr - x_wb,   (P3)  o_wt >= x_wb - x_wr,   (P6)  x_va + x_wb <= 1 + p_vw.

For the latency `formulations.placement.pulp_timing` has what stands in the place of (P6) and on the right of (P4).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations, permutations
from typing import Any

import numpy as np
import pulp

from formulations.placement.case import PlacementCase
from formulations.placement.problem import LATENCY
from formulations.placement.pulp_timing import add_timing
from instances.columns import IntArray

__all__ = ["PlacementPulpModel", "build"]

Places = dict[tuple[int, int], pulp.LpVariable]


@dataclass(slots=True, eq=False)
class PlacementPulpModel:
    """The model and its variables: `x` by (worker, block), `enters` and `leaves` by (worker, tensor); `value` is minimised."""

    case: PlacementCase
    problem: pulp.LpProblem
    scale: float
    value: pulp.LpVariable
    x: Places = field(default_factory=dict)
    enters: Places = field(default_factory=dict)
    leaves: Places = field(default_factory=dict)

    def workers(self, values: Mapping[str, float]) -> IntArray:
        """Return the worker of every block, from the variables' values by name."""
        x = np.zeros((self.case.n_workers, self.case.n_blocks))
        for place, variable in self.x.items():
            x[place] = values[variable.name]
        worker: IntArray = np.argmax(x, axis=0)
        return worker

    def forbid(self, worker: IntArray) -> None:
        """Forbid a placement of the blocks."""
        self.problem += pulp.lpSum(self.x[w, b] for b, w in enumerate(worker.tolist())) <= len(worker) - 1

    def start(self, worker: IntArray) -> dict[str, float]:
        """Return a placement of the blocks as values of x by name."""
        return {variable.name: float(worker[b] == w) for (w, b), variable in self.x.items()}


def build(case: PlacementCase, most: float, least: float = 0.0) -> PlacementPulpModel:
    """Return the model, whose maximum load or latency is at most `most` and at least `least` seconds."""
    problem = pulp.LpProblem("placement", pulp.LpMinimize)
    scale = max(most, 1e-30)
    low = least / scale * (1.0 - 1e-9)
    model = PlacementPulpModel(case, problem, scale, problem.add_variable("T", lowBound=low, upBound=1.0 + 1e-6))
    problem += model.value + 0.0, "P"
    for b in range(case.n_blocks):  # (P1)
        for w in case.workers_for(b, most):
            model.x[w, b] = problem.add_variable(f"x_{w}_{b}", cat="Binary")
        problem += pulp.lpSum(model.x[w, b] for w in range(case.n_workers) if (w, b) in model.x) == 1
    _pay(model)
    latency = case.problem.options.objective == LATENCY
    takes: dict[int, pulp.LpVariable] = {}
    for w in range(case.n_workers):
        if not latency:
            takes[w] = model.value
        elif not case.problem.workers[w].host:
            takes[w] = problem.add_variable(f"L_{w}", lowBound=0.0, upBound=1.0 + 1e-6)
        _load(model, w, takes.get(w))
    if latency:
        add_timing(problem, case, model.x, takes, model.value, scale)
    elif case.problem.options.contiguous:
        _order(model)
    return model


def _pay(model: PlacementPulpModel) -> None:
    """(P2), (P3): a tensor pays at the border of an accelerator."""
    case = model.case
    for w in np.flatnonzero(case.seconds_per_byte > 0).tolist():
        for t, producer in enumerate(case.producer.tolist()):
            made: Any = model.x.get((w, producer), 0)
            enters = model.enters[w, t] = model.problem.add_variable(f"i_{w}_{t}", lowBound=0, upBound=1)
            leaves = model.leaves[w, t] = model.problem.add_variable(f"o_{w}_{t}", lowBound=0, upBound=1)
            for r in case.readers_of(t).tolist():
                here: Any = model.x.get((w, r), 0)
                if (w, r) in model.x:
                    model.problem += enters >= here - made
                if (w, producer) in model.x:
                    model.problem += leaves >= made - here


def _load(model: PlacementPulpModel, w: int, most: pulp.LpVariable | None) -> None:
    """(P4), (P5): a load of at most `most` (None: any)."""
    case = model.case
    blocks = [b for b in range(case.n_blocks) if (w, b) in model.x]
    parts = [[(model.x[w, b], float(case.seconds[w, b] / model.scale)) for b in blocks]]
    paid = case.size * case.seconds_per_byte[w] / model.scale
    for variables in (model.enters, model.leaves):
        parts.append([(variables[w, t], float(paid[t])) for t in range(len(paid)) if (w, t) in variables])
    if not case.problem.options.overlap:
        parts = [[term for part in parts for term in part]]
    for part in parts:
        if part and most is not None:
            model.problem += pulp.LpAffineExpression(part) <= most
    limit = float(case.memory_limit[w])
    if blocks and limit < case.memory[blocks].sum():
        used = [(model.x[w, b], float(case.memory[b] / limit)) for b in blocks]
        model.problem += pulp.LpAffineExpression(used) <= 1.0 + 1e-9


def _order(model: PlacementPulpModel) -> None:
    """(P6), (P7): the workers stand in an order in which no tensor goes back."""
    case, n = model.case, model.case.n_workers
    before: dict[tuple[int, int], Any] = {}
    for v, w in combinations(range(n), 2):
        if case.kind[v] == case.kind[w]:
            before[v, w], before[w, v] = 1, 0
        else:
            one = model.problem.add_variable(f"p_{v}_{w}", cat="Binary")
            before[v, w], before[w, v] = one, 1 - one
    for u, v, w in permutations(range(n), 3):
        row = before[u, v] + before[v, w] - before[u, w]
        if not isinstance(row, int):
            model.problem += row <= 1
    for a, b in case.edges.tolist():
        for v, w in permutations(range(n), 2):
            if (v, a) in model.x and (w, b) in model.x and not (isinstance(before[v, w], int) and before[v, w]):
                model.problem += model.x[v, a] + model.x[w, b] - before[v, w] <= 1
