"""Iterated local search on places and ranks: descents among many random neighbours, with kicks between them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from formulations.schedule.case import ScheduleCase
from formulations.schedule.decoder import decode
from formulations.schedule.evaluator import evaluate_population
from formulations.schedule.kernel_arrays import KernelArrays, kernel_arrays
from formulations.schedule.plan import SchedulePlan
from formulations.schedule.timing import retime
from instances.columns import FloatArray, IntArray
from solvers.local_search.schedule_moves import MoveTables, code_of, move_tables, neighbours

__all__ = ["Coded", "Descent", "plan_of_code"]

_KICK_LENGTHS = (2, 9)
_SLIGHT = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """A schedule as places and ranks, with its objective and by how much it breaks limits."""

    place: IntArray
    rank: FloatArray
    value: float
    excess: float

    def before(self, other: Coded) -> bool:
        """Return whether this goes before `other`: by excess, then by objective (Deb's rules)."""
        if self.excess != other.excess:
            return self.excess < other.excess
        return self.value < other.value - _SLIGHT * abs(other.value)


def plan_of_code(case: ScheduleCase, coded: Coded) -> SchedulePlan:
    """Return the plan of a code, with its best times."""
    start, transfers, transfer_start = decode(case, coded.place, coded.rank)
    plan = case.plan(coded.place, start, transfers, transfer_start)
    return plan if case.problem.options.regular else retime(case, plan)


@dataclass(slots=True, kw_only=True, eq=False)
class Descent:
    """The search; `evaluations` counts the schedules priced."""

    case: ScheduleCase
    rng: np.random.Generator
    batch: int
    patience: int
    most_evaluations: float = np.inf
    out_of_time: Callable[[], bool] = lambda: False
    evaluations: int = 0
    arrays: KernelArrays = field(init=False)
    tables: MoveTables = field(init=False)

    def __post_init__(self) -> None:
        self.arrays, self.tables = kernel_arrays(self.case), move_tables(self.case)

    @property
    def over(self) -> bool:
        """Whether the budget is used up."""
        return self.evaluations >= self.most_evaluations or self.out_of_time()

    def price(self, place: IntArray, rank: FloatArray) -> Coded:
        """Return the best of the coded schedules, priced as they are decoded."""
        value, excess = evaluate_population(self.case, place, rank, self.arrays)
        self.evaluations += len(value)
        best = int(np.lexsort((value, excess))[0])
        return Coded(place[best], rank[best], float(value[best]), float(excess[best]))

    def code(self, plan: SchedulePlan) -> Coded:
        """Return `plan` as it is coded and priced."""
        place, rank = code_of(self.case, plan)
        return self.price(place[None], rank[None])

    def down(self, start: Coded) -> Coded:
        """Go to the best of a batch of neighbours while one of the last `patience` batches was better."""
        here, failed = start, 0
        while failed < self.patience and not self.over and len(self.tables.active):
            count = int(min(self.batch, self.most_evaluations - self.evaluations))
            best = self.price(*neighbours(self.tables, here.place, here.rank, count, self.rng))
            if best.before(here):
                order = np.lexsort((np.arange(len(best.rank)), best.rank))
                rank = np.empty(len(order))
                rank[order] = np.arange(len(order))
                here, failed = Coded(best.place, rank, best.value, best.excess), 0
            else:
                failed += 1
        return here

    def kick(self, here: Coded) -> Coded:
        """Go some random moves away, whatever they cost."""
        place, rank = here.place[None], here.rank[None]
        for _ in range(int(self.rng.integers(*_KICK_LENGTHS))):
            place, rank = neighbours(self.tables, place[0], rank[0], 1, self.rng)
        return self.price(place, rank)
