"""How long proofs of optimality take, in one process: `lagrangian-exact`, and back ends on the option table after pruning.

Run as ``python -m benchmarks.proven [--tasks 10,30,100,300,1000] [--loads low,middle,high] [--seeds 5] [--seconds 120]
[--methods lagrangian-exact,HiGHS]``; names as in `benchmarks.scale`. CPU seconds are those of this process, so they leave out
CBC. With ``--options`` it prints how many options the first bound of `lagrangian-exact` leaves instead.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.scale import METHODS
from formulations.joint.problem import JointProblem
from formulations.joint.referee import evaluate
from formulations.score import relative_gap
from instances.generators.metro_benchmark import benchmark_seeds
from instances.generators.registry import generate
from solvers import registry
from solvers.contract import Budget
from solvers.exact.claim import Claim
from solvers.exact.segment_narrowing import narrow_by_segments
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


def rows(methods: list[str], tasks: int, load: str, seeds: tuple[int, ...], budget: Budget) -> Iterator[str]:
    """Give a line for each method: medians over the seeds, the worst, and the median as a multiple of the first method's."""
    first = None
    for name in methods:
        runs: Any = np.array([run(name, tasks, load, seed, budget) for seed in seeds])
        wall, spent, gap = runs.T
        median = float(np.median(wall))
        left = "" if gap.max() <= TOLERANCE else f", {gap.max():.2%} left"
        cells = [load, f"{tasks:,}", name, f"{(gap <= TOLERANCE).sum()} of {len(seeds)}{left}"]
        cells += [f"{median:.3f}", f"{wall.max():.3f}", f"{np.median(spent):.3f}"]
        if len(methods) > 1:
            cells.append("" if first is None else f"{median / first:.0f}")
        first = first or median
        yield f"| {' | '.join(cells)} |"


def options_row(tasks: int, load: str, seeds: tuple[int, ...], budget: Budget) -> str:
    """Return how many options there are, and how many are left once the bound without a table has ruled out what it can."""
    counts = []
    for seed in seeds:
        problem = JointProblem(instance=generate("metro-benchmark", {"tasks": str(tasks), "load": load}, seed))
        claim = Claim(budget=budget, trace=RefereedTrace(lambda plan, given=problem: evaluate(given, plan)))  # type: ignore[misc]
        narrowed = narrow_by_segments(problem, claim)
        assert narrowed is not None
        counts.append((narrowed.n_options, narrowed.table.n_options))
    spans = [f"{min(column):,} to {max(column):,}" for column in zip(*counts, strict=True)]
    return f"| {load} | {tasks:,} | {' | '.join(spans)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", default="10,30,100,300,1000")
    parser.add_argument("--loads", default="low,middle,high")
    parser.add_argument("--seeds", type=int, default=5, choices=range(1, 6))
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--methods", default="lagrangian-exact")
    parser.add_argument("--options", action="store_true", help="print what the first bound leaves, and no times")
    asked = parser.parse_args()
    budget = Budget(seconds=asked.seconds, threads=asked.threads, tolerance=TOLERANCE)
    methods, sizes, loads = asked.methods.split(","), list(map(int, asked.tasks.split(","))), asked.loads.split(",")
    if asked.options:
        print("| load | tasks | options | left by the bound |")
        print("| --- | ---: | ---: | ---: |")
        for load in loads:
            for tasks in sizes:
                print(options_row(tasks, load, benchmark_seeds(tasks)[: asked.seeds], budget), flush=True)
        return
    more = len(methods) > 1
    print(f"| load | tasks | method | proven | median (s) | slowest (s) | median CPU (s) |{' times |' * more}")
    print(f"| --- | ---: | --- | ---: | ---: | ---: | ---: |{' ---: |' * more}")
    for name in methods:
        for warm in (4, 30):  # compiles, or loads what is compiled
            run(name, warm, "middle", 0, Budget(seconds=10.0, threads=asked.threads))
    for load in loads:
        for tasks in sizes:
            for line in rows(methods, tasks, load, benchmark_seeds(tasks)[: asked.seeds], budget):
                print(line, flush=True)


if __name__ == "__main__":
    main()
