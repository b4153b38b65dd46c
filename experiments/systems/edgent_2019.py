"""Edgent of 2019: a map from the bandwidth's state to the best configuration, and a change-point detector to know the state."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from experiments.systems.axes import logarithmic
from experiments.systems.bench import Bench
from experiments.systems.branchy_alexnet import branchy_alexnet
from experiments.systems.claim import Claim
from experiments.systems.edgent_2019_findings import (
    changes_found,
    changes_seldom,
    dynamic_no_lower,
    looks_up_one,
    lookup_faster,
    oracle_no_lower,
)
from experiments.systems.findings import all_hold
from experiments.systems.profiles import MBIT
from experiments.systems.system import Measured, system
from experiments.systems.two_tier import account
from formulations.versions import versions_of
from instances.columns import FloatArray
from solvers.published.edgent_2019 import ConfigurationMap, Configurations, dynamic, static

__all__ = ["Edgent2019"]

LIMIT_S = 1.0
MEANS = np.geomspace(0.05, 10.0, 36) * MBIT
DEVIATIONS = np.linspace(0.0, 0.55, 12)
SAMPLES = 200
TRACES = 12
SEGMENTS, SEGMENT = 5, 80
DEVIATION = 0.25
CONSTANT_STATES = tuple(range(0, 36, 5))
NOISE = 200
REAL = 24
MOST_REAL = 400
LEAST_MBIT = 0.01
ROUNDS = 1000


_MEMORY = "from memory, unverified"


@system(
    "edgent-2019",
    number=14,
    title="Edgent (2019)",
    family="cut",
    citation="Li, Zeng, Zhou, Chen: Edge AI: On-Demand Accelerating Deep Neural Network Inference via Edge Computing, "
    "IEEE TWC 2020, arXiv 1910.05316",
    methods=("edgent-2019",),
    reconstruction=(
        "the reward, the map and the rule by which configurations change are from memory, unverified",
        "a state is mean and relative deviation since the last change, on a grid; unknown states go to the nearest",
        "the detector is that of Adams and MacKay on the logarithm of the bandwidth",
        "the network is that of Edgent (2018) with what is reconstructed of it",
    ),
)
class Edgent2019:
    """Changes exit and partition point when the state of the bandwidth changes, by a map made offline."""

    claims = (
        Claim(
            name="constant",
            text="at a constant bandwidth the dynamic configurator chooses as the static one",
            kind="theorem",
            source="our derivation",
            check=lambda f: all_hold(f["constant"], "rewards"),
        ),
        Claim(
            name="method",
            text="the registered method has the reward of the best configuration by the referee's account",
            kind="theorem",
            source="our derivation",
            check=lambda f: all_hold(f["method"], "bandwidths"),
        ),
        Claim(
            name="oracle",
            text="an oracle that knows the next sample has at least the reward of both",
            kind="theorem",
            source="our derivation",
            check=lambda f: oracle_no_lower(f, "synthetic"),
        ),
        Claim(
            name="dynamic",
            text="on bandwidths that change in steps the dynamic configurator has at least the static one's mean reward",
            kind="trend",
            source=_MEMORY,
            check=lambda f: dynamic_no_lower(f, "synthetic"),
        ),
        Claim(
            name="real",
            text="the same on measured 3G bandwidths",
            kind="trend",
            source=_MEMORY,
            check=lambda f: dynamic_no_lower(f, "real"),
            needs=("real",),
        ),
        Claim(
            name="changes",
            text="most changes of the bandwidth are found within their segment",
            kind="trend",
            source="abstract",
            check=changes_found,
        ),
        Claim(
            name="noise",
            text="on white noise around a constant mean the dynamic configurator reconfigures less often",
            kind="trend",
            source="our derivation",
            check=changes_seldom,
        ),
        Claim(
            name="lookup",
            text="a decision looks up one entry instead of pricing every exit and partition point",
            kind="trend",
            source="our derivation",
            check=looks_up_one,
        ),
        Claim(name="lookup-time", text="and is faster", kind="timing", source="our derivation", check=lookup_faster),
        Claim(
            name="testbed",
            text="throughput and reward of the dynamic configurator on Belgian 4G logs and Oboe's traces",
            kind="number",
            source=_MEMORY,
            reason="the figures are not known, and those traces are not at hand",
        ),
    )

    def measure(self, bench: Bench) -> Measured:
        """Follow constant, stepwise, noisy and measured bandwidths with both configurators and an oracle."""
        problem = branchy_alexnet().problem(1.0, latency_limit_s=LIMIT_S, excursions=True)
        given = Configurations.of(problem)
        began = time.perf_counter()
        table = ConfigurationMap.build(given, MEANS, DEVIATIONS, SAMPLES, np.random.default_rng(14))
        offline = time.perf_counter() - began
        facts: dict[str, Any] = {
            "states": table.choice.size,
            "configurations": len(given.choices),
            "offline_s": offline,
        }
        facts["constant"] = [_constant(given, table, float(MEANS[i])) for i in CONSTANT_STATES]
        facts["method"] = [_method(bench, given, mbit) for mbit in (0.05, 0.2, 0.8, 2.0, 8.0)]
        rows: list[dict[str, Any]] = []
        shown = _synthetic(given, table, facts, rows)
        _noisy(given, table, facts)
        _timed(bench, given, table, facts)
        folder = bench.file("bandwidth-traces", "norway_3g_hsdpa")
        if folder is None:
            facts["absent"] = "needs the 3G traces of Riiser et al. (MMSys 2013): give --data or TIERCUT_DATA"
        else:
            _real(given, table, folder, facts, rows)
        return Measured(table=pd.DataFrame(rows), facts=facts, draw=lambda figure: _draw(figure, given, *shown))


def _row(name: str, given: Configurations, table: ConfigurationMap, trace: FloatArray) -> tuple[dict[str, Any], Any]:
    own, last = dynamic(table, trace), static(given, trace)
    oracle = float(given.reward(trace).max(axis=0)[1:].mean())
    values = [float(one.rewards(given, trace).mean()) for one in (own, last)]
    row = {
        "trace": name,
        "samples": len(trace),
        "oracle": oracle,
        "dynamic": values[0],
        "static": values[1],
        "gap of dynamic": 1 - values[0] / oracle,
        "gap of static": 1 - values[1] / oracle,
        "reconfigurations, dynamic": own.reconfigurations,
        "reconfigurations, static": last.reconfigurations,
        "changes declared": len(own.changes),
    }
    return row, own


def _constant(given: Configurations, table: ConfigurationMap, rate: float) -> tuple[str, float, float]:
    trace = np.full(60, rate)
    own, last = dynamic(table, trace), static(given, trace)
    return (
        f"{rate / MBIT:.3g} Mbit/s",
        float(own.rewards(given, trace).sum()),
        float(last.rewards(given, trace).sum()),
    )


def _method(bench: Bench, given: Configurations, mbit: float) -> tuple[str, float, float]:
    problem = branchy_alexnet().problem(mbit, latency_limit_s=LIMIT_S, excursions=True)
    run = bench.run("edgent-2019", problem)
    best = float(given.reward(np.array([mbit * MBIT])).max())
    if run.plan is None:
        return f"{mbit} Mbit/s", 0.0, best
    seconds = account(problem, run.plan).latency_s
    own = np.exp(versions_of(problem.network)[run.plan.version].accuracy) + 1 / seconds if seconds <= LIMIT_S else 0.0
    return f"{mbit} Mbit/s", float(own), best


def _synthetic(
    given: Configurations, table: ConfigurationMap, facts: dict[str, Any], rows: list[dict[str, Any]]
) -> tuple[FloatArray, Any]:
    """Traces in steps of a log-uniform mean from 0.1 to 6 Mbit/s, with a deviation of a quarter of it."""
    rng = np.random.default_rng(2019)
    facts |= {"synthetic": [], "delays": [], "false": 0, "samples": TRACES * SEGMENTS * SEGMENT}
    shown: tuple[FloatArray, Any] | None = None
    for i in range(TRACES):
        means = np.exp(rng.uniform(np.log(0.1), np.log(6.0), SEGMENTS))
        trace = np.repeat(means, SEGMENT) * np.maximum(1 + DEVIATION * rng.standard_normal(SEGMENTS * SEGMENT), 0.05)
        trace = trace * MBIT
        row, own = _row(f"steps {i + 1}", given, table, trace)
        rows.append(row)
        facts["synthetic"].append((row["trace"], row["oracle"], row["dynamic"], row["static"]))
        used = set()
        for change in range(SEGMENT, SEGMENTS * SEGMENT, SEGMENT):
            near = [t for t in own.changes if change <= t < change + SEGMENT]
            ratio = abs(np.log(means[change // SEGMENT] / means[change // SEGMENT - 1]))
            if ratio > 2 * DEVIATION:  # smaller steps are within the noise
                facts["delays"].append(near[0] - change if near else None)
            used |= set(near[:1])
        facts["false"] += len(own.changes) - len(used)
        shown = shown or (trace, own)
    assert shown is not None
    return shown


def _noisy(given: Configurations, table: ConfigurationMap, facts: dict[str, Any]) -> None:
    rng = np.random.default_rng(7)
    facts |= {"noise": [], "noise_samples": NOISE}
    for mean in (0.3, 0.6, 1.2, 2.4):
        trace = mean * np.maximum(1 + DEVIATION * rng.standard_normal(NOISE), 0.05) * MBIT
        own, last = dynamic(table, trace), static(given, trace)
        facts["noise"].append((mean, own.reconfigurations, last.reconfigurations))


def _timed(bench: Bench, given: Configurations, table: ConfigurationMap, facts: dict[str, Any]) -> None:
    began = time.perf_counter()
    for _ in range(ROUNDS):
        looked = table.choice[table.state(2e5, 0.2)]
    facts["lookup_s"] = (time.perf_counter() - began) / ROUNDS
    facts["looked_up"] = np.size(looked)
    problem = branchy_alexnet().problem(1.6, latency_limit_s=LIMIT_S, excursions=True)
    facts["solve_s"] = bench.run("edgent-2019", problem, repeats=3).seconds


def _real(
    given: Configurations, table: ConfigurationMap, folder: Path, facts: dict[str, Any], rows: list[dict[str, Any]]
) -> None:
    """Every so many of the traces: columns seconds and Mbit/s."""
    facts["real"] = []
    files = sorted(folder.glob("*.txt"))
    for path in files[:: max(len(files) // REAL, 1)]:
        mbit = np.loadtxt(path)[:MOST_REAL, 1]
        row, _ = _row(path.stem, given, table, np.maximum(mbit, LEAST_MBIT) * MBIT)
        rows.append(row)
        facts["real"].append((row["trace"], row["oracle"], row["dynamic"], row["static"]))


def _draw(figure: Any, given: Configurations, trace: FloatArray, own: Any) -> None:
    above, below = figure.subplots(2, 1, sharex=True)
    above.plot(trace / MBIT, linewidth=0.8)
    for t in own.changes:
        above.axvline(t, color="black", linestyle=":", linewidth=0.8)
    above.set_ylabel("Mbit/s")
    logarithmic(above.yaxis)
    below.plot(own.rewards(given, trace), linewidth=0.8, label="dynamic")
    below.plot(static(given, trace).rewards(given, trace), linewidth=0.8, alpha=0.7, label="static")
    below.set_ylabel("reward")
    below.set_xlabel("sample (dotted: a change is declared)")
    below.legend(fontsize="small")
