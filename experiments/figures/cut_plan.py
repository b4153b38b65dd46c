"""The picture of a cut: the layers coloured by node, the tensors on the cut, and the stages of the pipeline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from experiments.figures.style import MARKERS, PALETTE, write_picture
from formulations.cut.plan import CutPlan
from formulations.cut.problem import CutProblem
from formulations.cut.referee import account_of, evaluate
from formulations.versions import versions_of
from instances.columns import FloatArray
from instances.errors import InputError
from instances.networks.graph import NetworkGraph

__all__ = ["cut_plan_figure", "draw_cut_plan", "positions_of"]

_MOST_NAMES = 30
_MOST_STAGES = 12
_LINK = "#9A9A9A"
_BEND = 12
"""Points of an edge that passes a layer."""


def draw_cut_plan(problem: CutProblem, plan: CutPlan, path: str | Path) -> None:
    """Write the picture of `plan` as SVG, PDF or PNG; the bytes depend on problem and plan alone.

    Raises
    ------
    InputError
        If the ending is another, or the plan cannot be priced.
    """
    write_picture(lambda: cut_plan_figure(problem, plan), path)


def cut_plan_figure(problem: CutProblem, plan: CutPlan) -> Figure:
    """Return the picture of `plan`.

    Raises
    ------
    InputError
        If the plan cannot be priced.
    """
    score = evaluate(problem, plan)
    account = None if score.value is None else account_of(problem, plan)
    if account is None or isinstance(account, str):
        raise InputError("plan", score.violations[0] if score.violations else "cannot be priced")
    network = problem.network
    where = positions_of(network)
    depth = float(where[:, 0].max()) + 1
    figure = Figure(figsize=(min(max(7.0, 0.16 * depth), 18.0), 5.2), layout="constrained")
    graph, bars = figure.subplots(2, 1, height_ratios=(3, 2))
    _draw_layers(graph, problem, plan, where)
    _label_crossings(graph, network, where, account.crossings)
    graph.set_title(
        f"{network.name}, {versions_of(network)[plan.version].name}: objective {score.value:.6g}, "
        f"latency {account.latency_s * 1e3:.4g} ms"
    )
    names = {
        f"node {problem.instance.system.node_name(node)}": level for level, node in enumerate(plan.helpers.tolist())
    }
    _draw_stages(bars, account.stage_s, names)
    return figure


def positions_of(network: NetworkGraph) -> FloatArray:
    """Return where each layer is drawn, shape (n_layers, 2): its depth, and a place among those of one depth."""
    n = len(network)
    depth = np.zeros(n, dtype=np.int64)
    for a, b in sorted(network.edges, key=lambda edge: edge[1]):
        depth[b] = max(depth[b], depth[a] + 1)
    before: list[list[int]] = [[] for _ in range(n)]
    for a, b in network.edges:
        before[b].append(a)
    height = np.zeros(n)
    for level in range(int(depth.max()) + 1):
        own = np.flatnonzero(depth == level)
        # by the mean place of what they read, then in order
        mean = np.array([np.mean(height[before[v]]) if before[v] else 0.0 for v in own.tolist()])
        height[own[np.argsort(mean, kind="stable")]] = np.arange(len(own)) - (len(own) - 1) / 2
    return np.column_stack([depth.astype(np.float64), -height])


def _draw_layers(axes: Axes, problem: CutProblem, plan: CutPlan, where: FloatArray) -> None:
    network, system = problem.network, problem.instance.system
    runs = plan.node >= 0
    inner: list[FloatArray] = []
    crossing: list[FloatArray] = []
    for a, b in network.edges:
        if runs[a] and runs[b]:
            (inner if plan.node[a] == plan.node[b] else crossing).append(_edge(where[a], where[b]))
    axes.add_collection(LineCollection(inner, colors="#B5B5B5", linewidths=0.8, zorder=1))
    axes.add_collection(LineCollection(crossing, colors="#222222", linewidths=1.8, linestyles="--", zorder=2))
    size = 60 if len(network) <= 60 else 22
    handles = []
    for level, node in enumerate(plan.helpers.tolist()):
        own = plan.node == node
        style: dict[str, Any] = {"color": PALETTE[level % len(PALETTE)], "marker": MARKERS[level % len(MARKERS)]}
        if own.any():
            axes.scatter(where[own, 0], where[own, 1], s=size, zorder=3, edgecolors="white", linewidths=0.4, **style)
        label = f"{system.node_name(node)}: {int(own.sum())} layers"
        handles.append(Line2D([], [], linestyle="none", label=label, **style))
    if not runs.all():
        axes.scatter(where[~runs, 0], where[~runs, 1], s=size / 2, zorder=3, color="#DDDDDD")
    if len(network) <= _MOST_NAMES:
        for layer, (x, y) in zip(network.layers, where.tolist(), strict=True):
            axes.annotate(layer.name, (x, y), (0, -9), textcoords="offset points", fontsize=6, ha="right", rotation=35)
    axes.legend(handles=handles, loc="upper left", ncols=len(handles), bbox_to_anchor=(0, -0.02))
    low, high = float(where[:, 1].min()), float(where[:, 1].max())
    axes.set_ylim(low - 1.4, high + 1.4)
    axes.set_xlim(-1, float(where[:, 0].max()) + 1)
    axes.axis("off")


def _edge(start: FloatArray, end: FloatArray) -> FloatArray:
    """Return the points of an edge: straight to the next depth, bent where it passes others."""
    if end[0] - start[0] <= 1:
        return np.array([start, end])
    t = np.linspace(0, 1, _BEND)[:, None]
    bend = np.array([0.0, 0.5 + 0.1 * min(float(end[0] - start[0]), 6.0)])
    line: FloatArray = start + (end - start) * t + bend * 4 * t * (1 - t)
    return line


def _label_crossings(
    axes: Axes, network: NetworkGraph, where: FloatArray, crossings: list[tuple[int, str, float]]
) -> None:
    """Write beside each tensor on the cut what is sent: its bytes, and over how many links."""
    links: dict[int, list[tuple[str, float]]] = {}
    for layer, link, size in crossings:
        links.setdefault(layer, []).append((link, size))
    for layer, sent in links.items():
        text = readable_bytes(sent[0][1]) + (f" × {len(sent)} links" if len(sent) > 1 else "")
        readers = [b for a, b in network.edges if a == layer] or [layer]
        middle = (where[layer] + where[readers[0]]) / 2
        at = (float(middle[0]), float(middle[1]))
        axes.annotate(text, at, (0, 9), textcoords="offset points", fontsize=7.5, ha="center", weight="bold")


def readable_bytes(size: float) -> str:
    """Return bytes as people read them.

    Examples
    --------
    >>> readable_bytes(602112.0)
    '602 kB'
    """
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= factor:
            return f"{size / factor:.3g} {unit}"
    return f"{size:.3g} B"


def _draw_stages(axes: Axes, stages: dict[str, float], nodes: dict[str, int]) -> None:
    """Draw the busy seconds of each stage, nodes in the colour of their level; the busiest, hatched, is the bottleneck."""
    busy = sorted(((name, seconds) for name, seconds in stages.items() if seconds > 0), key=lambda item: item[1])
    busy = busy[-_MOST_STAGES:]
    places = np.arange(len(busy))
    colours = [PALETTE[nodes[name] % len(PALETTE)] if name in nodes else _LINK for name, _ in busy]
    bars = axes.barh(places, [1e3 * seconds for _, seconds in busy], color=colours, height=0.6)
    if busy:
        bars[-1].set(hatch="///", edgecolor="white")
    axes.set_yticks(places, [name for name, _ in busy])
    axes.set_ylim(min(-0.6, len(busy) - 4.6), len(busy) - 0.4)
    axes.set_xlabel("ms that one inference keeps each stage busy (hatched: the bottleneck)")
    axes.grid(False, axis="y")
