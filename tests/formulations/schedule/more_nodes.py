"""Schedule problems with one more node: the twin of a node, with the same wires."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from formulations.schedule.problem import ScheduleProblem

__all__ = ["edge_with_two_cores", "with_split_node", "with_twin"]

_AT_ONCE = 1e300
"""Bytes a second of a wire that takes no time."""


def edge_with_two_cores(problem: ScheduleProblem) -> tuple[ScheduleProblem, int]:
    """Return `problem` with two cores on its last node, which is no device, and that node."""
    system = problem.instance.system
    node = system.n_nodes - 1
    return _with_cores(problem, node, 2), node


def with_twin(problem: ScheduleProblem, node: int, *, speed: float = 1.0, wired: bool = False) -> ScheduleProblem:
    """Return `problem` with a node more that is wired as `node` is, of `speed` times its speed; `wired`: also to it, at once.

    Where tasks may run is not changed: tasks need ``nodes=all`` to reach it.
    """
    system = problem.instance.system
    twin = system.n_nodes
    columns = {
        name: np.append(getattr(system, name), getattr(system, name)[node])
        for name in (
            "node_tier",
            "node_kind",
            "node_resource",
            "node_speed",
            "node_memory_bytes",
            "node_price_per_s",
            "node_x",
            "node_y",
        )
    }
    columns["node_speed"][twin] *= speed
    copied = np.flatnonzero((system.link_source == node) | (system.link_target == node))
    columns |= {
        name: np.append(getattr(system, name), getattr(system, name)[copied])
        for name in (
            "link_resource",
            "link_bytes_per_s",
            "link_latency_s",
            "link_joules_per_byte",
            "link_price_per_byte",
        )
    }
    ends = np.stack([system.link_source[copied], system.link_target[copied]])
    ends[ends == node] = twin
    if wired:
        ends = np.concatenate([ends, [[node, twin], [twin, node]]], axis=1)
        for name, value in (
            ("link_resource", -1),
            ("link_bytes_per_s", _AT_ONCE),
            ("link_latency_s", 0.0),
            ("link_joules_per_byte", 0.0),
            ("link_price_per_byte", 0.0),
        ):
            columns[name] = np.append(columns[name], [value, value])
    new = np.arange(system.n_links, system.n_links + ends.shape[1])
    columns |= {
        "link_source": np.append(system.link_source, ends[0]),
        "link_target": np.append(system.link_target, ends[1]),
        "route_source": np.append(system.route_source, ends[0]),
        "route_target": np.append(system.route_target, ends[1]),
        "route_links": np.append(system.route_links, new),
        "route_offsets": np.append(system.route_offsets, system.route_offsets[-1] + 1 + np.arange(len(new))),
    }
    more = replace(system, node_names=(*system.node_names, "twin"), **columns)
    return ScheduleProblem(instance=replace(problem.instance, system=more), options=problem.options)


def with_split_node(problem: ScheduleProblem, node: int) -> ScheduleProblem:
    """Return `problem` with `node`, of two cores, as two nodes of one core; tensors go from one to the other at once."""
    return with_twin(_with_cores(problem, node, 1), node, wired=True)


def _with_cores(problem: ScheduleProblem, node: int, cores: int) -> ScheduleProblem:
    system = problem.instance.system
    kinds = list(system.kinds)
    kind = int(system.node_kind[node])
    kinds[kind] = replace(kinds[kind], cores=cores)
    return ScheduleProblem(
        instance=replace(problem.instance, system=replace(system, kinds=tuple(kinds))), options=problem.options
    )
