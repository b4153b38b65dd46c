"""What a start from the relaxation's prices costs a metaheuristic, and what it is worth.

Run as ``python -m benchmarks.start [--seconds 10]``: seconds until the first plan with ``start=lagrangian`` over those
with ``start=random``, as a share of the budget, and the gap of both at the end to the bound of `lagrangian`.
"""

from __future__ import annotations

import argparse

import numpy as np

from formulations.joint.problem import JointProblem
from formulations.joint.referee import evaluate
from formulations.score import relative_gap
from instances.generators.registry import generate
from solvers import registry
from solvers.contract import Budget
from solvers.trace import RefereedTrace

METHODS = ("annealing", "ga", "spso-ga")


def run(problem: JointProblem, method: str, start: str, seconds: float) -> tuple[float, float]:
    """Return the seconds until the first plan, and the last plan's value."""
    trace = RefereedTrace(lambda plan: evaluate(problem, plan))
    made = registry.make(method, {"start": start})
    outcome = made.solve(problem, Budget(seconds=seconds), np.random.default_rng(1), trace)
    return trace.incumbents[0].seconds, evaluate(problem, outcome.plan).value


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0)
    seconds = parser.parse_args().seconds
    print("| tasks | method | start costs | gap, random start | gap, start=lagrangian |")
    print("| ---: | :--- | ---: | ---: | ---: |")
    for tasks in (100, 1_000):
        problem = JointProblem(instance=generate("metro-benchmark", {"tasks": str(tasks)}, 1))
        trace = RefereedTrace(lambda plan, given=problem: evaluate(given, plan))  # type: ignore[misc]
        bound = (
            registry.make("lagrangian", {}).solve(problem, Budget(seconds=10), np.random.default_rng(0), trace).bound
        )
        for method in METHODS:
            run(problem, method, "lagrangian", 2.0)  # kernels
            first, plain = run(problem, method, "random", seconds)
            warm, value = run(problem, method, "lagrangian", seconds)
            gaps = [100 * (relative_gap(one, bound) or 0.0) for one in (plain, value)]
            print(
                f"| {tasks:,} | {method} | {100 * (warm - first) / seconds:.2f} % of {seconds:g} s "
                f"| {gaps[0]:.2f} % | {gaps[1]:.2f} % |"
            )


if __name__ == "__main__":
    main()
