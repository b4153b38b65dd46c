"""What `jps` does with networks that are no chain: it cuts every path from source to sink as a line of its own.

Of the publication only the idea is known: a DAG becomes paths, each path is cut, a layer on several paths counts once, and
paths are put in Johnson's order. All else is our reconstruction. For n jobs of a network

1. every path is a line of layers with its own mix of two cuts for n jobs;
2. job j keeps on the device what any of its paths keeps there, and all layers that those read;
3. the jobs' paths are taken in Johnson's order of their lines; the device runs what is new of each, and each tensor that
   crosses goes out in that order;
4. the server runs a job's rest layer after layer when its last tensor is there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from formulations.schedule.flow_shop import FlowShop, JobClass, johnson_order
from formulations.schedule.flow_shop_plan import serve
from formulations.schedule.plan import SchedulePlan
from instances.columns import BoolArray, FloatArray, IntArray
from instances.networks.graph import NetworkGraph
from solvers.two_cuts import two_cuts

__all__ = ["path_plan", "paths_of"]


def paths_of(network: NetworkGraph, most: int) -> list[tuple[int, ...]] | None:
    """Return all paths from the input to the last layer, None where there are more than `most`."""
    count = np.zeros(len(network))
    count[-1] = 1.0
    readers: list[list[int]] = [[] for _ in network.layers]
    for a, b in network.edges:
        readers[a].append(b)
    for v in range(len(network) - 2, -1, -1):
        count[v] = count[readers[v]].sum()
    if count[0] > most:
        return None

    def walk(layer: int) -> Iterator[tuple[int, ...]]:
        if not readers[layer]:
            yield (layer,)
        for reader in readers[layer]:
            for rest in walk(reader):
                yield (layer, *rest)

    return list(walk(0))


@dataclass(frozen=True, slots=True, eq=False)
class _Unit:
    """One path of some jobs that cut it alike: seconds of its line, the layers that it keeps, and the jobs."""

    owner: int
    device_s: float
    upload_s: float
    keeps: BoolArray
    jobs: slice


def path_plan(shop: FlowShop, most_paths: int) -> SchedulePlan | None:
    """Return the plan of JPS by paths; None where a network has more than `most_paths` or layers that are pinned."""
    units: list[_Unit] = []
    kept = [np.zeros((len(one.tasks), len(one.network)), dtype=bool) for one in shop.classes]
    for owner, one in enumerate(shop.classes):
        paths = paths_of(one.network, most_paths)
        if paths is None or _pinned(shop, one):
            return None
        own = list(_units(shop, owner, one, paths))
        for unit in own:
            kept[owner][unit.jobs] |= unit.keeps
        units += own
    order = johnson_order(np.array([unit.device_s for unit in units]), np.array([unit.upload_s for unit in units]))
    return _timed(shop, [units[row] for row in order.tolist()], kept)


def _pinned(shop: FlowShop, one: JobClass) -> bool:
    first, both = int(one.tasks[0]), {shop.device, shop.server}
    return any(shop.problem.nodes_for(first, v) != both for v in range(1, len(one.network)))


def _units(shop: FlowShop, owner: int, one: JobClass, paths: list[tuple[int, ...]]) -> Iterator[_Unit]:
    """Yield the paths of a class, each for the jobs that cut it early and for those that cut it late."""
    n, way = len(one.tasks), shop.problem.ways.way(shop.device, shop.server)
    assert way is not None  # a flow shop has one
    upload = np.array([shop.problem.ways.seconds(way, float(size)) for size in one.network.output_bytes])
    upload[-1] = 0.0
    above = _ancestors(one.network)
    for path in paths:
        layers = np.array(path)
        device_s, upload_s = np.cumsum(one.layer_device_s[layers]), upload[layers]
        mix = two_cuts(device_s, upload_s, n)
        for row, jobs in ((mix.low, slice(0, mix.early)), (mix.high, slice(mix.early, n))):
            if jobs.stop > jobs.start:
                keeps = above[layers[: row + 1]].any(axis=0)
                yield _Unit(owner, float(device_s[row]), float(upload_s[row]), keeps, jobs)


def _ancestors(network: NetworkGraph) -> BoolArray:
    """Return what every layer needs, itself included, shape (n_layers, n_layers)."""
    above = np.eye(len(network), dtype=bool)
    for a, b in sorted(network.edges, key=lambda edge: edge[1]):
        above[b] |= above[a]
    return above


def _timed(shop: FlowShop, units: list[_Unit], kept: list[BoolArray]) -> SchedulePlan:
    """Return the plan of units in this order; ``kept[class][job, layer]`` stay on the device."""
    problem, offsets = shop.problem, shop.problem.offsets
    new = [np.ones_like(one) for one in kept]
    crossing = [_crossing(one.network, here) for one, here in zip(shop.classes, kept, strict=True)]
    run: list[IntArray] = []
    sent: list[IntArray] = []
    for unit in units:
        first = offsets[shop.classes[unit.owner].tasks[unit.jobs]]
        fresh = new[unit.owner][unit.jobs] & unit.keeps
        new[unit.owner][unit.jobs] &= ~unit.keeps
        for what, chosen in ((run, fresh), (sent, fresh & crossing[unit.owner][unit.jobs])):
            job, layer = np.nonzero(chosen)
            what.append(first[job] + layer)
    device, sends = np.concatenate(run), np.concatenate(sent)
    seconds = np.zeros(problem.n_operations)
    node = np.full(problem.n_operations, shop.server, dtype=np.int64)
    size = np.empty(problem.n_operations)
    for one in shop.classes:
        rows = offsets[one.tasks][:, None] + np.arange(len(one.network))
        seconds[rows] = one.layer_device_s
        size[rows] = one.network.output_bytes
    node[device] = shop.device
    start = np.empty(problem.n_operations)
    ends = shop.release[0] + np.cumsum(seconds[device])
    start[device] = np.r_[shop.release[0], ends[:-1]]
    ready = np.empty(problem.n_operations)
    ready[device] = ends
    inputs = offsets[:-1]
    start[inputs] = ready[inputs] = shop.release
    way = problem.ways.way(shop.device, shop.server)
    assert way is not None  # a flow shop has one
    upload = np.array([problem.ways.seconds(way, one) for one in size[sends].tolist()])
    send = serve(ready[sends], upload, np.arange(len(sends)), 1)
    _on_server(shop, kept, sends, send + upload, start)
    return SchedulePlan(
        node=node,
        start_s=start,
        transfer_operation=sends,
        transfer_node=np.full(len(sends), shop.server, dtype=np.int64),
        transfer_start_s=send,
    )


def _crossing(network: NetworkGraph, kept: BoolArray) -> BoolArray:
    """Return which layers that stay have a reader that does not, shape (n_jobs, n_layers)."""
    found = np.zeros_like(kept)
    for a, b in network.edges:
        found[:, a] |= kept[:, a] & ~kept[:, b]
    return found


def _on_server(shop: FlowShop, kept: list[BoolArray], sends: IntArray, arrival: FloatArray, start: FloatArray) -> None:
    """Fill in the starts on the server: every job's rest as one piece, first come, first served."""
    task = np.searchsorted(shop.problem.offsets, sends, "right") - 1
    ready = shop.release.copy()
    np.maximum.at(ready, task, arrival)
    whole = np.zeros(shop.n_jobs)
    before = []
    for one, here in zip(shop.classes, kept, strict=True):
        seconds = np.where(here, 0.0, one.layer_server_s)
        done = np.cumsum(seconds, axis=1)
        before.append(done - seconds)
        whole[one.tasks] = done[:, -1]
    begin = serve(ready, whole, np.argsort(ready, kind="stable"), shop.server_cores)
    for one, here, ahead in zip(shop.classes, kept, before, strict=True):
        rows = shop.problem.offsets[one.tasks][:, None] + np.arange(len(one.network))
        at = begin[one.tasks][:, None] + ahead
        start[rows[~here]] = at[~here]
