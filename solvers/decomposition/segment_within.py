"""All options whose priced cost is near their task's least: what a bound at those prices leaves, without a table of all.

With L the bound at points ``t`` and U the value of a plan, no plan better than U has an option that costs more than
``U - L`` above its task's cheapest one. So options are listed, not tabled and then ruled out.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np
from numba import njit

from formulations.joint.option_space import PLACEMENT
from instances.columns import FloatArray, IntArray
from solvers.decomposition.segment_columns import FLOOR, JOULES, KINDS, NETWORK, PER_KIND, S_CLOUD, S_KIND, SECONDS
from solvers.decomposition.segment_pricing import cheapest, device_costs, onwards, place, room_for, through_site
from solvers.decomposition.segments import Segments

__all__ = ["options_within"]

_FIRST_ROOM = 4_096


def options_within(
    segments: Segments, points: FloatArray, excess: float, most: int
) -> tuple[IntArray, IntArray] | None:
    """Return all options that cost at most `excess` more than their task's cheapest at prices ``2 t``.

    Parameters
    ----------
    segments : Segments
        Of the problem.
    points : array, shape (n_resources,)
        t_r >= 0.
    excess : float
        >= 0.
    most : int
        How many options are of use.

    Returns
    -------
    task : int array, shape (n_options,)
        Of the instance, rising.
    placement : int array, shape (n_options, PLACEMENT)
        As `formulations.joint.option_space` numbers them.

    None where they are more than `most`.
    """
    room, size = room_for(segments), min(_FIRST_ROOM, most)
    while True:
        task, placement = np.empty(size, np.int64), np.empty((size, PLACEMENT), np.int64)
        found = _list(points, excess, most, segments, room, task, placement)
        if found > most:
            return None
        if found <= size:
            break
        size = found
    task, placement = segments.order[task[:found]], placement[:found]
    order = np.argsort(task, kind="stable")
    return task[order], placement[order]


@njit(cache=True, nogil=True, _nrt=False, error_model="numpy")
def _note(n, k, c, version, y, i, j, task, placement):
    """Write option n where there is room; return how many there are."""
    if n < len(task):
        task[n] = k
        placement[n, 0], placement[n, 1], placement[n, 2], placement[n, 3], placement[n, 4] = c, version, y, i, j
    return n + 1


@njit(cache=True, nogil=True, _nrt=False, error_model="numpy")
def _list(points, excess, most, seg, room, task, placement):
    """List the options of all tasks until there are more than `most`; return how many."""
    n = 0
    for k in range(len(seg.tasks)):
        limit = cheapest(k, points, 0.0, seg, room, room.code) + excess
        network, floor = int(seg.tasks[k, NETWORK]), seg.tasks[k, FLOOR]
        for g in range(seg.network_offsets[network], seg.network_offsets[network + 1]):
            # a network of unknown accuracy (NaN) meets only the floor 0
            if floor > 0.0 and not seg.accuracy[g] >= floor:
                continue
            version, last = g - seg.network_offsets[network], seg.offsets[g + 1] - seg.offsets[g] - 1
            device_costs(k, g, points, 0.0, seg, room.device)
            if room.device[last] <= limit:
                n = _note(n, k, -1, version, -1, last, last, task, placement)
            for c in range(seg.candidate_offsets[k], seg.candidate_offsets[k + 1]):
                n = _list_site(n, k, g, c, version, points, limit, seg, room, task, placement)
        if n > most:
            break
    return n


@njit(cache=True, nogil=True, _nrt=False, error_model="numpy")
def _list_site(n, k, g, c, version, points, limit, seg, room, task, placement):
    """List the options of version g through candidate c, after `device_costs`."""
    base, last = seg.offsets[g], seg.offsets[g + 1] - seg.offsets[g] - 1
    alpha, site, own = through_site(k, g, c, points, 0.0, seg, room), seg.candidate_site[c], seg.candidate_offsets[k]
    if seg.sites[site, S_CLOUD] > 0.0:
        for i in range(last):
            if room.least[i] <= limit:
                n = _note(n, k, c - own, version, -1, i, i, task, placement)
        return n
    kind, at = int(seg.sites[site, S_KIND]), KINDS + PER_KIND * int(seg.sites[site, S_KIND])
    second, _ = place(k, site, points, 0.0, seg)
    joule, row = seg.joule_weights[1], seg.pair_offsets[g]
    for i in range(last):
        if room.least[i] <= limit:
            cost = room.front[i] + alpha * seg.pairs[kind, row + i * (last + 1) + last] + room.behind[last]
            if cost <= limit:
                n = _note(n, k, c - own, version, -1, i, last, task, placement)
    for y in range(seg.up_offsets[site], seg.up_offsets[site + 1]):
        onwards(k, g, len(seg.candidate_site) + y, seg.up_cloud[y], points, 0.0, seg, room.spare)
        for j in range(last):
            room.spare[j] += second * seg.curves[at + SECONDS, base + j] + joule * seg.curves[at + JOULES, base + j]
        for i in range(last):
            if not room.least[i] <= limit:
                continue
            for j in range(i, last):
                cost = room.front[i] + alpha * seg.pairs[kind, row + i * (last + 1) + j] + room.spare[j]
                if cost <= limit:
                    n = _note(n, k, c - own, version, y - seg.up_offsets[site], i, j, task, placement)
    return n
