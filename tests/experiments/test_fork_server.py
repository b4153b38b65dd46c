"""The fork server may be killed: trials that it took along are run again, and it takes everything with it."""

from __future__ import annotations

import os
import signal
import time
from functools import partial
from pathlib import Path

import psutil
import pytest

from experiments import fork_server
from experiments.plugins import load_plugin
from experiments.runner import RunnerOptions, Task, run_trials
from experiments.shelf import Shelf
from experiments.trial import make_trial
from instances.generators.registry import generate
from solvers.contract import Budget, Termination

DUMMIES = str(Path(__file__).with_name("dummies.py"))


@pytest.mark.parametrize("jobs", [pytest.param(1, marks=pytest.mark.slow), 2])
def test_trials_of_a_server_that_was_killed_are_run_again_from_a_new_one(jobs: int) -> None:
    load_plugin(DUMMIES)
    with Shelf() as shelf:
        instance = generate("line", {"tasks": "3"}, 1)
        tasks = []
        for repetition, what in enumerate(["nothing", "sleep", "sleep"]):
            trial = make_trial(
                instance=instance.sha256,
                method="dummy",
                settings={"what": what, "seconds": 2},
                budget=Budget(seconds=20),
                study_seed=7,
                repetition=repetition,
            )
            problem = partial(shelf.problem, trial.instance, "joint", dict(trial.options))
            tasks.append(Task(trial=trial, instance_path=str(shelf.add(instance)), problem=problem))
        records = run_trials(tasks, RunnerOptions(warm_up_s=0, jobs=jobs, force=True), [DUMMIES])
        next(records)
        server = fork_server.current()
        assert server is not None
        until = time.monotonic() + 20
        while len(running := psutil.Process(server).children()) < jobs:
            assert time.monotonic() < until
            time.sleep(0.01)
        os.kill(server, signal.SIGKILL)
        _, alive = psutil.wait_procs(running, timeout=10)
        assert not [one for one in alive if one.status() != psutil.STATUS_ZOMBIE]
        rest = [record.termination for _, record in records]
    assert rest == [Termination.COMPLETED, Termination.COMPLETED]
    assert fork_server.current() != server
    assert fork_server.alive()
    assert not fork_server.alive(server)  # a trial of the old server is not taken for one of the new
