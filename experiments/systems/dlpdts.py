"""System 35: DLPDTS as we reconstruct it, on Poisson arrivals and on the arrivals of real inference requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from experiments.systems import dlpdts_findings as findings
from experiments.systems.bench import Bench, Run
from experiments.systems.claim import Claim
from experiments.systems.dlpdts_streams import (
    ASKED,
    CORES,
    RATE,
    alone_s,
    at_load,
    pair,
    poisson,
    requests,
    service_s,
    stream,
)
from experiments.systems.findings import all_equal, never_above
from experiments.systems.job_streams import jobs_problem, random_line
from experiments.systems.profiles import PairProfile
from experiments.systems.system import Measured, system
from formulations.schedule.problem import ScheduleProblem
from instances.networks.catalogue import load_network
from solvers.contract import Budget

__all__ = ["Dlpdts"]

METHOD, STATIC, CLAIRVOYANT = "dlpdts", "static-cut", "flow-shop-cp-sat"
TASKS = 400
LOADS = (0.1, 0.3, 0.6, 0.9, 1.2, 1.8, 2.4)
"""Arrivals a second over what the edge alone can serve."""
SLOWER = (1.0, 1.5, 2.0, 3.0, 4.5, 7.0)
"""Factors on the edge's times, by other work there."""
UPLINKS = (0.5e6, RATE, 8e6)
"""Bytes a second."""
REAL, REAL_LOAD = 3000, 0.9
TRACES = ("AzureLLMInferenceTrace_conv.csv", "AzureLLMInferenceTrace_code.csv")
ABSENT = "needs the request times of Patel et al. (ISCA 2024): --data DIR with DIR/azure-llm-2023/" + ", ".join(TRACES)
FEW, SHORT, SHORT_LOAD, CLAIRVOYANT_SECONDS = 5, 4, 6.0, 5.0
MANY = 10_000
VGG_MEMORY = 250e6


