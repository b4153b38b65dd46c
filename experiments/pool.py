"""The pool: a thread that starts trials and holds their limits, whatever its owner is busy with.

No maintained pool fits: those of the standard library, joblib and Dask reuse a process for many tasks and know no
limits, and pebble, which does end a task at its time, ends one process alone, watches no memory and hands back nothing
of what was killed.
"""

from __future__ import annotations

import contextlib
import os
import queue
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from multiprocessing.connection import wait

from experiments.process import Ending, Limits, TrialProcess
from experiments.worker import Request

__all__ = ["TrialPool"]

_RESTARTS = 3


class TrialPool:
    """Runs trials in order, a few at a time.

    Parameters
    ----------
    requests : sequence of (Request, Limits)
        What to run.
    jobs : int
        Trials at a time.
    """

    def __init__(self, requests: Sequence[tuple[Request, Limits]], *, jobs: int) -> None:
        self._requests, self._jobs = requests, jobs
        self._ended: queue.SimpleQueue[tuple[int, Ending] | BaseException] = queue.SimpleQueue()
        self._stop = False
        self._woken, self._wake = os.pipe()
        os.set_blocking(self._wake, False)
        self._thread = threading.Thread(target=self._run, name="tiercut-pool", daemon=True)
        self._thread.start()

    def endings(self) -> Iterator[tuple[int, Ending]]:
        """Yield (position, ending) of every trial as it ends."""
        for _ in self._requests:
            found = self._ended.get()
            self._rouse()
            if isinstance(found, BaseException):
                raise found
            yield found

    def close(self) -> None:
        """End what still runs and wait until it has."""
        self._stop = True
        self._rouse()
        self._thread.join()
        os.close(self._wake)
        os.close(self._woken)

    def _rouse(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.write(self._wake, b"\0")

    def _run(self) -> None:
        running: dict[TrialProcess, int] = {}
        try:
            self._supervise(running)
        except BaseException as error:
            self._ended.put(error)
        finally:
            for process in running:
                process.abandon()

    def _has_room(self, running: Iterable[TrialProcess]) -> bool:
        """Return whether another trial may start; an owner that falls behind is not given ever more to do."""
        busy = sum(not process.leaving for process in running)
        return busy < self._jobs and self._ended.qsize() < 2 * self._jobs

    def _supervise(self, running: dict[TrialProcess, int]) -> None:
        left, restarts = list(range(len(self._requests)))[::-1], 0
        while (left or running) and not self._stop:
            while left and self._has_room(running):
                index = left.pop()
                running[TrialProcess(*self._requests[index])] = index
            due = min((process.due for process in running), default=float("inf")) - time.monotonic()
            handles = [handle for process in running for handle in process.handles]
            ready = wait([*handles, self._woken], None if due == float("inf") else max(0.0, due))
            if self._woken in ready:
                os.read(self._woken, 4096)
            for process in list(running):
                process.turn()
                if process.ending is None:
                    continue
                index = running.pop(process)
                if process.ending.lost and restarts < _RESTARTS * self._jobs:
                    left.append(index)  # it did not fail: the server that it was forked from was killed
                    restarts += 1
                else:
                    self._ended.put((index, process.ending))
