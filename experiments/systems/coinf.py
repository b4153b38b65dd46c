"""System 3: CoINF (later DeepWear), on synthetic profiles of a watch and a phone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from experiments.systems.bench import Bench, Run
from experiments.systems.claim import Claim, Facts, Finding
from experiments.systems.findings import all_equal, monotone, never_above
from experiments.systems.profiles import MBIT, PairProfile, alexnet_pair, first_on_server, random_pair
from experiments.systems.system import Measured, system
from formulations.cut.cases import cases_of
from formulations.cut.problem import CutOptions, CutProblem
from formulations.registry import family
from instances.one_inference import Machine, Wire, one_inference

__all__ = ["Coinf"]

METHOD = "coinf"
CHAINS = 24
RADIOS_MBIT = (2.0, 24.0)
"""Bluetooth with enhanced data rate (about 2 Mbit/s), and with its high-speed radio."""
WATCH_WATTS, PHONE_WATTS = 0.9, 2.5
RADIO_WATTS, IDLE_WATTS = 0.35, 0.05
PHONE_SPEED = 4.0
"""By which the phone is faster than the watch, layer by layer, without other load."""
SETTINGS = (0.0, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 20.0)
"""Weights of the phone's joule, where the watch's weighs 1."""
_TESTBED = "needs the authors' watch, phone, eight models and Bluetooth traces, which are not public"


def _front(facts: Facts) -> Finding:
    last = facts["all_on_watch"]
    told, whole, clean = [], False, True
    for mbit, (cuts, points) in facts["fronts"].items():
        dominated = sum(any(_dominates(a, b) for a in points) for b in points)
        clean &= not dominated
        whole |= (cuts[0], cuts[-1]) == (0, last)
        told.append(
            f"{mbit:g} Mbit/s: {len(set(points))} points, {dominated} dominated, the cut from layer {cuts[0]} to {cuts[-1]}"
        )
    return Finding(holds=clean and whole, evidence=f"{'; '.join(told)} (0 is phone only, {last} watch only)")


def _dominates(a: tuple[float, float], b: tuple[float, float]) -> bool:
    return a[0] <= b[0] + 1e-12 and a[1] <= b[1] + 1e-12 and (a[0] < b[0] - 1e-9 or a[1] < b[1] - 1e-9)


def _partial_wins(facts: Facts) -> Finding:
    gains = [extreme / found for found, extreme in facts["partial_pairs"] if found]
    better = sum(gain > 1 + 1e-9 for gain in gains)
    best = max(gains, default=0.0)
    return Finding(
        holds=better > 0,
        evidence=f"strictly better in {better} of {len(gains)} settings, up to {best:.2f} times",
    )


@system(
    METHOD,
    number=3,
    title="CoINF, later DeepWear",
    family="cut",
    citation="Xu, Qian, Pushp: Enabling Cooperative Inference of Deep Learning on Wearables and Smartphones, 2017, arXiv "
    "1712.03073; Xu et al.: DeepWear, IEEE TMC 19(2), 2020, 314-330",
    methods=(METHOD,),
    reconstruction=(
        "the objective, its limits and the single-edge cuts: from memory, unverified",
        "profiles of watch and phone: AlexNet of IONN's client for the watch, a phone four times as fast, powers ours",
    ),
)
class Coinf:
    """Splits a network between a wearable and its phone by the energy of both, under a limit on the latency."""

    claims = (
        Claim(
            name="enumeration is exact",
            text="the cut of least weighted energy under a limit on the latency is the optimum of the MILP",
            kind="theorem",
            source="our derivation: one cut on a chain",
            check=all_equal("exact_pairs", "comparisons over weights and limits"),
        ),
        Claim(
            name="partial is no worse",
            text="partial offloading is no worse than the better one of watch only and phone only",
            kind="theorem",
            source="our derivation: both are among the cuts",
            check=never_above("partial_pairs", "settings"),
        ),
        Claim(
            name="partial is better somewhere",
            text="partial offloading beats offloading all or nothing in some settings",
            kind="trend",
            source="a survey's report on the paper",
            check=_partial_wins,
        ),
        Claim(
            name="Pareto front",
            text="sweeping the weights traces a Pareto front of the two energies, from phone only to watch only where sending "
            "the input is cheap enough",
            kind="trend",
            source="our derivation",
            check=_front,
        ),
        Claim(
            name="load moves the cut to the watch",
            text="the more the phone is loaded, the more layers of least latency run on the watch",
            kind="theorem",
            source="the abstract's context awareness; that it holds always is our derivation",
            check=monotone("cuts_by_load", "chains over 7 loads", rising=True),
        ),
        Claim(
            name="pipelining is no slower",
            text="the throughput of the pipelined stream is at least the sequential one",
            kind="theorem",
            source="our derivation: a maximum is at most the sum",
            check=never_above("pipeline_pairs", "streams (seconds an inference, pipelined against sequential)"),
        ),
        Claim(
            name="speedup and saving",
            text="up to 5.08 times faster than wearable only, 23.0 times than handheld only; 53.5 % and 85.5 % less energy",
            kind="number",
            source="abstract of DeepWear",
            reason=_TESTBED,
        ),
    )

    def measure(self, bench: Bench) -> Measured:
        """Sweep weights, limits, loads and streams on AlexNet and random chains."""
        exact: list[tuple[Any, Any]] = []
        partial: list[tuple[Any, Any]] = []
        rows = []
        fronts: dict[float, tuple[list[int], list[tuple[float, float]]]] = {}
        watch = alexnet_pair()
        profile = PairProfile(network=watch.network, device=watch.device, server=watch.device / PHONE_SPEED)
        for mbit in RADIOS_MBIT:
            cuts, front = [], []
            for weight in SETTINGS:
                problem = _problem(profile, weight, energy=True, mbit=mbit)
                run = _compared(bench, problem, exact, partial)
                cuts.append(first_on_server(problem, run.plan))
                front.append(_energies(problem, run))
                rows.append(_row("energy", f"{mbit:g} Mbit/s, phone weighs {weight:g}", problem, run, bench))
            fronts[mbit] = cuts, front
        least = bench.run("chain-scan", _problem(profile, 1.0)).value or 0.0
        for factor in (1.0, 1.05, 1.5):
            problem = _problem(profile, 5.0, energy=True, latency_limit_s=factor * least)
            run = _compared(bench, problem, exact, partial)
            rows.append(
                _row("energy", f"phone weighs 5, latency at most {factor:g} times the least", problem, run, bench)
            )
        for load in (1.0, 2.0, 4.0, 8.0):
            problem = _problem(profile, 1.0, load=load)
            run = _compared(bench, problem, exact, partial)
            rows.append(_row("latency", f"phone loaded {load:g} times", problem, run, bench))
        for seed in range(CHAINS):
            random = random_pair(seed, faster=seed % 2 > 0)
            free = _problem(random, 10.0 ** np.random.default_rng(seed).uniform(-2, 1), energy=True)
            _compared(bench, free, exact, partial)
            quickest = bench.run("chain-scan", _problem(random, 1.0)).value or 0.0
            limited = CutProblem(instance=free.instance, options=replace(free.options, latency_limit_s=1.3 * quickest))
            _compared(bench, limited, exact, partial)
        facts = {
            "exact_pairs": exact,
            "partial_pairs": partial,
            "fronts": fronts,
            "all_on_watch": len(profile.network) - 1,
            "cuts_by_load": _cuts_by_load(bench, profile),
            "pipeline_pairs": _pipelines(bench, profile),
        }
        return Measured(
            table=pd.DataFrame(rows), facts=facts, draw=_drawing({mbit: front for mbit, (_, front) in fronts.items()})
        )


def _problem(
    profile: PairProfile,
    phone_weight: float,
    *,
    energy: bool = False,
    load: float = 1.0,
    mbit: float = RADIOS_MBIT[0],
    **options: Any,
) -> CutProblem:
    """Return the problem: latency, or the watch's joules and the phone's times their weight."""
    machines = [
        Machine(
            name="watch",
            seconds=profile.device,
            busy_watts=WATCH_WATTS,
            idle_watts=IDLE_WATTS,
            transmit_watts=RADIO_WATTS,
        ),
        Machine(name="phone", seconds=profile.server * load, busy_watts=PHONE_WATTS * load * phone_weight),
    ]
    wires = [Wire(source="watch", target="phone", bytes_per_s=mbit * MBIT)]
    weights = {"latency_weight": 0.0, "energy_weight": 1.0} if energy else {}
    return CutProblem(
        instance=one_inference(profile.network, machines, wires), options=CutOptions(**(weights | options))
    )


def _extremes(problem: CutProblem) -> tuple[float | None, float | None]:
    """Return the values of watch only and phone only; None where a limit is passed."""
    case = next(cases_of(problem))
    found: list[float | None] = []
    for level in (0, 1):
        placed = np.full(case.n_layers, level)
        placed[0] = 0
        score = family("cut").evaluate(problem, case.plan(placed))
        found.append(float(score.value) if score.value is not None and score.feasible else None)
    return found[0], found[1]


def _compared(bench: Bench, problem: CutProblem, exact: list[tuple[Any, Any]], partial: list[tuple[Any, Any]]) -> Run:
    run = bench.run(METHOD, problem)
    exact += [(run.value, bench.run(other, problem).value) for other in ("chain-scan", "cut-milp")]
    best = min((value for value in _extremes(problem) if value is not None), default=None)
    if best is not None:
        partial.append((run.value, best))
    return run


def _row(objective: str, setting: str, problem: CutProblem, run: Run, bench: Bench) -> dict[str, Any]:
    optimum = bench.run("chain-scan", problem, repeats=3)
    assert optimum.value is not None
    watch, phone = _extremes(problem)
    return {
        "objective": objective,
        "setting": setting,
        "watch only": watch,
        "phone only": phone,
        "coinf": run.value,
        "cut after": problem.network.layers[first_on_server(problem, run.plan)].name,
        "exact optimum": optimum.value,
        "gap": run.gap_to(optimum.value),
        "decision [ms]": run.seconds * 1e3,
    }


def _energies(problem: CutProblem, run: Run) -> tuple[float, float]:
    """Return the joules of watch and phone, the phone's without their weight."""
    assert run.score is not None
    away = run.plan.node != problem.source
    return run.score.loads["device_energy_j"], PHONE_WATTS * float(problem.costs.layer_seconds[1, away].sum())


