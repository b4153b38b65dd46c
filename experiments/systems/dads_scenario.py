"""The scenario of DADS: five networks at four uplinks, random DAGs, a sweep of the bandwidth, and tiny-YOLOv2."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from experiments.systems.axes import logarithmic
from experiments.systems.bench import Bench
from experiments.systems.claim import Facts
from experiments.systems.findings import equal
from experiments.systems.two_tier import (
    UPLINKS_MBIT,
    account,
    asked,
    by_rates,
    prefixes,
    random_dag,
    random_machines,
    single_case,
    two_tier,
)
from formulations.cut.evaluator import evaluate_levels, monotone_levels
from formulations.cut.problem import CutProblem
from formulations.registry import family
from instances.networks.catalogue import load_network
from instances.networks.graph import NetworkGraph
from solvers.exact.cut.dads_graph import dads_published_graph
from solvers.published.dads import heavy_load

__all__ = ["MODE_FRAMES_PER_S", "draw", "five_networks", "random_dags", "sweep", "tiny_yolo"]

NETWORKS = ("nin", "tiny_yolov2", "vgg16", "alexnet", "resnet18")
YOLO_OPERATIONS = 6.971e9
NEAR = YOLO_OPERATIONS / 1.8
"""Operations a second at which tiny-YOLOv2 takes the published 1.8 s on the Raspberry Pi 3B."""
FAR = YOLO_OPERATIONS / 0.17
"""The same for 0.17 s in the cloud: the published 0.59 s at 18 Mbit/s less 0.95 MB of upload."""
DAGS = 1200
HEAVY_DAGS = 100
MILP_DAGS = 12
HEAVY = {"latency_weight": 0.0, "bottleneck_weight": 1.0}
MODE_FRAMES_PER_S = 2.0


def five_networks(bench: Bench) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the rows of the table, networks by uplinks, and what the claims need of them."""
    rows: list[dict[str, Any]] = []
    facts: dict[str, Any] = {name: [] for name in ("light", "ratios", "chains", "dags", "trade")}
    facts["cloud_gain"], facts["edge_gain"], facts["chain_throughput"] = {}, [], {}
    for name in NETWORKS:
        network = load_network(name)
        for uplink, mbit in UPLINKS_MBIT.items():
            problem = by_rates(network, NEAR, FAR, mbit)
            case = single_case(problem)
            where = f"{name} at {uplink}"
            orders = evaluate_levels(case, prefixes(case))
            edge, cloud = float(orders.value[-1]), float(orders.value[0])
            linear = float(orders.value.min())
            light = bench.run("dads-dsl", problem)
            best = bench.run("chain-scan" if case.is_chain else "cut-cp-sat", problem)
            heavy_problem = asked(problem, **HEAVY)
            heavy = bench.run("dads-dsh", heavy_problem)
            shortest = bench.run("chain-scan" if case.is_chain else "cut-cp-sat", heavy_problem)
            facts["light"].append((where, light.value, best.value))
            facts["chains" if case.is_chain else "dags"].append((where, light.value, linear))
            assert heavy.value is not None and shortest.value is not None and light.value is not None
            facts["ratios"].append(heavy.value / shortest.value)
            two = [account(problem, run.plan) for run in (light, heavy)]
            facts["trade"].append((where, *((one.latency_s, one.bottleneck_s) for one in two)))
            facts["cloud_gain"].setdefault(name, []).append(1 - light.value / cloud)
            if name == "resnet18":
                facts["edge_gain"].append(edge / light.value)
            if case.is_chain and uplink == "Wi-Fi":
                cut = int(np.argmin(orders.value))
                facts["chain_throughput"][name] = float(orders.bottleneck_s[cut]) / two[1].bottleneck_s
            rows.append(
                {
                    "network": name,
                    "uplink": uplink,
                    "DSL (s)": light.value,
                    "optimum (s)": best.value,
                    "gap": light.gap_to(best.value) if best.value else None,
                    "edge-only (s)": edge,
                    "cloud-only (s)": cloud,
                    "Neurosurgeon (s)": linear,
                    "DSH stage (s)": heavy.value,
                    "optimal stage (s)": shortest.value,
                    "stage gap": heavy.gap_to(shortest.value),
                    "DSL (ms to decide)": 1e3 * light.seconds,
                    "DSH (ms to decide)": 1e3 * heavy.seconds,
                    "exact (ms to decide)": 1e3 * best.seconds,
                }
            )
    return rows, facts


