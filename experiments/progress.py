"""Progress: a bar with the time left on a terminal, plain lines elsewhere; always on stderr."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

__all__ = ["TrialProgress", "duration"]


class TrialProgress:
    """Tells how many of `total` trials have ended.

    Parameters
    ----------
    total, finished : int
        Trials of the study, and how many had their record before.
    quiet : bool
        Say nothing.
    """

    def __init__(self, total: int, finished: int = 0, *, quiet: bool = False) -> None:
        self._total, self._before, self._done = total, finished, finished
        self._first: float | None = None  # the first trial of all waits for processes and compilers to start
        self._quiet = quiet
        console = Console(stderr=True)
        self._bar: Progress | None = None
        if console.is_terminal and not quiet:
            self._bar = Progress(
                SpinnerColumn(),
                TextColumn("[bold]trials"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeRemainingColumn(compact=True, elapsed_when_finished=True),
                TextColumn("{task.description}"),
                console=console,
                transient=True,
            )
            self._task = self._bar.add_task("", total=total, completed=finished)

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        elif self._before and not self._quiet:
            self._say(f"{self._before} of {self._total} trials have their record already")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def ended(self, instance: str, method: str, what: str, *, bad: bool = False) -> None:
        """Tell that a trial has ended, and how; `bad` endings stay on the terminal."""
        self._done += 1
        if self._quiet:
            return
        if self._bar is None:
            self._say(f"[{self._done}/{self._total}] {instance} · {method}: {what}{self._left()}")
            return
        self._bar.update(self._task, completed=self._done, description=f"[dim]{instance} · {method}")
        if bad:
            self._bar.console.print(f"[red]{instance} · {method}: {what}", highlight=False)

    def _left(self) -> str:
        """Return how long the rest takes at the pace so far, once there is one."""
        now, left = time.monotonic(), self._total - self._done
        if self._first is None:
            self._first = now
            return ""
        if not left:
            return ""
        return f", {duration((now - self._first) / (self._done - self._before - 1) * left)} left"

    def _say(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)


def duration(seconds: float) -> str:
    """Return `seconds` for people.

    Examples
    --------
    >>> duration(12.3), duration(150), duration(7300)
    ('12 s', '2 min 30 s', '2 h 1 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
