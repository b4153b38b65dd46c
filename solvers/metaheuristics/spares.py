"""Spare options: what the repair may move a task to where memory is too full."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np
from numba import njit

from formulations.joint.options import OptionTable
from instances.columns import Array, IntArray

__all__ = ["spare_options"]


def spare_options(table: OptionTable) -> tuple[IntArray, Array, IntArray]:
    """Return what the repair may move a task to, and whom it moves first.

    Returns
    -------
    offsets : int array, shape (n_tasks + 1,)
        Spares of task ``k`` are ``spare[offsets[k]:offsets[k + 1]]``.
    spare : int array
        Rows of the table, by rising cost alone: for each candidate those that need less of the
        limited memory than every cheaper one of that candidate.
    order : int array, shape (n_tasks,)
        Tasks by rising cost, alone, of a freed byte: from the cheapest option to the one that needs
        least memory. Ties as in the instance.
    """
    if not len(table.memory_node):
        return np.zeros(table.n_tasks + 1, np.int64), np.empty(0, np.int32), np.empty(0, np.int64)
    option = np.repeat(np.arange(table.n_options), np.diff(table.memory_offsets))
    need = np.bincount(option, table.memory_bytes, minlength=table.n_options)
    alone = table.alone_cost()
    offsets, spare, price = _spares(table.task_offsets, table.candidate, alone, need)
    return offsets, spare, np.argsort(price, kind="stable")


@njit(cache=True)
def _spares(task_offsets, candidate, alone, need):
    n = len(task_offsets) - 1
    offsets = np.zeros(n + 1, np.int64)
    spare = np.empty(len(alone), np.int32)
    price = np.empty(n)
    at = 0
    for k in range(n):
        start, stop = task_offsets[k], task_offsets[k + 1]
        order = np.argsort(alone[start:stop], kind="mergesort")
        least = np.full(candidate[start:stop].max() + 2, np.inf)
        cheapest = start + order[0]
        leanest = cheapest
        for rank in range(stop - start):
            p = start + order[rank]
            if need[p] < least[candidate[p] + 1]:
                least[candidate[p] + 1] = need[p]
                spare[at] = p
                at += 1
            if need[p] < need[leanest]:
                leanest = p
        freed = need[cheapest] - need[leanest]
        price[k] = (alone[leanest] - alone[cheapest]) / freed if freed > 0.0 else np.inf
        offsets[k + 1] = at
    return offsets, spare[:at].copy(), price
