"""Edgent of 2018: exit and partition point from regressions, by Algorithm 1."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pulp

from experiments.systems.bench import Bench
from experiments.systems.branchy_alexnet import LOADING_S, BranchyAlexNet, branchy_alexnet
from experiments.systems.claim import Claim, Facts, Finding
from experiments.systems.findings import all_hold, rising
from experiments.systems.system import Measured, system
from experiments.systems.two_tier import account
from formulations.cut.case import CutCase
from formulations.cut.cases import cases_of
from formulations.cut.problem import CutProblem
from formulations.versions import versions_of
from instances.columns import FloatArray
from solvers.backends.contract import MilpLimits
from solvers.backends.linear_model import linear_model
from solvers.backends.registry import backend
from solvers.published.edgent import co_inference_rows, latencies

__all__ = ["Edgent2018", "choose_by_milp", "exit_number"]

DEADLINE_S = 1.0
RATES_MBIT = (0.05, 0.08, 0.1, 0.12, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 1.5, 2.0)
DEADLINES_S = tuple(np.round(np.arange(0.1, 1.01, 0.05), 2).tolist())
DEADLINE_RATE_MBIT = 0.5
METHODS_RATE_MBIT = 0.4
EXITS = 5


def exit_number(problem: CutProblem, version: int) -> int:
    """Return the paper's number of a version: 1 to 4 for the exits, 5 for the whole network."""
    one = versions_of(problem.network)[version]
    return one.exit + 1 if one.exit >= 0 else EXITS


def _times(problem: CutProblem) -> list[tuple[CutCase, FloatArray]]:
    """Return the latencies A(i, p) of every version i and partition point p."""
    return [(case, latencies(case, co_inference_rows(case, "edge"))) for case in cases_of(problem)]


def choose_by_milp(problem: CutProblem) -> float | None:
    """Return the best accuracy that the program over z(i, p) has, None where it is infeasible.

    max sum acc_i z_ip subject to sum z_ip = 1 and sum A_ip z_ip <= L, z binary.
    """
    limit = problem.options.latency_limit_s
    assert limit is not None
    versions = versions_of(problem.network)
    model = pulp.LpProblem("edgent", pulp.LpMinimize)
    terms = [
        (model.add_variable(f"z_{i}_{p}", cat="Binary"), versions[case.version].accuracy, float(seconds))
        for i, (case, times) in enumerate(_times(problem))
        for p, seconds in enumerate(times)
    ]
    model += pulp.lpSum(-accuracy * z for z, accuracy, _ in terms)
    model += pulp.lpSum(z for z, _, _ in terms) == 1
    model += pulp.lpSum(seconds / limit * z for z, _, seconds in terms) <= 1
    found = backend("cbc").solve(linear_model(model), MilpLimits(seconds=60.0, threads=1, relative_gap=1e-9))
    if not found.values:
        return None
    return sum(accuracy for z, accuracy, _ in terms if found.values[z.name] > 0.5)


def _monotone(facts: Facts, series: str, what: str) -> Finding:
    exits = facts[series]
    shown = ", ".join(f"{at:g}: {chosen or 'none'}" for at, chosen in exits)
    return Finding(holds=rising([float(chosen) for _, chosen in exits]), evidence=f"exit by {what}: {shown}")


def _one_to_five(facts: Facts, series: str, what: str) -> Finding:
    chosen = [one for _, one in facts[series] if one]
    where = [at for (at, a), (_, b) in pairwise(facts[series]) if a < EXITS == b]
    evidence = f"exits {min(chosen)} to {max(chosen)} by {what}, the last above {where[0] if where else 'none'}"
    return Finding(holds=min(chosen) == 1 and max(chosen) == EXITS, evidence=evidence)


def _rate_threshold(facts: Facts) -> Finding:
    exits = facts["by_rate"]
    holds = all(chosen == (1 if mbit < 0.3 else EXITS) for mbit, chosen in exits if mbit != 0.3)
    first = next((mbit for mbit, chosen in exits if chosen == EXITS), None)
    return Finding(holds=holds, evidence=f"exit 5 from {first} Mbit/s on (published: about 0.3 Mbit/s)")


