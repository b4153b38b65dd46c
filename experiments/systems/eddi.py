"""EDDI: early exits and minimum cuts together, under a latency limit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from experiments.systems.axes import legend_above, look_of
from experiments.systems.bench import Bench
from experiments.systems.branchy_alexnet import branchy_alexnet
from experiments.systems.claim import Claim, Facts, Finding
from experiments.systems.findings import all_hold, no_worse, rising
from experiments.systems.profiles import MBIT
from experiments.systems.system import Measured, system
from experiments.systems.two_tier import account, asked, prefixes
from formulations.cut.case import LATENCY
from formulations.cut.cases import cases_of
from formulations.cut.evaluator import evaluate_levels
from formulations.cut.problem import CutOptions, CutProblem
from formulations.versions import versions_of
from instances.networks.catalogue import load_network
from instances.networks.graph import Exit, NetworkGraph
from instances.one_inference import Machine, Wire, one_inference

__all__ = ["Eddi", "with_exits"]

NETWORKS = ("resnet18", "googlenet", "squeezenet1_1")
NEAR, FAR = 4e9, 400e9
"""Operations a second of device and cloud."""
HEAD_OPERATIONS = 20e6
EXITS = 4
RATES_MBIT = (0.5, 2.0, 5.85, 18.88)
SHARES = (0.02, 0.1, 1.0)
"""Share of the cloud that is free."""
BASELINES = ("device only", "cloud only", "Edgent on a linear order")
LIMIT_SHARES = (0.1, 0.2, 0.4, 0.7, 1.0)
"""Limits, as shares of the seconds that the device alone takes."""


def with_exits(network: NetworkGraph) -> NetworkGraph:
    """Return the network with exits at cut points, evenly over its work, accuracies from 0.70 to 0.80 (ours)."""
    inner = [int(v) for v in network.cut_points() if 0 < v < len(network) - 1]
    done = np.cumsum(network.operations) / network.total_operations
    after = sorted({min(inner, key=lambda v: abs(done[v] - (i + 1) / (EXITS + 1))) for i in range(EXITS)})
    exits = tuple(
        Exit(name=f"exit {i + 1}", after=v, accuracy=0.70 + 0.02 * i, operations=HEAD_OPERATIONS, parameter_bytes=1e5)
        for i, v in enumerate(after)
    )
    return NetworkGraph(name=network.name, layers=network.layers, edges=network.edges, accuracy=0.80, exits=exits)


def _problem(network: NetworkGraph, mbit: float, share: float, limit: float) -> CutProblem:
    heads = np.full(len(network.exits), HEAD_OPERATIONS)
    machines = [
        Machine(name="device", seconds=network.operations / NEAR, head_seconds=heads / NEAR),
        Machine(name="cloud", seconds=network.operations / (share * FAR), head_seconds=heads / (share * FAR)),
    ]
    wire = Wire(source="device", target="cloud", bytes_per_s=mbit * MBIT)
    return CutProblem(
        instance=one_inference(network, machines, [wire]),
        options=CutOptions(versions="any", latency_weight=0.0, error_weight=1.0, latency_limit_s=limit),
    )


def _exact(facts: Facts) -> Finding:
    found = all_hold(
        [pair for pairs in facts["exact"].values() for pair in pairs], "comparisons", 1e-6, none_alike=True
    )
    told = ", ".join(f"{len(pairs)} with {method}" for method, pairs in facts["exact"].items())
    return Finding(holds=found.holds and all(facts["exact"].values()), evidence=f"{found.evidence}: {told}")


def _rises(facts: Facts, which: str, what: str) -> Finding:
    series = facts[which]
    wrong = [str(name) for name, values in series.items() if not rising(values)]
    changed = sum(values[0] < values[-1] for values in series.values())
    evidence = f"{len(series) - len(wrong)} of {len(series)} series over {what} never fall, {changed} rise"
    return Finding(holds=not wrong and bool(series), evidence=evidence + (f"; falls: {wrong[:2]}" if wrong else ""))


def _beyond_dads(facts: Facts) -> Finding:
    lost = [where for where, own, dads in facts["met"] if dads and not own]
    more = sum(own and not dads for _, own, dads in facts["met"])
    both = sum(own and dads for _, own, dads in facts["met"])
    evidence = f"of {len(facts['met'])} limits EDDI and DADS keep {both}, EDDI alone {more}, DADS alone {len(lost)}"
    return Finding(holds=not lost and more > 0, evidence=evidence)


@system(
    "eddi",
    number=15,
    title="EDDI",
    family="cut",
    citation="Yang L., Shen, Zhong, Liao: EDDI, JPDC 2023, doi 10.1016/j.jpdc.2022.09.005",
    methods=("eddi",),
    reconstruction=(
        "how the DAG of each exit is derived, and that all exits are tried in turn",
        "networks, exits, accuracies and machines: theirs are not public",
        "the baselines beside DADS, each with all exits (the abstract names none); their weak edge is the device here, so "
        "edge only is device only",
    ),
)
class Eddi:
    """Picks the most accurate early exit of a DAG that a minimum cut brings within the latency limit."""

    claims = (
        Claim(
            name="exact",
            text="EDDI has the accuracy of CP-SAT (cut-cp-sat) and MILP (cut-milp) over exit and cut, each on a part of the "
            "settings, and on a chain that of all cuts (chain-scan)",
            kind="theorem",
            source="our derivation",
            check=_exact,
        ),
        Claim(
            name="chains",
            text="on a chain it is Edgent with the front on the device",
            kind="theorem",
            source="our derivation",
            check=lambda f: all_hold(f["chain"], "settings", none_alike=True),
        ),
        Claim(
            name="limit",
            text="accuracy never falls as the limit grows",
            kind="theorem",
            source="our derivation",
            check=lambda f: _rises(f, "by_limit", "the limit"),
        ),
        Claim(
            name="rate",
            text="accuracy never falls as the bandwidth grows",
            kind="theorem",
            source="our derivation",
            check=lambda f: _rises(f, "by_rate", "the bandwidth"),
        ),
        Claim(
            name="capacity",
            text="accuracy never falls as more of the cloud is free",
            kind="theorem",
            source="our derivation",
            check=lambda f: _rises(f, "by_share", "the cloud's free share"),
        ),
        Claim(
            name="beyond-dads",
            text="it keeps every limit that DADS keeps, and some that DADS on the whole network cannot",
            kind="trend",
            source="our derivation",
            check=_beyond_dads,
        ),
        Claim(
            name="linear",
            text="at the exit that it takes it is no slower than Edgent on a linear order of the layers",
            kind="theorem",
            source="our derivation",
            check=lambda f: no_worse(f["linear"], "plans"),
        ),
        Claim(
            name="averages",
            text="accuracy 10.6%, latency 3.3% and throughput 3% better than earlier schemes over the limits; speed-up of latency 8% better over networks and 4% over capacities",
            kind="number",
            source="abstract",
            reason="networks, exits, accuracies and machines behind these figures are not public",
        ),
    )

    def measure(self, bench: Bench) -> Measured:
        """Sweep limit, bandwidth and the cloud's free share on three DAGs, and on the branchy AlexNet of Edgent.

        A limit that no plan keeps counts as accuracy 0 in the means of the table.
        """
        facts: dict[str, Any] = {name: [] for name in ("chain", "met", "linear")}
        facts["exact"] = {method: [] for method in ("cut-cp-sat", "cut-milp", "chain-scan")}
        facts |= {name: {} for name in ("by_limit", "by_rate", "by_share")}
        rows = []
        for name in NETWORKS:
            network = with_exits(load_network(name))
            local = network.total_operations / NEAR
            for share in SHARES:
                for mbit in RATES_MBIT:
                    for part in LIMIT_SHARES:
                        problem = _problem(network, mbit, share, part * local)
                        rows.append(_setting(bench, problem, facts, (name, share, mbit, part)))
        _chains(bench, facts)
        table = pd.DataFrame(rows)
        return Measured(table=_mean(table), facts=facts, draw=lambda figure: _draw(figure, table))


def _setting(
    bench: Bench, problem: CutProblem, facts: dict[str, Any], at: tuple[str, float, float, float]
) -> dict[str, Any]:
    name, share, mbit, part = at
    where = f"{name}, {share:.0%} of the cloud, {mbit:g} Mbit/s, limit {part:g}"
    run = bench.run("eddi", problem)
    accuracy = 0.0 if run.value is None else 1 - run.value
    full = asked(problem, versions="full", latency_weight=1.0, error_weight=0.0, latency_limit_s=None)
    dads = bench.run("dads-dsl", full)
    limit = problem.options.latency_limit_s
    assert limit is not None and dads.value is not None
    met = dads.value <= limit
    facts["met"].append((where, run.value is not None, met))
    for series, key in (
        ("by_limit", (name, share, mbit)),
        ("by_rate", (name, share, part)),
        ("by_share", (name, mbit, part)),
    ):
        facts[series].setdefault(key, []).append(accuracy)
    row = {
        "network": name,
        "cloud": share,
        "Mbit/s": mbit,
        "limit": part,
        "EDDI": accuracy,
        "DADS": problem.network.accuracy if met else 0.0,
        **dict(zip(BASELINES, _baselines(problem, limit), strict=True)),
        "ms": 1e3 * run.seconds,
        "exact ms": np.nan,
        "gap": np.nan,
    }
    if run.plan is not None:
        case = next(one for one in cases_of(problem) if one.version == run.plan.version)
        linear = float(evaluate_levels(case, prefixes(case)).measures[LATENCY].min())
        facts["linear"].append((where, account(problem, run.plan).latency_s, linear))
    middle = part == LIMIT_SHARES[len(LIMIT_SHARES) // 2]
    if middle or (name == NETWORKS[-1] and mbit == RATES_MBIT[0]):
        exact = bench.run("cut-cp-sat", problem)
        facts["exact"]["cut-cp-sat"].append((where, run.value, exact.value))
        row["exact ms"] = 1e3 * exact.seconds
        if exact.value is not None:
            row["gap"] = run.gap_to(exact.value)
        if middle and share == SHARES[0]:
            facts["exact"]["cut-milp"].append((where, run.value, bench.run("cut-milp", problem).value))
    return row


def _baselines(problem: CutProblem, limit: float) -> list[float]:
    """Return the best accuracy within the limit of each of `BASELINES`, all exits tried; 0 where none keeps it."""
    found = [0.0] * len(BASELINES)
    versions = versions_of(problem.network)
    for case in cases_of(problem):
        rows = prefixes(case)
        seconds = evaluate_levels(case, rows).measures[LATENCY]
        # the last row keeps all on the device, the first sends the input
        least = float(seconds[-1]), float(seconds[0]), float(seconds.min())
        accuracy = versions[case.version].accuracy
        found = [max(own, accuracy) if one <= limit else own for own, one in zip(found, least, strict=True)]
    return found


def _chains(bench: Bench, facts: dict[str, Any]) -> None:
    """Compare with Edgent and with the exact scan on a chain."""
    net = branchy_alexnet()
    for mbit in RATES_MBIT:
        for limit in (0.05, 0.1, 0.3, 1.0, 2.0):
            problem = net.problem(mbit, latency_limit_s=limit)
            own, edgent = bench.run("eddi", problem).value, bench.run("edgent-2018", problem, front="device").value
            where = f"branchy AlexNet, {mbit:g} Mbit/s within {limit:g} s"
            facts["chain"].append((where, own, edgent))
            facts["exact"]["chain-scan"].append((where, own, bench.run("chain-scan", problem).value))


def _mean(table: pd.DataFrame) -> pd.DataFrame:
    """Return counts and means over bandwidths and limits."""
    found = table.groupby(["network", "cloud"], sort=False).agg(
        settings=("EDDI", "size"),
        kept=("EDDI", lambda own: int((own > 0).sum())),
        dads=("DADS", lambda own: int((own > 0).sum())),
        **{name: (name, "mean") for name in ("EDDI", "DADS", *BASELINES)},
        gap=("gap", "max"),
        ms=("ms", "median"),
        exact=("exact ms", "median"),
    )
    names = {
        "cloud": "free share of cloud",
        "kept": "limits kept by EDDI",
        "dads": "limits kept by DADS",
        **{name: f"{name} (mean accuracy)" for name in ("EDDI", "DADS", *BASELINES)},
        "gap": "largest gap",
        "ms": "EDDI (ms to decide)",
        "exact": "exact (ms to decide)",
    }
    return found.reset_index().rename(columns=names)


def _draw(figure: Any, table: pd.DataFrame) -> None:
    axes = np.atleast_1d(figure.subplots(1, len(NETWORKS), sharex=True, sharey=True))
    for one, name in zip(axes, NETWORKS, strict=True):
        own = table[(table["network"] == name) & (table["cloud"] == SHARES[-1])]
        for index, mbit in enumerate(RATES_MBIT):
            series = own[(own["EDDI"] > 0) & (own["Mbit/s"] == mbit)]
            one.step(series["limit"], series["EDDI"], where="post", label=f"{mbit:g} Mbit/s", **look_of(index))
        one.set_title(name)
    figure.supxlabel("limit over the time of the device alone", fontsize="medium")
    axes[0].set_ylabel("accuracy of the exit")
    legend_above(figure, axes[0])
