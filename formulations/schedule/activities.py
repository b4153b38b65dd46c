"""The activities of a plan, operations and transfers, with the arcs that its placement and its orders put between them."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from formulations.schedule.case import ScheduleCase
from formulations.schedule.heap import pop, push
from formulations.schedule.plan import SchedulePlan
from instances.columns import BoolArray, FloatArray, IntArray
from instances.errors import InputError

__all__ = ["Activities", "activities_of", "earliest", "used", "waiting"]

_SLACK = 1e-9  # share of the horizon by which the plan's times may be off, as with the referee


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Activities:
    """Operations and transfers of a plan; an arc a -> b says that b starts when a has ended or later.

    Activities are numbered operation by operation, each followed by its transfers, so that tensors go to higher numbers.

    Parameters
    ----------
    operation : int array, shape (A,)
        The operation that it is, or whose tensor it sends.
    node, to : int arrays, shape (A,)
        Position where it runs or that it sends from; position that it sends to, -1 for operations.
    seconds, joules : arrays, shape (A,)
        How long it takes, and its own energy.
    is_input : bool array, shape (A,)
        Whether it is the input of a task.
    order : int array, shape (A,)
        All activities in an order that the arcs follow.
    before, before_offsets : int arrays
        Arcs that end in a: from ``before[before_offsets[a]:before_offsets[a + 1]]``.
    of_operation : int array, shape (n,)
        The activity of every operation.
    last : int array, shape (K,)
        The activity with which each task ends.
    """

    operation: IntArray
    node: IntArray
    to: IntArray
    seconds: FloatArray
    joules: FloatArray
    is_input: BoolArray
    order: IntArray
    before: IntArray
    before_offsets: IntArray
    of_operation: IntArray
    last: IntArray


def activities_of(case: ScheduleCase, plan: SchedulePlan) -> Activities:
    """Return the activities of `plan` with the arcs of its tensors, cores and channels.

    Activities of a node or channel follow each other by their starts in `plan`, and by the tensors where those contradict
    it; an operation goes to the core that is free at its start and was free last.

    Raises
    ------
    InputError
        If an operation is where it may not run, a tensor finds no way, or transfers are not those that the placement needs.
    """
    place = _positions(case, plan)
    needed, planned_sends = _transfers(case, plan, place)
    n, size = case.n_operations, case.n_operations + len(needed)
    operation, to = np.concatenate([np.arange(n), needed[:, 0]]), np.concatenate([np.full(n, -1), needed[:, 1]])
    by_number = np.lexsort((to, operation))
    operation, to = operation[by_number], to[by_number]
    number = np.empty(size, dtype=np.int64)
    number[by_number] = np.arange(size)
    node, sends = place[operation], to >= 0
    seconds, joules = case.seconds[node, operation], case.joules[node, operation]
    a, b, sent = node[sends], to[sends], case.size[operation[sends]]
    seconds[sends] = case.latency[a, b] + sent * case.seconds_per_byte[a, b]
    joules[sends] = sent * case.joules_per_byte[a, b] + case.transmit_watts[a] * seconds[sends]
    if not np.isfinite(seconds).all():
        bad = int(operation[~np.isfinite(seconds)][0])
        raise InputError(
            "plan", f"operation {bad} must be where it may run and its tensor finds a way", int(place[bad])
        )
    planned = np.concatenate([plan.start_s, planned_sends])[by_number]
    # a tensor is where its operation ran and where it was sent
    key = operation * case.n_nodes + np.where(sends, to, node)
    reader = np.repeat(np.arange(n), np.diff(case.predecessor_offsets))
    tails = np.concatenate([_rows(key, case.predecessors * case.n_nodes + place[reader]), number[operation[sends]]])
    heads = np.concatenate([number[reader], np.flatnonzero(sends)])
    after, after_offsets = _lists(tails, heads, size)
    waiting = np.bincount(heads, minlength=size)
    order = _in_turn(after, after_offsets, waiting, planned)
    slack = _SLACK * float(np.abs(planned + seconds).max(initial=0.0))
    cores = np.concatenate([[0], np.cumsum(case.cores)])
    pairs = _in_a_row(
        order, node, to, seconds, planned, slack, cores, case.channels, case.channel_offsets, case.n_channels
    )
    before, before_offsets = _lists(np.concatenate([heads, pairs[:, 1]]), np.concatenate([tails, pairs[:, 0]]), size)
    last = np.flatnonzero(case.is_last)
    home = case.source if case.problem.options.return_result else place[last]
    return Activities(
        operation=operation,
        node=node,
        to=to,
        seconds=seconds,
        joules=joules,
        is_input=~sends & case.is_input[operation],
        order=order,
        before=before,
        before_offsets=before_offsets,
        of_operation=number[:n],
        last=_rows(key, last * case.n_nodes + home),
    )


def earliest(what: Activities, floor: FloatArray) -> FloatArray:
    """Return the earliest start of every activity, at or after `floor`, shape (A,)."""
    found: FloatArray = _earliest(what.order, what.before, what.before_offsets, what.seconds, floor)
    return found


def used(case: ScheduleCase, what: Activities) -> BoolArray:
    """Return which positions take part, shape (N,)."""
    found = np.zeros(case.n_nodes, dtype=bool)
    found[what.node[~what.is_input]] = True
    found[what.to[what.to >= 0]] = True
    return found


def waiting(case: ScheduleCase, what: Activities) -> IntArray:
    """Return the positions that take part and cost something while they are on."""
    found: IntArray = np.flatnonzero(used(case, what) & (case.idle_watts > 0))
    return found


def _positions(case: ScheduleCase, plan: SchedulePlan) -> IntArray:
    if len(plan.node) != case.n_operations:
        raise InputError("plan", f"must place {case.n_operations} operations", len(plan.node))
    return _known(case, plan.node)


def _known(case: ScheduleCase, nodes: IntArray) -> IntArray:
    """Return the positions of `nodes`."""
    position = np.minimum(np.searchsorted(case.nodes, nodes), case.n_nodes - 1)
    strange = case.nodes[position] != nodes
    if strange.any():
        raise InputError("plan", "must place layers on nodes that may run some", int(nodes[strange][0]))
    return position


def _transfers(case: ScheduleCase, plan: SchedulePlan, place: IntArray) -> tuple[IntArray, FloatArray]:
    """Return the transfers that `place` needs and their starts in `plan`."""
    needed = case.transfers(place)
    given = np.column_stack([plan.transfer_operation, _known(case, plan.transfer_node)])
    by_number = np.lexsort((given[:, 1], given[:, 0]))
    if not np.array_equal(given[by_number], needed):
        raise InputError("plan", f"must have the {len(needed)} transfers that its placement needs", len(given))
    return needed, plan.transfer_start_s[by_number]


def _rows(key: IntArray, wanted: IntArray) -> IntArray:
    """Return where the values `wanted` stand in `key`, which has them all."""
    by_key = np.argsort(key, kind="stable")
    found: IntArray = by_key[np.searchsorted(key[by_key], wanted)]
    return found


def _lists(owner: IntArray, item: IntArray, size: int) -> tuple[IntArray, IntArray]:
    """Return the items of every owner, one after the other, and where each owner's begin."""
    by_owner = np.argsort(owner, kind="stable")
    return item[by_owner], np.searchsorted(owner[by_owner], np.arange(size + 1))


