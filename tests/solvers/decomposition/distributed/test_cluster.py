"""`lagrangian` on a Dask cluster gives what it gives at home, whatever happens to workers, and says what is missing."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from typing import Any

import numpy as np
import psutil
import pytest

from formulations.joint.problem import JointOptions, JointProblem
from formulations.joint.referee import evaluate
from instances.errors import InputError
from instances.generators.registry import generate
from solvers import registry
from solvers.contract import Budget, Outcome, Termination
from solvers.decomposition.distributed.passes import DistributedPasses
from solvers.trace import RefereedTrace
from tests.experiments.cluster.conftest import DaskCluster

MARK = "TIERCUT_TEST_MARK"
SETTINGS = {"sweeps": "6", "table_options": "0"}


def metro(tasks: int, **options: Any) -> JointProblem:
    return JointProblem(instance=generate("metro-benchmark", {"tasks": str(tasks)}, 2), options=JointOptions(**options))


def solved(problem: JointProblem, **settings: str) -> Outcome:
    trace = RefereedTrace(lambda plan: evaluate(problem, plan))
    method = registry.make("lagrangian", {**SETTINGS, **settings})
    return method.solve(problem, Budget(), np.random.default_rng(1), trace)


def check_same(one: Outcome, other: Outcome) -> None:
    assert one.bound is not None
    assert other.bound == pytest.approx(one.bound, rel=1e-9)
    for name in ("version", "candidate", "cloud", "device_until", "edge_until"):
        assert (getattr(one.plan, name) == getattr(other.plan, name)).all()
    assert (one.info, one.status, one.termination) == (other.info, other.status, other.termination)


@pytest.mark.slow
def test_a_cluster_gives_the_result_of_one_process(cluster: DaskCluster) -> None:
    problem = metro(2_400)
    check_same(solved(problem), solved(problem, cluster=cluster.address))


@pytest.mark.slow
@pytest.mark.parametrize("passes", [("sweep", "reply"), ("find", "changed")], ids="-".join)
def test_a_worker_that_is_killed_on_the_way_changes_nothing(
    cluster: DaskCluster, monkeypatch: pytest.MonkeyPatch, passes: tuple[str, str]
) -> None:
    problem, killed = metro(2_400), list[int]()

    def kill() -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            # the worker that was killed before may still be on its way out
            with contextlib.suppress(psutil.Error):
                if fresh := [one.pid for one in cluster.workers() if one.pid not in killed]:
                    killed.append(fresh[0])
                    os.kill(fresh[0], signal.SIGKILL)
                    return
            time.sleep(0.05)

    def interrupted(name: str, turn: int) -> None:
        plain, calls = getattr(DistributedPasses, name), list[int]()

        def call(self: DistributedPasses, *given: Any) -> Any:
            calls.append(1)
            # while the pass is on its way
            timer = threading.Timer(0.05, kill) if len(calls) == turn else None
            if timer is not None:
                timer.start()
            result = plain(self, *given)
            if timer is not None:
                timer.join()
            return result

        monkeypatch.setattr(DistributedPasses, name, call)

    interrupted(passes[0], 2 if passes[0] == "sweep" else 1)
    interrupted(passes[1], 1)
    away = solved(problem, cluster=cluster.address)
    assert len(set(killed)) == 2
    check_same(solved(problem), away)


@contextlib.contextmanager
def program(text: str, mark: str) -> Iterator[subprocess.Popen[str]]:
    """Run Python with `mark` in the environment of all that it starts."""
    with subprocess.Popen(
        [sys.executable, "-c", text],
        env={**os.environ, MARK: mark},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as one:
        yield one


def marked(mark: str) -> dict[int, str]:
    """Return the commands of the processes that run with `mark` in their environment, whoever is now their parent."""
    found = {}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get(MARK) == mark and process.status() != psutil.STATUS_ZOMBIE:
                found[process.pid] = " ".join(process.cmdline())
    return found


def check_none_stays(mark: str) -> None:
    until = time.monotonic() + 60
    while marked(mark) and time.monotonic() < until:
        time.sleep(0.2)
    assert marked(mark) == {}


@pytest.mark.slow
def test_solve_starts_workers_of_its_own_and_leaves_none() -> None:
    text = f"""
from experiments.solution import solve_instance
from instances.generators.registry import generate
from solvers.contract import Budget
instance = generate("metro-benchmark", {{"tasks": "1000"}}, 2)
for more in ({{}}, {{"cluster": "local:2"}}):
    found = solve_instance(instance, "lagrangian", settings={{**{SETTINGS}, **more}}, seed=1, budget=Budget())
    print(found.value, found.bound, flush=True)
input()
"""
    mark, seen = uuid.uuid4().hex, dict[int, str]()
    with program(text, mark) as one:
        assert one.stdout is not None and one.stdin is not None
        home, away, lines = one.stdout.readline().split(), list[str](), one.stdout
        reading = threading.Thread(target=lambda: away.extend(lines.readline().split()))
        reading.start()
        while reading.is_alive():
            seen |= marked(mark)
            time.sleep(0.2)
        left = marked(mark)
        one.stdin.close()
    assert [float(value) for value in away] == pytest.approx([float(value) for value in home], rel=1e-9)
    assert sum("-m dask spec" in command for command in seen.values()) >= 3  # a scheduler and two nannies
    # what stays for further trials: the program, the server that trials are forked from, its tracker
    stays = str(one.pid), "multiprocessing.forkserver", "multiprocessing.resource_tracker"
    assert [command for pid, command in left.items() if not any(name in f"{pid} {command}" for name in stays)] == []
    check_none_stays(mark)


@pytest.mark.slow
def test_workers_end_with_the_process_that_has_started_them_even_if_that_is_killed() -> None:
    text = """
from solvers.cluster_address import ClusterAddress
from solvers.decomposition.distributed.connection import connect
with connect(ClusterAddress.read("local:2")):
    print("here", flush=True)
    input()
"""
    mark = uuid.uuid4().hex
    with program(text, mark) as one:
        assert one.stdout is not None
        assert one.stdout.readline() == "here\n"
        assert len(marked(mark)) >= 6  # with a scheduler, two nannies and their workers
        one.kill()
    check_none_stays(mark)


def test_what_is_missing_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("solvers.decomposition.distributed.connection._CONNECT_S", 1)
    outcome = solved(metro(20), cluster="tcp://127.0.0.1:9")
    assert (outcome.termination, outcome.plan) == (Termination.UNAVAILABLE, None)
    assert outcome.reason.startswith("cluster: no scheduler answers (")
    monkeypatch.setitem(sys.modules, "distributed", None)
    outcome = solved(metro(20), cluster="local:2")
    assert outcome.termination is Termination.UNAVAILABLE
    assert outcome.reason == "package distributed: must be installed: pip install tiercut[cluster]"


@pytest.mark.slow
def test_a_worker_with_other_sources_is_refused(cluster: DaskCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_sources", lambda *_: "0" * 12)
    outcome = solved(metro(20), cluster=cluster.address)
    assert outcome.termination is Termination.UNAVAILABLE
    assert "must run the client's sources (000000000000), got" in outcome.reason


def test_what_no_cluster_can_hold_is_declined() -> None:
    method = registry.make("lagrangian", {"cluster": "local:2"})
    assert method.decline(metro(20), Budget()) is None
    reason = method.decline(metro(20, sharing="equal"), Budget())
    assert reason == "its tasks cannot be held by a cluster: shares are equal by rule"
    with pytest.raises(InputError, match="cluster: must be local:N or a scheduler's address"):
        registry.make("lagrangian", {"cluster": "2"})
