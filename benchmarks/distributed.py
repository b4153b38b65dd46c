"""What a pass costs where tasks are held by Dask workers: seconds, bytes and memory, beside the passes of one process.

Run as ``python -m benchmarks.distributed [--tasks 10000,100000,1000000] [--workers 2] [--sweeps 4]``. Each size runs in a
process of its own, after a small one that compiles. A run is sweeps, one bound, the drawn options' loads, one turn of replies
and the options gathered; both ways make the same one, and the table says whether their results are equal.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from formulations.joint.problem import JointProblem
from instances.generators.registry import generate
from solvers.cluster_address import ClusterAddress
from solvers.decomposition.distributed.connection import connect
from solvers.decomposition.distributed.passes import DistributedPasses
from solvers.decomposition.passes import LocalPasses, Passes
from solvers.decomposition.segments import segments_of

TASKS = (10_000, 100_000, 1_000_000)
MB = 1e6
COLUMNS = {
    "tasks": ("tasks", "{:,}"),
    "resources": ("resources", "{:,}"),
    "reached": ("reached by blocks", "{:,}"),
    "block_mb": ("blocks MB", "{:.1f}"),
    "start_s": ("start s", "{:.1f}"),
    "send_s": ("send s", "{:.1f}"),
    "sweep_s": ("sweep s", "{:.2f}"),
    "local_sweep_s": ("local", "{:.2f}"),
    "sweep_cpu_s": ("sweep CPU s", "{:.2f}"),
    "local_sweep_cpu_s": ("local", "{:.2f}"),
    "bound_s": ("bound s", "{:.2f}"),
    "local_bound_s": ("local", "{:.2f}"),
    "bound_cpu_s": ("bound CPU s", "{:.2f}"),
    "local_bound_cpu_s": ("local", "{:.2f}"),
    "reply_s": ("reply s", "{:.2f}"),
    "local_reply_s": ("local", "{:.2f}"),
    "reply_cpu_s": ("reply CPU s", "{:.2f}"),
    "local_reply_cpu_s": ("local", "{:.2f}"),
    "run_s": ("run s", "{:.1f}"),
    "local_run_s": ("local", "{:.1f}"),
    "run_cpu_s": ("run CPU s", "{:.1f}"),
    "worker_cpu": ("of it workers", "{:.1f}"),
    "local_run_cpu_s": ("local", "{:.1f}"),
    "sweep_out_mb": ("sweep out MB", "{:.2f}"),
    "sweep_in_mb": ("in", "{:.2f}"),
    "bound_in_mb": ("bound in MB", "{:.2f}"),
    "plan_mb": ("options in MB", "{:.1f}"),
    "few_mb": ("shortlist in MB", "{:.1f}"),
    "worker_mb": ("worker MB", "{:.0f}"),
    "scheduler_mb": ("scheduler MB", "{:.0f}"),
    "client_mb": ("client MB", "{:.0f}"),
    "instance_mb": ("of it instance", "{:.0f}"),
    "difference": ("difference", "{:.0e}"),
    "load": ("machine load", "{:.1f}"),
}


def resident(process: psutil.Process) -> float:
    return float(process.memory_info().rss) / MB


def spent(processes: list[psutil.Process]) -> float:
    """Return the processor seconds of the processes, which do not depend on what else the machine does."""
    return sum(sum(process.cpu_times()[:2]) for process in processes)


def passed(passes: Passes, sweeps: int, processes: list[psutil.Process]) -> tuple[dict[str, float], list[float]]:
    """Return the seconds of a run and of its passes, and what it ends with."""
    rng, seconds = np.random.default_rng(1), {}

    def timed(name: str, work: Callable[[], Any]) -> Any:
        began, before = time.perf_counter(), spent(processes)
        result = work()
        seconds[name], seconds[f"{name}_cpu"] = time.perf_counter() - began, spent(processes) - before
        return result

    began, before = time.perf_counter(), spent(processes)
    each = []
    for _ in range(sweeps):
        timed("sweep", lambda: passes.sweep(rng))
        each.append((seconds["sweep"], seconds["sweep_cpu"]))
    bound = timed("bound", passes.bound)
    state = passes.drawn()
    load = passes.load_of(state)
    _, load = timed("reply", lambda: passes.reply(state, load))
    codes = passes.codes(state)
    seconds["run"], seconds["run_cpu"] = time.perf_counter() - began, spent(processes) - before
    seconds["sweep"], seconds["sweep_cpu"] = np.median(each, axis=0).tolist()
    return seconds, [bound, passes.value(), float(load @ load), float(codes.sum())]


def row_of(tasks: int, workers: int, sweeps: int) -> dict[str, Any]:
    instance = generate("metro-benchmark", {"tasks": str(tasks)}, 1)
    generated = resident(psutil.Process())
    segments = segments_of(JointProblem(instance=instance))
    assert not isinstance(segments, str)
    n = len(instance.system.resources)
    began = time.perf_counter()
    with connect(ClusterAddress(workers=workers)) as client:
        started = time.perf_counter()
        passes = DistributedPasses.start(client, segments, n)
        sent = time.perf_counter()
        processes = [psutil.Process(pid) for pid in client.run(os.getpid).values()]
        scheduling = psutil.Process(client.run_on_scheduler(os.getpid))
        passes.sweep(np.random.default_rng(0))  # places the tasks; the workers have compiled code in memory after that
        passes.bound(), passes.reply(passes.drawn(), passes.load)
        work_before = spent(processes)
        seconds, found = passed(passes, sweeps, [psutil.Process(), scheduling, *processes])
        working = spent(processes) - work_before
        passes.traffic.sent = passes.traffic.received = 0
        passes.sweep(np.random.default_rng(2))
        sweep_out, sweep_in = passes.traffic.sent, passes.traffic.received
        passes.traffic.received = 0
        passes.bound()
        bound_in = passes.traffic.received
        passes.traffic.received = 0
        state = passes.drawn()
        passes.codes(state)
        plan = passes.traffic.received
        client_mb = resident(psutil.Process())
        held, scheduler = [resident(process) for process in processes], resident(scheduling)
        passes.traffic.received = 0
        passes.shortlist(passes.load, state)
        few = passes.traffic.received
        reached, block = passes.reached, passes.traffic.blocks
    home = LocalPasses.start(segments, n, workers)
    home.sweep(np.random.default_rng(0))
    local_seconds, local = passed(home, sweeps, [psutil.Process()])
    return {
        "tasks": tasks,
        "resources": n,
        "reached": reached,
        "block_mb": block / MB,
        "start_s": started - began,
        "send_s": sent - started,
        "worker_cpu": working,
        **{f"{name}_s": value for name, value in seconds.items()},
        **{f"local_{name}_s": value for name, value in local_seconds.items()},
        "sweep_out_mb": sweep_out / MB,
        "sweep_in_mb": sweep_in / MB,
        "bound_in_mb": bound_in / MB,
        "plan_mb": plan / MB,
        "few_mb": few / MB,
        "worker_mb": max(held),
        "scheduler_mb": scheduler,
        "client_mb": client_mb,
        "instance_mb": generated,
        "difference": max(abs(a - b) / abs(b) for a, b in zip(found, local, strict=True)),
        "load": os.getloadavg()[0],
    }


def as_markdown(rows: list[dict[str, Any]]) -> str:
    """Return a line for each figure and a column for each size."""
    lines = []
    for name, (title, form) in COLUMNS.items():
        lines.append("| " + " | ".join([title, *(form.format(row[name]) for row in rows)]) + " |")
        if name == "tasks":
            lines.append("| :--- |" + " ---: |" * len(rows))
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", default=",".join(map(str, TASKS)))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--sweeps", type=int, default=4)
    parser.add_argument("-o", "--output", type=Path, default=Path("results/distributed"))
    parser.add_argument("--run", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.run:
        passed(LocalPasses.start(*_small(), 1), 1, [])
        print(json.dumps(row_of(asked.run, asked.workers, asked.sweeps)))
        return
    rows = []
    for tasks in map(int, asked.tasks.split(",")):
        command = [sys.executable, "-m", "benchmarks.distributed", "--run", str(tasks)]
        command += ["--workers", str(asked.workers), "--sweeps", str(asked.sweeps)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        rows.append(json.loads(done.stdout.splitlines()[-1]))
        print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    asked.output.mkdir(parents=True, exist_ok=True)
    (asked.output / "distributed.json").write_text(json.dumps(rows, indent=1))
    table = as_markdown(rows)
    (asked.output / "distributed.md").write_text(table)
    print(table, end="")


def _small() -> tuple[Any, int]:
    instance = generate("metro-benchmark", {"tasks": "2500"}, 0)
    return segments_of(JointProblem(instance=instance)), len(instance.system.resources)


if __name__ == "__main__":
    main()
