"""The scenario of Neurosurgeon: AlexNet of IONN's public profile over bandwidths, and random chains."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np

from experiments.systems.axes import logarithmic
from experiments.systems.bench import Bench
from experiments.systems.profiles import (
    IONN_WATTS,
    MBIT,
    PairProfile,
    alexnet_pair,
    at_rate,
    first_on_server,
    ionn_pair,
    pair_problem,
    random_pair,
)
from formulations.cut.cases import cases_of
from formulations.cut.problem import CutProblem
from formulations.registry import family
from instances.costs.layer_regression import fit_layers
from instances.costs.model import make_cost_model
from instances.networks.catalogue import load_network
from instances.nodes.catalogue import node_kind
from solvers.exact.cut.bandwidth import bandwidth_map

__all__ = [
    "ENERGY",
    "LATENCY",
    "METHOD",
    "alexnet",
    "alexnet_row",
    "cuts_by_load",
    "cuts_by_rate",
    "decided_on_predictions",
    "drawing",
    "mid_cut_counts",
    "random_chains",
    "switches",
]

METHOD = "neurosurgeon"
CHAINS = 90
"""Random chains that the exact methods solve too."""
EXACT = ("chain-scan", "tier-dp", "excursion-path")
"""Solve every chain, the MILP every third one."""
LATENCY: dict[str, Any] = {}
ENERGY = {"latency_weight": 0.0, "device_energy_weight": 1.0}


def alexnet(bytes_per_s: float, options: dict[str, Any]) -> CutProblem:
    """Return AlexNet between IONN's client and server at a bandwidth, with the client's watts."""
    return pair_problem(alexnet_pair(), bytes_per_s, watts=IONN_WATTS, **options)


def _cut(bench: Bench, problem: CutProblem) -> int:
    return first_on_server(problem, bench.run(METHOD, problem).plan)


def _extreme(problem: CutProblem, on_device: bool) -> float:
    """Return the value of running all layers on the device, or none but the input."""
    case = next(cases_of(problem))
    level = np.full(case.n_layers, 0 if on_device else 1)
    level[0] = 0
    return float(family("cut").evaluate(problem, case.plan(level)).value or math.inf)


def alexnet_row(
    bench: Bench, problem: CutProblem, exact: list[tuple[Any, Any]], extremes: list[tuple[Any, Any]]
) -> dict[str, Any]:
    """Return a row of the table; add pairs of the method's value with the exact ones and with the better extreme."""
    found = bench.run(METHOD, problem, repeats=5)
    optimum = bench.run("chain-scan", problem, repeats=5)
    assert optimum.value is not None
    device, server = _extreme(problem, True), _extreme(problem, False)
    exact += [(found.value, bench.run(other, problem).value) for other in (*EXACT, "cut-milp")]
    extremes.append((found.value, min(device, server)))
    return {
        "device only": device,
        "server only": server,
        "neurosurgeon": found.value,
        "cut after": problem.network.layers[first_on_server(problem, found.plan)].name,
        "exact optimum": optimum.value,
        "gap": found.gap_to(optimum.value),
        "decision [ms]": found.seconds * 1e3,
        "chain-scan [ms]": optimum.seconds * 1e3,
    }


