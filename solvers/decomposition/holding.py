"""Where the tasks are held: in this process, or by the workers of a cluster."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from solvers.cluster_address import ClusterAddress
from solvers.decomposition.distributed.connection import connect
from solvers.decomposition.distributed.passes import DistributedPasses
from solvers.decomposition.passes import LocalPasses, Passes
from solvers.decomposition.segments import Segments

__all__ = ["held_tasks"]


@contextlib.contextmanager
def held_tasks(
    segments: Segments, n_resources: int, threads: int, cluster: str | None
) -> Iterator[tuple[Passes, Segments]]:
    """Yield passes over the tasks, and what `solvers.decomposition.segment_plan` needs of the segments.

    Parameters
    ----------
    segments : Segments
        Of the problem.
    n_resources : int
        Of the instance.
    threads : int
        Of this process; workers have their own.
    cluster : str or None
        As `solvers.cluster_address.ClusterAddress` reads it; None: this process holds the tasks.

    Raises
    ------
    InputError
        If the cluster cannot be used.
    """
    if cluster is None:
        yield LocalPasses.start(segments, n_resources, threads), segments
        return
    with connect(ClusterAddress.read(cluster)) as client:
        passes, names = DistributedPasses.start(client, segments, n_resources), _names_of(segments)
        del segments  # the workers hold them
        yield passes, names


def _names_of(segments: Segments) -> Segments:
    """Return the segments without what only passes read."""
    read = {"order", "candidate_offsets"}
    empty: Any = {name: np.empty(0) for name in Segments._fields if name not in read}
    return segments._replace(**empty)
