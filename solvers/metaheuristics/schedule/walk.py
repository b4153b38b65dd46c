"""Simulated annealing on the genes of a schedule problem; every move is decoded and priced in full."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np
from numba import njit

from formulations.schedule.decoder import new_room
from formulations.schedule.evaluator import new_ledger
from instances.columns import Array, FloatArray
from solvers.metaheuristics.schedule.encoding import ScheduleEncoding, price_genes

__all__ = ["ScheduleWalk"]

_ORDER_SHARE = 1 / 3  # of the moves that are not of one gene or a run
_CHUNK, _CHUNK_BLOCKS = 8192, 2_000_000  # a chunk should end within a second or so


class ScheduleWalk:
    """A walk over the genes of an encoding.

    Parameters
    ----------
    encoding : ScheduleEncoding
        What genes mean.
    gene_share, segment_share : float
        Shares of moves that change one server, and that set a run of a task's blocks to one; of the others a third
        exchanges two places in the order, and the rest draws two cuts of a task, before which its blocks stay on the
        device, and a server for each part behind.
    """

    repaired = False

    def __init__(self, encoding: ScheduleEncoding, gene_share: float, segment_share: float) -> None:
        case = encoding.blocks.case
        alone = case.n_tasks == 1 and bool((np.diff(case.successor_offsets) <= 1).all())
        self.encoding = encoding
        self.shares = np.array([gene_share, segment_share, 0.0 if alone else _ORDER_SHARE])
        self.chunk = max(min(_CHUNK, _CHUNK_BLOCKS // max(len(encoding.placed), 1)), 1)
        self.task_first = np.searchsorted(case.task[encoding.placed], np.arange(case.n_tasks + 1))
        # which gene value means a position, -1 where none does
        self.value_at = np.full((len(encoding.placed), case.n_nodes), -1)
        for value in range(encoding.nodes.shape[1]):
            rows = np.flatnonzero(value < encoding.n_values)
            self.value_at[rows, encoding.nodes[rows, value]] = value

    def anneal(self, genes: Array, best: Array, draws: FloatArray, temperature: float) -> tuple[float, float]:
        """Make a move for each row of `draws`; return (value, excess) of `best`; as `anneal` of the family `joint`."""
        e = self.encoding
        value, excess = _anneal(
            e.arrays,
            genes,
            best,
            e.coding,
            (e.n_values, self.value_at, self.task_first),
            draws,
            temperature,
            self.shares,
        )
        return float(value), float(excess)


@njit(cache=True)
def _set_run(genes, low, high, position, value_at):
    """Put the blocks low..high - 1 on a position, those that may run there."""
    for at in range(low, high):
        if value_at[at, position] >= 0:
            genes[at] = value_at[at, position]


@njit(cache=True)
def _propose(genes, home, moves, u, shares):
    """Change the genes by a random move; `home` has the device of each block, `u` holds numbers in 0..1."""
    n_values, value_at, task_first = moves
    m, n_nodes = value_at.shape
    if u[0] < shares[0]:
        at = int(u[1] * m)
        if n_values[at] > 1:
            new = int(u[2] * (n_values[at] - 1))
            genes[at] = new + 1 if new >= genes[at] else new
        return
    k = int(u[1] * (len(task_first) - 1))
    first, n = task_first[k], task_first[k + 1] - task_first[k]
    if u[0] < shares[0] + shares[1]:
        a, b = int(u[2] * n), int(u[3] * n)
        _set_run(genes, first + min(a, b), first + max(a, b) + 1, int(u[4] * n_nodes), value_at)
    elif u[5] < shares[2]:
        a, b = m + int(u[2] * m), m + int(u[3] * m)
        genes[a], genes[b] = genes[b], genes[a]
    else:
        a, b = int(u[2] * (n + 1)), int(u[3] * (n + 1))
        low, high = first + min(a, b), first + max(a, b)
        _set_run(genes, first, low, home[first], value_at)
        _set_run(genes, low, high, int(u[4] * n_nodes), value_at)
        # what is left of the number is as good as another
        _set_run(genes, high, first + n, int((u[4] * n_nodes) % 1.0 * n_nodes), value_at)


@njit(cache=True, nogil=True)
def _anneal(arrays, genes, best, coding, moves, draws, temperature, shares):
    placed, _, at_home, _ = coding
    room, ledger = new_room(arrays), new_ledger(arrays)
    place, rank = at_home.copy(), np.zeros(len(at_home))
    home = at_home[placed]
    value, excess = price_genes(arrays, genes, coding, place, rank, room, ledger)
    least, least_excess = value, excess
    best[:] = genes
    saved = genes.copy()
    for move in range(len(draws)):
        u = draws[move]
        _propose(genes, home, moves, u, shares)
        new, over = price_genes(arrays, genes, coding, place, rank, room, ledger)
        rise = new - value
        if temperature == np.inf:
            draws[move, 0] = rise if over <= excess and rise < np.inf else 0.0
            genes[:] = saved
            continue
        taken = over < excess or (over == excess and (rise <= 0.0 or u[6] < np.exp(-rise / temperature)))
        if not taken:
            genes[:] = saved
            continue
        value, excess = new, over
        saved[:] = genes
        if excess < least_excess or (excess == least_excess and value < least):
            least, least_excess = value, excess
            best[:] = genes
    return least, least_excess
