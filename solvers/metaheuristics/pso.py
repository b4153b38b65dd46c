"""The method `pso`: continuous particle swarm on random keys, on the operators of pyswarms."""

from __future__ import annotations

import logging.config
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from instances.columns import Array, FloatArray
from instances.errors import InputError
from solvers.contract import Budget, MethodParams, Outcome, Termination, Trace
from solvers.metaheuristics.encoding import GENE
from solvers.metaheuristics.search import (
    PopulationParams,
    Search,
    check_range,
    decline_size,
    first_population,
    open_search,
)
from solvers.registry import register

__all__ = ["ParticleSwarm", "PsoParams", "genes_of_keys", "keys_of_genes"]

_FAR = 1e200


@dataclass(frozen=True, slots=True, kw_only=True)
class PsoParams(PopulationParams):
    """Parameters of `pso`, beside those of every population search.

    Parameters
    ----------
    w, c1, c2 : float
        Inertia and pulls to the own and the global best: by default the constriction of Clerc and
        Kennedy (2002).
    most_velocity : float
        Limit of a velocity in either direction; keys lie in 0..1.
    merged : bool
        Whether genes place blocks that are merged as SPSO-GA merges them; else every segment between single-tensor
        cuts, or every layer.
    """

    w: float = 0.7298
    c1: float = 1.49618
    c2: float = 1.49618
    most_velocity: float = 0.5
    merged: bool = True

    def __post_init__(self) -> None:
        PopulationParams.__post_init__(self)
        check_range(self, 0, 10, "w", "c1", "c2")
        if not 0 < self.most_velocity <= 1:
            raise InputError("parameter most_velocity", "must be in (0, 1]", self.most_velocity)


def genes_of_keys(keys: FloatArray, n_values: Array) -> Array:
    """Return ``floor(key * n_values)``, a key of 1 giving the highest value.

    Keys beyond the length of `n_values` give an order: their ranks.
    """
    n = len(n_values)
    genes: Array = np.empty(keys.shape, GENE)
    genes[:, :n] = np.minimum((keys[:, :n] * n_values).astype(GENE), (n_values - 1).astype(GENE))
    if keys.shape[1] > n:
        genes[:, n:] = np.argsort(np.argsort(keys[:, n:], axis=1, kind="stable"), axis=1)
    return genes


def keys_of_genes(genes: Array, n_values: Array) -> FloatArray:
    """Return the middle of the keys that give `genes`."""
    return (genes + 0.5) / _steps(genes.shape[1], n_values)


def _steps(n_genes: int, n_values: Array) -> Array:
    """Return how many intervals the keys of each gene fall in: a place of an order is one of as many as there are."""
    return np.concatenate([n_values, np.full(n_genes - len(n_values), len(n_values))])


@contextmanager
def _quiet_logging() -> Iterator[None]:
    """Keep pyswarms from setting up the root logger and a file report.log wherever it is imported or used."""
    configure = logging.config.dictConfig
    logging.config.dictConfig = lambda config: None
    try:
        yield
    finally:
        logging.config.dictConfig = configure


@contextmanager
def _global_numpy_random(rng: np.random.Generator) -> Iterator[None]:
    """Let numpy's global generator, pyswarms' only source, follow the trial's; then put its state back."""
    state = np.random.get_state()  # noqa: NPY002
    np.random.seed(rng.integers(2**32, size=4, dtype=np.uint32))  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(state)  # noqa: NPY002


@register(
    "pso",
    kind="metaheuristic",
    citation="Kennedy, Eberhart, ICNN 1995; Miranda, J. Open Source Softw. 3(21):433, 2018 (pyswarms); Bean, ORSA J. "
    "Comput. 6(2):154-160, 1994 (random keys)",
    anytime=True,
    uses_evaluations=True,
)
class ParticleSwarm:
    """Particle swarm with a global best on random keys, one key in 0..1 a gene, on pyswarms' operators."""

    Params: ClassVar[type[MethodParams]] = PsoParams
    families: ClassVar[frozenset[str]] = frozenset({"joint", "schedule"})

    def __init__(self, params: PsoParams | None = None) -> None:
        self.params = params or PsoParams()

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline what the encoding does not take, or the budget's seconds do not allow."""
        return decline_size(problem, budget, merged=self.params.merged, start=self.params.start)

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Fly the swarm until the budget or the iterations end."""
        search = open_search(problem, budget, trace, merged=self.params.merged, iterations=self.params.iterations)
        if isinstance(search, Outcome):
            return search
        with _quiet_logging(), _global_numpy_random(rng):
            return search.outcome(self._fly(search, rng))

    def _fly(self, search: Search, rng: np.random.Generator) -> Termination:
        """Run the iterations; return why they ended."""
        from pyswarms.backend.handlers import BoundaryHandler, VelocityHandler
        from pyswarms.backend.operators import compute_pbest
        from pyswarms.backend.swarms import Swarm
        from pyswarms.backend.topology import Star

        params, n_values = self.params, search.encoding.n_values
        genes = first_population(search, params, rng)
        shape = genes.shape
        clamp = (-params.most_velocity, params.most_velocity)
        bounds = (np.zeros(shape[1]), np.ones(shape[1]))
        # within the interval of its gene a first key lies anywhere
        keys = keys_of_genes(genes, n_values) + rng.uniform(-0.5, 0.5, shape) / _steps(shape[1], n_values)
        options = {"w": params.w, "c1": params.c1, "c2": params.c2}
        swarm = Swarm(position=keys, velocity=rng.uniform(*clamp, shape), options=options)
        swarm.pbest_cost = np.full(len(genes), np.inf)
        topology, stop, keep = Star(), BoundaryHandler(strategy="nearest"), VelocityHandler(strategy="unmodified")
        while True:
            swarm.current_cost = _price(search, swarm.position, n_values)
            swarm.pbest_pos, swarm.pbest_cost = compute_pbest(swarm)
            swarm.best_pos, swarm.best_cost = topology.compute_gbest(swarm)
            if (ended := search.ended()) is not None:
                return ended
            swarm.velocity = topology.compute_velocity(swarm, clamp, keep, bounds)
            swarm.position = topology.compute_position(swarm, bounds, stop)
            search.iteration += 1


def _price(search: Search, keys: FloatArray, n_values: Array) -> FloatArray:
    """Price the particles that the evaluations allow; return costs that rank by Deb's rules.

    Those that do not fit the memory are put beyond any value, by their excess; those not priced at
    infinity.
    """
    cost = np.full(len(keys), np.inf)
    n = search.allowed(len(keys))
    value, excess = search.price(genes_of_keys(keys[:n], n_values))
    cost[:n] = np.where(excess > 0.0, _FAR * (1.0 + excess), value)
    return cost
