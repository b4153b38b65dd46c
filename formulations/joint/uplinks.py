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
    pairs = system.route_source[found].astype(np.int64) * system.n_nodes + system.route_target[found]
    unique, first = np.unique(pairs, return_index=True)
    return np.column_stack((unique // system.n_nodes, unique % system.n_nodes, found[first]))
