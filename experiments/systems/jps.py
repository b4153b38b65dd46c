"""System 36: JPS, on the networks of SPSO-GA's authors, on random lines of layers and on networks that are no chain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from experiments.systems import jps_findings as findings
from experiments.systems.bench import Bench
from experiments.systems.claim import Claim
from experiments.systems.findings import all_equal, never_above
from experiments.systems.job_streams import chen_pair, forgiven, jobs_problem, least_makespan, random_line
from experiments.systems.profiles import PairProfile
from experiments.systems.system import Measured, system
from formulations.schedule.flow_shop import FlowShop, flow_shop_of
from formulations.schedule.problem import ScheduleProblem
from instances.costs.model import make_cost_model
from instances.networks.catalogue import load_network
from instances.nodes.catalogue import node_kind
from solvers.contract import Budget

__all__ = ["Jps"]

Value = float | None
"""None where a method has no plan."""

METHOD, EXACT = "jps", "flow-shop-counts"
RULES = {"LO": "local", "CO": "upload", "PO": "single"}
JOBS = 100
REGRESSION: dict[tuple[str, float], dict[str, str]] = {
    ("alexnet", 1.0): {"LO": "215.4", "CO": "60.0", "PO": "25.19", "JPS": "24.086", "exact": "23.936"},
    ("alexnet", 2.0): {"CO": "30.0", "PO": "30.0", "JPS": "15.563", "exact": "15.563"},
    ("alexnet", 5.0): {"PO": "12.0", "JPS": "8.780", "exact": "8.780"},
    ("alexnet", 10.0): {"PO": "6.0", "JPS": "5.055", "exact": "5.055"},
    ("vgg19", 1.0): {"LO": "86.0", "PO": "60.0", "JPS": "44.8", "exact": "35.4"},
    ("vgg19", 2.0): {"PO": "30.0", "JPS": "25.7", "exact": "22.353"},
    ("vgg19", 5.0): {"PO": "12.0", "JPS": "11.24", "exact": "10.56"},
    ("vgg19", 10.0): {"PO": "6.0", "JPS": "5.82", "exact": "5.64"},
}
"""Makespans in seconds by network and megabytes a second, as printed."""
SIZES = tuple(findings.STUDY)
"""Numbers of jobs of the random lines."""
LINES, SMALL, ROUGH = 40, 80, 60
"""Instances: lines for every number of jobs; chains beside brute force; chains without a condition on f and g."""
LAYERS = 8
DAGS, DAG_JOBS = ("resnet18", "squeezenet1_1", "googlenet"), 50
MANY = 10_000
SERVED, SERVED_SECONDS = ((0.0, 1), (0.2, 1), (0.2, 6), (0.05, 1)), 5.0
"""Factors on the server's times and its cores; seconds for each proof."""


