"""The constraint model of the family `schedule` and its variables: how a solution becomes a plan, and a bound a bound."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np
from ortools.sat.python import cp_model

from formulations.schedule.case import ScheduleCase
from formulations.schedule.cp_sat_hint import hint
from formulations.schedule.plan import SchedulePlan
from formulations.schedule.whole_numbers import TimeGrid
from instances.columns import IntArray

__all__ = ["IntVar", "Rounding", "ScheduleCpSatModel", "due"]

IntVar: TypeAlias = Any
Rounding = Literal["down", "up"]


@dataclass(slots=True, eq=False)
class ScheduleCpSatModel:
    """The model and its variables.

    Parameters
    ----------
    x : dict
        By (position, operation): whether it runs there.
    start : list
        Of every operation, in units of the grid; whole numbers for inputs.
    flow : dict
        By (v, w, a, b) of an edge v -> w that may lead from position a to b.
    sent : dict
        By (v, a, b): whether the tensor of v is sent from a to b.
    sending : dict
        By (v, b): start of that transfer; empty where transfers start as soon as they can.
    end : list
        Of every task.
    lags : dict
        By operation: units that its tensor takes from position to position, as they are asked for.
    """

    case: ScheduleCase
    problem: cp_model.CpModel
    grid: TimeGrid
    rounding: Rounding
    horizon: int
    seconds: IntArray
    x: dict[tuple[int, int], IntVar] = field(default_factory=dict)
    start: list[IntVar] = field(default_factory=list)
    flow: dict[tuple[int, int, int, int], IntVar] = field(default_factory=dict)
    sent: dict[tuple[int, int, int], IntVar] = field(default_factory=dict)
    sending: dict[tuple[int, int], IntVar] = field(default_factory=dict)
    end: list[IntVar] = field(default_factory=list)
    makespan: IntVar | None = None
    on: dict[int, IntVar] = field(default_factory=dict)
    off: dict[int, IntVar] = field(default_factory=dict)
    used: dict[int, IntVar] = field(default_factory=dict)
    objective: Any = 0
    weight_scale: float = 1.0
    node_groups: list[list[int]] = field(default_factory=list)
    task_groups: list[list[int]] = field(default_factory=list)
    lags: dict[int, list[list[int]]] = field(default_factory=dict)

    @property
    def exact(self) -> bool:
        """Whether the whole units of the grid lose nothing."""
        return self.grid.exact and self.case.problem.options.energy_limit_j is None

    def places(self, operation: int) -> list[int]:
        """Return the positions where `operation` may run."""
        return [a for a in range(self.case.n_nodes) if (a, operation) in self.x]

    def finish(self, operation: int) -> Any:
        """Return the end of `operation` as an expression."""
        places = self.places(operation)
        took = cp_model.LinearExpr.weighted_sum(
            [self.x[a, operation] for a in places], [int(self.seconds[a, operation]) for a in places]
        )
        return self.start[operation] + took

    def lag(self, operation: int, a: int, b: int) -> int:
        """Return the units that the tensor of `operation` takes from position a to b, between which there is a way."""
        if operation not in self.lags:
            seconds = self.case.latency + self.case.size[operation] * self.case.seconds_per_byte
            seconds[~np.isfinite(seconds)] = 0.0
            whole = self.grid.down(seconds) if self.rounding == "down" else self.grid.up(seconds)
            self.lags[operation] = whole.tolist()
        return self.lags[operation][a][b]

    def bound(self, objective_bound: float) -> float:
        """Return a bound on the model's integer objective as one on the problem's; of ``rounding="down"`` only."""
        found = objective_bound / self.weight_scale
        return found - 1e-11 * abs(found)

    def plan(self, value: Callable[[IntVar], int]) -> SchedulePlan:
        """Return the solution as a plan at whole units, for a timing pass: durations may be a unit longer."""
        case = self.case
        place = np.empty(case.n_operations, dtype=np.int64)
        for (a, v), one in self.x.items():
            if value(one):
                place[v] = a
        start = np.array([value(one) for one in self.start], dtype=np.float64)
        transfers = case.transfers(place)
        ends = start + self.seconds[place, np.arange(case.n_operations)]
        sent = [float(value(self.sending[v, b])) if self.sending else ends[v] for v, b in transfers.tolist()]
        times = start / self.grid.scale
        times[case.is_input] = case.release
        return case.plan(place, times, transfers, np.array(sent) / self.grid.scale)

    def hint(self, plan: SchedulePlan) -> None:
        """Start the search at `plan`, its nodes and tasks renamed as the order among those that are alike asks."""
        hint(self, plan)

    def at_most(self, value: float) -> None:
        """Ask for an objective of at most `value`; a relaxation with ``rounding="down"``."""
        self.problem.add(self.objective <= int(np.ceil(value * self.weight_scale * (1.0 + 1e-9))))

    def keep_order(self, before: int, after: int) -> None:
        """Let operation `after` start when operation `before` has ended, as on a core that they share."""
        self.problem.add(self.start[after] >= self.finish(before))

    def forbid(self, place: IntArray) -> None:
        """Forbid a placement by position."""
        self.problem.add_bool_or(
            [~self.x[a, v] for v, a in enumerate(place.tolist()) if not self.case.is_input[v] and (a, v) in self.x]
        )


def due(model: ScheduleCpSatModel, task: int) -> int:
    """Return the unit by which `task` must have ended to keep its deadline."""
    case = model.case
    when = float(case.release[task] + case.deadline[task])
    if model.rounding == "up":
        return int(model.grid.down(np.array(when)))
    return model.grid.reach(when + 1e-9 * max(1.0, float(case.deadline[task])))
