"""The worker: runs one trial in a process of its own and tells the parent what it finds."""

from __future__ import annotations

import contextlib
import faulthandler
import multiprocessing
import multiprocessing.forkserver
import os
import random
import resource
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from multiprocessing.connection import Connection, wait
from typing import Any

import msgspec
import numpy as np

from experiments.captured import Descriptor
from experiments.plain import plain
from experiments.plugins import load_plugins
from experiments.process_tree import die_with_parent, subreaper
from experiments.settings import options_of
from experiments.trial import Trial
from formulations.registry import Family, family
from instances.errors import InputError
from instances.instance import Instance
from solvers.contract import Budget, Method, Outcome, Termination
from solvers.registry import entry, make
from solvers.trace import RefereedTrace

__all__ = ["Request", "encode", "run_request", "tiny_instance", "warm_up"]

_WARM_UP_EVALUATIONS = 64
_WARM_UP_S = 5.0
_LONG_SCORING_S = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a worker needs to run a trial.

    `verbose` lets the method's own output through to stderr; `strict` refuses a trial whose version is not that of
    the sources here, which may be another machine's.
    """

    trial: Trial
    instance_path: str
    plugins: tuple[str, ...] = ()
    warm_up_s: float = 120.0
    verbose: bool = False
    strict: bool = False


def encode(message: dict[str, Any]) -> bytes:
    """Return a message as JSON."""
    return msgspec.json.encode(message, enc_hook=_plain_number)


def _plain_number(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    raise NotImplementedError(f"cannot send {type(value).__name__}")


@dataclass(slots=True)
class _StreamedTrace(RefereedTrace):
    """A trace that sends what it learns to the parent, with the clock stopped."""

    send: Any = None
    document: Any = None
    _last_cost: float = 0.0
    _last_sent: float = -float("inf")
    _forgiven_told: float = 0.0
    _scoring_s: float = 0.0

    def incumbent(self, plan: Any) -> float | None:
        long = self._scoring_s > _LONG_SCORING_S
        if long:  # the parent must not take the scoring of a large plan for a method that overruns
            self.send({"kind": "pause"})
        began = time.perf_counter()
        value = RefereedTrace.incumbent(self, plan)
        self._scoring_s = time.perf_counter() - began
        if long or self.forgiven - self._forgiven_told > _LONG_SCORING_S:
            self._forgiven_told = self.forgiven
            self.send({"kind": "resume", "forgiven": self.forgiven})
        return value

    @property
    def forgiven(self) -> float:
        """Seconds that the clock stood still."""
        return self.clock._paused  # noqa: SLF001 - the clock keeps no public account of it

    def bound(self, value: float) -> None:
        if not np.isfinite(value):
            raise ValueError(f"a bound must be finite, got {value!r}")
        known = len(self.bounds)
        RefereedTrace.bound(self, float(value))
        if len(self.bounds) > known:
            point = self.bounds[-1]
            self.send({"kind": "bound", "value": point.value, "seconds": point.seconds})

    def stream(self, plan: Any, value: float, seconds: float) -> None:
        """Send an incumbent, unless sending large plans would take most of the wall time."""
        began = time.perf_counter()
        message = {"kind": "incumbent", "value": float(value), "seconds": seconds}
        if began - self._last_sent >= 4 * self._last_cost:
            message["plan"] = self.document(plan)
            self.send(message)
            self._last_cost, self._last_sent = time.perf_counter() - began, time.perf_counter()
        else:
            self.send(message)


def run_request(request: Request, connection: Connection, errors: Descriptor) -> None:
    """Run a trial and send its messages; the entry point of the child process.

    Messages are JSON objects, one a line, with a ``kind``: ``started`` (the clock runs from here), ``pause`` and
    ``resume`` around long scoring, ``incumbent``, ``bound``, and one ``done``.

    Parameters
    ----------
    request : Request
        The trial.
    connection : Connection
        The end of a pipe to write to.
    errors : Descriptor
        Where stderr goes, unless the request is verbose.
    """
    _own_group()
    _end_with_runner()
    _own_output(request.verbose, errors)
    # locks that a library makes here are then unlinked at once, and do not outlive a trial that is killed
    multiprocessing.set_start_method("fork", force=True)

    def send(message: dict[str, Any]) -> None:
        _write(connection.fileno(), encode(message) + b"\n")

    try:
        message = _run(request, send)
    except ModuleNotFoundError as error:
        message = _stopped(Termination.UNAVAILABLE, f"{error} is needed" if not error.name else f"needs {error.name}")
    except BaseException as error:
        traceback.print_exc()
        message = _stopped(Termination.CRASHED, f"{type(error).__name__}: {error}"[:500])
    usage = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    message["peak_bytes"] = usage if sys.platform == "darwin" else usage * 1024
    try:
        encode(message)
    except (TypeError, ValueError, NotImplementedError) as error:
        message = _stopped(Termination.CRASHED, f"the result is not plain data: {error}")
    sys.stderr.flush()
    send(message)
    os._exit(0)  # a library's exit handler or a thread that will not end must not hold the trial


def _write(number: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(number, view) :]


def _run(request: Request, send: Any) -> dict[str, Any]:
    from instances.files.instance_file import read_instance

    trial = request.trial
    load_plugins(request.plugins)
    have = entry(trial.method).version if request.strict else trial.version
    if have != trial.version:
        refused = f"runs other sources of {trial.method} than the client: got {have}, expected {trial.version}"
        return {**_stopped(Termination.UNAVAILABLE, refused), "refused": refused}
    _pin_threads(trial.budget.threads)
    chosen = family(trial.family)
    options = options_of(trial.family, trial.options)
    problem = chosen.problem(read_instance(request.instance_path), options)
    method = make(trial.method, trial.settings)
    if trial.family not in method.families:
        return _stopped(Termination.UNSUPPORTED, "takes the family " + " and ".join(sorted(method.families)) + " only")
    reason = method.decline(problem, trial.budget)
    if reason is not None:
        return _stopped(Termination.UNSUPPORTED, reason)
    _warm_up(request, chosen, options)
    random.seed(trial.seed)
    np.random.seed(trial.seed % 2**32)  # noqa: NPY002 - DEAP and pyswarms draw from the global generators
    trace = _StreamedTrace(
        referee=lambda plan: chosen.evaluate(problem, plan),
        send=send,
        document=lambda plan: chosen.plan_document(problem, plan),
    )
    trace.on_incumbent = trace.stream
    send({"kind": "started"})
    trace.clock = type(trace.clock)()
    outcome = method.solve(problem, trial.budget, np.random.default_rng(trial.seed), trace)
    seconds = trace.clock.seconds()
    send({"kind": "pause"})
    if not isinstance(outcome, Outcome):
        return _stopped(Termination.CRASHED, f"returned {type(outcome).__name__}, expected Outcome", seconds)
    document, reason = None, str(outcome.reason)
    if outcome.plan is not None:
        try:
            document = chosen.plan_document(problem, outcome.plan)
        except InputError as error:  # a plan, but not for this problem: the referee will call the claim wrong
            reason = "; ".join(filter(None, (f"its plan cannot be written: {error}", reason)))
    return {
        "kind": "done",
        "status": str(outcome.status),
        "termination": str(outcome.termination),
        "reason": " ".join(reason.split()),
        "bound": outcome.bound,
        "info": plain(outcome.info),
        "seconds": seconds,
        "plan": document,
    }


def _stopped(termination: Termination, reason: str, seconds: float | None = None) -> dict[str, Any]:
    return {"kind": "done", "termination": str(termination), "reason": " ".join(reason.split()), "seconds": seconds}


def _own_group() -> None:
    """Lead a process group and adopt orphans, so that the parent can end the trial with all that it started."""
    os.setsid()
    subreaper()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # writing a core file would take longer than the limits allow
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _end_with_runner() -> None:
    """Outlive no runner that is killed: end with the whole group when it has gone.

    The fork server ends when the runner has closed its end of a pipe, of which every trial has a copy that it must
    not keep. The kernel then ends the trial, even where native code never lets the watching thread run.
    """
    server: Any = multiprocessing.forkserver._forkserver  # noqa: SLF001
    alive = getattr(server, "_forkserver_alive_fd", None)
    if alive is not None:
        os.close(alive)
        server._forkserver_alive_fd = None  # noqa: SLF001
    runner = multiprocessing.parent_process()
    if runner is not None:
        threading.Thread(target=_watch, args=(runner.sentinel,), daemon=True).start()
    die_with_parent()


def _watch(sentinel: int) -> None:
    wait([sentinel])
    os.killpg(0, signal.SIGKILL)


def _own_output(verbose: bool, errors: Descriptor) -> None:
    """Keep what libraries print away from the results on stdout; what goes to stderr may explain a crash."""
    os.dup2(2 if verbose else os.open(os.devnull, os.O_WRONLY), 1)
    if not verbose:
        os.dup2(errors.number, 2)
    os.close(errors.number)
    faulthandler.enable(2)  # where native code crashes, the line of Python that called it


def _pin_threads(threads: int) -> None:
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(threads)  # for the processes that a method starts
    os.environ["NUMBA_NUM_THREADS"] = str(threads)
    if "numba" in sys.modules:
        from numba.core import config

        if threads == config.NUMBA_NUM_THREADS:
            return
        with contextlib.suppress(RuntimeError):  # threads run already, which nothing that the server imports starts
            config.reload_config()


class _WarmUpOver(BaseException):
    """Raised by the alarm; no `except Exception` of a method may swallow it."""


def _warm_up(request: Request, chosen: Family, options: Any) -> None:
    """Solve a tiny instance, so that compilation is not charged to the method.

    What goes wrong here goes wrong again on the clock, where it is recorded.
    """
    if request.warm_up_s <= 0:
        return

    budget, name = request.trial.budget, request.trial.method
    if entry(name).uses_evaluations:
        # it soon ends by itself, however long its kernels take to compile
        small = replace(budget, seconds=request.warm_up_s, evaluations=_WARM_UP_EVALUATIONS)
    else:
        small = replace(budget, seconds=min(request.warm_up_s, _WARM_UP_S), evaluations=None)
    compilations = _Compilations()
    until, seen = time.monotonic() + request.warm_up_s, 0

    def over(_signal: int, _frame: Any) -> None:
        nonlocal seen
        # a method that does not heed its small budget is left alone only as long as it compiles
        if time.monotonic() >= until or not (compilations.open or compilations.count > seen):
            raise _WarmUpOver
        seen = compilations.count

    signal.signal(signal.SIGALRM, over)
    pause = min(request.warm_up_s, 2 * _WARM_UP_S)
    try:
        signal.setitimer(signal.ITIMER_REAL, pause, pause)
        # a run that spent its seconds on compiling may have left kernels untouched, so it is run again
        before = -1
        with compilations.counted():
            while compilations.count > before:
                before = compilations.count
                warm_up(name, request.trial.settings, chosen, options, small)
    except (Exception, _WarmUpOver):
        pass
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


class _Compilations:
    """Counts the kernels that are compiled (not loaded), and those on which the compiler is at work."""

    def __init__(self) -> None:
        self.count = self.open = 0

    @contextlib.contextmanager
    def counted(self) -> Iterator[None]:
        """Count meanwhile."""
        if "numba" not in sys.modules:
            yield
            return
        from numba.core import event

        mine = self

        class Listener(event.Listener):  # type: ignore[misc]
            def on_start(self, event: Any) -> None:
                mine.count += 1
                mine.open += 1

            def on_end(self, event: Any) -> None:
                mine.open -= 1

        with event.install_listener("numba:compile", Listener()):
            yield


def warm_up(name: str, settings: Mapping[str, Any], chosen: Family, options: Any, budget: Budget) -> None:
    """Solve the tiny instance with a method, unless it declines."""
    method: Method = make(name, settings)
    problem = chosen.problem(tiny_instance(), options)
    if method.decline(problem, budget) is None:
        trace = RefereedTrace(referee=lambda plan: chosen.evaluate(problem, plan))
        method.solve(problem, budget, np.random.default_rng(0), trace)


@cache  # the fork server has made it before a trial asks
def tiny_instance() -> Instance:
    """Return the instance that methods warm up on."""
    from instances.generators.registry import generate

    return generate("tiny", {"memory": "none"}, 0)
