"""The ways that tensors take between nodes: part of the definition of the family `cut`.

A way is a tuple of lanes: lane ``l < n_links`` is link l of the system, lane ``n_links + l`` the same
link taken backwards, at the same rate, latency, joules and price.

The way up from the helper of level a to that of level b is the route that the system lists for the
two nodes (from the device to a candidate: the candidate's route; else the first); where it lists
none, the ways from level to level through the helpers between them. The way down is the first route
that the system lists; where it lists none, the way up taken backwards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from instances.system import System

__all__ = ["Way", "Ways"]

Way = tuple[int, ...]


class Ways:
    """The ways between nodes of a system.

    Parameters
    ----------
    system : System
        Links and routes.
    source : int
        The task's device.
    access : mapping of int to int
        The route from the device to each candidate.
    """

    def __init__(self, system: System, source: int, access: Mapping[int, int]) -> None:
        self._system, self._source, self._access = system, source, access
        self._routes: dict[tuple[int, int], Way | None] = {}

    def route(self, start: int, end: int) -> Way | None:
        """Return the links of the route that the system lists from `start` to `end`, None without one."""
        if (start, end) not in self._routes:
            system = self._system
            if start == self._source and end in self._access:
                row = self._access[end]
            else:
                rows = np.flatnonzero((system.route_source == start) & (system.route_target == end))
                row = int(rows[0]) if len(rows) else -1
            self._routes[start, end] = tuple(system.links_of(row).tolist()) if row >= 0 else None
        return self._routes[start, end]

    def way(self, helpers: Sequence[int], start: int, end: int) -> Way | None:
        """Return the lanes from the helper of level `start` to that of level `end`, None where there is no way.

        Parameters
        ----------
        helpers : sequence of int
            The chosen node of every level.
        start, end : int
            Two levels; the way from a level to itself is empty.
        """
        if start == end:
            return ()
        listed = self.route(helpers[start], helpers[end])
        if listed is not None:
            return listed
        if start > end:
            up = self.way(helpers, end, start)
            n = self._system.n_links
            return None if up is None else tuple(lane - n if lane >= n else lane + n for lane in reversed(up))
        if end == start + 1:
            return None
        parts = [self.way(helpers, a, b) for a, b in pairwise(range(start, end + 1))]
        return None if any(part is None for part in parts) else tuple(lane for part in parts for lane in part or ())
