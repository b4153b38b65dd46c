"""The method `column-generation`: a certified bound and a plan where the option table is too large to make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

import numpy as np

from formulations.joint.option_space import OptionSpace
from formulations.joint.options import option_count
from formulations.joint.plan import JointPlan
from instances.errors import InputError
from solvers.backends.registry import BackendName, decline_backend
from solvers.contract import Budget, MethodParams, Outcome, Termination, Trace
from solvers.decomposition.column_bound import Master, raise_bound, sharpen
from solvers.decomposition.column_master import QuadraticMaster
from solvers.decomposition.column_plans import (
    SHARES,
    anneal_near_bound,
    options_near_bound,
    plan_of_columns,
    solve_restricted,
)
from solvers.decomposition.column_search import ColumnSearch
from solvers.decomposition.columns import Columns
from solvers.decomposition.linear_master import LinearMaster
from solvers.decomposition.placing import Placing
from solvers.decomposition.pricing import Pricing
from solvers.decomposition.zero_weights import mixed_weights
from solvers.exact.claim import Claim
from solvers.joint_setup import decline_evaluations, unsupported
from solvers.registry import register
from solvers.rules.whole_network import local_plan

__all__ = ["ColumnGeneration", "ColumnGenerationParams"]

_EQUAL = "it prices uses by the square-root rule of sharing=optimal; for sharing=equal take lagrangian"
_OPTIONS_PER_S = 2e7
_PAIRS_PER_S = 1e5
"""Options, and pairs of a task and a candidate, that some ten passes of pricing take a second for; rounded down."""


_LONGER = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnGenerationParams(MethodParams):
    """Parameters of `column-generation`.

    Parameters
    ----------
    master : {"quadratic", "linear"}
        The restricted master: the convex program as it stands, or a linear one with tangents of the squares, solved
        by GLOP.
    rounds : int
        Most rounds of pricing that solve the relaxation.
    moves : int
        Trials of each annealing run among the options near the bound; 0: none.
    backend : {"cbc", "highs", "scip"}
        What solves the MILP over the options near the bound.
    """

    master: Literal["quadratic", "linear"] = "quadratic"
    rounds: int = 200
    moves: int = 200_000
    backend: BackendName = "cbc"

    def __post_init__(self) -> None:
        for name, known in (("master", ("quadratic", "linear")), ("backend", get_args(BackendName))):
            if getattr(self, name) not in known:
                raise InputError(f"parameter {name}", f"must be one of {', '.join(known)}", getattr(self, name))
        for name, least in (("rounds", 1), ("moves", 0)):
            if getattr(self, name) < least:
                raise InputError(f"parameter {name}", f"must be >= {least}", getattr(self, name))


@register(
    "column-generation",
    kind="bound",
    citation="Dantzig and Wolfe, Oper. Res. 8, 1960; Desaulniers, Desrosiers and Solomon (eds.), Column Generation, "
    "2005, doi 10.1007/b135457",
    anytime=True,
)
class ColumnGeneration:
    """Options are generated as prices call for them: a certified bound and a plan without the table of all options.

    For instances whose option table is too large to make: three tiers with exits and variants, many reachable sites.
    Pricing finds every task's cheapest option as a path of whole segments; the same search gives best replies over all
    options. At the end all options within the gap are listed, annealed and, where they are few enough, given to a MILP.
    """

    Params: ClassVar[type[MethodParams]] = ColumnGenerationParams
    families: ClassVar[frozenset[str]] = frozenset({"joint"})

    def __init__(self, params: ColumnGenerationParams | None = None) -> None:
        self.params = params or ColumnGenerationParams()

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline equal shares, a limit of evaluations, a missing back end, and what the budget has no time for."""
        if problem.options.sharing != "optimal":
            return _EQUAL
        reason = decline_backend(self.params.backend, budget)
        if reason is not None:
            return reason
        pairs = len(problem.instance.workload.candidate_site) + problem.instance.n_tasks
        needs = option_count(problem.instance) / _OPTIONS_PER_S + pairs / _PAIRS_PER_S
        if budget.seconds is not None and needs > budget.seconds:
            return f"pricing its options some ten times may take {needs:.2g} s; the budget has {budget.seconds:g} s"
        return decline_evaluations(budget)

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Find a plan, raise the bound by column generation, then search among the options near the bound.

        `info` counts rounds, generated columns, and the options that the bound leaves where they were all enumerated.
        """
        space = OptionSpace.of(problem)
        reason = _EQUAL if problem.options.sharing != "optimal" else mixed_weights(space)
        if reason is not None:
            return unsupported(reason)
        claim = Claim(budget=budget, trace=trace)
        if isinstance(local := local_plan(problem), JointPlan):
            claim.offer(local)
        pricing = Pricing.of(space, budget.threads, lambda: claim.seconds_left <= 0)
        if pricing is None:
            return claim.outcome(Termination.TIME_LIMIT)
        system = problem.instance.system
        nothing = np.zeros(system.n_nodes)
        priced = pricing.price(np.zeros(max(len(system.resources), 1)), nothing, late=lambda: claim.seconds_left <= 0)
        if priced is None:
            return claim.outcome(Termination.TIME_LIMIT)
        empty = np.flatnonzero(~np.isfinite(priced.cost))
        if len(empty):
            return claim.infeasible(
                f"task {empty[0]} has no placement that meets its accuracy floor and fits the memory"
            )
        search = ColumnSearch(
            claim=claim,
            space=space,
            pricing=pricing,
            columns=Columns.start(space, priced.placement),
            order=np.argsort(-problem.instance.workload.task_weight, kind="stable"),
        )
        search.take_bound(priced, np.zeros(max(len(system.resources), 1)), nothing, sharp=False)
        self._first_plan(search)
        self._bound(search)
        self._plans(search, rng)
        ended = Termination.TIME_LIMIT if claim.seconds_left <= 0 else Termination.COMPLETED
        claim.info["columns"] = search.columns.table.n_options
        if claim.info.pop("infeasible", False):
            return claim.infeasible("the tasks' options do not fit the memory together")
        return claim.outcome(ended, "" if claim.plan is not None else "no plan that keeps the memory limits was found")

    def _first_plan(self, search: ColumnSearch) -> None:
        """Place the tasks one by one, the heaviest first, and let them reply."""
        placing = Placing.empty(search.pricing)
        late = search.within(0.25)
        if placing.place(search.order, late):
            search.offer(placing)
            placing.descend(search.order, late)
            search.offer(placing)

    def _bound(self, search: ColumnSearch) -> None:
        """Solve the relaxation in at most half of the time, sharpen its bound in at most a third of the rest."""
        if search.placement is not None:
            search.columns = Columns.start(search.space, search.placement)
        limit, limited = search.space.problem.instance.system.node_memory_bytes, search.pricing.limited
        kind = QuadraticMaster if self.params.master == "quadratic" else LinearMaster
        master: Master = kind.start(search.columns, limit, limited)
        info = search.claim.info
        info["rounds"] = raise_bound(search, master, self.params.rounds, search.within(0.5))
        rows = search.columns.heaviest()
        search.improve(search.columns.placement[rows], search.within(0.1))
        info["sharpening_rounds"] = sharpen(search, master.mu / 2.0, search.within(0.3))

    def _plans(self, search: ColumnSearch, rng: np.random.Generator) -> None:
        """Anneal among the options near the bound, then solve the MILP; where that is too large, anneal for longer."""
        claim = search.claim
        if search.placement is None:
            plan_of_columns(search, rng)
        self._anneal(search, self.params.moves, rng)
        near = None if claim.closed or claim.seconds_left <= 0 else options_near_bound(search, 1.0)
        if near is not None:
            claim.info["options_left"] = near.table.n_options
        if near is None or not solve_restricted(search, near, self.params.backend):
            self._anneal(search, _LONGER * self.params.moves, rng)

    def _anneal(self, search: ColumnSearch, moves: int, rng: np.random.Generator) -> None:
        """Anneal a little further from the bound in every turn."""
        for share in SHARES if search.placement is not None else ():
            if search.claim.closed or search.claim.seconds_left <= 0:
                return
            near = options_near_bound(search, share)
            if near is None:
                return
            anneal_near_bound(search, near, moves, rng)
