"""Placements: graphs of 2,000 layers, and workloads of other people where their folder is given.

Run as ``python -m benchmarks.placement [--seconds 60] [--data FOLDER]``; FOLDER is that of dnn-partitioning, with its
`latency` and `throughput`. CPU seconds are those of this process, on one thread; kernels are compiled before.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from experiments.systems.bench import Bench
from formulations.placement.problem import PlacementOptions, PlacementProblem
from formulations.score import relative_gap
from instances.placements.dnn_partitioning import read_dnn_partitioning
from solvers.contract import Budget
from tests.formulations.placement.random_problems import layered


def line(bench: Bench, label: str, problem: PlacementProblem, method: str, seconds: float) -> str:
    """Return the row of one run."""
    began = time.process_time()
    run = bench.run(method, problem, budget=Budget(seconds=seconds))
    spent, gap = time.process_time() - began, relative_gap(run.value, run.outcome.bound)
    cells = [label, problem.options.objective, method]
    cells += ["none" if one is None else f"{one:.10g}" for one in (run.value, run.outcome.bound)]
    cells += ["none" if gap is None else f"{gap:.2%}", f"{run.seconds:.2f}", f"{spent:.2f}"]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--data", type=Path)
    asked = parser.parse_args()
    bench = Bench()
    load, latency = PlacementOptions(), PlacementOptions(objective="latency")
    for options in (load, latency):  # compiles, or loads what is compiled
        for full in (True, False):
            bench.run("placement-dp", PlacementProblem(instance=layered(60, 4, 1, full=full), options=options))
    print("| graph | objective | method | value (s) | bound | gap | s | CPU s |")
    print("| --- | :--- | :--- | ---: | ---: | ---: | ---: | ---: |")
    for options in (load, latency):
        for label, full, size in (
            ("whole rank before, up to 0.6 s", True, 0.6),
            ("up to three of it, up to 0.6 s", False, 0.6),
            ("up to three of it, up to 6 s", False, 6.0),
        ):
            problem = PlacementProblem(instance=layered(2000, 4, 1, full=full, bytes_up_to=size), options=options)
            print(line(bench, label, problem, "placement-dp", asked.seconds), flush=True)
    if asked.data is None:
        return
    for file, k, options, method in (
        *(
            ("latency/bert24_inference.json", k, PlacementOptions(objective="latency", accelerators=k), "placement-dp")
            for k in (5, 3, 2, 1)
        ),
        *(
            ("throughput/bert_l-3_inference.json", 3, PlacementOptions(objective="latency", accelerators=3), name)
            for name in ("placement-cp-sat", "placement-dp")
        ),
        *(
            (
                "throughput/bert24_inference.json",
                k,
                PlacementOptions(accelerators=k, contiguous=False),
                "placement-cp-sat",
            )
            for k in (3, 4, 6)
        ),
    ):
        instance = read_dnn_partitioning(asked.data / file)
        problem = PlacementProblem(instance=instance, options=options)
        print(line(bench, f"{file}, k={k}", problem, method, asked.seconds), flush=True)


if __name__ == "__main__":
    main()
