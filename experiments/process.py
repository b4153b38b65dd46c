"""One trial's process: started from the fork server, watched, ended with its whole group, and classified."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import time
import types
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any

import msgspec
import psutil

import experiments
from experiments.worker import Request, run_request
from solvers.contract import SolutionStatus, Termination

__all__ = ["Ending", "Limits", "TrialProcess", "check_platform"]

_TERM_GRACE_S = 0.25
_MEMORY_TICK_S = 0.1
_MAX_PAUSE_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the parent enforces from outside.

    Parameters
    ----------
    seconds : float or None
        The budget's wall seconds.
    grace_s : float
        How much later than the budget a method is stopped: the time to notice and to return.
    setup_s : float
        For reading the instance and warming up, before the clock starts.
    memory_bytes : float or None
        Resident memory of the trial's processes together.
    """

    seconds: float | None
    grace_s: float = 0.5
    setup_s: float = 180.0
    memory_bytes: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a trial's process ended, before anybody judges its plan.

    `message` is the worker's ``done`` message where it came; else the best incumbent and bound that were streamed
    stand in for it and `recovered` says so.
    """

    termination: Termination
    status: SolutionStatus
    reason: str
    plan: bytes | None
    recovered: bool
    bound: float | None
    seconds: float | None
    wall_seconds: float
    peak_bytes: int | None
    incumbents: tuple[tuple[float, float], ...]
    bounds: tuple[tuple[float, float], ...]
    info: dict[str, Any]


class _Message(msgspec.Struct):
    kind: str
    value: float | None = None
    seconds: float | None = None
    forgiven: float = 0.0
    plan: msgspec.Raw = msgspec.Raw(b"null")
    status: str = "none"
    termination: str = "completed"
    reason: str = ""
    bound: float | None = None
    info: dict[str, Any] = {}
    peak_bytes: int | None = None


def check_platform() -> None:
    """Raise where the operating system has no fork server."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        raise RuntimeError("trials need a fork server (Linux, macOS or another POSIX system)")


