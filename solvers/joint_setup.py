"""What methods of the family `joint` do first: a quick plan, the option table, the answer where there is none."""

from __future__ import annotations

from typing import Any

from formulations.joint.options import OptionTable, option_table
from formulations.joint.plan import JointPlan
from instances.errors import InputError
from solvers.contract import Budget, Outcome, SolutionStatus, Termination, Trace
from solvers.rules.whole_network import local_plan

__all__ = ["decline_evaluations", "feasible", "open_table", "unsupported"]


def decline_evaluations(budget: Budget) -> str | None:
    """Return why a method that counts no evaluations cannot take `budget`, or None."""
    return None if budget.evaluations is None else "it prices no whole plans, so it cannot keep a limit of evaluations"


def unsupported(reason: str) -> Outcome:
    """Return the outcome of a method that cannot take the problem."""
    return Outcome(plan=None, status=SolutionStatus.NONE, termination=Termination.UNSUPPORTED, reason=reason)


def feasible(plan: JointPlan, termination: Termination = Termination.COMPLETED, **info: Any) -> Outcome:
    """Return the outcome of a method that has a plan and no bound."""
    return Outcome(plan=plan, status=SolutionStatus.FEASIBLE, termination=termination, info=info)


def open_table(problem: Any, trace: Trace) -> OptionTable | Outcome:
    """Report the plan that keeps every task on its device, if it is one, then make the option table.

    Returns
    -------
    OptionTable or Outcome
        The outcome where the problem has no table, or is proven to have no plan.
    """
    local = local_plan(problem)
    if isinstance(local, JointPlan):
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
            reason=f"task {empty} has no placement that meets its accuracy floor and fits the memory",
        )
    return table
