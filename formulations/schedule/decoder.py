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
from instances.columns import FloatArray, IntArray

__all__ = ["DecoderArrays", "Room", "decode", "decode_into", "decoder_arrays", "new_room"]


class DecoderArrays(NamedTuple):
    """What the decoder reads of a `ScheduleCase`, in plain arrays for kernels; names as there.

    `first_reader` of an operation that is not an input is -1, of an input 0; `core_offsets`, shape (N + 1,), number the
    cores of all nodes one after the other.
    """

    task: IntArray
    is_input: IntArray
    is_last: IntArray
    source: IntArray
    release: FloatArray
    seconds: FloatArray
    size: FloatArray
    predecessors: IntArray
    predecessor_offsets: IntArray
    successors: IntArray
    successor_offsets: IntArray
    latency: FloatArray
    seconds_per_byte: FloatArray
    channels: IntArray
    channel_offsets: IntArray
    core_offsets: IntArray
    n_channels: int
    return_result: bool


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


def decoder_arrays(case: ScheduleCase) -> DecoderArrays:
    """Return what the decoder reads of `case`."""

    def whole(values) -> IntArray:
        return np.array(values, dtype=np.int64)

    def real(values) -> FloatArray:
        return np.array(values, dtype=np.float64, order="C")

    return DecoderArrays(
        task=whole(case.task),
        is_input=whole(case.is_input),
        is_last=whole(case.is_last),
        source=whole(case.source),
        release=real(case.release),
        seconds=real(case.seconds),
        size=real(case.size),
        predecessors=whole(case.predecessors),
        predecessor_offsets=whole(case.predecessor_offsets),
        successors=whole(case.successors),
        successor_offsets=whole(case.successor_offsets),
        latency=real(case.latency),
        seconds_per_byte=real(case.seconds_per_byte),
        channels=whole(case.channels),
        channel_offsets=whole(case.channel_offsets),
        core_offsets=whole(np.concatenate([[0], np.cumsum(case.cores)])),
        n_channels=case.n_channels,
        return_result=case.problem.options.return_result,
    )


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
def _send(arrays, operation, here, to, earliest, channel_free):
    """Return start and end of a transfer behind what its channels carry, and let them carry it."""
    nodes = len(arrays.core_offsets) - 1
    seconds = arrays.latency[here, to] + arrays.size[operation] * arrays.seconds_per_byte[here, to]
    start = earliest
    if seconds > 0.0:
        way = here * nodes + to
        first, last = arrays.channel_offsets[way], arrays.channel_offsets[way + 1]
        for row in range(first, last):
            start = max(start, channel_free[arrays.channels[row]])
        for row in range(first, last):
            channel_free[arrays.channels[row]] = start + seconds
    return start, start + seconds


@njit(cache=True, error_model="numpy")
def _send_all(arrays, operation, place, room):
    """Send the tensor of an operation that has its start to every other node that reads it."""
    here = place[operation]
    first, last = arrays.successor_offsets[operation], arrays.successor_offsets[operation + 1]
    count = 0
    for row in range(first, last):
        reader = arrays.successors[row]
        to = place[reader]
        if to == here:
            continue
        at = room.row_of[to]
        if at < 0:
            at = count
            room.row_of[to] = at
            room.target[at] = to
            room.target_key[at] = room.key[reader]
            count += 1
        else:
            room.target_key[at] = min(room.target_key[at], room.key[reader])
    home = arrays.source[arrays.task[operation]]
    home_too = arrays.return_result and arrays.is_last[operation] == 1 and here != home
    if count:
        for _ in range(count):
            best = -1
            for at in range(count):
                if room.target_key[at] < np.inf and (best < 0 or room.target_key[at] < room.target_key[best]):
                    best = at
            room.target_key[best] = np.inf
            room.target_sent[best], room.target_arrived[best] = _send(
                arrays, operation, here, room.target[best], room.end[operation], room.channel_free
            )
        for row in range(first, last):
            to = place[arrays.successors[row]]
            if to != here:
                room.sent[row] = room.target_sent[room.row_of[to]]
                room.arrived[row] = room.target_arrived[room.row_of[to]]
        for at in range(count):
            room.row_of[room.target[at]] = -1
    if home_too:
        task = arrays.task[operation]
        room.sent_back[task], arrived = _send(arrays, operation, here, home, room.end[operation], room.channel_free)
        room.back[task] = max(room.back[task], arrived)


