"""A method of one's own: start where every task is best off alone, keep every random change that helps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from formulations.joint.evaluator import JointEvaluator
from formulations.joint.problem import JointProblem
from instances.errors import InputError
from solvers.contract import Budget, MethodParams, Outcome, SolutionStatus, Termination, Trace
from solvers.joint_setup import open_table
from solvers.registry import register


@dataclass(frozen=True, slots=True, kw_only=True)
class RandomDescentParams(MethodParams):
    """Parameters of `random-descent`.

    Parameters
    ----------
    rounds : int
        Most rounds; in each, `batch` changes are tried and the best one is kept.
    batch : int
        Plans that are priced together.
    """

    rounds: int = 2000
    batch: int = 64

    def __post_init__(self) -> None:
        for name in ("rounds", "batch"):
            if getattr(self, name) < 1:
                raise InputError(f"parameter {name}", "must be >= 1", getattr(self, name))


@register("random-descent", kind="local-search", anytime=True, uses_evaluations=True)
class RandomDescent:
    """One task at a time takes a random option; the best change of a batch is kept if it helps."""

    Params = RandomDescentParams
    families = frozenset({"joint"})

    def __init__(self, params: RandomDescentParams) -> None:
        self.params = params

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Take every problem of the family."""
        return None

    def solve(self, problem: JointProblem, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Descend until the rounds, the seconds or the evaluations are spent."""
        table = open_table(problem, trace)
        if isinstance(table, Outcome):  # no table: unsupported, or proven to have no plan
            return table
        evaluator = JointEvaluator(table)
        first, counts = table.task_offsets[:-1], np.diff(table.task_offsets)
        order = np.lexsort((table.alone_cost(), table.option_task()))
        choice = order[first]
        value, excess = evaluator.values(choice[None, :])
        known, priced, ended = (excess[0], value[0]), 1, Termination.COMPLETED
        # the referee scores the plan while the clock stands still
        found = trace.incumbent(table.plan(choice)) is not None
        for _ in range(self.params.rounds):
            if trace.left(budget) <= 0:
                ended = Termination.TIME_LIMIT
                break
            size = self.params.batch
            if budget.evaluations is not None:
                size = min(size, budget.evaluations - priced)
                if size < 1:
                    ended = Termination.EVALUATION_LIMIT
                    break
            plans = np.tile(choice, (size, 1))
            task = rng.integers(table.n_tasks, size=size)
            plans[np.arange(size), task] = first[task] + rng.integers(counts[task])
            value, excess = evaluator.values(plans)
            priced += size
            best = np.lexsort((value, excess))[0]  # first what fits the memory, then what is cheap
            if (excess[best], value[best]) < known:
                known, choice = (excess[best], value[best]), plans[best]
                found = trace.incumbent(table.plan(choice)) is not None or found
        info = {"evaluations": priced}
        if not found:
            return Outcome(plan=None, status=SolutionStatus.NONE, termination=ended, reason="found no plan", info=info)
        return Outcome(plan=table.plan(choice), status=SolutionStatus.FEASIBLE, termination=ended, info=info)
