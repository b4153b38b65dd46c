"""The encoding that all metaheuristics share: one gene for each task and block.

Gene 0 puts the block on the task's device, genes 1 to C on one of its C candidates (edges, or a
cloud that is a candidate itself), gene C + 1 in a cloud. The decoder reads a task's genes so:

- Tiers never fall along the chain: a block's tier is the highest of its own and all earlier ones.
  So ``i`` blocks run on the device, up to ``j`` on the edge, the rest in a cloud.
- The first edge gene names the edge, wherever it stands; later edge genes say only "edge". Without
  one, a task bound for a cloud goes through the candidate that is cheapest alone for its cut.
- Of versions (exits, variants) and clouds behind the edge it takes what is cheapest alone among the
  allowed options with that edge and those cuts. An exit that lies before a cut ends there.
- Where no allowed option has that edge and those cuts (accuracy floor, memory of a device, no route
  to a cloud) the task takes its allowed option that is cheapest alone.
- Where weights do not fit a node, tasks are moved by `solvers.metaheuristics.decoder.repair`.

"Cheapest alone" is the cost with every resource to itself. All of this but the first two points is
our reconstruction for this family: the SPSO-GA paper schedules layers one by one.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numba import njit

from formulations.joint.options import OptionTable, option_table
from formulations.joint.plan import JointPlan
from formulations.joint.problem import JointProblem
from formulations.joint.uplinks import uplinks_of
from instances.columns import Array, FloatArray, IntArray
from instances.system import Tier
from solvers.decomposition.relaxation import Relaxation
from solvers.joint_kernels import Game, game_of
from solvers.metaheuristics.blocks import Blocks, blocks_of
from solvers.metaheuristics.decoder import Decoder, Priced, price_plans, priced_of
from solvers.metaheuristics.spares import spare_options

__all__ = ["GENE", "Encoding", "Start", "encoding_of", "n_options_of"]

Start = Literal["random", "local", "alone", "lagrangian"]

_SWEEPS = 5  # of the relaxation behind a start at its prices

GENE = np.int16
"""Type of a gene."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Encoding:
    """Genes of a problem, and what they mean.

    Parameters
    ----------
    table : OptionTable
        Options with cuts between blocks only, none pruned; every task has at least one.
    game : Game
        The table as kernels read it.
    priced : Priced
        The table in rows of one length.
    decoder : Decoder
        What each task's genes look up.
    gene_offsets : int array, shape (n_tasks + 1,)
        Genes of task ``k`` are ``gene_offsets[k]:gene_offsets[k + 1]``.
    n_values : int array, shape (n_genes,)
        A gene's values are ``0..n_values - 1``.
    threads : int
        Threads that price a population; results do not depend on them.
    """

    table: OptionTable
    game: Game
    priced: Priced
    decoder: Decoder
    gene_offsets: IntArray
    n_values: IntArray
    threads: int = 1

    missing = "fits the memory; {:.4g} bytes too many in the best"
    polishes = False

    @property
    def n_genes(self) -> int:
        """Length of a plan's genes."""
        return len(self.n_values)

    def decode_and_price(self, genes: Array) -> tuple[FloatArray, FloatArray]:
        """Decode, repair and price a population in one compiled pass over plans.

        Parameters
        ----------
        genes : int16 array, shape (n_plans, n_genes)
            Each below its `n_values`.

        Returns
        -------
        value : array, shape (n_plans,)
            Objective of each plan.
        excess : array, shape (n_plans,)
            Bytes of weights that do not fit after the repair, summed over the nodes; 0 where all fit.
        """
        return price_plans(genes, self.decoder, self.priced, _NOTHING, self.threads)

    def choices(self, genes: Array) -> Array:
        """Decode and repair a population; return the rows of `table`, int32, shape (n_plans, n_tasks)."""
        rows: Array = np.empty((len(genes), self.table.n_tasks), np.int32)
        price_plans(genes, self.decoder, self.priced, rows, self.threads)
        return rows

    def plan(self, genes: Array) -> JointPlan:
        """Return the plan of one row of genes."""
        return self.table.plan(self.choices(genes[np.newaxis])[0])

    def final_plan(self, genes: Array) -> JointPlan:
        """Return the plan that a search ends with: the same."""
        return self.plan(genes)

    def random(self, n_plans: int, rng: np.random.Generator) -> Array:
        """Draw an edge and two cuts for every task of every plan, evenly, shape (n_plans, n_genes).

        Genes drawn one by one would leave next to nothing on the devices: the first that names another tier ends there.
        """
        genes: Array = np.empty((n_plans, self.n_genes), GENE)
        _draw_cells(genes, self.decoder.tasks, rng.random((n_plans, self.table.n_tasks, 3)))
        return genes

    def local(self) -> Array:
        """Return the genes that keep all on the devices."""
        return np.zeros(self.n_genes, GENE)

    def alone(self) -> Array:
        """Return genes by which every task takes an option as cheap alone as genes can name."""
        genes = self.local()
        _cheapest_cells(genes, self.decoder, self.table.alone_cost())
        return genes

    def at_prices(self) -> Array:
        """Return genes by which every task takes what is cheapest at prices of a relaxation of the problem."""
        genes, relaxation = self.local(), Relaxation.start(self.table, self.table.task_offsets[:-1].copy())
        for _ in range(_SWEEPS):
            relaxation.sweep(np.arange(self.table.n_tasks))
        _cheapest_cells(genes, self.decoder, relaxation.priced())
        return genes

    def start(self, start: Start) -> Array:
        """Return the genes of one of the starts that need no chance."""
        makers = {"local": self.local, "alone": self.alone, "lagrangian": self.at_prices}
        return makers[start]()


