"""The method `annealing`: simulated annealing on the genes of one task at a time."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, get_args

import numpy as np
from numba import njit

from instances.columns import Array, FloatArray
from instances.errors import InputError
from solvers.contract import Budget, MethodParams, Outcome, Termination, Trace
from solvers.joint_kernels import empty_state, fill, marginal, put, value_of
from solvers.metaheuristics.decoder import row_of
from solvers.metaheuristics.encoding import Encoding, Start, write_cell
from solvers.metaheuristics.schedule.encoding import ScheduleEncoding
from solvers.metaheuristics.schedule.walk import ScheduleWalk
from solvers.metaheuristics.search import Search, check_range, decline_size, open_search
from solvers.registry import register

__all__ = ["Annealing", "AnnealingParams"]

_DRAWS = 7  # random numbers of a move
_SAMPLE = 2000  # moves from which the first temperature is set, at most
_CHUNK = 8192  # moves at one temperature, or one a task where there are more tasks
_LEAST_CHUNKS = 500  # steps in which the temperature falls, where the number of moves is known


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnealingParams(MethodParams):
    """Parameters of `annealing`.

    Parameters
    ----------
    start : {"alone", "local", "lagrangian", "random"}
        Every task at what is cheapest alone; all on the devices; every task at what is cheapest at the
        prices of a few sweeps of the relaxation; or drawn evenly.
    moves : int or None
        Most moves; none: until the budget ends, or 1000 a gene where it limits neither seconds nor
        evaluations.
    start_acceptance : float
        The first temperature accepts the mean rise of a sample of moves with this probability.
    end_ratio : float
        Last temperature over the first; it falls geometrically.
    gene_share, segment_share : float
        Shares of moves that change one gene, and that set a run of a task's blocks to one value;
        the others draw an edge and two cuts for a task. Where there is an order, a third of these
        exchange two blocks' places in it.
    """

    start: Start = "alone"
    moves: int | None = None
    start_acceptance: float = 0.1
    end_ratio: float = 1e-4
    gene_share: float = 0.2
    segment_share: float = 0.2

    def __post_init__(self) -> None:
        if self.start not in get_args(Start):
            raise InputError("parameter start", f"must be one of {', '.join(get_args(Start))}", self.start)
        if self.moves is not None and self.moves < 1:
            raise InputError("parameter moves", "must be >= 1 or none", self.moves)
        check_range(self, 1e-6, 1 - 1e-6, "start_acceptance")
        check_range(self, 1e-12, 1, "end_ratio")
        check_range(self, 0, 1, "gene_share", "segment_share")
        if self.gene_share + self.segment_share > 1:
            raise InputError("parameter segment_share", "must be <= 1 - gene_share", self.segment_share)


@njit(cache=True)
def propose(genes, k, decoder, u, gene_share, segment_share):
    """Change the genes of task k by a random move; `u` holds numbers in 0..1."""
    at, m, cloud = decoder.tasks[k, 0], decoder.tasks[k, 1], decoder.tasks[k, 2]
    if u[1] < gene_share:
        b = at + int(u[2] * m)
        gene = int(u[3] * cloud)
        genes[b] = gene + 1 if gene >= genes[b] else gene
    elif u[1] < gene_share + segment_share:
        a, b = int(u[2] * m), int(u[3] * m)
        gene = int(u[4] * (cloud + 1))
        for c in range(min(a, b), max(a, b) + 1):
            genes[at + c] = gene
    else:
        a, b = int(u[2] * (m + 1)), int(u[3] * (m + 1))
        write_cell(genes, at, m, cloud, int(u[4] * cloud), min(a, b), max(a, b))


@njit(cache=True)
def excess_of(game, held):
    """Return the bytes that do not fit, summed over the nodes."""
    excess = 0.0
    for node in range(len(held)):
        excess += max(held[node] - game.limit[node], 0.0)
    return excess


@njit(cache=True)
def change_of_excess(game, held, old, new):
    """Return by how many bytes the excess rises when a task whose option `old` is held takes `new`."""
    rise = 0.0
    for u in range(game.memory_offsets[old], game.memory_offsets[old + 1]):
        node = game.node[u]
        rise -= max(held[node] - game.limit[node], 0.0)
        held[node] -= game.bytes[u]
        rise += max(held[node] - game.limit[node], 0.0)
    for u in range(game.memory_offsets[new], game.memory_offsets[new + 1]):
        node = game.node[u]
        rise -= max(held[node] - game.limit[node], 0.0)
        held[node] += game.bytes[u]
        rise += max(held[node] - game.limit[node], 0.0)
    for u in range(game.memory_offsets[new], game.memory_offsets[new + 1]):
        held[game.node[u]] -= game.bytes[u]
    for u in range(game.memory_offsets[old], game.memory_offsets[old + 1]):
        held[game.node[u]] += game.bytes[u]
    return rise


@njit(cache=True)
def change_of_value(game, loads, held, old, new):
    """Return by how much the objective rises when a task whose option `old` is loaded takes `new`.

    The task's option is taken out of `loads` and `held`.
    """
    put(game, loads, held, old, -1.0)
    return marginal(game, loads, new, 1.0) - marginal(game, loads, old, 1.0)


@njit(cache=True)
def anneal(genes, best, state, decoder, game, draws, temperature, shares):
    """Make a move for each row of `draws`; return (value, excess) of the best state.

    A move that lowers the excess of memory is taken, one that raises it is not; otherwise one that
    raises the objective by x is taken with probability exp(-x / temperature). `state` (choice, loads,
    held) must be that of `genes`; both are changed, and `best` becomes the genes of the best state
    seen, the first one included. With ``temperature = inf`` nothing is taken: `draws[:, 0]` becomes
    the rise of each move, to set a temperature by.
    """
    choice, loads, held = state
    fill(game, choice, loads, held)
    value, excess = value_of(game, choice, loads), excess_of(game, held)
    least, least_excess = value, excess
    best[:] = genes
    changed = np.zeros(len(choice), np.bool_)
    waiting = np.empty(len(choice), np.int64)
    n_waiting = 0
    saved = np.empty(decoder.tasks[:, 1].max(), genes.dtype)
    sampling = temperature == np.inf
    for move in range(len(draws)):
        u = draws[move]
        k = int(u[0] * len(choice))
        at, m = decoder.tasks[k, 0], decoder.tasks[k, 1]
        saved[:m] = genes[at : at + m]
        propose(genes, k, decoder, u[1:], shares[0], shares[1])
        old, new = choice[k], row_of(genes, k, decoder)
        if old == new:
            if sampling:
                draws[move, 0] = 0.0
                genes[at : at + m] = saved[:m]
            elif not changed[k]:
                changed[k] = True
                waiting[n_waiting] = k
                n_waiting += 1
            continue
        more = change_of_excess(game, held, old, new) if len(held) else 0.0
        rise = change_of_value(game, loads, held, old, new)
        taken = more < 0.0 or (more == 0.0 and (rise <= 0.0 or u[6] < np.exp(-rise / temperature)))
        if sampling:
            draws[move, 0] = rise
            taken = False
        if not taken:
            put(game, loads, held, old, 1.0)
            genes[at : at + m] = saved[:m]
            continue
        put(game, loads, held, new, 1.0)
        choice[k] = new
        value += rise
        excess = max(excess + more, 0.0)
        if not changed[k]:
            changed[k] = True
            waiting[n_waiting] = k
            n_waiting += 1
        if more < 0.0:
            # rounding must not leave a state that fits with a trace of excess
            excess = excess_of(game, held)
        if excess < least_excess or (excess == least_excess and value < least):
            least, least_excess = value, excess
            for w in range(n_waiting):
                a = decoder.tasks[waiting[w], 0]
                b = a + decoder.tasks[waiting[w], 1]
                best[a:b] = genes[a:b]
                changed[waiting[w]] = False
            n_waiting = 0
    return least, least_excess


@register(
    "annealing",
    kind="metaheuristic",
    citation="Kirkpatrick, Gelatt, Vecchi, Science 220:671-680, 1983",
    anytime=True,
    uses_evaluations=True,
)
class Annealing:
    """Simulated annealing: one task's genes at a time, priced by what changes, geometric cooling.

    Every proposed move counts as one evaluation. Where memory is short it walks from the decoded
    genes as they are, lets the excess only fall, and the plan it returns is repaired like any other.
    In the family `schedule` a move is priced in full, by a schedule of its own.
    """

    Params: ClassVar[type[MethodParams]] = AnnealingParams
    families: ClassVar[frozenset[str]] = frozenset({"joint", "schedule"})

    def __init__(self, params: AnnealingParams | None = None) -> None:
        self.params = params or AnnealingParams()

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline what the encoding does not take, or the budget's seconds do not allow."""
        return decline_size(problem, budget, merged=True, start=self.params.start)

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Anneal until the budget or the moves end."""
        search = open_search(problem, budget, trace, merged=True, iterations=self.params.moves)
        if isinstance(search, Outcome):
            return search
        if self.params.moves is None and search.iterations is not None:
            search.iterations = 1000 * search.encoding.n_genes
        return search.outcome(self._anneal(search, rng))

    def _anneal(self, search: Search, rng: np.random.Generator) -> Termination:
        """Move until something ends; return what. An iteration is a move."""
        params, encoding = self.params, search.encoding
        genes = encoding.random(1, rng)[0] if params.start == "random" else encoding.start(params.start)
        search.price(genes[np.newaxis])
        walk = _walk(encoding, genes, params)
        best = genes.copy()
        sample = self._room(search, 10 * _SAMPLE) // 10
        draws = rng.random((sample, _DRAWS))
        walk.anneal(genes, best, draws, np.inf)
        self._count(search, sample)
        hot = self._first_temperature(draws[:, 0])
        most = max(min(walk.chunk, self._room(search, _LEAST_CHUNKS * walk.chunk) // _LEAST_CHUNKS), 1)
        while (ended := search.ended()) is None:
            n = self._room(search, most + walk.repaired) - walk.repaired
            temperature = max(hot * params.end_ratio ** search.progress(), 1e-300)
            value, excess = walk.anneal(genes, best, rng.random((n, _DRAWS)), temperature)
            self._count(search, n)
            if walk.repaired:
                search.price(best[np.newaxis])
                search.iteration += 1
            else:
                search.offer(best, value, excess)
        return ended

    def _room(self, search: Search, n: int) -> int:
        """Return how many of `n` moves the evaluations and the moves left allow."""
        left = search.allowed(n)
        return left if search.iterations is None else min(left, search.iterations - search.iteration)

    def _count(self, search: Search, n: int) -> None:
        search.evaluations += n
        search.iteration += n

    def _first_temperature(self, rises: FloatArray) -> float:
        """Return the temperature at which the mean rise of the sample is accepted as asked."""
        rising = rises[rises > 0]
        return float(-rising.mean() / np.log(self.params.start_acceptance)) if len(rising) else 0.0


class _JointWalk:
    """A walk over the genes of a joint problem. Where memory is short a chunk's best plan is repaired, and priced anew."""

    def __init__(self, encoding: Encoding, genes: Array, params: AnnealingParams) -> None:
        self.encoding = encoding
        self.shares = np.array([params.gene_share, params.segment_share])
        self.state = empty_state(encoding.table)
        for k in range(encoding.table.n_tasks):
            self.state.choice[k] = row_of(genes, k, encoding.decoder)
        self.chunk = max(_CHUNK, encoding.table.n_tasks)
        self.repaired = len(self.state.held) > 0

    def anneal(self, genes: Array, best: Array, draws: FloatArray, temperature: float) -> tuple[float, float]:
        """Make a move for each row of `draws`; return (value, excess) of `best`."""
        found: tuple[float, float] = anneal(
            genes, best, self.state, self.encoding.decoder, self.encoding.game, draws, temperature, self.shares
        )
        return found


def _walk(encoding: Encoding | ScheduleEncoding, genes: Array, params: AnnealingParams) -> _JointWalk | ScheduleWalk:
    if isinstance(encoding, ScheduleEncoding):
        return ScheduleWalk(encoding, params.gene_share, params.segment_share)
    return _JointWalk(encoding, genes, params)
