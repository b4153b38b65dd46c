"""A picture of an instance on its map: routers, core links, sites, clouds and users."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import KDTree

from instances.columns import Array, BoolArray
from instances.errors import InputError
from instances.instance import Instance
from instances.system import Tier

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_map"]

# Okabe and Ito's palette, told apart with any colour vision
_USER, _SITE, _CLOUD, _ROUTER, _LINK = "#56B4E9", "#D55E00", "#0072B2", "#000000", "#999999"
_MANY_USERS = 5000


def draw_map(instance: Instance, path: str | Path) -> None:
    """Draw `instance` on its map and save the picture.

    Users are points up to 5,000 and a hexagonal density plot beyond. Where sites stand close together in far places
    (towns of a country), a second panel shows the place with most sites.

    Parameters
    ----------
    instance : Instance
        With positions of at least some nodes.
    path : str or Path
        Where to; the suffix (``.png``, ``.pdf``, ``.svg``) chooses the format.

    Raises
    ------
    InputError
        If no node has a position, or the file cannot be written.
    """
    # matplotlib takes half a second to import, which no generator should pay; Figure alone needs no display
    from matplotlib.figure import Figure

    system = instance.system
    known = np.isfinite(system.node_x) & np.isfinite(system.node_y)
    if not known.any():
        raise InputError(f"instance {instance.name}", "no node has a position, so there is no map")
    near = _busiest_place(instance, known)
    figure = Figure(figsize=(11, 5.6) if near is not None else (6.6, 5.8), layout="constrained")
    axes = figure.subplots(1, 2 if near is not None else 1, squeeze=False)[0]
    _draw(axes[0], instance, known)
    axes[0].set_title(instance.name)
    if near is not None:
        _draw(axes[1], instance, known, near)
        axes[1].set_title("where most sites are")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False)
    try:
        figure.savefig(path, dpi=150)
    except (OSError, ValueError) as error:
        raise InputError(str(path), f"cannot be written ({getattr(error, 'strerror', None) or error})") from None


def _busiest_place(instance: Instance, known: BoolArray) -> tuple[float, float, float] | None:
    """Return middle and half width of the place to enlarge, or None where the whole map shows it."""
    system = instance.system
    sites = np.flatnonzero((system.node_tier == Tier.EDGE) & known)
    if len(sites) < 2:
        return None
    points = np.column_stack([system.node_x[sites], system.node_y[sites]])
    span = float(np.ptp(np.column_stack([system.node_x[known], system.node_y[known]]), axis=0).max())
    gap, _ = KDTree(points).query(points, k=2)
    step = float(np.median(np.asarray(gap)[:, 1]))
    if span < 60 * max(step, 1.0):
        return None
    labels = np.arange(len(sites))
    for a, b in KDTree(points).query_pairs(5 * step, output_type="ndarray"):
        labels[labels == labels[b]] = labels[a]
    place = points[labels == np.bincount(labels).argmax()]
    middle = (place.min(axis=0) + place.max(axis=0)) / 2
    return float(middle[0]), float(middle[1]), float(np.ptp(place, axis=0).max()) / 2 + 2 * step


def _draw(axes: Axes, instance: Instance, known: BoolArray, window: tuple[float, float, float] | None = None) -> None:
    system = instance.system
    inside = known.copy()
    if window is not None:
        east, north, half = window
        inside &= (np.abs(system.node_x - east) <= half) & (np.abs(system.node_y - north) <= half)
    span = np.ptp(system.node_x[inside]), np.ptp(system.node_y[inside])
    unit, name = (1000.0, "km") if max(span) >= 5000 else (1.0, "m")
    x0, y0 = (window[0], window[1]) if window is not None else (0.0, 0.0)
    x, y = (system.node_x - x0) / unit, (system.node_y - y0) / unit

    def of(tier: Tier) -> Array:
        return np.flatnonzero((system.node_tier == tier) & inside)

    routers, sites, clouds, users = of(Tier.ROUTER), of(Tier.EDGE), of(Tier.CLOUD), of(Tier.DEVICE)
    _draw_core(axes, instance, known, x, y)
    if len(users) > _MANY_USERS:
        dense = axes.hexbin(x[users], y[users], gridsize=60, mincnt=1, bins="log", cmap="Blues", zorder=2)
        axes.figure.colorbar(dense, ax=axes, label="users a cell of the map", shrink=0.8)
    elif len(users):
        axes.scatter(x[users], y[users], s=6, color=_USER, label="users", zorder=2, linewidths=0)
    if len(routers):
        axes.scatter(x[routers], y[routers], s=12, color=_ROUTER, marker="o", label="routers", zorder=3)
    if len(sites):
        size = 26 if len(sites) <= 500 else 8
        axes.scatter(
            x[sites],
            y[sites],
            s=size,
            color=_SITE,
            marker="^",
            label="edge sites",
            zorder=4,
            edgecolors="white",
            lw=0.4,
        )
    if len(clouds):
        axes.scatter(
            x[clouds], y[clouds], s=110, color=_CLOUD, marker="s", label="clouds", zorder=5, edgecolors="white"
        )
    if window is not None:
        axes.set_xlim(-window[2] / unit, window[2] / unit)
        axes.set_ylim(-window[2] / unit, window[2] / unit)
    axes.set_aspect("equal", adjustable="datalim" if window is None else "box")
    axes.set_xlabel(f"east ({name})")
    axes.set_ylabel(f"north ({name})")
    axes.spines[["top", "right"]].set_visible(False)


def _draw_core(axes: Axes, instance: Instance, known: BoolArray, x: Array, y: Array) -> None:
    """Draw the links between nodes that are not users, each pair once."""
    from matplotlib.collections import LineCollection

    system = instance.system
    a, b = system.link_source, system.link_target
    fixed = (system.node_tier != Tier.DEVICE) & known
    pairs = np.unique(np.sort(np.column_stack([a, b])[fixed[a] & fixed[b]], axis=1), axis=0)
    if not len(pairs):
        return
    ends = np.stack([np.column_stack([x[end], y[end]]) for end in pairs.T], axis=1)
    axes.add_collection(LineCollection(list(ends), colors=_LINK, linewidths=0.8, zorder=1, label="core and backhaul"))
    axes.autoscale_view()
