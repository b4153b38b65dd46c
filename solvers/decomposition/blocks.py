"""Prices without a table: the relaxation of (J) by block-coordinate Frank-Wolfe over blocks of tasks.

The method is that of `solvers.decomposition.relaxation`, with the cheapest option of a task found from
its segments and the tasks taken in the waves and lanes of `solvers.decomposition.waves`. Results do not depend
on the number of threads.

A pass over a block of tasks takes prices and gives back loads and a sum, so blocks may also be held elsewhere.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from math import fsum
from typing import Any

import numpy as np
from numba import njit

from instances.columns import Array, FloatArray, IntArray
from solvers.decomposition.rounding import ROUNDING
from solvers.decomposition.segment_columns import S_SHARED, SHARED
from solvers.decomposition.segment_options import CODE, option_parts, take_over
from solvers.decomposition.segment_pricing import Room, cheapest, price_block, room_for
from solvers.decomposition.segments import Segments
from solvers.decomposition.waves import lanes_of, spans_of

__all__ = ["SegmentDual", "certified", "reached", "side_by_side", "sweep_block"]

_MOST_FOLLOW = 8


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="block")


def side_by_side(work: Callable[..., Any], jobs: Iterable[tuple[Any, ...]], threads: int) -> list[Any]:
    """Return ``work(*job)`` of every job in order; on one thread without a pool."""
    if threads == 1:
        return [work(*job) for job in jobs]
    return [job.result() for job in [_pool(threads).submit(work, *job) for job in jobs]]


@dataclass(slots=True, eq=False)
class SegmentDual:
    """Loads of the relaxation and each task's mix of options, as sums on the resources that it can reach.

    Parameters
    ----------
    segments : Segments
        Of the problem.
    n_resources : int
        Of the instance.
    threads : int
        How many lanes run at a time.

    Attributes
    ----------
    load : array, shape (n_resources,)
        y_r of the current mixes.
    state : int array, shape (n_tasks, CODE)
        An option of every task, drawn from its mix; rows in the order of the segments.
    """

    segments: Segments
    threads: int
    load: FloatArray
    _offsets: IntArray
    _resource: Array
    _mix: FloatArray
    _mix_cost: FloatArray
    state: Array
    _rooms: list[Room]

    @classmethod
    def start(cls, segments: Segments, n_resources: int, threads: int) -> SegmentDual:
        """Return the relaxation with no task placed yet; the first sweep places them."""
        offsets, resource = reached(segments)
        n = len(segments.tasks)
        return cls(
            segments=segments,
            threads=threads,
            load=np.zeros(n_resources),
            _offsets=offsets,
            _resource=resource,
            _mix=np.zeros(len(resource)),
            _mix_cost=np.full(n, -1.0),
            state=np.zeros((n, CODE), np.int32),
            _rooms=[room_for(segments) for _ in lanes_of(n)[0]],
        )

    @property
    def n_tasks(self) -> int:
        """Number of tasks."""
        return len(self.segments.tasks)

    def sweep(self, luck: FloatArray) -> None:
        """Move every task towards its cheapest option at prices ``2 y``, by exact line search.

        Parameters
        ----------
        luck : array, shape (n_tasks,)
            Even in [0, 1): the option stepped towards becomes that of `state` where it is below the step.
        """
        mixes = self._offsets, self._resource, self._mix, self._mix_cost, self.state
        for wave in lanes_of(self.n_tasks):
            loads = [self.load.copy() for _ in wave]
            jobs = [
                (begin, end, self.segments, room, load, luck, *mixes)
                for (begin, end), room, load in zip(wave, self._rooms, loads, strict=True)
            ]
            side_by_side(sweep_block, jobs, self.threads)
            self.load = self.load + sum(load - self.load for load in loads)
        # summed anew, which takes away what rounding left
        self.load = np.zeros(len(self.load))
        for uses in self._parts(self._offsets):
            self.load += np.bincount(self._resource[uses], self._mix[uses], minlength=len(self.load))

    def value(self) -> float:
        """Return the relaxed objective of the current mixes; inf where a task has no option."""
        fixed = fsum(float(self._mix_cost[tasks].sum()) for tasks in self._parts(np.arange(self.n_tasks + 1)))
        return float(fixed + np.dot(self.load, self.load))

    def _parts(self, offsets: IntArray) -> list[slice]:
        """Return the entries of each lane of each wave: sums are made of theirs, wherever a lane is held."""
        return [slice(int(offsets[begin]), int(offsets[end])) for begin, end in spans_of(self.n_tasks)]

    def bound(self, points: FloatArray | None = None) -> tuple[float, FloatArray]:
        """Return L at prices ``2 t`` (default: the loads), rounding taken off, and the loads of the cheapest options.

        Parameters
        ----------
        points : array, shape (n_resources,), optional
            t_r >= 0.
        """
        at = self.load if points is None else points
        total, used = [], np.zeros(len(at))
        for wave in lanes_of(self.n_tasks):
            loads = [np.zeros(len(at)) for _ in wave]
            jobs = [
                (begin, end, at, self.segments, room, load)
                for (begin, end), room, load in zip(wave, self._rooms, loads, strict=True)
            ]
            total += side_by_side(price_block, jobs, self.threads)
            for load in loads:
                used += load
        return certified(fsum(total), at), used


def certified(total: float, points: FloatArray) -> float:
    """Return L at prices ``2 t`` from the sum of the tasks' least costs, rounding taken off."""
    square = float(np.dot(points, points))
    # costs and prices are not negative: no term is smaller than the sum that it is in
    return float(total - square - ROUNDING * (total + square))


