"""System 34: CLIO, on MobileNetV2 between a milliwatt node and the cloud."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from experiments.systems.axes import logarithmic
from experiments.systems.bench import Bench
from experiments.systems.claim import Claim, Facts, Finding
from experiments.systems.findings import all_equal, always, monotone, never_above
from experiments.systems.profiles import MBIT, as_chain, at_rate, first_on_server, random_pair
from experiments.systems.system import Measured, system
from formulations.cut.case import CutCase
from formulations.cut.cases import cases_of
from formulations.cut.problem import CutOptions, CutProblem
from formulations.registry import family
from instances.networks.catalogue import load_network
from instances.networks.graph import Layer, NetworkGraph, Variant
from instances.one_inference import Machine, Wire, one_inference

__all__ = ["Clio"]

METHOD = "clio"
WIDTHS = (1, 2, 4, 8, 16)
CHANNELS = 32
ACCURACY = {1: 0.35, 2: 0.48, 4: 0.58, 8: 0.65, 16: 0.69, 32: 0.72}
"""Of the widths at 8 bit: our figures, only their order matters."""
FOUR_BIT = 0.015
"""What 4 bit instead of 8 cost in accuracy: ours."""
DEADLINE_S = 0.5
DEVICE_OPERATIONS, CLOUD_OPERATIONS = 2e9, 1e12
DEVICE_MEMORY = 512e3
RATES = 41
CHAINS = 20
PUBLISHED_CUT = (32, 28, 28)
"""Shape of the tensor at cut 5 of MobileNetV2."""


def _sizes(facts: Facts) -> Finding:
    one, full, image = facts["payloads"]
    return Finding(
        holds=(one, full, image) == (784.0, 25_088.0, 150_528.0),
        evidence=f"{one:,.0f} B a channel, {full:,.0f} B in full, {image:,.0f} B the image",
    )


@system(
    METHOD,
    number=34,
    title="CLIO",
    family="cut",
    citation="Huang, Samplawski, Ganesan, Marlin, Kwon: CLIO: Enabling Automatic Compilation of Deep Learning Pipelines "
    "Across IoT and Cloud, MobiCom 2020, doi 10.1145/3372224.3419215",
    methods=(METHOD,),
    reconstruction=(
        "accuracies, speeds, deadline and the 4-bit compression are ours; a width is as accurate at one cut as at another",
        "the raw image cannot be sliced: even the narrowest version pays for all of it",
    ),
)
class Clio:
    """Sends as many channels of a cut tensor as arrive before the deadline, for the most accurate answer."""

    claims = (
        Claim(
            name="staircase",
            text="accuracy is a staircase that does not fall as bandwidth grows",
            kind="theorem",
            source="our derivation, for accuracies that rise with the width; the paper's graceful degradation",
            check=monotone("accuracies", "sweeps of the bandwidth", rising=True),
        ),
        Claim(
            name="no worse than a fixed width",
            text="at every bandwidth it is as accurate as a split of any fixed width at the published cut",
            kind="theorem",
            source="our derivation",
            check=never_above("fixed_pairs", "(1 - accuracy) of CLIO and of a fixed split, bandwidth by bandwidth"),
        ),
        Claim(
            name="critical bandwidth of a fixed split",
            text="a fixed split gives no answer below w b_s / (D - t_s - t^cloud), and one above",
            kind="theorem",
            source="our derivation from the paper's constraint",
            check=always("fixed_thresholds", "answers right below and above the formula's bandwidths are as it says"),
        ),
        Claim(
            name="answers at lower bandwidths",
            text="where the fixed split of full width gives no answer, CLIO answers down to the threshold of its least "
            "width",
            kind="theorem",
            source="our derivation from the paper's constraint",
            check=always(
                "clio_thresholds", "bandwidths below the fixed split's threshold are answered or not as it says"
            ),
        ),
        Claim(
            name="enumeration is exact",
            text="the enumerated choice is the optimum of the MILP",
            kind="theorem",
            source="our derivation",
            check=all_equal("exact_pairs", "comparisons on MobileNetV2 and random chains"),
        ),
        Claim(
            name="payloads",
            text="at cut 5 of MobileNetV2 a channel takes 784 B in 8 bit, all 32 take 25,088 B, the image 150,528 B",
            kind="number",
            source="our derivation from the authors' code",
            check=_sizes,
        ),
        Claim(
            name="three regimes",
            text="compression, partition and slicing are each best in a regime of their own",
            kind="trend",
            source="paper",
            reason="needs networks trained with these widths, and compressed ones: accuracies are not published",
        ),
    )

    def measure(self, bench: Bench) -> Measured:
        """Sweep the bandwidth, against fixed widths and the exact optimum."""
        problem, cut = _mobilenet()
        rates = np.geomspace(10e3 / 8, 10 * MBIT, RATES)
        by_rate = {float(rate): at_rate(problem, float(rate)) for rate in rates}
        accuracies = [_accuracy(bench, one) for one in by_rate.values()]
        cases = {case.version: case for case in cases_of(problem)}
        fixed = {w: [_fixed(one, _version(w), cut) for one in by_rate.values()] for w in (*WIDTHS, CHANNELS)}
        fixed_pairs = [
            (1.0 - mine, 1.0 - theirs)
            for answers in fixed.values()
            for mine, theirs in zip(accuracies, answers, strict=True)
        ]
        rows = []
        for mbit in (0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 2.0):
            rows.append(_row(bench, at_rate(problem, mbit * MBIT), mbit, cut))
        sizes = problem.network.output_bytes
        facts = {
            "accuracies": [accuracies],
            "fixed_pairs": fixed_pairs,
            "fixed_thresholds": _fixed_thresholds(problem, cases, cut),
            "clio_thresholds": _clio_thresholds(bench, problem, cases, cut),
            "exact_pairs": _exact_pairs(bench, problem),
            "payloads": (sizes[cut] / CHANNELS, sizes[cut], sizes[0] * min(WIDTHS) / CHANNELS / 2),
        }
        return Measured(table=pd.DataFrame(rows), facts=facts, draw=_drawing(rates, accuracies, fixed))


def _variants() -> tuple[Variant, ...]:
    found = [Variant(name=f"w={w}", accuracy=ACCURACY[w], output_factor=w / CHANNELS) for w in WIDTHS]
    found += [
        Variant(name=f"w={w}, 4 bit", accuracy=ACCURACY[w] - FOUR_BIT, output_factor=w / CHANNELS / 2)
        for w in (*WIDTHS, CHANNELS)
    ]
    return tuple(found)


def _version(width: int) -> int:
    """Return the number of the version of a width at 8 bit."""
    return 0 if width == CHANNELS else 1 + WIDTHS.index(width)


def _sliced(chain: NetworkGraph) -> NetworkGraph:
    """Return the chain with 8-bit tensors and weights, and a version for every width and compression."""
    narrowest = min(WIDTHS) / CHANNELS / 2
    layers = tuple(
        Layer(
            name=one.name,
            kind=one.kind,
            operations=one.operations,
            parameter_bytes=one.parameter_bytes / 4,
            output_bytes=one.output_bytes / 4 / (narrowest if i == 0 else 1.0),
            output_shape=one.output_shape,
        )
        for i, one in enumerate(chain.layers)
    )
    return NetworkGraph(
        name=chain.name, layers=layers, edges=chain.edges, accuracy=ACCURACY[CHANNELS], variants=_variants()
    )


def _problem(network: NetworkGraph, device: Any, cloud: Any, deadline_s: float, memory: float) -> CutProblem:
    machines = [
        Machine(name="node", seconds=device, memory_bytes=memory),
        Machine(name="cloud", seconds=cloud),
    ]
    wires = [Wire(source="node", target="cloud", bytes_per_s=1.0)]
    options = CutOptions(versions="any", latency_weight=0.0, error_weight=1.0, latency_limit_s=deadline_s)
    return CutProblem(instance=one_inference(network, machines, wires), options=options)


@cache
def _mobilenet() -> tuple[CutProblem, int]:
    """Return the problem at 1 byte/s, and the published cut."""
    network = _sliced(as_chain(load_network("mobilenet_v2"))[0])
    cut = max(i for i, layer in enumerate(network.layers) if layer.output_shape == PUBLISHED_CUT)
    operations = network.operations
    return (
        _problem(network, operations / DEVICE_OPERATIONS, operations / CLOUD_OPERATIONS, DEADLINE_S, DEVICE_MEMORY),
        cut,
    )


def _accuracy(bench: Bench, problem: CutProblem) -> float:
    """Return the accuracy of CLIO's answer, 0 where there is none."""
    value = bench.run(METHOD, problem).value
    return 0.0 if value is None else 1.0 - value


