"""What runs on a Dask worker: one trial in a process of its own, with the same limits as on the client's machine."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from experiments.environment import cores, environment
from experiments.process import Ending, Limits, TrialProcess
from experiments.worker import Request
from instances.errors import InputError
from instances.files.replacing import replacing

__all__ = ["Job", "host_trial"]

_RESTARTS = 3
_LOOK_S = 0.2
_WRITING = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A trial for a worker that may share no file system with the client.

    Parameters
    ----------
    request : Request
        The trial; its paths are the client's.
    limits : Limits
        What the worker enforces.
    plugins : tuple of (str, str, bytes)
        Name, SHA-256 and content of each of the user's files.
    force : bool
        Allow more threads than cores.
    """

    request: Request
    limits: Limits
    plugins: tuple[tuple[str, str, bytes], ...] = ()
    force: bool = False


def host_trial(job: Job, instance: bytes) -> Ending:
    """Run a trial to its end; a task of Dask.

    Parameters
    ----------
    job : Job
        The trial.
    instance : bytes
        The instance file.

    Returns
    -------
    Ending
        With facts about the worker's machine; nobody has judged it yet. It is `refused` where this worker has other
        sources than the client.

    Raises
    ------
    InputError
        If this worker may run more threads at a time than it has cores, and `job.force` is not set.
    distributed.Reschedule
        If nobody waits for the trial here any more.
    """
    from distributed import Reschedule, get_worker

    worker: Any = get_worker()
    key = worker.get_current_task()
    folder = Path(worker.local_directory)
    request = replace(
        job.request,
        instance_path=_kept(folder / "tiercut-instances" / job.request.trial.instance, instance),
        plugins=tuple(_kept(folder / "tiercut-plugins" / sha / name, data) for name, sha, data in job.plugins),
        strict=True,
    )
    wanted, have = worker.state.nthreads * request.trial.budget.threads, cores()
    if wanted > have and not job.force:
        where = f"cluster, worker {worker.address}"
        raise InputError(where, f"its threads times a trial's must be at most its {have} cores, unless forced", wanted)
    for attempt in range(_RESTARTS):
        ending = _watched(request, job.limits, lambda: _is_wanted(worker, key))
        if ending is None:
            raise Reschedule
        if not ending.lost or attempt == _RESTARTS - 1:
            return replace(ending, environment=_facts())
    raise AssertionError("unreachable")


def _watched(request: Request, limits: Limits, wanted: Callable[[], bool]) -> Ending | None:
    """Run a trial under its limits; None where it was ended because nobody wants it any more."""
    process = TrialProcess(request, limits)
    while process.ending is None:
        if not wanted():
            process.abandon()
            return None
        wait(process.handles, max(0.0, min(process.due - time.monotonic(), _LOOK_S)))
        process.turn()
    return process.ending


def _is_wanted(worker: Any, key: str) -> bool:
    """Return whether the worker runs and the scheduler has not cancelled the task, as it does when a client goes."""
    state = worker.state.tasks.get(key)
    return state is not None and state.state != "cancelled" and worker.status.name in ("running", "paused")


def _kept(path: Path, content: bytes) -> str:
    """Return the path of a file with this content, written once a worker."""
    with _WRITING:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(path) as file:
                file.write(content)
    return str(path)


@cache
def _facts() -> dict[str, Any]:
    return environment()
