"""CIC: the same optimum at every bandwidth from a graph with a fraction of the nodes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from experiments.systems.axes import logarithmic
from experiments.systems.bench import Bench
from experiments.systems.claim import Claim, Facts, Finding
from experiments.systems.findings import all_hold
from experiments.systems.system import Measured, system
from experiments.systems.two_tier import by_rates, single_case, two_tier
from formulations.cut.case import CutCase
from formulations.cut.evaluator import evaluate_levels
from instances.networks.catalogue import load_network
from instances.networks.graph import NetworkGraph
from solvers.exact.cut.layered_graph import LayeredGraph, boundary_costs
from solvers.exact.cut.reduction import reduced
from solvers.published.cic import cut_survivors

__all__ = ["Cic"]

NETWORKS = ("googlenet", "mobilenet_v2", "resnet18", "resnet50", "resnet101", "inception_v3", "densenet121")
DEEP = 100
"""Layers from which a network counts as deep."""
NEAR, FAR = 10e9, 1000e9
"""Operations a second of device and server."""
RATES_MBIT = tuple(np.geomspace(0.05, 2000, 31).tolist())
REPEATS = 3
COMPARED = 5
"""Every so many bandwidths are compared with the baselines."""
BASELINES = ("DADS", "Neurosurgeon", "device only", "server only")


def _fewer(facts: Facts) -> Finding:
    deep = {name: n / kept for name, (n, kept) in facts["kept"].items() if n > DEEP}
    shown = ", ".join(f"{name} {n} to {kept}" for name, (n, kept) in facts["kept"].items())
    return Finding(holds=bool(deep) and min(deep.values()) >= 10, evidence=f"layers before and after: {shown}")


def _one_for_all(facts: Facts) -> Finding:
    wrong = [name for name, same in facts["same"].items() if not same]
    return Finding(
        holds=bool(facts["same"]) and not wrong,
        evidence=f"one reduced graph at {len(RATES_MBIT)} bandwidths on {len(facts['same']) - len(wrong)} of {len(facts['same'])} networks",
    )


def _rebuild(facts: Facts) -> Finding:
    more = {name: (facts["kept"][name][1], kept) for name, kept in facts["kept_loaded"].items()}
    shown = ", ".join(f"{name} {before} to {after}" for name, (before, after) in more.items())
    return Finding(
        holds=all(after > before for before, after in more.values()),
        evidence=f"layers kept where the server is slower at every other layer: {shown}",
    )


def _faster(facts: Facts) -> Finding:
    ratios = facts["faster"]
    shown = ", ".join(f"{name} {ratio:.0f}" for name, ratio in ratios.items())
    return Finding(holds=min(ratios.values()) > 1, evidence=f"whole graph over reduced graph, time to decide: {shown}")


def _hundred(facts: Facts) -> Finding:
    name, ratio = max(facts["faster"].items(), key=lambda one: one[1])
    return Finding(
        holds=ratio >= 100, evidence=f"at best {ratio:.0f} times ({name}), on one core, with our own flow on both sides"
    )


@system(
    "cic",
    number=9,
    title="CIC: collaborative inference based on model compression",
    family="cut",
    citation="Yang R., Li Y., He H., Zhang W.: DNN Real-Time Collaborative Inference Acceleration with Mobile Edge "
    "Computing, IJCNN 2022, doi 10.1109/ijcnn55064.2022.9892582",
    methods=("cic",),
    reconstruction=(
        "the rules by which the graph shrinks: the authors' are not public, ours are proven safe for every bandwidth",
        "networks and machines: theirs are not named in what is public",
        "the baselines: DADS, Neurosurgeon, device only and server only are from memory, unverified, like QDMP, which is left "
        "out, as its steps are not at hand",
    ),
)
class Cic:
    """Shrinks the graph of a network once, offline, so that the minimum cut at run time is quick."""

    claims = (
        Claim(
            name="same-optimum",
            text="the reduced graph has the full graph's optimum at every bandwidth",
            kind="theorem",
            source="our derivation",
            check=lambda f: all_hold(f["equal"], "networks and bandwidths"),
        ),
        Claim(
            name="one-graph",
            text="the reduced graph does not depend on the bandwidth",
            kind="theorem",
            source="abstract",
            check=_one_for_all,
        ),
        Claim(
            name="rebuild",
            text="it depends on the ratio of the machines' times: where the server is slower at some layers more of them stay",
            kind="trend",
            source="our derivation",
            check=_rebuild,
        ),
        Claim(
            name="fewer-nodes",
            text="deep networks keep at most a tenth of their layers",
            kind="number",
            source="our restatement of the abstract",
            check=_fewer,
        ),
        Claim(
            name="faster",
            text="the decision is faster on the reduced graph",
            kind="timing",
            source="abstract",
            check=_faster,
        ),
        Claim(name="hundred-times", text="up to 100 times", kind="timing", source="abstract", check=_hundred),
        Claim(
            name="testbed",
            text="latency up to 2.6 times lower, throughput up to 3.3 times higher",
            kind="number",
            source="abstract",
            reason="baselines, networks and machines behind these figures are not public",
        ),
    )

    def measure(self, bench: Bench) -> Measured:
        """Sweep the bandwidth on seven networks; baselines have their largest ratio of latencies over some bandwidths."""
        facts: dict[str, Any] = {"equal": [], "kept": {}, "kept_loaded": {}, "same": {}, "faster": {}}
        rows = [_row(bench, name, facts) for name in NETWORKS]
        table = pd.DataFrame(rows)
        return Measured(table=table, facts=facts, draw=lambda figure: _draw(figure, table))


def _row(bench: Bench, name: str, facts: dict[str, Any]) -> dict[str, Any]:
    network = load_network(name)
    graphs, worst = [], 0.0
    for mbit in RATES_MBIT:
        problem = by_rates(network, NEAR, FAR, mbit)
        own, best = bench.run("cic", problem), bench.run("min-cut", problem, reduction=False)
        facts["equal"].append((f"{name} at {mbit:.3g} Mbit/s", own.value, best.value))
        if best.value is not None:
            worst = max(worst, own.gap_to(best.value) or 0.0)
        graphs.append(reduced(single_case(problem)).members.tolist())
    beside = _beside(bench, network)
    problem = by_rates(network, NEAR, FAR, 10.0)
    whole = single_case(problem)
    began = time.perf_counter()
    small = reduced(whole)
    offline = time.perf_counter() - began
    full_s, small_s = _least(lambda: _cut(whole)), _least(lambda: cut_survivors(small))
    near = network.operations / NEAR
    far = np.where(np.arange(len(network)) % 2 == 0, 2 * near, near / 2)
    loaded = reduced(single_case(two_tier(network, near, far, 10.0)))
    facts["kept"][name] = (whole.n_layers, small.n_layers)
    facts["kept_loaded"][name] = loaded.n_layers
    facts["same"][name] = all(graph == graphs[0] for graph in graphs)
    facts["faster"][name] = full_s / small_s
    loaded_problem = two_tier(network, near, far, 10.0)
    pair = bench.run("cic", loaded_problem).value, bench.run("min-cut", loaded_problem, reduction=False).value
    facts["equal"].append((f"{name}, server slower at every other layer", *pair))
    return {
        "network": name,
        "layers": whole.n_layers,
        "kept": small.n_layers,
        "chain left": small.is_chain,
        "kept (server slower at some)": loaded.n_layers,
        "largest gap": worst,
        "offline (ms)": 1e3 * offline,
        "full cut (ms)": 1e3 * full_s,
        "reduced cut (ms)": 1e3 * small_s,
        "times faster": full_s / small_s,
        **{f"{other} over CIC, at most": ratio for other, ratio in zip(BASELINES, beside, strict=True)},
    }


def _beside(bench: Bench, network: NetworkGraph) -> list[float]:
    """Return of each of `BASELINES` the largest ratio of its latency and CIC's over bandwidths."""
    ratios = []
    for mbit in RATES_MBIT[::COMPARED]:
        problem = by_rates(network, NEAR, FAR, mbit)
        case = single_case(problem)
        far = (np.arange(case.n_layers) > 0).astype(np.int64)
        alone = evaluate_levels(case, np.stack([0 * far, far])).value.tolist()
        own, dads, single = (bench.run(name, problem).value for name in ("cic", "dads-dsl", "neurosurgeon"))
        assert own is not None and dads is not None and single is not None
        ratios.append([one / own for one in (dads, single, *alone)])
    found: list[float] = np.max(ratios, axis=0).tolist()
    return found


def _cut(case: CutCase) -> Any:
    return LayeredGraph.build(case.n_layers, 2, case.edges).solve(case.cost, boundary_costs(case))


def _least(decide: Callable[[], Any]) -> float:
    least = float("inf")
    for _ in range(REPEATS):
        began = time.perf_counter()
        decide()
        least = min(least, time.perf_counter() - began)
    return least


def _draw(figure: Any, table: pd.DataFrame) -> None:
    axes = figure.subplots()
    place = np.arange(len(table))
    axes.bar(place - 0.2, table["layers"], 0.4, label="layers")
    axes.bar(place + 0.2, table["kept"], 0.4, label="kept for all bandwidths")
    logarithmic(axes.yaxis)
    axes.set_xticks(place, table["network"].tolist(), rotation=30, ha="right")
    axes.legend()