def _fixed(problem: CutProblem, version: int, cut: int) -> float:
    """Return the accuracy of a version at one cut, 0 where its answer comes too late."""
    case = next(one for one in cases_of(problem) if one.version == version)
    score = family("cut").evaluate(problem, case.plan((np.arange(case.n_layers) > cut).astype(np.int64)))
    return 1.0 - score.value if score.feasible and score.value is not None else 0.0


def _critical(case: CutCase, cut: int) -> float:
    """Return ``w b_s / (D - t_s - t^cloud)`` of a version at a cut; inf where time runs out without sending."""
    seconds = case.layer[0, 0, : cut + 1].sum() + case.layer[0, 1, cut + 1 :].sum()
    limit = case.problem.options.latency_limit_s
    assert limit is not None
    left = limit - float(seconds)
    fits = bool(case.memory_bytes[: cut + 1].sum() <= case.memory_limit[0])
    return float(case.tensor_bytes[cut]) / left if left > 0 and fits else np.inf


def _fixed_thresholds(problem: CutProblem, cases: dict[int, CutCase], cut: int) -> list[bool]:
    held = []
    for width in (*WIDTHS, CHANNELS):
        critical = _critical(cases[_version(width)], cut)
        for factor, answers in ((1 - 1e-6, False), (1 + 1e-6, True)):
            held.append((_fixed(at_rate(problem, critical * factor), _version(width), cut) > 0) == answers)
    return held


