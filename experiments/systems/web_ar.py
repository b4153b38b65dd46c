"""System 44: collaboration of browser, edge and cloud for mobile Web AR, on AlexNet and random chains."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from experiments.systems.axes import legend_above, look_of
from experiments.systems.bench import Bench
from experiments.systems.claim import Claim
from experiments.systems.findings import all_equal, monotone, never_above
from experiments.systems.profiles import MBIT, PairProfile, alexnet_pair, random_pair
from experiments.systems.system import Measured, system
from formulations.cut.cases import cases_of
from formulations.cut.problem import CutOptions, CutProblem
from formulations.registry import family
from instances.one_inference import Machine, Wire, one_inference

__all__ = ["WebAr"]

METHOD = "web-ar"
CHAINS = 20
BROWSER_SLOWDOWN = 3.0
"""Of a browser against the native client."""
EDGE_SLOWDOWN = 4.0
"""Of the edge against the server of the profile, which is the cloud here."""
UPLINK_MBIT, BACKHAUL_MBIT = 20.0, 200.0
UPLINK_S, BACKHAUL_S = 0.005, 0.020
EDGE_PRICE, CLOUD_PRICE = 0.2, 1.0
"""Of a provider's second: the slower edge is cheaper."""
FACTORS = (1.0, 1.1, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0)
"""Thresholds as multiples of the least response time."""
SPEEDS = (1.0, 2.0, 4.0, 8.0)
TWO_TIER, CLOUD_ONLY, BROWSER_ONLY = "browser and cloud", "cloud only", "browser only"


@system(
    METHOD,
    number=44,
    title="Edge-assisted collaboration for mobile Web AR",
    family="cut",
    citation="Ren, Qiao, Huang, Liu, Dustdar, Chen: Edge-Assisted Distributed DNN Collaborative Computing Approach for "
    "Mobile Web Augmented Reality in 5G Networks, IEEE Network 34(2), 2020, doi 10.1109/MNET.011.1900305",
    methods=(METHOD,),
    reconstruction=(
        "the model (nested cuts, the provider's price under a threshold on the response) and its search by enumeration",
        "profiles, rates and prices are ours: AlexNet of IONN's client, three times slower in a browser",
        "the scheduling of the edge among users is left out",
    ),
)
class WebAr:
    """Runs as much as possible in the browser, the rest on edge and cloud, while the response stays under a threshold."""

    claims = (
        Claim(
            name="enumeration is exact",
            text="the pair of cuts is the optimum of the MILP",
            kind="theorem",
            source="our derivation: two nested cuts of a chain",
            check=all_equal("exact_pairs", "comparisons over thresholds"),
        ),
        Claim(
            name="cost falls with the threshold",
            text="the provider's cost does not rise as the threshold on the response grows",
            kind="theorem",
            source="our derivation",
            check=monotone("costs", f"networks over {len(FACTORS)} thresholds", rising=False),
        ),
        Claim(
            name="three tiers against two",
            text="with the edge the cost is no higher than with browser and cloud alone, for the same threshold",
            kind="theorem",
            source="our derivation: an edge that only relays is among the choices",
            check=never_above("three_two", "comparisons"),
        ),
        Claim(
            name="two tiers against the cloud",
            text="with browser and cloud the cost is no higher than with the cloud alone, for the same threshold",
            kind="theorem",
            source="our derivation: all in the cloud is among the choices",
            check=never_above("two_one", "comparisons"),
        ),
        Claim(
            name="faster browsers do more",
            text="the share of the work that runs in the browser rises with the device's speed",
            kind="trend",
            source="our derivation",
            check=monotone("browser_shares", "networks over 4 speeds at one threshold", rising=True),
        ),
        Claim(
            name="5G trial",
            text="response times and provider's savings on a 5G trial network",
            kind="number",
            source="a report on the follow-up papers",
            reason="the article's figures are not at hand, and its network and devices are not public",
        ),
    )

    def measure(self, bench: Bench) -> Measured:
        """Sweep the threshold and the device's speed; what responds too late has no cost in the table."""
        exact: list[tuple[Any, Any]] = []
        three_two: list[tuple[Any, Any]] = []
        two_one: list[tuple[Any, Any]] = []
        rows, costs, shares = [], [], []
        for number, profile in enumerate([_browser(alexnet_pair()), *(_random(seed) for seed in range(CHAINS))]):
            least = bench.run("chain-scan", _problem(profile)).value or 0.0
            along = []
            for factor in FACTORS:
                problem = _problem(profile, factor * least)
                found = bench.run(METHOD, problem)
                others = ("chain-scan", "cut-milp") if number < 4 else ("chain-scan",)
                runs = [bench.run(other, problem) for other in others]
                exact += [(found.value, run.value) for run in runs]
                along.append(found.value)
                two = bench.run(METHOD, _problem(profile, factor * least, edge=False)).value
                cloud, browser = _all_on(problem, 2), _all_on(problem, 0)
                if two is not None:
                    three_two.append((found.value, two))
                if cloud is not None:
                    two_one.append((two, cloud))
                if number == 0:
                    optimum = runs[0]
                    assert optimum.value is not None
                    rows.append(
                        {
                            "threshold [ms]": factor * least * 1e3,
                            BROWSER_ONLY: browser,
                            CLOUD_ONLY: cloud,
                            TWO_TIER: two,
                            METHOD: found.value,
                            "work in browser": _share(found, "device_work"),
                            "on edge": _share(found, "edge_work"),
                            "exact optimum": optimum.value,
                            "gap": found.gap_to(optimum.value),
                            "decision [ms]": found.seconds * 1e3,
                            "chain-scan [ms]": optimum.seconds * 1e3,
                        }
                    )
            costs.append(along)
            shares.append(
                [
                    _share(bench.run(METHOD, _problem(_faster(profile, speed), 1.25 * least)), "device_work")
                    for speed in SPEEDS
                ]
            )
        facts = {
            "exact_pairs": exact,
            "costs": costs,
            "three_two": three_two,
            "two_one": two_one,
            "browser_shares": shares,
        }
        return Measured(table=pd.DataFrame(rows), facts=facts, draw=_drawing(rows))


