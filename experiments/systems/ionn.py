"""System 4: IONN, on the layer times that its authors publish."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from experiments.systems.bench import Bench
from experiments.systems.claim import Claim
from experiments.systems.findings import all_equal, monotone, numbers_near
from experiments.systems.ionn_findings import (
    PUBLISHED,
    convolutions_worst,
    last_never_comes,
    more_queries,
    query_times_fall,
    size_claim,
)
from experiments.systems.ionn_upload import Simulated, Upload, without_softmax
from experiments.systems.profiles import (
    IONN_ABSENT,
    MBIT,
    alexnet_pair,
    ionn_pair,
    pair_problem,
    random_pair,
)
from experiments.systems.system import Measured, system
from instances.costs.layer_regression import fit_layers

__all__ = ["Ionn"]

METHOD = "ionn"
RATE = 80 * MBIT
CHAINS = 30


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
        *(size_claim(network) for network in PUBLISHED),
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
            check=last_never_comes,
        ),
        Claim(
            name="queries during the upload",
            text="the mean query time during the upload is below that of uploading all at once, and this below local",
            kind="trend",
            source="paper",
            check=query_times_fall,
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
            check=more_queries,
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
            check=convolutions_worst,
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
            upload = Upload(bench, without_softmax(profile), RATE)
            facts[f"sizes {name}"] = {}
            for k in (0.1, 0.5):
                partitions = upload.partitions(k)
                facts[f"sizes {name}"][k] = [upload.megabytes(part) for part in partitions]
                runs[name, k] = upload.simulate(partitions)
                everything = upload.simulate(upload.everything())
                facts["mean_query_s"][name, k] = (runs[name, k].mean_s, everything.mean_s, upload.local_s)
                facts["queries"][name, k] = (runs[name, k].during, everything.during)
                facts["final_pairs"].append((runs[name, k].stage_s[-1], everything.stage_s[-1]))
                rows += _rows(bench, upload, (name, k), partitions, runs[name, k], everything)
        alexnet = Upload(bench, without_softmax(profiles["alexnet"]), RATE)
        facts["with_final_pass"] = [alexnet.megabytes(part) for part in alexnet.partitions(0.5)]
        facts["printed_rule"] = [alexnet.megabytes(part) for part in alexnet.partitions(0.5, final_pass=False)]
        facts["upload_s"] = [float(alexnet.network.parameter_bytes.sum()) / RATE]
        facts["local_s"] = [float(profiles["alexnet"].device.sum())]
        if len(profiles) == len(PUBLISHED):
            facts["all networks"] = True
            samples = [(one.network, one.device) for one in profiles.values()]
            facts["r_squared"] = {t: fit_layers(samples, target=t).r_squared for t in ("seconds", "rate")}
        return Measured(table=pd.DataFrame(rows), facts=facts, draw=_drawing(runs["alexnet", 0.5], alexnet))


def _rows(
    bench: Bench,
    upload: Upload,
    at: tuple[str, float],
    partitions: list[list[int]],
    run: Simulated,
    everything: Simulated,
) -> list[dict[str, Any]]:
    name, k = at
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
            "query after [ms]": run.stage_s[i + 1] * 1e3,
            "optimum with all [ms]": optimum.value * 1e3,
            "above it": run.stage_s[i + 1] / optimum.value - 1.0,
            "mean query [ms]": run.mean_s * 1e3,
            "mean query, all at once [ms]": everything.mean_s * 1e3,
            "query, local [ms]": upload.local_s * 1e3,
            "decision [ms]": decided.seconds * 1e3,
            "cut-milp [ms]": optimum.seconds * 1e3,
        }
        for i, part in enumerate(partitions)
    ]


def _exact_pairs(bench: Bench) -> list[tuple[Any, Any]]:
    pairs = []
    profiles = [without_softmax(alexnet_pair()), *(random_pair(seed, faster=seed % 2 > 0) for seed in range(CHAINS))]
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


def _drawing(run: Simulated, upload: Upload) -> Callable[[Any], None]:
    whole = upload.simulate(upload.everything())

    def draw(figure: Any) -> None:
        axes = figure.subplots()
        for label, one, marker in (("IONN, K = 0.5", run, "o"), ("all at once", whole, "x")):
            axes.plot(one.start_s, one.query_s * 1e3, marker, markersize=3, label=label)
        axes.set(xlabel="time since the upload began [s]", ylabel="query time of AlexNet [ms]", ylim=(0, None))
        axes.legend(frameon=False)

    return draw
