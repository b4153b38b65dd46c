"""Column generation where the option table is large: city instances with 32 reachable sites, exits and variants.

Run as ``python -m benchmarks.column_generation [seconds] [long seconds]``: `column-generation` with either master,
`lagrangian` and `milp` under a budget of `seconds` (10), one thread each; who declines that, with its reason, gets
`long seconds` (0: it does not). Prints the gap to the method's own bound and the seconds spent, and what the method
says of its work.
"""

from __future__ import annotations

import sys
import time
from typing import Any

import numpy as np

from formulations.joint.options import option_count
from formulations.joint.problem import JointProblem
from formulations.joint.referee import evaluate
from formulations.score import relative_gap
from instances.generators.registry import generate
from solvers import registry
from solvers.contract import Budget
from solvers.trace import RefereedTrace

METHODS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("column-generation", {}),
    ("column-generation", {"master": "linear"}),
    ("lagrangian", {}),
    ("milp", {}),
)
CITY = {"reach": "32", "range_m": "5000", "clouds": "2", "exits": "true", "variants": "true", "accuracy_floor": "0.9"}
SIZES = ((100, 32), (300, 32), (1000, 40), (2000, 80))


def row(problem: JointProblem, name: str, params: dict[str, Any], seconds: float) -> str:
    """Return gap, value, bound and seconds of a run, or why the method declined."""
    method, budget = registry.make(name, params), Budget(seconds=seconds)
    reason = method.decline(problem, budget)
    if reason is not None:
        return f"declines: {reason}"
    trace = RefereedTrace(lambda plan: evaluate(problem, plan))
    outcome = method.solve(problem, budget, np.random.default_rng(0), trace)
    spent = trace.clock.seconds()
    gap = relative_gap(trace.best_value, outcome.bound)
    left = "no plan or bound" if gap is None else f"gap {100 * gap:.3f} %"
    value = "-" if trace.best_value is None else f"{trace.best_value:.3f}"
    bound = "-" if outcome.bound is None else f"{outcome.bound:.3f}"
    return f"{left}, value {value}, bound {bound}, {spent:.1f} s, {outcome.status}"


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    long = float(sys.argv[2]) if len(sys.argv) > 2 else 0.0
    warm = JointProblem(instance=generate("metro", {"tasks": "12"}, 0))
    for name, params in METHODS:
        row(warm, name, params, 60.0)
    for tasks, edges in SIZES:
        instance = generate("metro", {**CITY, "tasks": str(tasks), "edges": str(edges)}, 1)
        problem = JointProblem(instance=instance)
        print(f"{tasks} tasks, {edges} sites, {option_count(instance):,} options", flush=True)
        for name, params in METHODS:
            label = " ".join((name, *params.values()))
            said = row(problem, name, params, seconds)
            print(f"  {label}: {said}", flush=True)
            if said.startswith("declines") and long:
                began = time.perf_counter()
                said = row(problem, name, params, long)
                print(f"    with {long:g} s: {said}, wall {time.perf_counter() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
