"""The operators of SPSO-GA on a whole swarm: mutation, segment crossovers, self-adaptive inertia."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["DRAWS", "copy_segment", "inertia", "mutate", "step_swarm"]

DRAWS = 9
"""Random numbers in 0..1 that a particle's step takes; one more where genes hold an order."""


@njit(cache=True)
def inertia(distance, w_min, w_max):
    """Return ``w = w_max - (w_max - w_min) exp(d / (d - 1.01))``.

    `distance` d is the share of positions at which a particle differs from the global best: w is
    w_min at d = 0 and w_max, up to e^-100, at d = 1. The form is our reconstruction; one public
    re-implementation feeds the share of equal positions instead, which reverses the effect.
    """
    return w_max - (w_max - w_min) * np.exp(distance / (distance - 1.01))


@njit(cache=True)
def mutate(genes, n_values, where, what, partner):
    """Give one gene another value, evenly; `where`, `what` and `partner` are numbers in 0..1.

    Genes may be longer than `n_values`: what follows is an order, in which the mutated position
    changes places with another.
    """
    n = len(n_values)
    at = int(where * n)
    if n_values[at] > 1:
        new = int(what * (n_values[at] - 1))
        genes[at] = new + 1 if new >= genes[at] else new
    if len(genes) > n and n > 1:
        other = int(partner * (n - 1))
        other += other >= at
        genes[n + at], genes[n + other] = genes[n + other], genes[n + at]


@njit(cache=True)
def copy_segment(genes, best, n, first, second, at_of):
    """Copy the first n genes between two distinct random cut indices, both included, from `best`.

    `first` and `second` are numbers in 0..1. A plan of one gene copies it. The same segment of the
    order, where there is one, is copied too: as in partially mapped crossover each member changes
    places with the one that `best` has there, so that an order stays one. `at_of` is to work in.
    """
    a = int(first * n)
    b = a
    if n > 1:
        b = int(second * (n - 1))
        b += b >= a
    low, high = min(a, b), max(a, b) + 1
    for at in range(low, high):
        genes[at] = best[at]
    if len(genes) == n:
        return
    for at in range(n):
        at_of[genes[n + at]] = at
    for at in range(low, high):
        here, wanted = genes[n + at], best[n + at]
        there = at_of[wanted]
        genes[n + at], genes[n + there] = wanted, here
        at_of[wanted], at_of[here] = at, there


@njit(cache=True, nogil=True)
def step_swarm(genes, own_best, best, n_values, w_min, w_max, c1, c2, draws, equal=False):
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
    n_values : int array, shape (n_genes,) or (n_genes / 2,)
        Number of values of each gene, of the first half where the second is an order.
    w_min, w_max, c1, c2 : float
        Range of the inertia, and probabilities of the crossovers.
    draws : array, shape (n_particles, DRAWS) or (n_particles, DRAWS + 1)
        Numbers in 0..1; the last column is read where there is an order.
    equal : bool
        Whether the inertia is taken of the share of equal positions.
    """
    n = len(n_values)
    ordered = len(best) > n
    at_of = np.empty(n if ordered else 0, np.int64)
    for p in range(len(genes)):
        u = draws[p]
        particle = genes[p]
        different = 0
        for at in range(n):
            different += particle[at] != best[at] or (ordered and particle[n + at] != best[n + at])
        distance = different / n
        if u[0] < inertia(1.0 - distance if equal else distance, w_min, w_max):
            mutate(particle, n_values, u[1], u[2], u[DRAWS] if ordered else 0.0)
        if u[3] < c1:
            copy_segment(particle, own_best[p], n, u[4], u[5], at_of)
        if u[6] < c2:
            copy_segment(particle, best, n, u[7], u[8], at_of)
