"""The columns of the restricted master: options generated so far, as an option table that grows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from formulations.joint.option_space import OptionSpace
from formulations.joint.options import OptionTable
from instances.columns import Array, FloatArray, IntArray

__all__ = ["Columns"]

_PER_OPTION = ("version", "candidate", "cloud", "device_until", "edge_until", "cost")
_ROWS = (
    ("use_offsets", ("use_resource", "use_seconds", "use_weight")),
    ("memory_offsets", ("memory_node", "memory_bytes")),
)


@dataclass(slots=True, eq=False)
class Columns:
    """Options generated so far, grouped by task.

    Parameters
    ----------
    space : OptionSpace
        Where they come from.
    task : int array, shape (n_columns,)
        Not decreasing.
    placement : int array, shape (n_columns, PLACEMENT)
        As in `OptionSpace`.
    table : OptionTable
        The same as a table.
    weight : array, shape (n_columns,)
        z of the relaxed master: at least 0, sums to 1 over the columns of a task.
    """

    space: OptionSpace
    task: IntArray
    placement: IntArray
    table: OptionTable
    weight: FloatArray

    @classmethod
    def start(cls, space: OptionSpace, placement: IntArray) -> Columns:
        """Return one column a task, taken whole."""
        task = np.arange(len(placement))
        return cls(space, task, placement.copy(), space.table(task, placement), np.ones(len(task)))

    def add(self, task: IntArray, placement: IntArray) -> None:
        """Add columns that are not there yet, with weight 0; `task` does not decrease."""
        if not len(task):
            return
        more = self.space.table(task, placement)
        order = np.argsort(np.concatenate((self.task, task)), kind="stable")
        self.table = _joined(self.table, more, order)
        self.task = np.concatenate((self.task, task))[order]
        self.placement = np.concatenate((self.placement, placement))[order]
        self.weight = np.concatenate((self.weight, np.zeros(len(task))))[order]

    def rows_of(self, placement: IntArray) -> IntArray:
        """Return the column of every task's placement, -1 where it is none; shape (n_tasks,)."""
        same = (self.placement == placement[self.task]).all(axis=1)
        rows = np.full(len(placement), -1)
        rows[self.task[same]] = np.flatnonzero(same)
        return rows

    def add_plan(self, placement: IntArray) -> IntArray:
        """Add every task's placement where it is missing; return the columns of all, shape (n_tasks,)."""
        missing = np.flatnonzero(self.rows_of(placement) < 0)
        self.add(missing, placement[missing])
        return self.rows_of(placement)

    def heaviest(self) -> IntArray:
        """Return the column of most weight of every task, shape (n_tasks,)."""
        order = np.lexsort((-self.weight, self.task))
        first: IntArray = order[self.table.task_offsets[:-1]]
        return first


def _joined(first: OptionTable, second: OptionTable, order: IntArray) -> OptionTable:
    """Return the options of both tables in `order`, rows of the first counted before those of the second."""
    columns: dict[str, Array] = {
        name: np.concatenate((getattr(first, name), getattr(second, name)))[order] for name in _PER_OPTION
    }
    for offsets, values in _ROWS:
        counts = np.concatenate((np.diff(getattr(first, offsets)), np.diff(getattr(second, offsets))))
        starts = np.cumsum(counts) - counts
        length = counts[order]
        columns[offsets] = np.concatenate(([0], np.cumsum(length)))
        at = np.repeat(starts[order] - columns[offsets][:-1], length) + np.arange(int(length.sum()))
        for name in values:
            columns[name] = np.concatenate((getattr(first, name), getattr(second, name)))[at]
    return OptionTable(
        problem=first.problem,
        task_offsets=first.task_offsets + second.task_offsets,
        n_enumerated=first.n_enumerated + second.n_enumerated,
        **columns,
    )
