"""On a cluster the same trials end as they do at home, within the same limits, and nothing is left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from experiments.cli.main import main
from experiments.comparison import run_study
from experiments.merging import content_of
from experiments.runner import RunnerOptions, run_trials
from experiments.shelf import Shelf
from experiments.store import Store
from experiments.study import Study, study_of
from instances.errors import InputError
from solvers.cluster_address import ClusterAddress
from solvers.contract import Budget
from tests.experiments.cluster.conftest import ROOT, DaskCluster
from tests.experiments.test_runner import task

DUMMIES = str(Path(__file__).parents[1] / "dummies.py")


def study(*methods: dict[str, Any], **more: Any) -> Study:
    return study_of(
        {
            "name": "clustered",
            "seed": 1,
            "bound": "none",
            "budget": {"seconds": 20, "evaluations": 5},
            "instances": [{"generator": "line", "set": {"tasks": [2, 3]}}],
            "methods": list(methods),
            "plugins": [DUMMIES],
            "figures": [],
            **more,
        }
    )


def dummy(what: str) -> dict[str, Any]:
    return {"name": "dummy", "label": what, "set": {"what": what}}


def options(cluster: DaskCluster | None) -> RunnerOptions:
    if cluster is None:
        return RunnerOptions(warm_up_s=0)
    return RunnerOptions(warm_up_s=0, grace_s=0.1, cluster=ClusterAddress.read(cluster.address), quiet=True)


def rows(path: Path, one: Study, cluster: DaskCluster | None, **more: Any) -> dict[str, dict[str, Any]]:
    with Store(path) as store:
        run_study(one, store, options=options(cluster), quiet=True, **more)
        return {row["id"]: row for row in store.rows("trial")}


def contents(found: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {trial: content_of(row) for trial, row in found.items()}


def test_a_study_on_a_cluster_is_the_study_at_home(cluster: DaskCluster, tmp_path: Path) -> None:
    one = study(dummy("counting"), dummy("crash"), dummy("decline"), {"name": "greedy"}, repetitions=2)
    away, home = rows(tmp_path / "away", one, cluster), rows(tmp_path / "home", one, None)
    assert len(home) == 16
    assert contents(away) == contents(home)
    with Store(tmp_path / "away") as store:
        facts = store.environments()
        assert all(facts[row["environment"]]["cores"] >= 1 for row in away.values())
        [run] = store.rows("run")
        assert json.loads(run["document"])["cluster"] == cluster.address


def test_resume_on_a_cluster_sends_only_what_has_no_record(cluster: DaskCluster, tmp_path: Path) -> None:
    path, one = tmp_path / "store", study(dummy("counting"), repetitions=2)
    with Store(path) as store:
        run_study(replace(one, repetitions=1), store, options=options(None), quiet=True)
        first = {row["id"]: row for row in store.rows("trial")}
    second = rows(path, one, cluster)
    assert len(second) == 4
    assert {trial: second[trial] for trial in first} == first


@pytest.mark.parametrize(
    ("what", "budget", "termination", "seconds"),
    [
        ("spin", Budget(seconds=0.5), "time_limit", 0.5),
        ("allocate-fast", Budget(seconds=20, memory_bytes=1e9), "memory_limit", None),
        ("segfault", Budget(seconds=20), "crashed", None),
        ("exit-zero", Budget(seconds=20), "crashed", None),
        ("nothing", Budget(seconds=20), "completed", None),  # the next is unharmed
    ],
)
def test_limits_hold_on_a_worker(
    cluster: DaskCluster, what: str, budget: Budget, termination: str, seconds: float | None
) -> None:
    with Shelf() as shelf:
        [(_, record)] = run_trials([task(shelf, what, budget=budget)], options(cluster), [DUMMIES])
    assert record.termination == termination
    assert record.environment is not None
    if seconds is not None:
        assert record.seconds is not None
        assert record.seconds < seconds + 1.0


@pytest.mark.slow
def test_a_worker_that_is_killed_loses_nothing_and_repeats_nothing_recorded(
    cluster: DaskCluster, tmp_path: Path
) -> None:
    with Shelf() as shelf:
        tasks = [task(shelf, "counting", repetition=one) for one in range(12)]
        ended, killed = [], None
        for trial, record in run_trials(tasks, options(cluster), [DUMMIES]):
            ended.append((trial.id, record.termination))
            if killed is None and len(ended) == 3:
                killed = cluster.workers()[0]
                os.kill(killed.pid, signal.SIGKILL)
    assert sorted(trial for trial, _ in ended) == sorted(one.trial.id for one in tasks)
    assert {str(termination) for _, termination in ended} == {"evaluation_limit"}


@pytest.mark.slow
def test_trials_end_when_their_client_is_killed(cluster: DaskCluster, tmp_path: Path) -> None:
    script = f"""