class TrialProcess:
    """A trial that runs.

    The caller waits on `handles`, calls `turn` whenever one is ready or `due` has come, and reads `ending` once
    it is there.
    """

    def __init__(self, request: Request, limits: Limits) -> None:
        self.request, self.limits = request, limits
        self.ending: Ending | None = None
        self._began = time.monotonic()
        self._started: float | None = None  # when the method's clock began to run
        self._paused_at: float | None = None
        self._forgiven = 0.0
        self._killed: Termination | None = None
        self._kill_reason = ""
        self._kill_at: float | None = None  # when SIGKILL follows SIGTERM
        self._next_memory = self._began
        self._peak = 0
        self._done: _Message | None = None
        self._plan: bytes | None = None
        self._incumbents: list[tuple[float, float]] = []
        self._bounds: list[tuple[float, float]] = []
        context = _context()
        self._connection, theirs = context.Pipe(duplex=False)
        self._process: ForkServerProcess = context.Process(target=run_request, args=(request, theirs), daemon=True)
        with _START, _no_main():
            self._process.start()
        theirs.close()
        self._open = True

    @property
    def handles(self) -> list[Connection | int]:
        """What becomes ready when there is something to do."""
        return [self._process.sentinel, *([self._connection] if self._open else [])]

    @property
    def due(self) -> float:
        """Monotonic time at which `turn` must be called at the latest."""
        if self._kill_at is not None:
            return self._kill_at
        times = [self._deadline()]
        if self.limits.memory_bytes is not None:
            times.append(self._next_memory)
        return min(times)

    def turn(self) -> None:
        """Read what came, enforce the limits, and finish where the process has ended."""
        self._read()
        now = time.monotonic()
        if self._process.exitcode is not None:
            self._read()
            self._finish()
            return
        if self._kill_at is not None:
            if now >= self._kill_at:
                self._signal(signal.SIGKILL)
                self._kill_at = now + 1.0
            return
        if now >= self._deadline():
            self._kill(*self._overrun())
        elif self.limits.memory_bytes is not None and now >= self._next_memory:
            self._next_memory = now + _MEMORY_TICK_S
            used = _resident(self._process.pid)
            self._peak = max(self._peak, used)
            if used > self.limits.memory_bytes:
                limit = self.limits.memory_bytes
                self._kill(Termination.MEMORY_LIMIT, f"used {used / 1e6:.0f} MB of {limit / 1e6:.0f} MB")

    def abandon(self) -> None:
        """End the trial at once; there will be no ending."""
        self._signal(signal.SIGKILL)
        self._process.join(5)
        self._close()

    # -- messages

    def _read(self) -> None:
        while self._open:
            try:
                if not self._connection.poll():
                    return
                message = msgspec.json.decode(self._connection.recv_bytes(), type=_Message)
            except (EOFError, OSError, msgspec.MsgspecError):
                self._open = False
                return
            self._take(message)

    def _take(self, message: _Message) -> None:
        now = time.monotonic()
        if message.kind == "started":
            self._started = now
        elif message.kind == "pause":
            self._paused_at = now
        elif message.kind == "resume":
            self._paused_at = None
            self._forgiven = message.forgiven
        elif message.kind == "bound" and message.value is not None:
            self._bounds.append((message.seconds or 0.0, message.value))
        elif message.kind == "incumbent" and message.value is not None:
            self._incumbents.append((message.seconds or 0.0, message.value))
            self._plan = _document(message) or self._plan
        elif message.kind == "done" and self._killed is None:
            self._done = message

    # -- limits

    def _deadline(self) -> float:
        if self._started is None:
            return self._began + self.limits.setup_s
        if self._paused_at is not None:
            return self._paused_at + _MAX_PAUSE_S
        if self.limits.seconds is None:
            return float("inf")
        return self._started + self.limits.seconds + self.limits.grace_s + self._forgiven

    def _overrun(self) -> tuple[Termination, str]:
        if self._started is None:
            return Termination.TIME_LIMIT, f"was not ready to start after {self.limits.setup_s:g} s"
        if self._paused_at is not None:
            return Termination.TIME_LIMIT, f"scoring a plan took more than {_MAX_PAUSE_S:g} s"
        return Termination.TIME_LIMIT, "stopped from outside at the time limit"

    def _kill(self, termination: Termination, reason: str) -> None:
        self._killed, self._kill_reason = termination, reason
        self._kill_at = time.monotonic() + _TERM_GRACE_S
        self._signal(signal.SIGTERM)

    def _signal(self, number: signal.Signals) -> None:
        pid = self._process.pid
        if pid is None:
            return
        try:
            os.killpg(pid, number)
        except (ProcessLookupError, PermissionError):  # no group yet, or none any more
            if self._process.exitcode is None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)

    # -- the end

    def _finish(self) -> None:
        self._signal(signal.SIGKILL)  # what the trial left running
        wall = time.monotonic() - self._began
        self._close()
        done, code = self._done, self._process.exitcode
        if done is not None and self._killed is None:
            termination, reason = Termination(done.termination), done.reason
        elif self._killed is not None:
            termination, reason = self._killed, self._kill_reason
        else:
            termination, reason = Termination.CRASHED, _exit_text(code)
        finished = done is not None and termination not in (Termination.CRASHED, Termination.UNAVAILABLE)
        plan = _document(done) if done is not None and finished else None
        recovered = plan is None and self._plan is not None
        status = SolutionStatus(done.status) if done is not None and finished else SolutionStatus.NONE
        if recovered and status is SolutionStatus.NONE:
            status = SolutionStatus.FEASIBLE
        seconds = done.seconds if done is not None else None
        if seconds is None and self._started is not None:
            seconds = max(0.0, time.monotonic() - self._started - self._forgiven)
        self.ending = Ending(
            termination=termination,
            status=status,
            reason=reason,
            plan=self._plan if recovered else plan,
            recovered=recovered,
            bound=_highest(done.bound if done is not None and finished else None, self._bounds),
            seconds=seconds,
            wall_seconds=wall,
            peak_bytes=max(self._peak, (done.peak_bytes or 0) if done is not None else 0) or None,
            incumbents=tuple(self._incumbents),
            bounds=tuple(self._bounds),
            info=done.info if done is not None else {},
        )

    def _close(self) -> None:
        self._open = False
        self._connection.close()


def _document(message: _Message) -> bytes | None:
    data = bytes(message.plan)
    return None if data == b"null" else data


def _highest(bound: float | None, streamed: list[tuple[float, float]]) -> float | None:
    values = [value for _, value in streamed] + ([] if bound is None else [bound])
    return max(values, default=None)


def _exit_text(code: int | None) -> str:
    if code is not None and code < 0:
        with contextlib.suppress(ValueError):
            return f"its process was killed by {signal.Signals(-code).name}"
    return f"its process ended with exit code {code} before it handed in a result"


def _resident(pid: int | None) -> int:
    """Return the resident bytes of a process and all below it."""
    try:
        top = psutil.Process(pid)
        members = [top, *top.children(recursive=True)]
    except psutil.Error:
        return 0
    total = 0
    for member in members:
        with contextlib.suppress(psutil.Error):
            total += member.memory_info().rss
    return total


# -- the fork server

_START = threading.Lock()
_CONTEXT: list[ForkServerContext] = []


def _context() -> ForkServerContext:
    """Return the context whose fork server has the solvers in memory, started on first use."""
    if _CONTEXT:
        return _CONTEXT[0]
    check_platform()
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["experiments.preload"])
    with _pinned(), _no_main():
        from multiprocessing.forkserver import ensure_running

        ensure_running()
    _CONTEXT.append(context)
    return context


@contextmanager
def _pinned() -> Iterator[None]:
    """Start the server with one thread for BLAS and OpenMP: pools made before a fork cannot be resized after it."""
    root = str(Path(experiments.__file__).parent.parent)
    wanted = {
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
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
def _no_main() -> Iterator[None]:
    """Hide the main module: a trial never needs it, and a script without a main guard must not run again in it."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
