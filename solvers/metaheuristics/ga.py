"""The method `ga`: a genetic algorithm on DEAP's operators."""

from __future__ import annotations

import random
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from deap import base, tools

from instances.columns import Array
from instances.errors import InputError
from solvers.contract import Budget, MethodParams, Outcome, Termination, Trace
from solvers.metaheuristics.search import (
    PopulationParams,
    Search,
    check_range,
    decline_size,
    first_population,
    open_search,
)
from solvers.registry import register

__all__ = ["GaParams", "GeneticAlgorithm"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GaParams(PopulationParams):
    """Parameters of `ga`, beside those of every population search.

    Parameters
    ----------
    crossover : float
        Probability that a pair of offspring is crossed at two points.
    mutation : float
        Probability that an offspring is mutated.
    gene_mutation : float or None
        Probability of a new value for each gene of a mutated one, and for each place in its order, where it
        has one, of an exchange with another; none: one over the number of genes with values.
    tournament : int
        Plans that meet in a tournament.
    elite : int
        Best plans that live on unchanged.
    merged : bool
        Whether genes place blocks that are merged as SPSO-GA merges them; else every segment between single-tensor
        cuts, or every layer.
    """

    crossover: float = 0.8
    mutation: float = 0.1
    gene_mutation: float | None = None
    tournament: int = 2
    elite: int = 1
    merged: bool = True

    def __post_init__(self) -> None:
        PopulationParams.__post_init__(self)
        check_range(self, 0, 1, "crossover", "mutation")
        if self.gene_mutation is not None:
            check_range(self, 0, 1, "gene_mutation")
        if self.tournament < 1:
            raise InputError("parameter tournament", "must be >= 1", self.tournament)
        if not 0 <= self.elite < self.population:
            raise InputError("parameter elite", f"must be in 0..{self.population - 1}", self.elite)


class _Fitness(base.Fitness):  # type: ignore[misc]
    """Excess first, then value, both minimised: DEAP compares from left to right, which gives Deb's rules."""

    weights = (-1.0, -1.0)


class _Individual(array):  # type: ignore[type-arg]
    """Genes as an array of 16-bit integers, which DEAP's operators cut and swap at memory speed."""

    fitness: _Fitness

    def __new__(cls, genes: Any) -> Self:
        made: Self = super().__new__(cls, "h", genes)
        made.fitness = _Fitness()
        return made

    def twin(self) -> _Individual:
        """Return a copy of the genes, with no fitness yet."""
        return _Individual(self)


@contextmanager
def _global_random(rng: np.random.Generator) -> Iterator[None]:
    """Let the module `random`, DEAP's only source, follow the trial's generator; then put its state back."""
    state = random.getstate()
    random.seed(int(rng.integers(2**63)))
    try:
        yield
    finally:
        random.setstate(state)


@register(
    "ga",
    kind="metaheuristic",
    citation="Fortin, De Rainville, Gardner, Parizeau, Gagne, JMLR 13:2171-2175, 2012 (DEAP)",
    anytime=True,
    uses_evaluations=True,
)
class GeneticAlgorithm:
    """Genetic algorithm on DEAP's tournament, two-point crossover and uniform mutation, with elitism.

    An order of blocks, in the family `schedule`, is crossed by DEAP's partially mapped crossover and
    mutated by exchanges.

    Population, crossover, mutation and tournament are by default those with which SPSO-GA is
    compared in our reconstruction of its study; the paper's own are not known.
    """

    Params: ClassVar[type[MethodParams]] = GaParams
    families: ClassVar[frozenset[str]] = frozenset({"joint", "schedule"})

    def __init__(self, params: GaParams | None = None) -> None:
        self.params = params or GaParams()

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline what the encoding does not take, or the budget's seconds do not allow."""
        return decline_size(problem, budget, merged=self.params.merged, start=self.params.start)

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Breed until the budget or the iterations (generations) end."""
        search = open_search(problem, budget, trace, merged=self.params.merged, iterations=self.params.iterations)
        if isinstance(search, Outcome):
            return search
        with _global_random(rng):
            return search.outcome(self._breed(search, rng))

    def _breed(self, search: Search, rng: np.random.Generator) -> Termination:
        """Run the generations; return why they ended."""
        population = [_Individual(row.tobytes()) for row in first_population(search, self.params, rng)]
        _price(search, population)
        highest = (search.encoding.n_values - 1).tolist()
        while (ended := search.ended()) is None:
            n = search.allowed(self.params.population - self.params.elite)
            offspring = self._offspring(search, population, highest)[:n]
            _price(search, offspring)
            population = tools.selBest(population, self.params.elite) + offspring
            search.iteration += 1
        return ended

    def _offspring(self, search: Search, population: list[_Individual], highest: list[int]) -> list[_Individual]:
        """Select, cross and mutate; of them only those made before time is out."""
        params = self.params
        n = params.population - params.elite
        parents = tools.selTournament(population, n + n % 2, params.tournament)
        per_gene = 1.0 / len(highest) if params.gene_mutation is None else params.gene_mutation
        offspring: list[_Individual] = []
        for first, second in zip(parents[::2], parents[1::2], strict=True):
            pair = (first.twin(), second.twin())
            if len(highest) > 1 and random.random() < params.crossover:
                _cross(*pair, len(highest))
            for child in pair:
                if random.random() < params.mutation:
                    _mutate(child, highest, per_gene)
            offspring += pair
            if search.trace.left(search.budget) <= 0:
                break
        return offspring[:n]


def _cross(first: _Individual, second: _Individual, n: int) -> None:
    """Cross the first n genes at two points; the order behind them, if there is one, by partially mapped crossover."""
    if len(first) == n:
        tools.cxTwoPoint(first, second)
        return
    for cross, part in ((tools.cxTwoPoint, slice(0, n)), (tools.cxPartialyMatched, slice(n, None))):
        one, two = first[part], second[part]
        cross(one, two)
        first[part], second[part] = one, two


def _mutate(child: _Individual, highest: list[int], per_gene: float) -> None:
    """Draw each of the first genes anew, and exchange each place in the order, with that probability."""
    n = len(highest)
    if len(child) == n:
        tools.mutUniformInt(child, 0, highest, per_gene)
        return
    for mutate, part, limits in (
        (tools.mutUniformInt, slice(0, n), (0, highest)),
        (tools.mutShuffleIndexes, slice(n, None), ()),
    ):
        genes = child[part]
        if len(genes) > 1 or limits:
            mutate(genes, *limits, per_gene)
            child[part] = genes


def _price(search: Search, individuals: list[_Individual]) -> None:
    """Price all in one batch."""
    if not individuals:
        return
    genes: Array = np.stack([np.frombuffer(individual, dtype=np.int16) for individual in individuals])
    value, excess = search.price(genes)
    for individual, v, e in zip(individuals, value.tolist(), excess.tolist(), strict=True):
        individual.fitness.values = (e, v)
