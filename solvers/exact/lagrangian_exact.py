"""The method `lagrangian-exact`: prices rule out options, a branch and bound or a MILP proves what is left.

An option whose reduced cost exceeds the gap between plan and bound is in no better plan. Where options fall apart into
segments, plan and bound need no table, and only the options that are left are tabled; else all are. What is left goes to the
branch and bound of `solvers.exact.branching`. Under equal shares, and where memory makes that long, it goes to stages and a MILP:
annealing finds better plans, which rule out more; with a closer goal the bound's ascent goes on; and when nothing more
goes, the residual problem is a MILP with the cuts (T), added where its plans violate them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, get_args

import numpy as np

from formulations.joint.options import OptionTable
from instances.columns import FloatArray, IntArray
from instances.errors import InputError
from solvers.backends.registry import BackendName, decline_backend
from solvers.contract import Budget, MethodParams, Outcome, Termination, Trace
from solvers.decomposition.cut_dual import CutDual
from solvers.decomposition.polish import anneal, descend, reduced_costs, useful_tasks
from solvers.exact.branching import branch
from solvers.exact.claim import Claim
from solvers.exact.milp import MilpParams, solve_cut_by_cut
from solvers.exact.narrowing import Narrowing, narrow
from solvers.exact.rounds import too_large
from solvers.exact.segment_narrowing import Narrowed, can_narrow, narrow_by_segments
from solvers.joint_kernels import game_of, state_of
from solvers.joint_setup import NO_OPTION, decline_evaluations, decline_table, late_for_table, open_table
from solvers.registry import register

__all__ = ["LagrangianExact", "LagrangianExactParams"]

Proof = Literal["branching", "milp"]
_HOT = (0.3, 0.1, 0.03, 0.01)
_COOLING = 0.01
_SLICES = 10
_SECONDS_PER_ENTRY = 4e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class LagrangianExactParams(MethodParams):
    """Parameters of `lagrangian-exact`.

    Parameters
    ----------
    proof : {"branching", "milp"}
        What proves the residual problem. Branching is for free shares, and gives up after some turns where memory can
        run short; such problems, and those without a first plan, go to the MILP.
    backend : {"cbc", "highs", "scip"}
        What solves the residual MILP.
    moves : int
        Trials of each annealing run, for each task that has a choice left.
    stages : int
        Most rounds of annealing, raising the bound and ruling out.
    dual_steps : int
        Steps of the bound in each of them.
    """

    proof: Proof = "branching"
    backend: BackendName = "highs"
    moves: int = 2_000
    stages: int = 4
    dual_steps: int = 300

    def __post_init__(self) -> None:
        for name, kind in (("proof", Proof), ("backend", BackendName)):
            if getattr(self, name) not in get_args(kind):
                raise InputError(
                    f"parameter {name}", f"must be one of {', '.join(get_args(kind))}", getattr(self, name)
                )
        for name in ("moves", "stages", "dual_steps"):
            if getattr(self, name) < 0:
                raise InputError(f"parameter {name}", "must be >= 0", getattr(self, name))


@register("lagrangian-exact", kind="exact", citation="Geoffrion, Math. Prog. Study 2, 1974", anytime=True)
class LagrangianExact:
    """Options ruled out by reduced cost, before and at every node of a branch and bound that proves the rest."""

    Params: ClassVar[type[MethodParams]] = LagrangianExactParams
    families: ClassVar[frozenset[str]] = frozenset({"joint"})

    def __init__(self, params: LagrangianExactParams | None = None) -> None:
        self.params = params or LagrangianExactParams()

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline a missing back end, threads that it cannot use, and a table that the budget has no time for.

        Where options fall apart into segments only few of them are tabled.
        """
        reason = decline_backend(self.params.backend, budget) or decline_evaluations(budget)
        if reason is not None:
            return reason
        reason = decline_table(problem, budget)
        if reason is not None and self.params.proof == "branching" and can_narrow(problem):
            return None
        return reason

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Rule out options, then search the tree or solve the residual MILP.

        `info["stages"]` lists each stage with how many of the `info["options"]` (those of the table where all are tabled)
        it removed and how many it left, `info["nodes"]` counts the tree's.
        """
        claim = Claim(budget=budget, trace=trace)
        if self.params.proof == "branching":
            narrowed = narrow_by_segments(problem, claim)
            if narrowed is not None:
                return self._branch_few(claim, narrowed)
            late = late_for_table(problem, budget, trace)
            if late is not None and can_narrow(problem):
                # there is a bound unless a task has no option
                if claim.bound is None:
                    return claim.infeasible(f"a task {NO_OPTION}")
                return claim.outcome(Termination.TIME_LIMIT, f"too many options are left: {late}")
        table = open_table(problem, trace)
        if isinstance(table, Outcome):
            return table
        claim.info["options"] = table.n_options
        found = narrow(table, claim)
        stages = claim.info["stages"] = [_stage("prices", table.n_options, len(found.keep))]
        if self.params.proof == "branching" and found.choice is not None and problem.options.sharing == "optimal":
            searched = branch(table, claim, found)
            if isinstance(searched, Outcome):
                return searched
            found = searched
        for _ in range(self.params.stages):
            if claim.closed or found.choice is None or claim.seconds_left <= 0:
                break
            before = len(found.keep)
            found = self._lower_plan(table, claim, found, rng)
            stages.append(_stage("annealing", before, len(found.keep)))
            found = self._raise_bound(table, claim, found)
            stages.append(_stage("bound", stages[-1]["left"], len(found.keep)))
            if len(found.keep) > 0.9 * before:
                break
        if claim.closed:
            return claim.outcome(Termination.COMPLETED)
        reason = too_large(table, claim, found, _SECONDS_PER_ENTRY)
        if reason is not None:
            return claim.outcome(Termination.TIME_LIMIT, reason)
        return solve_cut_by_cut(table, claim, found, MilpParams(backend=self.params.backend))

    def _branch_few(self, claim: Claim, narrowed: Narrowed) -> Outcome:
        """Search the tree of the options that a bound without a table has left."""
        stages = [_stage("prices", narrowed.n_options, narrowed.table.n_options)]
        claim.info.update(options=narrowed.n_options, stages=stages, nodes=0)
        if claim.closed:
            return claim.outcome(Termination.COMPLETED)
        searched = branch(narrowed.table, claim, narrowed.found)
        # no memory is shared, so the search is not given up
        assert isinstance(searched, Outcome)
        return searched

    def _lower_plan(self, table: OptionTable, claim: Claim, found: Narrowing, rng: np.random.Generator) -> Narrowing:
        """Anneal among the options that are left, from hot to cool, in at most a fifth of the time left."""
        game, order = game_of(table), np.arange(table.n_tasks)
        enough = 0.8 * claim.trace.left(claim.budget) if claim.budget.seconds is not None else 0.0
        for hot in _HOT:
            if claim.closed or claim.trace.left(claim.budget) <= enough or found.choice is None or claim.value is None:
                break
            useful = np.zeros(table.n_options, dtype=bool)
            useful[found.keep] = True
            choices = useful_tasks(table, useful)
            if not len(choices[0]):
                break
            state = state_of(table, game, found.choice)
            room = hot * min(claim.value - found.bound, abs(claim.value) / table.n_tasks)
            heats = room * _COOLING ** np.linspace(0.0, 1.0, _SLICES + 1)
            moves = self.params.moves * len(choices[0]) // _SLICES
            for warm, cool in zip(heats[:-1].tolist(), heats[1:].tolist(), strict=True):
                anneal(game, state, choices, warm, cool, moves, rng)
                if claim.trace.left(claim.budget) <= enough:
                    break
            value = descend(game, state, order, lambda: claim.trace.left(claim.budget) <= enough)
            if value < claim.value and claim.offer(table.plan(state.choice)) == claim.value:
                found = found.with_plan(table, state.choice, claim.value)
        return found

    def _raise_bound(self, table: OptionTable, claim: Claim, found: Narrowing) -> Narrowing:
        """Go on with the bound's ascent towards the plan's value, from its best points."""
        if claim.closed or found.choice is None or claim.value is None or not table.n_resources:
            return found
        dual = CutDual.start(table, found.points[0], table.cost, 0.0)
        until = claim.trace.clock.seconds() + 0.1 * claim.seconds_left
        bound, _ = dual.sharpen(
            claim.value,
            self.params.dual_steps,
            lambda: claim.trace.clock.seconds() > until,
            1e-2 * claim.budget.tolerance * abs(claim.value),
        )
        if bound <= found.bound:
            return found
        claim.raise_bound(bound)
        better = replace(found, points=dual.points[None, :], reduced=reduced_costs(table, dual.priced()), bound=bound)
        return _both(found, better.with_plan(table, found.choice, claim.value))


def _stage(name: str, before: int, left: int) -> dict[str, Any]:
    return {"stage": name, "removed": before - left, "left": left}


def _both(one: Narrowing, other: Narrowing) -> Narrowing:
    """Return `other` without what `one` ruled out: each rules out by a bound of its own."""
    keep: IntArray = np.intersect1d(one.keep, other.keep)
    points: FloatArray = other.points
    return replace(other, keep=keep, points=points)