def _deadline_threshold(facts: Facts) -> Finding:
    first = next((limit for limit, chosen in facts["by_deadline"] if chosen == EXITS), None)
    return Finding(
        holds=first is not None and abs(first - 0.45) <= 0.051,
        evidence=f"exit 5 from {first} s on at {DEADLINE_RATE_MBIT} Mbit/s (published: 0.45 s)",
    )


def _superset(facts: Facts) -> Finding:
    wrong = [f"{where}: {name}" for where, met in facts["meets"] for name in met if met[name] and not met["Edgent"]]
    total = sum(met["Edgent"] for _, met in facts["meets"])
    evidence = f"Edgent meets {total} of {len(facts['meets'])} settings, all that any baseline meets"
    return Finding(holds=not wrong and total > 0, evidence=evidence if not wrong else "; ".join(wrong[:3]))


def _only_edgent(facts: Facts) -> Finding:
    own = [limit for limit, met in facts["methods"] if met["Edgent"] and sum(met.values()) == 1]
    all_of = [limit for limit, met in facts["methods"] if met["edge only"] and met["partition only"]]
    none = [limit for limit, met in facts["methods"] if not any(met.values())]
    evidence = (
        f"at {METHODS_RATE_MBIT} Mbit/s only Edgent meets {_span(own)}, edge and partition too {_span(all_of)}, "
        f"limits that none meets: {_span(none)} (published: 0.2-0.3 s, from 0.4 s on, 0.1 s)"
    )
    return Finding(holds={0.2, 0.3} <= set(own), evidence=evidence)


def _span(values: list[float]) -> str:
    return f"{values[0]:g}-{values[-1]:g} s" if values else "none"


def _within(facts: Facts) -> Finding:
    over = [
        f"{where}: {seconds:.3f} s over {limit} s"
        for where, seconds, limit in facts["chosen"]
        if seconds > limit * (1 + 1e-9)
    ]
    slack = max((seconds / limit for _, seconds, limit in facts["chosen"]), default=0.0)
    evidence = (
        f"{len(facts['chosen'])} plans within the limit, at most {slack:.1%} of it" if not over else "; ".join(over[:3])
    )
    return Finding(holds=not over and bool(facts["chosen"]), evidence=evidence)


def _fixed_exit(facts: Facts) -> Finding:
    wrong = [i for i, values in facts["fixed"].items() if not rising([-value for value in values])]
    shown = ", ".join(
        f"exit {i} {1e3 * values[0]:.0f} to {1e3 * values[-1]:.0f}" for i, values in facts["fixed"].items()
    )
    return Finding(
        holds=bool(facts["fixed"]) and not wrong, evidence=f"least latency in ms over the bandwidths: {shown}"
    )


def _edge_curve(facts: Facts) -> Finding:
    slow, fast = facts["edge_only"]
    evidence = f"{fast:.3f} s at 1 Mbit/s (0.123), {slow:.3f} s at 50 kbit/s (2.317); the input's size is derived from these two"
    return Finding(holds=abs(fast / 0.123 - 1) < 0.01 and abs(slow / 2.317 - 1) < 0.01, evidence=evidence)


def _device(facts: Facts) -> Finding:
    layers = facts["device_only"]
    evidence = (
        f"{layers:.2f} s for the layers as the figure shows them, {layers + LOADING_S:.2f} s with loading the model"
    )
    return Finding(holds=layers + LOADING_S > 2.0, evidence=evidence)


_PAPER = "paper"


