"""The method `schedule-lns`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from formulations.schedule.case import ScheduleCase, case_of
from formulations.schedule.plan import SchedulePlan
from instances.columns import BoolArray, IntArray
from instances.errors import InputError
from solvers.contract import Budget, MethodParams, Outcome, Termination, Trace
from solvers.exact.claim import Claim
from solvers.list_scheduling.portfolio import first_plans
from solvers.local_search.schedule_descent import Coded, Descent, plan_of_code
from solvers.local_search.schedule_neighbourhoods import NEIGHBOURHOODS, Placed, Roulette, placed
from solvers.local_search.schedule_repair import Repair, repair
from solvers.registry import register

__all__ = ["ScheduleLns", "ScheduleLnsParams"]

_DEFAULT_ROUNDS = 100
_LEAST_SECONDS = 0.05
_BUILDING_S = 5e-4
"""Seconds for the model of an operation, before one was built: a cautious guess."""
_GROW, _SHRINK = 1.25, 0.8
_SAME = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleLnsParams(MethodParams):
    """Parameters of `schedule-lns`.

    Parameters
    ----------
    size : int
        Layers that the first neighbourhoods set free; more where repairs end early, fewer where they do not end.
    repair_s : float
        Most seconds of a repair.
    nodes : int
        Most nodes among which free layers choose in a repair; where there are more, those in use and some at random.
    descent : float
        Share of the time that local search has before the first repair.
    rounds : int or None
        Most repairs; none: until the budget ends, or 100 where it does not limit seconds.
    """

    size: int = 12
    repair_s: float = 2.0
    nodes: int = 16
    descent: float = 0.1
    rounds: int | None = None

    def __post_init__(self) -> None:
        for name in ("size", "nodes"):
            if getattr(self, name) < 1:
                raise InputError(f"parameter {name}", "must be >= 1", getattr(self, name))
        if not 0 < self.repair_s < np.inf:
            raise InputError("parameter repair_s", "must be finite and > 0", self.repair_s)
        if not 0 <= self.descent < 1:
            raise InputError("parameter descent", "must be in 0 <= x < 1", self.descent)
        if self.rounds is not None and self.rounds < 0:
            raise InputError("parameter rounds", "must be >= 0 or none", self.rounds)


@register(
    "schedule-lns",
    kind="local-search",
    citation="Shaw, CP 1998, doi 10.1007/3-540-49481-2_30; Ropke and Pisinger, Transp. Sci. 40(4), 2006, doi 10.1287/trsc.1050.0135",
    anytime=True,
)
class ScheduleLns:
    """Large neighbourhood search: some layers are set free, and CP-SAT finds their best nodes and turns; again and again.

    It starts at the best of the list schedules and of local search. What is set free: layers that start next to each other, whole
    tasks, what runs on one or two nodes, neighbours in a graph, or any layers; what helped of late is chosen more often. Where
    the whole problem is small enough to be set free, the bound of its model holds.
    """

    Params: ClassVar[type[MethodParams]] = ScheduleLnsParams
    families: ClassVar[frozenset[str]] = frozenset({"schedule"})

    def __init__(self, params: ScheduleLnsParams | None = None) -> None:
        self.params = params or ScheduleLnsParams()

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline a limit of evaluations."""
        if budget.evaluations is not None:
            return "it prices no population, so it cannot keep a limit of evaluations"
        return None

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Repair one neighbourhood after the other."""
        search = _Search(case_of(problem), Claim(budget=budget, trace=trace), rng, self.params)
        search.begin()
        rounds = self.params.rounds
        if rounds is None:
            rounds = _DEFAULT_ROUNDS if budget.seconds is None else int(1e9)
        done = 0
        while done < rounds and not search.claim.closed and not search.finished:
            if search.claim.seconds_left <= search.least_seconds:
                return search.claim.outcome(Termination.TIME_LIMIT)
            search.step()
            done += 1
            search.claim.info["repairs"] = done
        return search.claim.outcome(Termination.COMPLETED)


@dataclass(slots=True, eq=False)
class _Search:
    case: ScheduleCase
    claim: Claim
    rng: np.random.Generator
    params: ScheduleLnsParams
    now: SchedulePlan | None = None
    value: float = np.inf
    size: float = field(init=False)
    building_s: float = field(init=False)
    roulette: Roulette = field(default_factory=Roulette)
    finished: bool = False
    """The whole problem was repaired to its end: nothing is left to set free."""

    def __post_init__(self) -> None:
        self.size = float(self.params.size)
        self.building_s = _BUILDING_S * self.case.n_operations

    @property
    def least_seconds(self) -> float:
        """Seconds below which no repair is worth its model."""
        return max(_LEAST_SECONDS, 1.5 * self.building_s)

    def begin(self) -> None:
        """Start at the best list schedule and a local search from there."""
        plans = []
        for plan in first_plans(self.case):
            plans.append(plan)
            self._offer(plan)
            if self.claim.seconds_left <= _LEAST_SECONDS:
                return
        share = self.params.descent if self.now is not None else max(0.25, self.params.descent)
        until = (1.0 - share) * self.claim.seconds_left
        if not plans or not share:
            return
        limit = (
            {"most_evaluations": 20_000.0}
            if until == np.inf
            else {"out_of_time": lambda: self.claim.seconds_left <= until}
        )
        descent = Descent(case=self.case, rng=self.rng, batch=200, patience=5, **limit)
        best: Coded | None = None
        for plan in plans:
            coded = descent.code(plan)
            best = coded if best is None or coded.before(best) else best
        assert best is not None
        here = best
        while True:
            here = descent.down(here)
            if here.before(best):
                best = here
            if descent.over or (best.excess == 0.0 and until == np.inf) or not len(descent.tables.active):
                break
            here = descent.kick(best)
        if best.excess == 0.0:
            self._offer(plan_of_code(self.case, best))

    def step(self) -> None:
        """Set some operations free and repair."""
        active = np.flatnonzero(~self.case.is_input)
        size = min(len(active), max(2, round(self.size)))
        if self.now is None or size == len(active):
            self._whole(active)
            return
        state = placed(self.case, self.now)
        name = self.roulette.draw(self.rng)
        free = NEIGHBOURHOODS[name](state, size, self.rng)
        before = self.value
        self.roulette.learn(name, self._repair(state, free, self._nodes(state, free)).complete and self.value < before)

    def _whole(self, active: IntArray) -> None:
        everywhere = np.ones(self.case.n_nodes, dtype=bool)
        if self.now is None:
            nowhere = np.argmax(self.case.allowed, axis=0)
            state = Placed(self.case, nowhere, np.zeros(self.case.n_operations), active)
        else:
            state = placed(self.case, self.now)
        result = self._repair(state, active, everywhere)
        self.claim.raise_bound(result.bound)
        self.finished = result.complete

    def _repair(self, state: Placed, free: IntArray, nodes: BoolArray) -> Repair:
        """Repair, take what is no worse, and adapt the size."""
        whole = len(free) == len(state.active)
        left = self.claim.seconds_left
        # what is left goes on with smaller neighbourhoods where the whole does not end
        seconds = min(left / 2, 5.0 * self.params.repair_s) if whole else min(left, self.params.repair_s)
        result = Repair(plan=None, complete=False)
        for rounding in ("down", "up"):
            if seconds <= 0:
                break
            found = repair(
                state,
                self.now,
                free,
                nodes,
                rounding=rounding,
                seconds=seconds,
                threads=self.claim.budget.threads,
                seed=int(self.rng.integers(2**31)),
            )
            if rounding == "down":
                result = found
            # a plan of the model that rounds down may break a limit by a unit
            self.building_s = found.building_s
            if found.plan is None or self._offer(found.plan):
                break
            seconds = min(self.claim.seconds_left, self.params.repair_s)
        self.size *= _GROW if result.complete else _SHRINK
        self.size = float(np.clip(self.size, 2, len(state.active)))
        return result

    def _offer(self, plan: SchedulePlan) -> bool:
        """Take `plan` where it is allowed and no worse; return whether it is allowed."""
        got = self.claim.offer(plan)
        if got is not None and got <= self.value * (1.0 + _SAME):
            self.now, self.value = plan, got
        return got is not None

    def _nodes(self, state: Placed, free: IntArray) -> BoolArray:
        """Return the nodes among which free operations choose."""
        n = self.case.n_nodes
        good = np.ones(n, dtype=bool)
        if n <= self.params.nodes:
            return good
        reach = self.case.allowed[:, free].any(axis=1)
        users = np.bincount(state.place[state.active], minlength=n)
        # in use by what is free, then in use by many, then at random
        here = np.isin(np.arange(n), state.place[free])
        order = np.lexsort((self.rng.random(n), -users, ~here, ~reach))
        used = int((reach & ((users > 0) | here)).sum())
        half = min(used, max(1, self.params.nodes // 2))
        others = self.rng.permutation(order[half : int(reach.sum())])
        good[:] = False
        good[order[:half]] = True
        good[others[: self.params.nodes - half]] = True
        return good
