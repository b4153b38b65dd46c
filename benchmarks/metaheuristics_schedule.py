"""The five metaheuristics on schedules, at equal evaluations and at equal seconds, against the best bound.

Run as ``python -m benchmarks.metaheuristics_schedule [--evaluations 20000] [--seconds 2] [--seeds 3] [--proof 10]``.
Every method has its default parameters and its own encoding: `spso-ga`, `pso` and `annealing` place merged blocks, `pso-ga`
single layers; `ga` is there with both. Values are the referee's. The bound is the best of `schedule-bound` and of
`schedule-cp-sat` in ``--proof`` seconds; its plan is the row "CP-SAT". Gaps are means over the seeds that have a plan, and
the seeds without one are counted. Methods take turns seed by seed, so that other work on the machine meets them all.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from experiments.systems.bench import Bench, Run
from experiments.systems.smart_iot import FACTORS, Study
from formulations.schedule.problem import ScheduleOptions, ScheduleProblem
from instances.generators.registry import generate
from instances.smart_iot.servers import OpenFigures
from solvers.contract import Budget

METHODS: dict[str, tuple[str, dict[str, Any]]] = {
    "spso-ga": ("spso-ga", {}),
    "pso-ga": ("pso-ga", {}),
    "ga": ("ga", {}),
    "ga on layers": ("ga", {"merged": False}),
    "pso": ("pso", {}),
    "annealing": ("annealing", {}),
}


@dataclass(slots=True)
class Tally:
    """The runs of a method on an instance under one limit."""

    values: list[float] = field(default_factory=list)
    evaluations: list[float] = field(default_factory=list)
    missed: int = 0

    def add(self, run: Run) -> None:
        """Count a run."""
        self.evaluations.append(run.outcome.info["evaluations"])
        if run.value is None:
            self.missed += 1
        else:
            self.values.append(run.value)

    def cells(self, bound: float) -> list[str]:
        """Return mean gap, least gap and runs without a plan."""
        gaps = np.array(self.values) / bound - 1.0  # of the bound: what lies far from it is told apart
        found = [f"{gaps.mean():.2%}", f"{gaps.min():.2%}"] if len(gaps) else ["none", "none"]
        return [*found, str(self.missed)]


def problems(bench: Bench) -> Iterator[tuple[str, ScheduleProblem]]:
    """Yield the instances with their names: energy under deadlines on the machines of SPSO-GA's study, and a response."""
    study = Study(bench, OpenFigures())
    for networks, number in (
        (["alexnet"], 1),
        (["alexnet"] * 3, 1),
        (["googlenet"], 3),
    ):
        (problem,) = study.problems(networks, FACTORS[number - 1 : number])
        yield f"{len(networks)} {networks[0]}, D{number}, energy", problem
    shared = ScheduleOptions(makespan_weight=0.0, response_weight=1.0, links="serial")
    instance = generate("line", {"tasks": "10", "networks": "alexnet"}, 1)
    yield "10 alexnet on `line`, mean response", ScheduleProblem(instance=instance, options=shared)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--evaluations", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--proof", type=float, default=10.0)
    asked = parser.parse_args()
    bench = Bench()
    limits = Budget(evaluations=asked.evaluations), Budget(seconds=asked.seconds)
    print(f"| instance | method | at {asked.evaluations:,} evaluations: gap | least | no plan ", end="")
    print(f"| at {asked.seconds:g} s: gap | least | no plan | evaluations |")
    print("| :--- | :--- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for label, problem in problems(bench):
        exact = bench.run("schedule-cp-sat", problem, budget=Budget(seconds=asked.proof, threads=2))
        relaxed = bench.run("schedule-bound", problem, budget=Budget(seconds=asked.proof))
        bound = max(one for one in (exact.outcome.bound, relaxed.outcome.bound) if one is not None)
        known = "none" if exact.value is None else f"{exact.value / bound - 1.0:.2%}"
        print(f"| {label} | CP-SAT, {asked.proof:g} s | {known} |  |  |  |  |  |  |", flush=True)
        tallies = {name: [Tally(), Tally()] for name in METHODS}
        for method, settings in METHODS.values():  # compiles, or loads what is compiled
            bench.run(method, problem, budget=Budget(evaluations=300), **settings)
        for seed in range(asked.seeds):
            for name, (method, settings) in METHODS.items():
                for limit, tally in zip(limits, tallies[name], strict=True):
                    tally.add(bench.run(method, problem, seed=seed, budget=limit, **settings))
        for name, (equal, timed) in tallies.items():
            cells = [label, name, *equal.cells(bound), *timed.cells(bound), f"{np.mean(timed.evaluations):,.0f}"]
            print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