@system(
    "edgent-2018",
    number=13,
    title="Edgent (2018)",
    family="cut",
    citation="Li, Zhou, Chen: Edge Intelligence: On-Demand Deep Learning Model Co-Inference with Device-Edge Synergy, "
    "MECOMM 2018, arXiv 1806.07840",
    methods=("edgent-2018",),
    reconstruction=(
        "where the exits leave the trunk, the seconds of their heads and of small layers, and the accuracies between the two published ones",
        "an exit's head runs where the layer before it runs",
        "the server's seconds are in proportion to the device's: the two columns of the published regressions seem to be exchanged",
    ),
)
class Edgent2018:
    """Picks the most accurate early exit, and where to split it, such that a latency limit is kept."""

    claims = (
        Claim(
            name="algorithm-1",
            text="Algorithm 1 has the accuracy of an exact program over exit and partition point",
            kind="theorem",
            source="our derivation",
            check=lambda f: all_hold(f["milp"], "settings"),
        ),
        Claim(
            name="monotone-rate",
            text="the exit never falls as the bandwidth grows",
            kind="theorem",
            source="our derivation",
            check=lambda f: _monotone(f, "by_rate", "Mbit/s"),
        ),
        Claim(
            name="monotone-deadline",
            text="the exit never falls as the limit grows",
            kind="theorem",
            source="our derivation",
            check=lambda f: _monotone(f, "by_deadline", "limit (s)"),
        ),
        Claim(
            name="superset",
            text="Edgent meets every limit that partition alone, the edge alone or the device alone meets",
            kind="theorem",
            source="our derivation",
            check=_superset,
        ),
        Claim(name="within", text="the chosen plan keeps the limit", kind="theorem", source=_PAPER, check=_within),
        Claim(
            name="fixed-exit",
            text="with the exit fixed the least latency never grows with the bandwidth (Figure 7 has a jump that Algorithm 1 rules out)",
            kind="theorem",
            source="our derivation",
            check=_fixed_exit,
        ),
        Claim(
            name="exit-by-rate",
            text="within 1 s the exit rises with the bandwidth, from the first to the last",
            kind="trend",
            source=_PAPER,
            check=lambda f: _one_to_five(f, "by_rate", "bandwidth (Mbit/s)"),
        ),
        Claim(
            name="exit-by-deadline",
            text="at 500 kbit/s the exit rises with the limit, from the first to the last",
            kind="trend",
            source=_PAPER,
            check=lambda f: _one_to_five(f, "by_deadline", "limit (s)"),
        ),
        Claim(
            name="rate-threshold",
            text="within 1 s the first exit below about 300 kbit/s, the last above",
            kind="number",
            source=f"{_PAPER}, read off a figure",
            check=_rate_threshold,
        ),
        Claim(
            name="deadline-threshold",
            text="at 500 kbit/s the last exit from about 450 ms on",
            kind="number",
            source=f"{_PAPER}, read off a figure",
            check=_deadline_threshold,
        ),
        Claim(
            name="only-edgent",
            text="at 400 kbit/s only Edgent meets 200 and 300 ms",
            kind="trend",
            source=_PAPER,
            check=_only_edgent,
        ),
        Claim(
            name="edge-only",
            text="the edge alone takes 0.123 s at 1 Mbit/s and 2.317 s at 50 kbit/s",
            kind="number",
            source=_PAPER,
            check=_edge_curve,
        ),
        Claim(
            name="device-only", text="the device alone takes more than 2 s", kind="number", source=_PAPER, check=_device
        ),
        Claim(
            name="held-out",
            text="the edge alone at 100 and 500 kbit/s, as a figure shows",
            kind="number",
            source=_PAPER,
            reason="the figure's values at these bandwidths are not at hand in numbers",
        ),
        Claim(
            name="figure-7",
            text="latency jumps at 1.5 to 2 Mbit/s where the partition point moves at the same exit",
            kind="trend",
            source=_PAPER,
            reason="it contradicts Algorithm 1: with the exit fixed the least latency cannot grow with the bandwidth",
        ),
    )

    def measure(self, bench: Bench) -> Measured:
        """Sweep bandwidth and limit as the paper does, with an exact program and the best of all placements beside."""
        net = branchy_alexnet()
        facts: dict[str, Any] = {name: [] for name in ("milp", "by_rate", "by_deadline", "meets", "chosen", "methods")}
        rows = []
        settings = [(mbit, DEADLINE_S) for mbit in RATES_MBIT] + [(DEADLINE_RATE_MBIT, limit) for limit in DEADLINES_S]
        for i, (mbit, limit) in enumerate(settings):
            problem = _problem(net, mbit, limit)
            row, chosen = _setting(bench, problem, facts, mbit, limit)
            rows.append(row)
            facts["by_rate" if i < len(RATES_MBIT) else "by_deadline"].append(
                (mbit if i < len(RATES_MBIT) else limit, chosen)
            )
        for limit in (0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0):
            facts["methods"].append((limit, _meets(bench, _problem(net, METHODS_RATE_MBIT, limit))))
        every = [_times(_problem(net, mbit, DEADLINE_S)) for mbit in RATES_MBIT]
        problem = _problem(net, 1.0, DEADLINE_S)
        facts["fixed"] = {
            exit_number(problem, case.version): [float(at[i][1].min()) for at in every]
            for i, (case, _) in enumerate(every[0])
        }
        facts["edge_only"] = [float(_times(_problem(net, mbit, DEADLINE_S))[0][1][-1]) for mbit in (0.05, 1.0)]
        facts["device_only"] = float(_times(problem)[0][1][0])
        table = pd.DataFrame(rows)
        return Measured(table=table, facts=facts, draw=lambda figure: _draw(figure, facts))


