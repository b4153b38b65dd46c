"""The way to a Dask cluster: workers on this machine or a scheduler that runs, checked before anything is sent."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any

from instances.errors import InputError
from instances.networks.importers.optional import require
from solvers.cluster_address import ClusterAddress
from solvers.registry import sources

__all__ = ["connect"]

_CONNECT_S = 10
_WORKERS_S = 60
_LOGGING = "DASK_LOGGING__DISTRIBUTED"
_SETTINGS = {
    "distributed.admin.large-graph-warning-threshold": "1GB",  # blocks are sent once, and meant to be
    "distributed.comm.timeouts.connect": f"{_CONNECT_S}s",
}


@contextlib.contextmanager
def connect(address: ClusterAddress) -> Iterator[Any]:
    """Yield a Dask client with at least one worker that runs the client's sources.

    The workers of ``local:N`` are processes with one thread each, below this one; they end with it, even if it is killed.

    Parameters
    ----------
    address : ClusterAddress
        Where.

    Raises
    ------
    InputError
        If Dask is not installed, no scheduler starts or answers, no worker comes, or a worker runs other sources.
    """
    distributed = require("distributed", "cluster")
    with contextlib.ExitStack() as opened:
        opened.enter_context(require("dask", "cluster").config.set(_SETTINGS))
        scheduler = address.scheduler
        if address.workers is not None:
            local = _started(address.workers)
            opened.callback(local.close)
            scheduler = local.scheduler_address
        try:
            client = distributed.Client(scheduler, timeout=_CONNECT_S, set_as_default=False)
        except (OSError, ValueError) as error:
            raise InputError("cluster", f"no scheduler answers ({error})", scheduler) from None
        opened.callback(client.close)
        _check(client, address.workers or 1)
        yield client


def _started(workers: int) -> Any:
    """Return a scheduler and so many workers on this machine, which do not outlive this process."""
    # as text, since a module's name alone could not say whose child it is to be
    orphans = "solvers.decomposition.distributed.orphans"
    watch = f"from {orphans} import end_with; end_with({os.getpid()})"
    # subprocesses, since a trial's own process may have no children of multiprocessing
    cluster = require("distributed.deploy.subprocess", "cluster").SubprocessCluster
    before = os.environ.get(_LOGGING)
    os.environ[_LOGGING] = "critical"  # `silence_logs` comes too late for what is said of a preload
    try:
        return cluster(
            n_workers=workers,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address=None,
            scheduler_kwargs={"preload": [watch]},
            # a worker ends with its nanny
            worker_kwargs={"memory_limit": 0, "silence_logs": "CRITICAL", "preload_nanny": [watch]},
            silence_logs="CRITICAL",
        )
    except RuntimeError as error:
        raise InputError("cluster", f"must start on this machine ({error})") from None
    finally:
        del os.environ[_LOGGING]
        if before is not None:
            os.environ[_LOGGING] = before


def _check(client: Any, workers: int) -> None:
    """Raise unless the workers are there and run these sources."""
    try:
        client.wait_for_workers(workers, timeout=_WORKERS_S)
    except TimeoutError:
        raise InputError(
            "cluster", f"must have {workers} workers within {_WORKERS_S} s", len(client.nthreads())
        ) from None
    try:
        theirs = client.run(sources)
    except ModuleNotFoundError as error:
        raise InputError("cluster", f"its workers must have tiercut installed ({error})") from None
    for worker, version in theirs.items():
        if version != sources():
            raise InputError(f"cluster, worker {worker}", f"must run the client's sources ({sources()})", version)