@njit(cache=True, error_model="numpy")
def _in_turn(after, after_offsets, waiting, planned):
    """Return all activities by their planned starts, none before its tensors."""
    size = len(planned)
    order, heap = np.empty(size, np.int64), np.empty(size, np.int64)
    count = 0
    for a in range(size):
        if waiting[a] == 0:
            push(heap, count, planned, a)
            count += 1
    for turn in range(size):
        a = pop(heap, count, planned)
        count -= 1
        order[turn] = a
        for row in range(after_offsets[a], after_offsets[a + 1]):
            b = after[row]
            waiting[b] -= 1
            if waiting[b] == 0:
                push(heap, count, planned, b)
                count += 1
    return order


@njit(cache=True, error_model="numpy")
def _in_a_row(order, node, to, seconds, planned, slack, cores, channels, channel_offsets, n_channels):
    """Return the pairs that follow each other on a core or a channel; what takes no time holds neither."""
    nodes = len(cores) - 1
    on_core, core_free = np.full(cores[nodes], -1), np.full(cores[nodes], -np.inf)
    on_channel = np.full(n_channels, -1)
    size = 0
    for a in order:
        size += (
            1 if to[a] < 0 else channel_offsets[node[a] * nodes + to[a] + 1] - channel_offsets[node[a] * nodes + to[a]]
        )
    pairs = np.empty((size, 2), np.int64)
    count = 0
    for a in order:
        if seconds[a] <= 0.0:
            continue
        if to[a] < 0:
            core = cores[node[a]]
            for one in range(core + 1, cores[node[a] + 1]):
                here, best, start = core_free[one], core_free[core], planned[a] + slack
                if (here <= start and (here > best or best > start)) or (here < best and best > start):
                    core = one
            if on_core[core] >= 0:
                pairs[count, 0], pairs[count, 1] = on_core[core], a
                count += 1
            on_core[core] = a
            core_free[core] = max(core_free[core], planned[a]) + seconds[a]
        else:
            way = node[a] * nodes + to[a]
            for row in range(channel_offsets[way], channel_offsets[way + 1]):
                channel = channels[row]
                if on_channel[channel] >= 0:
                    pairs[count, 0], pairs[count, 1] = on_channel[channel], a
                    count += 1
                on_channel[channel] = a
    return pairs[:count]


@njit(cache=True, error_model="numpy")
def _earliest(order, before, before_offsets, seconds, floor):
    start = floor.copy()
    for a in order:
        for row in range(before_offsets[a], before_offsets[a + 1]):
            b = before[row]
            start[a] = max(start[a], start[b] + seconds[b])
    return start