def _cuts_by_load(bench: Bench, profile: PairProfile) -> list[list[int]]:
    profiles = [profile, *(random_pair(seed, faster=False) for seed in range(CHAINS))]
    loads = np.geomspace(0.1, 1e3, 7)
    found = []
    for one in profiles:
        problems = [_problem(one, 1.0, load=float(load)) for load in loads]
        found.append([first_on_server(problem, bench.run(METHOD, problem).plan) for problem in problems])
    return found


def _pipelines(bench: Bench, profile: PairProfile) -> list[tuple[Any, Any]]:
    """Return seconds an inference of the pipelined stream and of the sequential one."""
    pairs = []
    for one in [profile, *(random_pair(seed) for seed in range(CHAINS))]:
        stream = _problem(one, 1.0, latency_weight=0.0, bottleneck_weight=1.0)
        pairs.append((bench.run(METHOD, stream).value, bench.run("chain-scan", _problem(one, 1.0)).value))
    return pairs


def _drawing(fronts: dict[float, list[tuple[float, float]]]) -> Callable[[Any], None]:
    def draw(figure: Any) -> None:
        axes = figure.subplots()
        for (mbit, front), marker in zip(fronts.items(), "os", strict=True):
            watch, phone = np.array(sorted(set(front))).T
            axes.step(watch, phone, f"{marker}-", where="post", clip_on=False, label=f"{mbit:g} Mbit/s")
        axes.set(xlabel="energy of the watch [J]", ylabel="energy of the phone [J]", ylim=(0, None))
        axes.legend(frameon=False)

    return draw
