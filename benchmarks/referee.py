"""How the referee's time grows with the tasks: processor seconds, faults of memory, and the part of sorting.

Run as ``python -m benchmarks.referee [--tasks 100000,300000,1000000]``: median of three judgements of a plan by
`lagrangian` on `metro-benchmark`, seed 1. What is sorted is what a task sends over a link or spends on a resource, to be
added up.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import resource
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from formulations.joint.problem import JointProblem
from formulations.joint.referee import evaluate
from instances.generators.registry import generate
from solvers import registry
from solvers.contract import Budget
from solvers.trace import RefereedTrace

_SORTING = "_grouped"
"""The referee's function that sorts."""


def spent(work: Callable[[], Any]) -> tuple[float, int, int]:
    """Return processor seconds, faults in memory and faults from disk."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    work()
    after = resource.getrusage(resource.RUSAGE_SELF)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, after.ru_minflt - before.ru_minflt, after.ru_majflt - before.ru_majflt


def row(tasks: int) -> str:
    problem = JointProblem(instance=generate("metro-benchmark", {"tasks": str(tasks)}, 1))
    trace = RefereedTrace(lambda plan: evaluate(problem, plan))
    method, budget = registry.make("lagrangian", {}), Budget(seconds=60.0, threads=2)
    plan = method.solve(problem, budget, np.random.default_rng(1), trace).plan
    runs = [spent(lambda: evaluate(problem, plan)) for _ in range(3)]
    profile = cProfile.Profile(time.process_time)
    profile.runcall(evaluate, problem, plan)
    stats: Any = pstats.Stats(profile)
    sorting = sum(cumulated for (_, _, name), (_, _, _, cumulated, _) in stats.stats.items() if name == _SORTING)
    seconds = float(np.median([one for one, _, _ in runs]))
    faults = [f"{max(run[kind] for run in runs):,}" for kind in (1, 2)]
    cells = [f"{tasks:,}", f"{seconds:.2f}", f"{1e6 * seconds / tasks:.2f}", *faults, f"{sorting / stats.total_tt:.0%}"]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", default="100000,300000,1000000")
    asked = parser.parse_args()
    print("| tasks | referee, CPU s | µs a task | faults in memory | from disk | sorting |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: |")
    for tasks in map(int, asked.tasks.split(",")):
        print(row(tasks), flush=True)


if __name__ == "__main__":
    main()
