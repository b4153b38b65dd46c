"""The MILP of the family `schedule` in Pyomo and its variables: how a solution becomes a plan, and a bound a bound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyomo.environ as pyo

from formulations.schedule.case import ScheduleCase
from formulations.schedule.plan import SchedulePlan
from instances.columns import IntArray

__all__ = ["SchedulePyomoModel", "run_time", "total", "transfer_time"]


@dataclass(slots=True, eq=False)
class SchedulePyomoModel:
    """The model: a `ConcreteModel` with variables ``x[a, c, v]``, ``s[v]``, ``y``, ``z`` and ``t[v, b]``."""

    case: ScheduleCase
    problem: Any
    seconds: float
    value: float

    def bound(self, objective_bound: float) -> float:
        """Return a bound on the model's objective as one on the problem's, which is never below 0."""
        return max(0.0, objective_bound * self.value)

    def plan(self, values: Mapping[str, float]) -> SchedulePlan:
        """Return the solution as a plan for a timing pass, from the variables' values by name."""
        m, case = self.problem, self.case
        place = np.empty(case.n_operations, dtype=np.int64)
        chosen = np.full(case.n_operations, -np.inf)
        for a, c, v in m.slots:
            if values[m.x[a, c, v].name] > chosen[v]:
                place[v], chosen[v] = a, values[m.x[a, c, v].name]
        start = np.array([values.get(m.s[v].name, 0.0) for v in range(case.n_operations)]) * self.seconds
        start[case.is_input] = case.release
        transfers = case.transfers(place)
        sent = np.array([values[m.t[v, b].name] for v, b in transfers.tolist()]) * self.seconds
        return case.plan(place, start, transfers, sent)

    def forbid(self, place: IntArray) -> None:
        """Forbid a placement by position."""
        m = self.problem
        m.forbidden.add(sum(m.x[a, c, v] for a, c, v in m.slots if place[v] == a) <= len(place) - 1)


def total(parts: Any) -> Any:
    """Return the sum of `parts` as an expression."""
    return pyo.quicksum(list(parts))


def run_time(model: SchedulePyomoModel, v: int) -> Any:
    """Return the units that operation v runs, as an expression."""
    case, m = model.case, model.problem
    return total(float(case.seconds[a, v]) / model.seconds * m.here[a, v] for a, u in m.places if u == v)


def transfer_time(model: SchedulePyomoModel, v: int, a: int, b: int) -> float:
    """Return the units that the tensor of v takes from position a to b."""
    return model.case.transfer_seconds(v, a, b) / model.seconds
