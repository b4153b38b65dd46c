"""The line: devices, one or a few edges, a cloud behind them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from instances.errors import InputError
from instances.generators.assembly import assemble, links, nodes, routes
from instances.generators.common import (
    CommonParams,
    above_zero,
    at_least,
    cloud_speeds,
    draw_tasks,
    edge_speeds,
    load_machines,
)
from instances.generators.registry import generator
from instances.instance import Instance
from instances.system import Resource, Tier
from instances.workload import Workload

__all__ = ["LineParams", "line"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineParams(CommonParams):
    """Parameters of `line`, beside the common ones.

    Parameters
    ----------
    tasks, edges : int
        10 tasks and one edge by default.
    access : str
        ``dedicated``: each task has its link to each edge to itself; ``shared``: the tasks share the time of
        one link (a Wi-Fi access point) per edge.
    access_bytes_per_s : float
        Rate of an access link when alone: Wi-Fi, 18.88 Mbit/s (Hu et al., DADS, INFOCOM 2019; the same source
        has 4G 5.85, 3G 1.1 and CAT1 0.13 Mbit/s).
    access_spread : float
        Factors on that rate are exp(u), u uniform in -spread..spread.
    access_latency_s : float
        Fixed latency of an access link (assumed).
    backhaul_bytes_per_s_per_task : float
        Rate of the shared link from an edge to the clouds, per task of that edge (assumed: 10 Mbit/s).
    backhaul_bytes_per_s : float, optional
        That rate itself, instead of the rule.
    backhaul_latency_s : float
        Fixed latency from an edge to a cloud (assumed: 20 ms).
    """

    tasks: int = 10
    edges: int | None = 1
    access: Literal["dedicated", "shared"] = "dedicated"
    access_bytes_per_s: float = 18.88e6 / 8
    access_spread: float = 0.2
    access_latency_s: float = 0.002
    backhaul_bytes_per_s_per_task: float = 10e6 / 8
    backhaul_bytes_per_s: float | None = None
    backhaul_latency_s: float = 0.02

    def __post_init__(self) -> None:
        CommonParams.__post_init__(self)
        if self.access not in ("dedicated", "shared"):
            raise InputError("parameter access", "must be dedicated or shared", self.access)
        above_zero(self, "access_bytes_per_s", "backhaul_bytes_per_s_per_task")
        if self.backhaul_bytes_per_s is not None:
            above_zero(self, "backhaul_bytes_per_s")
        at_least(self, 0, "access_spread", "access_latency_s", "backhaul_latency_s")


@generator("line", LineParams)
def line(params: LineParams, seed: int) -> Instance:
    """Generate devices that reach one or a few edges, with a cloud behind them.

    Every edge's and cloud's processor is shared, and so is the time of every edge's link to the clouds. Positions
    are schematic: devices, edges and clouds in three columns.

    Parameters
    ----------
    params : LineParams
        What to generate.
    seed : int
        Seed of everything drawn.

    Returns
    -------
    Instance
        Every task reaches every edge over a link of its own.
    """
    rng = np.random.default_rng(seed)
    machines = load_machines(params)
    tasks = draw_tasks(params, machines, rng)
    n, m, c = params.tasks, params.edges or 1, params.clouds
    shared = params.access == "shared"
    resources = [Resource(name=f"edge{i}", kind="node") for i in range(m)]
    resources += [Resource(name=f"cloud{i}", kind="node") for i in range(c)]
    resources += [Resource(name=f"backhaul{i}", kind="backhaul") for i in range(m)]
    if shared:
        resources += [Resource(name=f"access{i}", kind="cell") for i in range(m)]

    speed = edge_speeds(params, m, rng)
    edges = nodes(
        m,
        tier=Tier.EDGE,
        kind=np.resize(machines.edge, m),
        resource=np.arange(m),
        speed=speed,
        memory_bytes=params.edge_memory_bytes,
        price_per_s=params.edge_price_per_s * speed,
        x=1000.0,
        y=500.0 * np.arange(m),
    )
    clouds = nodes(
        c,
        tier=Tier.CLOUD,
        kind=np.resize(machines.cloud, c),
        resource=m + np.arange(c),
        speed=cloud_speeds(params),
        memory_bytes=params.cloud_memory_bytes,
        price_per_s=params.cloud_price_per_s * cloud_speeds(params),
        x=2000.0,
        y=500.0 * np.arange(c),
    )
    devices = nodes(
        n,
        tier=Tier.DEVICE,
        kind=tasks.device_kind,
        speed=tasks.device_speed,
        memory_bytes=np.array([kind.memory_bytes for kind in machines.kinds])[tasks.device_kind],
        x=0.0,
        y=500.0 * max(m, c) * (np.arange(n) + 0.5) / n,
    )

    edge, cloud = np.repeat(np.arange(m), c), np.tile(np.arange(c), m)
    backhaul_rate = params.backhaul_bytes_per_s
    if backhaul_rate is None:
        backhaul_rate = params.backhaul_bytes_per_s_per_task * n / m / params.load
    backhaul = links(
        m * c,
        source=edge,
        target=m + cloud,
        resource=m + c + edge,
        bytes_per_s=backhaul_rate,
        latency_s=params.backhaul_latency_s,
    )
    source, site = m + c + np.repeat(np.arange(n), m), np.tile(np.arange(m), n)
    rate = params.access_bytes_per_s * np.exp(rng.uniform(-params.access_spread, params.access_spread, size=n * m))
    access = links(
        n * m,
        source=source,
        target=site,
        resource=2 * m + c + site if shared else -1,
        bytes_per_s=rate,
        latency_s=params.access_latency_s,
    )
    system = assemble(
        machines.kinds,
        resources,
        [f"edge{i}" for i in range(m)] + [f"cloud{i}" for i in range(c)],
        [edges, clouds, devices],
        [backhaul, access],
        [routes(edge, m + cloud, np.arange(m * c)), routes(source, site, m * c + np.arange(n * m))],
    )
    workload = Workload(
        task_network=tasks.network,
        task_source=m + c + np.arange(n),
        task_weight=tasks.weight,
        task_deadline_s=tasks.deadline_s,
        task_accuracy_floor=tasks.accuracy_floor,
        task_release_s=np.zeros(n),
        candidate_offsets=m * np.arange(n + 1),
        candidate_site=site,
        candidate_route=m * c + np.arange(n * m),
    )
    return Instance(
        name=f"line-{n}-{seed}",
        networks=tasks.networks,
        system=system,
        workload=workload,
        costs=tasks.costs,
    )
