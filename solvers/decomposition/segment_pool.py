"""The columns of the restricted master over segments: few options of the tasks that waver, none of the others.

At prices near the best most tasks have one option that is clearly cheapest, whatever their number; those stay outside
with that option taken whole. A task enters the pool when another option turns out to be the cheapest, and leaves it
once a single column is left.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from instances.columns import Array, FloatArray, IntArray
from solvers.decomposition.segment_finding import Found
from solvers.decomposition.segment_options import CODE
from solvers.joint_kernels import Game

__all__ = ["Pool", "empty_pool", "grown", "pool_game"]


class Pool(NamedTuple):
    """Columns of the tasks that have more than one.

    Parameters
    ----------
    task : int array, shape (n_members,)
        Rows of the segments, rising.
    offsets : int array, shape (n_members + 1,)
        Columns of each.
    cheapest : int array, shape (n_members,)
        The column that the last pass found.
    code : int array, shape (n_columns, CODE)
        Options by numbers that only the passes read.
    weight : array, shape (n_columns,)
        z, at least 0; sums to 1 over the columns of a task.
    cost : array, shape (n_columns,)
        What no sharing changes.
    use_offsets, resource, root : arrays
        Roots of the columns on shared resources.
    """

    task: IntArray
    offsets: IntArray
    cheapest: IntArray
    code: Array
    weight: FloatArray
    cost: FloatArray
    use_offsets: IntArray
    resource: Array
    root: FloatArray


def empty_pool() -> Pool:
    """Return the pool in which no task wavers."""
    nobody, code = np.empty(0, np.int64), np.empty((0, CODE), np.int32)
    return _frozen(nobody, np.zeros(1, np.int64), nobody, code, np.empty(0), np.empty(0), np.zeros(1, np.int64),
                   np.empty(0, np.int32), np.empty(0))  # fmt: skip


def grown(pool: Pool, found: Found, points: FloatArray, near: float) -> tuple[Pool, float]:
    """Return the pool with the options `found` at ``points`` and without columns far from them, and what left it.

    Parameters
    ----------
    pool : Pool
        As it was.
    found : Found
        By the pass after the one that `pool` has seen last.
    points : array, shape (n_resources,)
        t_r at which the options were found.
    near : float
        A column without weight stays while its priced cost exceeds that of the task's cheapest by at most this share.

    Returns
    -------
    pool : Pool
    cost : float
        Cost, sharing apart, of the tasks that left the pool, less that of those that entered it.
    """
    *columns, cost = _grow(*found[1:], *pool, points, near)
    return _frozen(*columns), float(cost)


def pool_game(pool: Pool, rest_cost: float, rest_load: FloatArray) -> Game:
    """Return the pool as the searches' kernels read it; task 0 stands for all tasks outside it and has no choice."""
    used = np.flatnonzero(rest_load > 0)
    columns = (
        np.concatenate(([0], 1 + pool.offsets)),
        np.concatenate(([rest_cost], pool.cost)),
        np.concatenate(([0], len(used) + pool.use_offsets)),
        np.concatenate((used.astype(np.int32), pool.resource)),
    )
    nobody = np.zeros(len(columns[1]) + 1, np.int64), np.empty(0, np.int32), np.empty(0)
    for column in (*columns, *nobody):
        column.flags.writeable = False
    root = np.concatenate((rest_load[used], pool.root))
    return Game(*columns, root, *nobody, limit=np.empty(0), equal=False)


def _frozen(
    task: IntArray,
    offsets: IntArray,
    cheapest: IntArray,
    code: Array,
    weight: FloatArray,
    cost: FloatArray,
    use_offsets: IntArray,
    resource: Array,
    root: FloatArray,
) -> Pool:
    # the kernels are compiled for the read-only columns of an option table
    for column in (offsets, cost, use_offsets, resource):
        column.flags.writeable = False
    return Pool(task, offsets, cheapest, code, weight, cost, use_offsets, resource, root)


