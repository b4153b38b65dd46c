"""Scenarios of published systems over a device and a server, and what they compare with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from experiments.systems.claim import Finding
from formulations.cut.case import CutCase, cases_of
from formulations.cut.problem import CutOptions, CutProblem
from formulations.cut.referee import Account, account_of
from instances.columns import FloatArray, IntArray
from instances.networks.graph import Layer, NetworkGraph
from instances.one_inference import Machine, Wire, one_inference

__all__ = [
    "BYTES_PER_MBIT",
    "UPLINKS_MBIT",
    "account",
    "all_hold",
    "asked",
    "by_rates",
    "equal",
    "logarithmic",
    "no_worse",
    "prefixes",
    "random_dag",
    "random_machines",
    "rising",
    "single_case",
    "two_tier",
]

BYTES_PER_MBIT = 1e6 / 8
UPLINKS_MBIT = {"CAT1": 0.13, "3G": 1.1, "4G": 5.85, "Wi-Fi": 18.88}
"""Uplinks of DADS (Hu et al., INFOCOM 2019), which later systems take over."""
EQUAL = 1e-9


def two_tier(network: NetworkGraph, near_s: FloatArray, far_s: FloatArray, mbit: float, **options: Any) -> CutProblem:
    """Return a problem of a device and a server with their own layer times, `mbit` Mbit/s between them."""
    machines = [Machine(name="phone", seconds=near_s), Machine(name="server", seconds=far_s)]
    wire = Wire(source="phone", target="server", bytes_per_s=mbit * BYTES_PER_MBIT)
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


def equal(a: float | None, b: float | None, tolerance: float = EQUAL) -> bool:
    """Return whether two values are the same but for rounding; both absent is the same too."""
    if a is None or b is None:
        return a is b
    return abs(a - b) <= tolerance * max(abs(a), abs(b), 1e-12)


def all_hold(pairs: list[tuple[str, float | None, float | None]], what: str, tolerance: float = EQUAL) -> Finding:
    """Return whether all pairs of values are equal, and which are not."""
    wrong = [f"{name}: {a} against {b}" for name, a, b in pairs if not equal(a, b, tolerance)]
    shown = "; ".join(wrong[:3])
    evidence = f"{len(pairs) - len(wrong)} of {len(pairs)} {what} equal" + (f"; {shown}" if wrong else "")
    return Finding(holds=bool(pairs) and not wrong, evidence=evidence)


def no_worse(pairs: list[tuple[str, float | None, float | None]], what: str) -> Finding:
    """Return whether the first value of every pair is at most the second, and where it is not."""
    wrong = [
        f"{name}: {a} above {b}" for name, a, b in pairs if a is None or b is None or a > b + EQUAL * max(abs(b), 1e-12)
    ]
    shown = "; ".join(wrong[:3])
    evidence = f"{len(pairs) - len(wrong)} of {len(pairs)} {what} no worse" + (f"; {shown}" if wrong else "")
    return Finding(holds=bool(pairs) and not wrong, evidence=evidence)


def rising(values: Sequence[float]) -> bool:
    """Return whether no value is below the one before it."""
    return all(b >= a - EQUAL * max(abs(a), 1e-12) for a, b in pairwise(values))


def logarithmic(axis: Any) -> None:
    """Make an axis of a plot logarithmic, with plain numbers at its ticks."""
    from matplotlib.ticker import FuncFormatter, NullFormatter

    (axis.axes.set_xscale if axis.axis_name == "x" else axis.axes.set_yscale)("log")
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())
