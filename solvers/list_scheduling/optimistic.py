"""The optimistic cost table of PEFT.

``OCT(v, p)`` is what the readers of v take at least until their task ends if v runs on p, each of them on the node that suits
it best, with tensors at their mean seconds unless the reader stays on p (Arabnejad and Barbosa, TPDS 25(3), 2014, doi
10.1109/TPDS.2013.57, equation 4):

    OCT(v, p) = max over readers x of min over nodes q of (OCT(x, q) + seconds(x, q) + (c_vx where q is not p)).
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np
from numba import njit

from instances.columns import FloatArray
from solvers.list_scheduling.graph import Graph

__all__ = ["optimistic_cost"]


def optimistic_cost(graph: Graph, transfers: FloatArray) -> FloatArray:
    """Return the table, shape (n, N), ``inf`` where an operation may not run.

    Parameters
    ----------
    graph : Graph
        Operations and nodes.
    transfers : array
        Mean seconds of the edges of `graph.after`.
    """
    table: FloatArray = _table(graph, transfers)
    return table


@njit(cache=True)
def _table(graph, transfers):
    n, nodes = graph.seconds.shape
    table = np.full((n, nodes), np.inf)
    for v in range(n - 1, -1, -1):
        low, high = graph.choice_offsets[v], graph.choice_offsets[v + 1]
        table[v][graph.choices[low:high]] = 0.0
        for e in range(graph.after_offsets[v], graph.after_offsets[v + 1]):
            x = graph.after[e]
            for c in range(low, high):
                p, least = graph.choices[c], np.inf
                for d in range(graph.choice_offsets[x], graph.choice_offsets[x + 1]):
                    q = graph.choices[d]
                    if np.isfinite(graph.way_tables[0, p, q]):
                        here = table[x, q] + graph.seconds[x, q] + (transfers[e] if q != p else 0.0)
                        least = min(least, here)
                table[v, p] = max(table[v, p], least)
    return table
