"""Self-aware collaborative inference: one helper or several, for one task or for a stream of them."""

from __future__ import annotations

from itertools import pairwise, permutations
from typing import Any

import numpy as np
import pandas as pd

from experiments.systems.axes import logarithmic
from experiments.systems.bench import Bench
from experiments.systems.claim import Claim, Facts
from experiments.systems.findings import all_hold, no_worse
from experiments.systems.profiles import MBIT
from experiments.systems.self_aware_boards import HELPERS, SPEED, helpers_problem, line_problem, makespan, tandem
from experiments.systems.self_aware_findings import (
    crossover,
    cuts_differ,
    forcing_raises_latency,
    loaded_board_gains,
    stages_balance,
    two_boards_double,
)
from experiments.systems.system import Measured, system
from experiments.systems.two_tier import account, asked
from instances.networks.catalogue import load_network
from instances.networks.graph import NetworkGraph
from solvers.published.self_aware import Goal, relay

__all__ = ["SelfAware"]

NETWORKS = ("alexnet", "nin", "vgg16")
LOADS = (1.0, 0.5, 0.1)
"""Free share of the device."""
RATES_MBIT = (5.0, 20.0, 90.0)
BOARDS = 4
STREAM = {"latency_weight": 0.0, "bottleneck_weight": 1.0}
TASKS = (1, 2, 3, 5, 10, 30, 100, 1000)


@system(
    "self-aware",
    number=6,
    title="Self-aware collaborative edge inference",
    family="cut",
    citation="Chen Y. et al.: self-aware collaborative edge inference, FGCS 2025, doi 10.1016/j.future.2024.107535",
    methods=("self-aware",),
    reconstruction=(
        "all formulas, the steps of the search and the program for several helpers: the abstract states the goals only",
        "networks, boards and bandwidths: theirs are not public",
    ),
)
class SelfAware:
    """Finds helpers and cuts for a device that cannot keep up: least latency for a burst, most throughput for a stack."""

    claims = (
        Claim(
            name="scan",
            text="the scan over cuts and helpers has the optimum of exact methods, for latency and throughput",
            kind="theorem",
            source="our derivation",
            check=lambda f: all_hold(f["exact"], "comparisons", 1e-6),
        ),
        Claim(
            name="several",
            text="for boards in a line so has the program over (layer, board)",
            kind="theorem",
            source="our derivation",
            check=lambda f: all_hold(f["line"], "comparisons", 1e-6),
        ),
        Claim(
            name="gate",
            text="a task that the device finishes in time stays there",
            kind="theorem",
            source="our derivation",
            check=lambda f: all_hold(f["gate"], "settings"),
        ),
        Claim(
            name="differ",
            text="the best cuts for latency and for throughput differ",
            kind="trend",
            source="our derivation",
            check=cuts_differ,
        ),
        Claim(
            name="balance",
            text="those for throughput balance the stages",
            kind="trend",
            source="our derivation",
            check=stages_balance,
        ),
        Claim(
            name="optional",
            text="another optional helper never hurts either goal",
            kind="theorem",
            source="our derivation",
            check=lambda f: no_worse(f["optional"], "additions"),
        ),
        Claim(
            name="forced",
            text="forcing more boards to take part raises the latency from some number on",
            kind="trend",
            source="our derivation",
            check=forcing_raises_latency,
        ),
        Claim(
            name="tandem",
            text="n tasks take latency + (n - 1) longest stage, as a simulated line of stages does",
            kind="theorem",
            source="our derivation",
            check=lambda f: all_hold(f["tandem"], "simulations"),
        ),
        Claim(
            name="crossover",
            text="the latency plan wins for one task, the throughput plan has the shorter longest stage, which decides for many",
            kind="theorem",
            source="our derivation",
            check=crossover,
        ),
        Claim(
            name="two-boards",
            text="two equal idle boards at most double the throughput of one",
            kind="theorem",
            source="our derivation",
            check=two_boards_double,
        ),
        Claim(
            name="loaded",
            text="16.19 times the throughput is reached where the board itself is loaded",
            kind="trend",
            source="our derivation",
            check=loaded_board_gains,
        ),
        Claim(
            name="figures",
            text="two boards: latency up to 92.59% lower, throughput 16.19 times; any number: 84.04% and 14.76 times; simulation within 1.64-11.24% of tests",
            kind="number",
            source="abstract",
            reason="networks, loads and bandwidths behind these figures are not public",
        ),
    )

    def measure(self, bench: Bench) -> Measured:
        """Sweep load and bandwidth on three chains with up to three helpers, and boards in a line."""
        facts: dict[str, Any] = {
            name: []
            for name in (
                "exact",
                "line",
                "gate",
                "cuts",
                "balance",
                "optional",
                "tandem",
                "crossover",
                "two_equal",
                "loaded",
            )
        }
        facts["forced"] = {}
        rows = []
        for name in NETWORKS:
            network = load_network(name)
            for mbit in RATES_MBIT:
                rows += [_setting(bench, network, load, mbit, facts) for load in LOADS]
                _line(bench, network, mbit, facts)
            for share in (1.0, 0.2, 0.05, 0.02):
                gain = _throughput_gain(bench, network, share, RATES_MBIT[-1])
                facts["loaded"].append((share, gain))
        table = pd.DataFrame(rows)
        return Measured(table=table, facts=facts, draw=lambda figure: _draw(figure, facts))


