"""A method of your own: load it with ``--plugin``, or run this file to see it beside others.

tiercut check --plugin examples/my_method.py
tiercut solve metro.json --plugin examples/my_method.py --method coin --seed 1
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from formulations.joint.plan import JointPlan
from formulations.joint.problem import JointProblem
from instances.errors import InputError
from solvers.contract import Budget, MethodParams, Outcome, SolutionStatus, Termination, Trace
from solvers.registry import register


@dataclass(frozen=True, slots=True, kw_only=True)
class CoinParams(MethodParams):
    """How often the coin falls on the edge's side, and how many times all coins are thrown."""

    share: float = 0.5
    throws: int = 20

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise InputError("share", "must be in 0..1", self.share)
        if self.throws < 1:
            raise InputError("throws", "must be >= 1", self.throws)


@register("coin", kind="rule")
class Coin:
    """Every task throws a coin: all of it on its device, or all of it on its first site."""

    Params = CoinParams
    families = frozenset({"joint"})

    def __init__(self, params: CoinParams) -> None:
        self.params = params

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Return why it cannot take the problem."""
        if not np.diff(problem.instance.workload.candidate_offsets).all():
            return "every task must reach a site"
        return None

    def solve(self, problem: JointProblem, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Throw, and keep the best plan that the referee accepts."""
        best, best_value = None, np.inf
        for throws in range(self.params.throws):
            if trace.left(budget) <= 0:
                return _outcome(best, Termination.TIME_LIMIT, throws)
            plan = self._throw(problem, rng)
            value = trace.incumbent(plan)  # scored by the referee while the clock stands still
            if value is not None and value < best_value:
                best, best_value = plan, value
        return _outcome(best, Termination.COMPLETED, self.params.throws)

    def _throw(self, problem: JointProblem, rng: np.random.Generator) -> JointPlan:
        load = problem.instance.workload
        last = np.array([len(net) - 1 for net in problem.instance.networks])[load.task_network]
        away = rng.random(load.n_tasks) < self.params.share
        # layer 0 is the input itself, which is always on the device
        return JointPlan(
            version=np.zeros(load.n_tasks, dtype=np.int64),
            candidate=np.where(away, 0, -1),
            cloud=np.full(load.n_tasks, -1),
            device_until=np.where(away, 0, last),
            edge_until=last,
        )


def _outcome(plan: JointPlan | None, termination: Termination, throws: int) -> Outcome:
    status = SolutionStatus.NONE if plan is None else SolutionStatus.FEASIBLE
    return Outcome(plan=plan, status=status, termination=termination, info={"throws": throws})


if __name__ == "__main__":
    from experiments import generate, solve

    metro = generate("metro", seed=7, tasks=20)
    for name in ("coin", "greedy"):
        print(name, solve(metro, name, seed=1, plugins=[__file__]).value)
