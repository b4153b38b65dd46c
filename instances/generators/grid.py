"""The synthetic grid: edge sites in rows and columns, each with its router, clouds at a corner."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from instances.generators.common import above_zero
from instances.generators.registry import generator
from instances.generators.sites import Layout, SiteParams, build, n_sites
from instances.instance import Instance

__all__ = ["GridParams", "grid"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GridParams(SiteParams):
    """Parameters of `grid`, beside those of all scenarios with sites.

    Parameters
    ----------
    spacing_m : float
        Distance between neighbouring sites.
    cloud_latency_s : float
        Fixed latency from the corner to the clouds (assumed: 20 ms).
    """

    spacing_m: float = 400.0
    cloud_latency_s: float = 0.02

    def __post_init__(self) -> None:
        SiteParams.__post_init__(self)
        above_zero(self, "spacing_m")


@generator("grid", GridParams)
def grid(params: GridParams, seed: int) -> Instance:
    """Generate edge sites on a rectangular grid, users in radio cells around them, and clouds at a corner.

    Every site has its own router; routers join to their neighbours in row and column. The last row may be short.

    Parameters
    ----------
    params : GridParams
        What to generate.
    seed : int
        Seed of everything drawn.

    Returns
    -------
    Instance
        Positions in metres, the corner with the clouds at the origin.
    """
    rng = np.random.default_rng(seed)
    m = n_sites(params)
    columns = int(np.ceil(np.sqrt(m)))
    site = np.arange(m)
    x = (params.spacing_m * (site % columns)).astype(np.float64)
    y = (params.spacing_m * (site // columns)).astype(np.float64)
    right = site[(site % columns < columns - 1) & (site + 1 < m)]
    below = site[site + columns < m]
    core = np.concatenate([np.column_stack([right, right + 1]), np.column_stack([below, below + columns])])
    layout = Layout(
        router_names=tuple(f"{i // columns},{i % columns}" for i in range(m)),
        router_x=x,
        router_y=y,
        core=core,
        core_length_m=np.full(len(core), params.spacing_m),
        site_router=site,
        site_x=x,
        site_y=y,
        cloud_router=np.zeros(params.clouds, dtype=np.int64),
    )
    return build(params, layout, rng, f"grid-{params.tasks}-{seed}")
