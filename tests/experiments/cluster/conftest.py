"""A scheduler and workers in processes of their own, over TCP, as a user would start them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[3]
PATIENCE_S = 60.0


@dataclass
class DaskCluster:
    """What runs, and where. Its folder is that of no client: nothing but TCP joins them."""

    folder: Path
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    address: str = ""

    def start(self, *words: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start ``dask WORDS`` in the cluster's folder."""
        with open(self.folder / "log", "ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", *words, "--no-dashboard"],
                cwd=self.folder,
                stdout=log,
                stderr=log,
                env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
            )
        self.processes.append(process)
        return process

    def workers(self) -> list[psutil.Process]:
        """The worker processes; their nannies start them again when they die."""
        nannies = [psutil.Process(one.pid) for one in self.processes[1:] if one.poll() is None]
        return [child for nanny in nannies for child in nanny.children() if "spawn_main" in " ".join(child.cmdline())]

    def log(self) -> str:
        return (self.folder / "log").read_text()


def start_cluster(folder: Path, *, workers: int) -> DaskCluster:
    cluster, file = DaskCluster(folder), folder / "scheduler.json"
    cluster.start("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(file))
    until = time.monotonic() + PATIENCE_S
    while not cluster.address:
        assert time.monotonic() < until, cluster.log()
        time.sleep(0.05)
        if file.exists() and file.stat().st_size:
            cluster.address = json.loads(file.read_text())["address"]
    for _ in range(workers):
        cluster.start("worker", cluster.address, "--nthreads", "1", "--local-directory", str(folder))
    return cluster


def stop_cluster(cluster: DaskCluster) -> None:
    for process in reversed(cluster.processes):
        process.terminate()
    for process in cluster.processes:
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    """Two workers with a thread each."""
    one = start_cluster(tmp_path_factory.mktemp("cluster"), workers=2)
    yield one
    stop_cluster(one)
