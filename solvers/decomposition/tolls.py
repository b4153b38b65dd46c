"""Tolls: what uses of shared resources cost at prices, of a route and of a whole option.

A use of root s costs ``mu_r s + max(s - t_r, 0)^2``; see `solvers.decomposition.option_search`.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np
from numba import njit

from formulations.joint.legs import FLAT, N_USES, PER_BYTE, ROUTE_USES
from formulations.joint.scratch import BYTES, COST, HOLDS, NODE, RESOURCE, SECONDS, USES, WEIGHT

__all__ = ["carry", "merge_uses", "toll", "whole_option"]


@njit(cache=True, error_model="numpy")
def toll(s, r, mu, points):
    """Return the toll of a use of root `s` (0: none) on resource `r`."""
    if s <= 0.0:
        return 0.0
    over = max(s - points[r], 0.0)
    return mu[r] * s + over * over


@njit(cache=True, error_model="numpy")
def carry(part, size, mu, points):
    """Return the priced cost of `size` bytes over a route, and the cost alone."""
    priced = part[FLAT] + part[PER_BYTE] * size
    alone = priced
    for u in range(int(part[N_USES])):
        at = ROUTE_USES + 3 * u
        b = part[at + 2] * (size * part[at + 1])
        priced += toll(np.sqrt(b), int(part[at]), mu, points)
        alone += b
    return priced, alone


@njit(cache=True, error_model="numpy")
def merge_uses(part):
    """Make links of one resource one use of the route: seconds add, the weight is the highest."""
    kept = 0
    for u in range(int(part[N_USES])):
        at = ROUTE_USES + 3 * u
        found = -1
        for q in range(kept):
            if part[ROUTE_USES + 3 * q] == part[at]:
                found = ROUTE_USES + 3 * q
        if found < 0:
            found = ROUTE_USES + 3 * kept
            part[found], part[found + 1], part[found + 2] = part[at], part[at + 1], part[at + 2]
            kept += 1
        else:
            part[found + 1] += part[at + 1]
            part[found + 2] = max(part[found + 2], part[at + 2])
    part[N_USES] = kept


@njit(cache=True, error_model="numpy")
def whole_option(ints, floats, mu, points, rent, room):
    """Return priced cost and cost alone of the option in row 0; inf where a node has no room for it."""
    priced = floats[0, COST]
    alone = priced
    for u in range(ints[0, USES]):
        b = floats[0, WEIGHT + 2 * u] * floats[0, SECONDS + 2 * u]
        priced += toll(np.sqrt(b), ints[0, RESOURCE + u], mu, points)
        alone += b
    for u in range(ints[0, HOLDS]):
        node, need = ints[0, NODE + u], floats[0, BYTES + u]
        priced += rent[node] * need
        if need > room[node]:
            return np.inf, alone
    return priced, alone
