"""Column generation where the option table is large: city instances with 32 reachable sites, exits and variants.

Run as ``python -m benchmarks.column_generation [seconds] [long seconds] [--methods NAME,...]``: `column-generation` with either
master, `lagrangian` and `milp` under a budget of `seconds` (10), one thread each; who declines that gets `long seconds` (0: it
does not). Prints the gap to the method's own bound and the seconds spent, and below the table why a method declined or ended.
"""

from __future__ import annotations

import argparse
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


def row(problem: JointProblem, name: str, params: dict[str, Any], seconds: float) -> tuple[list[str], str | None]:
    """Return value, bound, gap and seconds of a run, and why it declined or ended."""
    method, budget = registry.make(name, params), Budget(seconds=seconds)
    reason = method.decline(problem, budget)
    if reason is not None:
        return ["declines", "", "", ""], reason
    trace = RefereedTrace(lambda plan: evaluate(problem, plan))
    outcome = method.solve(problem, budget, np.random.default_rng(0), trace)
    spent = trace.clock.seconds()
    gap = relative_gap(trace.best_value, outcome.bound)
    cells = ["" if one is None else f"{one:.3f}" for one in (trace.best_value, outcome.bound)]
    return [*cells, "" if gap is None else f"{100 * gap:.3f} %", f"{spent:.1f}"], outcome.reason


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seconds", type=float, nargs="?", default=10.0)
    parser.add_argument("long", type=float, nargs="?", default=0.0)
    parser.add_argument("--methods", default="column-generation,lagrangian,milp")
    asked = parser.parse_args()
    methods = [(name, params) for name, params in METHODS if name in asked.methods.split(",")]
    warm = JointProblem(instance=generate("metro", {"tasks": "12"}, 0))
    for name, params in methods:
        row(warm, name, params, 60.0)
    print("| tasks | options | method | budget | value | bound | gap | seconds |")
    print("| ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: |")
    reasons = []
    for tasks, edges in SIZES:
        instance = generate("metro", {**CITY, "tasks": str(tasks), "edges": str(edges)}, 1)
        problem = JointProblem(instance=instance)
        size = [f"{tasks:,}", f"{option_count(instance):,}"]
        for name, params in methods:
            label = ", ".join((name, *(f"`{key}={value}`" for key, value in params.items())))
            for seconds in (asked.seconds, asked.long):
                cells, reason = row(problem, name, params, seconds)
                print(f"| {' | '.join([*size, label, f'{seconds:g} s', *cells])} |", flush=True)
                size = ["", ""]
                if reason:
                    reasons.append(f"- {label}, {tasks:,} tasks, {seconds:g} s: {reason}")
                if cells[0] != "declines" or not asked.long:
                    break
    print("\n".join(["", *reasons]))


if __name__ == "__main__":
    main()
