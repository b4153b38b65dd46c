"""What passes cost where tasks are held by Dask workers: seconds, bytes and memory, beside the passes of one process.

Run as ``python -m benchmarks.distributed [--tasks 10000,100000,1000000] [--workers 2] [--steps 5]``. Each size runs in a process
of its own, after a small one that compiles. A run is what `lagrangian` does: four sweeps, steps of the master, a plan of its
mixes, one turn of replies and the options gathered; both ways make the same one, and the table says whether their results are
equal.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from formulations.joint.problem import JointProblem
from formulations.joint.referee import evaluate
from instances.generators.registry import generate
from solvers.cluster_address import ClusterAddress
from solvers.decomposition.distributed.connection import connect
from solvers.decomposition.distributed.cutting import cut
from solvers.decomposition.distributed.passes import DistributedPasses
from solvers.decomposition.passes import LocalPasses, Passes
from solvers.decomposition.segment_master import SegmentMaster
from solvers.decomposition.segment_plan import segment_plan
from solvers.decomposition.segments import Segments, segments_of
from solvers.decomposition.waves import spans_of

TASKS = (10_000, 100_000, 1_000_000)
SWEEPS = 4
MB = 1e6
PASSES = ("sweep", "find", "reply")
ROWS: tuple[tuple[str, str], ...] = (
    ("tasks", "{tasks:,}"),
    ("resources, R", "{resources:,}"),
    ("reached by the blocks, U", "{reached:,}"),
    ("blocks, MB", "{block_mb:.1f}"),
    ("start workers, s", "{start_s:.1f}"),
    ("make the segments, CPU s", "{segments_cpu_s:.2f}"),
    ("cut blocks, CPU s", "{cut_cpu_s:.2f}"),
    ("cut and send blocks, s", "{send_s:.1f}"),
    *(
        (f"{title}, {unit} (local)", f"{{{name}_{key}:.{digits}f}} ({{local_{name}_{key}:.{digits}f}})")
        for name, title, digits in (
            ("sweep", "sweep", 2),
            ("find", "a step's pass", 2),
            ("reply", "reply", 2),
            ("master", "the master's own part of a step", 2),
            ("run", "run", 1),
        )
        for unit, key in (("s", "s"), ("CPU s", "cpu_s"))
    ),
    ("of a run the workers', CPU s", "{worker_cpu_s:.1f}"),
    ("of a run the scheduler's, CPU s", "{scheduler_cpu_s:.1f}"),
    ("of a run the client's, CPU s", "{client_cpu_s:.1f}"),
    ("make the plan of the options, CPU s", "{plan_cpu_s:.2f}"),
    ("the referee, CPU s", "{referee_cpu_s:.2f}"),
    ("out and in of a sweep, MB", "{sweep_out_mb:.2f}, {sweep_in_mb:.2f}"),
    ("out of a step's pass, MB", "{find_out_mb:.2f}"),
    ("in of the first and the last, MB", "{first_find_in_mb:.2f}, {last_find_in_mb:.2f}"),
    ("out for a plan, MB", "{changed_out_mb:.3f}"),
    ("options gathered, MB", "{codes_in_mb:.1f}"),
    ("all of a run, MB", "{run_mb:.1f}"),
    ("tasks that waver, their options", "{pool_tasks:,}, {pool_columns:,}"),
    ("these options at the client, MB", "{pool_mb:.2f}"),
    ("memory of a worker, MB", "{worker_mb:.0f}"),
    ("of the scheduler, MB", "{scheduler_mb:.0f}"),
    ("of the client, MB", "{client_mb:,.0f}"),
    ("of it, once the instance is there, MB", "{instance_mb:.0f}"),
    ("difference", "{difference:.0g}"),
    ("load of the machine at the end", "{load:.1f}"),
)
"""Titles of the table's lines, and what they say of a size."""


def resident(process: psutil.Process) -> float:
    return float(process.memory_info().rss) / MB


def spent(processes: list[psutil.Process]) -> float:
    """Return the processor seconds of the processes, which do not depend on what else the machine does."""
    return sum(sum(process.cpu_times()[:2]) for process in processes)


@dataclass
class Watched:
    """Passes that note what each of them took: seconds, processor seconds, bytes out and in."""

    passes: Any
    processes: list[psutil.Process]
    notes: dict[str, list[tuple[float, float, float, float]]] = field(default_factory=lambda: defaultdict(list))

    def now(self) -> np.ndarray:
        traffic = getattr(self.passes, "traffic", None)
        moved = (traffic.sent / MB, traffic.received / MB) if traffic else (0.0, 0.0)
        return np.array((time.perf_counter(), spent(self.processes), *moved))

    def __getattr__(self, name: str) -> Any:
        given = getattr(self.passes, name)
        if not callable(given):
            return given

        def noted(*asked: Any) -> Any:
            before = self.now()
            result = given(*asked)
            self.notes[name].append(tuple(self.now() - before))
            return result

        return noted


def run(passes: Any, steps: int) -> tuple[SegmentMaster, list[Any]]:
    """Do what `lagrangian` does; return the master, and what was found: bounds, value, moves, loads and options."""
    rng = np.random.default_rng(1)
    for sweep in range(SWEEPS):
        passes.sweep(rng if sweep else None)
    master = SegmentMaster.start(passes, passes.drawn(), passes.load)
    bounds = [master.step() for _ in range(steps)]
    state = master.plan(5, 3e-3, rng)
    _, load = passes.load_of(state)
    moves, load = passes.reply(state, load)
    return master, [np.array([*bounds, master.value(), moves]), load, passes.codes(state)]


