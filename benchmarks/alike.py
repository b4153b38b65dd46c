"""What pricing alike tasks together saves: processor seconds of a pass where so many tasks are alike, and where none are.

Run as ``python -m benchmarks.alike [--tasks 100000] [--times 1,2,10,100]``: instances `metro-benchmark` of which each task
is repeated so many times (without memory limits, as repetitions share a device). One thread, least of five passes.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from formulations.joint.problem import JointOptions, JointProblem
from instances.generators.registry import generate
from instances.instance import Instance
from solvers.decomposition.alike import first_alike
from solvers.decomposition.blocks import SegmentDual
from solvers.decomposition.segment_finding import find
from solvers.decomposition.segments import Segments, segments_of
from solvers.decomposition.waves import spans_of

_SWEEPS, _REPEATS = 4, 5


def repeated(instance: Instance, times: int) -> Instance:
    """Return `instance` where task k is replaced by task ``k - k % times``."""
    load = instance.workload
    of = np.arange(load.n_tasks) // times * times
    offsets = np.asarray(load.candidate_offsets)
    count = np.diff(offsets)[of]
    begin = np.concatenate(([0], np.cumsum(count)))
    rows = np.repeat(offsets[of] - begin[:-1], count) + np.arange(begin[-1])
    names = [name for name in load.__dataclass_fields__ if name.startswith("task_")]
    columns: dict[str, Any] = {name: getattr(load, name)[of] for name in names}
    columns |= {name: getattr(load, name)[rows] for name in ("candidate_site", "candidate_route")}
    return replace(instance, workload=replace(load, candidate_offsets=begin, **columns))


def least_cpu(work: Callable[[], Any]) -> float:
    """Return the least processor seconds of some runs."""
    spent = []
    for _ in range(_REPEATS):
        began = time.process_time()
        work()
        spent.append(time.process_time() - began)
    return min(spent)


def row(tasks: int, times: int) -> str:
    """Return a line: seconds of a pass with and without pricing alike tasks together, and what it takes to find them."""
    instance = repeated(generate("metro-benchmark", {"tasks": str(tasks)}, 1), times)
    problem = JointProblem(instance=instance, options=JointOptions(memory=False))
    together = segments_of(problem)
    assert isinstance(together, Segments)
    apart = together._replace(alike=np.zeros(tasks, dtype=bool))
    cells = [f"{tasks:,}", str(times), f"{together.alike.mean():.0%}"]
    for work in ("sweep", "pass"):
        for segments in (apart, together):
            dual, rng = SegmentDual.start(segments, len(instance.system.resources), 1), np.random.default_rng(0)
            for _ in range(_SWEEPS):
                dual.sweep(rng.random(tasks))
            points, state = dual.load.copy(), dual.state.copy()
            if work == "sweep":
                spent = least_cpu(lambda dual=dual, rng=rng: dual.sweep(rng.random(tasks)))  # type: ignore[misc]
            else:
                spent = least_cpu(
                    lambda segments=segments, points=points, state=state: find(  # type: ignore[misc]
                        segments, points, state, spans_of(tasks), 1
                    )
                )
            cells.append(f"{spent:.3f}")
    cells.append(f"{least_cpu(lambda: first_alike(problem)):.3f}")
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=100_000)
    parser.add_argument("--times", default="1,2,10,100")
    asked = parser.parse_args()
    print(
        "| tasks | times | alike | sweep, apart (s) | together (s) | pass, apart (s) | together (s) | to find them (s) |"
    )
    print("| ---: " * 8 + "|")
    row(2_500, 1)  # compiles, or loads what is compiled
    for times in map(int, asked.times.split(",")):
        print(row(asked.tasks, times), flush=True)


if __name__ == "__main__":
    main()