_NOTHING = np.empty((0, 0), np.int32)


def n_options_of(problem: JointProblem, blocks: Blocks) -> int:
    """Return about how many options the table of `encoding_of` would hold."""
    system, load = problem.instance.system, problem.instance.workload
    last = np.diff(blocks.positions.offsets).astype(np.float64) - 1
    pairs = np.add.reduceat(last * (last + 1) / 2 + last, blocks.positions.network_offsets[:-1])
    clouds = np.bincount(uplinks_of(system)[:, 0], minlength=system.n_nodes)[load.candidate_site]
    clouds = np.where(system.node_tier[load.candidate_site] == Tier.CLOUD, 1, clouds)
    network = np.repeat(load.task_network, np.diff(load.candidate_offsets))
    return int((pairs[network] * clouds).sum()) + load.n_tasks


def encoding_of(problem: JointProblem, *, merged: bool, threads: int = 1) -> Encoding | int:
    """Return the encoding of `problem` on merged blocks or on every segment.

    Returns
    -------
    Encoding or int
        The first task that has no allowed option, where there is one.

    Raises
    ------
    InputError
        As `formulations.joint.options.option_table`.
    """
    blocks = blocks_of(problem.instance, merged=merged)
    table = option_table(problem, prune=False, positions=blocks.positions)
    empty = table.task_without_option()
    if empty is not None:
        return empty
    load = problem.instance.workload
    network = load.task_network
    n_blocks = blocks.n_blocks[network]
    n_candidates = np.diff(load.candidate_offsets)
    gene_offsets = np.concatenate(([0], np.cumsum(n_blocks)))
    cells = np.concatenate(([0], np.cumsum((n_candidates + 1) * (n_blocks + 1) ** 2)))
    tasks = np.ascontiguousarray(
        np.column_stack((gene_offsets[:-1], n_blocks, n_candidates + 1, cells[:-1])).astype(np.int64)
    )
    lookup = np.full(cells[-1], -1, np.int32)
    placement = np.column_stack((table.candidate, table.cloud, table.device_until, table.edge_until))
    at_cloud = _cloud_candidates(problem)
    _fill_lookup(
        lookup,
        tasks,
        table.task_offsets,
        np.ascontiguousarray(placement.astype(np.int32)),
        table.alone_cost(),
        blocks.layer.astype(np.int64),
        blocks.offsets[network].astype(np.int64),
        at_cloud,
        load.candidate_offsets.astype(np.int64),
    )
    spare_offsets, spare, order = spare_options(table)
    game = game_of(table)
    decoder = Decoder(tasks, lookup, spare_offsets, spare, order)
    return Encoding(
        table=table,
        game=game,
        priced=priced_of(table, game, decoder),
        decoder=decoder,
        gene_offsets=gene_offsets,
        n_values=np.repeat(n_candidates + 2, n_blocks),
        threads=threads,
    )


