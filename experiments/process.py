"""One trial's process: started from the fork server, watched, ended with all that it started, and classified."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import msgspec

from experiments import fork_server
from experiments.captured import Captured
from experiments.cgroup import control_group
from experiments.process_tree import children_map, descendants, end_all, proportional, resident
from experiments.worker import Request
from solvers.contract import SolutionStatus, Termination

__all__ = ["Ending", "Limits", "TrialProcess"]

_TERM_GRACE_S = 0.25
_TICK_S = 0.25
_MEMORY_TICK_S = 0.05
_TREE_S = 0.2
_MAX_PAUSE_S = 120.0
_DYING_S = 0.2
_LEAVING_S = 1.0
_NO_CODE = 255  # what `multiprocessing` reads where the fork server says nothing
_READ_BYTES = 1 << 20
_READS_A_TURN = 16


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

    Where the worker's ``done`` message did not come, the best incumbent and bound that were streamed stand in for it
    and `recovered` says so. `killed` says that a limit was enforced from outside, `errors` is what a crash wrote to
    stderr, and `lost` that the fork server went and took the trial along. `refused` says why the trial was not even
    tried, and `environment` on which machine it ran, where that is not the runner's.
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
    killed: bool = False
    errors: str = ""
    lost: bool = False
    refused: str = ""
    environment: Mapping[str, Any] | None = None


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
    refused: str = ""


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
        self._next_look = self._next_tree = self._began
        self._members: list[int] = []
        self._peak = 0
        self._done: _Message | None = None
        self._done_at: float | None = None
        self._plan: bytes | None = None
        self._incumbents: list[tuple[float, float]] = []
        self._bounds: list[tuple[float, float]] = []
        self._buffer = bytearray()
        self._captured = Captured()
        self._process, self._connection = fork_server.start(request, self._captured.descriptor)
        self._server = fork_server.current()
        os.set_blocking(self._connection.fileno(), False)
        self._open = True
        self._group = control_group(limits.memory_bytes)
        if self._group is not None:
            with contextlib.suppress(OSError):  # it has ended already
                self._group.add(self.pid)

    @property
    def pid(self) -> int:
        """Its process, which leads its group."""
        return self._process.pid or 0

    @property
    def handles(self) -> list[Connection | int]:
        """What becomes ready when there is something to do."""
        return [self._process.sentinel, *([self._connection] if self._open else [])]

    @property
    def leaving(self) -> bool:
        """Whether it has handed in its result and only has to be taken down, which the system does meanwhile."""
        return self._done_at is not None and time.monotonic() - self._done_at < _LEAVING_S

    @property
    def due(self) -> float:
        """Monotonic time at which `turn` must be called at the latest."""
        return min(self._next_look, self._deadline() if self._kill_at is None else self._kill_at)

    def turn(self) -> None:
        """Read what came, enforce the limits, and finish where the process has ended."""
        self._read()
        now = time.monotonic()
        if self._process.exitcode is not None:
            self._finish()
        elif self._kill_at is not None:
            if now >= self._kill_at:
                self._kill_at = now + 1.0
                self._end()
        elif now >= self._deadline():
            self._stop(*self._overrun())
        elif now >= self._next_look:
            self._look(now)

    def abandon(self) -> None:
        """End the trial at once; there will be no ending."""
        self._end()
        self._process.join(5)
        self._close()

    # -- messages

    def _read(self) -> None:
        for _ in range(_READS_A_TURN):  # a method that never stops talking must not keep the limits from being held
            if not self._open:
                return
            try:
                data = os.read(self._connection.fileno(), _READ_BYTES)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                self._open = False
                return
            seen = len(self._buffer)
            self._buffer += data
            if self._buffer.find(b"\n", seen) >= 0:
                *lines, rest = self._buffer.split(b"\n")
                self._buffer = bytearray(rest)
                for line in lines:
                    with contextlib.suppress(msgspec.MsgspecError):  # not ours
                        self._take(msgspec.json.decode(line, type=_Message))

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
            self._done, self._done_at = message, now

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

    def _look(self, now: float) -> None:
        """See how much memory the trial holds and how much it has printed."""
        self._captured.trim()
        limit = self.limits.memory_bytes
        self._next_look = now + (_TICK_S if limit is None or self._group is not None else _MEMORY_TICK_S)
        if self._group is not None:
            return
        if now >= self._next_tree:
            began = time.monotonic()
            self._members = descendants(self.pid, children_map())
            # all processes of the machine are looked at: never spend more than a twentieth of the time on that
            self._next_tree = now + max(_TREE_S, 20 * (time.monotonic() - began))
        used = resident([self.pid, *self._members])
        if limit is not None and used > limit and self._members:
            used = proportional([self.pid, *self._members])
        self._peak = max(self._peak, used)
        if limit is not None and used > limit:
            self._stop(Termination.MEMORY_LIMIT, _memory_text(limit), at_once=True)

    def _stop(self, termination: Termination, reason: str, *, at_once: bool = False) -> None:
        self._killed, self._kill_reason = termination, reason
        now = time.monotonic()
        if at_once:
            self._kill_at = now + 1.0
            self._end()
            return
        self._kill_at = now + _TERM_GRACE_S
        try:
            os.killpg(self.pid, signal.SIGTERM)
        except (ProcessLookupError, PermissionError):  # it does not lead its group yet
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGTERM)

    def _end(self) -> None:
        """Kill the trial with all that it started and that is still its own."""
        if self._process.exitcode is None:
            with contextlib.suppress(ProcessLookupError):  # it may not lead its group yet
                os.kill(self.pid, signal.SIGKILL)
        end_all(self.pid, group=self.pid, seconds=0.5)

    # -- the end

    def _finish(self) -> None:
        wall = time.monotonic() - self._began
        if self._group is None:
            end_all(None, group=self.pid)  # what the trial left running
            fork_server.end_orphans(self.pid)
        else:
            self._peak = max(self._peak, self._group.peak_bytes)
            if self._done is None and self._killed is None and self._group.overrun:
                self._killed = Termination.MEMORY_LIMIT
                self._kill_reason = _memory_text(self.limits.memory_bytes or 0.0)
            self._group.close()
            fork_server.forget(self.pid)
        while self._open and self._poll():
            self._read()
        errors = self._captured.text()
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
            killed=self._killed is not None,
            errors=errors if termination is Termination.CRASHED else "",
            lost=termination is Termination.CRASHED and done is None and self._server_gone(code),
            refused=done.refused if done is not None else "",
        )

    def _server_gone(self, code: int | None) -> bool:
        """Return whether the server that the trial was forked from has gone and has not told how the trial ended.

        A server that is killed closes its files, from which the code is read, a moment before it counts as dead.
        """
        until = time.monotonic() + (_DYING_S if code == _NO_CODE else 0.0)
        while (alive := fork_server.alive(self._server)) and time.monotonic() < until:
            time.sleep(0.005)
        return not alive

    def _poll(self) -> bool:
        try:
            return self._connection.poll()
        except OSError:
            return False

    def _close(self) -> None:
        self._open = False
        self._connection.close()
        self._captured.close()


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


def _memory_text(limit: float) -> str:
    return f"used more than {limit / 1e6:.3g} MB of memory"
