"""The fork server: a process that has the solvers in memory, from which every trial is forked in milliseconds."""

from __future__ import annotations

import multiprocessing
import multiprocessing.forkserver
import multiprocessing.process
import os
import sys
import threading
import time
import types
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any

import psutil

import experiments
from experiments.captured import Descriptor
from experiments.process_tree import end_all
from experiments.worker import Request, run_request

__all__ = ["alive", "check_platform", "current", "end_orphans", "forget", "no_main", "start"]

PRELOAD = ["experiments.fork_guard", "experiments.preload"]
"""Modules that the server imports before it forks."""

_ATTEMPTS = 3
_LOCK = threading.RLock()
_LIVE: set[int] = set()


def check_platform() -> None:
    """Raise where the operating system has no fork server."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        raise RuntimeError("trials need a fork server (Linux, macOS or another POSIX system)")


def start(request: Request, errors: Descriptor) -> tuple[ForkServerProcess, Connection]:
    """Start a trial; return its process and the end of a pipe on which its messages come."""
    check_platform()
    context = multiprocessing.get_context("forkserver")
    with _LOCK, no_main(), _may_have_children():
        for attempt in range(_ATTEMPTS):
            _run_server(context)
            ours, theirs = context.Pipe(duplex=False)
            process = context.Process(target=run_request, args=(request, theirs, errors), daemon=True)
            try:
                process.start()
            except (EOFError, OSError):  # the server has just gone
                ours.close()
                if attempt == _ATTEMPTS - 1:
                    raise
                time.sleep(0.1)
                continue
            finally:
                theirs.close()
            _LIVE.add(process.pid or 0)
            # another thread that starts a trial must not take the exit code away from the one that waits for it
            known: set[Any] = getattr(multiprocessing.process, "_children", set())
            known.discard(process)
            return process, ours
    raise AssertionError("unreachable")


def end_orphans(trial: int) -> None:
    """Forget a trial that has ended, and end what it left to the server, wherever that has gone."""
    with _LOCK:
        _LIVE.discard(trial)
        server = _pid()
        if sys.platform == "linux" and server is not None:
            end_all(server, spare=_LIVE)


def forget(trial: int) -> None:
    """Forget a trial that has ended and left nothing."""
    with _LOCK:
        _LIVE.discard(trial)


def current() -> int | None:
    """Return the process that trials are forked from, None before the first."""
    return _pid()


def alive(known: int | None = None) -> bool:
    """Return whether the server runs; where it is given, whether it is still the one that was `known`."""
    server = _pid()
    if known is not None and known != server:
        return False
    try:
        return server is not None and psutil.Process(server).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _pid() -> int | None:
    server: Any = multiprocessing.forkserver._forkserver  # noqa: SLF001 - it tells nobody otherwise
    found: int | None = server._forkserver_pid  # noqa: SLF001
    return found


def _run_server(context: ForkServerContext) -> None:
    """Start the server where none runs: at first use, and where it was killed."""
    if not alive():
        context.set_forkserver_preload(PRELOAD)
        with _pinned():
            multiprocessing.forkserver.ensure_running()


@contextmanager
def _pinned() -> Iterator[None]:
    """Start the server with one thread for BLAS, OpenMP and Numba: pools made before a fork cannot be resized after it."""
    root = str(Path(experiments.__file__).parent.parent)
    wanted = {
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "NUMBA_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH")))),
    }
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def no_main() -> Iterator[None]:
    """Hide the main module: a trial never needs it, and a script without a main guard must not run again in it."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


@contextmanager
def _may_have_children() -> Iterator[None]:
    """Let a daemonic process, such as a Dask worker, start trials: they end with it by means of their own."""
    config: dict[str, Any] = multiprocessing.current_process()._config  # type: ignore[attr-defined]  # noqa: SLF001
    daemon = config.pop("daemon", None)
    try:
        yield
    finally:
        if daemon is not None:
            config["daemon"] = daemon
