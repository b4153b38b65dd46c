"""The method `lagrangian`: prices for what is shared, a certified bound, and a plan among what they leave."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np

from formulations.joint.options import OptionTable, option_count
from formulations.joint.plan import JointPlan
from formulations.score import relative_gap
from instances.columns import FloatArray, IntArray
from instances.errors import InputError
from solvers.cluster_address import ClusterAddress
from solvers.contract import Budget, MethodParams, Outcome, Termination, Trace
from solvers.cores import cores
from solvers.decomposition.cut_dual import CutDual
from solvers.decomposition.equal_dual import EqualDual
from solvers.decomposition.holding import held_tasks
from solvers.decomposition.polish import anneal, descend, reduced_costs, useful_tasks
from solvers.decomposition.relaxation import Relaxation
from solvers.decomposition.segment_search import SegmentSearch
from solvers.decomposition.segments import Segments, segments_of
from solvers.exact.claim import Claim
from solvers.joint_kernels import COOPERATIVE, Game, State, game_of, state_of
from solvers.joint_setup import NO_OPTION, decline_evaluations, decline_table, late_for_table, open_table
from solvers.registry import register
from solvers.rules.greedy import NO_ROOM, order_of, place_in_order
from solvers.rules.whole_network import local_plan

__all__ = ["Lagrangian", "LagrangianParams"]

_ENOUGH = 1e-7
_HOT = (0.3, 0.1, 0.03, 0.01, 0.003)
_COOLING = 0.01
_SLICES = 8
_FEW_OPTIONS = 100_000
"""Of a table so small no search without one is ahead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LagrangianParams(MethodParams):
    """Parameters of `lagrangian`.

    Parameters
    ----------
    sweeps : int
        Most passes over the tasks that the prices are improved by.
    dual_steps : int
        Most subgradient steps on memory prices, and on the prices of the number of users under equal shares.
    moves : int
        Trials of each annealing run among the options that the bound leaves; 0: none.
    table_options : int
        Largest option table by which bound and plan are refined once the passes without a table are done.
    cluster : str or None
        Dask workers that hold the tasks: ``local:4`` starts four on this machine, ``tcp://host:8786`` is the address of
        a scheduler; None: this process holds them. The result is the same.
    """

    sweeps: int = 200
    dual_steps: int = 300
    moves: int = 200_000
    table_options: int = 2_000_000
    cluster: str | None = None

    def __post_init__(self) -> None:
        for name, least in (("sweeps", 1), ("dual_steps", 0), ("moves", 0), ("table_options", 0)):
            if getattr(self, name) < least:
                raise InputError(f"parameter {name}", f"must be >= {least}", getattr(self, name))
        if self.cluster is not None:
            ClusterAddress.read(self.cluster)


@dataclass(slots=True)
class _Search:
    """What is known so far: the best bound with the priced options behind it, the best state."""

    table: OptionTable
    game: Game
    trace: Trace
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


def _segments(problem: Any) -> Segments | str:
    if problem.options.sharing != "optimal":
        return "shares are equal by rule"
    return segments_of(problem)


def _relaxed_segments(problem: Any) -> Segments | str:
    """Return segments whose bound holds: shares are taken as free, memory limits that tasks share are left out."""
    return segments_of(problem, relaxed=True)


