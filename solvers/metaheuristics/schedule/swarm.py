"""Many iterations of SPSO-GA's swarm in one compiled call, for problems whose decoding takes less than a call."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np
from numba import njit

from formulations.schedule.decoder import new_room
from formulations.schedule.evaluator import new_ledger
from solvers.metaheuristics.operators import step_swarm
from solvers.metaheuristics.schedule.encoding import price_genes

__all__ = ["fly"]

_SLOTS = 1 << 13
"""Particles whose price is remembered: a swarm that draws together meets nine of ten again (one AlexNet)."""


@njit(cache=True)
def _slot(genes):
    """Return the slot of a row of genes: its FNV-1a hash, folded."""
    found = np.uint32(2166136261)
    for gene in genes:
        found = np.uint32((found ^ np.uint32(gene)) * np.uint32(16777619))
    return (found ^ (found >> np.uint32(15))) & np.uint32(_SLOTS - 1)


@njit(cache=True)
def _same(one, other):
    for at in range(len(one)):  # noqa: SIM110
        if one[at] != other[at]:
            return False
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def fly(arrays, coding, n_values, genes, own, own_value, own_excess, best, best_state, inertia, pulls, draws):
    """Move the swarm, price it and keep the bests, once for each row of `pulls`.

    A particle that was met lately is not priced again: its genes and price stand in the slot of their hash.

    Parameters
    ----------
    arrays, coding : KernelArrays, tuple
        Of the encoding.
    n_values : int array, shape (m,)
        Number of values of each server gene.
    genes, own : int16 arrays, shape (n_particles, 2 m)
        Particles and their own bests; changed in place.
    own_value, own_excess : arrays, shape (n_particles,)
        Of the own bests; changed in place.
    best : int16 array, shape (2 m,)
        The global best; changed in place.
    best_state : array, shape (2,)
        Its value and excess; changed in place.
    inertia : tuple
        Least and greatest inertia, and whether it is taken of the share of equal positions.
    pulls : array, shape (n_iterations, 2)
        Probabilities of the crossovers with the own and the global best.
    draws : array, shape (n_iterations, n_particles, DRAWS + 1)
        Numbers in 0..1.
    """
    room, ledger = new_room(arrays), new_ledger(arrays)
    place, rank = coding[2].copy(), np.zeros(len(coding[2]))
    met = np.full((_SLOTS, genes.shape[1]), -1, dtype=genes.dtype)
    price_met = np.empty((_SLOTS, 2))
    for t in range(len(pulls)):
        step_swarm(genes, own, best, n_values, inertia[0], inertia[1], pulls[t, 0], pulls[t, 1], draws[t], inertia[2])
        leader = -1
        for p in range(len(genes)):
            one = genes[p]
            slot = _slot(one)
            if not _same(met[slot], one):
                price_met[slot] = price_genes(arrays, one, coding, place, rank, room, ledger)
                met[slot] = one
            value, excess = price_met[slot]
            if excess < best_state[1] or (excess == best_state[1] and value < best_state[0]):
                leader = p
                best_state[0], best_state[1] = value, excess
            if excess < own_excess[p] or (excess == own_excess[p] and value < own_value[p]):
                own[p] = genes[p]
                own_value[p], own_excess[p] = value, excess
        # the whole swarm moves before the global best does
        if leader >= 0:
            best[:] = genes[leader]
