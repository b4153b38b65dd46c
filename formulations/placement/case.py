"""A placement problem as arrays: blocks of layers, tensors between them, workers; what every method works on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from formulations.placement.plan import PlacementPlan
from formulations.placement.problem import LATENCY, LOAD, PlacementProblem, layer_rules
from instances.columns import BoolArray, FloatArray, IntArray

__all__ = ["PlacementCase", "case_of"]


@dataclass(frozen=True, kw_only=True, eq=False)
class PlacementCase:
    """The arrays.

    A block holds layers that share a worker in every plan: those of one class, and where the workers must stand in an
    order also those on a common cycle of such blocks (not for the latency: there a host runs layers one by one).
    Blocks are numbered in topological order of their edges where these have no cycle.

    Parameters
    ----------
    problem : PlacementProblem
        What it is about.
    block : int array, shape (n_layers,)
        Block of every layer; -1 for the input.
    seconds : array, shape (n_workers, n_blocks)
        Of every block; ``inf`` where it may not run.
    memory : array, shape (n_blocks,)
        Bytes of its weights.
    memory_limit, seconds_per_byte : arrays, shape (n_workers,)
        Of every worker; ``inf`` bytes and 0 on hosts.
    kind : int array, shape (n_workers,)
        Equal numbers mark workers that are alike in everything.
    size : array, shape (n_tensors,)
        Bytes of every tensor that may cross a border.
    producer : int array, shape (n_tensors,)
        Its block; -1: the input.
    readers : int array, shape (n_readers,)
        Blocks that read each tensor, another than its producer: ``readers[offsets[t]:offsets[t + 1]]``, ascending.
    offsets : int array, shape (n_tensors + 1,)
        As above.
    edges : int array, shape (n_edges, 2)
        Pairs of different blocks, the input left out.
    """

    problem: PlacementProblem
    block: IntArray
    seconds: FloatArray
    memory: FloatArray
    memory_limit: FloatArray
    seconds_per_byte: FloatArray
    kind: IntArray
    size: FloatArray
    producer: IntArray
    readers: IntArray
    offsets: IntArray
    edges: IntArray

    @property
    def n_blocks(self) -> int:
        """Number of blocks."""
        return len(self.memory)

    @property
    def n_workers(self) -> int:
        """Number of workers."""
        return len(self.kind)

    @cached_property
    def allowed(self) -> BoolArray:
        """Where each block may run by itself, shape (n_workers, n_blocks)."""
        fits: BoolArray = np.isfinite(self.seconds) & (self.memory <= self.memory_limit[:, None] * (1.0 + 1e-9))
        return fits

    def workers_for(self, block: int, most: float) -> list[int]:
        """Return the workers that may run `block` in a plan of at most `most` seconds.

        For the latency a host may run a block of several layers side by side, whatever their sum.
        """
        fast = self.seconds[:, block] <= most * (1.0 + 1e-9)
        if self.problem.options.objective == LATENCY:
            fast |= np.array([worker.host for worker in self.problem.workers])
        found: list[int] = np.flatnonzero(self.allowed[:, block] & fast).tolist()
        return found

    def readers_of(self, tensor: int) -> IntArray:
        """Return the blocks that read `tensor`."""
        found: IntArray = self.readers[self.offsets[tensor] : self.offsets[tensor + 1]]
        return found

    def plan(self, worker: IntArray) -> PlacementPlan:
        """Return the plan that puts each block on a worker, shape (n_blocks,)."""
        node = np.array([one.node for one in self.problem.workers])[worker][self.block]
        node[self.block < 0] = -1
        return PlacementPlan(node=node)


def case_of(problem: PlacementProblem, *, one_by_one: bool = False) -> PlacementCase:
    """Return the arrays of `problem`; with `one_by_one` every layer is a block, in spite of classes."""
    network, options = problem.network, problem.options
    rules = [layer_rules(layer.kind) for layer in network.layers]
    classes = [None if one_by_one else name for _, name in rules]
    block = _blocks(classes, network.edge_array, options.contiguous and options.objective == LOAD)
    n = int(block.max()) + 1
    placed = block >= 0
    seconds = np.array([np.bincount(block[placed], problem.layer_seconds(w.node)[placed], n) for w in problem.workers])
    bound = np.zeros(n, dtype=bool)
    bound[block[[row for row, (host, _) in enumerate(rules) if host and row]]] = True
    for row, worker in enumerate(problem.workers):
        if not worker.host:
            seconds[row, bound] = np.inf
    limit = np.array([problem.memory_limit(worker) for worker in problem.workers])
    rate = np.array([worker.seconds_per_byte for worker in problem.workers])
    hosts = np.array([worker.host for worker in problem.workers])
    alike = np.column_stack([seconds, limit, rate, hosts])
    kind = np.unique(alike, axis=0, return_inverse=True)[1].reshape(-1)
    size, producer, readers = _tensors(problem, block)
    ends = block[network.edge_array]
    ends = ends[(ends[:, 0] >= 0) & (ends[:, 0] != ends[:, 1])]
    return PlacementCase(
        problem=problem,
        block=block,
        seconds=seconds,
        memory=np.bincount(block[placed], network.parameter_bytes[placed], n).astype(np.float64),
        memory_limit=limit,
        seconds_per_byte=rate,
        kind=kind,
        size=np.array(size),
        producer=np.array(producer, dtype=np.int64),
        readers=np.array([one for each in readers for one in each], dtype=np.int64),
        offsets=np.cumsum([0, *map(len, readers)]),
        edges=np.unique(ends, axis=0).reshape(-1, 2),
    )


def _blocks(classes: list[str | None], edges: IntArray, contiguous: bool) -> IntArray:
    """Return the block of every layer, numbered by first layer or, without cycles, topologically."""
    n = len(classes)
    label = np.arange(n)
    first: dict[str, int] = {}
    for row, name in enumerate(classes):
        if row and name is not None:
            label[row] = first.setdefault(name, row)
    ends = label[edges[edges[:, 0] > 0]]
    graph = sparse.csr_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(n, n))
    if contiguous:
        label = np.asarray(connected_components(graph, connection="strong")[1][label], dtype=np.int64)
    group = np.unique(label[1:], return_inverse=True)[1].reshape(-1)
    rank = _ranks(int(group.max()) + 1, group[edges[edges[:, 0] > 0] - 1])
    block = np.full(n, -1, dtype=np.int64)
    block[1:] = rank[group]
    return block


def _ranks(n: int, ends: IntArray) -> IntArray:
    """Return a topological number of every block; blocks on cycles come last."""
    pairs = np.unique(ends[ends[:, 0] != ends[:, 1]], axis=0).tolist()
    after: list[list[int]] = [[] for _ in range(n)]
    waits = [0] * n
    for a, b in pairs:
        after[a].append(b)
        waits[b] += 1
    order = [one for one in range(n) if not waits[one]]
    for one in order:  # grows while it is walked
        for b in after[one]:
            waits[b] -= 1
            if not waits[b]:
                order.append(b)
    order += [one for one in range(n) if waits[one]]
    rank = np.empty(n, dtype=np.int64)
    rank[order] = np.arange(n)
    return rank


def _tensors(problem: PlacementProblem, block: IntArray) -> tuple[list[float], list[int], list[tuple[int, ...]]]:
    """Return bytes, producer and readers of the tensors; those of one producer for the same readers are one."""
    network = problem.network
    read: dict[int, set[int]] = {}
    for a, b in network.edges:
        if block[a] != block[b]:
            read.setdefault(a, set()).add(int(block[b]))
    found: dict[tuple[int, tuple[int, ...]], float] = {}
    for a, blocks in read.items():
        if network.output_bytes[a] > 0:
            key = (int(block[a]), tuple(sorted(blocks)))
            found[key] = found.get(key, 0.0) + float(network.output_bytes[a])
    return list(found.values()), [key[0] for key in found], [key[1] for key in found]
