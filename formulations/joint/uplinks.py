"""Which clouds a site reaches, and by which route."""

from __future__ import annotations

import numpy as np

from instances.columns import IntArray
from instances.system import System, Tier

__all__ = ["uplinks_of"]


def uplinks_of(system: System) -> IntArray:
    """Return the first route from every edge node to every cloud node that it has one to.

    Returns
    -------
    array of int64, shape (n_uplinks, 3)
        Rows (edge node, cloud node, route), sorted.
    """
    tier = system.node_tier
    found = np.flatnonzero((tier[system.route_source] == Tier.EDGE) & (tier[system.route_target] == Tier.CLOUD))
    pairs = np.column_stack((system.route_source[found], system.route_target[found])).astype(np.int64)
    unique, first = np.unique(pairs, axis=0, return_index=True)
    return np.column_stack((unique, found[first]))