def _dag(seed: int, count: int) -> CutProblem:
    """Return a random DAG of 8 layers; in the first half of `count` the cloud is faster at every layer."""
    rng = np.random.default_rng([seed, 8])
    network = random_dag(rng, 8)
    near, far = random_machines(rng, 8, faster=seed < count // 2)
    return two_tier(network, near, far, float(rng.uniform(50, 500)) * 8e-6)


def random_dags(bench: Bench, facts: dict[str, Any]) -> None:
    """Every DAG by the graph as published, by DSL and by enumeration; some by the MILP, some in heavy load."""
    facts["n_dags"], facts["published_errors"], facts["pinned_errors"] = DAGS, 0, 0
    facts["random_light"] = []
    for seed in range(DAGS):
        problem = _dag(seed, DAGS)
        case = single_case(problem)
        rows = monotone_levels(case, 10**6)
        assert rows is not None
        every = evaluate_levels(case, rows)
        best = float(every.value.min())
        for kind, pinned in (("published_errors", False), ("pinned_errors", True)):
            level, capacity = dads_published_graph(case, pinned=pinned)
            right = equal(capacity, best) and family("cut").evaluate(problem, case.plan(level)).feasible
            facts[kind] += not right
        light = bench.run("dads-dsl", problem)
        facts["random_light"].append((f"DAG {seed}", light.value, best))
        linear = float(evaluate_levels(case, prefixes(case)).value.min())
        facts["dags"].append((f"DAG {seed}", light.value, linear))
        if seed % (DAGS // MILP_DAGS) == 0:
            facts["light"].append((f"DAG {seed}", light.value, bench.run("cut-milp", problem).value))
        if seed % (DAGS // HEAVY_DAGS) == 0:
            heavy = bench.run("dads-dsh", asked(problem, **HEAVY), rounds=0)
            assert heavy.value is not None and light.plan is not None
            ratio = heavy.value / float(every.bottleneck_s.min())
            facts["ratios"].append(ratio)
            facts.setdefault("random_ratios", []).append(ratio)
            two = [account(problem, run.plan) for run in (light, heavy)]
            facts["trade"].append((f"DAG {seed}", *((one.latency_s, one.bottleneck_s) for one in two)))


def sweep(bench: Bench, facts: dict[str, Any]) -> None:
    """Note the mode and the layers on the device of ResNet-18 over the bandwidth."""
    network = load_network("resnet18")
    rates = np.geomspace(0.1, 40, 40).tolist()
    heavy, near = [], []
    for mbit in rates:
        problem = by_rates(network, NEAR, FAR, mbit)
        plan = bench.run("dads-dsl", problem).plan
        heavy.append(heavy_load(account(problem, plan).bottleneck_s, MODE_FRAMES_PER_S))
        near.append(int((plan.node == problem.source).sum()))
    facts["modes"], facts["near_layers"] = (rates, heavy), (rates, near)


def tiny_yolo(bench: Bench) -> tuple[str, str, float, float]:
    """Return the last layer on the device at 18 and 4 Mbit/s, the latency saved there and the seconds at 18 Mbit/s."""
    network = _published_input(load_network("tiny_yolov2"), 0.95e6)
    pools = [layer.name for layer in network.layers if layer.kind == "pool"]
    names = {layer.name: layer.name for layer in network.layers} | {pools[i]: f"max{i + 1}" for i in range(len(pools))}
    found, values, inputs = [], [], []
    for mbit in (18.0, 4.0):
        problem = by_rates(network, NEAR, FAR, mbit)
        run = bench.run("dads-dsl", problem)
        last = int(np.flatnonzero(run.plan.node == problem.source)[-1])
        found.append(names[network.layers[last].name])
        values.append(account(problem, run.plan).latency_s)
        case = single_case(problem)
        inputs.append(float(evaluate_levels(case, prefixes(case)[:1]).value[0]))
    return found[0], found[1], 1 - values[1] / inputs[1], values[0]


def _published_input(network: NetworkGraph, size: float) -> NetworkGraph:
    """Return the network with all tensors scaled such that the input has `size` bytes."""
    factor = size / network.layers[0].output_bytes
    layers = tuple(replace(layer, output_bytes=layer.output_bytes * factor) for layer in network.layers)
    return replace(network, layers=layers)


def draw(figure: Any, table: pd.DataFrame, facts: Facts) -> None:
    """Draw what DSL saves over cloud-only, and how near DSH comes to the optimum on random DAGs."""
    left, right = figure.subplots(1, 2)
    uplinks = list(UPLINKS_MBIT)
    for name, own in table.groupby("network", sort=False):
        left.plot(uplinks, (own["cloud-only (s)"] / own["DSL (s)"]).tolist(), marker="o", label=str(name))
    left.set_ylabel("cloud-only latency over DSL's")
    logarithmic(left.yaxis)
    left.legend(fontsize="small")
    right.hist(facts["random_ratios"], bins=30)
    right.set_xlabel("DSH's longest stage over the optimum")
    right.set_ylabel("random DAGs")
