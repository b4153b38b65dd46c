"""Bound and plan over an option table: prices of what is shared, cuts, then annealing among the options left."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from formulations.joint.options import OptionTable
from formulations.score import relative_gap
from instances.columns import FloatArray, IntArray
from solvers.contract import Budget, Trace
from solvers.decomposition.cut_dual import CutDual
from solvers.decomposition.equal_dual import EqualDual
from solvers.decomposition.lagrangian_params import LagrangianParams
from solvers.decomposition.polish import anneal, descend, reduced_costs, useful_tasks
from solvers.decomposition.relaxation import Relaxation
from solvers.joint_kernels import COOPERATIVE, Game, State, state_of
from solvers.rules.greedy import order_of, place_in_order

__all__ = ["TableSearch"]

_ENOUGH = 1e-7
_HOT = (0.3, 0.1, 0.03, 0.01, 0.003)
_COOLING = 0.01
_SLICES = 8


@dataclass(slots=True)
class TableSearch:
    """The best bound known so far with the priced options behind it, and the best state; `run` improves both."""

    table: OptionTable
    game: Game
    trace: Trace
    params: LagrangianParams
    budget: Budget
    rng: np.random.Generator
    bound: float | None = None
    priced: FloatArray | None = None
    choice: IntArray | None = None
    value: float | None = None
    best: IntArray | None = None

    def offer_bound(self, bound: float, priced: FloatArray, choice: IntArray) -> None:
        """Keep a bound with the options' prices and the tasks' cheapest options at them."""
        if self.bound is None or bound > self.bound:
            self.bound, self.priced, self.choice = bound, priced, choice.copy()
            self.trace.bound(bound)

    def offer_state(self, state: State, value: float) -> None:
        """Keep a state that fits the memory limits."""
        if self.value is None or value < self.value:
            self.value, self.best = value, state.choice.copy()
            self.trace.incumbent(self.table.plan(state.choice))

    def gap(self) -> float:
        """Return the relative gap, inf while a side is missing."""
        gap = relative_gap(self.value, self.bound)
        return float("inf") if gap is None else gap

    def run(self) -> tuple[int, int]:
        """Raise the bound, then search among the options that it leaves; return sweeps and dual steps."""
        self._greedy_state()
        relaxation, sweeps = self._raise_bound()
        self._cheapest_state()
        steps = 0
        if len(self.table.memory_node) and (relaxation.memory_excess() > 0).any():
            steps += self._price_memory(relaxation)
        steps += self._sharpen(relaxation)
        if self.table.problem.options.sharing == "equal" and self.table.n_resources:
            steps += self._price_users(relaxation)
        self._search()
        return sweeps, steps

    def options_left(self) -> int | None:
        """Return how many options the bound leaves; None without a plan."""
        return int(self._useful().sum()) if self.value is not None and self.priced is not None else None

    def _raise_bound(self) -> tuple[Relaxation, int]:
        """Sweep until the relaxation is solved, the sweeps are spent or half the time is gone."""
        table, trace = self.table, self.trace
        alone = table.alone_cost()
        order = np.lexsort((alone, table.option_task()))
        relaxation = Relaxation.start(table, order[table.task_offsets[:-1]])
        half = trace.left(self.budget) / 2 if self.budget.seconds is not None else 0.0
        done = 0
        while done < self.params.sweeps:
            done += 1
            relaxation.sweep(self.rng.permutation(table.n_tasks))
            bound = relaxation.bound()
            if self.bound is None or bound > self.bound:
                self.offer_bound(bound, relaxation.priced(), relaxation.choice)
            best = self.bound if self.bound is not None else bound
            if relaxation.value() - best <= _ENOUGH * abs(best) or trace.left(self.budget) <= half:
                break
        return relaxation, done

    def _greedy_state(self) -> None:
        """Descend from a greedy state; it takes a few passes over the table, so it comes before the bound."""

        def late() -> bool:
            return self.trace.left(self.budget) <= 0

        turn = order_of(self.table, "weight", self.rng)
        greedy = place_in_order(self.table, self.game, turn, COOPERATIVE, late)
        if greedy is not None:
            self.offer_state(greedy, descend(self.game, greedy, np.arange(self.table.n_tasks), late))

    def _cheapest_state(self) -> None:
        """Descend from the cheapest options at the best prices, where they fit."""
        assert self.choice is not None
        state = state_of(self.table, self.game, self.choice)
        if (state.held <= self.game.limit[: len(state.held)]).all():
            order = np.arange(self.table.n_tasks)
            self.offer_state(state, descend(self.game, state, order, lambda: self.trace.left(self.budget) <= 0))

    def _price_memory(self, relaxation: Relaxation) -> int:
        """Raise the bound by prices of the memory limits: Polyak steps towards the best plan's value."""
        reach, idle = 1.0, 0
        for step in range(self.params.dual_steps):
            excess = relaxation.memory_excess()
            rising = np.where((excess > 0) | (relaxation.memory_price > 0), excess, 0.0)
            length = float(rising @ rising)
            if length == 0 or self.trace.left(self.budget) <= 0:
                return step
            assert self.bound is not None
            goal = self.value if self.value is not None else self.bound + 0.05 * abs(self.bound)
            room = max(goal - self.bound, 1e-9 * abs(goal))
            relaxation.set_memory_price(np.maximum(relaxation.memory_price + reach * room / length * rising, 0.0))
            for _ in range(3):
                relaxation.sweep(self.rng.permutation(self.table.n_tasks))
            bound = relaxation.bound()
            better = bound > self.bound
            self.offer_bound(bound, relaxation.priced(), relaxation.choice)
            idle = 0 if better else idle + 1
            if idle >= 10:
                reach, idle = reach / 2, 0
        return self.params.dual_steps

    def _sharpen(self, relaxation: Relaxation) -> int:
        """Raise the bound by the cuts (T), in at most a quarter of the time left."""
        if self.value is None or not self.table.n_resources:
            return 0
        dual = CutDual.start(self.table, relaxation.load, relaxation.fixed_cost, relaxation.held())
        enough = 0.75 * self.trace.left(self.budget) if self.budget.seconds is not None else 0.0
        bound, steps = dual.sharpen(
            self.value, self.params.dual_steps, lambda: self.trace.left(self.budget) <= enough, _ENOUGH * self.value
        )
        self.offer_bound(bound, dual.priced(), dual.choice)
        return steps

    def _price_users(self, relaxation: Relaxation) -> int:
        """Raise the bound of equal shares by prices of the number of users."""
        if self.value is None or self.bound is None:
            return 0
        dual = EqualDual.start(self.table, 2.0 * relaxation.load)
        enough = 0.75 * self.trace.left(self.budget) if self.budget.seconds is not None else 0.0
        bound, steps = dual.sharpen(
            self.value,
            relaxation.fixed_cost,
            relaxation.held(),
            self.params.dual_steps,
            lambda: self.trace.left(self.budget) <= enough,
        )
        self.offer_bound(bound, dual.priced(relaxation.fixed_cost), dual.choice)
        return steps

    def _search(self) -> None:
        """Anneal among the options whose reduced cost the gap does not exceed, from hot to cool."""
        order = np.arange(self.table.n_tasks)
        for hot in _HOT if self.params.moves else ():
            if self.best is None or self.gap() <= self.budget.tolerance or self.trace.left(self.budget) <= 0:
                return
            assert self.value is not None and self.bound is not None
            # a wide gap says nothing of how rough the landscape is: then the scale is a task's cost
            room = min(self.value - self.bound, abs(self.value) / self.table.n_tasks)
            state = state_of(self.table, self.game, self.best)
            options = useful_tasks(self.table, self._useful())
            heats = hot * room * _COOLING ** np.linspace(0.0, 1.0, _SLICES + 1)
            for warm, cool in pairwise(heats.tolist()):
                anneal(self.game, state, options, warm, cool, max(self.params.moves // _SLICES, 1), self.rng)
                if self.trace.left(self.budget) <= 0:
                    break
            self.offer_state(state, descend(self.game, state, order, lambda: self.trace.left(self.budget) <= 0))

    def _useful(self) -> Any:
        assert self.priced is not None and self.value is not None and self.bound is not None
        return reduced_costs(self.table, self.priced) <= self.value - self.bound
