"""Pricing without a table: the cheapest option of a task at given prices, straight from its segments.

At points ``t_r`` (half the prices ``mu_r``) an option costs ``c_kp + sum_r 2 t_r s_kpr``. For one site the part
behind the device separates into ``alpha sqrt(S_j - S_i) + u_j`` with one factor a task and site, so all pairs of
cuts cost a multiplication, an addition and a comparison each, and most are skipped: no pair with the
first cut i costs less than ``h_i + min_{j >= i} u_j``.

The kernels own no memory, so they are compiled without Numba's reference counts (``_nrt``), which take half of
the time otherwise.
"""

# mypy: disable-error-code="no-untyped-def, assignment"

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from formulations.joint.plan_rules import MEMORY_TOLERANCE
from instances.columns import FloatArray, IntArray
from solvers.decomposition.rounding import add
from solvers.decomposition.segment_columns import (
    BYTES,
    FLOOR,
    HEAD,
    IDLE,
    IDLE_INVERSE,
    INVERSE_SPEED,
    JOULES,
    KIND,
    KINDS,
    LATENCY,
    LIMIT,
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
    WEIGHTS,
)
from solvers.decomposition.segment_options import (
    CANDIDATE,
    CODE,
    FIRST,
    SECOND,
    UPLINK,
    VERSION,
    option_parts,
    take_over,
)
from solvers.decomposition.segments import Segments

__all__ = [
    "Room",
    "cheapest",
    "device_costs",
    "find_block",
    "onwards",
    "place",
    "price_block",
    "room_for",
    "second_cut",
    "through_site",
]


class Room(NamedTuple):
    """Working room of one thread: arrays over positions, the parts of one option and its numbers."""

    device: FloatArray
    behind: FloatArray
    front: FloatArray
    least: FloatArray
    later: FloatArray
    spare: FloatArray
    resource: IntArray
    root: FloatArray
    code: IntArray


def room_for(segments: Segments) -> Room:
    """Return working room for `segments`."""
    longest = int(np.diff(segments.offsets).max())
    width = 3 + 2 * int(np.diff(segments.use_offsets).max(initial=0))
    cuts = np.empty((6, longest))
    return Room(
        cuts[0],
        cuts[1],
        cuts[2],
        cuts[3],
        cuts[4],
        cuts[5],
        np.empty(width, np.int64),
        np.empty(width),
        np.empty(CODE, np.int64),
    )


@njit(cache=True, nogil=True, _nrt=False, error_model="numpy")
def _leg(k, leg, points, whole, seg):
    """Return (fixed cost, cost a byte, cost a root of a byte) of task k's data on a leg at the prices."""
    time, idle, send = seg.tasks[k, TIME], seg.tasks[k, IDLE], seg.tasks[k, SEND]
    fixed = seg.legs[leg, LATENCY] * (time + idle)
    byte = seg.legs[leg, LINEAR]
    byte += seg.legs[leg, IDLE_INVERSE] * (time + idle) + seg.legs[leg, SEND_INVERSE] * (time + send)
    shared = 0.0
    for u in range(seg.use_offsets[leg], seg.use_offsets[leg + 1]):
        watts = send if seg.use_sends[u] else idle
        shared += 2.0 * points[seg.use_resource[u]] * seg.use_root[u] * np.sqrt(time + watts)
        byte += whole * seg.use_root[u] * seg.use_root[u] * (time + watts)
    return fixed, byte, shared


@njit(cache=True, nogil=True, _nrt=False, error_model="numpy")
def place(k, site, points, whole, seg):
    """Return (cost a second, cost a root of a second) of task k's work on a site at the prices; seconds at speed 1."""
    weight, inverse = seg.tasks[k, TIME] + seg.tasks[k, IDLE], seg.sites[site, S_INVERSE_SPEED]
    resource = int(seg.sites[site, S_SHARED])
    if resource < 0:
        return inverse * (seg.sites[site, S_PRICE] + weight), 0.0
    return inverse * (seg.sites[site, S_PRICE] + whole * weight), 2.0 * points[resource] * np.sqrt(weight * inverse)