@njit(cache=True, error_model="numpy", inline="always")  # a call would hand on some fifty arrays
def decode_into(arrays, place, rank, room):
    """Leave the schedule of `place` and `rank` in `room`; nodes and ways must be there.

    Parameters
    ----------
    arrays : DecoderArrays
        Of the case.
    place : int array, shape (n,)
        Position of every operation.
    rank : array, shape (n,)
        Priority, finite, the least first; those of inputs are not read.
    room : Room
        Working arrays.
    """
    # locals: an array out of a tuple in a loop would be counted at every use
    task_of, is_input, release, all_seconds = arrays.task, arrays.is_input, arrays.release, arrays.seconds
    predecessor_offsets, successors, successor_offsets = (
        arrays.predecessor_offsets,
        arrays.successors,
        arrays.successor_offsets,
    )
    size_of, latency, seconds_per_byte = arrays.size, arrays.latency, arrays.seconds_per_byte
    channels, channel_offsets, core_offsets = arrays.channels, arrays.channel_offsets, arrays.core_offsets
    waiting, ready, key, heap = room.waiting, room.ready, room.key, room.heap
    begin, end, back, sent, arrived = room.start, room.end, room.back, room.sent, room.arrived
    core_free, channel_free = room.core_free, room.channel_free
    n, nodes, serial = len(task_of), len(core_offsets) - 1, arrays.n_channels > 0
    core_free[:] = -np.inf
    channel_free[:] = -np.inf
    room.sent_back[:] = np.nan
    back[:] = 0.0
    size = 0
    for v in range(n):
        waiting[v] = predecessor_offsets[v + 1] - predecessor_offsets[v]
        ready[v] = 0.0
        key[v] = rank[v]
        if is_input[v] == 1:
            key[v] = np.inf
            for row in range(successor_offsets[v], successor_offsets[v + 1]):
                key[v] = min(key[v], rank[successors[row]])
    for v in range(n):
        if is_input[v] == 1:
            push(heap, size, key, v)
            size += 1
    while size:
        v = pop(heap, size, key)
        size -= 1
        node, task = place[v], task_of[v]
        if is_input[v] == 1:
            begin[v] = release[task]
            end[v] = begin[v]
        else:
            seconds, start = all_seconds[node, v], ready[v]
            if seconds > 0.0:
                first, last = core_offsets[node], core_offsets[node + 1]
                core = first
                for one in range(first + 1, last):
                    here, best = core_free[one], core_free[core]
                    if (here <= start and (here > best or best > start)) or (here < best and best > start):
                        core = one
                start = max(start, core_free[core])
                core_free[core] = start + seconds
            begin[v], end[v] = start, start + seconds
            back[task] = max(back[task], start + seconds)
        low, high = successor_offsets[v], successor_offsets[v + 1]
        if high - low == 1:
            # the usual case by itself, as `_send` does it: the call would take longer than the work
            to = place[successors[low]]
            if to != node:
                start = end[v]
                seconds = latency[node, to] + size_of[v] * seconds_per_byte[node, to]
                if serial and seconds > 0.0:
                    way = node * nodes + to
                    for row in range(channel_offsets[way], channel_offsets[way + 1]):
                        start = max(start, channel_free[channels[row]])
                    for row in range(channel_offsets[way], channel_offsets[way + 1]):
                        channel_free[channels[row]] = start + seconds
                sent[low], arrived[low] = start, start + seconds
        elif high > low or arrays.return_result:
            _send_all(arrays, v, place, room)
        for row in range(low, high):
            reader = successors[row]
            there = end[v] if place[reader] == node else arrived[row]
            ready[reader] = max(ready[reader], there)
            waiting[reader] -= 1
            if waiting[reader] == 0:
                push(heap, size, key, reader)
                size += 1


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
    arrays = decoder_arrays(case)
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
