"""System 4: IONN, on the layer times that its authors publish."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from experiments.systems.bench import Bench
from experiments.systems.claim import Claim, Facts, Finding
from experiments.systems.findings import all_equal, monotone, numbers_near
from experiments.systems.profiles import (
    IONN_ABSENT,
    IONN_WATTS,
    MBIT,
    PairProfile,
    alexnet_pair,
    ionn_pair,
    pair_problem,
    random_pair,
)
from experiments.systems.system import Measured, system
from formulations.cut.cases import cases_of
from formulations.cut.plan import CutPlan
from formulations.registry import family
from instances.columns import FloatArray
from instances.costs.layer_regression import fit_layers
from instances.networks.graph import NetworkGraph

__all__ = ["Ionn"]

METHOD = "ionn"
RATE = 80 * MBIT
GAP_S = 0.5
"""Pre-processing between two queries."""
AFTER_S = 5.0
"""How long queries go on after all weights would be there."""
MIB = 2.0**20
CHAINS = 30
PUBLISHED: dict[str, dict[float, tuple[float, ...]]] = {
    "alexnet": {0.1: (1.3, 7.6, 223.7), 0.5: (1.3, 7.6, 223.7)},
    "resnet50": {0.1: (5.6, 84.3, 7.8), 0.5: (5.6, 27.2, 57.2, 7.8)},
    "googlenet": {0.1: (2.6, 20.2, 3.9), 0.5: (2.6, 10.7, 9.5, 3.9)},
    "mobilenet": {0.1: (0.5, 11.8, 3.9), 0.5: (0.5, 5.7, 6.1, 3.9)},
}
"""MB of the partitions at K, as printed."""


def _sizes(network: str) -> Callable[[Facts], Finding]:
    def check(facts: Facts) -> Finding:
        found = {k: tuple(round(size, 1) for size in sizes) for k, sizes in facts[f"sizes {network}"].items()}
        told = "; ".join(f"K = {k}: {', '.join(map(str, sizes))} MB" for k, sizes in found.items())
        return Finding(holds=found == PUBLISHED[network], evidence=told)

    return check


def _size_claim(network: str) -> Claim:
    printed = "; ".join(f"K = {k}: {', '.join(map(str, sizes))} MB" for k, sizes in PUBLISHED[network].items())
    return Claim(
        name=f"partitions of {network}",
        text=f"{network} is uploaded in partitions of, {printed}",
        kind="number",
        source="paper",
        check=_sizes(network),
        needs=(f"sizes {network}",),
    )


def _last_never(facts: Facts) -> Finding:
    with_pass, printed = facts["with_final_pass"], facts["printed_rule"]
    return Finding(
        holds=len(printed) < len(with_pass) and max(with_pass) not in printed,
        evidence=f"as printed {_megabytes(printed)}; with a final pass {_megabytes(with_pass)}",
    )


def _query_times(facts: Facts) -> Finding:
    means = facts["mean_query_s"]
    told = "; ".join(
        f"{name} (K = {k}): {ionn * 1e3:.0f} < {whole * 1e3:.0f} < {local * 1e3:.0f} ms"
        for (name, k), (ionn, whole, local) in means.items()
    )
    return Finding(holds=bool(means) and all(a < b < c for a, b, c in means.values()), evidence=told)


def _more_queries(facts: Facts) -> Finding:
    counts = facts["queries"]
    others = [ionn > whole for (name, _), (ionn, whole) in counts.items() if name != "mobilenet"]
    mobile = [ionn <= whole for (name, _), (ionn, whole) in counts.items() if name == "mobilenet"]
    told = "; ".join(f"{name} (K = {k}): {a} against {b}" for (name, k), (a, b) in counts.items())
    return Finding(holds=bool(others) and all(others) and all(mobile), evidence=told)


def _r_squared(facts: Facts) -> Finding:
    found = facts["r_squared"]
    seconds, rate = found["seconds"], found["rate"]
    kinds = ("conv", "linear", "pool")
    return Finding(
        holds=seconds["conv"] < min(seconds["linear"], seconds["pool"]),
        evidence=f"R2 of the seconds: {', '.join(f'{kind} {seconds[kind]:.3f}' for kind in kinds)}; "
        f"where the rate of work is regressed: {', '.join(f'{kind} {rate[kind]:.3f}' for kind in kinds)}",
    )


def _megabytes(sizes: Sequence[float]) -> str:
    return ", ".join(f"{size:.1f}" for size in sizes) + " MB"


@system(
    METHOD,
    number=4,
    title="IONN: incremental offloading of neural networks",
    family="cut",
    citation="Jeong, Lee, Shin, Moon: IONN: Incremental Offloading of Neural Network Computations from Mobile Devices "
    "to Edge Servers, SoCC 2018, doi 10.1145/3267809.3267828",
    methods=(METHOD,),
    reconstruction=(
        "a final pass that weighs the upload with nothing, as in the authors' code",
        "MobileNet was not measured on the server: its layers take no time there",
        "queries and upload do not slow each other, and a partition is there once its bytes are",
    ),
)
class Ionn:
    """Orders the upload of a network's layers to a server that lacks it, so that queries profit while it goes on."""

    claims = (
        *(_size_claim(network) for network in PUBLISHED),
        Claim(
            name="path is exact",
            text="for a given weight of the upload the shortest path is the optimum of the MILP, excursions allowed",
            kind="theorem",
            source="our derivation: the MILP of the same graph",
            check=all_equal("exact_pairs", "comparisons on AlexNet and random chains"),
        ),
        Claim(
            name="printed rule stops early",
            text="with the stop rule as printed and K = 0.5, AlexNet's fully-connected partition is never selected",
            kind="number",
            source="our derivation",
            check=_last_never,
        ),
        Claim(
            name="queries during the upload",
            text="the mean query time during the upload is below that of uploading all at once, and this below local",
            kind="trend",
            source="paper",
            check=_query_times,
        ),
        Claim(
            name="final query",
            text="once all is uploaded, a query takes as long as after uploading all at once",
            kind="trend",
            source="paper",
            check=all_equal("final_pairs", "networks and K"),
        ),
        Claim(
            name="larger K, more partitions",
            text="the number of partitions grows with K",
            kind="trend",
            source="paper",
            check=monotone("mean_partitions", "means over random chains, K from 0.05 to 0.9", rising=True),
        ),
        Claim(
            name="more queries",
            text="more queries are served until the upload ends than all at once, on all networks but MobileNet",
            kind="trend",
            source="paper",
            check=_more_queries,
            needs=("all networks",),
        ),
        Claim(
            name="upload of AlexNet",
            text="AlexNet takes about 24 s to upload",
            kind="number",
            source="paper",
            check=numbers_near("upload_s", (24.0,), 0.03, "s"),
        ),
        Claim(
            name="AlexNet on the client",
            text="AlexNet takes 1.3 s on the client",
            kind="number",
            source="paper; the profile is its authors'",
            check=numbers_near("local_s", (1.3,), 0.05, "s"),
        ),
        Claim(
            name="convolutions predict worst",
            text="regression predicts convolutions worst (R2 0.428; fully-connected 0.997, pooling 0.853)",
            kind="trend",
            source="paper",
            check=_r_squared,
            needs=("r_squared",),
        ),
        Claim(
            name="partitions of Inception",
            text="Inception is uploaded in 5.5, 22.3 and 85.4 MB (K = 0.1)",
            kind="number",
            source="paper",
            reason="both printed columns sum to 113.2 MB, while the paper's own table of models says 129 MB",
        ),
        Claim(
            name="measured completion",
            text="the upload ends after 28.7 s (all at once), 30.3 s (K = 0.1) and 30.7 s (K = 0.5) for AlexNet",
            kind="number",
            source="paper",
            reason="needs the authors' Wi-Fi and serialisation; at 80 Mbit/s the bytes alone take 24.4 s",
        ),
        Claim(
            name="energy",
            text="the client's energy until the upload ends is about that of uploading all at once",
            kind="number",
            source="paper",
            reason="needs their power traces: what the radio draws beside a running query is not published",
        ),
    )

    def measure(self, bench: Bench) -> Measured:
        """Form the partitions of every network at hand, and simulate queries while they are uploaded."""
        profiles = {"alexnet": alexnet_pair()}
        for name in ("resnet50", "googlenet", "mobilenet"):
            found = ionn_pair(bench, name)
            if found is not None:
                profiles[name] = found
        facts: dict[str, Any] = {
            "exact_pairs": _exact_pairs(bench),
            "mean_partitions": [_mean_partitions(bench)],
            "mean_query_s": {},
            "queries": {},
            "final_pairs": [],
            "absent": IONN_ABSENT,
        }
        rows: list[dict[str, Any]] = []
        runs = {}
        for name, profile in profiles.items():
            upload = _Upload(bench, _without_softmax(profile))
            facts[f"sizes {name}"] = {}
            for k in (0.1, 0.5):
                partitions = upload.partitions(k)
                facts[f"sizes {name}"][k] = [upload.megabytes(part) for part in partitions]
                runs[name, k] = upload.simulate(partitions)
                everything = upload.simulate([list(range(1, len(upload.network)))])
                facts["mean_query_s"][name, k] = (runs[name, k].mean_s, everything.mean_s, upload.local_s)
                facts["queries"][name, k] = (runs[name, k].during, everything.during)
                facts["final_pairs"].append((runs[name, k].stage_s[-1], everything.stage_s[-1]))
                rows += _rows(bench, upload, name, k, partitions, runs[name, k].stage_s)
        alexnet = _Upload(bench, _without_softmax(profiles["alexnet"]))
        facts["with_final_pass"] = [alexnet.megabytes(part) for part in alexnet.partitions(0.5)]
        facts["printed_rule"] = [alexnet.megabytes(part) for part in alexnet.partitions(0.5, final_pass=False)]
        facts["upload_s"] = [float(alexnet.network.parameter_bytes.sum()) / RATE]
        facts["local_s"] = [float(profiles["alexnet"].device.sum())]
        if len(profiles) == len(PUBLISHED):
            facts["all networks"] = True
            samples = [(one.network, one.device) for one in profiles.values()]
            facts["r_squared"] = {t: fit_layers(samples, target=t).r_squared for t in ("seconds", "rate")}
        return Measured(table=pd.DataFrame(rows), facts=facts, draw=_drawing(runs["alexnet", 0.5], alexnet))


