"""The dynamic program over a set of ideals: from a case to the least maximum load and who runs what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from formulations.placement.case import PlacementCase
from instances.columns import Array, FloatArray, IntArray
from solvers.exact.placement.ideal_kernels import Lattice, advance

__all__ = ["Split", "best_split", "lattice_of", "sets_of", "states_of"]

_ROWS = 256
"""Ideals between two looks at the clock."""
_TOLERANCE = 1e-9
"""Relative amount by which the referee lets memory limits be passed."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Split:
    """Result of the dynamic program.

    `worker` is the worker of every block, None where there is no split below the given value; `value` its maximum
    load; `complete` whether all ideals were looked at.
    """

    worker: IntArray | None
    value: float
    complete: bool


def states_of(case: PlacementCase) -> int:
    """Return how many states an ideal has: how many workers of every kind are used."""
    return int(np.prod(np.bincount(case.kind) + 1.0))


def best_split(case: PlacementCase, ideals: Array, most: float, time_left: Callable[[], float]) -> Split:
    """Return the split of least maximum load whose steps all are among `ideals`, if it is below `most`.

    Parameters
    ----------
    case : PlacementCase
        The problem.
    ideals : array of uint64, shape (n_ideals, n_words)
        Smaller ones first, the empty one first of all, the full one last.
    most : float
        Only splits of less maximum load count.
    time_left : callable
        Seconds left.
    """
    lattice = lattice_of(case, ideals)
    n, states = len(ideals), states_of(case)
    best = np.full((n, states), np.inf)
    best[0, 0] = 0.0
    parent = np.zeros((n, states), dtype=np.int32)
    by_kind = np.zeros((n, states), dtype=np.int16)
    for start in range(1, n, _ROWS):
        if time_left() <= 0:
            return Split(worker=None, value=np.inf, complete=False)
        advance(lattice, best, parent, by_kind, start, min(start + _ROWS, n), most)
    state = int(best[-1].argmin())
    value = float(best[-1, state])
    if not value < most:
        return Split(worker=None, value=np.inf, complete=True)
    sets = sets_of(ideals, case.n_blocks)
    unused = [np.flatnonzero(case.kind == kind).tolist() for kind in range(len(lattice.number))]
    worker = np.empty(case.n_blocks, dtype=np.int64)
    i = n - 1
    while i:
        j, kind = int(parent[i, state]), int(by_kind[i, state])
        worker[sets[i] & ~sets[j]] = unused[kind].pop()
        i, state = j, state - int(lattice.stride[kind])
    return Split(worker=worker, value=value, complete=True)


def sets_of(ideals: Array, n: int) -> Array:
    """Return the ideals as rows of booleans."""
    sets: Array = np.unpackbits(ideals.view(np.uint8), axis=1, bitorder="little")[:, :n].astype(bool)
    return sets


def lattice_of(case: PlacementCase, ideals: Array) -> Lattice:
    """Return what the kernels read of a case and its ideals."""
    sets = sets_of(ideals, case.n_blocks)
    member = sets.astype(np.float64)
    count = np.bincount(case.kind)
    one = np.array([np.flatnonzero(case.kind == kind)[0] for kind in range(len(count))])
    seconds = case.seconds[one]
    barred = ~np.isfinite(seconds)
    live, leaving = _live(case, sets)
    return Lattice(
        ideal=np.ascontiguousarray(ideals),
        seconds=np.where(barred, 0.0, seconds) @ member.T,
        barred=np.rint(barred.astype(np.float64) @ member.T).astype(np.int64),
        memory=member @ case.memory,
        live=np.concatenate([*live, np.empty(0, dtype=np.int64)]),
        live_offsets=np.cumsum([0, *map(len, live)]),
        leaving=leaving,
        size=case.size,
        producer=case.producer,
        readers=case.readers,
        reader_offsets=case.offsets,
        rate=case.seconds_per_byte[one],
        limit=case.memory_limit[one] * (1.0 + _TOLERANCE),
        number=count,
        stride=np.cumprod([1, *(count[:-1] + 1)]),
        overlap=case.problem.options.overlap,
    )


def _live(case: PlacementCase, sets: Array) -> tuple[list[IntArray], FloatArray]:
    """Return the tensors that are alive at every ideal, and the bytes of those that were made in it."""
    n_tensors = len(case.size)
    if not n_tensors:
        return [np.empty(0, dtype=np.int64)] * len(sets), np.zeros(len(sets))
    made = np.column_stack([sets, np.ones(len(sets), dtype=bool)])[:, case.producer]  # -1, the input, is always there
    unread = np.empty((len(sets), n_tensors), dtype=bool)
    for tensor in range(n_tensors):
        unread[:, tensor] = ~sets[:, case.readers_of(tensor)].all(axis=1)
    alive = made & unread
    return [np.flatnonzero(row) for row in alive], (alive & (case.producer >= 0)) @ case.size
