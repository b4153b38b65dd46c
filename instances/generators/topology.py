"""Real networks of the package topohub: routers in metres on a plane, links with their lengths."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import topohub
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from instances.columns import FloatArray, IntArray
from instances.errors import InputError

__all__ = ["Topology", "load_topology"]

_EARTH_RADIUS_M = 6_371_008.8  # mean radius (IUGG)
_KEY = re.compile(r"[A-Za-z0-9_-]+(/[A-Za-z0-9_.-]+)+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    """The largest connected part of a network.

    Parameters
    ----------
    names : tuple of str
        Unique names of the nodes.
    x, y : arrays, shape (n_nodes,)
        Positions in metres: geographic ones projected around their middle.
    links : int array, shape (n_links, 2)
        Joined nodes, each pair once.
    length_m : array, shape (n_links,)
        Lengths of the links on the ground.
    traffic : array, shape (n_nodes,)
        Demand that begins or ends at each node, in the units of the source; all zero where it has none.
    degree : int array, shape (n_nodes,)
        Number of links at each node.
    """

    names: tuple[str, ...]
    x: FloatArray
    y: FloatArray
    links: IntArray
    length_m: FloatArray
    traffic: FloatArray
    degree: IntArray


def load_topology(key: str) -> Topology:
    """Return a network of topohub.

    Parameters
    ----------
    key : str
        ``group/name``, for example ``sndlib/germany50`` or ``topozoo/Abilene``.

    Returns
    -------
    Topology
        Its largest connected part.

    Raises
    ------
    InputError
        If there is no such network, or it has no positions or links.
    """
    where = f"topology {key}"
    hint = "must be group/name of topohub, such as sndlib/germany50 or topozoo/Abilene"
    if not _KEY.fullmatch(key) or ".." in key:
        raise InputError("topology", hint, key)
    try:
        raw = topohub.get(key)
    except (KeyError, ValueError):
        raise InputError("topology", hint, key) from None
    points = np.array([node.get("pos", (np.nan, np.nan)) for node in raw["nodes"]], dtype=np.float64).reshape(-1, 2)
    index = {str(node["id"]): i for i, node in enumerate(raw["nodes"])}
    pairs: dict[tuple[int, int], float] = {}
    for edge in raw["edges"]:
        a, b = sorted((index[str(edge["source"])], index[str(edge["target"])]))
        if a != b:
            pairs[a, b] = min(float(edge["dist"]) * 1e3, pairs.get((a, b), np.inf))
    if not pairs or not np.isfinite(points).all():
        raise InputError(where, "must have links, and a position at every node")
    links = np.array(list(pairs), dtype=np.int64)
    length = np.array(list(pairs.values()))
    x, y = _plane(points, links, length)
    return _largest_part(_names(raw["nodes"]), x, y, links, length, _traffic(raw, index))


def _plane(points: FloatArray, links: IntArray, length: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return metres: longitude and latitude projected (equirectangular), plane units scaled to the links' lengths."""
    if (np.abs(points[:, 0]) <= 180).all() and (np.abs(points[:, 1]) <= 90).all():
        longitude, latitude = np.radians(points).T
        middle = latitude.mean()
        x = _EARTH_RADIUS_M * np.cos(middle) * (longitude - longitude.mean())
        return x, _EARTH_RADIUS_M * (latitude - middle)
    span = np.hypot(*(points[links[:, 0]] - points[links[:, 1]]).T)
    scale = float(np.median(length[span > 0] / span[span > 0])) if (span > 0).any() else 1.0
    x, y = scale * (points - points.mean(axis=0)).T
    return x, y


def _names(nodes: list[dict[str, Any]]) -> tuple[str, ...]:
    names = [str(node.get("name") or node["id"]) for node in nodes]
    return tuple(
        name if names.count(name) == 1 else f"{name} {node['id']}" for name, node in zip(names, nodes, strict=True)
    )


def _traffic(raw: dict[str, Any], index: dict[str, int]) -> FloatArray:
    traffic = np.zeros(len(index))
    for source, demands in (raw["graph"].get("demands") or {}).items():
        for target, demand in demands.items():
            traffic[index[str(source)]] += demand
            traffic[index[str(target)]] += demand
    return traffic


def _largest_part(
    names: tuple[str, ...], x: FloatArray, y: FloatArray, links: IntArray, length: FloatArray, traffic: FloatArray
) -> Topology:
    n = len(names)
    graph = coo_array((np.ones(len(links)), (links[:, 0], links[:, 1])), shape=(n, n))
    _, part = connected_components(graph, directed=False)
    keep = part == np.bincount(part).argmax()
    place = np.cumsum(keep) - 1
    inside = keep[links[:, 0]]
    links = place[links[inside]]
    return Topology(
        names=tuple(name for name, kept in zip(names, keep, strict=True) if kept),
        x=x[keep],
        y=y[keep],
        links=links,
        length_m=length[inside],
        traffic=traffic[keep],
        degree=np.bincount(links.ravel(), minlength=int(keep.sum())),
    )
