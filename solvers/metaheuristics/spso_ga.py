"""The method `spso-ga`: self-adaptive particle swarm with the genetic operators, on merged blocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from instances.errors import InputError
from solvers.contract import Budget, MethodParams, Outcome, Termination, Trace
from solvers.metaheuristics.operators import DRAWS, step_swarm
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
        params = self.params
        genes = first_population(search, params, rng)
        value, excess = search.price(genes)
        own_best, own_value, own_excess = genes.copy(), value, excess
        n_values = search.encoding.n_values
        ordered, equal = search.encoding.n_genes > len(n_values), params.inertia_by == "equal"
        while (ended := search.ended()) is None:
            n = search.allowed(len(genes))
            over = search.progress()
            c1 = params.c1_start + (params.c1_end - params.c1_start) * over
            c2 = params.c2_start + (params.c2_end - params.c2_start) * over
            draws = rng.random((len(genes), DRAWS + ordered))[:n]
            step_swarm(
                genes[:n], own_best[:n], search.genes, n_values, params.w_min, params.w_max, c1, c2, draws, equal
            )
            value, excess = search.price(genes[:n])
            improved = (excess < own_excess[:n]) | ((excess == own_excess[:n]) & (value < own_value[:n]))
            rows = np.flatnonzero(improved)
            own_best[rows], own_value[rows], own_excess[rows] = genes[rows], value[rows], excess[rows]
            search.iteration += 1
        return ended
