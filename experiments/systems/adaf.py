"""ADAF: two cuts over device, edge and cloud, and layer times from a neural network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from experiments.systems.axes import legend_above, logarithmic, look_of
from experiments.systems.bench import Bench
from experiments.systems.claim import Claim, Facts, Finding
from experiments.systems.findings import all_hold, no_worse
from experiments.systems.mlp import Perceptron, linear_prediction, mape
from experiments.systems.profiles import MBIT
from experiments.systems.system import Measured, system
from experiments.systems.two_tier import single_case
from formulations.cut.case import CutCase
from formulations.cut.problem import CutProblem
from instances.columns import BoolArray, FloatArray, IntArray
from instances.networks.catalogue import load_network
from instances.networks.graph import NetworkGraph
from instances.one_inference import Machine, Wire, one_inference
from solvers.exact.cut.chain_scan import cut_rows, scan_chain

__all__ = ["Adaf", "three_tier"]

NETWORKS = ("alexnet", "vgg16", "nin", "tiny_yolov2")
SPEEDS = (4e9, 40e9, 400e9)
"""Operations a second of device, edge and cloud."""
TO_EDGE_MBIT = (2.0, 5.85, 18.88, 30.0, 100.0)
TO_CLOUD_MBIT = (0.5, 5.0, 20.0, 50.0)
CLEAR_GAIN = 0.01
MILP_RUNS = 6
RESTRICTIONS: dict[str, Callable[[IntArray, IntArray, int], BoolArray]] = {
    "device only": lambda p, q, n: p == n,
    "edge only": lambda p, q, n: (p == 0) & (q == n),
    "cloud only": lambda p, q, n: (p == 0) & (q == 0),
    "device and edge": lambda p, q, n: q == n,
    "device and cloud": lambda p, q, n: p == q,
    "edge and cloud": lambda p, q, n: p == 0,
}
TRAIN, TEST, UNITS = 400, 200, 12


def three_tier(
    network: NetworkGraph, seconds: tuple[FloatArray, FloatArray, FloatArray], to_edge: float, to_cloud: float
) -> CutProblem:
    """Return a problem of device, edge and cloud in a line; bandwidths in Mbit/s."""
    names = ("device", "edge", "cloud")
    machines = [Machine(name=f"the {name}", seconds=own) for name, own in zip(names, seconds, strict=True)]
    wires = [
        Wire(source="the device", target="the edge", bytes_per_s=to_edge * MBIT),
        Wire(source="the edge", target="the cloud", bytes_per_s=to_cloud * MBIT),
    ]
    return CutProblem(instance=one_inference(network, machines, wires))


def _times(network: NetworkGraph) -> tuple[FloatArray, FloatArray, FloatArray]:
    near, edge, cloud = (network.operations / speed for speed in SPEEDS)
    return near, edge, cloud


def _gain(facts: Facts) -> Finding:
    gains = facts["gains"]
    every = [gain for own in gains.values() for gain in own]
    clear = {name: sum(gain >= CLEAR_GAIN for gain in own) for name, own in gains.items()}
    shown = ", ".join(f"{name} {clear[name]} of {len(own)} (at most {max(own):.1%})" for name, own in gains.items())
    evidence = (
        f"settings at least {CLEAR_GAIN:.0%} faster than the best of the six: {shown}; on average {np.mean(every):.2%} "
        "(published 20.81% on average over baselines that are not named)"
    )
    return Finding(holds=sum(clear.values()) > 0, evidence=evidence)


def _predictor(facts: Facts) -> Finding:
    own, linear = facts["mape"]
    return Finding(
        holds=own < linear,
        evidence=f"mean absolute error {own:.1%} against {linear:.1%} of linear regression on {TEST} layers",
    )


@system(
    "adaf",
    number=5,
    title="ADAF: adaptive DNN splitting",
    family="cut",
    citation="Liu G., Dai, Xu, Fu, Dou, Kumar, Bilal: ADAF, FGCS 140 (2023) 422-435, doi 10.1016/j.future.2022.10.033",
    methods=("adaf",),
    reconstruction=(
        "the search for the two cuts, by one pass over prefix sums",
        "networks, machines and bandwidths: theirs are not named in what is public",
        "the synthetic law of layer times on which predictors are compared",
    ),
)
class Adaf:
    """Splits a chain over device, edge and cloud by two cuts for the least latency."""

    claims = (
        Claim(
            name="exact",
            text="one pass has the optimum of scan, dynamic program and MILP",
            kind="theorem",
            source="our derivation",
            check=lambda f: all_hold(f["exact"], "comparisons", 1e-6),
        ),
        Claim(
            name="dominance",
            text="three tiers are no slower than any of the six restrictions to one or two",
            kind="theorem",
            source="our derivation",
            check=lambda f: no_worse(f["dominance"], "restrictions"),
        ),
        Claim(
            name="gain", text="and clearly (1%) faster at some bandwidths", kind="trend", source="abstract", check=_gain
        ),
        Claim(
            name="free-backhaul",
            text="with no transfer time between edge and a faster cloud it is the best device-cloud split over the first link",
            kind="theorem",
            source="our derivation",
            check=lambda f: all_hold(f["free"], "settings", 1e-6),
        ),
        Claim(
            name="no-uplink",
            text="with no uplink it is the device alone",
            kind="theorem",
            source="our derivation",
            check=lambda f: all_hold(f["cut_off"], "settings"),
        ),
        Claim(
            name="fast-edge",
            text="where the edge is no slower than the cloud the cloud is not used",
            kind="theorem",
            source="our derivation",
            check=lambda f: all_hold(f["fast_edge"], "settings"),
        ),
        Claim(
            name="slow-edge",
            text="where the edge is as slow as the device some optimum has the edge relay only",
            kind="theorem",
            source="our derivation",
            check=lambda f: all_hold(f["relay"], "settings"),
        ),
        Claim(
            name="predictor",
            text="on a non-linear law of layer times a neural network predicts better than linear regression",
            kind="trend",
            source="abstract",
            check=_predictor,
        ),
        Claim(
            name="predictor-gain",
            text="predictions 72.31% better on average than four baselines",
            kind="number",
            source="abstract",
            reason="needs their measured layer times; the baselines are not named",
        ),
        Claim(
            name="latency-gain",
            text="end-to-end latency 20.81% lower on average",
            kind="number",
            source="abstract",
            reason="networks, machines, bandwidths and baselines behind it are not public",
        ),
    )

    def measure(self, bench: Bench) -> Measured:
        """Sweep both bandwidths on four networks, and fit both predictors."""
        facts: dict[str, Any] = {name: [] for name in ("exact", "dominance", "free", "cut_off", "fast_edge", "relay")}
        facts["gains"] = {name: [] for name in NETWORKS}
        rows: list[dict[str, Any]] = []
        for name in NETWORKS:
            network = load_network(name)
            times = _times(network)
            for to_edge in TO_EDGE_MBIT:
                for to_cloud in TO_CLOUD_MBIT:
                    problem = three_tier(network, times, to_edge, to_cloud)
                    every = len(NETWORKS) * len(TO_EDGE_MBIT) * len(TO_CLOUD_MBIT) // MILP_RUNS
                    milp = len(rows) % max(every, 1) == 0
                    rows.append(_setting(bench, problem, facts, (name, to_edge, to_cloud), milp=milp))
                _limits(bench, network, facts, to_edge)
        facts["mape"] = _mape()
        table = pd.DataFrame(rows)
        return Measured(table=table, facts=facts, draw=lambda figure: _draw(figure, table))


def _setting(
    bench: Bench, problem: CutProblem, facts: dict[str, Any], at: tuple[str, float, float], *, milp: bool
) -> dict[str, Any]:
    name, to_edge, to_cloud = at
    where = f"{name}, {to_edge:g} and {to_cloud:g} Mbit/s"
    run = bench.run("adaf", problem)
    scan = bench.run("chain-scan", problem, reduction=False)
    facts["exact"] += [(where, run.value, scan.value), (where, run.value, bench.run("tier-dp", problem).value)]
    if milp:
        facts["exact"].append((where, run.value, bench.run("cut-milp", problem).value))
    six = restricted(single_case(problem))
    facts["dominance"] += [(f"{where}: {one}", run.value, value) for one, value in six.items()]
    assert run.value is not None and scan.value is not None
    gain = round(1 - run.value / min(six.values()), 12)  # what differs by rounding is no gain
    facts["gains"][name].append(gain)
    return {
        "network": name,
        "to edge (Mbit/s)": to_edge,
        "to cloud (Mbit/s)": to_cloud,
        "ADAF (s)": run.value,
        "optimum (s)": scan.value,
        "gap": run.gap_to(scan.value),
        **{f"{one} (s)": value for one, value in six.items()},
        "gain over best": gain,
        "ADAF (ms to decide)": 1e3 * run.seconds,
        "scan (ms to decide)": 1e3 * scan.seconds,
    }


def restricted(case: CutCase) -> dict[str, float]:
    """Return the least latency of each restriction to one or two tiers."""
    rows = cut_rows(case.n_layers, 3)
    value = scan_chain(case, rows).value
    p, q = rows[:, 1], rows[:, 2]
    return {name: float(value[rule(p, q, case.n_layers - 1)].min()) for name, rule in RESTRICTIONS.items()}


def _limits(bench: Bench, network: NetworkGraph, facts: dict[str, Any], mbit: float) -> None:
    """Run the four limit cases at an uplink."""
    near, edge, cloud = _times(network)
    where = f"{network.name}, {mbit:g} Mbit/s"
    free = three_tier(network, (near, edge, cloud), mbit, 1e12)
    two = restricted(single_case(free))["device and cloud"]
    facts["free"].append((where, bench.run("adaf", free).value, two))
    off = three_tier(network, (near, edge, cloud), 1e-9, mbit)
    facts["cut_off"].append((where, bench.run("adaf", off).value, float(near.sum())))
    fast = three_tier(network, (near, cloud, edge), mbit, 50.0)
    facts["fast_edge"].append((where, bench.run("adaf", fast).value, restricted(single_case(fast))["device and edge"]))
    slow = three_tier(network, (near, near, cloud), mbit, 50.0)
    own, best = bench.run("adaf", slow).value, restricted(single_case(slow))["device and cloud"]
    facts["relay"].append((where, own, min(best, float(near.sum()))))


def _mape() -> tuple[float, float]:
    """Return the errors of a neural network and of linear regression on a non-linear law of convolution times."""
    rng = np.random.default_rng(5)
    count = TRAIN + TEST
    x = np.column_stack(
        [
            rng.integers(8, 512, count),  # input channels
            rng.integers(8, 512, count),  # output channels
            rng.choice([7, 14, 28, 56, 112], count),  # side
            rng.choice([1, 3, 5, 7], count),  # kernel
        ]
    ).astype(np.float64)
    work = 2 * x[:, 0] * x[:, 1] * (x[:, 2] * x[:, 3]) ** 2
    moved = 4 * (x[:, 0] + x[:, 1]) * x[:, 2] ** 2
    # a roofline with a launch time, a rate that grows with the channels, and 5 % of noise
    rate = 40e9 * np.minimum(x[:, 1] / 128, 1.0) ** 0.5
    seconds = (2e-4 + np.maximum(work / rate, moved / 6e9)) * np.exp(0.05 * rng.standard_normal(count))
    own = Perceptron.fit(x[:TRAIN], seconds[:TRAIN], UNITS, rng).predict(x[TRAIN:])
    linear = linear_prediction(np.column_stack([x, work])[:TRAIN], seconds[:TRAIN], np.column_stack([x, work])[TRAIN:])
    return mape(own, seconds[TRAIN:]), mape(linear, seconds[TRAIN:])


def _draw(figure: Any, table: pd.DataFrame) -> None:
    axes = np.atleast_1d(figure.subplots(1, len(NETWORKS), sharey=True))
    for one, name in zip(axes, NETWORKS, strict=True):
        series = table[table["network"] == name].groupby("to cloud (Mbit/s)", sort=False)
        for index, (to_cloud, own) in enumerate(series):
            label = f"{to_cloud:g} Mbit/s to the cloud"
            one.plot(own["to edge (Mbit/s)"], 100 * own["gain over best"], label=label, **look_of(index))
        logarithmic(one.xaxis)
        one.set_title(name)
    figure.supxlabel("Mbit/s to the edge", fontsize="medium")
    axes[0].set_ylabel("gain over one or two tiers (%)")
    legend_above(figure, axes[0])
