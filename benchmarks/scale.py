"""Certified gap, seconds and memory from ten tasks to a million, beside what solvers do with the option table after pruning.

Run as ``python -m benchmarks.scale [--tasks 10,100,...] [--seeds 5] [--other-seeds 5] [--loads middle] [--seconds 60]
[-o results/scale]`` (``make bench-scale``). Every run is a process of its own, so that its peak resident memory is its
own; kernels are compiled before. The back ends run wherever they do not decline. It takes hours: each run is kept in
``runs.jsonl``, and what is kept there is not run again. Writes ``scale.csv``, ``scale.md``, which is printed too, and
``scale.svg``.
"""

from __future__ import annotations

import argparse
import csv
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.scale_report import MARKS, SHARES, add_best_bounds, declined, draw, overview, runs_table, shares_table
from formulations.joint.options import option_count
from formulations.joint.problem import JointProblem
from formulations.joint.referee import evaluate
from formulations.score import relative_gap
from instances.generators.metro_benchmark import benchmark_seeds
from instances.generators.registry import generate
from solvers import registry
from solvers.contract import Budget
from solvers.trace import RefereedTrace

TASKS = (10, 20, 50, 100, 300, 1_000, 10_000, 100_000, 1_000_000)
METHODS: dict[str, tuple[str, dict[str, Any]]] = {
    "lagrangian": ("lagrangian", {}),
    "lagrangian-exact": ("lagrangian-exact", {}),
    "CBC": ("milp", {"backend": "cbc", "narrowing": False}),
    "HiGHS": ("milp", {"backend": "highs", "narrowing": False}),
    "SCIP": ("milp", {"backend": "scip", "narrowing": False}),
    "CP-SAT": ("cp-sat", {"narrowing": False}),
    "annealing": ("annealing", {}),
    "GA": ("ga", {}),
    "SPSO-GA": ("spso-ga", {}),
}
WARM = {"lagrangian": (4, 30, 2_500), "lagrangian-exact": (4, 30)}
"""Tasks of the instances that load what is compiled, and reach all of it."""
EXACT = ("lagrangian-exact", "CBC", "HiGHS", "SCIP", "CP-SAT")
MOST_TASKS = {"lagrangian-exact": 1_000, "annealing": 10_000, "GA": 1_000, "SPSO-GA": 1_000}
"""Up to so many tasks these are tried; the others as far as they do not decline."""
ARGUMENTS = ("tasks", "load", "seed", "method", "limit_s", "threads")
COLUMNS = (
    *(*ARGUMENTS, "seconds", "peak_mb", "bound", "value", "gap"),
    *("best_bound", "gap_to_best", "referee_s", "options", *SHARES, "reason"),
)


def run(tasks: int, load: str, seed: int, name: str, seconds: float, threads: int) -> dict[str, Any]:
    """Return the row of one run; the clock excludes generation, compilation and the referee."""
    method, params = METHODS[name]
    for warm_tasks in WARM.get(name, (4,)):
        warm = JointProblem(instance=generate("metro-benchmark", {"tasks": str(warm_tasks)}, 0))
        made = registry.make(method, params)  # imports, which the warm-up's clock need not see
        trace = RefereedTrace(lambda plan, given=warm: evaluate(given, plan))  # type: ignore[misc]
        # the exact ones end by themselves, but what they have not loaded by then costs later
        warm_s = 10.0 if name in EXACT else 2.0
        made.solve(warm, Budget(seconds=warm_s, threads=threads), np.random.default_rng(0), trace)
    problem = JointProblem(instance=generate("metro-benchmark", {"tasks": str(tasks), "load": load}, seed))
    budget = Budget(seconds=seconds, threads=threads)
    row = {"tasks": tasks, "load": load, "seed": seed, "method": name, "limit_s": seconds, "threads": threads}
    row["options"] = option_count(problem.instance)
    reason = made.decline(problem, budget)
    if reason is not None:
        return {**row, "reason": reason}
    trace = RefereedTrace(lambda plan: evaluate(problem, plan))
    outcome = made.solve(problem, budget, np.random.default_rng(seed), trace)
    spent = trace.clock.seconds()
    began = time.perf_counter()
    score = None if outcome.plan is None else evaluate(problem, outcome.plan)
    refereed = time.perf_counter() - began
    value = None if score is None or score.violations else score.value
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {
        **row,
        "seconds": spent,
        "peak_mb": peak / 1024,
        "bound": outcome.bound,
        "value": value,
        "gap": relative_gap(value, outcome.bound),
        "referee_s": None if score is None else refereed,
        **{name: None if score is None else score.loads.get(name) for name in SHARES},
        "reached": {str(mark): reached(trace, mark) for mark in MARKS},
        "reason": outcome.reason,
    }


