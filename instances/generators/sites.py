"""Edge sites with radio cells and backhauls on a network of routers: what the metro and the grid have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import KDTree

from instances.columns import Array, FloatArray, IntArray
from instances.errors import InputError
from instances.generators.assembly import Links, Nodes, Routes, assemble, links, nodes, routes
from instances.generators.common import (
    CommonParams,
    Machines,
    Tasks,
    above_zero,
    at_least,
    at_most,
    cloud_speeds,
    draw_tasks,
    edge_speeds,
    load_machines,
)
from instances.generators.radio import path_loss_db, spectral_efficiency
from instances.instance import Instance
from instances.system import Resource, Tier
from instances.workload import Workload

__all__ = ["Layout", "SiteParams", "build", "n_sites"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteParams(CommonParams):
    """Parameters of scenarios with radio cells, beside the common ones.

    Parameters
    ----------
    edges : int, optional
        Number of sites; none: one a hundred tasks, but at least 4.
    reach : int
        How many of its nearest sites a task reaches.
    range_m : float
        A site further away is out of reach, unless it is the nearest.
    cell_radius_m : float
        Users are placed evenly within this distance of a site.
    density_spread : float
        Users fall to a site in proportion to exp(u), u uniform in -spread..spread.
    carrier_hz : float
        Carrier frequency of the cells (3.5 GHz, 5G band n78).
    cell_hz_per_task, cell_hz : float
        Band of a cell (the sum of its carriers), per task of an average site, or itself.
    reserved : float
        Share of devices to which a slice of the band is reserved, as wide as the band per task; the others share the
        rest of their cell's band.
    transmit_dbm : float
        Radiated power of a device (23 dBm: 3GPP TS 38.101-1, power class 3).
    gain_dbi, noise_figure_db : float
        Antenna gain and noise figure of a base station (assumed).
    shadowing_db : float
        Standard deviation of log-normal shadowing (7.82 dB: 3GPP TR 38.901, UMi without line of sight).
    access_latency_s : float
        Fixed latency of the radio access (assumed).
    backhaul_bytes_per_s_per_task, backhaul_bytes_per_s : float
        Rate of a site's shared link to its router, per task of an average site (assumed: 10 Mbit/s), or itself.
    backhaul_latency_s : float
        Fixed latency of that link (assumed).
    core : str
        ``fixed``: core links add only their latency; ``shared``: tasks share the time of each, one by one.
    core_bytes_per_s_per_task, core_bytes_per_s : float
        Rate of a core link in either direction when shared, per task of the instance (assumed: 2 Mbit/s), or itself;
        unshared links have 100 Gbit/s unless it is given.
    fibre_m_per_s : float
        Speed of light in fibre, which gives the latency of core links from their length.
    cloud_latency_s : float
        Fixed latency between a cloud and its router (assumed).
    """

    reach: int = 3
    range_m: float = 1000.0
    cell_radius_m: float = 250.0
    density_spread: float = 0.5
    carrier_hz: float = 3.5e9
    cell_hz_per_task: float = 4e6
    cell_hz: float | None = None
    reserved: float = 0.0
    transmit_dbm: float = 23.0
    gain_dbi: float = 15.0
    noise_figure_db: float = 5.0
    shadowing_db: float = 7.82
    access_latency_s: float = 0.005
    backhaul_bytes_per_s_per_task: float = 10e6 / 8
    backhaul_bytes_per_s: float | None = None
    backhaul_latency_s: float = 0.001
    core: Literal["fixed", "shared"] = "fixed"
    core_bytes_per_s_per_task: float = 2e6 / 8
    core_bytes_per_s: float | None = None
    fibre_m_per_s: float = 2.0e8
    cloud_latency_s: float = 0.005

    def __post_init__(self) -> None:
        CommonParams.__post_init__(self)
        at_least(self, 1, "reach")
        at_most(self, 64, "reach")
        above_zero(self, "range_m", "cell_radius_m", "carrier_hz", "cell_hz_per_task", "fibre_m_per_s")
        above_zero(self, "backhaul_bytes_per_s_per_task", "core_bytes_per_s_per_task")
        for name in ("cell_hz", "backhaul_bytes_per_s", "core_bytes_per_s"):
            if getattr(self, name) is not None:
                above_zero(self, name)
        at_least(self, 0, "density_spread", "shadowing_db", "access_latency_s", "backhaul_latency_s", "cloud_latency_s")
        at_least(self, 5e8, "carrier_hz")
        at_most(self, 1e11, "carrier_hz")  # where TR 38.901 holds
        at_least(self, 0, "reserved")
        at_most(self, 1, "reserved")
        at_most(self, 5, "density_spread")
        at_most(self, 30, "shadowing_db")
        at_most(self, 1e5, "cell_radius_m")
        for name in ("transmit_dbm", "gain_dbi", "noise_figure_db"):
            at_least(self, -100, name)
            at_most(self, 100, name)
        if self.core not in ("fixed", "shared"):
            raise InputError("parameter core", "must be fixed or shared", self.core)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Routers, what joins them, and which of them sites and clouds stand at.

    Parameters
    ----------
    router_names : tuple of str
        Unique names.
    router_x, router_y : arrays, shape (n_routers,)
        Positions in metres.
    core : int array, shape (n_core, 2)
        Joined routers, each pair once; both directions exist. All routers hang together.
    core_length_m : array, shape (n_core,)
        Lengths of the core links.
    site_router : int array, shape (n_sites,)
        Router of each edge site.
    site_x, site_y : arrays, shape (n_sites,)
        Positions in metres.
    cloud_router : int array, shape (n_clouds,)
        Router of each cloud.
    """

    router_names: tuple[str, ...]
    router_x: FloatArray
    router_y: FloatArray
    core: IntArray
    core_length_m: FloatArray
    site_router: IntArray
    site_x: FloatArray
    site_y: FloatArray
    cloud_router: IntArray


