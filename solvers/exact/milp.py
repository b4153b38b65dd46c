"""The method `milp`: the exact model in PuLP or Pyomo, solved by CBC, HiGHS or SCIP, cut by cut.

With free shares the model's squares are cuts from below (Kelley, "The cutting-plane method for
solving convex programs", SIAM J. 8, 1960; outer approximation in the sense of Duran and Grossmann,
Math. Program. 36, 1986): the referee prices the plan of each round, and cuts at the plan's loads
make the next round price it right. The bound of every round is valid.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

import numpy as np

from formulations.joint import pulp_model, pyomo_model
from formulations.joint.options import OptionTable
from instances.errors import InputError
from solvers.backends.contract import MilpLimits, MilpResult
from solvers.backends.linear_model import linear_model
from solvers.backends.registry import BackendName, backend, decline_backend
from solvers.contract import Budget, MethodParams, Outcome, SolutionStatus, Termination, Trace
from solvers.exact.claim import Claim
from solvers.exact.narrowing import Narrowing, narrow, unnarrowed
from solvers.exact.rounds import add_cuts, scaled, take_bound, too_large
from solvers.joint_setup import decline_table, open_table
from solvers.registry import register

__all__ = ["Milp", "MilpParams", "solve_cut_by_cut"]

Language = Literal["pulp", "pyomo"]
_MOST_TASKS = 20_000
_MOST_ROUNDS = 200
_SECONDS_PER_ENTRY = {"pulp": 4e-6, "pyomo": 2e-5}
"""Time to build the model, per entry of its matrix, rounded up from measurements."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MilpParams(MethodParams):
    """Parameters of `milp`.

    Parameters
    ----------
    language : {"pulp", "pyomo"}
        In which the model is written.
    backend : {"cbc", "highs", "scip"}
        What solves it.
    narrowing : bool
        First find a plan and a bound and rule out options by reduced cost. Without it the solver
        gets the model of the whole option table and nothing else.
    """

    language: Language = "pulp"
    backend: BackendName = "cbc"
    narrowing: bool = True

    def __post_init__(self) -> None:
        for name, kind in (("language", Language), ("backend", BackendName)):
            if getattr(self, name) not in get_args(kind):
                raise InputError(
                    f"parameter {name}", f"must be one of {', '.join(get_args(kind))}", getattr(self, name)
                )


@register(
    "milp", kind="exact", citation="Duran and Grossmann, Math. Program. 36, 1986", anytime=True, deterministic=True
)
class Milp:
    """The exact model as a MILP in PuLP or Pyomo, solved by CBC, HiGHS or SCIP."""

    Params: ClassVar[type[MethodParams]] = MilpParams
    families: ClassVar[frozenset[str]] = frozenset({"joint"})

    def __init__(self, params: MilpParams | None = None) -> None:
        self.params = params or MilpParams()

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline a missing back end, limits that it cannot keep, and instances beyond any MILP."""
        reason = decline_backend(self.params.backend, budget)
        if reason is not None:
            return reason
        if problem.instance.n_tasks > _MOST_TASKS:
            return f"more than {_MOST_TASKS:,} tasks: too many for a MILP; take lagrangian"
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
        reason = too_large(table, claim, found, _SECONDS_PER_ENTRY[self.params.language])
        if reason is not None:
            return claim.outcome(Termination.TIME_LIMIT, reason)
        return solve_cut_by_cut(table, claim, found, self.params)


def solve_cut_by_cut(table: OptionTable, claim: Claim, found: Narrowing, params: MilpParams) -> Outcome:
    """Solve the model of the options that are left; price its plan and cut there until the gap is closed."""
    choice = found.choice
    data, points = scaled(table, claim, found)
    module = pulp_model if params.language == "pulp" else pyomo_model
    model: Any = module.build(data, points)
    solver = backend(params.backend)
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
        start = None if choice is None else model.start(choice)
        result: MilpResult = solver.solve(linear_model(model.problem), limits, start=start)
        claim.info["rounds"] = turn
        if result.status == SolutionStatus.INFEASIBLE:
            if len(data.options) == table.n_options or claim.value is None:
                return claim.infeasible("the tasks' options do not fit the memory together")
            claim.raise_bound(claim.value)  # no plan is better than the one at hand
            return claim.outcome(Termination.COMPLETED)
        take_bound(result.bound, data, claim)
        if not result.values:
            return claim.outcome(result.termination, result.reason)
        plan_rows = model.choice(result.values)
        value = claim.offer(table.plan(plan_rows))
        if claim.closed:
            break
        if result.termination != Termination.COMPLETED:
            return claim.outcome(result.termination, result.reason)
        if value is None:
            # the solver's tolerance let a plan through that is over a memory limit
            model.forbid(np.searchsorted(data.options, plan_rows))
            continue
        if claim.value == value:
            choice = plan_rows
        if not add_cuts(model, data, plan_rows):
            if precision < 1e-6:
                break
            precision *= 0.1
    late = claim.seconds_left <= 0
    return claim.outcome(Termination.TIME_LIMIT if late else Termination.COMPLETED, "the gap did not close")