def difference(found: list[Any], other: list[Any]) -> float:
    """Return the largest difference of two runs, entry by entry, relative where entries are above 1."""
    return max(
        float(np.max(np.abs(one - two) / np.maximum(np.abs(two), 1.0), initial=0.0))
        for one, two in zip(found, other, strict=True)
    )


def measured(passes: Passes, processes: list[psutil.Process], steps: int) -> tuple[dict[str, float], Any, list[Any]]:
    """Return what a run and its passes took, the master and what was found."""
    watched = Watched(passes, processes)
    before = watched.now()
    master, found = run(watched, steps)
    whole = watched.now() - before
    notes = {name: np.array(rows) for name, rows in watched.notes.items()}
    each = {name: np.median(notes[name], axis=0) for name in PASSES}
    each["master"] = (whole - sum(rows.sum(axis=0) for rows in notes.values())) / steps
    each["run"] = whole
    figures = {}
    for name, (seconds, cpu, _, _) in each.items():
        figures |= {f"{name}_s": seconds, f"{name}_cpu_s": cpu}
    figures |= {
        "sweep_out_mb": notes["sweep"][-1, 2],
        "sweep_in_mb": notes["sweep"][-1, 3],
        "find_out_mb": notes["find"][-1, 2],
        "first_find_in_mb": notes["find"][0, 3],
        "last_find_in_mb": notes["find"][-1, 3],
        "changed_out_mb": notes["changed"][-1, 2],
        "codes_in_mb": notes["codes"][-1, 3],
        "run_mb": whole[2] + whole[3],
    }
    return {name: float(value) for name, value in figures.items()}, master, found


def row_of(tasks: int, workers: int, steps: int) -> dict[str, Any]:
    small, n_small = _small()
    instance = generate("metro-benchmark", {"tasks": str(tasks)}, 1)
    generated = resident(psutil.Process())
    problem = JointProblem(instance=instance)
    making = time.process_time()
    segments = segments_of(problem)
    made = time.process_time()
    assert not isinstance(segments, str)
    n = len(instance.system.resources)
    began = time.perf_counter()
    with connect(ClusterAddress(workers=workers)) as client:
        started = time.perf_counter()
        run(DistributedPasses.start(client, small, n_small), 2)  # every worker has compiled code in memory after that
        warm = time.perf_counter()
        passes = DistributedPasses.start(client, segments, n)
        sent = time.perf_counter()
        held = [psutil.Process(pid) for pid in client.run(os.getpid).values()]
        scheduling = psutil.Process(client.run_on_scheduler(os.getpid))
        before = spent(held), spent([scheduling])
        figures, master, found = measured(passes, [psutil.Process(), scheduling, *held], steps)
        after = spent(held), spent([scheduling])
        memory = max(map(resident, held)), resident(scheduling), resident(psutil.Process())
        reached, block, pool = passes.reached, passes.traffic.blocks, master.pool
    home = LocalPasses.start(segments, n, workers)
    local_figures, _, local = measured(home, [psutil.Process()], steps)
    worker_s, scheduler_s = after[0] - before[0], after[1] - before[1]
    cutting = time.process_time()
    for begin, end in spans_of(tasks):
        cut(segments, begin, end)
    planning = time.process_time()
    plan = segment_plan(problem, segments, found[-1])
    judging = time.process_time()
    assert evaluate(problem, plan).feasible
    judged = time.process_time()
    return {
        "tasks": tasks,
        "resources": n,
        "reached": reached,
        "block_mb": block / MB,
        "start_s": started - began,
        "send_s": sent - warm,
        **figures,
        **{f"local_{name}": value for name, value in local_figures.items()},
        "worker_cpu_s": worker_s,
        "scheduler_cpu_s": scheduler_s,
        "client_cpu_s": figures["run_cpu_s"] - worker_s - scheduler_s,
        "segments_cpu_s": made - making,
        "cut_cpu_s": planning - cutting,
        "plan_cpu_s": judging - planning,
        "referee_cpu_s": judged - judging,
        "pool_tasks": len(pool.task),
        "pool_columns": len(pool.cost),
        "pool_mb": sum(column.nbytes for column in pool) / MB,
        "worker_mb": memory[0],
        "scheduler_mb": memory[1],
        "client_mb": memory[2],
        "instance_mb": generated,
        "difference": difference(found, local),
        "load": os.getloadavg()[0],
    }


def as_markdown(rows: list[dict[str, Any]]) -> str:
    """Return a line for each figure and a column for each size."""
    lines = []
    for title, form in ROWS:
        lines.append("| " + " | ".join([title, *(form.format(**row) for row in rows)]) + " |")
        if title == "tasks":
            lines.append("| :--- |" + " ---: |" * len(rows))
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", default=",".join(map(str, TASKS)))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("-o", "--output", type=Path, default=Path("results/distributed"))
    parser.add_argument("--run", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.run:
        run(LocalPasses.start(*_small(), asked.workers), 2)
        print(json.dumps(row_of(asked.run, asked.workers, asked.steps)))
        return
    rows = []
    for tasks in map(int, asked.tasks.split(",")):
        command = [sys.executable, "-m", "benchmarks.distributed", "--run", str(tasks)]
        command += ["--workers", str(asked.workers), "--steps", str(asked.steps)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        rows.append(json.loads(done.stdout.splitlines()[-1]))
        print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    asked.output.mkdir(parents=True, exist_ok=True)
    (asked.output / "distributed.json").write_text(json.dumps(rows, indent=1))
    table = as_markdown(rows)
    (asked.output / "distributed.md").write_text(table)
    print(table, end="")


def _small() -> tuple[Segments, int]:
    instance = generate("metro-benchmark", {"tasks": "2500"}, 0)
    segments = segments_of(JointProblem(instance=instance))
    assert not isinstance(segments, str)
    return segments, len(instance.system.resources)


if __name__ == "__main__":
    main()
