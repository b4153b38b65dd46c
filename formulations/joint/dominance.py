"""Which options can be dropped: the two proven rules of the option table.

(1) An option that alone costs at least as much as one that uses nothing shared is out: whatever
the others do, its marginal cost, ``cost + sum_r (2 Y_r s_r + s_r^2)`` under ``optimal`` and at
least ``cost + sum_r b_r`` under ``equal``, is at least its cost alone.

(2) An option is out where another of the same candidate costs no more, uses no resource that it
does not use and none more (weighted seconds), and needs no more memory anywhere: exchanging them
raises no term of the objective and breaks no limit.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np
from numba import njit

from formulations.joint.scratch import BYTES, CANDIDATE, COST, HOLDS, NODE, RESOURCE, SECONDS, USES, WEIGHT

__all__ = ["kept_options"]


@njit(cache=True, error_model="numpy")
def _dominates(a, p, ints, floats):
    """Whether option a is no worse than p in cost, in every use and in every node's memory."""
    if floats[a, COST] > floats[p, COST] or ints[a, USES] > ints[p, USES] or ints[a, HOLDS] > ints[p, HOLDS]:
        return False
    for u in range(ints[a, USES]):
        found = False
        for s in range(ints[p, USES]):
            if ints[p, RESOURCE + s] == ints[a, RESOURCE + u]:
                mine = floats[a, WEIGHT + 2 * u] * floats[a, SECONDS + 2 * u]
                found = mine <= floats[p, WEIGHT + 2 * s] * floats[p, SECONDS + 2 * s]
        if not found:
            return False
    for u in range(ints[a, HOLDS]):
        found = False
        for s in range(ints[p, HOLDS]):
            if ints[p, NODE + s] == ints[a, NODE + u]:
                found = floats[a, BYTES + u] <= floats[p, BYTES + s]
        if not found:
            return False
    return True


@njit(cache=True, error_model="numpy")
def kept_options(n, ints, floats, prune):
    """Return the rows that stay among the first n, in increasing order.

    Parameters
    ----------
    n : int
        Number of options in the working rows.
    ints, floats : arrays
        Working rows, see `formulations.joint.scratch`.
    prune : bool
        False keeps all.
    """
    rows = np.arange(n)
    if not prune:
        return rows
    alone = np.empty(n)
    free = -1
    for p in range(n):
        alone[p] = floats[p, COST]
        for u in range(ints[p, USES]):
            alone[p] += floats[p, WEIGHT + 2 * u] * floats[p, SECONDS + 2 * u]
        if ints[p, USES] == 0 and ints[p, HOLDS] == 0 and (free < 0 or floats[p, COST] < floats[free, COST]):
            free = p
    keep = np.ones(n, np.bool_)
    if free >= 0:
        for p in range(n):
            keep[p] = p == free or alone[p] < floats[free, COST]
    best = np.empty(n, np.int64)
    start = 0
    while start < n:
        # rows of one candidate stand together
        stop = start
        while stop < n and ints[stop, CANDIDATE] == ints[start, CANDIDATE]:
            stop += 1
        # cheapest first: what dominates an option is never dearer alone
        order = np.argsort(alone[start:stop], kind="mergesort")
        m = 0
        for rank in range(stop - start):
            p = start + order[rank]
            if not keep[p]:
                continue
            for q in range(m):
                if _dominates(best[q], p, ints, floats):
                    keep[p] = False
                    break
            if keep[p]:
                # of equal costs alone the later may need less memory than the earlier
                for q in range(m - 1, -1, -1):
                    if alone[best[q]] < alone[p]:
                        break
                    if _dominates(p, best[q], ints, floats):
                        keep[best[q]] = False
                best[m] = p
                m += 1
        start = stop
    m = 0
    for p in range(n):
        if keep[p]:
            rows[m] = p
            m += 1
    return rows[:m]
