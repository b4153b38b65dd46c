"""Decode, repair and price populations of genes in one compiled pass.

Plans are taken in tiles and a tile's plans task by task, so that what a task's genes look up stays
in the cache and the plans of a tile are decoded side by side in vector registers. Tiles are independent and a plan's sums run over tasks in their order: results do not
depend on the number of threads nor on the tiles. The kernel releases the interpreter's lock, so tiles
run on plain threads: a compiled parallel loop would take several times as long to compile and leave
threads that a fork server must not have.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from formulations.joint.options import OptionTable
from instances.columns import Array, FloatArray, IntArray
from solvers.joint_kernels import Game
from solvers.metaheuristics.pool import each

__all__ = ["Decoder", "Priced", "cell_of", "price_plans", "priced_of", "repair", "row_of"]

_MOST_PLANS = 512  # in a tile: more would not share a task's options any better
_LEAST_TO_SHARE = 20_000  # tasks of plans, some milliseconds: less is not worth waking threads
_ROUNDING = 1e-10  # far within the referee's tolerance
_TILE_BYTES = 1 << 18  # of a tile's loads, which should stay in the second-level cache


class Decoder(NamedTuple):
    """What each task's genes look up.

    `tasks` has a row for each task: its first gene, its number of blocks m, its cloud gene C + 1,
    its first cell. Cells are ordered by edge (0: none named), cut i, cut j, each cut 0..m. The
    others are those of `solvers.metaheuristics.spares.spare_options`.
    """

    tasks: IntArray
    lookup: Array
    spare_offsets: IntArray
    spare: Array
    order: IntArray


class Priced(NamedTuple):
    """The option table in rows of one length, for few cache lines an option.

    `terms` holds the fixed cost, then what each use adds to its resource (s_kpr under ``optimal``,
    b_kpr under ``equal``); `resource` the resources, filled up with one that does not exist.
    `node` and `bytes` are the weights on watched nodes, those on which the table has weights at all,
    filled up with none on a node without limit; `spare_node` and `spare_bytes` the same for the
    decoder's spare options in their order. `limit` has a row for each watched node, then infinity.
    """

    terms: FloatArray
    resource: Array
    node: Array
    bytes: FloatArray
    spare_node: Array
    spare_bytes: FloatArray
    limit: FloatArray
    n_resources: int
    equal: bool


def priced_of(table: OptionTable, game: Game, decoder: Decoder) -> Priced:
    """Return `table` in rows of one length."""
    use_at, hold_at = _rows_of(table.use_offsets), _rows_of(table.memory_offsets)
    terms = np.concatenate((table.cost[:, np.newaxis], _filled(game.use, use_at, 0.0)), axis=1)
    watched = np.unique(table.memory_node)
    node = _filled(np.searchsorted(watched, table.memory_node), hold_at, len(watched)).astype(np.int32)
    held = _filled(table.memory_bytes, hold_at, 0.0)
    return Priced(
        terms=terms,
        resource=_filled(table.use_resource, use_at, table.n_resources).astype(np.int32),
        node=node,
        bytes=held,
        spare_node=node[decoder.spare],
        spare_bytes=held[decoder.spare],
        limit=np.concatenate((game.limit[watched], [np.inf])),
        n_resources=table.n_resources,
        equal=game.equal,
    )


def _rows_of(offsets: IntArray) -> IntArray:
    """Return the rows between offsets as a matrix, filled up with -1, shape (len(offsets) - 1, longest)."""
    count = np.diff(offsets)
    step = np.arange(count.max(initial=0))
    return np.where(step < count[:, np.newaxis], offsets[:-1, np.newaxis] + step, -1)


def _filled(values: Array, rows: IntArray, blank: float) -> Array:
    filled: Array = np.append(values, blank)[rows]
    return np.ascontiguousarray(filled)


def price_plans(
    genes: Array, decoder: Decoder, priced: Priced, rows: Array, threads: int = 1
) -> tuple[FloatArray, FloatArray]:
    """Return value and excess of every plan; write its rows of the option table unless `rows` is empty.

    Parameters
    ----------
    genes : int16 array, shape (n_plans, n_genes)
        The population.
    decoder, priced : Decoder, Priced
        What genes look up, and the option table.
    rows : int32 array, shape (n_plans, n_tasks) or (0, 0)
        Output.
    threads : int
        Threads to use; one does where there is little to do.
    """
    n = len(genes)
    value, excess = np.empty(n), np.empty(n)
    if n * len(decoder.tasks) < _LEAST_TO_SHARE:
        threads = 1
    sums = 8 * (2 * priced.n_resources + len(priced.limit) + 2)
    tile = max(min(_MOST_PLANS, _TILE_BYTES // sums, -(-n // threads)), 1)

    def price(start: int) -> None:
        at = slice(start, start + tile)
        _price_tile(genes[at], decoder, priced, value[at], excess[at], rows[at])

    each(price, range(0, n, tile), threads)
    return value, excess


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
def _crowded(held, limit):
    """Return on how many nodes the weights do not fit."""
    nodes = 0
    for node in range(len(held)):
        nodes += held[node] > limit[node]
    return nodes


@njit(cache=True)
def _excess(held, limit):
    """Return the bytes that do not fit, summed over the nodes; what rounding adds is let pass."""
    excess = 0.0
    for node in range(len(held)):
        if held[node] > limit[node] * (1.0 + _ROUNDING):
            excess += held[node] - limit[node]
    return excess


@njit(cache=True, nogil=True)
def repair(chosen, held, decoder, priced):
    """Move tasks away from nodes whose memory is too full, in several plans side by side.

    In the order of `decoder.order`, once each, a task that holds weights on an over-full node takes
    the first of its spare options (by cost alone) that fits beside all others; where none fits it
    stays. Plans do not see each other.

    Parameters
    ----------
    chosen : int32 array, shape (n_tasks, n_plans)
        Rows of the option table; changed in place.
    held : array, shape (n_plans, n_watched + 1)
        Bytes on each watched node; follows.
    decoder, priced : Decoder, Priced
        Order, spare options and what they hold.
    """
    limit, width = priced.limit, priced.node.shape[1]
    crowded = np.empty(len(held), np.int64)
    for p in range(len(held)):
        crowded[p] = _crowded(held[p], limit)
    if not crowded.any():
        return
    for k in decoder.order:
        for p in range(len(held)):
            if crowded[p] == 0:
                continue
            row = chosen[k, p]
            ours = 0
            for w in range(width):
                node = priced.node[row, w]
                ours += held[p, node] > limit[node]
            if ours == 0:
                continue
            for w in range(width):
                held[p, priced.node[row, w]] -= priced.bytes[row, w]
            for s in range(decoder.spare_offsets[k], decoder.spare_offsets[k + 1]):
                fits = True
                for w in range(width):
                    node = priced.spare_node[s, w]
                    fits = fits and held[p, node] + priced.spare_bytes[s, w] <= limit[node]
                if fits:
                    row = decoder.spare[s]
                    break
            for w in range(width):
                held[p, priced.node[row, w]] += priced.bytes[row, w]
            # what fits makes no node over-full, so only the nodes that it left can change
            for w in range(width):
                node = priced.node[chosen[k, p], w]
                ours -= held[p, node] > limit[node]
            crowded[p] -= ours
            chosen[k, p] = row


@njit(cache=True, nogil=True)
def _read_tile(genes, at, m, cloud, base, lookup, line, first, second, named, rows):
    """Write the row that the genes at:at+m mean in each plan; `line` to `named` are to work in.

    They are arrays of their own, since the compiler does not vectorise over rows of one array.
    """
    n = len(rows)
    first[:] = m
    second[:] = m
    named[:] = 0
    cloud_gene = np.int16(cloud)
    # as in `cell_of`; counting back by subtraction lets the compiler see that no index is negative
    for back in range(m):
        b = m - 1 - back
        block = np.int16(b)
        for p in range(n):
            line[p] = genes[p, at + b]
        for p in range(n):
            gene = line[p]
            first[p] = block if gene != 0 else first[p]
            second[p] = block if gene == cloud_gene else second[p]
            named[p] = gene if (gene != 0) & (gene != cloud_gene) else named[p]
    for p in range(n):
        rows[p] = lookup[base + (np.int64(named[p]) * (m + 1) + first[p]) * (m + 1) + second[p]]


@njit(cache=True, nogil=True)
def _add(rows, loads, users, value, priced):
    """Add the uses and the fixed cost of one task's option in each plan."""
    width = priced.resource.shape[1]
    for p in range(len(rows)):
        value[p] += priced.terms[rows[p], 0]
    for p in range(len(rows)):
        for u in range(width):
            loads[p, priced.resource[rows[p], u]] += priced.terms[rows[p], 1 + u]
    if priced.equal:
        for p in range(len(rows)):
            for u in range(width):
                users[p, priced.resource[rows[p], u]] += 1.0