@register(
    "lagrangian",
    kind="bound",
    citation="Geoffrion, Math. Prog. Study 2, 1974; Lacoste-Julien et al., ICML 2013",
    anytime=True,
)
class Lagrangian:
    """Dual prices of shared resources and memory give a certified bound and, by annealing at marginal cost, a plan."""

    Params: ClassVar[type[MethodParams]] = LagrangianParams
    families: ClassVar[frozenset[str]] = frozenset({"joint"})

    def __init__(self, params: LagrangianParams | None = None) -> None:
        self.params = params or LagrangianParams()

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline evaluations, more workers here than cores, and a table that takes too long where one is needed."""
        if self.params.cluster is not None:
            workers, have = ClusterAddress.read(self.params.cluster).workers, cores()
            if workers is not None and workers > have:
                return f"a cluster on this machine must have at most as many workers as cores ({have}), got {workers}"
            if isinstance(without := _segments(problem), str):
                return f"its tasks cannot be held by a cluster: {without}"
        reason = decline_table(problem, budget)
        if reason is None or (decline_evaluations(budget) is None and isinstance(_relaxed_segments(problem), Segments)):
            return decline_evaluations(budget)
        return reason

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Find bound and plan straight from segments where that can be; refine both by the table where it is small.

        Other problems go through the table. Where it is not small, or the time is too short for it, the bound that
        leaves out equal shares and shared memory limits comes first. `info` counts sweeps and dual steps, says how many options the bound
        ruled out, and under ``relaxed`` why the bound without a table was one of a relaxation.
        """
        claim = Claim(budget=budget, trace=trace)
        try:
            outcome = self._without_table(problem, claim, rng)
        except InputError as error:
            return claim.outcome(Termination.UNAVAILABLE, str(error))
        except ConnectionError as error:
            return claim.outcome(Termination.CRASHED, str(error))
        return self._by_table(problem, claim, rng) if outcome is None else outcome

    def _without_table(self, problem: Any, claim: Claim, rng: np.random.Generator) -> Outcome | None:
        """Find bound and plan from segments; None where the table is to follow."""
        budget, trace = claim.budget, claim.trace
        segments = _segments(problem)
        if isinstance(segments, str):
            if option_count(problem.instance) <= _FEW_OPTIONS and late_for_table(problem, budget, trace) is None:
                return None
            claim.info["relaxed"] = segments
            segments = _relaxed_segments(problem)
            if isinstance(segments, str):
                return None
            if isinstance(local := local_plan(problem), JointPlan):
                claim.offer(local)
            rng = rng.spawn(1)[0]  # the search by the table is the same with and without this one
            follows = True
        else:
            follows = option_count(problem.instance) <= self.params.table_options
        possible = self._by_segments(problem, segments, claim, rng)
        if not claim.closed and (follows or not possible) and late_for_table(problem, budget, trace) is None:
            return None
        if not possible:
            return claim.infeasible(f"a task {NO_OPTION}")
        ended = Termination.TIME_LIMIT if trace.left(budget) <= 0 else Termination.COMPLETED
        return claim.outcome(ended, NO_ROOM if claim.plan is None else "")

    def _by_segments(self, problem: Any, segments: Segments, claim: Claim, rng: np.random.Generator) -> bool:
        """Search by passes over the tasks, wherever they are held; return whether every task has an option.

        Raises
        ------
        InputError
            If the cluster cannot be used.
        ConnectionError
            If it is gone.
        """
        n_resources = len(problem.instance.system.resources)
        held = held_tasks(segments, n_resources, claim.budget.threads, self.params.cluster)
        del segments  # workers may hold them from here on
        with held as (passes, names):
            search = SegmentSearch.start(problem, names, passes, claim)
            if search is not None:
                claim.info["sweeps"] = search.run(self.params.sweeps, rng)
        return search is not None

    def _by_table(self, problem: Any, claim: Claim, rng: np.random.Generator) -> Outcome:
        """Raise the bound over the option table, then search among the options that it leaves."""
        budget, trace = claim.budget, claim.trace
        table = open_table(problem, trace, local_first=claim.plan is None)
        if isinstance(table, Outcome):
            return table
        search = _Search(table, game_of(table), trace)
        self._greedy_state(search, budget, rng)
        relaxation, sweeps = self._raise_bound(search, budget, rng)
        self._cheapest_state(search, budget)
        steps = 0
        if len(table.memory_node) and (relaxation.memory_excess() > 0).any():
            steps += self._price_memory(search, relaxation, budget, rng)
        steps += self._sharpen(search, relaxation, budget)
        if problem.options.sharing == "equal" and table.n_resources:
            steps += self._price_users(search, relaxation, budget)
        self._search(search, budget, rng)
        claim.info.update(
            sweeps=claim.info.get("sweeps", 0) + sweeps,
            dual_steps=steps,
            options=table.n_options,
            options_left=self._left(search),
        )
        if search.best is not None and search.value is not None and (claim.value is None or search.value < claim.value):
            claim.plan, claim.value = table.plan(search.best), search.value
        claim.raise_bound(search.bound)
        ended = Termination.TIME_LIMIT if trace.left(budget) <= 0 else Termination.COMPLETED
        return claim.outcome(ended, NO_ROOM if claim.plan is None else "")

    def _raise_bound(self, search: _Search, budget: Budget, rng: np.random.Generator) -> tuple[Relaxation, int]:
        """Sweep until the relaxation is solved, the sweeps are spent or half the time is gone."""
        table, trace = search.table, search.trace
        alone = table.alone_cost()
        order = np.lexsort((alone, table.option_task()))
        relaxation = Relaxation.start(table, order[table.task_offsets[:-1]])
        half = trace.left(budget) / 2 if budget.seconds is not None else 0.0
        done = 0
        while done < self.params.sweeps:
            done += 1
            relaxation.sweep(rng.permutation(table.n_tasks))
            bound = relaxation.bound()
            if search.bound is None or bound > search.bound:
                search.offer_bound(bound, relaxation.priced(), relaxation.choice)
            best = search.bound if search.bound is not None else bound
            if relaxation.value() - best <= _ENOUGH * abs(best) or trace.left(budget) <= half:
                break
        return relaxation, done

    def _greedy_state(self, search: _Search, budget: Budget, rng: np.random.Generator) -> None:
        """Descend from a greedy state; it takes a few passes over the table, so it comes before the bound."""

        def late() -> bool:
            return search.trace.left(budget) <= 0

        turn = order_of(search.table, "weight", rng)
        greedy = place_in_order(search.table, search.game, turn, COOPERATIVE, late)
        if greedy is not None:
            search.offer_state(greedy, descend(search.game, greedy, np.arange(search.table.n_tasks), late))

    def _cheapest_state(self, search: _Search, budget: Budget) -> None:
        """Descend from the cheapest options at the best prices, where they fit."""
        assert search.choice is not None
        state = state_of(search.table, search.game, search.choice)
        if (state.held <= search.game.limit[: len(state.held)]).all():
            order = np.arange(search.table.n_tasks)
            search.offer_state(state, descend(search.game, state, order, lambda: search.trace.left(budget) <= 0))

    def _price_memory(self, search: _Search, relaxation: Relaxation, budget: Budget, rng: np.random.Generator) -> int:
        """Raise the bound by prices of the memory limits: Polyak steps towards the best plan's value."""
        reach, idle = 1.0, 0
        for step in range(self.params.dual_steps):
            excess = relaxation.memory_excess()
            rising = np.where((excess > 0) | (relaxation.memory_price > 0), excess, 0.0)
            length = float(rising @ rising)
            if length == 0 or search.trace.left(budget) <= 0:
                return step
            assert search.bound is not None
            goal = search.value if search.value is not None else search.bound + 0.05 * abs(search.bound)
            room = max(goal - search.bound, 1e-9 * abs(goal))
            relaxation.set_memory_price(np.maximum(relaxation.memory_price + reach * room / length * rising, 0.0))
            for _ in range(3):
                relaxation.sweep(rng.permutation(search.table.n_tasks))
            bound = relaxation.bound()
            better = bound > search.bound
            search.offer_bound(bound, relaxation.priced(), relaxation.choice)
            idle = 0 if better else idle + 1
            if idle >= 10:
                reach, idle = reach / 2, 0
        return self.params.dual_steps

    def _sharpen(self, search: _Search, relaxation: Relaxation, budget: Budget) -> int:
        """Raise the bound by the cuts (T), in at most a quarter of the time left."""
        if search.value is None or not search.table.n_resources:
            return 0
        dual = CutDual.start(search.table, relaxation.load, relaxation.fixed_cost, relaxation.held())
        enough = 0.75 * search.trace.left(budget) if budget.seconds is not None else 0.0
        bound, steps = dual.sharpen(
            search.value, self.params.dual_steps, lambda: search.trace.left(budget) <= enough, _ENOUGH * search.value
        )
        search.offer_bound(bound, dual.priced(), dual.choice)
        return steps

    def _price_users(self, search: _Search, relaxation: Relaxation, budget: Budget) -> int:
        """Raise the bound of equal shares by prices of the number of users."""
        if search.value is None or search.bound is None:
            return 0
        dual = EqualDual.start(search.table, 2.0 * relaxation.load)
        enough = 0.75 * search.trace.left(budget) if budget.seconds is not None else 0.0
        bound, steps = dual.sharpen(
            search.value,
            relaxation.fixed_cost,
            relaxation.held(),
            self.params.dual_steps,
            lambda: search.trace.left(budget) <= enough,
        )
        search.offer_bound(bound, dual.priced(relaxation.fixed_cost), dual.choice)
        return steps

    def _search(self, search: _Search, budget: Budget, rng: np.random.Generator) -> None:
        """Anneal among the options whose reduced cost the gap does not exceed, from hot to cool."""
        order = np.arange(search.table.n_tasks)
        for hot in _HOT if self.params.moves else ():
            if search.best is None or search.gap() <= budget.tolerance or search.trace.left(budget) <= 0:
                return
            assert search.value is not None and search.bound is not None
            # a wide gap says nothing of how rough the landscape is: then the scale is a task's cost
            room = min(search.value - search.bound, abs(search.value) / search.table.n_tasks)
            state = state_of(search.table, search.game, search.best)
            options = useful_tasks(search.table, self._useful(search))
            heats = hot * room * _COOLING ** np.linspace(0.0, 1.0, _SLICES + 1)
            for warm, cool in pairwise(heats.tolist()):
                anneal(search.game, state, options, warm, cool, max(self.params.moves // _SLICES, 1), rng)
                if search.trace.left(budget) <= 0:
                    break
            search.offer_state(state, descend(search.game, state, order, lambda: search.trace.left(budget) <= 0))

    def _useful(self, search: _Search) -> Any:
        assert search.priced is not None and search.value is not None and search.bound is not None
        return reduced_costs(search.table, search.priced) <= search.value - search.bound

    def _left(self, search: _Search) -> int | None:
        return int(self._useful(search).sum()) if search.value is not None and search.priced is not None else None
