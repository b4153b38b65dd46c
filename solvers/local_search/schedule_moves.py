"""Moves between schedules that are coded as places and ranks: many random neighbours of one schedule at once."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from formulations.schedule.case import ScheduleCase
from formulations.schedule.plan import SchedulePlan
from instances.columns import FloatArray, IntArray

__all__ = ["MoveTables", "code_of", "move_tables", "neighbours"]

_KINDS = np.cumsum([0.3, 0.2, 0.1, 0.1, 0.15, 0.15])
"""Of relocating an operation, a segment of a task, what a task has on a node; of exchanging nodes, ranks; of shifting a rank."""


class MoveTables(NamedTuple):
    """Operations that are no inputs and can run in several places, all that are no inputs, and their tasks and nodes."""

    movable: IntArray
    active: IntArray
    task: IntArray
    allowed: IntArray
    choice_offsets: IntArray
    choices: IntArray


def move_tables(case: ScheduleCase) -> MoveTables:
    """Return what moves read of `case`."""
    allowed = case.allowed.T
    count = allowed.sum(axis=1)
    return MoveTables(
        movable=np.flatnonzero((count > 1) & ~case.is_input),
        active=np.flatnonzero(~case.is_input),
        task=case.task.astype(np.int64),
        allowed=np.ascontiguousarray(allowed).astype(np.int64),
        choice_offsets=np.concatenate([[0], np.cumsum(count)]),
        choices=np.nonzero(allowed)[1],
    )


def code_of(case: ScheduleCase, plan: SchedulePlan) -> tuple[IntArray, FloatArray]:
    """Return places and ranks of a plan: ranks are the order of starts."""
    place = np.searchsorted(case.nodes, plan.node)
    order = np.lexsort((np.arange(case.n_operations), plan.start_s))
    rank = np.empty(case.n_operations)
    rank[order] = np.arange(case.n_operations)
    return place, rank


def neighbours(
    tables: MoveTables, place: IntArray, rank: FloatArray, count: int, rng: np.random.Generator
) -> tuple[IntArray, FloatArray]:
    """Return `count` random neighbours, places and ranks each of shape (count, n_operations)."""
    places, ranks = np.tile(place, (count, 1)), np.tile(rank, (count, 1))
    _move(tables, rng.random((count, 5)), places, ranks)
    return places, ranks


@njit(cache=True)
def _move(tables, draws, places, ranks):
    movable, active = tables.movable, tables.active
    for i in range(len(draws)):
        place, rank = places[i], ranks[i]
        kind = np.searchsorted(_KINDS, draws[i, 0] * _KINDS[-1], side="right")
        w = active[int(draws[i, 2] * len(active))]
        if len(movable) == 0:
            kind = max(kind, 4)
        if kind <= 3:
            v = movable[int(draws[i, 1] * len(movable))]
            low, high = tables.choice_offsets[v], tables.choice_offsets[v + 1]
            node = tables.choices[low + int(draws[i, 3] * (high - low))]
            here = place[v]
            if kind == 0:
                place[v] = node
            elif kind == 1:
                length = 2 + int(draws[i, 4] ** 2 * 30)
                for x in range(v, min(v + length, len(place))):
                    if tables.task[x] == tables.task[v] and tables.allowed[x, node]:
                        place[x] = node
            elif kind == 2:
                for x in range(len(place)):
                    if tables.task[x] == tables.task[v] and place[x] == here and tables.allowed[x, node]:
                        place[x] = node
            elif tables.allowed[v, place[w]] and tables.allowed[w, here]:
                place[v], place[w] = place[w], here
        else:
            v = active[int(draws[i, 1] * len(active))]
            if kind == 4:
                rank[v], rank[w] = rank[w], rank[v]
            else:
                rank[v] = rank[w] + (0.5 if draws[i, 3] < 0.5 else -0.5)
