"""Genes of a schedule problem: first a server for every block, then an order of the blocks.

Block i runs on the ``genes[i]``-th of the nodes that it may run on; ``genes[n_blocks + i]`` is its place in the order, a
permutation. Inputs have no genes. A plan is decoded by `formulations.schedule.decoder`, with places in the order as
ranks, over the blocks as operations.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from formulations.schedule.case import ScheduleCase, case_of
from formulations.schedule.decoder import decode, decode_into, new_room
from formulations.schedule.evaluator import new_ledger, price
from formulations.schedule.kernel_arrays import KernelArrays, kernel_arrays
from formulations.schedule.plan import SchedulePlan
from formulations.schedule.problem import ScheduleProblem
from formulations.schedule.timing import retime
from instances.columns import Array, FloatArray, IntArray
from instances.errors import InputError
from solvers.metaheuristics.encoding import GENE, Start
from solvers.metaheuristics.pool import each
from solvers.metaheuristics.schedule.blocks import ScheduleBlocks, schedule_blocks

__all__ = ["MOST_BLOCKS", "ScheduleEncoding", "price_genes", "schedule_encoding"]

MOST_BLOCKS = 32_767
"""Of what a gene can count."""
_LEAST_TO_SHARE = 20_000  # blocks of plans, some milliseconds: less is not worth waking threads


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScheduleEncoding:
    """Genes of a problem, and what they mean.

    Parameters
    ----------
    blocks : ScheduleBlocks
        What genes place.
    arrays : KernelArrays
        Of the blocks' case.
    placed : int array, shape (m,)
        Blocks with genes: all but inputs.
    nodes : int array, shape (m, most)
        Position that each value of a server gene means.
    n_values : int array, shape (m,)
        A server gene's values are ``0..n_values - 1``.
    at_home : int array, shape (n_blocks,)
        Position of the device of each block's task.
    connected : bool
        Whether there is a way between any two nodes.
    threads : int
        Threads that price a population; results do not depend on them.
    """

    blocks: ScheduleBlocks
    arrays: KernelArrays
    placed: IntArray
    nodes: IntArray
    n_values: IntArray
    at_home: IntArray
    connected: bool
    threads: int = 1

    missing = "keeps the deadlines and limits; they are passed by {:.4g} in all, each in parts of itself, in the best"

    @property
    def coding(self) -> tuple[IntArray, IntArray, IntArray, bool]:
        """What kernels read of the encoding: `placed`, `nodes`, `at_home`, `connected`."""
        return self.placed, self.nodes, self.at_home, self.connected

    @property
    def polishes(self) -> bool:
        """Whether the final plan may be better than what genes are priced at."""
        return self.blocks.merged or not self.blocks.layers.problem.options.regular

    @property
    def n_genes(self) -> int:
        """Length of a plan's genes."""
        return 2 * len(self.n_values)

    def decode_and_price(self, genes: Array) -> tuple[FloatArray, FloatArray]:
        """Decode and price a population.

        Parameters
        ----------
        genes : int16 array, shape (n_plans, n_genes)
            Servers below their `n_values`, then an order.

        Returns
        -------
        value : array, shape (n_plans,)
            Objective of each plan.
        excess : array, shape (n_plans,)
            As `formulations.schedule.evaluator.evaluate_population`; 0 where all limits are kept.
        """
        n = len(genes)
        value, excess = np.empty(n), np.empty(n)
        threads = self.threads if n * len(self.placed) >= _LEAST_TO_SHARE else 1
        tile = max(-(-n // threads), 1)

        def share(start: int) -> None:
            at = slice(start, start + tile)
            _price(self.arrays, genes[at], self.coding, value[at], excess[at])

        each(share, range(0, n, tile), threads)
        return value, excess

    def rows(self, genes: Array) -> tuple[IntArray, FloatArray]:
        """Return position and rank of every block of one row of genes."""
        m = len(self.placed)
        place, rank = self.at_home.copy(), np.zeros(len(self.at_home))
        place[self.placed] = self.nodes[np.arange(m), genes[:m]]
        rank[self.placed] = genes[m:]
        return place, rank

    def plan(self, genes: Array) -> SchedulePlan:
        """Return the plan of one row of genes."""
        place, rank = self.rows(genes)
        return self.blocks.plan(place, *decode(self.blocks.case, place, rank))

    def final_plan(self, genes: Array) -> SchedulePlan:
        """Return the plan of one row of genes with the best times that its places and its order allow.

        Where blocks have several layers, layers that can run side by side do, if that is better.
        """
        case = self.blocks.layers
        plan = self.plan(genes)
        if self.blocks.merged:
            place, rank = self.rows(genes)
            where = self.blocks.spread(place)
            # within a block the layers keep their order
            ranks = self.blocks.spread(rank) + np.arange(case.n_operations) / case.n_operations
            now, over = self.decode_and_price(genes[None])
            value, excess = _price_one(case, where, ranks)
            if (excess, value) < (over[0], now[0]):
                plan = case.plan(where, *decode(case, where, ranks))
        return plan if case.problem.options.regular else retime(case, plan)

    def random(self, n_plans: int, rng: np.random.Generator) -> Array:
        """Draw servers evenly and orders, shape (n_plans, n_genes)."""
        m = len(self.n_values)
        genes: Array = np.empty((n_plans, 2 * m), GENE)
        genes[:, :m] = rng.random((n_plans, m)) * self.n_values
        genes[:, m:] = rng.permuted(np.tile(np.arange(m, dtype=GENE), (n_plans, 1)), axis=1)
        return genes

    def start(self, start: Start) -> Array:
        """Return the genes of a start that needs no chance: all on the devices, or each task where it is best alone.

        Alone means on one node, as far as its blocks may run there (else they stay where they are), with the other
        tasks where they are: task by task.
        """
        m = len(self.n_values)
        home = self.at_home[self.placed]
        genes: Array = np.concatenate([self._nearest(np.zeros(m, GENE), home), np.arange(m, dtype=GENE)])
        if start == "local":
            return genes
        task = self.blocks.case.task[self.placed]
        for k in range(self.blocks.case.n_tasks):
            own = task == k
            tried = np.tile(genes, (self.blocks.case.n_nodes + 1, 1))
            for node in range(self.blocks.case.n_nodes):
                tried[node + 1, :m][own] = self._nearest(genes[:m], np.full(m, node))[own]
            value, excess = self.decode_and_price(tried)
            genes = tried[np.lexsort((value, excess))[0]]
        return genes

    def _nearest(self, genes: Array, wanted: IntArray) -> Array:
        """Return server genes that mean the positions `wanted` where those are allowed, else `genes`."""
        valid = np.arange(self.nodes.shape[1]) < self.n_values[:, None]
        hit = (self.nodes == wanted[:, None]) & valid
        found: Array = np.where(hit.any(axis=1), hit.argmax(axis=1), genes).astype(GENE)
        return found


def schedule_encoding(problem: ScheduleProblem, *, merged: bool, threads: int = 1) -> ScheduleEncoding:
    """Return the encoding of `problem` on merged blocks or on every layer.

    Raises
    ------
    InputError
        If a layer may run nowhere, or there are more blocks than a gene can count.
    """
    layers = case_of(problem)
    nowhere = np.flatnonzero(~layers.allowed.any(axis=0))
    if len(nowhere):
        raise InputError("problem", "every layer must have a node that may run it", f"operation {nowhere[0]}")
    blocks = schedule_blocks(layers, merged=merged)
    case = blocks.case
    placed = np.flatnonzero(~case.is_input)
    if max(len(placed), case.n_nodes) > MOST_BLOCKS:
        raise InputError("problem", f"must have at most {MOST_BLOCKS} blocks and nodes", len(placed))
    allowed = case.allowed[:, placed].T
    n_values = allowed.sum(axis=1)
    # allowed positions first, ascending
    nodes = np.argsort(~allowed, axis=1, kind="stable")[:, : n_values.max()]
    return ScheduleEncoding(
        blocks=blocks,
        arrays=kernel_arrays(case),
        placed=placed,
        nodes=np.ascontiguousarray(nodes),
        n_values=n_values,
        at_home=case.source[case.task],
        connected=bool(np.isfinite(case.latency).all()),
        threads=threads,
    )


def _price_one(case: ScheduleCase, place: IntArray, rank: FloatArray) -> tuple[float, float]:
    """Return value and excess of a placement by layers, on the kernel that is compiled already."""
    n, order = case.n_operations, np.argsort(np.argsort(rank, kind="stable"), kind="stable")
    positions = np.tile(np.arange(case.n_nodes), (n, 1))
    genes = np.concatenate([place, order]).astype(GENE)[None]
    value, excess = np.empty(1), np.empty(1)
    _price(kernel_arrays(case), genes, (np.arange(n), positions, case.source[case.task], False), value, excess)
    return float(value[0]), float(excess[0])


@njit(cache=True, error_model="numpy")
def _has_ways(arrays, place):
    """Return whether every tensor finds a way."""
    for v in range(len(place)):
        here = place[v]
        for row in range(arrays.successor_offsets[v], arrays.successor_offsets[v + 1]):
            if not arrays.latency[here, place[arrays.successors[row]]] < np.inf:
                return False
        home = arrays.source[arrays.task[v]]
        if arrays.return_result and arrays.is_last[v] == 1 and not arrays.latency[here, home] < np.inf:
            return False
    return True


@njit(cache=True, error_model="numpy", inline="always")
def price_genes(arrays, genes, coding, place, rank, room, ledger):
    """Return value and excess of one row of genes, infinite where a tensor finds no way; write `place` and `rank`."""
    placed, nodes, _, connected = coding
    m = len(placed)
    for i in range(m):
        place[placed[i]] = nodes[i, genes[i]]
        rank[placed[i]] = genes[m + i]
    value, excess = np.inf, np.inf
    if connected or _has_ways(arrays, place):
        decode_into(arrays, place, rank, room)
        value, excess = price(arrays, place, room, ledger)
    return value, excess


@njit(cache=True, nogil=True, error_model="numpy")
def _price(arrays, genes, coding, value, excess):
    room, ledger = new_room(arrays), new_ledger(arrays)
    place, rank = coding[2].copy(), np.zeros(len(coding[2]))
    for row in range(len(genes)):
        value[row], excess[row] = price_genes(arrays, genes[row], coding, place, rank, room, ledger)
