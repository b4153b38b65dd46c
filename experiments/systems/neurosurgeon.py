"""System 1: Neurosurgeon, on IONN's public profile of AlexNet and on random chains."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from experiments.systems.axes import logarithmic
from experiments.systems.bench import Bench
from experiments.systems.claim import Claim, Facts, Finding
from experiments.systems.findings import all_equal, always, monotone, never_above, numbers_near
from experiments.systems.profiles import (
    IONN_ABSENT,
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
from experiments.systems.system import Measured, system
from formulations.cut.cases import cases_of
from formulations.cut.problem import CutProblem
from formulations.registry import family
from instances.costs.layer_regression import fit_layers
from instances.costs.model import make_cost_model
from instances.networks.catalogue import load_network
from instances.nodes.catalogue import node_kind
from solvers.exact.cut.bandwidth import bandwidth_map

__all__ = ["Neurosurgeon"]

METHOD = "neurosurgeon"
CHAINS = 90
"""Random chains that the exact methods solve too."""
LATENCY: dict[str, Any] = {}
ENERGY = {"latency_weight": 0.0, "device_energy_weight": 1.0}
UPLINKS = {"3G": 1.1, "4G": 5.85, "Wi-Fi": 18.88}
"""Mbit/s, as the literature has them."""
LATENCY_SWITCHES, ENERGY_SWITCHES = (0.946, 4.94, 23.9), (0.863, 4.51, 21.8)
_OWN = "our derivation, on the public AlexNet profile of IONN's authors"
_THEIR_TRACES = "needs the authors' devices, radios and per-layer traces, which are not public"


def _mid_cuts(facts: Facts) -> Finding:
    counts = facts["mid_cuts"]
    early = [inside for share, inside, _ in counts.values() if share < 0.5]
    told = ", ".join(
        f"{name} {inside} of {rates} (after {share:.0%} of the work)" for name, (share, inside, rates) in counts.items()
    )
    return Finding(
        holds=bool(early) and all(early),
        evidence=f"bandwidths with a cut inside (and where a tensor is first smaller than the input): {told}",
    )


def _pool5(facts: Facts) -> Finding:
    at = facts["cut_after"]
    low, high = facts["pool5_mbit"]
    return Finding(holds=at["3G"] == "pool5", evidence=f"{at}; pool5 between {low:.3g} and {high:.3g} Mbit/s (latency)")


def _predicted(facts: Facts) -> Finding:
    optimal, total, ratio, worst = facts["predicted"]
    return Finding(
        holds=optimal / total >= 0.5 and ratio >= 0.9,
        evidence=f"optimal in {optimal} of {total} settings, {ratio:.1%} of the best speed on average, {worst:.1%} at "
        "worst, with formulas fitted to three other networks",
    )


@system(
    METHOD,
    number=1,
    title="Neurosurgeon",
    family="cut",
    citation="Kang, Hauswald, Gao, Rovinski, Mudge, Mars, Tang: Neurosurgeon: Collaborative Intelligence Between the "
    "Cloud and Mobile Edge, ASPLOS 2017, doi 10.1145/3037697.3037698",
    methods=(METHOD,),
    reconstruction=(
        "the profile is that of IONN's Odroid XU4 and GPU server, not the authors' Jetson TK1 and K40",
        "energy charges the device while it waits, as IONN's code does; that Neurosurgeon does not is from memory",
        "prediction regresses the rate of work per layer type: from memory, unverified; fitted without negative "
        "coefficients",
    ),
)
class Neurosurgeon:
    """Picks the one layer boundary at which a device hands a chain to a server, for latency or for its own energy."""

    claims = (
        Claim(
            name="enumeration is exact",
            text="trying all cuts gives the optimum of the shortest path and of the MILP, for latency and energy",
            kind="theorem",
            source="our derivation: one cut on a chain",
            check=all_equal("exact_pairs", "comparisons on random chains and AlexNet"),
        ),
        Claim(
            name="no worse than the extremes",
            text="its cut is no worse than device only and server only",
            kind="theorem",
            source="our derivation: both are among the cuts",
            check=never_above("extreme_pairs", "comparisons"),
        ),
        Claim(
            name="bandwidth moves the cut to the server",
            text="where no layer is slower on the server, the cut moves towards the input as bandwidth grows",
            kind="theorem",
            source="our derivation",
            check=monotone("cuts_by_rate", "chains over 13 bandwidths", rising=False),
        ),
        Claim(
            name="load moves the cut to the device",
            text="as the load of the server grows, the cut moves towards the device",
            kind="theorem",
            source="the abstract's adaptation to load; that it holds always is our derivation",
            check=monotone("cuts_by_load", "chains over 7 loads", rising=True),
        ),
        Claim(
            name="flat networks have extreme cuts",
            text="networks of fully-connected layers, whose tensors are all of one size, run on one side as a whole",
            kind="theorem",
            source="a report on the paper; that it holds always where the server is no slower is our derivation",
            check=always("flat_extreme", "optimal cuts of flat chains are device only or server only"),
        ),
        Claim(
            name="early pooling gives cuts inside",
            text="convolutional networks whose pooling shrinks tensors early are cut in the middle at some bandwidths",
            kind="trend",
            source="a report on the paper",
            check=_mid_cuts,
        ),
        Claim(
            name="AlexNet behind pool5",
            text="the best cut of AlexNet over a slow radio lies between pool5 and fc6",
            kind="trend",
            source="a report on the paper",
            check=_pool5,
        ),
        Claim(
            name="switching bandwidths, latency",
            text="AlexNet's optimal latency switches from device only to pool5, pool1 and server only near 0.946, "
            "4.94 and 23.9 Mbit/s",
            kind="number",
            source=_OWN,
            check=numbers_near("latency_switches", LATENCY_SWITCHES, 0.005, "Mbit/s"),
        ),
        Claim(
            name="switching bandwidths, energy",
            text="AlexNet's optimal device energy switches near 0.863, 4.51 and 21.8 Mbit/s",
            kind="number",
            source=_OWN,
            check=numbers_near("energy_switches", ENERGY_SWITCHES, 0.005, "Mbit/s"),
        ),
        Claim(
            name="prediction decides well",
            text="cuts decided on layer times predicted by regression are mostly optimal (44 of 48 settings published)",
            kind="trend",
            source="44 of 48: a report on the paper; 98.5 % of the best speed: from memory, unverified",
            check=_predicted,
            needs=("predicted",),
        ),
        Claim(
            name="speedup over cloud only",
            text="latency 3.1 times lower on average, 40.7 times at most; device energy 59.5 % lower, 94.7 % at most",
            kind="number",
            source="abstract",
            reason=_THEIR_TRACES,
        ),
        Claim(
            name="throughput of the datacentre",
            text="1.5 times higher on average, 6.7 times at most",
            kind="number",
            source="abstract",
            reason=_THEIR_TRACES,
        ),
        Claim(
            name="against MAUI and under load",
            text="up to 32 times faster than MAUI; under 380 ms where cloud only rises from 105 to 753 ms with the load; "
            "AlexNet's energy about 18 % below cloud only",
            kind="number",
            source="a report on the paper",
            reason=_THEIR_TRACES,
        ),
    )

    def measure(self, bench: Bench) -> Measured:
        """Cut AlexNet over bandwidths, and random chains against the exact methods."""
        exact_pairs, extreme_pairs, flat = _random_chains(bench)
        rows, cut_after = [], {}
        for label, mbit in UPLINKS.items():
            for objective, options in (("latency [s]", LATENCY), ("energy [J]", ENERGY)):
                problem = _alexnet(mbit * MBIT, options)
                row = _row(bench, problem, exact_pairs, extreme_pairs)
                if options is LATENCY:
                    cut_after[label] = row["cut after"]
                rows.append({"uplink": f"{label} ({mbit} Mbit/s)", "objective": objective, **row})
        latency, energy = (_switches(bench, options) for options in (LATENCY, ENERGY))
        facts: dict[str, Any] = {
            "exact_pairs": exact_pairs,
            "extreme_pairs": extreme_pairs,
            "flat_extreme": flat,
            "cuts_by_rate": list(_cuts_by_rate(bench)),
            "cuts_by_load": list(_cuts_by_load(bench)),
            "mid_cuts": _mid_cut_counts(bench),
            "cut_after": cut_after,
            "pool5_mbit": (latency + [math.nan] * 2)[:2],
            "latency_switches": latency,
            "energy_switches": energy,
            "absent": IONN_ABSENT,
        }
        predicted = _decided_on_predictions(bench)
        if predicted is not None:
            facts["predicted"] = predicted
        return Measured(table=pd.DataFrame(rows), facts=facts, draw=_drawing(bench))


def _alexnet(bytes_per_s: float, options: dict[str, Any]) -> CutProblem:
    return pair_problem(alexnet_pair(), bytes_per_s, watts=IONN_WATTS, **options)


def _cut(bench: Bench, problem: CutProblem) -> int:
    return first_on_server(problem, bench.run(METHOD, problem).plan)


def _extreme(problem: CutProblem, on_device: bool) -> float:
    """Return the value of running all layers on the device, or none but the input."""
    case = next(cases_of(problem))
    level = np.full(case.n_layers, 0 if on_device else 1)
    level[0] = 0
    return float(family("cut").evaluate(problem, case.plan(level)).value or math.inf)


def _row(
    bench: Bench, problem: CutProblem, exact: list[tuple[Any, Any]], extremes: list[tuple[Any, Any]]
) -> dict[str, Any]:
    found = bench.run(METHOD, problem, repeats=5)
    optimum = bench.run("chain-scan", problem, repeats=5)
    assert optimum.value is not None
    device, server = _extreme(problem, True), _extreme(problem, False)
    exact += [(found.value, bench.run(other, problem).value) for other in ("chain-scan", "tier-dp", "cut-milp")]
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


def _random_chains(bench: Bench) -> tuple[list[tuple[Any, Any]], list[tuple[Any, Any]], list[bool]]:
    exact: list[tuple[Any, Any]] = []
    extremes: list[tuple[Any, Any]] = []
    for seed in range(CHAINS):
        rate = 10.0 ** np.random.default_rng(seed).uniform(4.5, 7.5)
        options = ENERGY if seed % 2 else LATENCY
        problem = pair_problem(random_pair(seed, faster=seed % 3 > 0), rate, watts=IONN_WATTS, **options)
        found = bench.run(METHOD, problem).value
        others = ["chain-scan", "tier-dp", *(["cut-milp"] if seed < CHAINS // 3 else [])]
        exact += [(found, bench.run(other, problem).value) for other in others]
        extremes.append((found, min(_extreme(problem, True), _extreme(problem, False))))
    flat = []
    for seed in range(CHAINS // 5):
        problem = pair_problem(random_pair(seed, flat=True), 1.0)
        ends = (0, len(problem.network) - 1)
        flat += [_cut(bench, at_rate(problem, rate)) in ends for rate in (1e5, 1e6, 1e7)]
    return exact, extremes, flat


def _cuts_by_rate(bench: Bench) -> Iterator[list[int]]:
    for profile in [alexnet_pair(), *(random_pair(seed) for seed in range(CHAINS // 5))]:
        problem = pair_problem(profile, 1.0)
        yield [_cut(bench, at_rate(problem, rate)) for rate in np.geomspace(1e4, 1e8, 13)]


def _cuts_by_load(bench: Bench) -> Iterator[list[int]]:
    for profile in [alexnet_pair(), *(random_pair(seed, faster=False) for seed in range(CHAINS // 5))]:
        loads = np.geomspace(1.0, 1e3, 7)
        yield [_cut(bench, pair_problem(profile, 5.85 * MBIT, load=load)) for load in loads]


def _switches(bench: Bench, options: dict[str, Any]) -> list[float]:
    """Return the bandwidths at which the decision changes, in Mbit/s, found by bisection."""
    problem = _alexnet(1.0, options)

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


def _mid_cut_counts(bench: Bench) -> dict[str, tuple[float, int, int]]:
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


def _decided_on_predictions(bench: Bench) -> tuple[int, int, float, float] | None:
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


def _drawing(bench: Bench) -> Callable[[Any], None]:
    mbits = np.geomspace(0.3, 60.0, 60)
    whole = _alexnet(1.0, LATENCY)
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
