"""The kernel of the label program for the latency (see `solvers.exact.placement.labels`)."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from instances.columns import BoolArray, FloatArray, IntArray
from solvers.exact.placement.ideal_kernels import bytes_between

__all__ = ["Fringe", "Labels", "extend"]

ON_HOST = -1


class Fringe(NamedTuple):
    """What the kernel reads besides the lattice, whose worker kinds are the accelerators' here.

    ``reader[offsets[i]:offsets[i + 1]]`` are the blocks outside ideal i that read a block in it, ascending, with one beyond the
    last block, the end, which reads the blocks that nobody reads. ``before[before_offsets[b]:before_offsets[b + 1]]`` are
    the blocks that b reads. ``tail_s[b]`` is a lower bound on the seconds from the start of b to the end, ``host_s[b]`` the
    seconds of b on a host. ``in_class[i, g]`` counts the blocks of class g in ideal i, of ``class_size[g]`` in all.
    ``fewer[m, n]`` says whether state m has no more workers of any kind in use than state n.
    """

    reader: IntArray
    offsets: IntArray
    before: IntArray
    before_offsets: IntArray
    size: IntArray
    tail_s: FloatArray
    host_s: FloatArray
    in_class: IntArray
    class_size: IntArray
    fewer: BoolArray


class Labels(NamedTuple):
    """Room for labels: ``time[l, k]`` is when the k-th reader of the ideal's fringe has all that is done; see `Fringe`."""

    time: FloatArray
    state: IntArray
    parent: IntArray
    kind: IntArray
    offsets: IntArray


