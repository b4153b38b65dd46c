"""Scenarios of published systems over a device and a server."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from experiments.systems.profiles import MBIT
from formulations.cut.case import CutCase
from formulations.cut.cases import cases_of
from formulations.cut.problem import CutOptions, CutProblem
from formulations.cut.referee import Account, account_of
from instances.columns import FloatArray, IntArray
from instances.networks.graph import Layer, NetworkGraph
from instances.one_inference import Machine, Wire, one_inference

__all__ = [
    "UPLINKS_MBIT",
    "account",
    "asked",
    "by_rates",
    "prefixes",
    "random_dag",
    "random_machines",
    "single_case",
    "two_tier",
]

UPLINKS_MBIT = {"CAT1": 0.13, "3G": 1.1, "4G": 5.85, "Wi-Fi": 18.88}
"""Uplinks of DADS (Hu et al., INFOCOM 2019), which later systems take over."""


def two_tier(network: NetworkGraph, near_s: FloatArray, far_s: FloatArray, mbit: float, **options: Any) -> CutProblem:
    """Return a problem of a device and a server with their own layer times, `mbit` Mbit/s between them."""
    machines = [Machine(name="phone", seconds=near_s), Machine(name="server", seconds=far_s)]
    wire = Wire(source="phone", target="server", bytes_per_s=mbit * MBIT)
    return CutProblem(instance=one_inference(network, machines, [wire]), options=CutOptions(**options))


def by_rates(
    network: NetworkGraph, near_operations_per_s: float, far_operations_per_s: float, mbit: float, **options: Any
) -> CutProblem:
    """Return such a problem where a layer takes its operations over the machine's rate."""
    work = network.operations
    return two_tier(network, work / near_operations_per_s, work / far_operations_per_s, mbit, **options)


def asked(problem: CutProblem, **options: Any) -> CutProblem:
    """Return the problem with other options."""
    return CutProblem(instance=problem.instance, options=replace(problem.options, **options))


def single_case(problem: CutProblem) -> CutCase:
    """Return the case of a problem that has one."""
    (case,) = cases_of(problem)
    return case


def account(problem: CutProblem, plan: Any) -> Account:
    """Return what a plan costs by the referee's account; ValueError where it cannot be priced."""
    found = account_of(problem, plan)
    if isinstance(found, str):
        raise ValueError(found)
    return found


def prefixes(case: CutCase) -> IntArray:
    """Return the levels of every cut of the layers in topological order, all on the device last, shape (n, n)."""
    n = case.n_layers
    found: IntArray = (np.arange(n)[None, :] > np.arange(n)[:, None]).astype(np.int64)
    return found


def random_dag(rng: np.random.Generator, n_layers: int) -> NetworkGraph:
    """Return a DAG of `n_layers` layers behind its input: each reads one or two before it, tensors of 1..100 bytes."""
    n = n_layers + 1
    edges = {
        (u, v) for v in range(1, n) for u in rng.choice(v, size=min(v, int(rng.integers(1, 3))), replace=False).tolist()
    }
    read = {u for u, _ in edges}
    edges |= {(v, int(rng.integers(v + 1, n))) for v in range(n - 1) if v not in read}
    layers = tuple(
        Layer(name=f"layer {v}", kind="conv" if v else "input", output_bytes=float(rng.integers(1, 101)))
        for v in range(n)
    )
    return NetworkGraph(name="random", layers=layers, edges=tuple(sorted(edges)))


def random_machines(rng: np.random.Generator, n_layers: int, *, faster: bool) -> tuple[FloatArray, FloatArray]:
    """Return layer times of a device and a server, up to 1 s; `faster`: the server is, 1 to 10 times, at every layer."""
    near = rng.uniform(0, 1, n_layers + 1)
    far = near / rng.uniform(1, 10, n_layers + 1) if faster else rng.uniform(0, 1, n_layers + 1)
    near[0] = far[0] = 0.0
    return near, far
