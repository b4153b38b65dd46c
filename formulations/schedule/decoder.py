"""The decoder: a schedule for every operation's node and rank.

Operations are taken one after the other: of those whose producers have all been taken the one of least rank (ties: of
least number), an input with the least rank among its readers. An operation that is taken starts as soon as its tensors
are there and a core is free, behind what its cores run already; its tensors leave at once for every other node that
reads them, the reader of least rank first, and where links are serial each waits until its channels are free behind
what they carry already. Of several free cores it takes the one that was free last, which leaves most room to the rest.
This is the serial generation of schedules (Kolisch, European Journal of Operational Research 90, 1996) without
insertion: for every placement some ranks give a best schedule of a regular objective where links are free.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from formulations.schedule.case import ScheduleCase
from formulations.schedule.heap import pop, push
from formulations.schedule.kernel_arrays import kernel_arrays
from instances.columns import FloatArray, IntArray

__all__ = ["Room", "decode", "decode_into", "new_room"]


class Room(NamedTuple):
    """Working arrays of one decoder at a time, and the schedule that it leaves there.

    Parameters
    ----------
    start, end : arrays, shape (n,)
        Of every operation.
    sent, arrived : arrays, shape (n_edges,)
        Start and end of the transfer behind every entry of ``successors`` whose ends are on different nodes.
    sent_back, back : arrays, shape (n_tasks,)
        Start of the result's way home (NaN: it is there), and the end of every task.
    """

    start: FloatArray
    end: FloatArray
    sent: FloatArray
    arrived: FloatArray
    sent_back: FloatArray
    back: FloatArray
    ready: FloatArray
    waiting: IntArray
    key: FloatArray
    heap: IntArray
    core_free: FloatArray
    channel_free: FloatArray
    target: IntArray
    target_key: FloatArray
    target_sent: FloatArray
    target_arrived: FloatArray
    row_of: IntArray


@njit(cache=True, error_model="numpy")
def new_room(arrays):
    """Return working arrays for one decoder."""
    n, edges, nodes = len(arrays.task), len(arrays.successors), len(arrays.core_offsets) - 1
    tasks = len(arrays.release)
    most = 1
    for v in range(n):
        most = max(most, arrays.successor_offsets[v + 1] - arrays.successor_offsets[v] + 1)
    return Room(
        np.empty(n),
        np.empty(n),
        np.empty(edges),
        np.empty(edges),
        np.empty(tasks),
        np.empty(tasks),
        np.empty(n),
        np.empty(n, np.int64),
        np.empty(n),
        np.empty(n, np.int64),
        np.empty(arrays.core_offsets[nodes]),
        np.empty(arrays.n_channels),
        np.empty(most, np.int64),
        np.empty(most),
        np.empty(most),
        np.empty(most),
        np.full(nodes, -1),
    )


@njit(cache=True, error_model="numpy")
def _leave(seconds, earliest, first, last, channels, channel_free):
    """Return the start of a transfer behind what its channels carry, and let them carry it."""
    start = earliest
    if seconds > 0.0:
        for row in range(first, last):
            start = max(start, channel_free[channels[row]])
        for row in range(first, last):
            channel_free[channels[row]] = start + seconds
    return start


@njit(cache=True, error_model="numpy")
def _take_core(start, first, last, core_free):
    """Return the core that is free at `start` and was free last, else the one that is free first."""
    core = first
    for one in range(first + 1, last):
        here, best = core_free[one], core_free[core]
        if (here <= start and (here > best or best > start)) or (here < best and best > start):
            core = one
    return core


@njit(cache=True, error_model="numpy")
def decode_into(arrays, place, rank, room):
    """Leave the schedule of `place` and `rank` in `room`; nodes and ways must be there.

    Parameters
    ----------
    arrays : KernelArrays
        Of the case.
    place : int array, shape (n,)
        Position of every operation.
    rank : array, shape (n,)
        Priority, finite, the least first; those of inputs are not read.
    room : Room
        Working arrays.
    """
    # fields of tuples are counted references: taken once, not in loops
    task_of, is_input, is_last, source = arrays.task, arrays.is_input, arrays.is_last, arrays.source
    release, seconds_of, size_of = arrays.release, arrays.seconds, arrays.size
    producers, readers, first_reader = arrays.predecessor_offsets, arrays.successors, arrays.successor_offsets
    latency, per_byte = arrays.latency, arrays.seconds_per_byte
    channels, first_channel, first_core = arrays.channels, arrays.channel_offsets, arrays.core_offsets
    returns, nodes, n = arrays.return_result, len(arrays.core_offsets) - 1, len(arrays.task)
    start_of, end_of, sent, arrived = room.start, room.end, room.sent, room.arrived
    sent_back, back, ready, waiting, key, heap = (
        room.sent_back,
        room.back,
        room.ready,
        room.waiting,
        room.key,
        room.heap,
    )
    core_free, channel_free = room.core_free, room.channel_free
    target, target_key, row_of = room.target, room.target_key, room.row_of
    target_sent, target_arrived = room.target_sent, room.target_arrived
    core_free[:] = -np.inf
    channel_free[:] = -np.inf
    sent_back[:] = np.nan
    back[:] = 0.0
    size = 0
    for v in range(n):
        waiting[v] = producers[v + 1] - producers[v]
        ready[v] = 0.0
        key[v] = rank[v]
        if is_input[v] == 1:
            key[v] = np.inf
            for row in range(first_reader[v], first_reader[v + 1]):
                key[v] = min(key[v], rank[readers[row]])
            push(heap, size, key, v)
            size += 1
    while size:
        v = pop(heap, size, key)
        size -= 1
        here, task = place[v], task_of[v]
        if is_input[v] == 1:
            end = release[task]
            start_of[v] = end
        else:
            seconds, start = seconds_of[here, v], ready[v]
            if seconds > 0.0:
                core = _take_core(start, first_core[here], first_core[here + 1], core_free)
                start = max(start, core_free[core])
                core_free[core] = start + seconds
            start_of[v], end = start, start + seconds
            back[task] = max(back[task], end)
        end_of[v] = end
        count, first, last = 0, first_reader[v], first_reader[v + 1]
        for row in range(first, last):
            reader = readers[row]
            to = place[reader]
            if to == here:
                continue
            at = row_of[to]
            if at < 0:
                row_of[to], target[count], target_key[count] = count, to, key[reader]
                count += 1
            else:
                target_key[at] = min(target_key[at], key[reader])
        for _ in range(count):
            best = -1
            for at in range(count):
                if target_key[at] < np.inf and (best < 0 or target_key[at] < target_key[best]):
                    best = at
            target_key[best] = np.inf
            to = target[best]
            way, seconds = here * nodes + to, latency[here, to] + size_of[v] * per_byte[here, to]
            leaves = _leave(seconds, end, first_channel[way], first_channel[way + 1], channels, channel_free)
            target_sent[best], target_arrived[best] = leaves, leaves + seconds
        for row in range(first, last):
            reader = readers[row]
            to, there = place[reader], end
            if to != here:
                there = target_arrived[row_of[to]]
                sent[row], arrived[row] = target_sent[row_of[to]], there
            ready[reader] = max(ready[reader], there)
            waiting[reader] -= 1
            if waiting[reader] == 0:
                push(heap, size, key, reader)
                size += 1
        for at in range(count):
            row_of[target[at]] = -1
        if returns and is_last[v] == 1 and here != source[task]:
            to = source[task]
            way, seconds = here * nodes + to, latency[here, to] + size_of[v] * per_byte[here, to]
            leaves = _leave(seconds, end, first_channel[way], first_channel[way + 1], channels, channel_free)
            sent_back[task] = leaves
            back[task] = max(back[task], leaves + seconds)


def decode(case: ScheduleCase, place: IntArray, rank: FloatArray) -> tuple[FloatArray, IntArray, FloatArray]:
    """Return the schedule of one placement and its ranks.

    Parameters
    ----------
    case : ScheduleCase
        The problem.
    place : int array, shape (n_operations,)
        Position of every operation; every node must be allowed and every way must be there.
    rank : array, shape (n_operations,)
        Priority, the least first; those of inputs are not read.

    Returns
    -------
    start : array, shape (n_operations,)
        Start of every operation, s.
    transfers : int array, shape (n_transfers, 2)
        As `ScheduleCase.transfers` gives them.
    transfer_start : array, shape (n_transfers,)
        Start of every transfer, s.

    Examples
    --------
    ``case.plan(place, *decode(case, place, rank))`` is the plan.
    """
    arrays = kernel_arrays(case)
    room = new_room(arrays)
    place = np.ascontiguousarray(place, dtype=np.int64)
    decode_into(arrays, place, np.ascontiguousarray(rank, dtype=np.float64), room)
    return room.start, *_transfers(case, place, room)


def _transfers(case: ScheduleCase, place: IntArray, room: Room) -> tuple[IntArray, FloatArray]:
    producer = np.repeat(np.arange(case.n_operations), np.diff(case.successor_offsets))
    pairs, sent = np.column_stack([producer, place[case.successors]]), room.sent
    if case.problem.options.return_result:
        last = np.flatnonzero(case.is_last)
        pairs = np.concatenate([pairs, np.column_stack([last, case.source])])
        sent = np.concatenate([sent, room.sent_back])
    crosses = place[pairs[:, 0]] != pairs[:, 1]
    found, row = np.unique(pairs[crosses], axis=0, return_index=True)
    return found, sent[crosses][row]
