"""What the enumeration of options reads, packed into few tables.

A compiled function that takes dozens of arrays takes a minute to compile; these tables keep it to
seconds. The module's constants name their columns.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from formulations.joint.positions import Positions
from formulations.joint.problem import JointProblem
from instances.columns import FloatArray, IntArray

__all__ = ["option_inputs"]

# nodes: SEND and IDLE are the watts of its kind; TASKS is how many tasks start there
TIER, KIND, SHARED, SPEED, MEMORY, PRICE, TASKS, IDLE, SEND = range(9)
# links
SOURCE, LINK_SHARED, RATE, LATENCY, LINK_JOULES, LINK_PRICE = range(6)
# tasks
NETWORK, DEVICE, WEIGHT_OF, FLOOR = range(4)
# cut positions: then running seconds of every kind, then running joules of every kind
LAYER, CROSSING, PARAMETERS, RUNNING = range(4)
# weights of the objective; SYSTEM_WIDE is 1 where the joules of edges, clouds and links count
LATENCY_WEIGHT, ENERGY_WEIGHT, PRICE_WEIGHT, SYSTEM_WIDE = range(4)


def option_inputs(problem: JointProblem, positions: Positions, uplinks: IntArray) -> tuple[tuple[Any, ...], int]:
    """Pack what the loop reads into tables; return them and the most uses that an option can have."""
    instance, options = problem.instance, problem.options
    system, load = instance.system, instance.workload
    idle = np.array([kind.idle_watts for kind in system.kinds])[system.node_kind]
    send = np.array([kind.transmit_watts for kind in system.kinds])[system.node_kind]
    nodes = _pack(
        system.node_tier,
        system.node_kind,
        system.node_resource,
        system.node_speed,
        system.node_memory_bytes if options.memory else np.full(system.n_nodes, np.inf),
        system.node_price_per_s,
        np.bincount(load.task_source, minlength=system.n_nodes),
        idle,
        send,
    )
    links = _pack(
        system.link_source,
        system.link_resource,
        system.link_bytes_per_s,
        system.link_latency_s,
        system.link_joules_per_byte,
        system.link_price_per_byte,
    )
    tasks = _pack(load.task_network, load.task_source, load.task_weight, load.task_accuracy_floor)
    table = _pack(
        positions.layer, positions.crossing_bytes, positions.parameter_bytes, *positions.seconds, *positions.joules
    )
    candidates = np.column_stack((load.candidate_site, load.candidate_route)).astype(np.int64)
    up_offsets = np.searchsorted(uplinks[:, 0], np.arange(system.n_nodes + 1))
    weights = np.array(
        [options.latency_weight, options.energy_weight, options.price_weight, options.energy_scope == "system"]
    )
    offsets = (positions.network_offsets, positions.offsets, load.candidate_offsets, up_offsets, system.route_offsets)
    shared = np.concatenate(([0], np.cumsum(system.link_resource[system.route_links] >= 0)))
    most_shared = int(np.diff(shared[system.route_offsets]).max(initial=0))
    starts = [np.array(column, dtype=np.int64) for column in offsets]
    routes = np.array(system.route_links, dtype=np.int64)
    data = (nodes, links, tasks, table, positions.accuracy, candidates, uplinks, *starts, routes, weights)
    return data, 2 * most_shared + 3


def _pack(*columns: Any) -> FloatArray:
    packed: FloatArray = np.ascontiguousarray(np.column_stack(columns), dtype=np.float64)
    return packed
