"""Captured output: what a trial writes to stderr, kept in an unnamed file that cannot grow without end."""

from __future__ import annotations

import fcntl
import os
import tempfile
from multiprocessing import reduction
from typing import Any

__all__ = ["Captured", "Descriptor"]

_HEAD_BYTES, _TAIL_BYTES = 1_000, 3_000
_TRIM_BYTES = 4_000_000


class Captured:
    """A file that one process writes to and another trims and reads.

    A pipe would need somebody who reads it all the time, and would stop a method that prints where nobody does.
    """

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="tiercut-")  # noqa: SIM115 - closed by `close`
        flags = fcntl.fcntl(self._file.fileno(), fcntl.F_GETFL)
        fcntl.fcntl(self._file.fileno(), fcntl.F_SETFL, flags | os.O_APPEND)
        self._head = b""

    @property
    def descriptor(self) -> Descriptor:
        """What a child process is started with to write here."""
        return Descriptor(self._file.fileno())

    def trim(self) -> None:
        """Drop what was written so far where it is a lot; its beginning is kept."""
        if os.fstat(self._file.fileno()).st_size > _TRIM_BYTES:
            self._head = self._head or os.pread(self._file.fileno(), _HEAD_BYTES, 0)
            os.ftruncate(self._file.fileno(), 0)

    def text(self) -> str:
        """Return what was written: all of it, or its beginning and its end."""
        number = self._file.fileno()
        size = os.fstat(number).st_size
        tail = os.pread(number, _TAIL_BYTES, max(0, size - _TAIL_BYTES))
        if self._head:
            parts = [self._head, tail]
        elif size > _HEAD_BYTES + _TAIL_BYTES:
            parts = [os.pread(number, _HEAD_BYTES, 0), tail]
        else:
            parts = [os.pread(number, size, 0)]
        # null bytes stand where a writer went on behind a file that was cut short
        return "\n[...]\n".join(part.decode(errors="replace").replace("\0", "") for part in parts).strip()

    def close(self) -> None:
        """Close the file; it has no name and is gone with that."""
        self._file.close()


class Descriptor:
    """A file descriptor that goes with a process that is started."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __reduce__(self) -> tuple[Any, ...]:
        return _received, (reduction.DupFd(self.number),)


def _received(passed: Any) -> Descriptor:
    return Descriptor(passed.detach())
