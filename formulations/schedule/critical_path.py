"""Earliest starts and least times to the end of every operation on every node, without contention."""

from __future__ import annotations

import numpy as np

from formulations.schedule.case import ScheduleCase
from instances.columns import FloatArray, IntArray

__all__ = ["heads", "latest_end", "longest_path", "tails"]


def heads(case: ScheduleCase) -> FloatArray:
    """Return a lower bound on the start of every operation on every position, shape (N, n); inf where it may not run.

    ``h[b, w] = max over predecessors v of min over a of h[a, v] + seconds[a, v] + transfer(a, b)``, from the release.
    """
    head = np.full(case.seconds.shape, np.inf)
    for w in range(case.n_operations):
        here = case.allowed[:, w]
        start = np.full(case.n_nodes, case.release[case.task[w]])
        for v in case.predecessors_of(w).tolist():
            ready = head[:, v] + case.seconds[:, v]
            lag = case.latency + case.size[v] * case.seconds_per_byte
            start = np.maximum(start, (ready[:, None] + lag).min(axis=0))
        head[here, w] = start[here]
    return head


def tails(case: ScheduleCase) -> FloatArray:
    """Return a lower bound on the seconds from the start of every operation to the end of its task, shape (N, n).

    A task ends with its operations, and with the way back of its last tensor where the result returns.
    """
    tail = np.full(case.seconds.shape, np.inf)
    returns = case.problem.options.return_result
    for v in range(case.n_operations - 1, -1, -1):
        lag = case.latency + case.size[v] * case.seconds_per_byte
        after = np.zeros(case.n_nodes)
        if returns and case.is_last[v]:
            after = lag[:, case.source[case.task[v]]].copy()
        for w in case.successors_of(v).tolist():
            after = np.maximum(after, (lag + tail[:, w][None, :]).min(axis=1))
        here = case.allowed[:, v]
        tail[here, v] = case.seconds[here, v] + after[here]
    return tail


def latest_end(case: ScheduleCase) -> float:
    """Return seconds by which some optimal plan has ended: time in which nothing happens can be cut out of any plan."""
    finite = np.where(case.allowed, case.seconds, 0.0)
    ways = np.isfinite(case.latency)
    lag = float(case.latency[ways].max(initial=0.0))
    rate = float(case.seconds_per_byte[ways].max(initial=0.0))
    readers = np.diff(case.successor_offsets) + (case.is_last if case.problem.options.return_result else 0)
    copies = np.minimum(readers, case.n_nodes - 1)
    most = float(case.release.max() + finite.max(axis=0).sum() + (copies * (lag + case.size * rate)).sum())
    options = case.problem.options
    if options.makespan_limit_s is not None:
        most = min(most, options.makespan_limit_s * (1.0 + 1e-9))
    if options.deadlines == "hard" and np.isfinite(case.deadline).all():
        most = min(most, float((case.release + case.deadline).max()) * (1.0 + 1e-8))
    return most


def longest_path(case: ScheduleCase, task: int) -> IntArray:
    """Return the operations of a path of `task` from its input that takes longest at the least seconds of each."""
    first, last = (int(one) for one in case.problem.offsets[task : task + 2])
    least = case.seconds.min(axis=0)
    length, before = np.zeros(last - first), np.full(last - first, -1)
    for v in range(first + 1, last):
        found = case.predecessors_of(v)
        if len(found):
            u = int(found[np.argmax(length[found - first])])
            length[v - first], before[v - first] = length[u - first], u
        length[v - first] += least[v] + 1e-12
    path = [first + int(np.argmax(length))]
    while before[path[-1] - first] >= 0:
        path.append(int(before[path[-1] - first]))
    return np.array(path[::-1])
