"""System 35: DLPDTS as we reconstruct it, on Poisson arrivals and on the arrivals of real inference requests."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from experiments.systems.bench import Bench, Run
from experiments.systems.claim import Claim, Facts, Finding
from experiments.systems.findings import all_equal, never_above
from experiments.systems.job_streams import chen_pair, jobs_problem, random_line
from experiments.systems.profiles import PairProfile
from experiments.systems.system import Measured, system
from formulations.schedule.problem import ScheduleProblem
from instances.columns import FloatArray
from instances.errors import InputError
from instances.networks.catalogue import load_network
from solvers.contract import Budget

__all__ = ["Dlpdts"]

METHOD, STATIC, CLAIRVOYANT = "dlpdts", "static-cut", "flow-shop-cp-sat"
TASKS = 400
LOADS = (0.1, 0.3, 0.6, 0.9, 1.2, 1.8, 2.4)
"""Arrivals a second over what the edge alone can serve."""
SLOWER = (1.0, 1.5, 2.0, 3.0, 4.5, 7.0)
"""Factors on the edge's times, by other work there."""
EDGE, CLOUD, CORES = 0.25, 0.03, 4
"""Factors on the measured times, and cores of the cloud."""
UPLINKS, RATE = (0.5e6, 2e6, 8e6), 2e6
"""Bytes a second: all, and the one that single settings are at."""
REAL, REAL_LOAD = 3000, 0.9
TRACES = ("AzureLLMInferenceTrace_conv.csv", "AzureLLMInferenceTrace_code.csv")
ABSENT = "needs the request times of Patel et al. (ISCA 2024): --data DIR with DIR/azure-llm-2023/" + ", ".join(TRACES)
FEW, SHORT, SHORT_LOAD, CLAIRVOYANT_SECONDS = 5, 4, 6.0, 5.0
MANY = 10_000
VGG_MEMORY = 250e6
_ASKED: dict[str, Any] = {"makespan_weight": 0.0, "response_weight": 1.0, "memory": False}


def _at_every_load(facts: Facts) -> Finding:
    return _ordered(_settings(facts), "queue-aware", "best static")


def _static(facts: Facts) -> Finding:
    edge, cloud = (_ordered(_settings(facts), "best static", other) for other in ("edge only", "cloud only"))
    return Finding(holds=edge.holds and cloud.holds, evidence=f"{edge.evidence}; {cloud.evidence}")


def _settings(facts: Facts) -> list[tuple[str, dict[str, float]]]:
    return [(f"{rate / 1e6:g} MB/s, load {load:g}", one) for (rate, load), one in facts["poisson"].items()]


def _ordered(rows: list[tuple[str, dict[str, float]]], low: str, high: str) -> Finding:
    """Hold where one mean response is nowhere above another."""
    change = {name: one[low] / one[high] - 1 for name, one in rows}
    above = {name: part for name, part in change.items() if not part <= 1e-9}
    evidence = f"{low} not above {high} in {len(change) - len(above)} of {len(change)} settings"
    if change:
        best = min(change, key=lambda name: change[name])
        evidence += f", {change[best]:+.1%} at best ({best})"
    if above:
        evidence += "; above it with " + ", ".join(f"{name} {part:+.1%}" for name, part in above.items())
    return Finding(holds=bool(change) and not above, evidence=evidence)


def _real(facts: Facts) -> Finding:
    return _ordered(list(facts["real"].items()), "queue-aware", "best static")


def _towards_cloud(facts: Facts) -> Finding:
    by_rate: dict[float, dict[float, float]] = {}
    for (rate, load), share in facts["edge_share"].items():
        by_rate.setdefault(rate, {})[load] = share
    told = "; ".join(
        f"{rate / 1e6:g} MB/s " + ", ".join(f"{load:g}: {share:.0%}" for load, share in one.items())
        for rate, one in by_rate.items()
    )
    holds = bool(by_rate) and all(_falls(list(one.values())) for one in by_rate.values())
    return Finding(holds=holds, evidence=f"share of the work at the edge by load: {told}")