def _clio_thresholds(bench: Bench, problem: CutProblem, cases: dict[int, CutCase], cut: int) -> list[bool]:
    """Return whether CLIO answers where it should, at bandwidths where the fixed split of full width does not."""
    fixed = _critical(cases[0], cut)
    least = min(_critical(case, s) for case in cases.values() for s in range(case.n_layers))
    held = [least < fixed]
    for rate in [least * (1 - 1e-6), least * (1 + 1e-6), *np.geomspace(least * 1.01, fixed * 0.99, 8)]:
        held.append((_accuracy(bench, at_rate(problem, float(rate))) > 0) == bool(rate > least))
    return held


def _exact_pairs(bench: Bench, problem: CutProblem) -> list[tuple[Any, Any]]:
    pairs: list[tuple[Any, Any]] = []
    problems = [at_rate(problem, float(rate)) for rate in np.geomspace(2.5e3, 1e6, 8)]
    for seed in range(CHAINS):
        profile = random_pair(seed)
        network = _sliced(profile.network)
        rng = np.random.default_rng(seed)
        deadline = float(profile.device.sum() * rng.uniform(0.4, 0.9))
        memory = float(network.parameter_bytes.sum() * rng.uniform(0.4, 0.9))
        one = _problem(network, profile.device, profile.server, deadline, memory)
        problems.append(at_rate(one, 10.0 ** rng.uniform(4.5, 7)))
    for one in problems:
        found = bench.run(METHOD, one).value
        best = bench.run("chain-scan", one).value
        if best is None:  # no answer in time: neither may have one
            pairs.append((1.0 if found is None else 0.0, 1.0))
            continue
        pairs += [(found, best), (found, bench.run("cut-milp", one).value)]
    return pairs


def _row(bench: Bench, problem: CutProblem, mbit: float, cut: int) -> dict[str, Any]:
    found = bench.run(METHOD, problem, repeats=3)
    exact = bench.run("chain-scan", problem)
    network = problem.network
    names = ["w=32", *(variant.name for variant in network.variants)]
    best = None if exact.value is None else 1.0 - exact.value
    return {
        "bandwidth [Mbit/s]": mbit,
        "clio": None if found.value is None else 1.0 - found.value,
        "version": "no answer" if found.plan is None else names[found.plan.version],
        "cut after": "" if found.plan is None else network.layers[first_on_server(problem, found.plan)].name,
        "fixed w=32": _fixed(problem, 0, cut),
        "fixed w=1": _fixed(problem, _version(1), cut),
        "exact optimum": best,
        "gap": None if best is None or found.value is None else best - (1.0 - found.value),
        "decision [ms]": found.seconds * 1e3,
        "chain-scan [ms]": exact.seconds * 1e3,
    }


def _drawing(rates: Any, accuracies: list[float], fixed: dict[int, list[float]]) -> Callable[[Any], None]:
    def draw(figure: Any) -> None:
        axes = figure.subplots()
        for width in (1, 8, CHANNELS):
            axes.step(rates / MBIT, fixed[width], "--", where="post", label=f"fixed, w = {width}")
        axes.step(rates / MBIT, accuracies, where="post", color="black", label="CLIO")
        axes.set(xlabel="bandwidth [Mbit/s]", ylabel="accuracy (0: no answer)", ylim=(-0.02, 0.8))
        logarithmic(axes.xaxis)
        axes.legend(frameon=False)

    return draw
