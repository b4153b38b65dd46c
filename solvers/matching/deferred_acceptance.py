"""Deferred acceptance with quotas (Gale and Shapley 1962; Roth and Sotomayor 1990), tasks propose."""

from __future__ import annotations

import numpy as np

from instances.columns import FloatArray, IntArray

__all__ = ["deferred_acceptance", "unstable_pairs"]


def deferred_acceptance(
    offsets: IntArray, site: IntArray, cost: FloatArray, score: FloatArray, quota: IntArray
) -> IntArray:
    """Match tasks to sites.

    All tasks without a site propose at once to the best site that has not refused them; each site
    keeps its best tasks up to its quota and refuses the rest. As preferences are strict (ties go
    to the earlier row for a task, to the lower task for a site), the order of proposals does not
    matter: the result is the stable matching that every task prefers to any other stable one.

    Parameters
    ----------
    offsets : int array, shape (n_tasks + 1,)
        Acceptable sites of task ``k`` are rows ``offsets[k]:offsets[k + 1]``; it prefers no site
        to any other.
    site : int array, shape (n_rows,)
        The site of a row.
    cost : array, shape (n_rows,)
        What the task minimises.
    score : array, shape (n_rows,)
        What the site maximises.
    quota : int array, shape (n_sites,)
        Most tasks that a site keeps.

    Returns
    -------
    int array, shape (n_tasks,)
        Row of each task's site, -1 where it has none.
    """
    n = len(offsets) - 1
    task = np.repeat(np.arange(n), np.diff(offsets))
    by_task = np.lexsort((np.arange(len(site)), cost, task))
    following = offsets[:-1].copy()
    match = np.full(n, -1)
    while True:
        free = np.flatnonzero((match < 0) & (following < offsets[1:]))
        if not len(free):
            return match
        match[free] = by_task[following[free]]
        following[free] += 1
        held = match[match >= 0]
        order = held[np.lexsort((task[held], -score[held], site[held]))]
        first = np.flatnonzero(np.diff(site[order], prepend=-1))
        rank = np.arange(len(order)) - np.repeat(first, np.diff(first, append=len(order)))
        match[task[order[rank >= quota[site[order]]]]] = -1


def unstable_pairs(
    offsets: IntArray, site: IntArray, cost: FloatArray, score: FloatArray, quota: IntArray, match: IntArray
) -> list[tuple[int, int]]:
    """List the pairs (task, site) that would leave `match` for each other; empty where it is stable.

    The task is without a site or likes its own less, and the site has a place left or keeps a task
    that it likes less. Arguments are those of `deferred_acceptance`.
    """
    n = len(offsets) - 1
    task = np.repeat(np.arange(n), np.diff(offsets))
    pairs = []
    for row in range(len(site)):
        k, j, mine = int(task[row]), int(site[row]), int(match[task[row]])
        if mine == row or (mine >= 0 and (cost[mine], mine) <= (cost[row], row)):
            continue
        kept = [int(r) for r in match if r >= 0 and site[r] == j]
        likes_less = any((-score[r], task[r]) > (-score[row], k) for r in kept)
        if len(kept) < quota[j] or likes_less:
            pairs.append((k, j))
    return pairs
