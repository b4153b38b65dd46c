"""The kernel of the dynamic program over ideals (see `solvers.exact.placement.dynamic_program`)."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from instances.columns import Array, FloatArray, IntArray

__all__ = ["Lattice", "advance", "bytes_between"]


class Lattice(NamedTuple):
    """What the kernel reads.

    ``ideal`` holds rows of words, smaller ideals first. ``seconds[c, i]``, ``barred[c, i]`` and ``memory[i]`` are the
    sums over ideal i of seconds on worker kind c, of blocks that kind c may not run, and of bytes of weights.
    ``live[live_offsets[i]:live_offsets[i + 1]]`` are the tensors with a reader outside ideal i that are made in it or
    are inputs; ``leaving[i]`` the bytes of those made in it. Of kind c there are ``number[c]`` workers, each of which
    holds ``limit[c]`` bytes and pays ``rate[c]`` seconds a byte; one more of them adds ``stride[c]`` to a state.
    """

    ideal: Array
    seconds: FloatArray
    barred: IntArray
    memory: FloatArray
    live: IntArray
    live_offsets: IntArray
    leaving: FloatArray
    size: FloatArray
    producer: IntArray
    readers: IntArray
    reader_offsets: IntArray
    rate: FloatArray
    limit: FloatArray
    number: IntArray
    stride: IntArray
    overlap: bool


@njit(cache=True, error_model="numpy")
def advance(lattice, best, parent, by_kind, start, stop, most):
    """Fill ``best[i, state]`` for ideals ``start <= i < stop``: least maximum load of its blocks; less than `most` counts.

    ``parent`` and ``by_kind`` note the ideal and the worker kind of the last step.
    """
    n_kinds, words = len(lattice.number), lattice.ideal.shape[1]
    n_states = best.shape[1]
    load = np.empty(n_kinds)
    for i in range(start, stop):
        for j in range(i):
            hopeful = False
            for c in range(n_kinds):
                load[c] = lattice.seconds[c, i] - lattice.seconds[c, j]
                if (
                    lattice.barred[c, i] != lattice.barred[c, j]
                    or lattice.memory[i] - lattice.memory[j] > lattice.limit[c]
                ):
                    load[c] = np.inf
                hopeful |= load[c] < most
            if not hopeful:
                continue
            inside = True
            for w in range(words):
                if lattice.ideal[j, w] & ~lattice.ideal[i, w]:
                    inside = False
                    break
            if not inside:
                continue
            coming, going = bytes_between(lattice, i, j)
            for c in range(n_kinds):
                enter, leave = coming * lattice.rate[c], going * lattice.rate[c]
                if lattice.overlap:
                    load[c] = max(load[c], enter, leave)
                else:
                    load[c] += enter + leave
                if not load[c] < most:
                    continue
                for state in range(n_states):
                    if (
                        best[j, state] < most
                        and (state // lattice.stride[c]) % (lattice.number[c] + 1) < lattice.number[c]
                    ):
                        value = max(best[j, state], load[c])
                        target = state + lattice.stride[c]
                        if value < best[i, target]:
                            best[i, target] = value
                            parent[i, target] = j
                            by_kind[i, target] = c


@njit(cache=True, error_model="numpy")
def bytes_between(lattice, i, j):
    """Return the bytes that enter and leave the blocks of ideal i that are not in ideal j."""
    coming, going = 0.0, lattice.leaving[i]
    for k in range(lattice.live_offsets[j], lattice.live_offsets[j + 1]):
        tensor = lattice.live[k]
        read, later = False, False
        for r in range(lattice.reader_offsets[tensor], lattice.reader_offsets[tensor + 1]):
            reader = lattice.readers[r]
            word, bit = reader >> 6, np.uint64(reader & 63)
            if not (lattice.ideal[i, word] >> bit) & np.uint64(1):
                later = True
            elif not (lattice.ideal[j, word] >> bit) & np.uint64(1):
                read = True
        if read:
            coming += lattice.size[tensor]
        if later and lattice.producer[tensor] >= 0:
            going -= lattice.size[tensor]
    return coming, max(going, 0.0)
