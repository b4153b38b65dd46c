"""What the list scheduling methods share: from a rule to a plan in the referee's hands."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from formulations.schedule.case import ScheduleCase, case_of
from formulations.schedule.plan import SchedulePlan
from formulations.schedule.referee import evaluate
from formulations.schedule.timing import retime
from solvers.contract import Budget, MethodParams, Outcome, SolutionStatus, Termination, Trace
from solvers.list_scheduling.construction import Rule, construct
from solvers.list_scheduling.graph import Graph, graph_of

__all__ = ["ListMethod", "ListParams", "list_plan"]


class ListParams(MethodParams):
    """A published rule has nothing to set."""


def list_plan(case: ScheduleCase, graph: Graph, rule: Rule) -> SchedulePlan | str:
    """Return the plan of `rule`, or why there is none.

    Where starting later may cost less, its starts are then moved: placement and orders stay.
    """
    partial = construct(graph, rule)
    if isinstance(partial, int):
        task = int(case.task[partial])
        name = case.problem.network_of(task).layers[partial - int(case.problem.offsets[task])].name
        return f"task {task}, layer {name}: no node has room for it and a way from its tensors, as the rule places the others"
    sent = int(partial.counts[0])
    plan = case.plan(partial.place, partial.start, partial.sent[:sent], partial.sent_start[:sent])
    return plan if case.problem.options.regular else retime(case, plan)


class ListMethod:
    """Base: operations in the order of a rule, each to the node that the rule chooses.

    The papers know neither channels nor limits. Serial links are booked as `solvers.list_scheduling.partial` says, and where the
    objective is not regular the starts are moved in the end. Nodes without room in their memory are passed over; a plan that
    breaks a deadline or another limit is not returned.
    """

    Params: ClassVar[type[MethodParams]] = ListParams
    families: ClassVar[frozenset[str]] = frozenset({"schedule"})

    def __init__(self, params: Any = None) -> None:
        self.params: Any = params or self.Params()

    def rule(self, case: ScheduleCase, graph: Graph) -> Rule:
        """Return the rule."""
        raise NotImplementedError

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline a limit of evaluations."""
        if budget.evaluations is not None:
            return "it prices no whole plans, so it cannot keep a limit of evaluations"
        return None

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Return the rule's plan."""
        case = case_of(problem)
        graph = graph_of(case)
        plan = list_plan(case, graph, self.rule(case, graph))
        reason = plan if isinstance(plan, str) else ""
        if isinstance(plan, SchedulePlan):
            if trace.incumbent(plan) is not None:
                return Outcome(plan=plan, status=SolutionStatus.FEASIBLE, termination=Termination.COMPLETED)
            reason = f"the rule's plan is not allowed: {evaluate(problem, plan).violations[0]}"
        return Outcome(plan=None, status=SolutionStatus.NONE, termination=Termination.COMPLETED, reason=reason)
