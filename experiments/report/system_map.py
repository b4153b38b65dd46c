"""The map of an instance as data: nodes by tier, core links, and the windows that are worth a panel."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from experiments.report.plain_numbers import shorts
from instances.columns import BoolArray, FloatArray, IntArray
from instances.instance import Instance
from instances.system import System, Tier

__all__ = ["MOST_POINTS", "map_of"]

MOST_POINTS = 2000
"""Beyond this many devices the map shows their density."""

_MOST_FIXED = 600
_CELLS = 48
_CLOSE_UP = 8.0
"""A close-up is shown where the whole map is this many times wider."""


def map_of(instance: Instance) -> dict[str, Any]:
    """Return what a map draws.

    Nodes without a position make the map schematic: devices, sites and clouds in three columns.

    Returns
    -------
    dict
        ``schematic``; ``fixed``: rows [node, tier, x, y, name] of sites, clouds and routers; ``links``: pairs of rows of
        `fixed`; ``devices``: [x, y] of every task's source or None; ``cells``: rows [x, y, devices] of a grid where there
        are many; ``windows``: rows [title, x, y, width, height], in metres.
    """
    system, load = instance.system, instance.workload
    x, y, schematic = _positions(system)
    kept = np.flatnonzero(system.node_tier != Tier.DEVICE)
    if len(kept) > _MOST_FIXED:  # routers matter least
        kept = kept[np.argsort(system.node_tier[kept] == Tier.ROUTER, kind="stable")][:_MOST_FIXED]
    row = np.full(system.n_nodes, -1)
    row[kept] = np.arange(len(kept))
    source = load.task_source
    many = load.n_tasks > MOST_POINTS
    return {
        "schematic": schematic,
        "fixed": [
            [n, int(system.node_tier[n]), *shorts((x[n], y[n])), system.node_name(n)] for n in sorted(kept.tolist())
        ],
        "links": _core_links(system, np.sort(kept)),
        "devices": None if many else [shorts((x[n], y[n])) for n in source.tolist()],
        "cells": _density(x[source], y[source]) if many else None,
        "windows": _windows(instance, x, y, schematic),
    }


def _positions(system: System) -> tuple[FloatArray, FloatArray, bool]:
    known = np.isfinite(system.node_x) & np.isfinite(system.node_y)
    placed = system.node_tier != Tier.ROUTER
    if known[placed].all():
        return np.where(known, system.node_x, 0.0), np.where(known, system.node_y, 0.0), False
    x, y = np.zeros(system.n_nodes), np.zeros(system.n_nodes)
    for column, tier in enumerate((Tier.DEVICE, Tier.EDGE, Tier.CLOUD, Tier.ROUTER)):
        nodes = system.nodes_of(tier)
        x[nodes] = column
        y[nodes] = (np.arange(len(nodes)) + 0.5) / max(len(nodes), 1) * 2.0
    return x, y, True


def _core_links(system: System, kept: IntArray) -> list[list[int]]:
    row = np.full(system.n_nodes, -1)
    row[kept] = np.arange(len(kept))
    ends = np.sort(np.column_stack([row[system.link_source], row[system.link_target]]), axis=1)
    found: list[list[int]] = np.unique(ends[ends[:, 0] >= 0], axis=0).tolist()
    return found


def _density(x: FloatArray, y: FloatArray) -> list[list[float | None]]:
    counts, east, north = np.histogram2d(x, y, bins=_CELLS)
    i, j = np.nonzero(counts)
    middle_x, middle_y = (east[:-1] + east[1:]) / 2, (north[:-1] + north[1:]) / 2
    return [shorts(row) for row in zip(middle_x[i], middle_y[j], counts[i, j], strict=True)]


def _windows(instance: Instance, x: FloatArray, y: FloatArray, schematic: bool) -> list[list[Any]]:
    system = instance.system
    used = np.ones(system.n_nodes, dtype=bool) if not schematic else system.node_tier != Tier.ROUTER
    whole = _box(x, y, used)
    windows = [["whole system", *whole]]
    near = None if schematic else _busiest_place(instance)
    if near is not None:
        close = _box(x, y, near)
        if max(whole[2], whole[3]) > _CLOSE_UP * max(close[2], close[3]):
            windows.append(["where most tasks are", *close])
    return windows


def _box(x: FloatArray, y: FloatArray, chosen: BoolArray) -> list[Any]:
    low_x, low_y = float(x[chosen].min()), float(y[chosen].min())
    width, height = float(np.ptp(x[chosen])), float(np.ptp(y[chosen]))
    margin = 0.06 * max(width, height, 1e-9)
    return shorts((low_x - margin, low_y - margin, width + 2 * margin, height + 2 * margin))


def _busiest_place(instance: Instance) -> BoolArray | None:
    """Return devices and sites of the largest group of tasks that reach sites in common."""
    system, load = instance.system, instance.workload
    owner = np.repeat(np.arange(load.n_tasks), np.diff(load.candidate_offsets))
    edge = system.node_tier[load.candidate_site] == Tier.EDGE
    if not edge.any():
        return None
    n = load.n_tasks + system.n_nodes
    joined = coo_array(
        (np.ones(int(edge.sum()), dtype=np.int8), (owner[edge], load.n_tasks + load.candidate_site[edge])), shape=(n, n)
    )
    _, group = connected_components(joined, directed=False)
    most = np.bincount(group[: load.n_tasks]).argmax()
    near: BoolArray = group[load.n_tasks :] == most
    near[load.task_source[group[: load.n_tasks] == most]] = True
    return near
