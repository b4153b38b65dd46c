"""How long proofs of optimality take, in one process: `lagrangian-exact`, and a back end on the whole option table beside it.

Run as ``python -m benchmarks.proven [--tasks 10,30,100,300,1000] [--loads low,middle,high] [--seeds 5] [--seconds 120]
[--methods lagrangian-exact,HiGHS]``; names as in `benchmarks.scale`. CPU seconds are those of this process, so they leave out CBC.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np

from benchmarks.scale import METHODS
from formulations.joint.problem import JointProblem
from formulations.joint.referee import evaluate
from formulations.score import relative_gap
from instances.generators.registry import generate
from solvers import registry
from solvers.contract import Budget
from solvers.trace import RefereedTrace

TOLERANCE = 1e-4


def run(name: str, tasks: int, load: str, seed: int, budget: Budget) -> tuple[float, float, float]:
    """Return wall seconds, CPU seconds and the relative gap that is left (inf: no plan or bound)."""
    problem = JointProblem(instance=generate("metro-benchmark", {"tasks": str(tasks), "load": load}, seed))
    method, params = METHODS[name]
    trace = RefereedTrace(lambda plan: evaluate(problem, plan))
    began = time.process_time()
    outcome = registry.make(method, params).solve(problem, budget, np.random.default_rng(seed), trace)
    spent, wall = time.process_time() - began, trace.clock.seconds()
    value = None if outcome.plan is None else evaluate(problem, outcome.plan).value
    gap = relative_gap(value, outcome.bound)
    return wall, spent, float("inf") if gap is None else gap


def row(name: str, tasks: int, load: str, seeds: int, budget: Budget) -> str:
    """Return the line of the table: medians over the seeds, and the worst."""
    runs: Any = np.array([run(name, tasks, load, seed, budget) for seed in range(1, seeds + 1)])
    wall, spent, gap = runs.T
    cells = [load, f"{tasks:,}", name, f"{(gap <= TOLERANCE).sum()} of {seeds}"]
    cells += [f"{np.median(wall):.3f}", f"{wall.max():.3f}", f"{np.median(spent):.3f}", f"{gap.max():.2%}"]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", default="10,30,100,300,1000")
    parser.add_argument("--loads", default="low,middle,high")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--methods", default="lagrangian-exact")
    asked = parser.parse_args()
    budget = Budget(seconds=asked.seconds, threads=asked.threads, tolerance=TOLERANCE)
    print("| load | tasks | method | proven | median (s) | slowest (s) | median CPU (s) | worst gap left |")
    print("| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: |")
    for name in asked.methods.split(","):
        for warm in (4, 30):  # compiles, or loads what is compiled
            run(name, warm, "middle", 0, Budget(seconds=10.0, threads=asked.threads))
    for load in asked.loads.split(","):
        for tasks in map(int, asked.tasks.split(",")):
            for name in asked.methods.split(","):
                print(row(name, tasks, load, asked.seeds, budget), flush=True)


if __name__ == "__main__":
    main()
