"""Control groups: where the kernel itself holds a trial's memory limit (Linux, cgroup v2, where writable).

A group needs no root, only a directory that was delegated to the user, as systemd does with ``Delegate=yes`` and
batch systems with their job's own. Where there is none, resident memory is watched from outside instead; which of the
two it was stands among the facts of the environment.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import time
from functools import cache
from pathlib import Path

import psutil

__all__ = ["ControlGroup", "control_group", "delegated"]

_PREFIX = "tiercut-"
_NUMBER = itertools.count()


class ControlGroup:
    """A group of processes with a limit on the memory that they hold together.

    Parameters
    ----------
    parent : Path
        A directory that `delegated` returned.
    memory_bytes : float
        Resident memory; swap is not granted.
    """

    def __init__(self, parent: Path, memory_bytes: float) -> None:
        self.path = parent / f"{_PREFIX}{os.getpid()}-{next(_NUMBER)}"
        self.path.mkdir()
        self._write("memory.max", str(int(memory_bytes)))
        for name, text in (("memory.swap.max", "0"), ("memory.oom.group", "1")):
            with contextlib.suppress(OSError):  # kernels differ
                self._write(name, text)

    def add(self, pid: int) -> None:
        """Take in a process; its children follow."""
        self._write("cgroup.procs", str(pid))

    @property
    def peak_bytes(self) -> int:
        """The most memory that was held, as far as the kernel tells."""
        for name in ("memory.peak", "memory.current"):
            with contextlib.suppress(OSError, ValueError):
                return int((self.path / name).read_text())
        return 0

    @property
    def overrun(self) -> bool:
        """Whether the kernel has killed for memory."""
        with contextlib.suppress(OSError, ValueError):
            for line in (self.path / "memory.events").read_text().splitlines():
                name, _, count = line.partition(" ")
                if name == "oom_kill" and int(count):
                    return True
        return False

    def close(self) -> None:
        """End whoever is left in the group and remove it."""
        with contextlib.suppress(OSError):
            self._write("cgroup.kill", "1")
        for _ in range(100):
            try:
                self.path.rmdir()
                return
            except FileNotFoundError:
                return
            except OSError:
                time.sleep(0.005)

    def _write(self, name: str, text: str) -> None:
        # never made where it is missing: a plain folder is no control group
        with open(os.open(self.path / name, os.O_WRONLY), "w") as file:
            file.write(text)


def control_group(memory_bytes: float | None) -> ControlGroup | None:
    """Return a new group with a limit, or None where there is no limit or the system does not delegate groups."""
    parent = delegated()
    if memory_bytes is None or parent is None:
        return None
    try:
        return ControlGroup(parent, memory_bytes)
    except OSError:
        return None


@cache
def delegated(mounts: Path = Path("/proc/self/mountinfo"), own: Path = Path("/proc/self/cgroup")) -> Path | None:
    """Return the nearest writable control group whose children have a memory controller, or None.

    Groups that a killed run has left empty are removed on the way.
    """
    try:
        lines = [line.split() for line in mounts.read_text().splitlines()]
        [place] = [line.split("::", 1)[1] for line in own.read_text().splitlines() if line.startswith("0::")]
    except (OSError, ValueError):
        return None
    for line in lines:
        if "-" in line and line[line.index("-") + 1] == "cgroup2":
            root = Path(line[4])
            here = root / place.lstrip("/")
            for group in (here, *here.parents):
                if _usable(group):
                    _tidy(group)
                    return group
                if group == root:
                    break
    return None


def _usable(group: Path) -> bool:
    try:
        granted = (group / "cgroup.subtree_control").read_text().split()
    except OSError:
        return False
    return "memory" in granted and os.access(group, os.W_OK) and os.access(group / "cgroup.procs", os.W_OK)


def _tidy(group: Path) -> None:
    for left in group.glob(f"{_PREFIX}*-*"):
        pid = left.name.removeprefix(_PREFIX).partition("-")[0]
        if pid.isdigit() and not psutil.pid_exists(int(pid)):
            with contextlib.suppress(OSError):
                left.rmdir()
