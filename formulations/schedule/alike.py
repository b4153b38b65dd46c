"""Nodes and tasks that are alike: exchanging two of them leaves a schedule problem as it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np

from formulations.schedule.case import ScheduleCase
from instances.columns import IntArray

__all__ = ["alike_nodes", "alike_tasks"]


def alike_nodes(case: ScheduleCase) -> list[list[int]]:
    """Return the groups of two or more positions that may be exchanged for each other, ascending."""
    sources = set(case.source.tolist())
    return _groups(
        [node for node in range(case.n_nodes) if node not in sources],
        lambda a, b: _unchanged(case, _swap(case.n_nodes, a, b), np.arange(case.n_operations)),
    )


def alike_tasks(case: ScheduleCase) -> list[list[int]]:
    """Return the groups of two or more tasks that may be exchanged for each other, their devices with them, ascending."""
    load = case.problem.instance.workload

    def same(k: int, j: int) -> bool:
        if load.task_network[k] != load.task_network[j]:
            return False
        if any(row[k] != row[j] for row in (case.release, case.deadline, case.weight)):
            return False
        offsets = case.problem.offsets
        operations = np.arange(case.n_operations)
        first, second = slice(offsets[k], offsets[k + 1]), slice(offsets[j], offsets[j + 1])
        operations[first], operations[second] = operations[second].copy(), operations[first].copy()
        return _unchanged(case, _swap(case.n_nodes, int(case.source[k]), int(case.source[j])), operations)

    return _groups(list(range(case.n_tasks)), same)


def _groups(members: list[int], same: Callable[[int, int], bool]) -> list[list[int]]:
    groups: list[list[int]] = []
    for one in members:
        for group in groups:
            if same(group[0], one):
                group.append(one)
                break
        else:
            groups.append([one])
    return [group for group in groups if len(group) > 1]


def _swap(n: int, a: int, b: int) -> IntArray:
    order = np.arange(n)
    order[a], order[b] = b, a
    return order


def _unchanged(case: ScheduleCase, nodes: IntArray, operations: IntArray) -> bool:
    """Return whether renaming nodes and operations gives the same problem."""
    for row in (case.cores, case.idle_watts, case.switch_on_joules, case.memory_limit, case.transmit_watts):
        if not np.array_equal(row, row[nodes]):
            return False
    for between in (case.latency, case.seconds_per_byte, case.joules_per_byte, case.price_per_byte):
        if not np.array_equal(between, between[np.ix_(nodes, nodes)]):
            return False
    for table in (case.seconds, case.joules, case.price):
        if not np.array_equal(table, table[np.ix_(nodes, operations)]):
            return False
    return not len(case.channels) or _users(case, np.arange(case.n_nodes)) == _users(case, nodes)


def _users(case: ScheduleCase, nodes: IntArray) -> Counter[frozenset[tuple[int, int]]]:
    """Return the pairs of positions that hold each channel, under new names."""
    users: dict[int, set[tuple[int, int]]] = {}
    for a in range(case.n_nodes):
        for b in range(case.n_nodes):
            for channel in case.channels_of(a, b).tolist():
                users.setdefault(channel, set()).add((int(nodes[a]), int(nodes[b])))
    return Counter(frozenset(pairs) for pairs in users.values())
