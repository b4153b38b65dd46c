"""The method `cp-sat`: the constraint model of the family `joint`, solved by CP-SAT."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any, ClassVar, get_args

import numpy as np

from formulations.joint.cp_sat_model import CpSatModel, Squares, build
from formulations.joint.options import OptionTable
from instances.errors import InputError
from solvers.backends.contract import MilpLimits
from solvers.backends.cp_sat import solve_cp_sat
from solvers.contract import Budget, MethodParams, Outcome, SolutionStatus, Termination, Trace
from solvers.exact.claim import Claim
from solvers.exact.narrowing import Narrowing, narrow, unnarrowed
from solvers.exact.rounds import add_cuts, scaled, take_bound, too_large
from solvers.joint_setup import decline_table, open_table
from solvers.registry import register

__all__ = ["CpSat", "CpSatParams"]

_MOST_TASKS = 20_000
_MOST_ROUNDS = 200
_SECONDS_PER_ENTRY = 5e-6
"""Time to build the model, per entry of its matrix, rounded up from measurements."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CpSatParams(MethodParams):
    """Parameters of `cp-sat`.

    Parameters
    ----------
    squares : {"product", "cuts"}
        Free shares as integer squares, or by cuts added where a plan is priced too low.
    narrowing : bool
        First find a plan and a bound and rule out options by reduced cost. Without it the solver
        gets the model of the whole option table and nothing else.
    """

    squares: Squares = "cuts"
    narrowing: bool = True

    def __post_init__(self) -> None:
        if self.squares not in get_args(Squares):
            raise InputError("parameter squares", f"must be one of {', '.join(get_args(Squares))}", self.squares)


@register("cp-sat", kind="exact", anytime=True)
class CpSat:
    """The exact model as a constraint model, solved by CP-SAT."""

    Params: ClassVar[type[MethodParams]] = CpSatParams
    families: ClassVar[frozenset[str]] = frozenset({"joint"})

    def __init__(self, params: CpSatParams | None = None) -> None:
        self.params = params or CpSatParams()

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline limits that it cannot keep, and instances beyond any such model."""
        if problem.instance.n_tasks > _MOST_TASKS:
            return f"more than {_MOST_TASKS:,} tasks: too many for CP-SAT; take lagrangian"
        return decline_table(problem, budget)

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Narrow the table, then solve, price and cut until the gap is closed or the time is up."""
        table = open_table(problem, trace)
        if isinstance(table, Outcome):
            return table
        claim = Claim(budget=budget, trace=trace, info={"options": table.n_options})
        found = narrow(table, claim) if self.params.narrowing else unnarrowed(table)
        if claim.closed:
            return claim.outcome(Termination.COMPLETED)
        reason = too_large(table, claim, found, _SECONDS_PER_ENTRY)
        if reason is not None:
            return claim.outcome(Termination.TIME_LIMIT, reason)
        return self._rounds(table, claim, found, int(rng.integers(2**31)))

    def _rounds(self, table: OptionTable, claim: Claim, found: Narrowing, seed: int) -> Outcome:
        data, points = scaled(table, claim, found)
        model = build(data, points, squares=self.params.squares)
        if found.choice is not None:
            model.start(found.choice)
        lock = threading.Lock()
        plans: list[tuple[np.ndarray, float | None]] = []

        def on_solution(value: Any) -> None:
            with lock:
                rows = model.choice(value)
                plans.append((rows, claim.offer(table.plan(rows))))

        def on_bound(bound: float) -> None:
            with lock:
                take_bound(model.bound(bound), data, claim)

        precision = 0.25
        for turn in range(1, _MOST_ROUNDS + 1):
            left = claim.seconds_left
            if left <= 0:
                break
            limits = MilpLimits(
                seconds=None if left == float("inf") else left,
                threads=claim.budget.threads,
                relative_gap=precision * claim.budget.tolerance,
            )
            plans.clear()
            result = solve_cp_sat(model.problem, limits, seed=seed, on_solution=on_solution, on_bound=on_bound)
            claim.info["rounds"] = turn
            if result.status is SolutionStatus.INFEASIBLE:
                if len(data.options) == table.n_options or claim.value is None:
                    return claim.infeasible("the tasks' options do not fit the memory together")
                claim.raise_bound(claim.value)  # no plan is better than the one at hand
                return claim.outcome(Termination.COMPLETED)
            if result.bound is not None:
                take_bound(model.bound(result.bound), data, claim)
            if claim.closed:
                break
            if result.termination is not Termination.COMPLETED or not plans:
                return claim.outcome(result.termination, result.reason)
            if not self._tighten(model, data, plans):
                if precision < 1e-6:
                    break
                precision *= 0.1
        late = claim.seconds_left <= 0
        return claim.outcome(Termination.TIME_LIMIT if late else Termination.COMPLETED, "the gap did not close")

    def _tighten(self, model: CpSatModel, data: Any, plans: list[tuple[np.ndarray, float | None]]) -> bool:
        """Cut at the round's plans, forbid those over a memory limit; return whether the model changed."""
        changed = False
        for rows, value in plans[-3:]:
            if value is None:
                # the limits are rounded up, which can let a plan through
                model.forbid(np.searchsorted(data.options, rows))
                changed = True
            else:  # also beside integer squares: the cuts' coefficients are rounded less than the roots
                changed = add_cuts(model, data, rows) or changed
        model.start(plans[-1][0])
        return changed