@system(
    METHOD,
    number=36,
    title="JPS: joint partition and scheduling",
    family="schedule",
    citation="Duan, Wu: Joint Optimization of DNN Partition and Scheduling for Mobile Cloud Computing, ICPP 2021, "
    "doi 10.1145/3472456.3472468",
    methods=(METHOD, "jps-baseline", EXACT, "flow-shop-cp-sat"),
    reconstruction=(
        "the publication was not at hand: virtual blocks, the mix of two adjacent cuts and the baselines are from abstracts, "
        "talks and memory; the ratio of the mix is derived again",
        "several networks at once decide for themselves and are joined by Johnson's order",
        "networks that are no chain: only the idea of cutting paths is known, how jobs keep layers and tensors go is ours",
        "the networks are those of SPSO-GA's authors with an input of 0.6 MB; the phone, the radio and their times are not "
        "the publication's",
        "the exact methods beside it are ours",
    ),
)
class Jps:
    """Cuts many jobs of one phone at two adjacent layers so that processor and uplink are busy alike, in Johnson's order."""

    claims = (
        Claim(
            name="counts are exact",
            text="the MILP of the numbers of jobs by cut has the optimum of trying all cuts and all orders",
            kind="theorem",
            source="our derivation: Johnson's order depends on the cuts alone",
            check=all_equal("brute", "random chains of one or two networks with up to 4 jobs"),
        ),
        Claim(
            name="never below the optimum",
            text="JPS, local only, upload only and the single-job cut are never below the exact optimum",
            kind="theorem",
            source="our derivation",
            check=never_above("exact_pairs", "comparisons of the optimum with a method"),
        ),
        Claim(
            name="one network, one number",
            text="the exact makespans of AlexNet and VGG19 with 100 jobs at 1, 2, 5 and 10 MB/s, and those of JPS and the "
            "baselines, are the ones computed before, to the printed digits",
            kind="number",
            source="our derivation, on the tables of SPSO-GA's authors",
            check=findings.as_printed,
        ),
        Claim(
            name="optimal in the long run",
            text="where f is linear and g convex (40 instances for every number of jobs, 9 cuts), the mean gap of JPS to the exact "
            "optimum falls at every step from 2 to 100 jobs",
            kind="trend",
            source="our derivation; the shape of f and g is the publication's observation",
            check=findings.gap_falls,
        ),
        Claim(
            name="no worse than the baselines, linear f and convex g",
            text="JPS is no worse than the best of LO, CO and PO on each of those instances",
            kind="trend",
            source="our derivation",
            check=findings.no_worse_on_lines,
        ),
        Claim(
            name="no worse than the baselines, any chain",
            text="JPS is no worse than the best of LO, CO and PO on every of 60 random chains with two cuts or more and 1 to 30 "
            "jobs",
            kind="trend",
            source="our derivation, without a condition on f and g",
            check=findings.no_worse_anywhere,
        ),
        Claim(
            name="significantly lower",
            text="JPS is significantly below partition only: here by 10 % on average, over the networks and uplinks above, below "
            "the best of LO, CO and PO",
            kind="trend",
            source="a report on the paper's journal version; the threshold is ours",
            check=findings.significant,
        ),
        Claim(
            name="three stages",
            text="with the server as third stage the optimum of CP-SAT is no worse than JPS, and that of the counts where the "
            "server takes no time",
            kind="theorem",
            source="our derivation",
            check=never_above("served", "comparisons, AlexNet and VGG19 together"),
        ),
        Claim(
            name="paths of a DAG",
            text="on ResNet-18, SqueezeNet and GoogLeNet at two rates, where there are few enough paths, cutting every path is no "
            "worse than cutting the segments between the points that all paths pass",
            kind="trend",
            source="talks on the paper say that paths are cut; the comparison is ours",
            check=findings.paths_help,
        ),
        Claim(
            name="DAGs against the baselines",
            text="JPS is no worse than the best of LO, CO and PO on those networks, which are no chain",
            kind="trend",
            source="our derivation",
            check=findings.dags_no_worse,
        ),
        Claim(
            name="quick",
            text="10,000 jobs are decided in at most 0.1 s",
            kind="timing",
            source="ours",
            check=findings.quick,
        ),
        Claim(
            name="latency on the phone",
            text="total latency of AlexNet, GoogLeNet, MobileNet-v2 and ResNet-18 over 3G, 4G and Wi-Fi",
            kind="number",
            source="from memory, unverified",
            reason="needs the authors' device and radios, and numbers that are not public",
        ),
    )

    def measure(self, bench: Bench) -> Measured:
        """Schedule 100 jobs of AlexNet or VGG19 over four uplinks, and random lines of layers, beside the exact optimum."""
        exact_pairs: list[tuple[Value, Value]] = []
        rows, printed, against = [], [], []
        for (name, rate), texts in REGRESSION.items():
            problem = jobs_problem([chen_pair(name)], np.zeros(JOBS, dtype=np.int64), rate * 1e6)
            values, gap, decision = _solved(bench, problem, exact_pairs)
            printed += [(f"{name} {rate:g} MB/s {what}", values[what], text) for what, text in texts.items()]
            against.append((f"{name} {rate:g} MB/s", values["JPS"], _best_rule(values)))
            makespans = {f"{what} [s]": value for what, value in values.items()}
            rows.append(
                {"network": name, "MB/s": rate, **makespans, "gap of JPS": gap, "decision [ms]": decision * 1e3}
            )
        study, lines = _lines(bench, exact_pairs)
        facts: dict[str, Any] = {
            "printed": printed,
            "against_best": against,
            "study": study,
            "lines": lines,
            "rough": _rough(bench, exact_pairs),
            "brute": _small(bench),
            "served": _served(bench),
            "dags": _dags(bench),
            "decision": _decision(bench),
            "exact_pairs": exact_pairs,
        }
        return Measured(table=pd.DataFrame(rows), facts=facts, draw=_drawing(study))


def _solved(
    bench: Bench, problem: ScheduleProblem, exact_pairs: list[tuple[Value, Value]]
) -> tuple[dict[str, Value], Value, float]:
    """Return makespans by method, the gap of JPS, and its seconds; note what must be no less than the optimum."""
    runs = {name: bench.run("jps-baseline", problem, rule=rule) for name, rule in RULES.items()}
    runs |= {"JPS": bench.run(METHOD, problem), "exact": bench.run(EXACT, problem)}
    values = {name: run.value for name, run in runs.items()}
    optimum, own = values["exact"], values["JPS"]
    for name in (*RULES, "JPS"):
        value = values[name]
        exact_pairs.append((optimum, value if value is None or optimum is None else forgiven(value, optimum, 1e-6)))
    gap = None if own is None or optimum is None else own / optimum - 1
    return values, gap, runs["JPS"].seconds


