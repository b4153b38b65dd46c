"""The example graphs of the papers: ten operations on three processors, a size on every edge, every way at one byte a second."""

from __future__ import annotations

import numpy as np

from instances.columns import FloatArray, IntArray
from solvers.list_scheduling.graph import Graph

HEFT_SECONDS = (
    (14, 16, 9),
    (13, 19, 18),
    (11, 13, 19),
    (13, 8, 17),
    (12, 13, 10),
    (13, 16, 9),
    (7, 15, 11),
    (5, 11, 14),
    (18, 12, 20),
    (21, 7, 16),
)
HEFT_EDGES = {
    (1, 2): 18,
    (1, 3): 12,
    (1, 4): 9,
    (1, 5): 11,
    (1, 6): 14,
    (2, 8): 19,
    (2, 9): 16,
    (3, 7): 23,
    (4, 8): 27,
    (4, 9): 23,
    (5, 9): 13,
    (6, 8): 15,
    (7, 10): 17,
    (8, 10): 11,
    (9, 10): 13,
}
"""Topcuoglu, Hariri and Wu, TPDS 13(3), 2002, figure 2 and its table."""

PEFT_SECONDS = (
    (22, 21, 36),
    (22, 18, 18),
    (32, 27, 43),
    (7, 10, 4),
    (29, 27, 35),
    (26, 17, 24),
    (14, 25, 30),
    (29, 23, 36),
    (15, 21, 8),
    (13, 16, 33),
)
PEFT_EDGES = {
    (1, 2): 17,
    (1, 3): 31,
    (1, 4): 29,
    (1, 5): 13,
    (1, 6): 7,
    (2, 8): 3,
    (2, 9): 30,
    (3, 7): 16,
    (4, 8): 11,
    (4, 9): 7,
    (5, 9): 57,
    (6, 8): 5,
    (7, 10): 9,
    (8, 10): 42,
    (9, 10): 7,
}
"""Arabnejad and Barbosa, TPDS 25(3), 2014, the sample graph and its table."""


def published(seconds: tuple[tuple[int, ...], ...], edges: dict[tuple[int, int], int]) -> Graph:
    """Return a paper's graph; its operation 1 has number 0, every edge carries a tensor of its own."""
    n, nodes = len(seconds), len(seconds[0])
    ends = np.array(sorted(edges)) - 1
    size = np.array([edges[pair] for pair in sorted(edges)], dtype=np.float64)
    into = np.lexsort((ends[:, 0], ends[:, 1]))
    flat: IntArray = np.arange(n * nodes) % nodes
    ways: FloatArray = np.zeros((4, nodes, nodes))
    ways[1] = 1.0 - np.eye(nodes)
    return Graph(
        before_offsets=np.searchsorted(ends[into, 1], np.arange(n + 1)),
        before=ends[into, 0],
        before_tensor=into,
        after_offsets=np.searchsorted(ends[:, 0], np.arange(n + 1)),
        after=ends[:, 1].copy(),
        after_tensor=np.arange(len(ends)),
        tensor_bytes=size,
        task=np.zeros(n, dtype=np.int64),
        release=np.zeros(1),
        is_input=np.zeros(n, dtype=bool),
        back=np.full(n, -1),
        choice_offsets=np.arange(n + 1) * nodes,
        choices=flat,
        seconds=np.array(seconds, dtype=np.float64),
        joules=np.zeros((n, nodes)),
        price=np.zeros((n, nodes)),
        memory=np.zeros(n),
        memory_limit=np.full(nodes, np.inf),
        cores=np.ones(nodes, dtype=np.int64),
        node_tables=np.zeros((3, nodes)),
        way_tables=ways,
        channel_offsets=np.zeros(nodes * nodes + 1, dtype=np.int64),
        channels=np.empty(0, dtype=np.int64),
        n_channels=0,
    )