def _without_softmax(profile: PairProfile) -> PairProfile:
    """Return the profile without the last layer, which the authors leave out."""
    network = profile.network
    last = len(network) - 1
    assert network.layers[last].kind == "softmax"
    return PairProfile(
        network=NetworkGraph(
            name=network.name,
            layers=network.layers[:last],
            edges=tuple(edge for edge in network.edges if edge[1] < last),
            source=network.source,
        ),
        device=profile.device[:last],
        server=profile.server[:last],
    )


class _Simulated:
    """Queries one after the other while partitions arrive: their times, and the query time of every stage."""

    def __init__(self, start_s: FloatArray, query_s: FloatArray, stage_s: list[float], end_s: float) -> None:
        self.start_s, self.query_s, self.stage_s = start_s, query_s, stage_s
        self.mean_s = float(query_s.mean())
        self.during = int((start_s + query_s <= end_s).sum())


class _Upload:
    """A network on its way to the server."""

    def __init__(self, bench: Bench, profile: PairProfile) -> None:
        self.bench = bench
        self.network = profile.network
        self.problem = pair_problem(profile, RATE, watts=IONN_WATTS, excursions=True, return_result=True)
        self.local_s = self._query([])

    def partitions(self, k: float, *, final_pass: bool = True) -> list[list[int]]:
        found: list[list[int]] = self.bench.run(METHOD, self.problem, shrink=k, final_pass=final_pass).outcome.info[
            "partitions"
        ]
        return found

    def megabytes(self, layers: list[int]) -> float:
        return float(self.network.parameter_bytes[layers].sum()) / MIB

    def simulate(self, partitions: list[list[int]]) -> _Simulated:
        """Query until some seconds after the time that all weights take."""
        arrive = np.cumsum([self.network.parameter_bytes[part].sum() / RATE for part in partitions])
        stage_s = [self.local_s]
        for count in range(1, len(partitions) + 1):
            stage_s.append(self._query([layer for part in partitions[:count] for layer in part]))
        whole = float(self.network.parameter_bytes.sum()) / RATE
        now, starts, times = 0.0, [], []
        while now < whole + AFTER_S:
            took = stage_s[int(np.searchsorted(arrive, now, side="right"))]
            starts.append(now)
            times.append(took)
            now += took + GAP_S
        return _Simulated(np.array(starts), np.array(times), stage_s, whole)

    def _query(self, uploaded: list[int]) -> float:
        case = next(cases_of(self.problem))
        node = np.full(len(self.network), case.helpers[0])
        node[uploaded] = case.helpers[1]
        plan = CutPlan(version=0, helpers=np.array(case.helpers), node=node)
        score = family("cut").evaluate(self.problem, plan)
        assert score.value is not None
        return float(score.value)


