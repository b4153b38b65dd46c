"""The cases of a cut problem: every choice of version and helpers, with its costs worked out from the system."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import numpy as np

from formulations.cut.case import DEVICE_ENERGY, ENERGY, LATENCY, PRICE, UPLOAD, CutCase
from formulations.cut.problem import CutProblem
from formulations.cut.routing import Way
from formulations.versions import Version, versions_of
from instances.columns import BoolArray, FloatArray, IntArray
from instances.networks.graph import NetworkGraph

__all__ = ["case_count", "cases_of", "too_many_cases", "with_rate"]

MOST_CASES = 10_000
"""What methods take that go through all of them."""


def case_count(problem: CutProblem) -> int:
    """Return how many cases there are."""
    return len(_versions(problem)) * int(np.prod([len(level) for level in problem.levels]))


def too_many_cases(problem: CutProblem) -> str | None:
    """Return why a method that goes through all cases declines the problem, or None."""
    return f"more than {MOST_CASES:,} choices of version and helpers" if case_count(problem) > MOST_CASES else None


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
