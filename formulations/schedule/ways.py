"""The way that a tensor takes between any two nodes: part of the definition of the family `schedule`.

A way is a tuple of lanes: lane ``l < n_links`` is link l of the system, lane ``n_links + l`` the same link taken
backwards, at the same rate, latency, joules and price. From a to b it is

1. the route of a candidate, of the first task whose device is a and that reaches b; else
2. the first route that the system lists from a to b; else
3. the way from b to a by these two rules, taken backwards; else
4. the chain of such ways that carries a megabyte from a to b soonest, through edges and clouds only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

from instances.columns import FloatArray, IntArray
from instances.instance import Instance
from instances.system import Tier

__all__ = ["NodeWays", "Way"]

Way = tuple[int, ...]
_MEGABYTE = 1e6


@dataclass(slots=True, eq=False)
class NodeWays:
    """The ways of an instance, found as they are asked for."""

    _instance: Instance
    _listed: dict[tuple[int, int], Way]
    _graph: sparse.csr_array
    _before: dict[int, IntArray]

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._listed = _listed(instance)
        self._graph = self._one_hop()
        self._before = {}

    def seconds(self, way: Way, size_bytes: float) -> float:
        """Return the seconds that `size_bytes` take on `way` without contention: of every link its latency and bytes / rate."""
        system = self._instance.system
        links = [lane % system.n_links for lane in way]
        return float(sum(system.link_latency_s[link] + size_bytes / system.link_bytes_per_s[link] for link in links))

    def channels(self, way: Way) -> frozenset[int]:
        """Return what `way` occupies where links are serial: shared resources (numbers from 0), other lanes (below 0)."""
        system = self._instance.system
        found = ((int(system.link_resource[lane % system.n_links]), lane) for lane in way)
        return frozenset(resource if resource >= 0 else -1 - lane for resource, lane in found)

    def way(self, start: int, end: int) -> Way | None:
        """Return the lanes from node `start` to node `end`, none for a node to itself; None where there is no way."""
        if start == end:
            return ()
        if (start, end) in self._listed:
            return self._listed[start, end]
        if start not in self._before:
            graph: Any = self._graph.copy()
            tier = self._instance.system.node_tier
            relay = (tier == Tier.EDGE) | (tier == Tier.CLOUD)
            relay[start] = True
            graph.data[~np.repeat(relay, np.diff(graph.indptr))] = np.inf
            before = dijkstra(graph, indices=[start], return_predecessors=True)[1][0]
            self._before[start] = before.astype(np.int64)
        hops, at, before = [], end, self._before[start]
        while at != start:
            if before[at] < 0:
                return None
            hops.append((int(before[at]), at))
            at = int(before[at])
        return tuple(lane for hop in reversed(hops) for lane in self._listed[hop])

    def _one_hop(self) -> sparse.csr_array:
        n = self._instance.system.n_nodes
        if not self._listed:
            return sparse.csr_array((n, n))
        ends = np.array(list(self._listed))
        # a way without delay would be no edge of a sparse graph
        cost: FloatArray = np.array([max(self.seconds(way, _MEGABYTE), 1e-300) for way in self._listed.values()])
        return sparse.csr_array((cost, (ends[:, 0], ends[:, 1])), shape=(n, n))


def _listed(instance: Instance) -> dict[tuple[int, int], Way]:
    """Return the ways of rules 1 to 3 by their ends."""
    system, load = instance.system, instance.workload
    owner = np.repeat(np.arange(load.n_tasks), np.diff(load.candidate_offsets))
    rows = [*load.candidate_route.tolist(), *range(system.n_routes)]
    ends = [
        *zip(load.task_source[owner].tolist(), load.candidate_site.tolist(), strict=True),
        *zip(system.route_source.tolist(), system.route_target.tolist(), strict=True),
    ]
    found: dict[tuple[int, int], Way] = {}
    for pair, row in zip(ends, rows, strict=True):
        if pair[0] != pair[1] and pair not in found:
            found[pair] = tuple(system.links_of(row).tolist())
    n = system.n_links
    for (a, b), way in list(found.items()):
        found.setdefault((b, a), tuple(lane + n if lane < n else lane - n for lane in reversed(way)))
    return found
