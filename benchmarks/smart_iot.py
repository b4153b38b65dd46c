"""Proofs and gaps on the machines of SPSO-GA's study: networks with the deadlines D1 to D5, energy.

Run as ``python -m benchmarks.smart_iot [--networks 1:alexnet,3:alexnet] [--methods schedule-chain-dp,schedule-cp-sat]
[--deadlines 1,2,3,4,5] [--seconds 60] [--threads 2]``. CPU seconds are those of this process with all its threads.
"""

from __future__ import annotations

import argparse
import time

from experiments.systems.bench import Bench
from experiments.systems.smart_iot import FACTORS, Study
from formulations.score import relative_gap
from instances.smart_iot.servers import OpenFigures
from solvers.contract import Budget


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", default="1:alexnet")
    parser.add_argument("--methods", default="schedule-chain-dp,schedule-cp-sat")
    parser.add_argument("--deadlines", default="1,2,3,4,5")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args()
    bench = Bench()
    study, budget = Study(bench, OpenFigures()), Budget(seconds=asked.seconds, threads=asked.threads)
    factors = [FACTORS[int(number) - 1] for number in asked.deadlines.split(",")]
    for name in asked.methods.split(","):  # compiles, or loads what is compiled
        bench.run(name, study.problems(["alexnet"], FACTORS[:1])[0], budget=Budget(seconds=20.0))
    print("| networks | deadline | method | value | bound | gap | s | CPU s |")
    print("| --- | ---: | :--- | ---: | ---: | ---: | ---: | ---: |")
    for group in asked.networks.split(","):
        count, _, network = group.partition(":")
        problems = study.problems([network] * int(count), factors)
        for number, problem in zip(asked.deadlines.split(","), problems, strict=True):
            for name in asked.methods.split(","):
                began = time.process_time()
                run = bench.run(name, problem, budget=budget)
                gap = relative_gap(run.value, run.outcome.bound)
                cells = [f"{count} {network}", f"D{number}", name]
                cells += ["none" if one is None else f"{one:.6g}" for one in (run.value, run.outcome.bound)]
                cells += ["none" if gap is None else f"{gap:.3%}"]
                cells += [f"{run.seconds:.2f}", f"{time.process_time() - began:.2f}"]
                print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
