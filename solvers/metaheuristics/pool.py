"""Plain threads for compiled code that releases the interpreter's lock."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

__all__ = ["each"]


def each(work: Callable[[int], None], starts: Iterable[int], threads: int) -> None:
    """Do the work for every start, on so many threads."""
    if threads == 1:
        for start in starts:
            work(start)
    else:
        list(_pool(threads).map(work, starts))


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="price")
