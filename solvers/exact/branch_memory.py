"""Memory in the branch and bound of `solvers.exact.branching`: what cannot be held is ruled out, or split away."""

# mypy: disable-error-code="no-untyped-def, assignment"

from __future__ import annotations

import numpy as np
from numba import njit

from formulations.joint.plan_rules import MEMORY_TOLERANCE

__all__ = ["HELD", "crowded", "fit", "take"]

HELD = 1.0 + 0.5 * MEMORY_TOLERANCE
"""Share of a node's memory up to which a plan fits; half of the referee's tolerance is left to rounding."""

_BEYOND = 1.0 + 2.0 * MEMORY_TOLERANCE
"""Share of a node's memory beyond which no plan fits, whatever the rounding."""


@njit(cache=True, nogil=True, error_model="numpy")
def take(left, held, option, sign):
    """Add (`sign` 1) or remove (-1) what an option holds."""
    for m in range(left.memory_offsets[option], left.memory_offsets[option + 1]):
        held[left.node[m]] += sign * left.bytes[m]


@njit(cache=True, nogil=True, error_model="numpy")
def _holds(left, option, node):
    """Return what the option holds of the node's memory."""
    for m in range(left.memory_offsets[option], left.memory_offsets[option + 1]):
        if left.node[m] == node:
            return left.bytes[m]
    return 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def _least(left, first, stop, room, sign):
    """Add `sign` times what all alive options first:stop of a task hold at least; leave it in ``room.least`` for now."""
    one = room.alive[first]
    for m in range(left.memory_offsets[one], left.memory_offsets[one + 1]):
        node, least = left.node[m], left.bytes[m]
        for a in range(first + 1, stop):
            least = min(least, _holds(left, room.alive[a], node))
        room.least[node] = least
        room.held[node] += sign * least


@njit(cache=True, nogil=True, error_model="numpy")
def fit(left, n_alive, room):
    """Rule out alive options that do not fit beside what the other tasks hold at least.

    Returns how many are left, -1 where some task has none.
    """
    if not left.n_nodes:
        return n_alive
    while True:
        room.held[:] = 0.0
        first = np.int64(0)  # a plain 0 would be compiled for once more
        while first < n_alive:
            stop = first + 1
            while stop < n_alive and left.task[room.alive[stop]] == left.task[room.alive[first]]:
                stop += 1
            _least(left, first, stop, room, 1.0)
            first = stop
        kept, first = 0, np.int64(0)
        while first < n_alive:
            stop, before = first + 1, kept
            while stop < n_alive and left.task[room.alive[stop]] == left.task[room.alive[first]]:
                stop += 1
            room.least[:] = 0.0
            _least(left, first, stop, room, 0.0)
            for a in range(first, stop):
                option, fits = room.alive[a], True
                for m in range(left.memory_offsets[option], left.memory_offsets[option + 1]):
                    node = left.node[m]
                    fits = fits and room.held[node] - room.least[node] + left.bytes[m] <= _BEYOND
                if fits:
                    room.alive[kept] = option
                    kept += 1
            if kept == before:
                return -1
            first = stop
        if kept == n_alive:
            return n_alive
        n_alive = kept


@njit(cache=True, nogil=True, error_model="numpy")
def crowded(left, n_open, room):
    """Return the open task (its group) to split for the memory that the cheapest options overfill, the node, and where.

    The group is -1 where they fit.
    """
    group, at_node, at = -1, -1, 0.0
    room.held[:] = 0.0
    for g in range(n_open):
        option = room.rows[room.pick[g]]
        room.choice[left.task[option]] = option
    for option in room.choice:
        take(left, room.held, option, 1.0)
    if left.n_nodes:
        at_node = np.argmax(room.held)
    if at_node < 0 or room.held[at_node] <= HELD:
        return -1, -1, 0.0
    widest = 0.0
    for g in range(n_open):
        most = _holds(left, room.rows[room.pick[g]], at_node)
        least = most
        for a in range(room.groups[g], room.groups[g + 1]):
            least = min(least, _holds(left, room.rows[a], at_node))
        if most - least > widest:
            widest, group = most - least, g
            at = least + 0.5 * widest if least + 0.5 * widest < most else least
    return group, at_node, at