@njit(cache=True, nogil=True, _nrt=False, error_model="numpy")
def device_costs(k, g, points, whole, seg, device):
    """Write the cost of version g's device part up to every position; inf where it does not fit the memory."""
    base, n = np.uint64(seg.offsets[g]), np.uint64(seg.offsets[g + 1] - seg.offsets[g])
    inverse, own = seg.tasks[k, INVERSE_SPEED], int(seg.tasks[k, SHARED])
    at = KINDS + PER_KIND * int(seg.tasks[k, KIND])
    second = inverse * (seg.tasks[k, PRICE] + (seg.tasks[k, TIME] if own < 0 else whole * seg.tasks[k, TIME]))
    shared = 0.0 if own < 0 else 2.0 * points[own] * np.sqrt(seg.tasks[k, TIME] * inverse)
    joule, limit = seg.joule_weights[0], seg.tasks[k, LIMIT] * (1.0 + MEMORY_TOLERANCE)
    # unsigned, so that the compiler sees that no index is negative, and vectorises
    for i in range(n):
        cost = second * seg.curves[at + SECONDS, base + i] + joule * seg.curves[at + JOULES, base + i]
        cost += shared * seg.curves[at + HEAD, base + i]
        device[i] = cost if seg.curves[WEIGHTS, base + i] <= limit else np.inf


@njit(cache=True, nogil=True, _nrt=False, error_model="numpy")
def onwards(k, g, leg, site, points, whole, seg, total):
    """Write the cost of sending on at each cut and doing the rest on `site`."""
    base, last = np.uint64(seg.offsets[g]), np.uint64(seg.offsets[g + 1] - seg.offsets[g] - 1)
    fixed, byte, root = _leg(k, leg, points, whole, seg)
    second, shared = place(k, site, points, whole, seg)
    joule = seg.joule_weights[1]
    at = KINDS + PER_KIND * int(seg.sites[site, S_KIND])
    end, end_joules = seg.curves[at + SECONDS, base + last], seg.curves[at + JOULES, base + last]
    for j in range(last):
        cost = fixed + byte * seg.curves[BYTES, base + j] + root * seg.curves[ROOT_BYTES, base + j]
        cost += second * (end - seg.curves[at + SECONDS, base + j]) + shared * seg.curves[at + TAIL, base + j]
        cost += joule * (end_joules - seg.curves[at + JOULES, base + j])
        total[j] = cost


@njit(cache=True, nogil=True, _nrt=False, error_model="numpy")
def _behind(k, g, site, points, whole, seg, behind, spare):
    """Write, for every second cut, what the site costs up to it and the cheapest cloud from there on.

    Returns the cost a root of a second on the site, and the cost a second that no sharing changes.
    """
    base, last = np.uint64(seg.offsets[g]), np.uint64(seg.offsets[g + 1] - seg.offsets[g] - 1)
    if seg.up_offsets[site] == seg.up_offsets[site + 1]:
        for j in range(last):
            behind[j] = np.inf
    behind[last] = 0.0
    for y in range(seg.up_offsets[site], seg.up_offsets[site + 1]):
        leg = len(seg.candidate_site) + y
        if y == seg.up_offsets[site]:
            onwards(k, g, leg, seg.up_cloud[y], points, whole, seg, behind)
            continue
        onwards(k, g, leg, seg.up_cloud[y], points, whole, seg, spare)
        for j in range(last):
            behind[j] = spare[j] if spare[j] < behind[j] else behind[j]
    second, alpha = place(k, site, points, whole, seg)
    joule = seg.joule_weights[1]
    if second > 0.0 or joule > 0.0:
        at = KINDS + PER_KIND * int(seg.sites[site, S_KIND])
        for j in range(last + np.uint64(1)):
            behind[j] += second * seg.curves[at + SECONDS, base + j] + joule * seg.curves[at + JOULES, base + j]
    return alpha, second


