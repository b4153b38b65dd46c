"""Whether an option uses a link or a resource by two of its parts, which segments price one by one."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np
from numba import njit

from solvers.decomposition.segment_columns import S_SHARED, SHARED

__all__ = ["meets_itself"]


@njit(cache=True)
def _met(resources, n, resource):
    met = False
    for at in range(n):
        met = met or resources[at] == resource
    return met


@njit(cache=True)
def _share_a_link(one, other, route_offsets, hops):
    for a in range(route_offsets[one], route_offsets[one + 1]):
        for b in range(route_offsets[other], route_offsets[other + 1]):
            if hops[a] == hops[b]:
                return True
    return False


@njit(cache=True)
def meets_itself(segments, route, route_offsets, hops):
    """Return the first task with an option that uses a link or a resource by two of its parts, or -1."""
    n_candidates = len(segments.candidate_site)
    most = 3
    for leg in range(len(segments.legs)):
        most = max(most, 3 + 2 * (segments.use_offsets[leg + 1] - segments.use_offsets[leg]))
    seen = np.empty(most, np.int64)
    for k in range(len(segments.tasks)):
        for c in range(segments.candidate_offsets[k], segments.candidate_offsets[k + 1]):
            site = segments.candidate_site[c]
            n = 0
            for own in (int(segments.tasks[k, SHARED]), int(segments.sites[site, S_SHARED])):
                if own >= 0:
                    if _met(seen, n, own):
                        return k
                    seen[n] = own
                    n += 1
            for u in range(segments.use_offsets[c], segments.use_offsets[c + 1]):
                if _met(seen, n, segments.use_resource[u]):
                    return k
                seen[n] = segments.use_resource[u]
                n += 1
            for y in range(segments.up_offsets[site], segments.up_offsets[site + 1]):
                m = n
                cloud = int(segments.sites[segments.up_cloud[y], S_SHARED])
                if cloud >= 0:
                    if _met(seen, m, cloud):
                        return k
                    seen[m] = cloud
                    m += 1
                leg = n_candidates + y
                if _share_a_link(route[c], route[leg], route_offsets, hops):
                    return k
                for u in range(segments.use_offsets[leg], segments.use_offsets[leg + 1]):
                    if _met(seen, m, segments.use_resource[u]):
                        return k
                    seen[m] = segments.use_resource[u]
                    m += 1
    return -1