def _browser(profile: PairProfile) -> PairProfile:
    return PairProfile(network=profile.network, device=profile.device * BROWSER_SLOWDOWN, server=profile.server)


def _random(seed: int) -> PairProfile:
    profile = random_pair(seed)
    # the cloud at least as fast as the edge, and both faster than the browser
    return PairProfile(
        network=profile.network, device=profile.device, server=profile.server / (BROWSER_SLOWDOWN * EDGE_SLOWDOWN)
    )


def _faster(profile: PairProfile, speed: float) -> PairProfile:
    return PairProfile(network=profile.network, device=profile.device / speed, server=profile.server)


def _problem(profile: PairProfile, threshold_s: float | None = None, *, edge: bool = True) -> CutProblem:
    """Return the problem: the least response time, or with a threshold the provider's least price.

    Without the `edge` it only relays.
    """
    machines = [
        Machine(name="browser", seconds=profile.device),
        Machine(name="edge", seconds=profile.server * EDGE_SLOWDOWN, price_per_s=EDGE_PRICE),
        Machine(name="cloud", seconds=profile.server, price_per_s=CLOUD_PRICE),
    ]
    wires = [
        Wire(source="browser", target="edge", bytes_per_s=UPLINK_MBIT * MBIT, latency_s=UPLINK_S),
        Wire(source="edge", target="cloud", bytes_per_s=BACKHAUL_MBIT * MBIT, latency_s=BACKHAUL_S),
    ]
    options: dict[str, Any] = {}
    if threshold_s is not None:
        options = {"latency_weight": 0.0, "price_weight": 1.0, "latency_limit_s": threshold_s}
    if not edge:
        # one wire in place of the two: the tensor takes both times and waits for both latencies
        rate = 1.0 / (1.0 / UPLINK_MBIT + 1.0 / BACKHAUL_MBIT) * MBIT
        machines = [machines[0], machines[2]]
        wires = [Wire(source="browser", target="cloud", bytes_per_s=rate, latency_s=UPLINK_S + BACKHAUL_S)]
    return CutProblem(instance=one_inference(profile.network, machines, wires), options=CutOptions(**options))


def _all_on(problem: CutProblem, level: int) -> float | None:
    """Return the price of running all but the input on a level, None where the response is too late."""
    case = next(cases_of(problem))
    levels = np.full(case.n_layers, level)
    levels[0] = 0
    score = family("cut").evaluate(problem, case.plan(levels))
    return score.value if score.feasible else None


def _share(run: Any, what: str) -> float:
    return float("nan") if run.score is None else float(run.score.loads[what])


def _drawing(rows: list[dict[str, Any]]) -> Callable[[Any], None]:
    table = pd.DataFrame(rows)

    def draw(figure: Any) -> None:
        axes = figure.subplots()
        for index, name in enumerate((CLOUD_ONLY, TWO_TIER, METHOD, BROWSER_ONLY)):
            cost = table[name].astype(float) * 1e3
            axes.step(table["threshold [ms]"], cost, where="post", label=name, **look_of(index))
        axes.set(xlabel="threshold on the response [ms]", ylabel="provider's cost [1/1000]", ylim=(-0.1, None))
        legend_above(figure, axes)

    return draw