def _setting(bench: Bench, network: NetworkGraph, load: float, mbit: float, facts: dict[str, Any]) -> dict[str, Any]:
    where = f"{network.name}, {load:.0%} free, {mbit:g} Mbit/s"
    problem = helpers_problem(network, load, mbit, len(HELPERS))
    stream = asked(problem, **STREAM)
    runs = [bench.run("self-aware", one) for one in (problem, stream)]
    best = [bench.run("chain-scan", one, reduction=False) for one in (problem, stream)]
    for own, exact in zip(runs, best, strict=True):
        facts["exact"].append((where, own.value, exact.value))
    if network.name == NETWORKS[0] and mbit == RATES_MBIT[0]:
        facts["exact"] += [
            (where, runs[0].value, bench.run("cut-milp", problem).value),
            (where, runs[1].value, bench.run("cut-cp-sat", stream).value),
        ]
    two = [account(problem, run.plan) for run in runs]
    facts["cuts"].append((where, runs[0].plan.node.tolist(), runs[1].plan.node.tolist()))
    facts["balance"].append((where, *(one.bottleneck_s / np.mean(list(one.stage_s.values())) for one in two)))
    for goal, options in (("latency", {}), ("throughput", STREAM)):
        values = [
            bench.run("self-aware", helpers_problem(network, load, mbit, count, **options)).value
            for count in range(1, len(HELPERS) + 1)
        ]
        facts["optional"] += [(f"{where}, {goal}", after, before) for before, after in pairwise(values)]
    local = float(network.operations.sum()) / SPEED / load
    gated = bench.run("self-aware", asked(problem, latency_limit_s=1.01 * local))
    facts["gate"].append((where, account(problem, gated.plan).latency_s, local))
    spans = [[makespan(one.latency_s, one.bottleneck_s, n) for n in TASKS] for one in two]
    first = next((n for n, a, b in zip(TASKS, *spans, strict=True) if b < a * (1 - 1e-9)), None)
    facts["crossover"].append((where, (spans[0][0], spans[1][0]), (two[0].bottleneck_s, two[1].bottleneck_s), first))
    stages = np.array(list(two[1].stage_s.values()))
    for n in (1, 4, 25):
        facts["tandem"].append((where, tandem(stages, n), makespan(float(stages.sum()), two[1].bottleneck_s, n)))
    return {
        "network": network.name,
        "free share": load,
        "Mbit/s": mbit,
        "latency (s)": runs[0].value,
        "optimum (s)": best[0].value,
        "gap": None if best[0].value is None else runs[0].gap_to(best[0].value),
        "longest stage (s)": runs[1].value,
        "optimal stage (s)": best[1].value,
        "stage gap": None if best[1].value is None else runs[1].gap_to(best[1].value),
        "local (s)": local,
        "throughput plan wins from (tasks)": first,
        "ms to decide": 1e3 * runs[0].seconds,
        "exact (ms to decide)": 1e3 * best[0].seconds,
    }


def _line(bench: Bench, network: NetworkGraph, mbit: float, facts: dict[str, Any]) -> None:
    """Solve boards in a line by the program and by its exact twin, with forced boards and with two equal ones."""
    where = f"{network.name}, {mbit:g} Mbit/s"
    rate = mbit * MBIT
    goals: tuple[tuple[Goal, str, dict[str, float]], ...] = (
        ("latency", "tier-dp", {}),
        ("throughput", "chain-scan", STREAM),
    )
    for speeds in ((0.5, 1.0), (0.3, 1.0, 0.6)):
        own = np.array([network.operations / SPEED / share for share in speeds])
        for goal, method, options in goals:
            value, _ = relay(own, network.output_bytes, np.full(len(speeds) - 1, rate), goal)
            exact = bench.run(method, line_problem(network, speeds, mbit, **options), reduction=False).value
            facts["line"].append((f"{where}, {goal}, {len(speeds)} boards", value, exact))
    others = (1.0, 0.8, 0.6)
    forced = [float(network.operations.sum()) / SPEED / 0.3]
    for count in range(1, BOARDS):
        orders = permutations(others, count)
        forced.append(min(_forced_latency(network, (0.3, *order), rate) for order in orders))
    facts["forced"][where] = forced
    facts["two_equal"].append(_equal_gain(network, rate))


def _forced_latency(network: NetworkGraph, speeds: tuple[float, ...], rate: float) -> float:
    own = np.array([network.operations / SPEED / share for share in speeds])
    return relay(own, network.output_bytes, np.full(len(speeds) - 1, rate), "latency", forced=True)[0]


def _equal_gain(network: NetworkGraph, rate: float) -> float:
    own = np.array([network.operations / SPEED] * 2)
    return float(own[0].sum()) / relay(own, network.output_bytes, np.array([rate]), "throughput")[0]


def _throughput_gain(bench: Bench, network: NetworkGraph, share: float, mbit: float) -> float:
    local = float(network.operations.sum()) / SPEED / share
    found = bench.run("self-aware", helpers_problem(network, share, mbit, 1, **STREAM)).value
    return 0.0 if found is None else local / found


def _draw(figure: Any, facts: Facts) -> None:
    left, right = figure.subplots(1, 2)
    for name, values in facts["forced"].items():
        left.plot(range(1, len(values) + 1), values, marker="o", label=name)
    left.set_xlabel("boards that all run layers")
    left.set_ylabel("least latency (s)")
    logarithmic(left.yaxis)
    left.legend(fontsize="xx-small")
    right.scatter([latency for _, latency, _ in facts["balance"]], [stream for *_, stream in facts["balance"]], s=10)
    right.axline((1, 1), slope=1, linewidth=0.8, color="black")
    right.set_xlabel("longest stage over mean, latency plan")
    right.set_ylabel("the same, throughput plan")