@system(
    METHOD,
    number=35,
    title="DLPDTS",
    family="schedule",
    citation="Fine-grained Cloud-Edge Collaborative Dynamic Task Scheduling Based on DNN Layer-Partitioning, MSN 2022",
    methods=(METHOD, STATIC),
    reconstruction=(
        "all of the method: of the publication the abstract alone was at hand, which names a choice of cut points and a "
        "dynamic scheduling of tasks",
        "the cuts that are kept, the expected response, first come first served, decisions on arrival that are never changed",
        "the claims are our reading of what such a system should do; the networks are those of SPSO-GA's authors",
        "weights stay in memory for every task by itself, as in the problem",
        "the clairvoyant cuts every task once and runs each part without a break",
    ),
)
class Dlpdts:
    """Cuts every arriving task between an edge node and the cloud, where its response is expected to be least."""

    claims = (
        Claim(
            name="Pareto cuts are enough",
            text="where every layer takes time at the edge, leaving out dominated cuts beforehand changes no mean response",
            kind="theorem",
            source="our derivation: then the dominating cut is the earlier one, ends no later, and counts first where both end "
            "alike",
            check=all_equal("pareto", "streams on random chains"),
        ),
        Claim(
            name="queue-aware beats static",
            text="the queue-aware cut has no larger mean response than the best static cut, at every load",
            kind="trend",
            source="our reading",
            check=findings.at_every_load,
        ),
        Claim(
            name="static beats the extremes",
            text="the best static cut has no larger mean response than edge only and cloud only, at every load",
            kind="theorem",
            source="our derivation: both are among the static cuts",
            check=findings.static_beats_extremes,
        ),
        Claim(
            name="towards the cloud as tasks arrive faster",
            text="the cut moves towards the cloud as the load of the edge rises by arrivals",
            kind="trend",
            source="our reading",
            check=findings.towards_cloud,
        ),
        Claim(
            name="towards the cloud as the edge slows down",
            text="the cut moves towards the cloud as other work slows the edge down",
            kind="trend",
            source="our reading",
            check=findings.slower_edge,
        ),
        Claim(
            name="models larger than the memory",
            text="a model larger than the edge's memory runs there in part, and answers sooner than from the cloud alone",
            kind="trend",
            source="abstract: models too large for the edge are run there in part",
            check=findings.memory,
        ),
        Claim(
            name="no better than the clairvoyant",
            text="no mean response is below a bound on that of the clairvoyant: CP-SAT's on short traces, the mean of what "
            "the tasks would take each alone on all others",
            kind="theorem",
            source="our derivation: the clairvoyant may do what the online rule does",
            check=never_above("bounds", "bounds and mean responses"),
        ),
        Claim(
            name="near the clairvoyant",
            text="on four traces of five tasks the mean response is on average within 10 % of a bound on the clairvoyant's",
            kind="trend",
            source="ours",
            check=findings.near_clairvoyant,
        ),
        Claim(
            name="real arrivals",
            text="on the arrivals of real requests (3,000 each, at 0.9 of what the edge can serve) the queue-aware cut has no larger "
            "mean response than the best static cut",
            kind="trend",
            source="our reading; arrivals of Azure's conversation and coding services, Patel et al., ISCA 2024",
            check=findings.real_arrivals,
            needs=("real",),
        ),
        Claim(
            name="quick",
            text="10,000 arrivals are simulated and decided in at most 1 s",
            kind="timing",
            source="ours",
            check=findings.quick,
        ),
        Claim(
            name="average response time",
            text="the average response time falls effectively against existing schedulers and deployments",
            kind="number",
            source="abstract",
            reason="neither schedulers, devices, networks nor numbers are named in what is at hand",
        ),
    )

    def measure(self, bench: Bench) -> Measured:
        """Let AlexNet and VGG19 arrive at an edge node under seven loads over three uplinks; follow real arrivals if given."""
        arrivals = {name: requests(bench, name, REAL) for name in TRACES}
        rows: list[dict[str, Any]] = []
        bounds: list[tuple[float | None, float | None]] = []
        responses, share = {}, {}
        for rate in UPLINKS:
            for load in LOADS:
                what = f"Poisson, {rate / 1e6:g} MB/s, load {load:g}"
                responses[rate, load], bound, row = _compared(bench, poisson(load, TASKS, rate=rate), what, rate)
                share[rate, load] = row["work at the edge"]
                bounds += [(bound, value) for value in responses[rate, load].values()]
                rows.append(row)
        short = _short_traces(bench)
        facts: dict[str, Any] = {
            "poisson": responses,
            "edge_share": share,
            "slower_share": {
                factor: _share(bench.run(METHOD, poisson(0.3, TASKS, slower=factor))) for factor in SLOWER
            },
            "pareto": _pareto(bench),
            "memory": _large_model(bench),
            "decision": _decision(bench),
            "clairvoyant": short,
            "bounds": [*bounds, *((bound, value) for value, _, bound, _ in short)],
            "absent": ABSENT,
        }
        real = {}
        for name, release in arrivals.items():
            if release is not None:
                real[name], bound, row = _compared(bench, stream(at_load(release, REAL_LOAD)), name)
                facts["bounds"] += [(bound, value) for value in real[name].values()]
                rows.append(row)
        if len(real) == len(TRACES):
            facts["real"] = real
        return Measured(table=pd.DataFrame(rows), facts=facts, draw=_drawing(responses))


def _compared(
    bench: Bench, problem: ScheduleProblem, what: str, rate: float = RATE
) -> tuple[dict[str, float | None], float | None, dict[str, Any]]:
    """Return mean responses by method and their bound, and the row of the table."""
    runs = {
        "edge only": bench.run(STATIC, problem, rule="edge"),
        "cloud only": bench.run(STATIC, problem, rule="cloud"),
        "best alone": bench.run(STATIC, problem, rule="alone"),
        "best static": bench.run(STATIC, problem),
        "queue-aware": bench.run(METHOD, problem),
        "queue-aware, present": bench.run(METHOD, problem, backlog="present"),
    }
    values, own = {name: run.value for name, run in runs.items()}, runs["queue-aware"]
    bound = alone_s(bench, problem, rate)
    row = {
        "arrivals": what,
        **{f"{name} [s]": value for name, value in values.items()},
        "bound [s]": bound,
        "gap": None if bound is None else own.gap_to(bound),
        "work at the edge": _share(own),
        "decision [ms]": own.seconds * 1e3,
    }
    return values, bound, row


