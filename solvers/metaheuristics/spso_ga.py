"""The method `spso-ga`: self-adaptive particle swarm with the genetic operators, on merged blocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np

from instances.columns import Array, FloatArray
from instances.errors import InputError
from solvers.contract import Budget, MethodParams, Outcome, Termination, Trace
from solvers.metaheuristics.operators import DRAWS, step_swarm
from solvers.metaheuristics.schedule.encoding import ScheduleEncoding
from solvers.metaheuristics.schedule.swarm import fly
from solvers.metaheuristics.search import (
    PopulationParams,
    Search,
    check_range,
    decline_size,
    first_population,
    open_search,
)
from solvers.registry import register

__all__ = ["SpsoGa", "SpsoGaParams"]

_CHUNK_GENES = 40_000  # of a compiled call, a few milliseconds; an iteration of more is left to threads


@dataclass(frozen=True, slots=True, kw_only=True)
class SpsoGaParams(PopulationParams):
    """Parameters of `spso-ga` and `pso-ga`, beside those of every population search.

    Parameters
    ----------
    w_min, w_max : float
        Range of the inertia, the probability of a mutation (from memory of sister papers, not
        checked against this one; 0.2 to 0.8 in a public re-implementation).
    inertia_by : {"different", "equal"}
        Whether the inertia rises with the share of positions at which a particle differs from the
        global best, or with that of equal ones, as in that re-implementation. A position is a gene, in
        the family `schedule` a server with its place in the order.
    c1_start, c1_end, c2_start, c2_end : float
        Probabilities of the crossovers with the own and the global best, linear over the run (from
        memory of sister papers, and the same in a public re-implementation).
    """

    w_min: float = 0.4
    w_max: float = 0.9
    inertia_by: Literal["different", "equal"] = "different"
    c1_start: float = 0.9
    c1_end: float = 0.2
    c2_start: float = 0.4
    c2_end: float = 0.9

    def __post_init__(self) -> None:
        PopulationParams.__post_init__(self)
        check_range(self, 0, 1, "w_min", "w_max", "c1_start", "c1_end", "c2_start", "c2_end")
        if self.inertia_by not in ("different", "equal"):
            raise InputError("parameter inertia_by", "must be different or equal", self.inertia_by)
        if self.w_min > self.w_max:
            raise InputError("parameter w_min", f"must be <= w_max ({self.w_max})", self.w_min)


@register(
    "spso-ga",
    kind="metaheuristic",
    citation="Chen, Zhang, Lin, Chen, Wolter, Min, IEEE TPDS 33(3):683-697, 2022, doi 10.1109/TPDS.2021.3100298",
    anytime=True,
    uses_evaluations=True,
)
class SpsoGa:
    """Particle swarm with mutation, segment crossover and self-adaptive inertia, on merged blocks.

    Start, mutation, crossovers and their order, population and iterations are those of the authors'
    published material. The form of the inertia and its range, the coefficients' ranges and the
    comparison of infeasible plans are from memory of sister papers and unconfirmed for this one; the
    merging rule is our reconstruction. The order of layers, which the paper encodes too, has a
    meaning in the family `schedule` only; there a particle is a server vector and a permutation.
    """

    Params: ClassVar[type[MethodParams]] = SpsoGaParams
    families: ClassVar[frozenset[str]] = frozenset({"joint", "schedule"})
    merged: ClassVar[bool] = True

    def __init__(self, params: SpsoGaParams | None = None) -> None:
        self.params = params or SpsoGaParams()

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline what the encoding does not take, or the budget's seconds do not allow."""
        return decline_size(problem, budget, merged=self.merged, start=self.params.start)

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Fly the swarm until the budget or the iterations end."""
        search = open_search(problem, budget, trace, merged=self.merged, iterations=self.params.iterations)
        return search if isinstance(search, Outcome) else search.outcome(self._fly(search, rng))

    def _fly(self, search: Search, rng: np.random.Generator) -> Termination:
        """Run the iterations; return why they ended."""
        genes = first_population(search, self.params, rng)
        value, excess = search.price(genes)
        swarm = _Swarm(genes, genes.copy(), value, excess)
        while (ended := search.ended()) is None:
            chunk = self._chunk(search, len(genes))
            if chunk:
                self._fly_together(search, rng, swarm, chunk)
            else:
                self._fly_once(search, rng, swarm)
        return ended

    def _chunk(self, search: Search, population: int) -> int:
        """Return how many iterations to make in one compiled call; 0 where it is better not to."""
        if not isinstance(search.encoding, ScheduleEncoding):
            return 0
        most = _CHUNK_GENES // (population * search.encoding.n_genes)
        if search.iterations is not None:
            most = min(most, search.iterations - search.iteration)
        return search.allowed(most * population) // population

    def _pulls(self, over: float) -> tuple[float, float]:
        """Return the probabilities of both crossovers when that part of the run is over."""
        params = self.params
        return (
            params.c1_start + (params.c1_end - params.c1_start) * over,
            params.c2_start + (params.c2_end - params.c2_start) * over,
        )

    def _fly_once(self, search: Search, rng: np.random.Generator, swarm: _Swarm) -> None:
        """Make one iteration with as many particles as the evaluations allow."""
        params, n_values, genes = self.params, search.encoding.n_values, swarm.genes
        n = search.allowed(len(genes))
        draws = rng.random((len(genes), DRAWS + (search.encoding.n_genes > len(n_values))))[:n]
        step_swarm(
            genes[:n],
            swarm.own[:n],
            search.genes,
            n_values,
            params.w_min,
            params.w_max,
            *self._pulls(search.progress()),
            draws,
            params.inertia_by == "equal",
        )
        value, excess = search.price(genes[:n])
        improved = (excess < swarm.excess[:n]) | ((excess == swarm.excess[:n]) & (value < swarm.value[:n]))
        rows = np.flatnonzero(improved)
        swarm.own[rows], swarm.value[rows], swarm.excess[rows] = genes[rows], value[rows], excess[rows]
        search.iteration += 1

    def _fly_together(self, search: Search, rng: np.random.Generator, swarm: _Swarm, chunk: int) -> None:
        """Make `chunk` whole iterations, with the same result as one by one."""
        encoding, params, n = search.encoding, self.params, len(swarm.genes)
        assert isinstance(encoding, ScheduleEncoding)
        best, state = search.genes.copy(), np.array([search.value, search.excess])
        fly(
            encoding.arrays,
            encoding.coding,
            encoding.n_values,
            swarm.genes,
            swarm.own,
            swarm.value,
            swarm.excess,
            best,
            state,
            (params.w_min, params.w_max, params.inertia_by == "equal"),
            np.array([self._pulls(search.progress(ahead, ahead * n)) for ahead in range(chunk)]),
            rng.random((chunk, n, DRAWS + 1)),
        )
        search.evaluations += chunk * n
        search.iteration += chunk
        search.offer(best, float(state[0]), float(state[1]))


class _Swarm(NamedTuple):
    """Particles, and the best of each with its value and excess; all change in place."""

    genes: Array
    own: Array
    value: FloatArray
    excess: FloatArray