def n_sites(params: CommonParams) -> int:
    """Return the number of edge sites: as asked, else one a hundred tasks but at least 4."""
    return max(4, params.tasks // 100) if params.edges is None else params.edges


def build(params: SiteParams, layout: Layout, rng: np.random.Generator, name: str) -> Instance:
    """Return the instance of `layout`: users around the sites, their links, and the routes to sites and clouds."""
    machines = load_machines(params)
    tasks = draw_tasks(params, machines, rng)
    m, c, r, n = len(layout.site_router), params.clouds, len(layout.router_names), params.tasks
    names, resources = _names(params, layout)
    site_cell, site_backhaul, first_core = m + c, 2 * m + c, 3 * m + c
    first_cloud, first_router, first_device = m, m + c, m + c + r

    fixed = _fixed_nodes(params, layout, machines, rng)
    per_site = n / m / params.load
    backhaul_rate = params.backhaul_bytes_per_s or params.backhaul_bytes_per_s_per_task * per_site
    backhaul = links(
        m,
        source=np.arange(m),
        target=first_router + layout.site_router,
        resource=site_backhaul + np.arange(m),
        bytes_per_s=backhaul_rate,
        latency_s=params.backhaul_latency_s,
    )
    core = _core_links(params, layout, first_router, first_core)
    egress = links(
        c,
        source=first_router + layout.cloud_router,
        target=first_cloud + np.arange(c),
        bytes_per_s=100e9 / 8,
        latency_s=params.cloud_latency_s,
    )
    to_clouds = _cloud_routes(layout, first_cloud)

    x, y = _place_users(params, layout, rng)
    task, site, distance = _nearest(params, layout, x, y)
    first_link = m + len(core.source) + c
    access = _access_links(params, tasks, machines, rng, task, site, distance, first_device, site_cell)
    devices = nodes(
        n,
        tier=Tier.DEVICE,
        kind=tasks.device_kind,
        speed=tasks.device_speed,
        memory_bytes=np.array([kind.memory_bytes for kind in machines.kinds])[tasks.device_kind],
        x=x,
        y=y,
    )
    home: Array = first_device + np.arange(n, dtype=np.int32)
    way: Array = np.arange(len(task), dtype=np.int32)
    system = assemble(
        machines.kinds,
        resources,
        names,
        [*fixed, devices],
        [backhaul, core, egress, access],
        [to_clouds, routes(home[task], site, first_link + way)],
    )
    workload = Workload(
        task_network=tasks.network,
        task_source=home,
        task_weight=tasks.weight,
        task_deadline_s=tasks.deadline_s,
        task_accuracy_floor=tasks.accuracy_floor,
        task_release_s=np.zeros(n),
        candidate_offsets=np.concatenate(([0], np.cumsum(np.bincount(task, minlength=n)))),
        candidate_site=site,
        candidate_route=len(to_clouds.source) + way,
    )
    return Instance(name=name, networks=tasks.networks, system=system, workload=workload, costs=tasks.costs)


def _names(params: SiteParams, layout: Layout) -> tuple[list[str], list[Resource]]:
    """Return the names of sites, clouds and routers, and the resources in the order node, cell, backhaul, core."""
    sites = [f"edge{i}" for i in range(len(layout.site_router))]
    clouds = [f"cloud{i}" for i in range(params.clouds)]
    routers = [f"router {name}" for name in layout.router_names]
    resources = [Resource(name=name, kind="node") for name in (*sites, *clouds)]
    resources += [Resource(name=f"cell of {name}", kind="cell") for name in sites]
    resources += [Resource(name=f"backhaul of {name}", kind="backhaul") for name in sites]
    if params.core == "shared":
        pairs = [*layout.core.tolist(), *layout.core[:, ::-1].tolist()]
        resources += [
            Resource(name=f"core {layout.router_names[a]}->{layout.router_names[b]}", kind="core") for a, b in pairs
        ]
    return [*sites, *clouds, *routers], resources


def _fixed_nodes(params: SiteParams, layout: Layout, machines: Machines, rng: np.random.Generator) -> list[Nodes]:
    m, c = len(layout.site_router), params.clouds
    edge_speed, cloud_speed = edge_speeds(params, m, rng), cloud_speeds(params)
    edges = nodes(
        m,
        tier=Tier.EDGE,
        kind=np.resize(machines.edge, m),
        resource=np.arange(m),
        speed=edge_speed,
        memory_bytes=params.edge_memory_bytes,
        price_per_s=params.edge_price_per_s * edge_speed,
        x=layout.site_x,
        y=layout.site_y,
    )
    clouds = nodes(
        c,
        tier=Tier.CLOUD,
        kind=np.resize(machines.cloud, c),
        resource=m + np.arange(c),
        speed=cloud_speed,
        memory_bytes=params.cloud_memory_bytes,
        price_per_s=params.cloud_price_per_s * cloud_speed,
        x=layout.router_x[layout.cloud_router],
        y=layout.router_y[layout.cloud_router],
    )
    routers = nodes(len(layout.router_names), tier=Tier.ROUTER, kind=-1, x=layout.router_x, y=layout.router_y)
    return [edges, clouds, routers]


def _core_links(params: SiteParams, layout: Layout, first_router: int, first_core: int) -> Links:
    """Return the core links: all pairs forward, then all backward."""
    both = np.concatenate([layout.core, layout.core[:, ::-1]])
    shared = params.core == "shared"
    rate = params.core_bytes_per_s
    if rate is None:
        rate = params.core_bytes_per_s_per_task * params.tasks / params.load if shared else 100e9 / 8
    return links(
        len(both),
        source=first_router + both[:, 0],
        target=first_router + both[:, 1],
        resource=first_core + np.arange(len(both)) if shared else -1,
        bytes_per_s=rate,
        latency_s=np.tile(layout.core_length_m, 2) / params.fibre_m_per_s,
    )


def _cloud_routes(layout: Layout, first_cloud: int) -> Routes:
    """Return the routes of every site to every cloud: backhaul, the shortest way over the core, egress."""
    m, c, r, k = len(layout.site_router), len(layout.cloud_router), len(layout.router_names), len(layout.core)
    both = np.concatenate([layout.core, layout.core[:, ::-1]])
    length = np.tile(np.maximum(layout.core_length_m, 1.0), 2)  # csgraph takes 0 for "no link"
    graph = coo_array((length, (both[:, 0], both[:, 1])), shape=(r, r)).tocsr()
    key = both[:, 0].astype(np.int64) * r + both[:, 1]
    order = np.argsort(key)
    _, before = dijkstra(graph, directed=True, indices=layout.cloud_router, return_predecessors=True)

    here = np.tile(layout.site_router, c).astype(np.int64)
    row = np.repeat(np.arange(c), m)
    walker = np.arange(m * c)
    steps: list[tuple[Array, Array]] = [(walker, np.tile(np.arange(m), c))]
    while len(walker):
        after = before[row[walker], here[walker]]
        moving = after >= 0  # negative at the cloud's own router
        walker, after = walker[moving], after[moving].astype(np.int64)
        link = m + order[np.searchsorted(key[order], here[walker] * r + after)]
        steps.append((walker, link))
        here[walker] = after
    steps.append((np.arange(m * c), m + 2 * k + row))
    who = np.concatenate([step[0] for step in steps])
    what = np.concatenate([step[1] for step in steps])
    offsets = np.concatenate(([0], np.cumsum(np.bincount(who, minlength=m * c))))
    return routes(
        np.tile(np.arange(m), c).astype(np.int32),
        (first_cloud + row).astype(np.int32),
        what[np.argsort(who, kind="stable")].astype(np.int32),
        offsets,
    )


def _place_users(params: SiteParams, layout: Layout, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    m, n = len(layout.site_router), params.tasks
    popularity = np.exp(rng.uniform(-params.density_spread, params.density_spread, size=m))
    home = rng.choice(m, size=n, p=popularity / popularity.sum())
    radius = params.cell_radius_m * np.sqrt(rng.random(n))
    angle = rng.uniform(0, 2 * np.pi, size=n)
    return layout.site_x[home] + radius * np.cos(angle), layout.site_y[home] + radius * np.sin(angle)


def _nearest(params: SiteParams, layout: Layout, x: FloatArray, y: FloatArray) -> tuple[Array, Array, FloatArray]:
    """Return task, site and distance of every candidate, the nearest first."""
    m, n = len(layout.site_router), len(x)
    tree = KDTree(np.column_stack([layout.site_x, layout.site_y]))
    found = tree.query(np.column_stack([x, y]), k=np.arange(1, min(params.reach, m) + 1))
    distance, site = np.asarray(found[0]), np.asarray(found[1], dtype=np.int32)
    near = np.asarray(distance <= params.range_m)
    near[:, 0] = True
    task = np.broadcast_to(np.arange(n, dtype=np.int32)[:, None], near.shape)[near]
    return task, site[near], distance[near]


def _access_links(
    params: SiteParams,
    tasks: Tasks,
    machines: Machines,
    rng: np.random.Generator,
    task: Array,
    site: Array,
    distance: FloatArray,
    first_device: int,
    first_cell: int,
) -> Links:
    cells = params.cell_hz or params.cell_hz_per_task * params.tasks / n_sites(params) / params.load
    own = rng.random(params.tasks)[task] < params.reserved if params.reserved > 0 else np.zeros(len(task), bool)
    slices = cells * params.load * n_sites(params) / params.tasks
    band = np.where(own, slices, cells * (1 - params.reserved))
    loss = path_loss_db(distance, params.carrier_hz)
    if params.shadowing_db > 0:
        loss += params.shadowing_db * rng.standard_normal(len(task))
    bits = spectral_efficiency(
        loss,
        band,
        transmit_dbm=params.transmit_dbm,
        gain_dbi=params.gain_dbi,
        noise_figure_db=params.noise_figure_db,
    )
    rate = band * bits / 8
    return links(
        len(task),
        source=first_device + task,
        target=site,
        resource=np.where(own, -1, first_cell + site),
        bytes_per_s=rate,
        latency_s=params.access_latency_s,
    )
