"""Methods that misbehave: each is classified right, held to its limit within a second, and harms nobody after it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from experiments.plugins import load_plugin
from experiments.record import Record
from experiments.runner import RunnerOptions, Task, run_trials
from experiments.shelf import Shelf
from experiments.trial import make_trial
from formulations.score import Verdict
from instances.generators.registry import generate
from solvers.contract import Budget, Termination

DUMMIES = str(Path(__file__).with_name("dummies.py"))
OPTIONS = RunnerOptions(warm_up_s=0, setup_s=60)
LIMIT_S = 0.5
BUDGET = Budget(seconds=LIMIT_S)
MEMORY = Budget(seconds=60, memory_bytes=500e6)


@pytest.fixture(scope="module")
def shelf() -> Iterator[Shelf]:
    load_plugin(DUMMIES)
    with Shelf() as one:
        yield one


def task(shelf: Shelf, what: str, budget: Budget, repetition: int = 0, **settings: Any) -> Task:
    instance = generate("line", {"tasks": "3"}, 1)
    path = shelf.add(instance)
    trial = make_trial(
        instance=instance.sha256,
        method="dummy",
        settings={"what": what, **settings},
        budget=budget,
        study_seed=7,
        repetition=repetition,
    )
    problem = partial(shelf.problem, trial.instance, "joint", dict(trial.options))
    return Task(trial=trial, instance_path=str(path), problem=problem)


def run(shelf: Shelf, what: str, budget: Budget = BUDGET, **settings: Any) -> Record:
    """Run a method that misbehaves and a good one after it, which must not be harmed."""
    tasks = [task(shelf, what, budget, **settings), task(shelf, "nothing", Budget(seconds=20), repetition=1)]
    (_, record), (_, after) = run_trials(tasks, OPTIONS, [DUMMIES])
    assert (after.termination, after.verdict) == (Termination.COMPLETED, Verdict.FEASIBLE)
    assert after.value is not None
    return record


@pytest.mark.parametrize(
    "what",
    [
        "sleep",
        "spin",
        "ignore-term",
        "print-without-end",
        "talk-without-end",
        "parent",
        "out-of-session-then-sleep",
    ],
)
def test_the_time_limit_is_held_within_a_second(shelf: Shelf, what: str) -> None:
    record = run(shelf, what)
    assert record.termination is Termination.TIME_LIMIT
    assert record.killed
    assert not record.unexplained
    # a property of the program and the promise, not a measurement of the machine
    assert record.seconds is not None
    assert LIMIT_S <= record.seconds <= LIMIT_S + 1.0


def test_the_incumbent_of_a_method_stuck_in_native_code_is_recovered(shelf: Shelf) -> None:
    record = run(shelf, "spin")
    assert record.recovered
    assert record.verdict is Verdict.FEASIBLE
    assert record.value is not None


@pytest.mark.parametrize("what", ["allocate-fast", "allocate-in-child"])
def test_ten_gigabytes_are_not_had(shelf: Shelf, what: str) -> None:
    record = run(shelf, what, MEMORY)
    assert record.termination is Termination.MEMORY_LIMIT
    assert record.reason == "used more than 500 MB of memory"
    assert record.killed
    assert record.peak_bytes is not None
    assert 500e6 < record.peak_bytes < 3e9


@pytest.mark.parametrize(
    ("what", "known"),
    [
        ("abort", "killed by SIGABRT"),
        ("segfault", "killed by SIGSEGV"),
        ("exit-zero", "exit code 0 before it handed in a result"),
        ("kill-itself", "killed by SIGKILL"),
        ("crash", "ZeroDivisionError: the tenth layer is missing"),
        ("nonsense", "returned dict, expected Outcome"),
        ("nan-bound", "bound must be finite"),
        ("nan-traced", "a bound must be finite"),
        ("wrong-plan-type", "str"),
        ("out-of-session-then-abort", "killed by SIGABRT"),
    ],
)
def test_a_crash_is_unexplained_and_keeps_its_last_words(shelf: Shelf, what: str, known: str) -> None:
    record = run(shelf, what, Budget(seconds=20))
    assert record.termination is Termination.CRASHED
    assert known in record.reason
    assert record.unexplained.startswith(record.reason)
    assert not record.killed


@pytest.mark.parametrize(("what", "line"), [("segfault", "_segfault"), ("abort", "_abort"), ("crash", "Traceback")])
def test_stderr_of_a_crash_names_the_line(shelf: Shelf, what: str, line: str) -> None:
    record = run(shelf, what, Budget(seconds=20))
    assert line in record.unexplained
    assert "dummies.py" in record.unexplained


def test_the_incumbent_of_a_method_that_dies_is_kept(shelf: Shelf) -> None:
    record = run(shelf, "kill-itself", Budget(seconds=20))
    assert record.recovered
    assert record.verdict is Verdict.FEASIBLE


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("plan-of-another", "must place 3 tasks, got 5"),
        ("bad-plan", "breaks a rule"),
        ("false-bound", "above the value"),
    ],
)
def test_a_plan_or_claim_that_does_not_hold_is_wrong(shelf: Shelf, what: str, reason: str) -> None:
    record = run(shelf, what, Budget(seconds=20))
    assert record.verdict is Verdict.WRONG
    assert reason in record.reason


@pytest.mark.parametrize(
    ("what", "termination"),
    [
        ("out-of-session", Termination.COMPLETED),
        ("out-of-session-then-sleep", Termination.TIME_LIMIT),
        ("out-of-session-then-abort", Termination.CRASHED),
    ],
)
def test_an_orphan_in_a_session_of_its_own_is_found_and_ended(
    shelf: Shelf, what: str, termination: Termination
) -> None:
    seconds = 300 + hash(what) % 100 + 0.25  # how this test knows its own
    assert run(shelf, what, seconds=seconds).termination is termination
    until = time.monotonic() + 5
    while _sleeping(seconds):
        assert time.monotonic() < until
        time.sleep(0.05)


def _sleeping(seconds: float) -> list[int]:
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        live = process.info["status"] != psutil.STATUS_ZOMBIE
        if live and process.info["cmdline"] == ["sleep", f"{seconds:g}"]:
            found.append(process.pid)
    return found


def test_what_is_printed_without_end_does_not_fill_the_disk(shelf: Shelf) -> None:
    record = run(shelf, "print-without-end")
    assert record.termination is Termination.TIME_LIMIT
    assert len(record.unexplained) < 10_000


def test_the_limit_of_one_trial_is_held_while_another_is_judged(shelf: Shelf) -> None:
    """The owner of the records is busy for longer than the limit; the pool's thread is not."""
    tasks = [task(shelf, "nothing", Budget(seconds=20)), task(shelf, "sleep", BUDGET, repetition=1)]
    records = run_trials(tasks, RunnerOptions(jobs=2, warm_up_s=0, force=True), [DUMMIES])
    next(records)
    time.sleep(2 * LIMIT_S + 2)
    _, record = next(records)
    assert record.termination is Termination.TIME_LIMIT
    assert record.seconds is not None
    assert record.seconds <= LIMIT_S + 1.0
