"""What methods of the family `joint` do first: a quick plan, the option table, the answer where there is none."""

from __future__ import annotations

from typing import Any

from formulations.joint.options import OptionTable, option_count, option_table
from formulations.joint.plan import JointPlan
from instances.errors import InputError
from solvers.contract import Budget, Outcome, SolutionStatus, Termination, Trace
from solvers.rules.whole_network import local_plan

__all__ = [
    "NO_OPTION",
    "decline_evaluations",
    "decline_table",
    "feasible",
    "late_for_table",
    "open_table",
    "unsupported",
]

NO_OPTION = "has no placement that meets its accuracy floor and fits the memory"

_MOST_OPTIONS = 3e8
_OPTIONS_PER_S = 1.2e6
"""Options priced a second, rounded down from measurements."""


def decline_evaluations(budget: Budget) -> str | None:
    """Return why a method that counts no evaluations cannot take `budget`, or None."""
    return None if budget.evaluations is None else "it prices no whole plans, so it cannot keep a limit of evaluations"


def decline_table(problem: Any, budget: Budget) -> str | None:
    """Return why a method that counts no evaluations and needs the option table cannot start, or None."""
    n = option_count(problem.instance)
    if n > _MOST_OPTIONS:
        return f"its option table would price {n:.3g} options; the limit is {_MOST_OPTIONS:.3g}"
    if budget.seconds is not None and n > _OPTIONS_PER_S * budget.seconds:
        needs = n / _OPTIONS_PER_S
        return f"pricing its {n:.3g} options may take {needs:.2g} s; the budget has {budget.seconds:g} s"
    return decline_evaluations(budget)


def late_for_table(problem: Any, budget: Budget, trace: Trace) -> str | None:
    """Return why the option table cannot be made in the time left, or None."""
    left = trace.left(budget)
    if left <= 0:
        return "the time is up"
    return decline_table(problem, Budget(seconds=left if left < float("inf") else None))


def unsupported(reason: str) -> Outcome:
    """Return the outcome of a method that cannot take the problem."""
    return Outcome(plan=None, status=SolutionStatus.NONE, termination=Termination.UNSUPPORTED, reason=reason)


def feasible(plan: JointPlan, termination: Termination = Termination.COMPLETED, **info: Any) -> Outcome:
    """Return the outcome of a method that has a plan and no bound."""
    return Outcome(plan=plan, status=SolutionStatus.FEASIBLE, termination=termination, info=info)


def open_table(problem: Any, trace: Trace, *, local_first: bool = True) -> OptionTable | Outcome:
    """Make the option table.

    Parameters
    ----------
    problem : JointProblem
        What is solved.
    trace : Trace
        Where a first plan is reported.
    local_first : bool
        Whether to report the plan that keeps every task on its device, if it is one: right for a
        search that improves on any plan, wrong for a rule whose own plan is all that it stands for.

    Returns
    -------
    OptionTable or Outcome
        The outcome where the problem has no table, or is proven to have no plan.
    """
    if local_first and isinstance(local := local_plan(problem), JointPlan):
        trace.incumbent(local)
    try:
        table = option_table(problem)
    except InputError as error:
        return unsupported(str(error))
    empty = table.task_without_option()
    if empty is not None:
        return Outcome(
            plan=None,
            status=SolutionStatus.INFEASIBLE,
            termination=Termination.COMPLETED,
            reason=f"task {empty} {NO_OPTION}",
        )
    return table
