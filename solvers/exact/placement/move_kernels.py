"""The kernels of the local search over placements (see `solvers.exact.placement.moves`)."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from instances.columns import BoolArray, FloatArray, IntArray

__all__ = ["Arena", "descend", "judge"]


class Arena(NamedTuple):
    """What the kernels read: layers by themselves, and the groups that share a worker.

    ``seconds[w, v]`` is ``inf`` where layer v may not run on worker w. Layer v is read by
    ``reader[offsets[v]:offsets[v + 1]]``; tensor t of ``size[t]`` bytes is made by ``producer[t]`` (-1: the input) for
    ``tensor_reader[tensor_offsets[t]:tensor_offsets[t + 1]]``. ``member[group_offsets[g]:group_offsets[g + 1]]`` are the layers of group
    g. ``alone[w]`` says that worker w runs its layers one by one, each when it can, as hosts do for the latency.
    `ordered` asks for an order in which no tensor goes back.
    """

    seconds: FloatArray
    memory: FloatArray
    limit: FloatArray
    rate: FloatArray
    alone: BoolArray
    reader: IntArray
    offsets: IntArray
    producer: IntArray
    size: FloatArray
    tensor_reader: IntArray
    tensor_offsets: IntArray
    member: IntArray
    group_offsets: IntArray
    latency: bool
    overlap: bool
    ordered: bool


@njit(cache=True, error_model="numpy")
def judge(arena, worker):
    """Return the value of a placement of the layers (``inf`` where it breaks a rule), and the squares of the loads, added up."""
    n_workers, n = arena.seconds.shape
    part = np.zeros((n_workers, 3))
    held = np.zeros(n_workers)
    for v in range(n):
        w = worker[v]
        part[w, 0] += arena.seconds[w, v]
        held[w] += arena.memory[v]
    stamp = np.full(n_workers, -1)
    for t in range(len(arena.size)):
        made = worker[arena.producer[t]] if arena.producer[t] >= 0 else -1
        left = False
        for k in range(arena.tensor_offsets[t], arena.tensor_offsets[t + 1]):
            w = worker[arena.tensor_reader[k]]
            if w != made:
                left = True
                if stamp[w] != t:
                    stamp[w] = t
                    part[w, 1] += arena.size[t] * arena.rate[w]
        if left and made >= 0:
            part[made, 2] += arena.size[t] * arena.rate[made]
    load = np.empty(n_workers)
    worst, squares = 0.0, 0.0
    for w in range(n_workers):
        if held[w] > arena.limit[w] or part[w, 0] == np.inf:
            return np.inf, np.inf
        load[w] = max(part[w, 0], part[w, 1], part[w, 2]) if arena.overlap else part[w].sum()
        if not arena.alone[w]:
            worst = max(worst, load[w])
            squares += load[w] * load[w]
    if not arena.ordered:
        return worst, squares
    end = _walk(arena, worker, load)
    return (end if arena.latency or end == np.inf else worst), squares


@njit(cache=True, error_model="numpy")
def _walk(arena, worker, load):
    """Return when all is done; ``inf`` where units wait for each other. Unit w is worker w, unit n_workers + v layer v."""
    n_workers, n = arena.seconds.shape
    unit = np.empty(n, np.int64)
    waits = np.zeros(n_workers + n, np.int64)
    following = np.full(n, -1)
    first = np.full(n_workers + n, -1)
    for v in range(n - 1, -1, -1):
        unit[v] = n_workers + v if arena.alone[worker[v]] else worker[v]
        following[v] = first[unit[v]]
        first[unit[v]] = v
    for v in range(n):
        for k in range(arena.offsets[v], arena.offsets[v + 1]):
            if unit[arena.reader[k]] != unit[v]:
                waits[unit[arena.reader[k]]] += 1
    ready = np.zeros(n_workers + n)
    queue = np.empty(n_workers + n, np.int64)
    count, units = 0, 0
    for one in range(n_workers + n):
        if first[one] >= 0:
            units += 1
            if waits[one] == 0:
                queue[count] = one
                count += 1
    done, end = 0, 0.0
    while done < count:
        one = queue[done]
        done += 1
        takes = load[one] if one < n_workers else arena.seconds[worker[one - n_workers], one - n_workers]
        finish = ready[one] + takes
        end = max(end, finish)
        v = first[one]
        while v >= 0:
            for k in range(arena.offsets[v], arena.offsets[v + 1]):
                other = unit[arena.reader[k]]
                if other != one:
                    ready[other] = max(ready[other], finish)
                    waits[other] -= 1
                    if waits[other] == 0:
                        queue[count] = other
                        count += 1
            v = following[v]
    return end if done == units else np.inf


@njit(cache=True, error_model="numpy")
def descend(arena, worker, start, stop, value, squares, margin):
    """Move each group ``start <= g < stop`` to the worker that betters the placement most; return its value and squares.

    Better is a value that is less by more than `margin`, or the same value with less squares.
    """
    n_workers = arena.seconds.shape[0]
    for g in range(start, stop):
        layers = arena.member[arena.group_offsets[g] : arena.group_offsets[g + 1]]
        home = worker[layers[0]]
        best = home
        for w in range(n_workers):
            if w == home or arena.seconds[w, layers[0]] == np.inf:
                continue
            for v in layers:
                worker[v] = w
            found, spread = judge(arena, worker)
            if found < value - margin or (found <= value and spread < squares - margin * margin):
                best, value, squares = w, found, spread
        for v in layers:
            worker[v] = best
    return value, squares