def reached(trace: RefereedTrace, gap: float) -> float | None:
    """Return the seconds after which plan and bound were within `gap`, None where they never were."""
    times = sorted({point.seconds for point in (*trace.incumbents, *trace.bounds)})
    for now in times:
        plans = [point.value for point in trace.incumbents if point.seconds <= now]
        bounds = [point.value for point in trace.bounds if point.seconds <= now]
        between = relative_gap(min(plans), max(bounds)) if plans and bounds else None
        if between is not None and between <= gap:
            return now
    return None


def in_process(*arguments: Any) -> dict[str, Any]:
    """Return what `run` returns in a fresh process."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.scale", "--run", json.dumps(arguments)], capture_output=True, text=True
    )
    if done.returncode:
        row = dict(zip(ARGUMENTS, arguments, strict=True))
        return {**row, "reason": f"ended with {done.returncode}: {done.stderr.strip()[-200:]}"}
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def methods_for(tasks: int) -> list[str]:
    """Return the methods that are tried at so many tasks."""
    return [name for name in METHODS if tasks <= MOST_TASKS.get(name, tasks)]


def runs_of(asked: argparse.Namespace) -> Iterator[tuple[int, str, int, str, float, int]]:
    """Give the arguments of each `run` that is asked for, seed by seed, so that those that are done are whole ones."""
    for load in asked.loads.split(","):
        for place in range(asked.seeds):
            for tasks in map(int, asked.tasks.split(",")):
                for name in methods_for(tasks):
                    ours = name.startswith("lagrangian")
                    if name in asked.methods.split(",") and (ours or place < asked.other_seeds):
                        seconds = asked.seconds * (2.0 if ours else 1.0)
                        threads = 1 if name == "SCIP" else asked.threads  # it takes no more
                        yield tasks, load, benchmark_seeds(tasks)[place], name, seconds, threads


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", default=",".join(map(str, TASKS)))
    parser.add_argument("--seeds", type=int, default=5, choices=range(1, 6))
    parser.add_argument("--other-seeds", type=int, default=5, help="for all but the first two methods")
    parser.add_argument("--loads", default="middle", help="of low, middle and high")
    parser.add_argument("--seconds", type=float, default=60.0, help="of each run; the first two methods get twice that")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--methods", default=",".join(METHODS))
    parser.add_argument("-o", "--output", type=Path, default=Path("results/scale"))
    parser.add_argument("--run", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.run:
        print(json.dumps(run(*json.loads(asked.run))))
        return
    asked.output.mkdir(parents=True, exist_ok=True)
    kept = asked.output / "runs.jsonl"
    done = [json.loads(line) for line in kept.read_text().splitlines()] if kept.exists() else []
    rows = []
    for arguments in runs_of(asked):
        row = next((row for row in done if tuple(row[name] for name in ARGUMENTS) == arguments), None)
        if row is None:
            row = in_process(*arguments)
            line = json.dumps(row)
            print(line, file=sys.stderr, flush=True)
            with kept.open("a") as file:
                file.write(f"{line}\n")
        rows.append(row)
    add_best_bounds(rows)
    with (asked.output / "scale.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    tables = "\n".join(part for part in (overview(rows), runs_table(rows), shares_table(rows), declined(rows)) if part)
    (asked.output / "scale.md").write_text(tables)
    draw(rows, asked.output / "scale.svg")
    print(tables, end="")


if __name__ == "__main__":
    main()