from solvers.cluster_address import ClusterAddress
from experiments.runner import RunnerOptions, run_trials
from experiments.shelf import Shelf
from experiments.plugins import load_plugin
from tests.experiments.test_runner import task
load_plugin({DUMMIES!r})
with Shelf() as shelf:
    options = RunnerOptions(warm_up_s=0, cluster=ClusterAddress.read({cluster.address!r}), quiet=True)
    list(run_trials([task(shelf, "sleep", seconds=600)], options, [{DUMMIES!r}]))
"""
    before = {one.pid for one in _trials(cluster)}
    client = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT)
    _until(lambda: {one.pid for one in _trials(cluster)} - before)
    client.kill()
    client.wait()
    _until(lambda: not {one.pid for one in _trials(cluster)} - before)


def _trials(cluster: DaskCluster) -> list[psutil.Process]:
    found = []
    for worker in cluster.workers():
        for server in worker.children():
            if "forkserver" in " ".join(server.cmdline()):
                found += server.children()
    return found


def _until(condition: Callable[[], object], seconds: float = 180.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_worker_with_other_sources_is_refused(cluster: DaskCluster) -> None:
    with Shelf() as shelf:
        one = task(shelf, "nothing")
        other = replace(one, trial=replace(one.trial, version="0123456789ab"))
        with pytest.raises(
            InputError, match=r"runs other sources of dummy than the client: got \S+, expected 0123456789ab"
        ):
            list(run_trials([other], options(cluster), [DUMMIES]))


def test_a_worker_with_more_threads_than_cores_is_refused_unless_forced(cluster: DaskCluster) -> None:
    many = Budget(seconds=20, threads=64)
    with Shelf() as shelf:
        with pytest.raises(InputError, match=r"worker tcp://\S+: its threads times a trial's must be at most"):
            list(run_trials([task(shelf, "nothing", budget=many)], options(cluster), [DUMMIES]))
        forced = replace(options(cluster), force=True)
        [(_, record)] = run_trials([task(shelf, "nothing", budget=many)], forced, [DUMMIES])
    assert record.termination == "completed"


def test_more_local_workers_than_cores_are_refused_before_any_is_started() -> None:
    with Shelf() as shelf, pytest.raises(InputError, match=r"^cluster: workers times threads"):
        list(run_trials([task(shelf, "nothing")], RunnerOptions(cluster=ClusterAddress.read("local:9999"))))


def test_a_plugin_that_was_edited_is_another_plugin_to_the_workers(cluster: DaskCluster, tmp_path: Path) -> None:
    found = []
    for text in ("a", "b"):
        folder = tmp_path / text
        folder.mkdir()
        name = f"edited-{uuid.uuid4().hex[:8]}"
        (folder / "edited.py").write_text(
            (ROOT / "examples" / "my_method.py").read_text().replace('"coin"', f'"{name}"')
        )
        one = study({"name": name}, plugins=[str(folder / "edited.py")])
        found += rows(tmp_path / f"{text}.sqlite", one, cluster).values()
    assert [row["termination"] for row in found] == ["completed"] * 4


def test_nobody_at_the_address_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("experiments.cluster.pool._CONNECT_S", 1)
    file = tmp_path / "study.toml"
    file.write_text(
        'name = "s"\nseed = 1\nbudget = { seconds = 1 }\nmethods = [{ name = "greedy" }]\n'
        'instances = [{ generator = "line", set = { tasks = 2 } }]\n'
    )
    code = main(["compare", str(file), "-o", str(tmp_path / "out"), "--cluster", "tcp://127.0.0.1:9"])
    error = capsys.readouterr().err
    assert code == 2
    assert error.splitlines()[-1].startswith("tiercut: cluster: no scheduler answers")
    assert "Traceback" not in error


def test_jobs_and_cluster_exclude_each_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["compare", "demo", "-o", str(tmp_path / "out"), "--cluster", "local:2", "--jobs", "2"])
    assert code == 2
    assert "jobs: must be left to the cluster" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
