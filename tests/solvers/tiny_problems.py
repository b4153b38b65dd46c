"""Tiny problems for tests of methods, and runs on them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import strategies as st

from formulations.joint.problem import JointOptions, JointProblem
from formulations.joint.referee import evaluate
from formulations.score import Score
from instances.columns import FloatArray
from instances.generators.registry import generate, make_params
from instances.system import Tier
from solvers.contract import Budget, Outcome
from solvers.registry import make
from solvers.trace import RefereedTrace

OBJECTIVES = (
    {},
    {"latency_weight": 0.5, "energy_weight": 0.2, "price_weight": 50.0},
    {"energy_weight": 1.0, "energy_scope": "device"},
)


def tiny_problem(seed: int, settings: dict[str, str] | None = None, **options: Any) -> JointProblem:
    instance = generate("tiny", make_params("tiny", settings or {}), seed)
    return JointProblem(instance=instance, options=JointOptions(**options))


@st.composite
def tiny_problems(draw: st.DrawFn, settings: dict[str, str] | None = None, sharing: str | None = None) -> JointProblem:
    return tiny_problem(
        draw(st.integers(0, 10**6)),
        settings,
        sharing=sharing or draw(st.sampled_from(("optimal", "equal"))),
        **draw(st.sampled_from(OBJECTIVES)),
    )


def with_node_memory(problem: JointProblem, devices: float, others: float) -> JointProblem:
    """Return the problem with other memory limits."""
    system = problem.instance.system
    memory = np.where(system.node_tier == Tier.DEVICE, devices, others)
    return replace(problem, instance=replace(problem.instance, system=replace(system, node_memory_bytes=memory)))


def run(name: str, problem: JointProblem, params: dict[str, Any] | None = None, seed: int = 0) -> Outcome:
    return traced_run(name, problem, params, seed)[0]


def traced_run(
    name: str, problem: JointProblem, params: dict[str, Any] | None = None, seed: int = 0
) -> tuple[Outcome, RefereedTrace]:
    trace = RefereedTrace(lambda plan: evaluate(problem, plan))
    outcome = make(name, params or {}).solve(problem, Budget(), np.random.default_rng(seed), trace)
    return outcome, trace


class LateTrace(RefereedTrace):
    """A trace on which time is always out."""

    def left(self, budget: Budget) -> float:
        return -1.0


def late_run(name: str, problem: JointProblem, params: dict[str, Any] | None = None) -> Outcome:
    trace = LateTrace(lambda plan: evaluate(problem, plan))
    return make(name, params or {}).solve(problem, Budget(seconds=1.0), np.random.default_rng(0), trace)


def own_costs(problem: JointProblem, score: Score) -> FloatArray:
    """Return each task's part of the objective by the referee."""
    options = problem.options
    return (
        options.latency_weight * problem.instance.workload.task_weight * score.latency_s
        + options.energy_weight * score.energy_j
        + options.price_weight * score.price
    )
