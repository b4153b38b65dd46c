"""Which modelling language and which back end prove optima of `joint` fastest.

Run as ``python -m benchmarks.exact_backends [seconds]``: every combination on city instances of 10, 20 and
30 tasks under both sharing rules, with and without narrowing, one thread each. Prints the seconds to
proven optimality, or the gap that was left at the limit.
"""

from __future__ import annotations

import sys
import time
from typing import Any

import numpy as np

from formulations.joint.problem import JointOptions, JointProblem
from formulations.joint.referee import evaluate
from formulations.score import relative_gap
from instances.generators.registry import generate
from solvers import registry
from solvers.contract import Budget, SolutionStatus
from solvers.trace import RefereedTrace

RUNS: tuple[tuple[str, dict[str, Any]], ...] = (
    *(
        ("milp", {"language": lang, "backend": solver})
        for lang in ("pulp", "pyomo")
        for solver in ("cbc", "highs", "scip")
    ),
    ("cp-sat", {"squares": "cuts"}),
    ("cp-sat", {"squares": "product"}),
)


def outcome_of(problem: JointProblem, method: str, params: dict[str, Any], seconds: float) -> str:
    """Return the seconds to optimality, or the gap at the limit, as text."""
    trace = RefereedTrace(lambda plan: evaluate(problem, plan))
    began = time.perf_counter()
    outcome = registry.make(method, params).solve(problem, Budget(seconds=seconds), np.random.default_rng(0), trace)
    spent = time.perf_counter() - began
    if outcome.status is SolutionStatus.OPTIMAL:
        return f"{spent:.2f} s"
    value = None if outcome.plan is None else evaluate(problem, outcome.plan).value
    gap = relative_gap(value, outcome.bound)
    return "no plan or bound" if gap is None else f"gap {100 * gap:.2f} %"


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    warm = JointProblem(instance=generate("metro", {"tasks": "4"}, 0))
    for method, params in RUNS:
        outcome_of(warm, method, params, 5.0)
    print(f"| tasks | sharing | narrowing | {' | '.join(' '.join((m, *p.values())) for m, p in RUNS)} |")
    print("| --- " * (3 + len(RUNS)) + "|")
    for tasks in (10, 20, 30):
        for sharing in ("optimal", "equal"):
            instance = generate("metro", {"tasks": str(tasks)}, 1)
            problem = JointProblem(instance=instance, options=JointOptions(sharing=sharing))  # type: ignore[arg-type]
            for narrowing in (True, False):
                cells = [outcome_of(problem, m, {**p, "narrowing": narrowing}, seconds) for m, p in RUNS]
                print(f"| {tasks} | {sharing} | {'yes' if narrowing else 'no'} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