def _problem(net: BranchyAlexNet, mbit: float, limit: float) -> CutProblem:
    return net.problem(mbit, latency_limit_s=limit, excursions=True)


def _meets(bench: Bench, problem: CutProblem) -> dict[str, bool]:
    """Return which methods keep the limit."""
    limit = problem.options.latency_limit_s
    assert limit is not None
    full = _times(problem)[0][1]
    return {
        "Edgent": bench.run("edgent-2018", problem).value is not None,
        "partition only": bool(full.min() <= limit),
        "edge only": bool(full[-1] <= limit),
        "device only": bool(full[0] <= limit),
    }


def _setting(
    bench: Bench, problem: CutProblem, facts: dict[str, Any], mbit: float, limit: float
) -> tuple[dict[str, Any], int]:
    where = f"{mbit:g} Mbit/s within {limit:g} s"
    run = bench.run("edgent-2018", problem)
    exact = bench.run("cut-cp-sat", problem)
    by_milp = choose_by_milp(problem)
    chosen, seconds = 0, None
    if run.plan is not None:
        chosen = exit_number(problem, run.plan.version)
        seconds = account(problem, run.plan).latency_s
        facts["chosen"].append((where, seconds, limit))
    accuracy = None if run.value is None else 1 - run.value
    facts["milp"].append((where, accuracy, by_milp))
    met = _meets(bench, problem)
    facts["meets"].append((where, met))
    row = {
        "Mbit/s": mbit,
        "limit (s)": limit,
        "exit": chosen or None,
        "accuracy": accuracy,
        "latency (s)": seconds,
        "best partition point (accuracy)": by_milp,
        "best placement (accuracy)": None if exact.value is None else 1 - exact.value,
        "gap": None if exact.value is None else run.gap_to(exact.value),
        "met by": ", ".join(name for name, good in met.items() if good),
        "Edgent (ms to decide)": 1e3 * run.seconds,
        "exact (ms to decide)": 1e3 * exact.seconds,
    }
    return row, chosen


def _draw(figure: Any, facts: Facts) -> None:
    left, right = figure.subplots(1, 2, sharey=True)
    for axes, series, label in (
        (left, "by_rate", "Mbit/s, within 1 s"),
        (right, "by_deadline", "limit (s), at 0.5 Mbit/s"),
    ):
        axes.step([at for at, _ in facts[series]], [chosen for _, chosen in facts[series]], where="post", marker="o")
        axes.set_xlabel(label)
    left.set_ylabel("exit (0: none)")
