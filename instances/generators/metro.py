"""The metropolitan scenario: edge sites and clouds at the nodes of a real network, users in radio cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from instances.columns import FloatArray, IntArray
from instances.errors import InputError
from instances.generators.common import at_least
from instances.generators.registry import generator
from instances.generators.sites import Layout, SiteParams, build, n_sites
from instances.generators.topology import Topology, load_topology
from instances.instance import Instance

__all__ = ["MetroParams", "metro"]

_GOLDEN_ANGLE = np.pi * (3 - np.sqrt(5))


@dataclass(frozen=True, slots=True, kw_only=True)
class MetroParams(SiteParams):
    """Parameters of `metro`, beside those of all scenarios with sites.

    Parameters
    ----------
    topology : str
        Network of the package topohub.
    placement : str
        What draws sites to a node: its ``traffic`` (its degree where the network has no demands), its ``degree``,
        or nothing (``even``).
    sites_per_node : int, optional
        How many sites stand together at a node before the next node gets some; none: as many as a task reaches,
        so that users have sites to choose from. More sites than that fit share out by the same weights.
    """

    topology: str = "sndlib/germany50"
    placement: Literal["traffic", "degree", "even"] = "traffic"
    sites_per_node: int | None = None

    def __post_init__(self) -> None:
        SiteParams.__post_init__(self)
        if self.placement not in ("traffic", "degree", "even"):
            raise InputError("parameter placement", "must be traffic, degree or even", self.placement)
        if self.sites_per_node is not None:
            at_least(self, 1, "sites_per_node")
        if self.clouds > len(load_topology(self.topology).names):
            raise InputError("parameter clouds", "must not exceed the nodes of the topology", self.clouds)


@generator("metro", MetroParams)
def metro(params: MetroParams, seed: int) -> Instance:
    """Generate edge sites and clouds on a real network, and users in radio cells around the sites.

    Sites stand around the nodes of the network, at their real distances, so that a town's sites are close to each
    other and other towns are far; clouds stand at the nodes with most links. Each site has its processor, its radio
    cell and its backhaul as shared resources. A task reaches its nearest sites by radio, and the clouds through any
    of them.

    Parameters
    ----------
    params : MetroParams
        What to generate.
    seed : int
        Seed of everything drawn.

    Returns
    -------
    Instance
        Positions in metres.
    """
    rng = np.random.default_rng(seed)
    town = load_topology(params.topology)
    site_router = _spread_sites(params, town, rng)
    x, y = _around(params, town, site_router, rng)
    layout = Layout(
        router_names=town.names,
        router_x=town.x,
        router_y=town.y,
        core=town.links,
        core_length_m=town.length_m,
        site_router=site_router,
        site_x=x,
        site_y=y,
        cloud_router=np.argsort(-town.degree, kind="stable")[: params.clouds],
    )
    return build(params, layout, rng, f"metro-{params.tasks}-{seed}")


def _spread_sites(params: MetroParams, town: Topology, rng: np.random.Generator) -> IntArray:
    """Return the router of every site, sorted."""
    total, n = n_sites(params), len(town.names)
    weight = np.ones(n)
    if params.placement == "traffic" and town.traffic.any():
        weight = town.traffic
    elif params.placement != "even":
        weight = town.degree.astype(np.float64)
    # a node without traffic of its own still has people
    weight = np.maximum(weight, weight[weight > 0].min())
    together = min(params.sites_per_node or params.reach, total)
    chosen = rng.choice(n, size=min(n, max(1, total // together)), replace=False, p=weight / weight.sum())
    count = np.zeros(n, dtype=np.int64)
    count[chosen] = min(together, total // len(chosen))
    share = np.where(count > 0, weight, 0.0)
    count += rng.multinomial(total - count.sum(), share / share.sum())
    return np.repeat(np.arange(n), count)


def _around(
    params: MetroParams, town: Topology, site_router: IntArray, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Return positions on a jittered sunflower around each router, which covers a disc evenly."""
    count = np.bincount(site_router, minlength=len(town.names))
    first = np.cumsum(count) - count
    rank = np.arange(len(site_router)) - first[site_router]
    turn = rng.uniform(0, 2 * np.pi, size=len(town.names))[site_router]
    # the cells of a town cover half of it, so that neighbours are in reach of each other's users
    radius = params.cell_radius_m * np.sqrt(2 * (rank + 0.5))
    angle = turn + _GOLDEN_ANGLE * rank
    jitter = 0.2 * params.cell_radius_m * rng.uniform(-1, 1, size=(2, len(site_router)))
    x = town.x[site_router] + radius * np.cos(angle) + jitter[0]
    y = town.y[site_router] + radius * np.sin(angle) + jitter[1]
    return x, y