@njit(cache=True, nogil=True)
def _hold(rows, held, priced):
    """Add the weights of one task's option in each plan."""
    for p in range(len(rows)):
        for w in range(priced.node.shape[1]):
            held[p, priced.node[rows[p], w]] += priced.bytes[rows[p], w]


@njit(cache=True, nogil=True)
def _price_tile(genes, decoder, priced, value, excess, choice):
    n, n_tasks, n_watched = len(genes), len(decoder.tasks), len(priced.limit) - 1
    loads = np.zeros((n, priced.n_resources + 1))
    users = np.zeros((n, priced.n_resources + 1))
    held = np.zeros((n, n_watched + 1))
    keep = n_watched > 0 or len(choice) > 0
    chosen = np.empty((n_tasks if keep else 0, n), np.int32)
    line, first = np.empty(n, np.int16), np.empty(n, np.int16)
    second, named = np.empty(n, np.int16), np.empty(n, np.int16)
    rows = np.empty(n, np.int32)
    value[:] = 0.0
    for k in range(n_tasks):
        at, m, cloud, base = decoder.tasks[k]
        _read_tile(genes, at, m, cloud, base, decoder.lookup, line, first, second, named, rows)
        if keep:
            chosen[k] = rows
        if n_watched:
            _hold(rows, held, priced)
        else:
            _add(rows, loads, users, value, priced)
    if n_watched:
        repair(chosen, held, decoder, priced)
        # summed anew, so that no rounding of the moves stays
        held[:] = 0.0
        for k in range(n_tasks):
            _hold(chosen[k], held, priced)
            _add(chosen[k], loads, users, value, priced)
    for p in range(n):
        excess[p] = _excess(held[p], priced.limit)
        for r in range(priced.n_resources):
            value[p] += loads[p, r] * (users[p, r] if priced.equal else loads[p, r])
        if len(choice):
            for k in range(n_tasks):
                choice[p, k] = chosen[k, p]