def _rows(
    bench: Bench, upload: _Upload, name: str, k: float, partitions: list[list[int]], stage_s: list[float]
) -> list[dict[str, Any]]:
    decided = bench.run(METHOD, upload.problem, shrink=k, repeats=3)
    optimum = bench.run("cut-milp", upload.problem)
    assert optimum.value is not None
    published = PUBLISHED[name][k]
    return [
        {
            "network": name,
            "K": k,
            "partition": i + 1,
            "layers": len(part),
            "MB (2^20)": upload.megabytes(part),
            "published MB": published[i] if i < len(published) else None,
            "query after [ms]": stage_s[i + 1] * 1e3,
            "optimum with all [ms]": optimum.value * 1e3,
            "above it": stage_s[i + 1] / optimum.value - 1.0,
            "decision [ms]": decided.seconds * 1e3,
            "cut-milp [ms]": optimum.seconds * 1e3,
        }
        for i, part in enumerate(partitions)
    ]


def _exact_pairs(bench: Bench) -> list[tuple[Any, Any]]:
    pairs = []
    profiles = [_without_softmax(alexnet_pair()), *(random_pair(seed, faster=seed % 2 > 0) for seed in range(CHAINS))]
    for number, profile in enumerate(profiles):
        for factor in (1.0, 0.1, 0.0):
            problem = pair_problem(
                profile, RATE if number == 0 else 1e6, excursions=True, return_result=True, upload_factor=factor
            )
            found = bench.run(METHOD, problem).value
            others = ("excursion-path", "cut-milp") if number < 10 else ("excursion-path",)
            pairs += [(found, bench.run(other, problem).value) for other in others]
    return pairs


def _mean_partitions(bench: Bench) -> list[float]:
    """Return the mean number of partitions of random chains for growing K."""
    problems = [pair_problem(random_pair(seed), 1e6, excursions=True, return_result=True) for seed in range(CHAINS)]
    return [
        float(np.mean([len(bench.run(METHOD, one, shrink=k).outcome.info["partitions"]) for one in problems]))
        for k in (0.05, 0.1, 0.3, 0.5, 0.7, 0.9)
    ]


def _drawing(run: _Simulated, upload: _Upload) -> Callable[[Any], None]:
    whole = upload.simulate([list(range(1, len(upload.network)))])

    def draw(figure: Any) -> None:
        axes = figure.subplots()
        for label, one, marker in (("IONN, K = 0.5", run, "o"), ("all at once", whole, "x")):
            axes.plot(one.start_s, one.query_s * 1e3, marker, markersize=3, label=label)
        axes.set(xlabel="time since the upload began [s]", ylabel="query time of AlexNet [ms]", ylim=(0, None))
        axes.legend(frameon=False)

    return draw
