"""The cluster pool: trials go to Dask workers, a few ahead of what they can run, and their endings come back."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from experiments.cluster.host import Job, host_trial
from experiments.fork_server import no_main
from experiments.process import Ending, Limits
from experiments.worker import Request
from instances.errors import InputError
from instances.networks.importers.optional import require
from solvers.cluster_address import ClusterAddress
from solvers.contract import SolutionStatus, Termination

__all__ = ["ClusterPool"]

_AHEAD = 2
_STARTS = 3
_CONNECT_S = 10
_NO_DOUBTS = {
    "distributed.admin.large-graph-warning-threshold": "1GB",  # instances are sent once, and meant to be
    "distributed.comm.timeouts.connect": f"{_CONNECT_S}s",
}


class ClusterPool:
    """Runs trials in order on a cluster; has the methods of `experiments.pool.TrialPool`.

    Only what the workers are soon to run has been sent, and an ending leaves the cluster when the client has it: Dask
    runs a trial again whose worker was lost on the way.

    Parameters
    ----------
    requests : sequence of (Request, Limits)
        What to run.
    cluster : ClusterAddress
        Where.
    force : bool
        Allow more threads than cores.
    quiet : bool
        Do not tell on stderr where the cluster and its dashboard are.

    Raises
    ------
    InputError
        If Dask is not installed, no scheduler answers, or its workers cannot run these trials.
    """

    def __init__(
        self,
        requests: Sequence[tuple[Request, Limits]],
        *,
        cluster: ClusterAddress,
        force: bool = False,
        quiet: bool = False,
    ) -> None:
        self._distributed = require("distributed", "cluster")
        self._requests, self._force = requests, force
        self._plugins: dict[tuple[str, ...], tuple[tuple[str, str, bytes], ...]] = {}
        self._instances: dict[str, Any] = {}
        self._open = contextlib.ExitStack()
        try:
            self._open.enter_context(require("dask", "cluster").config.set(_NO_DOUBTS))
            # a worker that is started, or started again, must not run a script that has no main guard
            self._open.enter_context(no_main())
            self._client = self._connected(cluster)
            if not quiet:
                print(self._place(), file=sys.stderr, flush=True)
        except BaseException:
            self._open.close()
            raise

    def endings(self) -> Iterator[tuple[int, Ending]]:
        """Yield (position, ending) of every trial as it ends."""
        waiting, running = iter(range(len(self._requests))), dict[Any, int]()
        done = self._distributed.as_completed(loop=self._client.loop)
        with contextlib.suppress(StopIteration):
            while len(running) < self._room():
                self._submit(next(waiting), running, done)
        while running:
            future = next(done)
            index = running.pop(future)
            ending = self._ending(future)
            future.release()
            with contextlib.suppress(StopIteration):
                while len(running) < self._room():
                    self._submit(next(waiting), running, done)
            yield index, ending

    def close(self) -> None:
        """Take back what was submitted, so that workers end what still runs, and leave the cluster."""
        self._open.close()

    def _connected(self, cluster: ClusterAddress) -> Any:
        if cluster.workers is not None:
            local = self._local(cluster.workers)
            self._open.callback(local.close)
            scheduler = local.scheduler_address
        else:
            scheduler = cluster.scheduler
        try:
            client = self._distributed.Client(scheduler, timeout=_CONNECT_S, set_as_default=False)
        except (OSError, ValueError) as error:
            raise InputError("cluster", f"no scheduler answers ({error})", scheduler) from None
        self._open.callback(client.close)
        return client

    def _local(self, workers: int) -> Any:
        for attempt in range(_STARTS):
            try:
                return self._distributed.LocalCluster(
                    n_workers=workers,
                    threads_per_worker=1,
                    processes=True,
                    protocol="tcp",
                    host="127.0.0.1",
                    dashboard_address="127.0.0.1:0",
                    memory_limit=0,  # the trials have limits of their own
                    silence_logs="CRITICAL",
                )
            except RuntimeError as error:  # a worker died before it was there; Dask gives up on all of them then
                if attempt == _STARTS - 1:
                    raise InputError("cluster", f"its workers must start ({error})", workers) from None
        raise AssertionError("unreachable")

    def _place(self) -> str:
        workers = self._client.scheduler_info(n_workers=-1)["workers"]
        threads = sum(one["nthreads"] for one in workers.values())
        have = f"{len(workers)} workers with {threads} threads" if workers else "no workers yet"
        return f"cluster {self._client.scheduler.address}: {have}; dashboard {self._client.dashboard_link}"

    def _room(self) -> int:
        threads: int = sum(self._client.nthreads().values())
        return _AHEAD * max(1, threads)

    def _submit(self, index: int, running: dict[Any, int], done: Any) -> None:
        request, limits = self._requests[index]
        job = Job(request=request, limits=limits, plugins=self._files(request.plugins), force=self._force)
        future = self._client.submit(
            host_trial,
            job,
            self._instance(request),
            key=f"trial-{request.trial.id[:12]}-{uuid.uuid4().hex[:12]}",
            pure=False,
            priority=-index,
        )
        running[future] = index
        done.add(future)

    def _instance(self, request: Request) -> Any:
        """Return a future of the instance file, which a worker that needs it gets from the scheduler or its peers."""
        sha = request.trial.instance
        if sha not in self._instances:
            content = Path(request.instance_path).read_bytes()
            # a task and not scattered data: it is computed again where the only worker that had it was lost
            self._instances = {sha: self._client.submit(bytes, content, key=f"instance-{sha}"), **self._instances}
            for old in list(self._instances)[16:]:
                del self._instances[old]  # those that submitted trials need are kept by them
        return self._instances[sha]

    def _files(self, paths: tuple[str, ...]) -> tuple[tuple[str, str, bytes], ...]:
        if paths not in self._plugins:
            contents = [(os.path.basename(path), Path(path).read_bytes()) for path in paths]
            self._plugins[paths] = tuple((name, hashlib.sha256(data).hexdigest(), data) for name, data in contents)
        return self._plugins[paths]

    def _ending(self, future: Any) -> Ending:
        try:
            ending: Ending = future.result()
        except ModuleNotFoundError as error:
            raise InputError("cluster", f"its workers must have tiercut installed ({error})") from None
        except self._distributed.scheduler.KilledWorker as error:
            return _lost(f"its worker was lost again and again: {error}".split(". ")[0])
        except self._distributed.CancelledError as error:
            raise ConnectionError(f"the cluster's scheduler is gone: {error}") from None
        return ending


def _lost(reason: str) -> Ending:
    return Ending(
        termination=Termination.CRASHED,
        status=SolutionStatus.NONE,
        reason=reason,
        plan=None,
        recovered=False,
        bound=None,
        seconds=None,
        wall_seconds=0.0,
        peak_bytes=None,
        incumbents=(),
        bounds=(),
        info={},
    )
