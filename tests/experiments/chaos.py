"""Random kills: sweeps whose runner, trials or Dask workers meet SIGKILL at random moments, resumed until done.

``python -m tests.experiments.chaos FOLDER SEED SWEEPS`` from the root of the project, or `chaos` from a test.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
import psutil

from experiments.merging import content_of
from experiments.store import Store
from experiments.trial import seed_of

ROOT = Path(__file__).parents[2]
DUMMIES = Path(__file__).with_name("dummies.py")
TRIALS = 20
STUDIES = 5

STUDY = f"""
name = "chaos"
seed = {{seed}}
bound = "none"
repetitions = {TRIALS // 2}
figures = []
plugins = [{str(DUMMIES)!r}]
budget = {{{{ evaluations = 5 }}}}
methods = [{{{{ name = "dummy", set = {{{{ what = "counting" }}}} }}}}]
instances = [{{{{ generator = "line", set = {{{{ tasks = [2, 3] }}}} }}}}]
"""

# the real runner, forked from a process that has imported everything; the fork server knows the dummies' libraries only
NURSERY = """
import json, os, sys, time, traceback
from experiments import fork_server
from solvers.cluster_address import ClusterAddress
from experiments.comparison import run_study
from experiments.runner import RunnerOptions
from experiments.store import Store
from experiments.trial import seed_of
from experiments.study import read_study
import distributed, experiments.environment, instances.generators.line, numba, pandas, solvers.registry
solvers.registry.method_names()
experiments.environment.environment()
from experiments.shelf import recipe_of
# one version of the source for all runs, whoever edits it meanwhile
solvers.registry.entry("greedy").version
[recipe_of(spec) for spec in read_study(sys.argv[1]).specs()]
fork_server.PRELOAD = ["experiments.fork_guard", "tests.experiments.chaos_preload"]
print("ready", flush=True)
for line in sys.stdin:
    study, store, marker, log, retry, cluster = json.loads(line)
    pid = os.fork()
    if pid == 0:
        os.environ.update(TIERCUT_TEST_MARKER=marker, TIERCUT_TEST_LOG=log)
        code = 1
        try:
            with Store(store) as opened:
                place = ClusterAddress.read(cluster) if cluster else None
                options = RunnerOptions(jobs=2, force=True, warm_up_s=0, cluster=place, quiet=True)
                run_study(read_study(study), opened, options=options, retry=retry, quiet=True)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    print(pid, flush=True)
    _, status = os.waitpid(pid, 0)
    print(os.waitstatus_to_exitcode(status), flush=True)
"""


@dataclass
class Toll:
    """What the sweeps met."""

    sweeps: int = 0
    runner_kills: int = 0
    trial_kills: int = 0
    worker_kills: int = 0
    recorded_crashes: int = 0
    kills_between_records: Counter[int] = field(default_factory=Counter)


class Nursery:
    """Starts runners in milliseconds."""

    def __init__(self, study: Path) -> None:
        self._study = study

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-c", NURSERY, str(self._study)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "DASK_DISTRIBUTED__WORKER__PRELOAD": '["tests.experiments.chaos_worker"]',
            },
        )
        assert self._line() == "ready"
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def start(
        self, study: Path, store: Path, marker: str, log: Path, retry: Sequence[str] = (), cluster: str = ""
    ) -> psutil.Process:
        assert self._process.stdin is not None
        words = [str(study), str(store), marker, str(log), list(retry), cluster]
        self._process.stdin.write(json.dumps(words) + "\n")
        self._process.stdin.flush()
        return psutil.Process(int(self._line()))

    def exit_code(self) -> int:
        """Wait for the runner."""
        return int(self._line())


def chaos(folder: Path, *, seed: int, sweeps: int, clusters: int = 4) -> Toll:
    """Run `sweeps` sweeps with random kills; AssertionError where one differs from the undisturbed run of its study.

    Every `clusters`-th sweep runs on a Dask cluster of two workers; all must equal the undisturbed run at home.
    """
    toll = Toll()
    calm: dict[int, tuple[float, dict[str, Mapping[str, Any]]]] = {}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "any.toml").write_text(STUDY.format(seed=seed))
    with Nursery(folder / "any.toml") as nursery:
        for sweep in range(sweeps):
            place = folder / f"sweep-{sweep}"
            place.mkdir(parents=True)
            study_seed = seed + sweep % STUDIES
            (place / "study.toml").write_text(STUDY.format(seed=study_seed))
            if study_seed not in calm:
                calm[study_seed] = _undisturbed(nursery, place)
            cluster = "local:2" if sweep % clusters == clusters - 1 else ""
            _sweep(nursery, place, random.Random(seed + sweep), *calm[study_seed], toll, cluster)
            shutil.rmtree(place)
            toll.sweeps += 1
    return toll


def _undisturbed(nursery: Nursery, place: Path) -> tuple[float, dict[str, Mapping[str, Any]]]:
    """Return how long a sweep takes that nobody disturbs, and what it records."""
    began = time.monotonic()
    nursery.start(place / "study.toml", place / "calm.sqlite", uuid.uuid4().hex, place / "calm.log")
    assert nursery.exit_code() == 0
    seconds, found = time.monotonic() - began, _contents(place / "calm.sqlite")
    assert [row["termination"] for row in found.values()] == ["evaluation_limit"] * TRIALS
    return seconds, found


def _sweep(
    nursery: Nursery,
    place: Path,
    chance: random.Random,
    seconds: float,
    calm: Mapping[str, Mapping[str, Any]],
    toll: Toll,
    cluster: str,
) -> None:
    study, store, log, kept = place / "study.toml", place / "store.sqlite", place / "log", dict[str, dict[str, Any]]()
    for _ in range(chance.randint(1, 2)):
        marker = uuid.uuid4().hex
        target = chance.choice(["runner", "worker", "worker", "trial"] if cluster else ["runner", "runner", "trial"])
        runner = nursery.start(study, store, marker, log, cluster=cluster)
        _wait_for_a_moment(chance, runner, log, TRIALS - len(kept), seconds)
        settled, drawn = _rows(store), _lines(log)
        if target == "runner":
            _kill(runner)
            toll.runner_kills += nursery.exit_code() != 0
        else:
            find = _workers_of if target == "worker" else _trials_of
            while not (found := find(runner)) and _runs(runner):
                time.sleep(0.002)
            if found:
                _kill(chance.choice(found))
                toll.worker_kills += target == "worker"
                toll.trial_kills += target == "trial"
            assert nursery.exit_code() == 0  # the death of a trial or a worker stops nobody
        _none_left(marker)
        _none_repeated(settled, log, drawn)
        before, kept = kept, _rows(store)
        lost = {trial for trial, row in before.items() if kept.get(trial) != row}
        assert not lost, f"records lost or written twice: {lost}"
        toll.kills_between_records[len(kept)] += 1
    crashed = {trial for trial, row in kept.items() if row["termination"] == "crashed"}
    toll.recorded_crashes += len(crashed)
    started = _lines(log)
    marker = uuid.uuid4().hex
    nursery.start(study, store, marker, log, ["crashed"], cluster)
    assert nursery.exit_code() == 0
    _none_left(marker)
    after = _rows(store)
    twice = {trial for trial, row in kept.items() if trial not in crashed and after[trial] != row}
    assert not twice, f"records written twice: {twice}"
    ran = _lines(log) - started
    due = TRIALS - len(kept) + len(crashed)
    assert ran == due, f"{ran} trials ran where {due} were due"
    assert _contents(store) == calm


def _wait_for_a_moment(chance: random.Random, runner: psutil.Process, log: Path, left: int, seconds: float) -> None:
    """Wait for any moment of a run, its start and its end among them, but more often for one in its midst."""
    if chance.random() < 0.2:
        time.sleep(chance.uniform(0.0, 1.1 * seconds))
        return
    goal = _lines(log) + chance.randint(1, max(1, left))
    while _lines(log) < goal and _runs(runner):
        time.sleep(0.002)
    time.sleep(chance.uniform(0.0, 0.1))


def _lines(log: Path) -> int:
    return log.read_bytes().count(b"\n") if log.exists() else 0


def _runs(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def _kill(process: psutil.Process) -> None:
    with suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGKILL)


def _trials_of(runner: psutil.Process) -> list[psutil.Process]:
    """The children of the fork servers."""
    try:
        servers = [one for one in runner.children(recursive=True) if "import main; main(" in " ".join(one.cmdline())]
        return [trial for server in servers for trial in server.children() if trial.ppid() == server.pid]
    except psutil.Error:
        return []


def _workers_of(runner: psutil.Process) -> list[psutil.Process]:
    """The processes of Dask's workers."""
    try:
        return [one for one in runner.children() if "spawn_main" in " ".join(one.cmdline())]
    except psutil.Error:
        return []


def _none_repeated(settled: Mapping[str, Mapping[str, Any]], log: Path, drawn: int) -> None:
    """Fail where a trial that had its record ran after the first `drawn` lines of the log."""
    after = set(log.read_text().splitlines()[drawn:]) if log.exists() else set()
    for row in settled.values():
        one = json.loads(row["identity"])
        seed = seed_of(one["study_seed"], one["instance"], one["method"], one["repetition"])
        line = str(int(np.random.default_rng(seed).integers(2**62)))
        assert line not in after, f"ran again after it was recorded: {row['id']}"


def _none_left(marker: str) -> None:
    """Whoever was started by a runner has its marker in the environment, wherever it has gone."""
    until = time.monotonic() + 20
    while left := _marked(marker):
        assert time.monotonic() < until, f"outlived their runner: {left}"
        time.sleep(0.02)


def _marked(marker: str) -> list[str]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("TIERCUT_TEST_MARKER") == marker and process.status() != psutil.STATUS_ZOMBIE:
                found.append(f"{process.pid} {' '.join(process.cmdline())}")
        except psutil.Error:
            continue
    return found


def _rows(path: Path) -> dict[str, dict[str, Any]]:
    if not path.exists():
        return {}
    with closing(sqlite3.connect(path)) as db:
        db.row_factory = sqlite3.Row
        tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        return {row["id"]: dict(row) for row in db.execute("SELECT * FROM trial")} if "trial" in tables else {}


def _contents(path: Path) -> dict[str, Mapping[str, Any]]:
    with Store(path) as store:
        return {row["id"]: content_of(row) for row in store.rows("trial")}


if __name__ == "__main__":
    print(chaos(Path(sys.argv[1]), seed=int(sys.argv[2]), sweeps=int(sys.argv[3])))
