"""`lagrangian` on a Dask cluster gives what it gives at home, whatever happens to workers, and says what is missing."""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import Any

import numpy as np
import pytest

from experiments.solution import solve_instance
from formulations.joint.problem import JointOptions, JointProblem
from formulations.joint.referee import evaluate
from instances.errors import InputError
from instances.generators.registry import generate
from solvers import registry
from solvers.contract import Budget, Outcome, Termination
from solvers.decomposition.distributed.passes import DistributedPasses
from solvers.trace import RefereedTrace
from tests.experiments.cluster.conftest import DaskCluster

SETTINGS = {"sweeps": "3", "table_options": "0"}


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
def test_a_worker_that_is_killed_in_a_sweep_and_in_a_reply_changes_nothing(
    cluster: DaskCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem, killed = metro(2_400), list[int]()

    def kill() -> None:
        victim = cluster.workers()[0]
        killed.append(victim.pid)
        os.kill(victim.pid, signal.SIGKILL)

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

    interrupted("sweep", 2)
    interrupted("reply", 1)
    away = solved(problem, cluster=cluster.address)
    assert len(set(killed)) == 2
    check_same(solved(problem), away)


@pytest.mark.slow
def test_solve_starts_workers_of_its_own_and_leaves_none() -> None:
    instance = generate("metro-benchmark", {"tasks": "1000"}, 2)
    home, away = (
        solve_instance(instance, "lagrangian", settings={**SETTINGS, **more}, seed=1, budget=Budget())
        for more in ({}, {"cluster": "local:2"})
    )
    assert away.value == pytest.approx(home.value, rel=1e-9)
    assert away.bound == pytest.approx(home.bound, rel=1e-9)


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
