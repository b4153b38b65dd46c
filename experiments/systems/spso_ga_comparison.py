"""The comparison of SPSO-GA with other methods: who runs, how often, on which problems, and for how long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from experiments.systems.bench import Bench
from experiments.systems.smart_iot import ENERGY, FACTORS, PRICE, Study, several
from experiments.systems.spso_ga_findings import GREEDY, ON_BLOCKS
from experiments.systems.spso_ga_sensitivity import SETTINGS, least
from experiments.systems.spso_ga_tables import Compared
from formulations.schedule.problem import ScheduleProblem
from solvers.contract import Budget, SolutionStatus

__all__ = ["ENERGY_METHODS", "TENSE", "by_energy", "by_price", "search_times"]

RUNS, GA_RUNS = 20, 8
"""Runs of the swarms, and of what is many times slower; the comparison by price has the latter of all."""
ITERATIONS = 300
"""A quarter of them on networks of 50 layers and more."""
TIMED_RUNS = 5
LNS_S, EXACT_S = 1.0, 8.0
TENSE = "10 ms"
"""The setting beside the default in which all methods run: edge servers are used, and the optimum falls."""
ENERGY_METHODS: dict[str, tuple[str, dict[str, Any]]] = {
    "spso-ga": ("spso-ga", {}),
    "pso-ga": ("pso-ga", {}),
    "ga": ("ga", {"merged": False}),
    ON_BLOCKS: ("ga", {}),
}
"""Method and settings of each column."""
_PRICE_METHODS: dict[str, tuple[str, dict[str, Any]]] = {
    "spso-ga": ("spso-ga", {}),
    "pso-ga": ("pso-ga", {}),
    "pso": ("pso", {"merged": False}),
    "ga": ("ga", {"merged": False}),
}


def by_energy(bench: Bench) -> list[Compared]:
    """Return what all methods find on one AlexNet in two settings, on VGG19, and on larger problems at D3 alone."""
    rows = []
    for figures, network in (("default", "alexnet"), (TENSE, "alexnet"), ("default", "vgg19")):
        for number, problem in enumerate(Study(bench, SETTINGS[figures]).problems([network]), 1):
            rows.append(_compared(bench, problem, [network], f"D{number}", figures))
    for networks in (["alexnet"] * 3, ["googlenet"], ["resnet101"]):
        (problem,) = Study(bench, SETTINGS["default"]).problems(networks, FACTORS[2:3])
        rows.append(_compared(bench, problem, networks, "D3", "default", share=2))
    return rows


def by_price(bench: Bench) -> list[Compared]:
    """Return what all methods find on one AlexNet with money as the objective; genes are layers but for SPSO-GA."""
    problems = Study(bench, SETTINGS["default"]).problems(["alexnet"], options=PRICE)
    return [
        _compared(bench, problem, ["alexnet"], f"D{number}", "default", _PRICE_METHODS)
        for number, problem in enumerate(problems, 1)
    ]


def search_times(bench: Bench) -> list[tuple[int, float, float]]:
    """Return the search times of SPSO-GA and PSO-GA for 1 to 5 AlexNets, the runs of the two in turn."""
    study = Study(bench, SETTINGS["default"])
    rows = []
    for count in range(1, 6):
        (problem,) = study.problems(["alexnet"] * count, FACTORS[2:3], ENERGY)
        pairs = [
            tuple(
                bench.run(name, problem, seed=seed, budget=Budget(), iterations=ITERATIONS).seconds
                for name in ("spso-ga", "pso-ga")
            )
            for seed in range(TIMED_RUNS)
        ]
        merged, unmerged = (min(values) for values in zip(*pairs, strict=True))
        rows.append((count, merged, unmerged))
    return rows


def _compared(
    bench: Bench,
    problem: ScheduleProblem,
    networks: Sequence[str],
    deadline: str,
    figures: str,
    methods: Mapping[str, tuple[str, dict[str, Any]]] = ENERGY_METHODS,
    share: int = 1,
) -> Compared:
    """Return what the methods, the rules, LNS and the exact method find; of the searches `share` times less runs."""
    exact = least(bench, problem, networks, EXACT_S)
    priced = methods is _PRICE_METHODS
    iterations = ITERATIONS if len(problem.network_of(0)) < 50 else max(ITERATIONS // 4, 1)
    runs = {
        name: several(
            bench,
            method,
            problem,
            max((GA_RUNS if priced or method == "ga" else RUNS) // share, 1),
            iterations=iterations,
            **settings,
        )
        for name, (method, settings) in methods.items()
    }
    return Compared(
        networks=f"{len(networks)} {networks[0]}",
        deadline=deadline,
        figures=figures,
        objective="price" if priced else "energy",
        runs=runs
        | {
            GREEDY: several(bench, "greedy-energy", problem, 1),
            "HEFT": several(bench, "heft", problem, 1),
            "LNS": several(bench, "schedule-lns", problem, 1, Budget(seconds=LNS_S)),
        },
        exact=exact.value,
        bound=exact.outcome.bound,
        proven=exact.value is not None and exact.outcome.status is SolutionStatus.OPTIMAL,
        exact_s=exact.seconds,
    )
