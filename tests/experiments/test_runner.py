"""The runner holds its limits, classifies every ending, and no trial harms the next."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from experiments.environment import cores
from experiments.plugins import load_plugin
from experiments.record import Record
from experiments.runner import RunnerOptions, Task, run_trials
from experiments.shelf import Shelf
from experiments.trial import make_trial
from formulations.score import Verdict
from instances.errors import InputError
from instances.generators.registry import generate
from solvers.contract import Budget, SolutionStatus, Termination

DUMMIES = str(Path(__file__).with_name("dummies.py"))
OPTIONS = RunnerOptions(warm_up_s=0, setup_s=60)


@pytest.fixture(scope="module")
def shelf() -> Iterator[Shelf]:
    load_plugin(DUMMIES)
    with Shelf() as one:
        yield one


def task(shelf: Shelf, what: str, *, budget: Budget | None = None, repetition: int = 0, **settings: Any) -> Task:
    instance = generate("line", {"tasks": "3"}, 1)
    path = shelf.add(instance)
    trial = make_trial(
        instance=instance.sha256,
        method="dummy",
        settings={"what": what, **settings},
        budget=budget or Budget(seconds=20),
        study_seed=7,
        repetition=repetition,
    )
    return Task(
        trial=trial,
        instance_path=str(path),
        problem=partial(shelf.problem, trial.instance, "joint", dict(trial.options)),
    )


def run(shelf: Shelf, what: str, options: RunnerOptions = OPTIONS, **more: Any) -> Record:
    [(_, record)] = run_trials([task(shelf, what, **more)], options, [DUMMIES])
    return record


def test_a_good_method_has_its_plan_scored_by_the_parent(shelf: Shelf) -> None:
    record = run(shelf, "nothing")
    assert (record.status, record.termination, record.verdict) == (
        SolutionStatus.FEASIBLE,
        Termination.COMPLETED,
        Verdict.FEASIBLE,
    )
    assert record.value is not None
    assert record.incumbents[-1][1] == record.value
    assert record.measures["latency_mean_s"] > 0
    assert record.plan is not None
    assert not record.recovered


@pytest.mark.parametrize("what", ["sleep", "ignore-term"])
def test_a_method_past_its_limit_is_killed_and_classified(shelf: Shelf, what: str) -> None:
    record = run(shelf, what, budget=Budget(seconds=0.3))
    assert record.termination is Termination.TIME_LIMIT
    assert record.verdict is Verdict.NONE
    assert record.value is None
    assert record.wall_seconds < 30


def test_the_best_incumbent_and_bound_of_a_killed_method_are_recovered(shelf: Shelf) -> None:
    record = run(shelf, "incumbent-then-sleep", budget=Budget(seconds=0.3))
    assert record.recovered
    assert (record.status, record.termination, record.verdict) == (
        SolutionStatus.FEASIBLE,
        Termination.TIME_LIMIT,
        Verdict.FEASIBLE,
    )
    assert record.value == run(shelf, "nothing").value
    assert record.bound == 0.001


def test_a_killed_warm_up_does_not_hide_the_time_limit(shelf: Shelf) -> None:
    record = run(shelf, "sleep", RunnerOptions(warm_up_s=0.2, setup_s=60), budget=Budget(seconds=0.3))
    assert record.termination is Termination.TIME_LIMIT
    assert record.seconds is not None


@pytest.mark.parametrize(
    ("what", "termination", "verdict", "reason"),
    [
        ("crash", Termination.CRASHED, Verdict.NONE, "is missing"),
        ("exit-zero", Termination.CRASHED, Verdict.NONE, "exit code 0"),
        ("abort", Termination.CRASHED, Verdict.NONE, "SIGABRT"),
        ("nonsense", Termination.CRASHED, Verdict.NONE, "returned dict, expected Outcome"),
        ("decline", Termination.UNSUPPORTED, Verdict.NONE, "does not feel like it"),
        ("needs-library", Termination.UNAVAILABLE, Verdict.NONE, "a_library_that_is_not_there"),
        ("no-plan", Termination.COMPLETED, Verdict.WRONG, "no plan"),
        ("bad-plan", Termination.COMPLETED, Verdict.WRONG, "breaks a rule"),
        ("false-bound", Termination.COMPLETED, Verdict.WRONG, "above the value"),
        ("open-gap-optimum", Termination.COMPLETED, Verdict.WRONG, "claimed optimal"),
        ("print", Termination.COMPLETED, Verdict.FEASIBLE, ""),
    ],
)
def test_every_ending_is_classified_with_its_reason(
    shelf: Shelf, what: str, termination: Termination, verdict: Verdict, reason: str
) -> None:
    record = run(shelf, what)
    assert (record.termination, record.verdict) == (termination, verdict)
    assert reason in record.reason
    assert "\n" not in record.reason


def test_a_crash_after_an_incumbent_keeps_the_incumbent(shelf: Shelf) -> None:
    record = run(shelf, "crash-after-incumbent")
    assert record.termination is Termination.CRASHED
    assert record.recovered
    assert record.verdict is Verdict.FEASIBLE


def test_resident_memory_is_limited(shelf: Shelf) -> None:
    record = run(shelf, "allocate", budget=Budget(seconds=20, memory_bytes=800e6))
    assert record.termination is Termination.MEMORY_LIMIT
    assert "MB" in record.reason


def test_what_a_trial_leaves_running_is_ended_with_it(shelf: Shelf) -> None:
    record = run(shelf, "orphan")
    child = record.info["child"]
    until = time.monotonic() + 10
    while psutil.pid_exists(child) and psutil.Process(child).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < until
        time.sleep(0.01)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_crash_does_not_hurt_the_next_trial(shelf: Shelf, jobs: int) -> None:
    whats = ["crash", "nothing", "exit-zero", "abort", "nothing"]
    tasks = [task(shelf, what, repetition=i) for i, what in enumerate(whats)]
    options = RunnerOptions(jobs=jobs, warm_up_s=0, force=True)
    ended = {trial.repetition: record for trial, record in run_trials(tasks, options, [DUMMIES])}
    assert [ended[i].termination for i in range(5)] == [
        Termination.CRASHED,
        Termination.COMPLETED,
        Termination.CRASHED,
        Termination.CRASHED,
        Termination.COMPLETED,
    ]


def test_the_same_trial_draws_the_same_numbers_and_another_repetition_others(shelf: Shelf) -> None:
    first, again, other = (run(shelf, "nothing", repetition=i).info["drawn"] for i in (0, 0, 1))
    assert first == again != other


def test_closing_the_runner_ends_what_runs(shelf: Shelf) -> None:
    records = run_trials(
        [task(shelf, "nothing"), task(shelf, "sleep", repetition=1)], RunnerOptions(jobs=2, force=True), [DUMMIES]
    )
    next(records)
    before = _sleepers()
    records.close()  # type: ignore[attr-defined]
    assert len(_sleepers()) <= len(before)


def _sleepers() -> list[int]:
    return [child.pid for child in psutil.Process().children(recursive=True)]


def test_more_threads_than_cores_are_refused_unless_forced(shelf: Shelf) -> None:
    with pytest.raises(InputError, match="unless forced"):
        next(run_trials([task(shelf, "nothing")], RunnerOptions(jobs=cores() + 1)))


def test_no_trial_outlives_a_runner_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "run.py"
    script.write_text(
        "from experiments import generate, solve\n"
        f"solve(generate('line', seed=1, tasks=3), 'dummy', seed=1, seconds=60, what='parent', plugins=[{DUMMIES!r}])\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen([sys.executable, str(script)], env=environment) as runner:
        top, found = psutil.Process(runner.pid), []
        until = time.monotonic() + 120
        while not any("sleep" in child.name() for child in found):
            assert time.monotonic() < until
            time.sleep(0.1)
            found = top.children(recursive=True)
        runner.kill()
    _, alive = psutil.wait_procs(found, timeout=30)
    assert [child for child in alive if child.status() != psutil.STATUS_ZOMBIE] == []
