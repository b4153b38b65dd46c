"""Cases: a cut problem with the version and the helpers chosen, as numbers for methods and models.

In a case every layer picks a level. Costs are sums of two parts, each for every measure (latency,
device energy, energy, price, upload):

    layers:  ``layer[m, l, v]`` where layer v runs on level l (the way home of the result included);
    units:   ``unit_rate[m, u] bytes_v + unit_fixed[m, u]`` for every tensor v that uses unit u.

A unit is what a tensor pays once: a link (``per_link``) or the whole way between two levels
(``per_destination``). Tensor v uses unit u where it is made on level a and some layer reads it on
level b with ``unit_pairs[u, a, b]``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product

import numpy as np

from formulations.cut.plan import CutPlan
from formulations.cut.problem import CutProblem
from formulations.cut.routing import Way
from formulations.versions import Version, versions_of
from instances.columns import BoolArray, FloatArray, IntArray
from instances.networks.graph import NetworkGraph

__all__ = [
    "DEVICE_ENERGY",
    "ENERGY",
    "LATENCY",
    "MEASURES",
    "PRICE",
    "UPLOAD",
    "CutCase",
    "case_count",
    "cases_of",
    "with_rate",
]

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


def case_count(problem: CutProblem) -> int:
    """Return how many cases there are."""
    return len(_versions(problem)) * int(np.prod([len(level) for level in problem.levels]))


def cases_of(problem: CutProblem) -> Iterator[CutCase]:
    """Yield every choice of an allowed version and a helper of each level."""
    for index, version in _versions(problem):
        for helpers in product(*problem.levels):
            yield _case(problem, index, version, helpers)


def with_rate(problem: CutProblem, links: IntArray, bytes_per_s: float) -> CutProblem:
    """Return the problem with another rate of `links`."""
    system = problem.instance.system
    rate = system.link_bytes_per_s.copy()
    rate[links] = bytes_per_s
    instance = replace(problem.instance, system=replace(system, link_bytes_per_s=rate))
    return CutProblem(instance=instance, options=problem.options)


def _versions(problem: CutProblem) -> list[tuple[int, Version]]:
    several = list(enumerate(versions_of(problem.network)))
    if problem.options.versions == "full":
        several = several[:1]
    floor = problem.accuracy_floor
    if floor > 0:
        several = [(i, v) for i, v in several if v.accuracy >= floor]
    if problem.options.error_weight:
        several = [(i, v) for i, v in several if not np.isnan(v.accuracy)]
    return several


def _layers(network: NetworkGraph, version: Version) -> tuple[IntArray, IntArray]:
    """Return the layers that the version runs, and the flows between their positions."""
    edges = network.edge_array
    runs = np.zeros(len(network), dtype=bool)
    runs[version.last] = True
    if version.last == len(network) - 1:
        runs[:] = True
    else:
        for a, b in edges[np.argsort(-edges[:, 1], kind="stable")].tolist():
            runs[a] |= runs[b]
    position = np.cumsum(runs) - 1
    kept = runs[edges].all(axis=1)
    return np.flatnonzero(runs), position[edges[kept]]


def _case(problem: CutProblem, index: int, version: Version, helpers: tuple[int, ...]) -> CutCase:
    system, network, options = problem.instance.system, problem.network, problem.options
    k = len(helpers)
    nodes = np.array(helpers)
    layers, edges = _layers(network, version)
    ways = {(a, b): problem.ways.way(helpers, a, b) for a in range(k) for b in range(k)}
    known = np.array([[ways[a, b] is not None for b in range(k)] for a in range(k)])
    tensor = network.output_bytes[layers] * version.output_factor
    memory = network.parameter_bytes[layers] * version.parameter_factor
    operations = network.operations[layers] * version.compute_factor
    kind, speed = system.node_kind[nodes], system.node_speed[nodes]
    seconds = problem.costs.layer_seconds[kind][:, layers] * version.compute_factor
    joules = problem.costs.layer_joules[kind][:, layers] * version.compute_factor
    if version.exit >= 0:
        head = network.exits[version.exit]
        seconds[:, -1] += problem.costs.head_seconds[kind, version.exit]
        joules[:, -1] += problem.costs.head_joules[kind, version.exit]
        memory[-1] += head.parameter_bytes
        operations[-1] += head.operations
    seconds = seconds / speed[:, None]
    idle = system.kinds[system.node_kind[problem.source]].idle_watts
    layer = np.zeros((5, k, len(layers)))
    layer[LATENCY] = seconds
    layer[ENERGY] = joules
    layer[ENERGY, 1:] += idle * seconds[1:]
    layer[DEVICE_ENERGY, 0] = joules[0]
    layer[DEVICE_ENERGY, 1:] = idle * seconds[1:]
    layer[PRICE] = seconds * system.node_price_per_s[nodes][:, None]
    for level in range(1, k):
        lanes = np.array(ways[0, level] or (), dtype=np.int64) % max(system.n_links, 1)
        layer[UPLOAD, level] = memory * (1.0 / system.link_bytes_per_s[lanes]).sum()
    units, pairs = _units(problem, ways)
    rate, fixed = _unit_costs(problem, units)
    stages, stage_unit, stage_of_level = _stages(problem, helpers, units)
    stage_layer = np.zeros((stages, k, len(layers)))
    for level in range(k):
        stage_layer[stage_of_level[level], level] += seconds[level]
    allowed = np.ones((k, len(layers)), dtype=bool)
    allowed[1:, 0] = False
    allowed[~known[0]] = False
    if options.return_result:
        allowed[~known[:, 0], -1] = False
        home = _home(problem, ways, units)
        layer[:, :, -1] += (rate * tensor[-1] + fixed) @ home.T
        stage_layer[:, :, -1] += tensor[-1] * (stage_unit @ home.T)
    return CutCase(
        problem=problem,
        version=index,
        helpers=helpers,
        layers=layers,
        sizes=np.ones(len(layers), dtype=np.int64),
        members=layers,
        edges=edges,
        tensor_bytes=tensor,
        memory_bytes=memory,
        operations=operations,
        layer=layer,
        unit_pairs=pairs,
        unit_rate=rate,
        unit_fixed=fixed,
        unit_ways=tuple(units),
        way_known=known,
        allowed=allowed,
        stage_layer=stage_layer,
        stage_unit=stage_unit,
        memory_limit=system.node_memory_bytes[nodes] if options.memory else np.full(k, np.inf),
        weights=np.array(
            [
                options.latency_weight,
                options.device_energy_weight,
                options.energy_weight,
                options.price_weight,
                options.latency_weight * options.upload_factor,
            ]
        ),
        bottleneck_weight=options.bottleneck_weight + options.latency_weight * (options.inferences - 1),
        constant=options.error_weight * (1.0 - version.accuracy) if options.error_weight else 0.0,
    )


def _units(problem: CutProblem, ways: dict[tuple[int, int], Way | None]) -> tuple[list[Way], BoolArray]:
    """Return what a tensor pays once, and between which levels it lies; ways that nothing can take left out."""
    k = len(problem.levels)
    back = problem.options.excursions
    used = {
        pair: way for pair, way in ways.items() if way and (back or pair[0] < pair[1] or problem.options.return_result)
    }
    if problem.options.payment == "per_destination":
        units = list(used.values())
        pairs = np.zeros((len(units), k, k), dtype=bool)
        for row, (a, b) in enumerate(used):
            pairs[row, a, b] = True
    else:
        units = [(lane,) for lane in sorted({lane for way in used.values() for lane in way})]
        taken = [[[lane in (ways[a, b] or ()) for b in range(k)] for a in range(k)] for (lane,) in units]
        pairs = np.array(taken, dtype=bool).reshape(len(units), k, k)
    if not back:
        pairs &= np.triu(np.ones((k, k), dtype=bool))
    return units, pairs


def _home(problem: CutProblem, ways: dict[tuple[int, int], Way | None], units: list[Way]) -> FloatArray:
    """Return how often the result uses each unit on its way home from each level, shape (k, n_units)."""
    k = len(problem.levels)
    home = np.zeros((k, len(units)))
    for level in range(1, k):
        way = ways[level, 0]
        if way is None:
            continue
        if problem.options.payment == "per_link":
            home[level] = [unit[0] in way for unit in units]
        else:
            home[level, units.index(way)] = 1.0
    return home


def _unit_costs(problem: CutProblem, units: list[Way]) -> tuple[FloatArray, FloatArray]:
    """Return what each unit costs per byte and per tensor."""
    system = problem.instance.system
    device = system.kinds[system.node_kind[problem.source]]
    rate, fixed = np.zeros((5, len(units))), np.zeros((5, len(units)))
    for row, unit in enumerate(units):
        for lane in unit:
            link, back = lane % system.n_links, lane >= system.n_links
            leaves = (system.link_target[link] if back else system.link_source[link]) == problem.source
            second = 1.0 / system.link_bytes_per_s[link]
            latency, carried = system.link_latency_s[link], system.link_joules_per_byte[link]
            drawn = second * (device.transmit_watts if leaves else device.idle_watts)
            rate[:, row] += (
                second,
                drawn + (carried if leaves else 0.0),
                drawn + carried,
                system.link_price_per_byte[link],
                0.0,
            )
            fixed[:, row] += (latency, latency * device.idle_watts, latency * device.idle_watts, 0.0, 0.0)
    return rate, fixed


def _stages(problem: CutProblem, helpers: tuple[int, ...], units: list[Way]) -> tuple[int, FloatArray, list[int]]:
    """Return the number of stages, the seconds per byte of each unit on each, and the stage of each level."""
    system = problem.instance.system
    number: dict[tuple[str, int], int] = {}
    of_level = []
    for node in helpers:
        resource = int(system.node_resource[node])
        key = ("resource", resource) if resource >= 0 else ("node", node)
        of_level.append(number.setdefault(key, len(number)))
    entries = []
    for row, unit in enumerate(units):
        for lane in unit:
            link = lane % system.n_links
            resource = int(system.link_resource[link])
            key = ("resource", resource) if resource >= 0 else ("lane", lane)
            entries.append((number.setdefault(key, len(number)), row, 1.0 / system.link_bytes_per_s[link]))
    stage_unit = np.zeros((len(number), len(units)))
    for stage, row, second in entries:
        stage_unit[stage, row] += second
    return len(number), stage_unit, of_level