def _best_rule(values: dict[str, Value]) -> Value:
    """Return the least makespan of LO, CO and PO; None where one of them has no plan."""
    there = [value for value in (values[rule] for rule in RULES) if value is not None]
    return min(there) if len(there) == len(RULES) else None


def _lines(
    bench: Bench, exact_pairs: list[tuple[Value, Value]]
) -> tuple[dict[int, list[Value]], list[tuple[int, Value, Value]]]:
    study: dict[int, list[Value]] = {}
    rows = []
    for n in SIZES:
        for seed in range(LINES):
            line = random_line(np.random.default_rng([seed, n]), LAYERS, convex=True)
            values, gap, _ = _solved(bench, jobs_problem([line], np.zeros(n, dtype=np.int64), 1.0), exact_pairs)
            study.setdefault(n, []).append(gap)
            rows.append((n, values["JPS"], _best_rule(values)))
    return study, rows


def _rough(bench: Bench, exact_pairs: list[tuple[Value, Value]]) -> list[tuple[int, Value, Value]]:
    rows = []
    for seed in range(ROUGH):
        rng = np.random.default_rng([seed, 36])
        n = int(rng.integers(1, 31))
        line = random_line(rng, int(rng.integers(1, 10)), convex=False)
        values, _, _ = _solved(bench, jobs_problem([line], np.zeros(n, dtype=np.int64), 1.0), exact_pairs)
        rows.append((n, values["JPS"], _best_rule(values)))
    return rows


def _small(bench: Bench) -> list[tuple[Value, float]]:
    pairs = []
    for seed in range(SMALL):
        rng = np.random.default_rng([seed, 3])
        lines = [random_line(rng, int(rng.integers(1, 4)), convex=False, name=f"n{i}") for i in range(1 + seed % 2)]
        problem = jobs_problem(lines, rng.integers(0, len(lines), int(rng.integers(1, 5))), 1.0)
        shop = flow_shop_of(problem)
        assert isinstance(shop, FlowShop)
        pairs.append((bench.run(EXACT, problem).value, least_makespan(shop)))
    return pairs


def _served(bench: Bench) -> list[tuple[Value, Value]]:
    """Compare CP-SAT with the server as third stage to what does not look at the server."""
    pairs = []
    for server, cores in SERVED:
        both = [chen_pair(name, server=server) for name in ("alexnet", "vgg19")]
        problem = jobs_problem(both, np.arange(6) % 2, 2e6, cores=cores)
        found = bench.run("flow-shop-cp-sat", problem, budget=Budget(seconds=SERVED_SECONDS)).value
        for other in (METHOD, EXACT):
            limit = bench.run(other, problem).value
            pairs.append((found, limit if found is None or limit is None else forgiven(limit, found, 1e-4)))
    return pairs


def _dags(bench: Bench) -> list[tuple[str, int, str, Value, Value, Value]]:
    """Return of networks and rates: jobs, how the paths' plan came about, its makespan, that of segments, the best baseline's."""
    kinds = [node_kind("jetson-nano"), node_kind("k40")]
    rows = []
    for name in DAGS:
        network = load_network(name)
        device = make_cost_model("roofline").fill(network, kinds).layer_seconds[0]
        profile = PairProfile(network=network, device=device, server=np.zeros(len(network)))
        for mbit in (5.85, 18.88):
            problem = jobs_problem([profile], np.zeros(DAG_JOBS, dtype=np.int64), mbit * 1e6 / 8)
            paths, segments = bench.run(METHOD, problem), bench.run(METHOD, problem, dag="segments")
            best = _best_rule({one: bench.run("jps-baseline", problem, rule=rule).value for one, rule in RULES.items()})
            how = str(paths.outcome.info.get("cut", "")).split(" ")[0].rstrip(",")
            rows.append((f"{name} {mbit} Mbit/s", DAG_JOBS, how, paths.value, segments.value, best))
    return rows


def _decision(bench: Bench) -> tuple[Value, int]:
    """Return the seconds that a plan for many jobs takes, None where there is none, and how many they are."""
    problem = jobs_problem([chen_pair("alexnet")], np.zeros(MANY, dtype=np.int64), 1e6)
    run = bench.run(METHOD, problem, repeats=3)
    return (None if run.value is None else run.seconds), MANY


def _drawing(study: dict[int, list[Value]]) -> Callable[[Any], None]:
    def draw(figure: Any) -> None:
        axes = figure.subplots()
        jobs = list(study)
        gaps = {n: 100 * np.array(study[n], dtype=float) for n in jobs}
        axes.plot(jobs, [gaps[n].mean() for n in jobs], "o-", label="mean")
        axes.plot(jobs, [gaps[n].max() for n in jobs], "--", label="worst")
        axes.set(xscale="log", xlabel="jobs", ylabel="gap of JPS to the optimum [%]", ylim=0)
        axes.set_xticks(jobs, [str(n) for n in jobs])
        axes.minorticks_off()
        axes.legend(frameon=False)

    return draw
