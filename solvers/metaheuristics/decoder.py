"""Decode, repair and price populations of genes in one compiled pass.

Plans are taken in tiles and a tile's plans task by task, so that what a task's genes look up stays
in the cache. Tiles are independent and a plan's sums run over tasks in their order: results do not
depend on the number of threads.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit, prange

from instances.columns import Array, IntArray
from solvers.joint_kernels import fits, put

__all__ = ["Decoder", "cell_of", "price_population", "repair", "row_of"]

_TILE = 32


class Decoder(NamedTuple):
    """What each task's genes look up.

    `tasks` has a row for each task: its first gene, its number of blocks m, its cloud gene C + 1,
    its first cell. Cells are ordered by edge (0: none named), cut i, cut j, each cut 0..m.
    """

    tasks: IntArray
    lookup: Array
    spare_offsets: IntArray
    spare: Array
    order: IntArray


@njit(cache=True)
def cell_of(genes, at, m, cloud):
    """Return (named edge or 0, blocks on the device, blocks before the cloud) of the genes at:at+m."""
    named, i, j = 0, m, m
    # backwards, so that the first gene of each sort has the last word and nothing branches
    for b in range(m - 1, -1, -1):
        gene = genes[at + b]
        i = b if gene != 0 else i
        j = b if gene == cloud else j
        named = gene if gene != 0 and gene != cloud else named
    return named, i, j


@njit(cache=True)
def row_of(genes, k, decoder):
    """Return the row of the option table that the genes of task k mean, before any repair."""
    m = decoder.tasks[k, 1]
    named, i, j = cell_of(genes, decoder.tasks[k, 0], m, decoder.tasks[k, 2])
    return decoder.lookup[decoder.tasks[k, 3] + (named * (m + 1) + i) * (m + 1) + j]


@njit(cache=True)
def excess_of(game, held):
    """Return the bytes that do not fit, summed over the nodes."""
    excess = 0.0
    for node in range(len(held)):
        excess += max(held[node] - game.limit[node], 0.0)
    return excess


@njit(cache=True)
def repair(choice, loads, held, decoder, game):
    """Move tasks away from nodes whose memory is too full.

    In the order of `decoder.order`, once each, a task that holds weights on an over-full node takes
    the first of its spare options (by cost alone) that fits beside all others; where none fits it
    stays. Loads and held bytes follow.
    """
    for k in decoder.order:
        row = choice[k]
        crowded = False
        for u in range(game.memory_offsets[row], game.memory_offsets[row + 1]):
            crowded = crowded or held[game.node[u]] > game.limit[game.node[u]]
        if not crowded:
            continue
        put(game, loads, held, row, -1.0)
        for s in range(decoder.spare_offsets[k], decoder.spare_offsets[k + 1]):
            if fits(game, held, decoder.spare[s]):
                row = decoder.spare[s]
                break
        choice[k] = row
        put(game, loads, held, row, 1.0)


@njit(cache=True)
def _refill(choice, loads, held, game):
    loads[:] = 0.0
    held[:] = 0.0
    total = 0.0
    for k in range(len(choice)):
        total += game.cost[choice[k]]
        put(game, loads, held, choice[k], 1.0)
    return total


@njit(cache=True)
def _price_tile(genes, start, stop, decoder, game, n_resources, n_held, value, excess, choice):
    n = stop - start
    loads = np.zeros((n, 2, n_resources))
    held = np.zeros((n, n_held))
    total = np.zeros(n)
    for k in range(len(decoder.tasks)):
        for p in range(n):
            row = row_of(genes[start + p], k, decoder)
            choice[p, k] = row
            total[p] += game.cost[row]
            put(game, loads[p], held[p], row, 1.0)
    for p in range(n):
        if excess_of(game, held[p]) > 0.0:
            repair(choice[p], loads[p], held[p], decoder, game)
            # anew, so that no rounding of the moves stays in the sums
            total[p] = _refill(choice[p], loads[p], held[p], game)
        shared = 0.0
        for r in range(n_resources):
            shared += loads[p, 0, r] * (loads[p, 1, r] if game.equal else loads[p, 0, r])
        value[start + p] = total[p] + shared
        excess[start + p] = excess_of(game, held[p])


@njit(cache=True, parallel=True)
def price_population(genes, decoder, game, n_resources, n_held, value, excess, rows):
    """Write value and excess of every plan, and its rows of the option table unless `rows` is empty.

    Parameters
    ----------
    genes : int16 array, shape (n_plans, n_genes)
        The population.
    decoder, game : Decoder, Game
        What genes look up, and the option table.
    n_resources, n_held : int
        Resources, and nodes whose memory is watched (all or none).
    value, excess : arrays, shape (n_plans,)
        Output.
    rows : int32 array, shape (n_plans, n_tasks) or (0, 0)
        Output.
    """
    for tile in prange((len(genes) + _TILE - 1) // _TILE):
        start = tile * _TILE
        stop = min(start + _TILE, len(genes))
        choice = np.empty((stop - start, len(decoder.tasks)), np.int32)
        _price_tile(genes, start, stop, decoder, game, n_resources, n_held, value, excess, choice)
        if len(rows):
            rows[start:stop] = choice
