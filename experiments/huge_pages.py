"""Huge pages: memory that a fork copies by its page tables is copied 512 pages at a time."""

from __future__ import annotations

import contextlib
import ctypes
import sys
from collections.abc import Iterator
from pathlib import Path

__all__ = ["collapse_memory"]

_HUGE_BYTES = 2 << 20
_MADV_COLLAPSE = 25


def collapse_memory() -> None:
    """Put what this process has in memory of its own into huge pages, where Linux (6.1 or later) can do that.

    A fork copies a table of pages and the end of a process takes it down again: with huge pages both take half the
    time. What a child writes to is still copied page by page.
    """
    if sys.platform != "linux":
        return
    with contextlib.suppress(OSError, AttributeError):
        madvise = ctypes.CDLL(None).madvise
        madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
        for begin, end in list(_own_memory()):
            madvise(begin, end - begin, _MADV_COLLAPSE)


def _own_memory() -> Iterator[tuple[int, int]]:
    """Yield the parts of anonymous memory that are whole huge pages, as begin and end address."""
    for line in Path("/proc/self/maps").read_text().splitlines():
        addresses, rights, _, _, _, *name = line.split(maxsplit=5)
        if rights == "rw-p" and (not name or name[0] == "[heap]"):
            begin, end = (int(address, 16) for address in addresses.split("-"))
            begin, end = -(-begin // _HUGE_BYTES) * _HUGE_BYTES, end // _HUGE_BYTES * _HUGE_BYTES
            if begin < end:
                yield begin, end
