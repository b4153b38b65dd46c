"""A local search over placements: one group of layers at a time goes to another worker, as long as that betters the plan."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from formulations.placement.case import PlacementCase, case_of
from formulations.placement.problem import LATENCY
from instances.columns import FloatArray, IntArray
from solvers.exact.placement.move_kernels import Arena, descend, judge

__all__ = ["arena_of", "bettered"]

_GROUPS = 64
"""Groups between two looks at the clock."""
_MARGIN = 1e-9
"""Relative amount by which a value has to be less."""


def bettered(case: PlacementCase, worker: IntArray, time_left: Callable[[], float]) -> IntArray:
    """Return a placement of the blocks, shape (n_blocks,), that no move of one block betters, or the best when time ends.

    The value falls with every move, or stays while the loads become more even.
    """
    arena, layers = arena_of(case)
    where = worker[layers]
    value, squares = judge(arena, where)
    if not np.isfinite(value):
        return worker
    margin = _MARGIN * max(value, 1e-300)
    while time_left() > 0:
        before = (value, squares)
        for start in range(0, case.n_blocks, _GROUPS):
            stop = min(start + _GROUPS, case.n_blocks)
            value, squares = descend(arena, where, start, stop, value, squares, margin)
            if time_left() <= 0:
                break
        if (value, squares) == before:
            break
    found: IntArray = worker.copy()
    found[layers] = where
    return found


def arena_of(case: PlacementCase) -> tuple[Arena, IntArray]:
    """Return what the kernels read, and the block of every layer but the input, in the kernels' order of layers."""
    problem = case.problem
    single = case_of(problem, one_by_one=True)
    layers = np.empty(single.n_blocks, dtype=np.int64)
    layers[single.block[1:]] = case.block[1:]
    latency = problem.options.objective == LATENCY
    by_block = np.argsort(layers, kind="stable")
    edges = single.edges[np.argsort(single.edges[:, 0], kind="stable")]
    seconds: FloatArray = np.where(single.allowed & case.allowed[:, layers], single.seconds, np.inf)
    return (
        Arena(
            seconds=seconds,
            memory=single.memory,
            limit=single.memory_limit,
            rate=single.seconds_per_byte,
            alone=np.array([latency and worker.host for worker in problem.workers]),
            reader=np.ascontiguousarray(edges[:, 1]),
            offsets=np.searchsorted(edges[:, 0], np.arange(single.n_blocks + 1)),
            producer=single.producer,
            size=single.size,
            tensor_reader=single.readers,
            tensor_offsets=single.offsets,
            member=by_block,
            group_offsets=np.searchsorted(layers[by_block], np.arange(case.n_blocks + 1)),
            latency=latency,
            overlap=problem.options.overlap,
            ordered=latency or problem.options.contiguous,
        ),
        layers,
    )