def _share(run: Run) -> float | None:
    return None if run.score is None or run.value is None else float(run.score.loads["device_work"])


def _pareto(bench: Bench) -> list[tuple[float | None, float | None]]:
    """Compare with and without dominated cuts, on chains whose cloud takes no time for some layers."""
    pairs = []
    for seed in range(20):
        rng = np.random.default_rng([seed, 5])
        line = random_line(rng, 8, convex=False)
        server = np.where(rng.random(9) < 0.5, 0.0, 0.1 * line.device)
        profile = PairProfile(network=line.network, device=line.device, server=server)
        release = np.cumsum(rng.exponential(rng.uniform(0.5, 5.0), 40))
        problem = jobs_problem([profile], np.zeros(40, dtype=np.int64), 1.0, release_s=release, **ASKED)
        kept, whole = bench.run(METHOD, problem), bench.run(METHOD, problem, pareto=False)
        pairs.append((kept.value, whole.value))
    return pairs


def _short_traces(bench: Bench) -> list[tuple[float | None, float | None, float | None, bool]]:
    """Return of short traces the mean response of DLPDTS, the clairvoyant's, a bound on this, and whether it is proven."""
    found = []
    for seed in range(SHORT):
        rng = np.random.default_rng([seed, 6])
        problem = stream(np.cumsum(rng.exponential(service_s() / SHORT_LOAD, FEW)))
        online = bench.run(METHOD, problem)
        best = bench.run(CLAIRVOYANT, problem, budget=Budget(seconds=CLAIRVOYANT_SECONDS))
        info = best.outcome.info
        bound = info.get("one_cut_bound")
        proven = bool(info.get("one_cut_optimal"))
        found.append((online.value, best.value, None if bound is None else float(bound), proven))
    return found


def _large_model(bench: Bench) -> dict[str, float | None]:
    """Let three tasks of VGG16 arrive at an edge whose memory holds less than one model; return mean responses."""
    network = load_network("vgg16")
    profile = PairProfile(network=network, device=network.operations / 300e9, server=network.operations / 3e12)
    options = {**ASKED, "memory": True}
    problem = jobs_problem(
        [profile],
        np.zeros(3, dtype=np.int64),
        RATE,
        release_s=np.array([0.0, 0.1, 0.2]),
        device_memory=VGG_MEMORY,
        **options,
    )
    cut = bench.run(METHOD, problem)
    return {
        "edge only": bench.run(STATIC, problem, rule="edge").value,
        "cloud": bench.run(STATIC, problem, rule="cloud").value,
        "cut": cut.value,
        "edge share": _share(cut),
    }


def _decision(bench: Bench) -> tuple[float | None, int]:
    """Return the seconds that many arrivals take, None where there is no plan, and how many they are."""
    gaps = np.random.default_rng(7).exponential(service_s(), MANY)
    problem = jobs_problem(
        pair()[:1], np.zeros(MANY, dtype=np.int64), RATE, release_s=np.cumsum(gaps), cores=CORES, **ASKED
    )
    run = bench.run(METHOD, problem, repeats=2)
    return (None if run.value is None else run.seconds), MANY


def _drawing(responses: dict[tuple[float, float], dict[str, float | None]]) -> Callable[[Any], None]:
    styles = {"edge only": "--", "cloud only": ":", "best static": "-.", "queue-aware": "-"}
    rates = list(dict.fromkeys(rate for rate, _ in responses))

    def draw(figure: Any) -> None:
        for axes, rate in zip(figure.subplots(1, len(rates), sharey=True, squeeze=False)[0], rates, strict=True):
            loads = [load for other, load in responses if other == rate]
            for name, style in styles.items():
                axes.plot(
                    loads, np.array([responses[rate, load][name] for load in loads], dtype=float), style, label=name
                )
            axes.set(yscale="log", title=f"{rate / 1e6:g} MB/s")
        figure.supxlabel("arrivals over what the edge alone can serve")
        figure.supylabel("mean response [s]")
        axes.legend(frameon=False)

    return draw