@njit(cache=True, nogil=True, _nrt=False, error_model="numpy")
def _before(k, g, c, second, points, whole, seg, device, front):
    """Write the cost of every first cut: the device part, the leg of candidate c, less the site's part up to it."""
    base, last = np.uint64(seg.offsets[g]), np.uint64(seg.offsets[g + 1] - seg.offsets[g] - 1)
    fixed, byte, root = _leg(k, c, points, whole, seg)
    at = KINDS + PER_KIND * int(seg.sites[seg.candidate_site[c], S_KIND])
    joule = seg.joule_weights[1]
    for i in range(last):
        cost = device[i] + (fixed + byte * seg.curves[BYTES, base + i] + root * seg.curves[ROOT_BYTES, base + i])
        front[i] = cost - second * seg.curves[at + SECONDS, base + i] - joule * seg.curves[at + JOULES, base + i]


@njit(cache=True, nogil=True, _nrt=False, error_model="numpy", fastmath={"nnan", "nsz", "reassoc"})
def _least_pair(pairs, kind, row, first, last, behind, alpha):
    """Return ``min_{first <= j <= last} alpha pair_j + behind_j``; written so that the compiler vectorises it."""
    least = np.inf
    at, begin = np.uint64(row + first), np.uint64(first)
    for j in range(np.uint64(last + 1 - first)):
        cost = alpha * pairs[kind, at + j] + behind[begin + j]
        least = cost if cost < least else least
    return least


@njit(cache=True, nogil=True, _nrt=False, error_model="numpy")
def through_site(k, g, c, points, whole, seg, room):
    """Price version g by candidate c, after `device_costs`; return alpha.

    A pair of cuts costs ``front_i + alpha sqrt(S_j - S_i) + behind_j``, and no pair with the first cut i less than
    ``least_i``. Where the candidate is a cloud, ``least_i`` is what its only option with that cut costs.
    """
    last = np.uint64(seg.offsets[g + 1] - seg.offsets[g] - 1)
    site = seg.candidate_site[c]
    if seg.sites[site, S_CLOUD] > 0.0:
        onwards(k, g, c, site, points, whole, seg, room.least)
        for i in range(last):
            room.least[i] += room.device[i]
        return 0.0
    alpha, second = _behind(k, g, site, points, whole, seg, room.behind, room.spare)
    _before(k, g, c, second, points, whole, seg, room.device, room.front)
    running = room.behind[last]
    for back in range(last):
        j = last - np.uint64(1) - back
        running = min(running, room.behind[j])
        room.least[j] = room.front[j] + running
    return alpha


@njit(cache=True, nogil=True, _nrt=False, error_model="numpy")
def cheapest(k, points, whole, seg, room, code):
    """Return the least cost of an option of task k at `points`; write the option to `code`, CODE numbers.

    With ``whole = 1`` the cost is what the objective rises by if the points are the others' loads,
    ``c + sum_r (2 t_r s_r + s_r^2)``: a square is linear in the seconds, so it changes two factors. Returns inf where
    no option is allowed.
    """
    best = np.inf
    network, floor = int(seg.tasks[k, NETWORK]), seg.tasks[k, FLOOR]
    code[VERSION], code[CANDIDATE], code[UPLINK], code[FIRST], code[SECOND] = 0, -1, -1, 0, 0
    for g in range(seg.network_offsets[network], seg.network_offsets[network + 1]):
        # a network of unknown accuracy (NaN) meets only the floor 0
        if floor > 0.0 and not seg.accuracy[g] >= floor:
            continue
        version, last = g - seg.network_offsets[network], seg.offsets[g + 1] - seg.offsets[g] - 1
        device_costs(k, g, points, whole, seg, room.device)
        if room.device[last] < best:
            best = room.device[last]
            code[VERSION], code[CANDIDATE], code[UPLINK], code[FIRST], code[SECOND] = version, -1, -1, last, last
        for c in range(seg.candidate_offsets[k], seg.candidate_offsets[k + 1]):
            alpha = through_site(k, g, c, points, whole, seg, room)
            site, row = seg.candidate_site[c], seg.pair_offsets[g]
            kind, at_cloud = int(seg.sites[site, S_KIND]), seg.sites[site, S_CLOUD] > 0.0
            for i in range(last):
                if not room.least[i] < best:
                    continue
                total = room.least[i]
                if not at_cloud:
                    at = row + i * (last + 1)
                    total = room.front[i] + _least_pair(seg.pairs, kind, at, i, last, room.behind, alpha)
                if total < best:
                    best = total
                    # the second cut is looked up once the task's best is known
                    code[VERSION], code[CANDIDATE], code[UPLINK] = version, c, -1
                    code[FIRST], code[SECOND] = i, -1
    if code[SECOND] < 0:
        second_cut(k, points, whole, seg, room, code)
    return best