@njit(cache=True, error_model="numpy")
def _same(one, other):
    same = True
    for part in range(CODE):
        same = same and one[part] == other[part]
    return same


@njit(cache=True, error_model="numpy")
def _priced(p, points, cost, use_offsets, resource, root):
    """Return the cost of column p at the prices."""
    priced = cost[p]
    for u in range(use_offsets[p], use_offsets[p + 1]):
        priced += 2.0 * points[resource[u]] * root[u]
    return priced


@njit(cache=True, error_model="numpy")
def _copy(p, code, cost, use_offsets, resource, root, n, new_code, new_cost, new_use, new_resource, new_root):
    """Write column p as the column n of others; return how many there are then."""
    new_code[n], new_cost[n] = code[p], cost[p]
    first, uses = new_use[n], use_offsets[p + 1] - use_offsets[p]
    for u in range(uses):
        new_resource[first + u] = resource[use_offsets[p] + u]
        new_root[first + u] = root[use_offsets[p] + u]
    new_use[n + 1] = first + uses
    return n + 1


@njit(cache=True, error_model="numpy")
def _grow(
    # what was found
    f_task, f_code, f_cost, f_use_offsets, f_resource, f_root,
    # the pool
    task, offsets, cheapest, code, weight, cost, use_offsets, resource, root,
    points, near,
):  # fmt: skip
    most = len(code) + len(f_code)
    new_task, new_offsets = np.empty(len(task) + len(f_task), np.int64), np.zeros(len(task) + len(f_task) + 1, np.int64)
    new_cheapest, new_weight = np.empty(len(new_task), np.int64), np.zeros(most)
    new_code, new_cost, new_use = np.empty((most, CODE), np.int32), np.empty(most), np.zeros(most + 1, np.int64)
    new_resource, new_root = np.empty(len(resource) + len(f_resource), np.int32), np.empty(len(root) + len(f_root))
    new = new_code, new_cost, new_use, new_resource, new_root
    members, n, left, at, f = 0, 0, 0.0, 0, 0
    while at < len(task) or f < len(f_task):
        inside = at < len(task) and (f == len(f_task) or task[at] <= f_task[f])
        k = task[at] if inside else f_task[f]
        changed = f < len(f_task) and f_task[f] == k
        first, last, known = n, 2 * f + 1, False
        if inside:
            if changed:
                least = _priced(last, points, f_cost, f_use_offsets, f_resource, f_root)
            else:
                least = _priced(cheapest[at], points, cost, use_offsets, resource, root)
            for p in range(offsets[at], offsets[at + 1]):
                same = _same(code[p], f_code[last]) if changed else p == cheapest[at]
                kept = same or weight[p] > 0.0
                if kept or _priced(p, points, cost, use_offsets, resource, root) - least <= near * least:
                    if same:
                        known, new_cheapest[members] = True, n
                    new_weight[n] = weight[p]
                    n = _copy(p, code, cost, use_offsets, resource, root, n, *new)
            at += 1
        else:
            new_weight[n] = 1.0
            left -= f_cost[last - 1]
            n = _copy(last - 1, f_code, f_cost, f_use_offsets, f_resource, f_root, n, *new)
        if not known:
            new_weight[n], new_cheapest[members] = 0.0, n
            n = _copy(last, f_code, f_cost, f_use_offsets, f_resource, f_root, n, *new)
        if changed:
            f += 1
        if n - first == 1:
            left += new_cost[first]
            n = first
            continue
        new_task[members] = k
        members += 1
        new_offsets[members] = n
    uses = new_use[n]
    return (
        new_task[:members].copy(),
        new_offsets[: members + 1].copy(),
        new_cheapest[:members].copy(),
        new_code[:n].copy(),
        new_weight[:n].copy(),
        new_cost[:n].copy(),
        new_use[: n + 1].copy(),
        new_resource[:uses].copy(),
        new_root[:uses].copy(),
        left,
    )
