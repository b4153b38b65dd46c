"""Blocks of a schedule problem: pieces of the tasks that one gene places, as a case of their own.

Merged, a task has a block between any two of the cuts that `solvers.metaheuristics.blocks.kept_cuts` leaves, of those
that a single tensor crosses; a block's layers run one after the other. Layers that may run elsewhere than the next ones
end a block, and a task is left as it is where a part between two such cuts may not run as a whole. Unmerged, every
layer is a block. Inputs are blocks of their own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from formulations.schedule.case import ScheduleCase
from formulations.schedule.plan import SchedulePlan
from instances.columns import Array, FloatArray, IntArray
from solvers.metaheuristics.blocks import kept_cuts

__all__ = ["ScheduleBlocks", "schedule_blocks"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScheduleBlocks:
    """Blocks.

    Parameters
    ----------
    layers : ScheduleCase
        The problem by layers.
    case : ScheduleCase
        The same with blocks as operations; `layers` itself where no block has several.
    first : int array, shape (n_blocks + 1,)
        Block b is the operations ``first[b]:first[b + 1]`` of `layers`.
    """

    layers: ScheduleCase
    case: ScheduleCase
    first: IntArray

    @property
    def merged(self) -> bool:
        """Whether some block has several layers."""
        return self.case is not self.layers

    def spread(self, of_blocks: Array) -> Array:
        """Return what every block has for each of its layers, along the last axis."""
        spread: Array = np.repeat(of_blocks, np.diff(self.first), axis=-1)
        return spread

    def plan(self, place: IntArray, start: FloatArray, transfers: IntArray, transfer_start: FloatArray) -> SchedulePlan:
        """Return the plan by layers of a schedule of the blocks, as `ScheduleCase.plan` takes it."""
        where = self.spread(place)
        seconds = self.layers.seconds[where, np.arange(self.layers.n_operations)]
        before = np.cumsum(seconds) - seconds
        begin = self.spread(start) + before - self.spread(before[self.first[:-1]])
        sent = np.column_stack([self.first[transfers[:, 0] + 1] - 1, transfers[:, 1]])
        return self.layers.plan(where, begin, sent, transfer_start)


def schedule_blocks(case: ScheduleCase, *, merged: bool) -> ScheduleBlocks:
    """Return the blocks of a case, merged or one a layer."""
    n = case.n_operations
    starts = np.ones(n, dtype=bool)
    if merged:
        for task in range(case.n_tasks):
            begin, end = (int(one) for one in case.problem.offsets[task : task + 2])
            starts[begin:end] = _starts(case, begin, end)
    first = np.append(np.flatnonzero(starts), n)
    if len(first) == n + 1:
        return ScheduleBlocks(layers=case, case=case, first=first)
    at = first[:-1]
    last = first[1:] - 1
    block = np.cumsum(starts) - 1
    edges = np.column_stack([block[case.predecessors], np.repeat(block, np.diff(case.predecessor_offsets))])
    edges = np.unique(edges[edges[:, 0] != edges[:, 1]], axis=0)
    back = edges[np.lexsort((edges[:, 0], edges[:, 1]))]
    numbers = np.arange(len(first))
    blocks = replace(
        case,
        task=case.task[at],
        is_input=case.is_input[at],
        is_last=case.is_last[last],
        seconds=np.add.reduceat(case.seconds, at, axis=1),
        joules=np.add.reduceat(case.joules, at, axis=1),
        price=np.add.reduceat(case.price, at, axis=1),
        memory=np.add.reduceat(case.memory, at),
        size=case.size[last],
        predecessors=back[:, 0],
        predecessor_offsets=np.searchsorted(back[:, 1], numbers),
        successors=edges[:, 1],
        successor_offsets=np.searchsorted(edges[:, 0], numbers),
    )
    return ScheduleBlocks(layers=case, case=blocks, first=first)


def _starts(case: ScheduleCase, begin: int, end: int) -> IntArray:
    """Return which operations of a task begin a block, shape (end - begin,)."""
    network = case.problem.network_of(int(case.task[begin]))
    cuts = network.cut_points()
    allowed = case.allowed[:, begin:end]
    inner = cuts[1:-1]
    same = np.all(allowed[:, 1:] == allowed[:, :-1], axis=0)
    starts = np.ones(end - begin, dtype=bool)
    changes = np.flatnonzero(~same[1:]) + 1
    if not np.isin(changes, inner).all():
        return starts
    starts[2:] = False
    starts[inner[kept_cuts(case.size[begin + inner])] + 1] = True
    starts[changes + 1] = True
    return starts
