"""Boards of self-aware inference: helpers of one level or boards in a line, and how long a stack of tasks takes on them."""

from __future__ import annotations

from typing import Any

import numpy as np

from experiments.systems.profiles import MBIT
from formulations.cut.problem import CutOptions, CutProblem
from instances.columns import FloatArray
from instances.networks.graph import NetworkGraph
from instances.one_inference import Machine, Wire, one_inference

__all__ = ["HELPERS", "SPEED", "helpers_problem", "line_problem", "makespan", "tandem"]

SPEED = 4e9
"""Operations a second of an idle board."""
HELPERS = (1.0, 0.6, 0.3)
"""Free shares of the helpers."""


def helpers_problem(network: NetworkGraph, load: float, mbit: float, count: int, **options: Any) -> CutProblem:
    """Return a device with a free share and `count` helpers of one level; the later ones are slower and nearer."""
    work = network.operations / SPEED
    machines = [Machine(name="board", seconds=work / load)]
    machines += [Machine(name=f"helper {i}", seconds=work / HELPERS[i]) for i in range(count)]
    wires = [Wire(source="board", target=f"helper {i}", bytes_per_s=mbit * (1 + i) * MBIT) for i in range(count)]
    levels = ",".join(f"helper {i}" for i in range(count))
    return CutProblem(instance=one_inference(network, machines, wires), options=CutOptions(levels=levels, **options))


def line_problem(network: NetworkGraph, speeds: tuple[float, ...], mbit: float, **options: Any) -> CutProblem:
    """Return boards in a line, the device first, each a level of its own."""
    machines = [Machine(name=f"board {i}", seconds=network.operations / SPEED / own) for i, own in enumerate(speeds)]
    wires = [
        Wire(source=f"board {i}", target=f"board {i + 1}", bytes_per_s=mbit * MBIT) for i in range(len(speeds) - 1)
    ]
    levels = "/".join(f"board {i}" for i in range(1, len(speeds)))
    return CutProblem(instance=one_inference(network, machines, wires), options=CutOptions(levels=levels, **options))


def makespan(latency_s: float, bottleneck_s: float, tasks: int) -> float:
    """Return when the last of so many tasks is done that all wait at the start: latency + (n - 1) bottleneck."""
    return latency_s + (tasks - 1) * bottleneck_s


def tandem(stages_s: FloatArray, tasks: int) -> float:
    """Return the same by simulation: each stage takes tasks one by one, as they come from the stage before."""
    free = np.zeros(len(stages_s))
    for _ in range(tasks):
        at = 0.0
        for i, stage in enumerate(stages_s.tolist()):
            at = max(at, float(free[i])) + stage
            free[i] = at
    return float(free[-1])
