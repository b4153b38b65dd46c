"""An option of a task without a table: its numbers, and what it uses."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np
from numba import njit

from solvers.decomposition.segment_columns import (
    BYTES,
    HEAD,
    IDLE,
    IDLE_INVERSE,
    INVERSE_SPEED,
    JOULES,
    KIND,
    KINDS,
    LATENCY,
    LINEAR,
    NETWORK,
    PER_KIND,
    PRICE,
    ROOT_BYTES,
    S_CLOUD,
    S_INVERSE_SPEED,
    S_KIND,
    S_PRICE,
    S_SHARED,
    SECONDS,
    SEND,
    SEND_INVERSE,
    SHARED,
    TAIL,
    TIME,
)

__all__ = ["CANDIDATE", "CODE", "FIRST", "SECOND", "UPLINK", "VERSION", "option_parts", "take_over"]

# an option as numbers: version, candidate (-1: none), uplink row (-1: none), positions of the two cuts
VERSION, CANDIDATE, UPLINK, FIRST, SECOND, CODE = range(6)


@njit(cache=True, nogil=True, _nrt=False, error_model="numpy")
def _leg_parts(k, leg, size, root_size, n, seg, resource, root):
    """Add the roots of a leg that carries `size` bytes; return the number of uses and the cost no sharing changes."""
    time, idle, send = seg.tasks[k, TIME], seg.tasks[k, IDLE], seg.tasks[k, SEND]
    cost = seg.legs[leg, LATENCY] * (time + idle) + seg.legs[leg, LINEAR] * size
    cost += size * (seg.legs[leg, IDLE_INVERSE] * (time + idle) + seg.legs[leg, SEND_INVERSE] * (time + send))
    if size > 0.0:
        for u in range(seg.use_offsets[leg], seg.use_offsets[leg + 1]):
            resource[n] = seg.use_resource[u]
            root[n] = seg.use_root[u] * np.sqrt(time + (send if seg.use_sends[u] else idle)) * root_size
            n += 1
    return n, cost


@njit(cache=True, nogil=True, _nrt=False, error_model="numpy")
def _place_parts(k, site, seconds, root_seconds, joules, n, seg, resource, root):
    """Add the root of work on a site; return the number of uses and the cost no sharing changes."""
    weight, inverse = seg.tasks[k, TIME] + seg.tasks[k, IDLE], seg.sites[site, S_INVERSE_SPEED]
    cost = seconds * inverse * seg.sites[site, S_PRICE] + joules * seg.joule_weights[1]
    if seg.sites[site, S_SHARED] < 0:
        cost += seconds * inverse * weight
    elif root_seconds > 0.0:
        resource[n], root[n] = int(seg.sites[site, S_SHARED]), np.sqrt(weight * inverse) * root_seconds
        n += 1
    return n, cost


@njit(cache=True, nogil=True, _nrt=False, error_model="numpy")
def option_parts(k, code, seg, resource, root):
    """Write the uses of an option of task k; return their number and the cost that no sharing changes."""
    g = seg.network_offsets[int(seg.tasks[k, NETWORK])] + code[VERSION]
    base, last = seg.offsets[g], seg.offsets[g + 1] - seg.offsets[g] - 1
    i, j, c = code[FIRST], code[SECOND], code[CANDIDATE]
    inverse, own = seg.tasks[k, INVERSE_SPEED], int(seg.tasks[k, SHARED])
    at = KINDS + PER_KIND * int(seg.tasks[k, KIND])
    busy, n = seg.curves[at + SECONDS, base + i] * inverse, 0
    cost = busy * seg.tasks[k, PRICE] + seg.joule_weights[0] * seg.curves[at + JOULES, base + i]
    if own < 0:
        cost += busy * seg.tasks[k, TIME]
    elif busy > 0.0:
        resource[0], root[0] = own, np.sqrt(seg.tasks[k, TIME] * inverse) * seg.curves[at + HEAD, base + i]
        n = 1
    if c < 0:
        return n, cost
    n, more = _leg_parts(k, c, seg.curves[BYTES, base + i], seg.curves[ROOT_BYTES, base + i], n, seg, resource, root)
    cost += more
    site = seg.candidate_site[c]
    cloud = site if seg.sites[site, S_CLOUD] > 0.0 else np.int64(-1)
    if cloud < 0:
        kind = int(seg.sites[site, S_KIND])
        at = KINDS + PER_KIND * kind
        seconds = seg.curves[at + SECONDS, base + j] - seg.curves[at + SECONDS, base + i]
        joules = seg.curves[at + JOULES, base + j] - seg.curves[at + JOULES, base + i]
        between = seg.pairs[kind, seg.pair_offsets[g] + i * (last + 1) + j]
        n, more = _place_parts(k, site, seconds, between, joules, n, seg, resource, root)
        cost += more
        if code[UPLINK] >= 0:
            cloud = seg.up_cloud[code[UPLINK]]
            leg = len(seg.candidate_site) + code[UPLINK]
            size, root_size = seg.curves[BYTES, base + j], seg.curves[ROOT_BYTES, base + j]
            n, more = _leg_parts(k, leg, size, root_size, n, seg, resource, root)
            cost += more
    if cloud >= 0:
        at = KINDS + PER_KIND * int(seg.sites[cloud, S_KIND])
        seconds = seg.curves[at + SECONDS, base + last] - seg.curves[at + SECONDS, base + j]
        joules = seg.curves[at + JOULES, base + last] - seg.curves[at + JOULES, base + j]
        n, more = _place_parts(k, cloud, seconds, seg.curves[at + TAIL, base + j], joules, n, seg, resource, root)
        cost += more
    return n, cost


@njit(cache=True, nogil=True, _nrt=False, error_model="numpy")
def take_over(k, seg, code):
    """Make `code`, an option of row k - 1, that option of row k, which is alike."""
    if code[CANDIDATE] >= 0:
        code[CANDIDATE] += seg.candidate_offsets[k] - seg.candidate_offsets[k - 1]