def _cloud_candidates(problem: JointProblem) -> Array:
    """Return which candidates are clouds, shape (n_candidates,)."""
    instance = problem.instance
    at_cloud: Array = instance.system.node_tier[instance.workload.candidate_site] == Tier.CLOUD
    return at_cloud


@njit(cache=True)
def _fill_lookup(lookup, tasks, task_offsets, placement, alone, layer, first_cut, at_cloud, candidate_offsets):
    """Write into each cell (edge or none, i, j) of each task the row that is cheapest alone."""
    for k in range(len(tasks)):
        m, planes, base = tasks[k, 1], tasks[k, 2], tasks[k, 3]
        cuts = layer[first_cut[k] : first_cut[k] + m + 1]
        side = m + 1
        cheapest = task_offsets[k]
        for p in range(task_offsets[k], task_offsets[k + 1]):
            if alone[p] < alone[cheapest]:
                cheapest = p
            c, cloud = placement[p, 0], placement[p, 1]
            # cuts at or after the version's end mean the end: the first of them, and all that follow
            i_from = np.searchsorted(cuts, placement[p, 2])
            j_from = np.searchsorted(cuts, placement[p, 3])
            i_to, j_to = i_from + 1, j_from + 1
            from_plane, to_plane = c + 1, c + 2
            through = False
            if c < 0:
                from_plane, to_plane = 0, planes
                i_to, j_to = side, side
            elif at_cloud[candidate_offsets[k] + c]:
                j_to = side
                through = True
            elif cloud < 0:
                j_to = side
            else:
                through = i_from == j_from
            for i in range(i_from, i_to):
                for j in range(max(i, j_from), j_to):
                    for plane in range(from_plane, to_plane):
                        _offer(lookup, base + (plane * side + i) * side + j, p, alone)
            if through:
                _offer(lookup, base + i_from * side + i_from, p, alone)
        for cell in range(base, base + planes * side * side):
            if lookup[cell] < 0:
                lookup[cell] = cheapest


@njit(cache=True)
def _offer(lookup, cell, p, alone):
    """Put row p into the cell if it is cheaper alone than what is there."""
    if lookup[cell] < 0 or alone[p] < alone[lookup[cell]]:
        lookup[cell] = p


@njit(cache=True)
def _cheapest_cells(genes, decoder, alone):
    """Write for each task the genes of a cell of least cost alone."""
    for k in range(len(decoder.tasks)):
        at, m, planes, base = decoder.tasks[k]
        side = m + 1
        best, named, first, second = np.inf, 0, 0, 0
        for plane in range(planes):
            for i in range(side):
                for j in range(i, side):
                    # an edge that runs nothing needs a later gene to name it
                    spelled = (j > i and plane > 0) or (i == j and (plane == 0 or i < m - 1))
                    cost = alone[decoder.lookup[base + (plane * side + i) * side + j]]
                    if spelled and cost < best:
                        best, named, first, second = cost, plane, i, j
        write_cell(genes, at, m, planes, named, first, second)


@njit(cache=True)
def _draw_cells(genes, tasks, draws):
    """Write genes of an edge and two cuts for each plan and task; `draws` holds numbers in 0..1."""
    for plan in range(len(genes)):
        for k in range(len(tasks)):
            at, m, cloud = tasks[k, 0], tasks[k, 1], tasks[k, 2]
            u = draws[plan, k]
            one, two = int(u[1] * (m + 1)), int(u[2] * (m + 1))
            write_cell(genes[plan], at, m, cloud, 1 + int(u[0] * (cloud - 1)), min(one, two), max(one, two))


@njit(cache=True)
def write_cell(genes, at, m, cloud, named, i, j):
    """Write genes that decode to edge `named` (0: none) and the cuts i and j."""
    for b in range(m):
        genes[at + b] = 0 if b < i else (named if b < j else cloud)
    if i == j and named > 0 and i < m - 1:
        genes[at + i + 1] = named
