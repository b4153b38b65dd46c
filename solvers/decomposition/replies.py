"""Cooperative best replies without a table: each task's option of least marginal cost, straight from its segments.

A reply takes the option where the objective falls most, given the loads of all other tasks; see
`solvers.local_search.best_reply`. Tasks are taken in the waves and lanes of `solvers.decomposition.waves`.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from math import fsum

import numpy as np
from numba import njit

from instances.columns import Array, FloatArray
from solvers.decomposition.blocks import side_by_side
from solvers.decomposition.segment_options import CODE, option_parts
from solvers.decomposition.segment_pricing import cheapest, room_for
from solvers.decomposition.segments import Segments
from solvers.decomposition.waves import lanes_of
from solvers.joint_kernels import IMPROVEMENT

__all__ = ["add_up", "load_of", "reply", "reply_block"]


def load_of(segments: Segments, state: Array, n_resources: int, threads: int) -> tuple[float, FloatArray]:
    """Return the fixed cost of `state`, shape (n_tasks, CODE), and what it puts on the resources."""
    fixed, total = list[float](), np.zeros(n_resources)
    rooms = [room_for(segments) for _ in lanes_of(len(state))[0]]
    for wave in lanes_of(len(state)):
        loads = [np.zeros(n_resources) for _ in wave]
        jobs = [(*span, state, segments, room, load) for span, room, load in zip(wave, rooms, loads, strict=True)]
        fixed += side_by_side(add_up, jobs, threads)
        for load in loads:
            total += load
    return fsum(fixed), total


def reply(segments: Segments, state: Array, load: FloatArray, threads: int) -> tuple[int, FloatArray]:
    """Let every task reply once; changes `state`. Returns how many moved, and the loads after that."""
    moves = 0
    rooms = [room_for(segments) for _ in lanes_of(len(state))[0]]
    for wave in lanes_of(len(state)):
        loads = [load.copy() for _ in wave]
        jobs = [
            (begin, end, state, segments, room, lane)
            for (begin, end), room, lane in zip(wave, rooms, loads, strict=True)
        ]
        moves += sum(side_by_side(reply_block, jobs, threads))
        load = load + sum(lane - load for lane in loads)
    return moves, load


@njit(cache=True, nogil=True, _nrt=False, error_model="numpy")
def add_up(begin, end, state, seg, room, load):
    """Add what the options of the tasks begin:end use to `load`; return their cost that no sharing changes."""
    total = 0.0
    for k in range(begin, end):
        n, cost = option_parts(k, state[k], seg, room.resource, room.root)
        total += cost
        for u in range(n):
            load[room.resource[u]] += room.root[u]
    return total


@njit(cache=True, nogil=True, _nrt=False, error_model="numpy")
def reply_block(begin, end, state, seg, room, load):
    """Let the tasks begin:end reply in turn; changes `state` and `load`, returns how many moved."""
    moves = 0
    for k in range(begin, end):
        n, now = option_parts(k, state[k], seg, room.resource, room.root)
        for u in range(n):
            load[room.resource[u]] -= room.root[u]
            now += (2.0 * load[room.resource[u]] + room.root[u]) * room.root[u]
        if cheapest(k, load, 1.0, seg, room, room.code) < now - IMPROVEMENT * now:
            for part in range(CODE):
                state[k, part] = room.code[part]
            moves += 1
            n, _ = option_parts(k, state[k], seg, room.resource, room.root)
        for u in range(n):
            load[room.resource[u]] += room.root[u]
    return moves
