"""What the tests of exact methods of schedules share."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from formulations.schedule.problem import ScheduleProblem
from formulations.schedule.referee import evaluate
from solvers.contract import Budget, Outcome
from solvers.registry import make
from solvers.trace import RefereedTrace

__all__ = ["run", "with_odd_speeds"]


def run(
    name: str, problem: ScheduleProblem, seconds: float | None = 60.0, **params: Any
) -> tuple[Outcome, float | None]:
    """Return what method `name` made of `problem` on one thread, and the referee's best value."""
    trace = RefereedTrace(lambda plan: evaluate(problem, plan))
    outcome = make(name, params).solve(problem, Budget(seconds=seconds), np.random.default_rng(0), trace)
    if outcome.plan is not None:
        score = evaluate(problem, outcome.plan)
        assert score.feasible, score.violations
        assert score.value == trace.best_value
    return outcome, trace.best_value


def with_odd_speeds(problem: ScheduleProblem, seed: int) -> ScheduleProblem:
    """Return `problem` with speeds and rates for which times have no common unit."""
    rng, system = np.random.default_rng(seed), problem.instance.system
    odd = replace(
        system,
        node_speed=system.node_speed * rng.uniform(0.7, 1.4, system.n_nodes),
        link_bytes_per_s=system.link_bytes_per_s * rng.uniform(0.7, 1.4, system.n_links),
    )
    return ScheduleProblem(instance=replace(problem.instance, system=odd), options=problem.options)