@njit(cache=True, error_model="numpy")
def extend(lattice, fringe, labels, start, stop, most, width):
    """Fill in the labels of the ideals ``start <= i < stop``, those that may end before `most` seconds.

    At most `width` labels are kept for an ideal. Returns the ideal at which there was no room left (`stop`: none), and
    whether labels were dropped beyond those that another makes superfluous.
    """
    n_kinds, words = len(lattice.number), lattice.ideal.shape[1]
    room = labels.time.shape[1]
    time, state = np.empty((width, room)), np.empty(width, np.int64)
    parent, kind = np.empty(width, np.int64), np.empty(width, np.int64)
    rank = np.empty(width)
    place, fresh = np.empty(room, np.int64), np.empty(room, np.bool_)
    new = np.empty(room)
    load = np.empty(n_kinds)
    dropped = False
    for i in range(start, stop):
        base = fringe.offsets[i]
        n_readers = fringe.offsets[i + 1] - base
        count = 0
        for j in range(i):
            first, last = labels.offsets[j], labels.offsets[j + 1]
            if first == last or not _inside(lattice.ideal, j, i, words):
                continue
            hopeful = _loads(lattice, fringe, i, j, load, most)
            single = fringe.size[i] == fringe.size[j] + 1
            if not (hopeful or single):
                continue
            beyond = _align(lattice, fringe, i, j, place, fresh)
            if hopeful:
                coming, going = bytes_between(lattice, i, j)
                for c in range(n_kinds):
                    load[c] += (coming + going) * lattice.rate[c]
            for c in range(ON_HOST, n_kinds):
                if c == ON_HOST:
                    if not single:
                        continue
                    takes = fringe.host_s[_added(lattice, i, j, words)]
                else:
                    takes = load[c]
                if not takes + beyond < most:
                    continue
                for one in range(first, last):
                    used = labels.state[one]
                    if c != ON_HOST:
                        if (used // lattice.stride[c]) % (lattice.number[c] + 1) == lattice.number[c]:
                            continue
                        used += lattice.stride[c]
                    end = _start(lattice, fringe, labels.time, i, j, one) + takes
                    if not end + beyond < most:
                        continue
                    worst = 0.0
                    for k in range(n_readers):
                        new[k] = labels.time[one, place[k]] if place[k] >= 0 else 0.0
                        if fresh[k] and end > new[k]:
                            new[k] = end
                        worst = max(worst, new[k] + fringe.tail_s[fringe.reader[base + k]])
                    if not worst < most:
                        continue
                    at = _room(fringe.fewer, time, state, rank, new, used, worst, count, n_readers)
                    if at < 0:
                        dropped |= at == -2
                        continue
                    if at == count:
                        count += 1
                    elif not _better(fringe.fewer, new, used, time[at], state[at], n_readers):
                        dropped = True
                    time[at, :n_readers] = new[:n_readers]
                    state[at], parent[at], kind[at], rank[at] = used, one, c, worst
                    count = _prune(fringe.fewer, time, state, parent, kind, rank, at, count, n_readers)
        first = labels.offsets[i]
        if first + count > len(labels.state):
            return i, dropped
        for k in range(count):
            labels.time[first + k, :n_readers] = time[k, :n_readers]
            labels.state[first + k], labels.parent[first + k] = state[k], parent[k]
            labels.kind[first + k] = kind[k]
        labels.offsets[i + 1] = first + count
    return stop, dropped


@njit(cache=True, error_model="numpy")
def _inside(ideal, j, i, words):
    """Return whether ideal j lies in ideal i."""
    for w in range(words):  # noqa: SIM110 (Numba compiles no generator)
        if ideal[j, w] & ~ideal[i, w]:
            return False
    return True


@njit(cache=True, error_model="numpy")
def _has(ideal, i, b):
    """Return whether ideal i has block b; no ideal has the end, which lies beyond the last block."""
    word = b >> 6
    return word < ideal.shape[1] and (ideal[i, word] >> np.uint64(b & 63)) & np.uint64(1) != 0


@njit(cache=True, error_model="numpy")
def _added(lattice, i, j, words):
    """Return the one block of ideal i that is not in ideal j."""
    for w in range(words):
        left = lattice.ideal[i, w] & ~lattice.ideal[j, w]
        if left:
            b = 0
            while not (left >> np.uint64(b)) & np.uint64(1):
                b += 1
            return 64 * w + b
    return -1


@njit(cache=True, error_model="numpy")
def _loads(lattice, fringe, i, j, load, most):
    """Set the seconds of the layers of ideal i without j on each kind (``inf`` where barred); return whether any is below `most`."""
    hopeful = False
    for c in range(len(load)):
        load[c] = lattice.seconds[c, i] - lattice.seconds[c, j]
        if lattice.barred[c, i] != lattice.barred[c, j] or lattice.memory[i] - lattice.memory[j] > lattice.limit[c]:
            load[c] = np.inf
        hopeful |= load[c] < most
    if hopeful:
        for g in range(len(fringe.class_size)):
            inside = fringe.in_class[i, g] - fringe.in_class[j, g]
            if inside and inside != fringe.class_size[g]:
                load[:] = np.inf
                return False
    return hopeful


@njit(cache=True, error_model="numpy")
def _align(lattice, fringe, i, j, place, fresh):
    """Find each reader of i's fringe in j's fringe, and whether it reads a block between; return the greatest tail of those."""
    at, stop = fringe.offsets[j], fringe.offsets[j + 1]
    beyond = 0.0
    for k in range(fringe.offsets[i + 1] - fringe.offsets[i]):
        r = fringe.reader[fringe.offsets[i] + k]
        while at < stop and fringe.reader[at] < r:
            at += 1
        place[k] = at - fringe.offsets[j] if at < stop and fringe.reader[at] == r else -1
        fresh[k] = False
        for m in range(fringe.before_offsets[r], fringe.before_offsets[r + 1]):
            b = fringe.before[m]
            if _has(lattice.ideal, i, b) and not _has(lattice.ideal, j, b):
                fresh[k] = True
                break
        if fresh[k]:
            beyond = max(beyond, fringe.tail_s[r])
    return beyond


@njit(cache=True, error_model="numpy")
def _start(lattice, fringe, time, i, j, one):
    """Return when all is there that the blocks of ideal i without j read, for the label `one` of j."""
    found = 0.0
    for k in range(fringe.offsets[j + 1] - fringe.offsets[j]):
        if time[one, k] > found and _has(lattice.ideal, i, fringe.reader[fringe.offsets[j] + k]):
            found = time[one, k]
    return found


@njit(cache=True, error_model="numpy")
def _better(fewer, time_a, state_a, time_b, state_b, n):
    """Return whether label a makes label b superfluous."""
    if not fewer[state_a, state_b]:
        return False
    for k in range(n):  # noqa: SIM110 (Numba compiles no generator)
        if time_a[k] > time_b[k]:
            return False
    return True


@njit(cache=True, error_model="numpy")
def _room(fewer, time, state, rank, new, used, worst, count, n):
    """Return the row for a new label: -1 where it is superfluous, -2 where it is the worst of too many."""
    for k in range(count):
        if _better(fewer, time[k], state[k], new, used, n):
            return -1
    for k in range(count):
        if _better(fewer, new, used, time[k], state[k], n):
            return k
    if count < len(state):
        return count
    last = 0
    for k in range(1, count):
        if rank[k] > rank[last]:
            last = k
    return last if rank[last] > worst else -2


@njit(cache=True, error_model="numpy")
def _prune(fewer, time, state, parent, kind, rank, at, count, n):
    """Remove the labels that the one at row `at` makes superfluous; return how many are left."""
    left = 0
    for k in range(count):
        if k != at and _better(fewer, time[at], state[at], time[k], state[k], n):
            continue
        if left != k:
            time[left, :n] = time[k, :n]
            state[left], parent[left], kind[left], rank[left] = state[k], parent[k], kind[k], rank[k]
        if k == at:
            at = left
        left += 1
    return left
