"""A small problem with figures that a person can add up."""

from __future__ import annotations

from typing import Any

import numpy as np

from formulations.cut.plan import CutPlan
from formulations.cut.problem import CutOptions, CutProblem
from instances.networks.graph import Exit, Layer, NetworkGraph
from instances.one_inference import Machine, Wire, one_inference


def network(edges: tuple[tuple[int, int], ...] = ((0, 1), (1, 2), (2, 3))) -> NetworkGraph:
    """Return four layers, the input counted, with tensors of 8, 4, 2 and 1 bytes."""
    sizes, weights = (8.0, 4.0, 2.0, 1.0), (0.0, 10.0, 20.0, 30.0)
    layers = tuple(
        Layer(
            name="abcd"[i],
            kind="conv" if i else "input",
            operations=100.0 * i,
            parameter_bytes=weights[i],
            output_bytes=sizes[i],
        )
        for i in range(4)
    )
    exits = (Exit(name="early", after=2, accuracy=0.6, parameter_bytes=5.0),) if len(edges) == 3 else ()
    return NetworkGraph(name="four", layers=layers, edges=edges, accuracy=0.8, exits=exits)


def problem(
    edges: tuple[tuple[int, int], ...] = ((0, 1), (1, 2), (2, 3)),
    *,
    back: bool = False,
    far: bool = False,
    memory_bytes: float = np.inf,
    **options: Any,
) -> CutProblem:
    """Return device "phone", edge "box", cloud "farm"; wires of 2 and 1 byte/s, 0.5 s latency on the first."""
    net = network(edges)
    heads = np.full(len(net.exits), 0.5)
    machines = [
        Machine(
            name="phone",
            seconds=np.array([0.0, 4.0, 6.0, 8.0]),
            head_seconds=heads,
            busy_watts=2.0,
            idle_watts=1.0,
            transmit_watts=3.0,
        ),
        Machine(
            name="box",
            seconds=np.array([0.0, 2.0, 3.0, 4.0]),
            head_seconds=heads,
            busy_watts=10.0,
            price_per_s=0.5,
            memory_bytes=memory_bytes,
        ),
        Machine(
            name="farm",
            seconds=np.array([0.0, 1.0, 1.5, 2.0]),
            head_seconds=heads,
            busy_watts=100.0,
            price_per_s=2.0,
        ),
    ]
    wires = [
        Wire(source="phone", target="box", bytes_per_s=2.0, latency_s=0.5, joules_per_byte=0.1),
        Wire(source="box", target="farm", bytes_per_s=1.0, price_per_byte=0.25),
    ]
    if far:
        wires.append(Wire(source="phone", target="farm", bytes_per_s=4.0))
    if back:
        wires.append(Wire(source="farm", target="phone", bytes_per_s=0.5))
    return CutProblem(instance=one_inference(net, machines, wires), options=CutOptions(**options))


def plan(nodes: tuple[int, ...], version: int = 0, helpers: tuple[int, ...] = (0, 1, 2)) -> CutPlan:
    return CutPlan(version=version, helpers=np.array(helpers), node=np.array(nodes))