@njit(cache=True, nogil=True, _nrt=False, error_model="numpy")
def second_cut(k, points, whole, seg, room, code):
    """Find the best second cut and cloud of an option whose first cut is known (in `later` and `spare`)."""
    g = seg.network_offsets[int(seg.tasks[k, NETWORK])] + code[VERSION]
    last = seg.offsets[g + 1] - seg.offsets[g] - 1
    site, i = seg.candidate_site[code[CANDIDATE]], code[FIRST]
    code[UPLINK], code[SECOND] = -1, i
    if seg.sites[site, S_CLOUD] > 0.0:
        return
    alpha, _ = _behind(k, g, site, points, whole, seg, room.later, room.spare)
    row, kind = seg.pair_offsets[g] + i * (last + 1), int(seg.sites[site, S_KIND])
    least = np.inf
    for j in range(i, last + 1):
        cost = alpha * seg.pairs[kind, row + j] + room.later[j]
        if cost < least:
            least, code[SECOND] = cost, j
    if code[SECOND] == last:
        return
    least = np.inf
    for y in range(seg.up_offsets[site], seg.up_offsets[site + 1]):
        onwards(k, g, len(seg.candidate_site) + y, seg.up_cloud[y], points, whole, seg, room.spare)
        if room.spare[code[SECOND]] < least:
            least, code[UPLINK] = room.spare[code[SECOND]], y


@njit(cache=True, nogil=True, _nrt=False, error_model="numpy")
def price_block(begin, end, points, seg, room, loads):
    """Price the tasks begin:end; add what their cheapest options use to `loads` and return the sum of their costs."""
    total, lost, best = 0.0, 0.0, 0.0
    for k in range(begin, end):
        if k > begin and seg.alike[k]:
            take_over(k, seg, room.code)
        else:
            best = cheapest(k, points, 0.0, seg, room, room.code)
        total, lost = add(total, lost, best)
        n, _ = option_parts(k, room.code, seg, room.resource, room.root)
        for u in range(n):
            loads[room.resource[u]] += room.root[u]
    return total + lost


@njit(cache=True, nogil=True, _nrt=False, error_model="numpy")
def find_block(begin, end, points, seg, room, state, was, differs):
    """Price the tasks begin:end and return the sum of their costs.

    Writes their cheapest options to `state`, to `differs` which of them were others there, and these others to `was`.
    """
    total, lost, best = 0.0, 0.0, 0.0
    for k in range(begin, end):
        if k > begin and seg.alike[k]:
            take_over(k, seg, room.code)
        else:
            best = cheapest(k, points, 0.0, seg, room, room.code)
        total, lost = add(total, lost, best)
        other = False
        for part in range(CODE):
            other = other or room.code[part] != state[k, part]
        differs[k] = other
        if other:
            for part in range(CODE):
                was[k, part] = state[k, part]
                state[k, part] = room.code[part]
    return total + lost