def random_chains(bench: Bench) -> tuple[list[tuple[Any, Any]], list[tuple[Any, Any]], list[bool]]:
    """Return pairs with exact values, pairs with the better extreme, and whether cuts of flat chains are extreme."""
    exact: list[tuple[Any, Any]] = []
    extremes: list[tuple[Any, Any]] = []
    for seed in range(CHAINS):
        rate = 10.0 ** np.random.default_rng(seed).uniform(4.5, 7.5)
        options = ENERGY if seed % 2 else LATENCY
        problem = pair_problem(random_pair(seed, faster=seed % 3 > 0), rate, watts=IONN_WATTS, **options)
        found = bench.run(METHOD, problem).value
        others = [*EXACT, *(["cut-milp"] if seed % 3 == 0 else [])]
        exact += [(found, bench.run(other, problem).value) for other in others]
        extremes.append((found, min(_extreme(problem, True), _extreme(problem, False))))
    flat = []
    for seed in range(CHAINS // 5):
        problem = pair_problem(random_pair(seed, flat=True), 1.0)
        ends = (0, len(problem.network) - 1)
        flat += [_cut(bench, at_rate(problem, rate)) in ends for rate in (1e5, 1e6, 1e7)]
    return exact, extremes, flat


def cuts_by_rate(bench: Bench) -> Iterator[list[int]]:
    """Yield how many layers stay on the device at rising bandwidths, chain by chain."""
    for profile in [alexnet_pair(), *(random_pair(seed) for seed in range(CHAINS // 5))]:
        problem = pair_problem(profile, 1.0)
        yield [_cut(bench, at_rate(problem, rate)) for rate in np.geomspace(1e4, 1e8, 13)]


def cuts_by_load(bench: Bench) -> Iterator[list[int]]:
    """Yield how many layers stay on the device at rising loads of the server, chain by chain."""
    for profile in [alexnet_pair(), *(random_pair(seed, faster=False) for seed in range(CHAINS // 5))]:
        loads = np.geomspace(1.0, 1e3, 7)
        yield [_cut(bench, pair_problem(profile, 5.85 * MBIT, load=load)) for load in loads]


def switches(bench: Bench, options: dict[str, Any]) -> list[float]:
    """Return the bandwidths at which the decision changes, in Mbit/s, found by bisection."""
    problem = alexnet(1.0, options)

    @cache
    def cut(log_mbit: float) -> int:
        return _cut(bench, at_rate(problem, math.exp(log_mbit) * MBIT))

    grid = np.log(np.geomspace(0.1, 100.0, 25)).tolist()
    return [math.exp(_change(cut, a, b)) for a, b in itertools.pairwise(grid) if cut(a) != cut(b)]


def _change(cut: Callable[[float], int], low: float, high: float) -> float:
    at_low = cut(low)
    while high - low > 1e-5:
        middle = (low + high) / 2
        low, high = (middle, high) if cut(middle) == at_low else (low, middle)
    return low


def mid_cut_counts(bench: Bench) -> dict[str, tuple[float, int, int]]:
    """Return of chains: the share of work before a tensor is below the input, bandwidths cut inside, bandwidths."""
    kinds = [node_kind("jetson-nano"), node_kind("k40")]
    found = {}
    for name in ("alexnet", "nin", "tiny_yolov2", "vgg16", "vgg19"):
        network = load_network(name)
        device, server = make_cost_model("roofline").fill(network, kinds).layer_seconds
        problem = pair_problem(PairProfile(network=network, device=device, server=server), 1.0)
        cuts = [_cut(bench, at_rate(problem, rate)) for rate in np.geomspace(1e5, 1e9, 17)]
        smaller = int(np.flatnonzero(network.output_bytes < network.output_bytes[0])[0])
        share = float(network.operations[: smaller + 1].sum() / network.total_operations)
        found[name] = (share, sum(0 < cut < len(network) - 1 for cut in cuts), len(cuts))
    return found


def decided_on_predictions(bench: Bench) -> tuple[int, int, float, float] | None:
    """Decide AlexNet's cut on layer times predicted from the other networks' profiles, and pay the measured ones."""
    others = [ionn_pair(bench, name) for name in ("googlenet", "mobilenet", "resnet50")]
    known = [one for one in others if one is not None]
    if len(known) < len(others):
        return None
    true = alexnet_pair()
    guess = PairProfile(
        network=true.network,
        device=fit_layers([(one.network, one.device) for one in known]).seconds(true.network),
        # MobileNet was not measured on the server
        server=fit_layers([(one.network, one.server) for one in known if one.server.any()]).seconds(true.network),
    )
    ratios = []
    for mbit in np.geomspace(0.5, 40.0, 24):
        for options in (LATENCY, ENERGY):
            believed, real = (pair_problem(one, mbit * MBIT, watts=IONN_WATTS, **options) for one in (guess, true))
            paid = family("cut").evaluate(real, bench.run(METHOD, believed).plan).value or math.inf
            ratios.append((bench.run("chain-scan", real).value or 0.0) / paid)
    values = np.array(ratios)
    return int((values > 1 - 1e-9).sum()), len(values), float(values.mean()), float(values.min())


def drawing(bench: Bench) -> Callable[[Any], None]:
    """Return what draws AlexNet's latency over the bandwidth, with the bandwidths at which the optimal cut changes."""
    mbits = np.geomspace(0.3, 60.0, 60)
    whole = alexnet(1.0, LATENCY)
    curves = {"device only": [], "server only": [], METHOD: []}  # type: dict[str, list[float]]
    for mbit in mbits:
        problem = at_rate(whole, mbit * MBIT)
        curves["device only"].append(_extreme(problem, True))
        curves["server only"].append(_extreme(problem, False))
        curves[METHOD].append(bench.run(METHOD, problem).value or math.nan)
    steps = bandwidth_map(whole)

    def draw(figure: Any) -> None:
        axes = figure.subplots()
        for (name, values), style in zip(curves.items(), ("--", ":", "-"), strict=True):
            axes.plot(mbits, np.array(values) * 1e3, style, label=name)
        for step in steps[1:]:
            axes.axvline(step.low / MBIT, color="0.7", linewidth=0.8, zorder=0)
        axes.set(xlabel="bandwidth [Mbit/s]", ylabel="latency of AlexNet [ms]", xlim=(mbits[0], mbits[-1]))
        logarithmic(axes.xaxis)
        logarithmic(axes.yaxis)
        axes.legend(frameon=False)

    return draw
