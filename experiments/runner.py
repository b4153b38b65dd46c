"""The runner: many trials, each in a process of its own, a few at a time, here or on a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import msgspec

from experiments.cluster.pool import ClusterPool
from experiments.environment import cores
from experiments.judge import judge
from experiments.pool import TrialPool
from experiments.process import Ending, Limits
from experiments.record import Record
from experiments.trial import Trial
from experiments.worker import Request
from instances.errors import InputError
from solvers.cluster_address import ClusterAddress
from solvers.contract import Termination

__all__ = ["RunnerOptions", "Task", "check_load", "run_trials"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerOptions:
    """How trials are run.

    Parameters
    ----------
    jobs : int
        Trials at a time.
    force : bool
        Whether more threads than cores may be asked for.
    grace_s : float
        How much later than its budget a method is stopped from outside.
    warm_up_s : float
        At most this long a method may warm up on a tiny instance; 0: it does not.
    setup_s : float
        At most this long a trial may take to get ready, warm-up included.
    verbose : bool
        Let what methods print through to stderr.
    cluster : ClusterAddress, optional
        Run trials on the workers of this Dask cluster, one a thread of theirs, instead of `jobs` at a time here.
    quiet : bool
        Do not tell where the cluster and its dashboard are.
    """

    jobs: int = 1
    force: bool = False
    grace_s: float = 0.5
    warm_up_s: float = 120.0
    setup_s: float = 240.0
    verbose: bool = False
    cluster: ClusterAddress | None = None
    quiet: bool = False

    def __post_init__(self) -> None:
        if self.jobs < 1:
            raise InputError("jobs", "must be >= 1", self.jobs)
        for name in ("grace_s", "warm_up_s", "setup_s"):
            if getattr(self, name) < 0:
                raise InputError(name, "must be >= 0", getattr(self, name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A trial to run: where its instance lies, and how the parent gets the problem that it judges by."""

    trial: Trial
    instance_path: str
    problem: Callable[[], Any]


def run_trials(
    tasks: Sequence[Task], options: RunnerOptions | None = None, plugins: Sequence[str] = ()
) -> Iterator[tuple[Trial, Record]]:
    """Run `tasks` in order and yield each trial's terminal record as it ends.

    Parameters
    ----------
    tasks : sequence of Task
        What to run.
    options : RunnerOptions, optional
        How.
    plugins : sequence of str
        Files that a trial's process loads first.

    Yields
    ------
    Trial, Record
        In the order in which they end. When the iterator is closed, what still runs is ended and has no record.

    Raises
    ------
    InputError
        If jobs times threads is more than the cores and `options.force` is not set, or the cluster does not answer
        or cannot run these trials.
    """
    options = options or RunnerOptions()
    if not tasks:
        return
    check_load(options, max(task.trial.budget.threads for task in tasks))
    requests = [_request(task, options, plugins) for task in tasks]
    with closing(_pool(requests, options)) as pool:
        for index, ending in pool.endings():
            if ending.refused:
                raise InputError("trial", ending.refused)
            yield tasks[index].trial, _record(tasks[index], ending)


def check_load(options: RunnerOptions, threads: int) -> None:
    """Raise InputError where jobs times `threads` is more than the cores and force is not set."""
    jobs = options.jobs if options.cluster is None else options.cluster.workers
    if jobs is None:
        return  # each worker of a running cluster looks at its own cores
    wanted, have = jobs * threads, cores()
    if wanted > have and not options.force:
        where, what = ("jobs", "jobs") if options.cluster is None else ("cluster", "workers")
        raise InputError(where, f"{what} times threads must be at most the {have} cores, unless forced", wanted)


def _pool(requests: Sequence[tuple[Request, Limits]], options: RunnerOptions) -> TrialPool | ClusterPool:
    if options.cluster is None:
        return TrialPool(requests, jobs=options.jobs)
    return ClusterPool(requests, cluster=options.cluster, force=options.force, quiet=options.quiet)


def _request(task: Task, options: RunnerOptions, plugins: Sequence[str]) -> tuple[Request, Limits]:
    budget = task.trial.budget
    request = Request(
        trial=task.trial,
        instance_path=task.instance_path,
        plugins=tuple(plugins),
        warm_up_s=options.warm_up_s,
        verbose=options.verbose,
    )
    limits = Limits(
        seconds=budget.seconds,
        grace_s=options.grace_s,
        setup_s=options.setup_s,
        memory_bytes=budget.memory_bytes,
    )
    return request, limits


def _record(task: Task, ending: Ending) -> Record:
    """Judge what came back: the parent trusts no child's word on a value."""
    plan = None if ending.plan is None else msgspec.json.decode(ending.plan)
    judged = judge(
        task.problem(),
        plan,
        status=ending.status,
        bound=ending.bound,
        tolerance=task.trial.budget.tolerance,
    )
    return Record(
        trial=task.trial.id,
        status=ending.status,
        termination=ending.termination,
        verdict=judged.verdict,
        reason="; ".join(filter(None, (judged.reason, ending.reason))),
        recovered=ending.recovered,
        value=judged.value,
        bound=ending.bound,
        seconds=ending.seconds,
        wall_seconds=ending.wall_seconds,
        peak_bytes=ending.peak_bytes,
        plan=ending.plan,
        incumbents=ending.incumbents,
        bounds=ending.bounds,
        measures=judged.measures,
        violations=judged.violations,
        info=ending.info,
        killed=ending.killed,
        unexplained=_unexplained(ending),
        environment=ending.environment,
    )


def _unexplained(ending: Ending) -> str:
    """Return what is known of an ending that nobody can account for: what crashed is not a result."""
    if ending.termination is not Termination.CRASHED:
        return ""
    return "\n".join(filter(None, (ending.reason or "crashed", ending.errors)))
