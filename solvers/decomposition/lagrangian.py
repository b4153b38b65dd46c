"""The method `lagrangian`: prices for what is shared, a certified bound, and a plan among what they leave."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from formulations.joint.options import option_count
from formulations.joint.plan import JointPlan
from instances.errors import InputError
from solvers.cluster_address import ClusterAddress
from solvers.contract import Budget, MethodParams, Outcome, Termination, Trace
from solvers.cores import cores
from solvers.decomposition.holding import held_tasks
from solvers.decomposition.lagrangian_params import LagrangianParams
from solvers.decomposition.segment_search import SegmentSearch
from solvers.decomposition.segments import Segments, segments_of
from solvers.decomposition.table_search import TableSearch
from solvers.exact.claim import Claim
from solvers.joint_kernels import game_of
from solvers.joint_setup import NO_OPTION, decline_evaluations, decline_table, late_for_table, open_table
from solvers.registry import register
from solvers.rules.greedy import NO_ROOM
from solvers.rules.whole_network import local_plan

__all__ = ["Lagrangian"]

_FEW_OPTIONS = 100_000
"""Of a table so small no search without one is ahead."""


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
        search = TableSearch(table, game_of(table), trace, self.params, budget, rng)
        sweeps, steps = search.run()
        claim.info.update(
            sweeps=claim.info.get("sweeps", 0) + sweeps,
            dual_steps=steps,
            options=table.n_options,
            options_left=search.options_left(),
        )
        if search.best is not None and search.value is not None and (claim.value is None or search.value < claim.value):
            claim.plan, claim.value = table.plan(search.best), search.value
        claim.raise_bound(search.bound)
        ended = Termination.TIME_LIMIT if trace.left(budget) <= 0 else Termination.COMPLETED
        return claim.outcome(ended, NO_ROOM if claim.plan is None else "")
