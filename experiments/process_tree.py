"""The process tree: who descends from a process, what memory they hold, and how all of them are ended.

A process group is not enough: a method may start a process in a session of its own and die. On Linux the trial and
the fork server are therefore "child subreapers": an orphan becomes the child of the trial or, where that has ended, of
the fork server, and is found there. Elsewhere the group and the descendants that were seen are all there is.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Iterable, Mapping
from typing import Any

import psutil

__all__ = ["children_map", "descendants", "die_with_parent", "end_all", "proportional", "resident", "subreaper"]

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_ROUNDS = 200


def die_with_parent() -> None:
    """Ask the kernel to end this process when its parent has gone; it does so even in the midst of native code."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def subreaper() -> bool:
    """Become the parent of orphaned descendants; return whether the system can do that."""
    return _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def _prctl(option: int, value: int) -> bool:
    if sys.platform != "linux":
        return False
    try:
        return bool(ctypes.CDLL(None).prctl(option, value, 0, 0, 0) == 0)
    except (OSError, AttributeError):
        return False


def children_map() -> dict[int, list[int]]:
    """Return the children of every process that runs; those that have ended and wait to be reaped are left out."""
    found: dict[int, list[int]] = {}
    if sys.platform != "linux":
        for process in psutil.process_iter(["ppid", "status"]):
            if process.info["status"] != psutil.STATUS_ZOMBIE:
                found.setdefault(process.info["ppid"], []).append(process.pid)
        return found
    for name in os.listdir("/proc"):  # psutil reads more of each process than is needed many times a second
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    state, parent = file.read().rpartition(b")")[2].split()[:2]
            except (OSError, ValueError):
                continue
            if state not in b"ZX":
                found.setdefault(int(parent), []).append(int(name))
    return found


def descendants(pid: int, children: Mapping[int, list[int]] | None = None) -> list[int]:
    """Return all that run below process `pid`, parents before children."""
    children = children_map() if children is None else children
    found = list(children.get(pid, ()))
    for one in found:  # grows meanwhile
        found.extend(child for child in children.get(one, ()) if child not in found)
    return found


def resident(pids: Iterable[int]) -> int:
    """Return the resident bytes of processes together; pages that they share count once for each."""
    return sum(_memory(pid, "memory_info", "rss") for pid in pids)


def proportional(pids: Iterable[int]) -> int:
    """Return the resident bytes of processes together; a page that n processes share counts 1/n for each.

    Slower than `resident`, which stands in where the system does not tell.
    """
    if sys.platform != "linux":
        return resident(pids)
    return sum(_memory(pid, "memory_full_info", "pss") for pid in pids)


def _memory(pid: int, call: str, name: str) -> int:
    try:
        found: Any = getattr(psutil.Process(pid), call)()
        return int(getattr(found, name))
    except psutil.Error:
        return 0


def end_all(top: int | None, *, group: int | None = None, spare: Iterable[int] = (), seconds: float = 2.0) -> None:
    """Kill a process group and all descendants of process `top`, until none is left that runs.

    Parameters
    ----------
    top : int or None
        Its descendants end; itself does not, unless it is in the group.
    group : int, optional
        Process group that ends first.
    spare : iterable of int
        Children of `top` that stay, with all below them.
    seconds : float
        When to give up: a process in the midst of a system call cannot be ended.
    """
    spared, until = frozenset(spare), time.monotonic() + seconds
    for turn in range(_ROUNDS):
        children = {} if top is None else children_map()
        if group is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(group, signal.SIGKILL)
        if top is None:
            return
        children[top] = [pid for pid in children.get(top, ()) if pid not in spared]
        left = descendants(top, children)
        for pid in left:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        if not left or time.monotonic() > until:
            return
        time.sleep(0.001 * min(turn, 20))
