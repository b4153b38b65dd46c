"""How long instance files take to write and read, how large they are, and how much memory that needs.

    python benchmarks/instance_files.py [TASKS ...]

Each row is measured in a process of its own, so that its peak memory is its own.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from instances.costs.table import CostTable
from instances.files.instance_file import Layout, read_instance, write_instance
from instances.instance import Instance
from instances.networks.graph import Layer, NetworkGraph
from instances.system import NodeKind, Resource, System, Tier
from instances.workload import Workload

CANDIDATES = 3


def many_tasks(n_tasks: int, seed: int = 1) -> Instance:
    """Return an instance of one device a task; each reaches three edges over radio links of random rates."""
    rng = np.random.default_rng(seed)
    n_edges = max(CANDIDATES, n_tasks // 200)
    first_device, n_nodes = n_edges + 1, n_edges + 1 + n_tasks
    n_radio, cloud = CANDIDATES * n_tasks, n_edges
    device = np.repeat(np.arange(first_device, n_nodes), CANDIDATES)
    edge = (rng.integers(0, n_edges, n_tasks)[:, None] + np.arange(CANDIDATES)).ravel() % n_edges
    backhaul = np.arange(n_edges)
    n_links = n_radio + n_edges
    layers = tuple(
        Layer(name=f"l{i}", kind="conv" if i else "input", operations=1e8 * (i > 0), output_bytes=1e5)
        for i in range(20)
    )
    net = NetworkGraph(name="chain", layers=layers, edges=tuple((i, i + 1) for i in range(19)))
    kinds = tuple(NodeKind(name=name, operations_per_s=rate) for name, rate in (("d", 1e9), ("e", 1e11), ("c", 1e12)))
    seconds = net.operations / np.array([[1e9], [1e11], [1e12]])
    is_radio = np.arange(n_links) < n_radio
    system = System(
        kinds=kinds,
        resources=tuple(
            Resource(name=f"{kind}{e}", kind=kind) for kind in ("node", "cell", "backhaul") for e in range(n_edges)
        ),
        node_names=(*(f"edge{e}" for e in range(n_edges)), "cloud0"),
        node_tier=np.repeat([Tier.EDGE, Tier.CLOUD, Tier.DEVICE], [n_edges, 1, n_tasks]),
        node_kind=np.repeat([1, 2, 0], [n_edges, 1, n_tasks]),
        node_resource=np.concatenate([np.arange(n_edges), np.full(n_tasks + 1, -1)]),
        node_speed=rng.uniform(0.5, 2.0, n_nodes),
        node_memory_bytes=np.full(n_nodes, np.inf),
        node_price_per_s=np.zeros(n_nodes),
        node_x=rng.uniform(0, 1e4, n_nodes),
        node_y=rng.uniform(0, 1e4, n_nodes),
        link_source=np.concatenate([device, backhaul]),
        link_target=np.concatenate([edge, np.full(n_edges, cloud)]),
        link_resource=np.concatenate([n_edges + edge, 2 * n_edges + backhaul]),
        link_bytes_per_s=rng.uniform(1e6, 1e7, n_links),
        link_latency_s=np.where(is_radio, 0.002, 0.02),
        link_joules_per_byte=np.where(is_radio, 3e-7, 0.0),
        link_price_per_byte=np.zeros(n_links),
        route_source=np.concatenate([device, backhaul]),
        route_target=np.concatenate([edge, np.full(n_edges, cloud)]),
        route_offsets=np.arange(n_links + 1),
        route_links=np.arange(n_links),
    )
    workload = Workload(
        task_network=np.zeros(n_tasks, dtype=np.int16),
        task_source=np.arange(first_device, n_nodes),
        task_weight=rng.uniform(0.5, 2.0, n_tasks),
        task_deadline_s=np.full(n_tasks, np.inf),
        task_accuracy_floor=np.zeros(n_tasks),
        task_release_s=np.zeros(n_tasks),
        candidate_offsets=np.arange(0, n_radio + 1, CANDIDATES),
        candidate_site=edge,
        candidate_route=np.arange(n_radio),
    )
    none = np.zeros((3, 0))
    costs = CostTable(layer_seconds=seconds, layer_joules=seconds, head_seconds=none, head_joules=none)
    return Instance(name=f"many-{n_tasks}", networks=(net,), system=system, workload=workload, costs=(costs,))


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1 << 20)


def _write(n_tasks: int, layout: Layout, path: str) -> tuple[float, float]:
    instance = many_tasks(n_tasks)
    begin = time.perf_counter()
    write_instance(instance, path, layout)
    return time.perf_counter() - begin, _peak_mb()


def _read(path: str) -> tuple[float, float]:
    begin = time.perf_counter()
    read_instance(path)
    return time.perf_counter() - begin, _peak_mb()


def main(sizes: list[int]) -> None:
    """Print one row a size and layout."""
    fresh = multiprocessing.get_context("spawn")
    print(f"{'tasks':>9} {'layout':>9} {'MB':>8} {'write s':>8} {'read s':>8} {'peak MB w':>10} {'peak MB r':>10}")
    with tempfile.TemporaryDirectory() as folder:
        for n_tasks in sizes:
            layouts: tuple[Layout, ...] = ("json", "columnar") if n_tasks <= 10_000 else ("columnar",)
            for layout in layouts:
                path = str(Path(folder) / f"{n_tasks}.{layout}")
                with fresh.Pool(1, maxtasksperchild=1) as pool:
                    wrote, peak_write = pool.apply(_write, (n_tasks, layout, path))
                    read, peak_read = pool.apply(_read, (path,))
                size = Path(path).stat().st_size / 1e6
                print(
                    f"{n_tasks:>9} {layout:>9} {size:>8.2f} {wrote:>8.3f} {read:>8.3f}"
                    f" {peak_write:>10.0f} {peak_read:>10.0f}"
                )


if __name__ == "__main__":
    main([int(text) for text in sys.argv[1:]] or [100, 2_000, 10_000, 100_000, 1_000_000])