def _slower_edge(facts: Facts) -> Finding:
    shares = facts["slower_share"]
    told = ", ".join(f"x{factor:g} {share:.0%}" for factor, share in shares.items())
    return Finding(
        holds=_falls(list(shares.values())), evidence=f"share of the work at the edge as it slows down: {told}"
    )


def _falls(values: list[float]) -> bool:
    """Return whether no value is above the one before it by more than a hundredth, and the last is below the first."""
    steps = all(b <= a + 0.01 for a, b in pairwise(values))
    return len(values) > 1 and steps and values[-1] < values[0] - 0.01


def _memory(facts: Facts) -> Finding:
    one = facts["memory"]
    holds = (not one["edge fits"]) and one["cut fits"] and one["edge share"] > 0 and one["cut"] < one["cloud"]
    return Finding(
        holds=bool(holds),
        evidence=f"edge only {'keeps' if one['edge fits'] else 'breaks'} the memory limit; DLPDTS "
        f"{'keeps' if one['cut fits'] else 'breaks'} it with {one['edge share']:.0%} of the work at the edge, mean response "
        f"{one['cut']:.3f} s, cloud only {one['cloud']:.3f} s",
    )


def _clairvoyant(facts: Facts) -> Finding:
    ratios = [value / best for value, best, _, _ in facts["clairvoyant"]]
    proven = sum(closed for *_, closed in facts["clairvoyant"])
    return Finding(
        holds=bool(ratios) and float(np.mean(ratios)) <= 1.1,
        evidence=f"{np.mean(ratios) - 1:.1%} above the clairvoyant on average, {max(ratios) - 1:.1%} at worst, in "
        f"{len(ratios)} traces of {FEW} tasks ({proven} proven)",
    )