@njit(cache=True)
def _note(resource, n, first, new):
    for at in range(first, n):
        if resource[at] == new:
            return n
    resource[n] = new
    return n + 1


@njit(cache=True)
def reached(seg):
    """Return the resources that each task can reach, as offsets and rows."""
    n_tasks, n_candidates = len(seg.tasks), len(seg.candidate_site)
    most = n_tasks
    for c in range(n_candidates):
        site = seg.candidate_site[c]
        most += 1 + seg.use_offsets[c + 1] - seg.use_offsets[c]
        for y in range(seg.up_offsets[site], seg.up_offsets[site + 1]):
            leg = n_candidates + y
            most += 1 + seg.use_offsets[leg + 1] - seg.use_offsets[leg]
    resource, offsets, n = np.empty(most, np.int32), np.zeros(n_tasks + 1, np.int64), 0
    for k in range(n_tasks):
        first = n
        if seg.tasks[k, SHARED] >= 0:
            n = _note(resource, n, first, int(seg.tasks[k, SHARED]))
        for c in range(seg.candidate_offsets[k], seg.candidate_offsets[k + 1]):
            site = seg.candidate_site[c]
            if seg.sites[site, S_SHARED] >= 0:
                n = _note(resource, n, first, int(seg.sites[site, S_SHARED]))
            for u in range(seg.use_offsets[c], seg.use_offsets[c + 1]):
                n = _note(resource, n, first, seg.use_resource[u])
            for y in range(seg.up_offsets[site], seg.up_offsets[site + 1]):
                if seg.sites[seg.up_cloud[y], S_SHARED] >= 0:
                    n = _note(resource, n, first, int(seg.sites[seg.up_cloud[y], S_SHARED]))
                leg = n_candidates + y
                for u in range(seg.use_offsets[leg], seg.use_offsets[leg + 1]):
                    n = _note(resource, n, first, seg.use_resource[u])
        offsets[k + 1] = n
    return offsets, resource[:n].copy()


@njit(cache=True, nogil=True, _nrt=False)
def _slot(resource, first, stop, wanted):
    for at in range(first, stop):
        if resource[at] == wanted:
            return at
    return stop


@njit(cache=True, nogil=True, _nrt=False, error_model="numpy")
def sweep_block(begin, end, seg, room, load, luck, offsets, resource, mix, mix_cost, state):
    """Take a Frank-Wolfe step with each task begin:end in turn; a task with a negative `mix_cost` is placed.

    The cost of a task without an option becomes infinite. Of alike tasks a few step towards the option that was cheapest
    for the first of them, at the loads as they are by then: no step needs the very cheapest.
    """
    best, follows = 0.0, 0
    for k in range(begin, end):
        first, stop = offsets[k], offsets[k + 1]
        if k > begin and seg.alike[k] and follows < _MOST_FOLLOW and best < np.inf:
            follows += 1
            take_over(k, seg, room.code)
            n, cost = option_parts(k, room.code, seg, room.resource, room.root)
            best = cost
            for u in range(n):
                best += 2.0 * load[room.resource[u]] * room.root[u]
        else:
            follows = 0
            best = cheapest(k, load, 0.0, seg, room, room.code)
            n, cost = option_parts(k, room.code, seg, room.resource, room.root)
        if not best < np.inf:
            cost = np.inf
        step = 1.0
        if mix_cost[k] >= 0.0:
            current, length = mix_cost[k], 0.0
            for at in range(first, stop):
                current += 2.0 * load[resource[at]] * mix[at]
                length += mix[at] * mix[at]
            for u in range(n):
                length += room.root[u] * (room.root[u] - 2.0 * mix[_slot(resource, first, stop, room.resource[u])])
            gain = current - best
            if gain <= 0.0:
                continue
            if 2.0 * length > gain:
                step = gain / (2.0 * length)
            for at in range(first, stop):
                load[resource[at]] -= step * mix[at]
                mix[at] -= step * mix[at]
        else:
            mix_cost[k] = 0.0
        for u in range(n):
            load[room.resource[u]] += step * room.root[u]
            mix[_slot(resource, first, stop, room.resource[u])] += step * room.root[u]
        mix_cost[k] += step * (cost - mix_cost[k])
        if luck[k] < step:
            for part in range(CODE):
                state[k, part] = room.code[part]
