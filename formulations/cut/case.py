"""A case: a cut problem with the version and the helpers chosen, as numbers for methods and models.

In a case every layer picks a level. Costs are sums of two parts, each for every measure (latency,
device energy, energy, price, upload):

    layers:  ``layer[m, l, v]`` where layer v runs on level l (the way home of the result included);
    units:   ``unit_rate[m, u] bytes_v + unit_fixed[m, u]`` for every tensor v that uses unit u.

A unit is what a tensor pays once: a link (``per_link``) or the whole way between two levels
(``per_destination``). Tensor v uses unit u where it is made on level a and some layer reads it on
level b with ``unit_pairs[u, a, b]``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from formulations.cut.plan import CutPlan
from formulations.cut.problem import CutProblem
from formulations.cut.routing import Way
from instances.columns import BoolArray, FloatArray, IntArray

__all__ = ["DEVICE_ENERGY", "ENERGY", "LATENCY", "MEASURES", "PRICE", "UPLOAD", "CutCase"]

LATENCY, DEVICE_ENERGY, ENERGY, PRICE, UPLOAD = range(5)
MEASURES = ("latency", "device energy", "energy", "price", "upload")


@dataclass(frozen=True, kw_only=True, eq=False)
class CutCase:
    """A version and the helper of every level of a cut problem.

    Parameters
    ----------
    problem : CutProblem
        What it is a case of.
    version : int
        Index into `versions_of` the network.
    helpers : tuple of int
        Node of every level, k of them.
    layers : int array, shape (n,)
        The layers that run, in topological order; the first is the input.
    sizes : int array, shape (n,)
        How many layers each position stands for: itself and those right before it in `members`, which run
        on its level. All 1 unless the case is reduced.
    members : int array
        All layers that run, in topological order.
    edges : int array, shape (n_edges, 2)
        Tensor flows between positions in `layers`.
    tensor_bytes, memory_bytes, operations : arrays, shape (n,)
        Of every layer: tensor, weights, work.
    layer : array, shape (5, k, n)
        Costs of every measure, level and layer.
    unit_pairs : bool array, shape (n_units, k, k)
        Between which levels each unit lies.
    unit_rate, unit_fixed : arrays, shape (5, n_units)
        Costs per byte and per tensor.
    unit_ways : tuple
        The lanes of every unit.
    way_known : bool array, shape (k, k)
        Whether there is a way from level to level.
    allowed : bool array, shape (k, n)
        Where each layer may run: the input on the device, the rest where weights and results find a way.
    stage_layer : array, shape (n_stages, k, n)
        Seconds for which a layer keeps a stage busy.
    stage_unit : array, shape (n_stages, n_units)
        Seconds per byte for which a unit does.
    memory_limit : array, shape (k,)
        Bytes of weights that the helpers hold (``inf``: no limit).
    weights : array, shape (5,)
        Of the measures in the objective.
    bottleneck_weight : float
        Of the busiest stage, the stream of inferences counted.
    constant : float
        The objective's part for the version's error.
    """

    problem: CutProblem
    version: int
    helpers: tuple[int, ...]
    layers: IntArray
    sizes: IntArray
    members: IntArray
    edges: IntArray
    tensor_bytes: FloatArray
    memory_bytes: FloatArray
    operations: FloatArray
    layer: FloatArray
    unit_pairs: BoolArray
    unit_rate: FloatArray
    unit_fixed: FloatArray
    unit_ways: tuple[Way, ...]
    way_known: BoolArray
    allowed: BoolArray
    stage_layer: FloatArray
    stage_unit: FloatArray
    memory_limit: FloatArray
    weights: FloatArray
    bottleneck_weight: float
    constant: float

    @property
    def n_layers(self) -> int:
        """Number of layers that run, the input counted."""
        return len(self.layers)

    @property
    def n_levels(self) -> int:
        """Number of levels."""
        return len(self.helpers)

    @property
    def excursions(self) -> bool:
        """Whether tensors may go to lower levels."""
        return self.problem.options.excursions

    @cached_property
    def cost(self) -> FloatArray:
        """Weighted cost of each layer on each level, shape (k, n); ``inf`` where it may not run."""
        found: FloatArray = np.where(self.allowed, np.tensordot(self.weights, self.layer, 1), np.inf)
        return found

    @cached_property
    def unit_cost(self) -> FloatArray:
        """Weighted cost of each tensor on each unit, shape (n_units, n)."""
        rate, fixed = self.weights @ self.unit_rate, self.weights @ self.unit_fixed
        found: FloatArray = rate[:, None] * self.tensor_bytes + fixed[:, None]
        return found

    @cached_property
    def least(self) -> float:
        """A lower bound: every layer on its cheapest level, tensors and the bottleneck for nothing."""
        return float(self.cost.min(axis=0).sum()) + self.constant

    @cached_property
    def is_chain(self) -> bool:
        """Whether every layer reads the one before it alone."""
        return len(self.edges) == self.n_layers - 1 and bool((self.edges[:, 1] - self.edges[:, 0] == 1).all())

    @cached_property
    def limits(self) -> tuple[tuple[int, float], ...]:
        """The limits on measures: (measure, limit)."""
        options = self.problem.options
        given = (
            (LATENCY, options.latency_limit_s),
            (DEVICE_ENERGY, options.device_energy_limit_j),
            (ENERGY, options.energy_limit_j),
            (PRICE, options.price_limit),
        )
        return tuple((measure, limit) for measure, limit in given if limit is not None)

    @cached_property
    def memory_binds(self) -> BoolArray:
        """Which levels could be overfull, shape (k,)."""
        return np.asarray(self.memory_bytes.sum() > self.memory_limit)

    @property
    def side_constraint(self) -> str | None:
        """Name a limit that could bind, None where the cost alone decides."""
        options = self.problem.options
        if self.limits:
            return f"a limit on {MEASURES[self.limits[0][0]]}"
        if options.bottleneck_limit_s is not None:
            return "a limit on the bottleneck"
        if options.provider_operations_limit is not None:
            return "a limit on operations off the device"
        if self.memory_binds.any():
            return "a memory limit that could bind"
        return None

    def plan(self, level: IntArray) -> CutPlan:
        """Return the plan that runs layer ``layers[i]`` on level ``level[i]``."""
        node = np.full(len(self.problem.network), -1, dtype=np.int64)
        node[self.members] = np.array(self.helpers, dtype=np.int64)[np.repeat(level, self.sizes)]
        return CutPlan(version=self.version, helpers=np.array(self.helpers, dtype=np.int64), node=node)
