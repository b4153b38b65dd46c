"""A block of tasks cut out of the segments: what a worker needs of them, with resources and sites numbered anew.

A block knows only the sites, links and resources that its tasks can reach, so loads and prices that are sent to it
are as long as that, not as long as the instance.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from instances.columns import Array, FloatArray, IntArray
from solvers.decomposition.segment_columns import S_SHARED, SHARED
from solvers.decomposition.segment_options import CANDIDATE, UPLINK
from solvers.decomposition.segments import Segments

__all__ = ["Block", "Tables", "cut", "tables_of"]


class Tables(NamedTuple):
    """The columns of the segments that say what networks are like; the same for all blocks."""

    curves: FloatArray
    pairs: FloatArray
    network_offsets: IntArray
    offsets: IntArray
    pair_offsets: IntArray
    accuracy: FloatArray
    joule_weights: FloatArray


class Block(NamedTuple):
    """Tasks of consecutive rows of the segments.

    Parameters
    ----------
    segments : Segments
        Of these tasks alone, without the tables.
    resources : int array, shape (n_reached,)
        Which resource of the instance each of the block's is; ascending.
    uplinks : int array
        Which uplink of the whole each of the block's is.
    first_candidate : int
        The first of the block's candidates among all.
    """

    segments: Segments
    resources: IntArray
    uplinks: IntArray
    first_candidate: int

    def numbered(self, code: Array) -> Array:
        """Return options of the block, shape (n, CODE), by the numbers that they have among all."""
        named = code.copy()
        away, up = code[:, CANDIDATE] >= 0, code[:, UPLINK] >= 0
        named[away, CANDIDATE] += self.first_candidate
        named[up, UPLINK] = self.uplinks[code[up, UPLINK]]
        return named


def tables_of(segments: Segments) -> Tables:
    """Return the tables of `segments`."""
    return Tables(*(getattr(segments, name) for name in Tables._fields))


def cut(segments: Segments, begin: int, end: int) -> Block:
    """Return the block of the rows ``begin:end`` of `segments`.

    Examples
    --------
    >>> from formulations.joint.problem import JointProblem
    >>> from instances.generators.registry import generate
    >>> from solvers.decomposition.segments import segments_of
    >>> whole = segments_of(JointProblem(instance=generate("metro-benchmark", {"tasks": "40"}, 1)))
    >>> block = cut(whole, 10, 20)
    >>> len(block.segments.tasks), len(block.resources) < len(np.unique(whole.use_resource))
    (10, True)
    """
    candidates = slice(int(segments.candidate_offsets[begin]), int(segments.candidate_offsets[end]))
    at = segments.candidate_site[candidates].astype(np.int64)
    near = np.unique(at)
    uplinks = _runs(segments.up_offsets, near)
    sites = np.union1d(near, segments.up_cloud[uplinks])
    n_up = np.zeros(len(sites), np.int64)
    n_up[np.searchsorted(sites, near)] = np.diff(segments.up_offsets)[near]
    legs = np.concatenate((np.arange(candidates.start, candidates.stop), len(segments.candidate_site) + uplinks))
    uses = _runs(segments.use_offsets, legs)
    tasks, place = segments.tasks[begin:end].copy(), segments.sites[sites]
    own = np.concatenate((tasks[:, SHARED], place[:, S_SHARED])).astype(np.int64)
    resources = np.union1d(own[own >= 0], segments.use_resource[uses]).astype(np.int64)
    for column in (tasks[:, SHARED], place[:, S_SHARED]):
        shared = column >= 0
        column[shared] = np.searchsorted(resources, column[shared])
    no_tables: Any = dict.fromkeys(Tables._fields, np.empty(0))
    return Block(
        segments=segments._replace(
            **no_tables,
            order=np.arange(end - begin),
            tasks=tasks,
            alike=segments.alike[begin:end],
            candidate_offsets=segments.candidate_offsets[begin : end + 1] - candidates.start,
            candidate_site=np.searchsorted(sites, at).astype(segments.candidate_site.dtype),
            sites=place,
            up_offsets=_offsets(n_up),
            up_cloud=np.searchsorted(sites, segments.up_cloud[uplinks]).astype(segments.up_cloud.dtype),
            legs=segments.legs[legs],
            use_offsets=_offsets(np.diff(segments.use_offsets)[legs]),
            use_resource=np.searchsorted(resources, segments.use_resource[uses]).astype(segments.use_resource.dtype),
            use_sends=segments.use_sends[uses],
            use_root=segments.use_root[uses],
        ),
        resources=resources,
        uplinks=uplinks,
        first_candidate=candidates.start,
    )


def _offsets(count: IntArray) -> IntArray:
    offsets: IntArray = np.concatenate(([0], np.cumsum(count))).astype(np.int64)
    return offsets


def _runs(offsets: IntArray, rows: IntArray) -> IntArray:
    """Return the entries of `rows`, one row after the other."""
    count = np.diff(offsets)[rows]
    before = _offsets(count)
    entries: IntArray = np.repeat(offsets[rows] - before[:-1], count) + np.arange(before[-1])
    return entries.astype(np.int64)
