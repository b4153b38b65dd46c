"""The operators of SPSO-GA on a whole swarm: mutation, segment crossovers, self-adaptive inertia."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["DRAWS", "copy_segment", "inertia", "mutate", "step_swarm"]

DRAWS = 9
"""Random numbers in 0..1 that a particle's step takes."""


@njit(cache=True)
def inertia(distance, w_min, w_max):
    """Return ``w = w_max - (w_max - w_min) exp(d / (d - 1.01))``.

    `distance` d is the share of positions at which a particle differs from the global best: w is
    w_min at d = 0 and w_max, up to e^-100, at d = 1. The form is our reconstruction; one public
    re-implementation feeds the share of equal positions instead, which reverses the effect.
    """
    return w_max - (w_max - w_min) * np.exp(distance / (distance - 1.01))


@njit(cache=True)
def mutate(genes, n_values, where, what):
    """Give one gene another value, evenly; `where` and `what` are numbers in 0..1."""
    at = int(where * len(genes))
    new = int(what * (n_values[at] - 1))
    genes[at] = new + 1 if new >= genes[at] else new


@njit(cache=True)
def copy_segment(genes, best, first, second):
    """Copy the genes between two distinct random cut indices, both included, from `best`.

    `first` and `second` are numbers in 0..1. A plan of one gene copies it.
    """
    n = len(genes)
    a = int(first * n)
    b = a
    if n > 1:
        b = int(second * (n - 1))
        b += b >= a
    for at in range(min(a, b), max(a, b) + 1):
        genes[at] = best[at]


@njit(cache=True)
def step_swarm(genes, own_best, best, n_values, w_min, w_max, c1, c2, draws):
    """Move every particle: ``X <- C_g(C_p(M(X)))``.

    Mutation with the particle's own probability w (`inertia` of its distance to the global best),
    then crossover with its own best with probability c1, then with the global best with
    probability c2.

    Parameters
    ----------
    genes : int16 array, shape (n_particles, n_genes)
        Changed in place.
    own_best : array like `genes`
        pBest of every particle.
    best : array, shape (n_genes,)
        gBest.
    n_values : int array, shape (n_genes,)
        Number of values of each gene.
    w_min, w_max, c1, c2 : float
        Range of the inertia, and probabilities of the crossovers.
    draws : array, shape (n_particles, DRAWS)
        Numbers in 0..1.
    """
    for p in range(len(genes)):
        u = draws[p]
        particle = genes[p]
        different = 0
        for at in range(len(best)):
            different += particle[at] != best[at]
        if u[0] < inertia(different / len(best), w_min, w_max):
            mutate(particle, n_values, u[1], u[2])
        if u[3] < c1:
            copy_segment(particle, own_best[p], u[4], u[5])
        if u[6] < c2:
            copy_segment(particle, best, u[7], u[8])
