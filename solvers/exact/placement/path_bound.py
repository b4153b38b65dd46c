"""A lower bound on the latency of every plan: what the layers along one path force on the accelerators.

Take a path ``v_1 -> ... -> v_L`` from the input to the output. A block that holds v_a and v_b holds every layer between
the two, since no path may leave it and come back: the path is cut into pieces, each on an accelerator of its own or one
layer on a host, and each waits for the one before. A piece ``v_a..v_b`` that neither v_(a-1) nor v_(b+1) belongs to takes
at least the seconds of the layers between v_a and v_b; what v_(a-1) depends on is outside, and so is what depends on
v_(b+1), so that tensors from the ones and to the others are paid. With ``L_c(a, b)`` this time on a worker of kind c
(infinite where memory or a layer forbids it), h_b the seconds of v_b on a host, and ``n`` the workers used of each kind,

    G(b, n) = min( G(b - 1, n) + h_b,  min over a <= b and c of G(a - 1, n - e_c) + L_c(a, b) ),     G(0, 0) = 0,

and the least ``G(L, n)`` is a bound on the latency. `solvers.exact.placement.path_tables` has the sums.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from formulations.placement.case import PlacementCase
from instances.columns import Array, FloatArray, IntArray
from solvers.exact.placement.path_tables import aside, between, moved, reach

__all__ = ["Boards", "boards_of", "critical_path", "path_bound", "tails"]

_MOST_ON_PATH = 4_000
_SAFETY = 1e-12
"""By how much sums in floating point may be off, relative to the sum of all their terms."""
_TOLERANCE = 1e-9
"""Relative amount by which the referee lets memory limits be passed."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Boards:
    """The accelerators of a case by kind, and the hosts as one.

    Parameters
    ----------
    seconds, barred : arrays, shape (n_kinds, n_blocks)
        Of every block on a worker of each kind; whether it may not run there (seconds are 0 then).
    number, rate, limit : arrays, shape (n_kinds,)
        Workers, seconds a byte, bytes of weights.
    one : int array, shape (n_kinds,)
        A worker of each kind.
    host_s : array, shape (n_blocks,)
        Least seconds on a host; ``inf`` without one.
    host : int array, shape (n_blocks,)
        The worker with them.
    """

    seconds: FloatArray
    barred: IntArray
    number: IntArray
    rate: FloatArray
    limit: FloatArray
    one: IntArray
    host_s: FloatArray
    host: IntArray


def boards_of(case: PlacementCase) -> Boards:
    """Return the accelerators of `case` by kind, and the hosts as one."""
    host = np.array([worker.host for worker in case.problem.workers])
    kinds, one, number = np.unique(case.kind[~host], return_index=True, return_counts=True)
    one = np.flatnonzero(~host)[one] if len(kinds) else np.empty(0, dtype=np.int64)
    seconds = case.seconds[one]
    hosts = np.flatnonzero(host)
    best = hosts[case.seconds[hosts].argmin(axis=0)] if len(hosts) else np.full(case.n_blocks, -1)
    return Boards(
        seconds=np.where(np.isfinite(seconds), seconds, 0.0),
        barred=(~np.isfinite(seconds)).astype(np.int64),
        number=number.astype(np.int64),
        rate=case.seconds_per_byte[one],
        limit=case.memory_limit[one] * (1.0 + _TOLERANCE),
        one=one.astype(np.int64),
        host_s=case.seconds[hosts].min(axis=0) if len(hosts) else np.full(case.n_blocks, np.inf),
        host=best.astype(np.int64),
    )


def critical_path(case: PlacementCase, seconds: FloatArray) -> tuple[FloatArray, list[int]]:
    """Return the longest way from each block to the end, itself with it, and the blocks of the longest of all.

    Parameters
    ----------
    case : PlacementCase
        Its blocks have no cycle.
    seconds : array, shape (n_blocks,)
        Of every block.
    """
    after = _neighbours(case.edges, case.n_blocks)
    tail, following = seconds.copy(), np.full(case.n_blocks, -1)
    for b in range(case.n_blocks - 1, -1, -1):
        if after[b]:
            following[b] = max(after[b], key=lambda c: tail[c])
            tail[b] += tail[following[b]]
    path = [int(tail.argmax())]
    while following[path[-1]] >= 0:
        path.append(int(following[path[-1]]))
    return tail, path


def tails(case: PlacementCase) -> FloatArray:
    """Return a lower bound on the seconds from the start of each block to the end of all, shape (n_blocks,)."""
    return critical_path(case, np.where(case.allowed, case.seconds, np.inf).min(axis=0))[0] * (1.0 - _SAFETY)


def path_bound(case: PlacementCase) -> float:
    """Return a lower bound on the latency of every plan; ``inf`` where a block fits no worker.

    Parameters
    ----------
    case : PlacementCase
        Every layer is a block of its own (``case_of(problem, one_by_one=True)``).
    """
    boards = boards_of(case)
    times = np.where(case.allowed, case.seconds, np.inf).min(axis=0)
    if not np.isfinite(times).all():
        return np.inf
    tail, path = critical_path(case, times)
    bound = float(tail.max())
    if len(path) <= _MOST_ON_PATH:
        bound = max(bound, _along(case, boards, path))
    return bound * (1.0 - _SAFETY)


def _along(case: PlacementCase, boards: Boards, path: list[int]) -> float:
    """Return the bound of one path; ``inf`` where no plan runs it."""
    first, last = reach(case, path)
    held = between(first, last, case.memory, len(path))
    crossing = moved(case, first, last, len(path))
    piece = np.empty((len(boards.number), len(path), len(path)))
    for c, rate in enumerate(boards.rate.tolist()):
        seconds = boards.seconds[c]
        piece[c] = between(first, last, seconds, len(path)) + crossing * rate
        piece[c] += aside(case, first, last, len(path), seconds, rate)
        piece[c] = np.maximum(piece[c] - _SAFETY * float(seconds.sum() + case.size.sum() * rate), 0.0)
        over = held > boards.limit[c] + _SAFETY * float(case.memory.sum())
        piece[c][(np.rint(between(first, last, boards.barred[c], len(path))) > 0) | over] = np.inf
    stride = np.cumprod([1, *(boards.number[:-1] + 1)]) if len(piece) else np.empty(0, dtype=np.int64)
    states = int(np.prod(boards.number + 1.0))
    return float(_pieces(piece, boards.host_s[path], boards.number, stride.astype(np.int64), states))


@njit(cache=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _pieces(piece: Array, host_s: Array, number: Array, stride: Array, states: int) -> float:
    """Return the least ``G(L, n)``."""
    n_kinds, length = len(number), len(host_s)
    best = np.full((length + 1, states), np.inf)
    best[0, 0] = 0.0
    for b in range(length):
        for state in range(states):
            best[b + 1, state] = best[b, state] + host_s[b]
        for c in range(n_kinds):
            for a in range(b + 1):
                takes = piece[c, a, b]
                if takes == np.inf:
                    continue
                for state in range(states):
                    if (state // stride[c]) % (number[c] + 1) < number[c]:
                        value = best[a, state] + takes
                        if value < best[b + 1, state + stride[c]]:
                            best[b + 1, state + stride[c]] = value
    return float(best[length].min())


def _neighbours(edges: IntArray, n: int) -> list[list[int]]:
    after: list[list[int]] = [[] for _ in range(n)]
    for a, b in edges.tolist():
        after[a].append(b)
    return after
