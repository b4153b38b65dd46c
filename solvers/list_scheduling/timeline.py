"""Timelines of cores and channels: what is booked on each, in order of time, with the last bookings revocable."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from instances.columns import FloatArray, IntArray

__all__ = ["Timelines", "book", "empty_timelines", "first_gap", "revoke"]


class Timelines(NamedTuple):
    """Spans in linked lists, one list a line.

    `first` and `tail` are the first span (-1: none) and the end of the last of every line; a span has its bounds, the
    span after it, its line, the span before it and the tail of its line when it was booked. `used` holds the number of spans.
    """

    first: IntArray
    tail: FloatArray
    start: FloatArray
    end: FloatArray
    after: IntArray
    line: IntArray
    before: IntArray
    old_tail: FloatArray
    used: IntArray


def empty_timelines(lines: int, spans: int) -> Timelines:
    """Return `lines` timelines with room for `spans` spans in all."""
    return Timelines(
        first=np.full(lines, -1, dtype=np.int64),
        tail=np.full(lines, -np.inf),
        start=np.empty(spans),
        end=np.empty(spans),
        after=np.empty(spans, dtype=np.int64),
        line=np.empty(spans, dtype=np.int64),
        before=np.empty(spans, dtype=np.int64),
        old_tail=np.empty(spans),
        used=np.zeros(1, dtype=np.int64),
    )


@njit(cache=True)
def first_gap(lines, line, ready, length, insertion):
    """Return the first time from `ready` on at which `line` is free for `length`; after all spans without `insertion`."""
    if ready >= lines.tail[line]:
        return ready
    if not insertion:
        return lines.tail[line]
    time, span = ready, lines.first[line]
    while span >= 0 and lines.start[span] < time + length:
        time = max(time, lines.end[span])
        span = lines.after[span]
    return time


@njit(cache=True)
def book(lines, line, start, end):
    """Book a span that is free."""
    before, after = -1, lines.first[line]
    while after >= 0 and lines.start[after] < start:
        before, after = after, lines.after[after]
    span = lines.used[0]
    lines.used[0] += 1
    lines.start[span], lines.end[span], lines.line[span] = start, end, line
    lines.before[span], lines.after[span] = before, after
    lines.old_tail[span] = lines.tail[line]
    lines.tail[line] = max(lines.tail[line], end)
    if before >= 0:
        lines.after[before] = span
    else:
        lines.first[line] = span


@njit(cache=True)
def revoke(lines, count):
    """Take back all but the first `count` bookings."""
    while lines.used[0] > count:
        lines.used[0] -= 1
        span = lines.used[0]
        line, before = lines.line[span], lines.before[span]
        lines.tail[line] = lines.old_tail[span]
        if before >= 0:
            lines.after[before] = lines.after[span]
        else:
            lines.first[line] = lines.after[span]
