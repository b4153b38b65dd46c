"""The batched evaluator of the family `schedule`: many placements with ranks at once, priced as the referee does.

The schedules are those of `formulations.schedule.decoder`: every operation and transfer as early as its turn allows.
Where energy counts a plan may gain by waiting; `formulations.schedule.timing` finds the best times of one plan.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import get_num_threads, njit, prange

from formulations.schedule.case import ScheduleCase
from formulations.schedule.decoder import decode_into, new_room
from formulations.schedule.kernel_arrays import KernelArrays, kernel_arrays
from instances.columns import FloatArray, IntArray
from instances.errors import InputError

__all__ = ["LIMIT_TOLERANCE", "evaluate_population", "new_ledger", "price"]

LIMIT_TOLERANCE = 1e-9
"""Relative amount by which a limit may be passed, as with the referee."""


class Ledger(NamedTuple):
    """Working arrays of one pricing at a time, shape (N,): windows and bytes of the nodes, and where a tensor went."""

    on: FloatArray
    off: FloatArray
    held: FloatArray
    sent_by: IntArray


@njit(cache=True, error_model="numpy")
def new_ledger(arrays):
    """Return working arrays for one pricing."""
    nodes = len(arrays.memory_limit)
    return Ledger(np.empty(nodes), np.empty(nodes), np.empty(nodes), np.empty(nodes, np.int64))


@njit(cache=True, error_model="numpy")
def _over(got, limit):
    """Return by what share `got` is over `limit`, 0 within the tolerance; over a limit of 0, `got` itself."""
    if got <= limit * (1.0 + LIMIT_TOLERANCE):
        return 0.0
    return (got - limit) / limit if limit > 0.0 else got


@njit(cache=True, error_model="numpy")
def _possible(arrays, place):
    """Return whether every operation may run where it is and every tensor finds a way."""
    seconds, latency, readers, first_reader = (
        arrays.seconds,
        arrays.latency,
        arrays.successors,
        arrays.successor_offsets,
    )
    is_last, source, task, returns = arrays.is_last, arrays.source, arrays.task, arrays.return_result
    for v in range(len(place)):
        here = place[v]
        if not seconds[here, v] < np.inf:
            return False
        for row in range(first_reader[v], first_reader[v + 1]):
            if not latency[here, place[readers[row]]] < np.inf:
                return False
        if returns and is_last[v] == 1 and not latency[here, source[task[v]]] < np.inf:
            return False
    return True


@njit(cache=True, error_model="numpy")
def _stay(on, off, node, start, end):
    on[node] = min(on[node], start)
    off[node] = max(off[node], end)


@njit(cache=True, error_model="numpy")
def _resources(arrays, place, room, ledger):
    """Return joules and money of a schedule."""
    size, latency, per_byte = arrays.size, arrays.latency, arrays.seconds_per_byte
    readers, first_reader, is_last, source = arrays.successors, arrays.successor_offsets, arrays.is_last, arrays.source
    task, is_input, returns = arrays.task, arrays.is_input, arrays.return_result
    layer_joules, layer_price = arrays.joules, arrays.price
    byte_joules, byte_price, watts = arrays.joules_per_byte, arrays.price_per_byte, arrays.transmit_watts
    idle, switch = arrays.idle_watts, arrays.switch_on_joules
    start_of, end_of, sent, arrived, sent_back = room.start, room.end, room.sent, room.arrived, room.sent_back
    on, off, sent_by = ledger.on, ledger.off, ledger.sent_by
    on[:] = np.inf
    off[:] = -np.inf
    sent_by[:] = -1
    joules, money = 0.0, 0.0
    for v in range(len(place)):
        here = place[v]
        if is_input[v] == 0:
            _stay(on, off, here, start_of[v], end_of[v])
            joules += layer_joules[here, v]
            money += layer_price[here, v]
        for row in range(first_reader[v], first_reader[v + 1]):
            to = place[readers[row]]
            if to == here or sent_by[to] == v:
                continue
            sent_by[to] = v
            _stay(on, off, here, sent[row], arrived[row])
            _stay(on, off, to, sent[row], arrived[row])
            seconds = latency[here, to] + size[v] * per_byte[here, to]
            joules += size[v] * byte_joules[here, to] + watts[here] * seconds
            money += size[v] * byte_price[here, to]
        home = source[task[v]]
        if returns and is_last[v] == 1 and here != home:
            seconds, start = latency[here, home] + size[v] * per_byte[here, home], sent_back[task[v]]
            _stay(on, off, here, start, start + seconds)
            _stay(on, off, home, start, start + seconds)
            joules += size[v] * byte_joules[here, home] + watts[here] * seconds
            money += size[v] * byte_price[here, home]
    for node in range(len(on)):
        if off[node] >= on[node]:
            joules += idle[node] * (off[node] - on[node]) + switch[node]
    return joules, money


@njit(cache=True, error_model="numpy")
def price(arrays, place, room, ledger):
    """Return objective and excess of the schedule that `decode_into` left in `room`."""
    release, deadline, hard, weight, back = (
        arrays.release,
        arrays.deadline,
        arrays.hard_deadline,
        arrays.weight,
        room.back,
    )
    makespan, total, weighted, tardiness, missed, excess = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    tasks = len(release)
    for task in range(tasks):
        response = back[task] - release[task]
        late = response - deadline[task]
        makespan = max(makespan, back[task])
        total += response
        weighted += weight[task] * response
        if late > 0.0:
            tardiness += weight[task] * late
        if late > LIMIT_TOLERANCE * max(1.0, deadline[task]):
            missed += 1.0
            if hard[task] < np.inf:
                excess += late / deadline[task]
    excess += _over(makespan, arrays.makespan_limit)
    w = arrays.weights
    value = w[0] * makespan + w[1] * total / tasks + w[2] * weighted + w[3] * tardiness + w[4] * missed
    if arrays.counts_energy or arrays.counts_price:
        joules, money = _resources(arrays, place, room, ledger)
        value += w[5] * joules + w[6] * money
        excess += _over(joules, arrays.energy_limit) + _over(money, arrays.price_limit)
    if arrays.counts_memory:
        held, memory, limit = ledger.held, arrays.memory, arrays.memory_limit
        held[:] = 0.0
        for v in range(len(place)):
            held[place[v]] += memory[v]
        for node in range(len(held)):
            excess += _over(held[node], limit[node])
    return value, excess


@njit(cache=True, error_model="numpy", parallel=True)
def _evaluate(arrays, place, rank, parts, value, excess):
    rows = len(place)
    for part in prange(parts):
        room, ledger = new_room(arrays), new_ledger(arrays)
        for row in range(part * rows // parts, (part + 1) * rows // parts):
            if _possible(arrays, place[row]):
                decode_into(arrays, place[row], rank[row], room)
                value[row], excess[row] = price(arrays, place[row], room, ledger)


def evaluate_population(
    case: ScheduleCase, place: IntArray, rank: FloatArray, arrays: KernelArrays | None = None
) -> tuple[FloatArray, FloatArray]:
    """Return objective and excess of many decoded schedules.

    Parameters
    ----------
    case : ScheduleCase
        The problem.
    place : int array, shape (P, n_operations)
        Position of every operation.
    rank : array, shape (P, n_operations)
        Priorities, as `formulations.schedule.decoder.decode` takes them.
    arrays : KernelArrays, optional
        ``kernel_arrays(case)``, made once where this is called often.

    Returns
    -------
    value : array, shape (P,)
        Objective; ``inf`` where an operation may not run where it is or a tensor finds no way.
    excess : array, shape (P,)
        Sum over hard deadlines, limits and memories of the share by which each is passed; 0 where all are kept.

    Raises
    ------
    InputError
        For other shapes, a position that is none, or a rank that is not finite.
    """
    place = np.ascontiguousarray(place, dtype=np.int64)
    rank = np.ascontiguousarray(rank, dtype=np.float64)
    if place.ndim != 2 or place.shape[1] != case.n_operations or rank.shape != place.shape:
        raise InputError("place, rank", f"must have the shape (P, {case.n_operations})", (place.shape, rank.shape))
    if place.size and not 0 <= place.min() <= place.max() < case.n_nodes:
        raise InputError("place", f"must be positions in 0..{case.n_nodes - 1}", (int(place.min()), int(place.max())))
    if not np.isfinite(rank).all():
        raise InputError("rank", "must be finite", float(rank[~np.isfinite(rank)][0]))
    value, excess = np.full(len(place), np.inf), np.full(len(place), np.inf)
    parts = max(1, min(len(place), get_num_threads()))
    _evaluate(arrays or kernel_arrays(case), place, rank, parts, value, excess)
    return value, excess