def _quick(facts: Facts) -> Finding:
    seconds, tasks = facts["decision"]
    return Finding(
        holds=seconds <= 1.0, evidence=f"{seconds * 1e3:.0f} ms for {tasks:,} arrivals, the plan's arrays included"
    )


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
            check=_at_every_load,
        ),
        Claim(
            name="static beats the extremes",
            text="the best static cut has no larger mean response than edge only and cloud only, at every load",
            kind="theorem",
            source="our derivation: both are among the static cuts",
            check=_static,
        ),
        Claim(
            name="towards the cloud as tasks arrive faster",
            text="the cut moves towards the cloud as the load of the edge rises by arrivals",
            kind="trend",
            source="our reading",
            check=_towards_cloud,
        ),
        Claim(
            name="towards the cloud as the edge slows down",
            text="the cut moves towards the cloud as other work slows the edge down",
            kind="trend",
            source="our reading",
            check=_slower_edge,
        ),
        Claim(
            name="models larger than the memory",
            text="a model larger than the edge's memory runs there in part, and answers sooner than from the cloud alone",
            kind="trend",
            source="abstract: models too large for the edge are run there in part",
            check=_memory,
        ),
        Claim(
            name="no better than the clairvoyant",
            text="no mean response is below a bound on that of the clairvoyant",
            kind="theorem",
            source="our derivation: the clairvoyant may do what the online rule does",
            check=never_above("clairvoyant_pairs", "short traces"),
        ),
        Claim(
            name="near the clairvoyant",
            text="on short traces the mean response is within 10 % of the clairvoyant's",
            kind="trend",
            source="ours",
            check=_clairvoyant,
        ),
        Claim(
            name="real arrivals",
            text="on the arrivals of real requests the queue-aware cut has no larger mean response than the best static cut",
            kind="trend",
            source="our reading; arrivals of Azure's conversation and coding services, Patel et al., ISCA 2024",
            check=_real,
            needs=("real",),
        ),
        Claim(
            name="quick",
            text="10,000 arrivals are simulated and decided in at most 1 s",
            kind="timing",
            source="ours",
            check=_quick,
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
        requests = {name: _requests(bench, name) for name in TRACES}
        rows: list[dict[str, Any]] = []
        poisson, share = {}, {}
        for rate in UPLINKS:
            for load in LOADS:
                problem = _poisson(load, rate=rate)
                what = f"Poisson, {rate / 1e6:g} MB/s, load {load:g}"
                poisson[rate, load], share[rate, load] = _compared(bench, problem, rows, what)
        facts: dict[str, Any] = {
            "poisson": poisson,
            "edge_share": share,
            "slower_share": {factor: _share(bench.run(METHOD, _poisson(0.3, slower=factor))) for factor in SLOWER},
            "pareto": _pareto(bench),
            "memory": _large_model(bench),
            "decision": _decision(bench),
            "absent": ABSENT,
        }
        facts["clairvoyant"] = _short_traces(bench)
        facts["clairvoyant_pairs"] = [(bound, value) for value, _, bound, _ in facts["clairvoyant"]]
        real = {}
        for name, release in requests.items():
            if release is not None:
                problem = _stream(release * _capacity_ratio(release, REAL_LOAD))
                real[name], _ = _compared(bench, problem, rows, name)
        if len(real) == len(TRACES):
            facts["real"] = real
        return Measured(table=pd.DataFrame(rows), facts=facts, draw=_drawing(poisson))


def _networks(slower: float = 1.0) -> list[PairProfile]:
    return [chen_pair(name, device=EDGE * slower, server=CLOUD) for name in ("alexnet", "vgg19")]


def _stream(release: FloatArray, *, slower: float = 1.0, rate: float = RATE) -> ScheduleProblem:
    """Return the problem of tasks of both networks, by turns at random, with these arrivals."""
    part = np.random.default_rng(35).integers(0, 2, len(release))
    return jobs_problem(_networks(slower), part, rate, release_s=release, cores=CORES, **_ASKED)


def _service() -> float:
    """Return the mean seconds of a task on the edge alone."""
    return float(np.mean([one.device.sum() for one in _networks()]))


def _poisson(load: float, *, slower: float = 1.0, rate: float = RATE) -> ScheduleProblem:
    gaps = np.random.default_rng(35).exponential(_service() / load, TASKS)
    return _stream(np.cumsum(gaps), slower=slower, rate=rate)


def _capacity_ratio(release: FloatArray, load: float) -> float:
    """Return the factor on arrival times that makes their mean load `load`."""
    return float(_service() / load / np.diff(release).mean())


def _requests(bench: Bench, name: str) -> FloatArray | None:
    """Return the seconds of the first requests of a trace, None where it is not at hand."""
    path = bench.file("azure-llm-2023", name)
    if path is None:
        return None
    try:
        texts = pd.read_csv(path, usecols=["TIMESTAMP"], nrows=REAL, dtype=str)["TIMESTAMP"]
        stamps = pd.to_datetime(texts, format="ISO8601").to_numpy(dtype="datetime64[ns]")
    except ValueError as error:
        raise InputError(str(path), f"must have a column TIMESTAMP of times ({error})") from None
    seconds: FloatArray = np.sort((stamps - stamps.min()) / np.timedelta64(1, "s")) if len(stamps) else np.empty(0)
    if len(seconds) < 2 or not np.isfinite(seconds).all() or seconds[-1] <= 0:
        raise InputError(str(path), "must have at least two requests at different times", len(seconds))
    return seconds


def _compared(
    bench: Bench, problem: ScheduleProblem, rows: list[dict[str, Any]], what: str
) -> tuple[dict[str, float], float]:
    """Return mean responses by method and the share of work at the edge under DLPDTS; add a row."""
    runs = {
        "edge only": bench.run(STATIC, problem, rule="edge"),
        "cloud only": bench.run(STATIC, problem, rule="cloud"),
        "best alone": bench.run(STATIC, problem, rule="alone"),
        "best static": bench.run(STATIC, problem),
        "queue-aware": bench.run(METHOD, problem),
        "queue-aware, present": bench.run(METHOD, problem, backlog="present"),
    }
    values = {name: np.inf if run.value is None else run.value for name, run in runs.items()}
    share = _share(runs["queue-aware"])
    responses = {f"{name} [s]": value for name, value in values.items()}
    decision = runs["queue-aware"].seconds * 1e3
    rows.append({"arrivals": what, **responses, "work at the edge": share, "decision [ms]": decision})
    return values, share


def _share(run: Run) -> float:
    return float("nan") if run.score is None else float(run.score.loads["device_work"])


def _pareto(bench: Bench) -> list[tuple[Any, float]]:
    """Compare with and without dominated cuts, on chains whose cloud takes no time for some layers."""
    pairs = []
    for seed in range(20):
        rng = np.random.default_rng([seed, 5])
        line = random_line(rng, 8, convex=False)
        server = np.where(rng.random(9) < 0.5, 0.0, 0.1 * line.device)
        profile = PairProfile(network=line.network, device=line.device, server=server)
        release = np.cumsum(rng.exponential(rng.uniform(0.5, 5.0), 40))
        problem = jobs_problem([profile], np.zeros(40, dtype=np.int64), 1.0, release_s=release, **_ASKED)
        kept, whole = bench.run(METHOD, problem), bench.run(METHOD, problem, pareto=False)
        assert whole.value is not None
        pairs.append((kept.value, whole.value))
    return pairs


def _short_traces(bench: Bench) -> list[tuple[float, float, float, bool]]:
    """Return of short traces the mean response of DLPDTS, the clairvoyant's, a bound on this, and whether it is proven."""
    found = []
    for seed in range(SHORT):
        rng = np.random.default_rng([seed, 6])
        release = np.cumsum(rng.exponential(_service() / SHORT_LOAD, FEW))
        problem = _stream(release)
        online = bench.run(METHOD, problem)
        best = bench.run(CLAIRVOYANT, problem, budget=Budget(seconds=CLAIRVOYANT_SECONDS))
        assert online.value is not None and best.value is not None
        info = best.outcome.info
        bound = float(info.get("one_cut_bound", best.value))
        found.append((online.value, best.value, bound, bool(info.get("one_cut_optimal"))))
    return found


def _large_model(bench: Bench) -> dict[str, Any]:
    """Let three tasks of VGG16 arrive at an edge whose memory holds less than one model."""
    network = load_network("vgg16")
    profile = PairProfile(network=network, device=network.operations / 300e9, server=network.operations / 3e12)
    options = {**_ASKED, "memory": True}
    problem = jobs_problem(
        [profile],
        np.zeros(3, dtype=np.int64),
        RATE,
        release_s=np.array([0.0, 0.1, 0.2]),
        device_memory=VGG_MEMORY,
        **options,
    )
    cut, cloud = bench.run(METHOD, problem), bench.run(STATIC, problem, rule="cloud")
    edge = bench.run(STATIC, problem, rule="edge")
    return {
        "edge fits": edge.value is not None,
        "cut fits": cut.value is not None,
        "edge share": _share(cut) if cut.value is not None else 0.0,
        "cut": np.inf if cut.value is None else cut.value,
        "cloud": np.inf if cloud.value is None else cloud.value,
    }


def _decision(bench: Bench) -> tuple[float, int]:
    gaps = np.random.default_rng(7).exponential(_service(), MANY)
    alexnet = [_networks()[0]]
    problem = jobs_problem(
        alexnet, np.zeros(MANY, dtype=np.int64), RATE, release_s=np.cumsum(gaps), cores=CORES, **_ASKED
    )
    return bench.run(METHOD, problem, repeats=2).seconds, MANY


def _drawing(poisson: dict[tuple[float, float], dict[str, float]]) -> Callable[[Any], None]:
    styles = {"edge only": "--", "cloud only": ":", "best static": "-.", "queue-aware": "-"}
    rates = list(dict.fromkeys(rate for rate, _ in poisson))

    def draw(figure: Any) -> None:
        for axes, rate in zip(figure.subplots(1, len(rates), sharey=True, squeeze=False)[0], rates, strict=True):
            loads = [load for other, load in poisson if other == rate]
            for name, style in styles.items():
                axes.plot(loads, [poisson[rate, load][name] for load in loads], style, label=name)
            axes.set(yscale="log", title=f"{rate / 1e6:g} MB/s")
        figure.supxlabel("arrivals over what the edge alone can serve")
        figure.supylabel("mean response [s]")
        axes.legend(frameon=False)

    return draw
