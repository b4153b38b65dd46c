"""The method `ionn`: partitions of a network in the order of their upload, each by a shortest path.

Jeong, Lee, Shin, Moon: "IONN: Incremental Offloading of Neural Network Computations from Mobile Devices to Edge
Servers", SoCC 2018, doi 10.1145/3267809.3267828. The layers between two dominators of the output are one
segment. Of every segment i the execution graph has the nodes C_i, S_i^in and S_i^out, with the arcs

    C_i -> C_{i+1}: t^D_i,    C_i -> S_i^in: in_i / B,    S_i^in -> S_i^out: t^S_i + f w_i / B,
    S_i^out -> C_{i+1}: out_i / B,    S_i^out -> S_{i+1}^in: 0.

Beginning with f = 1, segments that are new on the server's side of the shortest path are the next partition, and f
shrinks to K f while K^n >= 0.01. With that rule as printed the last partition may never come; a final pass with f = 0
closes it, as the authors' code does. With several servers each is tried, and other objectives than the latency
price an uploaded byte as a sent one: our reconstruction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from formulations.cut.case import UPLOAD, CutCase
from formulations.cut.cases import cases_of
from formulations.cut.evaluator import evaluate_levels
from instances.columns import BoolArray, FloatArray, IntArray
from instances.errors import InputError
from solvers.contract import Budget, MethodParams, Outcome, SolutionStatus, Termination, Trace
from solvers.published.prefixes import cut_points, decline_all_but_sums
from solvers.registry import register

__all__ = ["ExecutionGraph", "Ionn", "IonnParams"]

_LEAST_FACTOR = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class IonnParams(MethodParams):
    """Parameters of `ionn`.

    Parameters
    ----------
    shrink : float
        K: by what the weight of the upload shrinks from pass to pass.
    final_pass : bool
        Whether a last pass weighs the upload with nothing, as the authors' code does and the paper does not.
    """

    shrink: float = 0.5
    final_pass: bool = True

    def __post_init__(self) -> None:
        if not 0 < self.shrink < 1:
            raise InputError("parameter shrink", "must be in (0, 1)", self.shrink)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ExecutionGraph:
    """The execution graph of a case with one of its levels as the server.

    Parameters
    ----------
    ends : int array, shape (n_segments + 1,)
        Positions of the input and of the last layer of every segment.
    device, server, upload : arrays, shape (n_segments,)
        Costs of a segment on either side, and of its upload.
    to_server, to_device : arrays, shape (n_segments + 1,)
        Costs of sending the input's or a segment's tensor; ``inf``: not allowed.
    """

    ends: IntArray
    device: FloatArray
    server: FloatArray
    upload: FloatArray
    to_server: FloatArray
    to_device: FloatArray

    @classmethod
    def build(cls, case: CutCase, level: int) -> ExecutionGraph:
        """Return the graph with level `level` as the server."""
        ends = cut_points(case)
        weights = case.weights.copy()
        weights[UPLOAD] = 0.0
        layer = np.where(case.allowed, np.tensordot(weights, case.layer, 1), np.inf)
        segments = np.add.reduceat(np.stack([layer[0], layer[level], case.memory_bytes]), ends[:-1] + 1, axis=1)
        up, down = case.unit_pairs[:, 0, level], case.unit_pairs[:, level, 0]
        tensor = case.unit_cost[:, ends]
        return cls(
            ends=ends,
            device=segments[0] + np.concatenate([[layer[0, 0]], np.zeros(len(ends) - 2)]),
            server=segments[1] + np.concatenate([[layer[0, 0]], np.zeros(len(ends) - 2)]),
            upload=segments[2] * float((weights @ case.unit_rate)[up].sum()),
            to_server=tensor[up].sum(axis=0) if case.way_known[0, level] else np.full(len(ends), np.inf),
            to_device=tensor[down].sum(axis=0)
            if case.excursions and case.way_known[level, 0]
            else np.full(len(ends), np.inf),
        )

    def shortest_path(self, factor: float) -> BoolArray:
        """Return which segments run on the server, shape (n_segments,), with uploads weighed by `factor`."""
        n = len(self.device)
        from_server = np.zeros((n, 2), dtype=bool)
        here, there = 0.0, np.inf
        for i in range(n):
            back, away = there + self.to_device[i], here + self.to_server[i]
            from_server[i] = back < here, there <= away
            here, there = (
                min(here, back) + self.device[i],
                min(there, away) + self.server[i] + factor * self.upload[i],
            )
        on = np.zeros(n, dtype=bool)
        side = there < here
        for i in range(n - 1, -1, -1):
            on[i] = side
            side = bool(from_server[i, int(side)])
        return on

    def partitions(self, shrink: float, final_pass: bool) -> list[IntArray]:
        """Return the segments of every partition, in the order of their upload."""
        factors, power = [], 0
        while shrink**power >= _LEAST_FACTOR * (1 - 1e-12):
            factors.append(shrink**power)
            power += 1
        uploaded = np.zeros(len(self.device), dtype=bool)
        found = []
        for factor in factors + [0.0] * final_pass:
            new = self.shortest_path(factor) & ~uploaded
            if new.any():
                found.append(np.flatnonzero(new))
                uploaded |= new
        return found


@register(
    "ionn", kind="rule", deterministic=True, citation="Jeong et al., IONN, SoCC 2018, doi 10.1145/3267809.3267828"
)
class Ionn:
    """Shortest path on IONN's execution graph; ``info`` has the partitions in the order of their upload.

    The final pass that weighs the upload with nothing is that of the authors' code, not of the paper. Trying several
    servers in turn, and the price of an uploaded byte under other objectives than the latency, are our reconstruction.
    """

    Params: ClassVar[type[MethodParams]] = IonnParams
    families: ClassVar[frozenset[str]] = frozenset({"cut"})

    def __init__(self, params: IonnParams | None = None) -> None:
        self.params = params or IonnParams()

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline what is no sum along a path: the bottleneck, and limits that could bind."""
        return decline_all_but_sums(problem, "the bottleneck is a maximum, not a sum along a path")

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Find the path with uploads weighed as the problem says, and the partitions."""
        best: tuple[float, CutCase, IntArray, ExecutionGraph] | None = None
        for case in cases_of(problem):
            for level in range(1, case.n_levels):
                graph = ExecutionGraph.build(case, level)
                on = graph.shortest_path(problem.options.upload_factor)
                levels = np.zeros((1, case.n_layers), dtype=np.int64)
                levels[0, 1:] = level * np.repeat(on, np.diff(graph.ends))
                priced = evaluate_levels(case, levels)
                if priced.feasible[0] and (best is None or priced.value[0] < best[0]):
                    best = float(priced.value[0]), case, levels[0], graph
        if best is None:
            return Outcome(
                plan=None,
                status=SolutionStatus.NONE,
                termination=Termination.COMPLETED,
                reason="no path keeps every rule",
            )
        _, case, level_of, graph = best
        plan = case.plan(level_of)
        trace.incumbent(plan)
        partitions = [
            [int(case.layers[v]) for i in part for v in range(graph.ends[i] + 1, graph.ends[i + 1] + 1)]
            for part in graph.partitions(self.params.shrink, self.params.final_pass)
        ]
        return Outcome(
            plan=plan,
            status=SolutionStatus.FEASIBLE,
            termination=Termination.COMPLETED,
            info={"partitions": partitions},
        )
