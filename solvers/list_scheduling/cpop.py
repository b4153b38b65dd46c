"""The method `cpop`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from formulations.schedule.case import ScheduleCase
from instances.columns import FloatArray, IntArray
from solvers.list_scheduling.construction import Rule, earliest_finish
from solvers.list_scheduling.graph import Graph
from solvers.list_scheduling.method import ListMethod
from solvers.list_scheduling.ranks import downward_rank, mean_seconds, mean_transfers, upward_rank
from solvers.registry import register

__all__ = ["Cpop", "cpop_rule"]

_TIE = 1e-9  # ranks along the critical path are equal but for rounding


@register(
    "cpop",
    kind="rule",
    citation="Topcuoglu, Hariri and Wu, IEEE TPDS 13(3), 2002, doi 10.1109/71.993206",
    deterministic=True,
)
class Cpop(ListMethod):
    """Critical path on a processor: the critical path runs on the node that takes least for it, the rest as in `heft`.

    The order is by upward and downward rank together. All tasks are one graph with one critical path. Where layers of
    the path may run on few nodes only, the node is one that most of them may run on, and the others choose for themselves.
    """

    def rule(self, case: ScheduleCase, graph: Graph) -> Rule:
        """Return the rule."""
        return cpop_rule(graph)


def cpop_rule(graph: Graph) -> Rule:
    """Return the rule of CPOP."""
    seconds, transfers = mean_seconds(graph), mean_transfers(graph)
    priority = upward_rank(graph, seconds, transfers) + downward_rank(graph, seconds, transfers)
    path = _critical_path(graph, priority)
    path = path[np.diff(graph.choice_offsets)[path] > 1]  # what cannot choose says nothing
    nodes = len(graph.cores)
    allowed = np.zeros((len(path), nodes), dtype=bool)
    for row, v in enumerate(path.tolist()):
        allowed[row, graph.choices[graph.choice_offsets[v] : graph.choice_offsets[v + 1]]] = True
    total = np.where(allowed, graph.seconds[path], 0.0).sum(axis=0)
    node = int(np.lexsort((total, -allowed.sum(axis=0)))[0])
    rule = earliest_finish(graph, -priority)
    pin = rule.pin.copy()
    pin[path[allowed[:, node]]] = node
    return replace(rule, pin=pin)


def _critical_path(graph: Graph, priority: FloatArray) -> IntArray:
    """Return a path of largest priority from an operation without producers to one without readers."""
    entries = np.flatnonzero(np.diff(graph.before_offsets) == 0)
    path = [int(entries[np.argmax(priority[entries])])]
    most = priority[path[0]] * (1.0 - _TIE)
    while True:
        v = path[-1]
        readers = graph.after[graph.after_offsets[v] : graph.after_offsets[v + 1]]
        readers = readers[priority[readers] >= most]
        if not len(readers):
            return np.array(path)
        path.append(int(readers[np.argmax(priority[readers])]))
