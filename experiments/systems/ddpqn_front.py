"""Plans for DDPQN's static problem: best for weighted sums and under limits, and those of rules and searches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from experiments.systems.bench import Bench, Run
from experiments.systems.ddpqn_findings import NAMES
from experiments.systems.ddpqn_scenario import Criteria, criteria, problem_of
from formulations.schedule.problem import ScheduleProblem
from instances.networks.graph import NetworkGraph
from solvers.contract import Budget

__all__ = ["EXACT_S", "RULES", "Front"]

EXACT_S, SEARCH_S = 6.0, 5.0
RULES = ("all-local", "all-cloud", "heft", "peft", "greedy-energy")
BASELINES = (*RULES, "schedule-lns")
SLIGHT = 1e-3
"""Weight of what does not count, so that of equal plans the better one is taken."""
WEIGHTS = {
    "least delay": (1.0, SLIGHT, SLIGHT),
    "least energy": (SLIGHT, 1.0, SLIGHT),
    "least cost": (SLIGHT, SLIGHT, 1.0),
    "delay twice": (2.0, 1.0, 1.0),
    "energy twice": (1.0, 2.0, 1.0),
    "cost twice": (1.0, 1.0, 2.0),
    "delay five times": (5.0, 1.0, 1.0),
}
EQUAL = "equal weights"
SHARES = (0.25, 0.5, 0.75)


class Front:
    """Plans by name with what they cost, and what is proven of them.

    Attributes
    ----------
    points : dict of str to Criteria
        Of every plan.
    solved : list of str
        Plans that are the best found for a sum.
    gaps : dict of str to float or None
        Of plans to the best bound on the sum that they are for; None where there is no bound.
    bounds : list of (float or None, float)
        Bound and value of plans for the same sum.
    equal : dict of str to float or None
        Gaps of rules and searches to the best bound with equal weights, None where there is no plan or no bound.
    seconds : dict of str to float
        Decision times.
    """

    def __init__(self, bench: Bench, networks: Sequence[NetworkGraph]) -> None:
        self.bench, self.networks = bench, networks
        self.points: dict[str, Criteria] = {}
        self.solved: list[str] = []
        self.gaps: dict[str, float | None] = {}
        self.seconds: dict[str, float] = {}
        self.bounds: list[tuple[float | None, float]] = []
        self.equal: dict[str, float | None] = {}
        plain = problem_of(networks)
        first = bench.run("heft", plain)
        # what a plan of HEFT takes is the unit of each criterion
        self._unit = np.maximum(criteria(plain, first.plan).three, 1e-12)

    def explore(self) -> None:
        """Solve every weighted sum and every limit."""
        for name, weights in WEIGHTS.items():
            self._solve(name, self._problem(weights))
        ends = {name: self.points.get(f"least {name}") for name in NAMES}
        quickest = ends["delay"]
        for name, limit in (("energy", "energy_limit_j"), ("cost", "price_limit")):
            own, k = ends[name], NAMES.index(name)
            if own is None or quickest is None:
                continue
            least, most = float(own.three[k]), float(quickest.three[k])
            for share in SHARES:
                at = least + share * (most - least)
                self._solve(f"delay, {name} at {share:.0%}", self._problem(WEIGHTS["least delay"], {limit: at}))

    def compare(self) -> None:
        """Solve the sum with equal weights, and run the rules and searches on it."""
        problem = self._problem((1.0, 1.0, 1.0))
        bound = self._solve(EQUAL, problem)
        for method in BASELINES:
            run = self.bench.run(method, problem, budget=Budget(seconds=SEARCH_S))
            self.equal[method] = None if bound is None else run.gap_to(bound)
            self._keep(method, problem, run, bound)

    def _problem(self, weights: tuple[float, float, float], limits: dict[str, float] | None = None) -> ScheduleProblem:
        delay, energy, cost = (np.array(weights) / self._unit).tolist()
        return problem_of(
            self.networks, makespan_weight=delay, energy_weight=energy, price_weight=cost, **(limits or {})
        )

    def _solve(self, name: str, problem: ScheduleProblem) -> float | None:
        """Keep the best plan of CP-SAT and the rules, which may be better where time is short; return CP-SAT's bound."""
        run = self.bench.run("schedule-cp-sat", problem, budget=Budget(seconds=EXACT_S), start="schedule-lns")
        bound = run.outcome.bound
        for rule in RULES:
            other = self.bench.run(rule, problem)
            if other.value is not None and (run.value is None or other.value < run.value):
                run = other
        if run.value is not None:
            self.solved.append(name)
        self._keep(name, problem, run, bound)
        return bound

    def _keep(self, name: str, problem: Any, run: Run, bound: float | None) -> None:
        if run.value is not None:
            self.points[name] = criteria(problem, run.plan)
            self.seconds[name] = run.seconds
            self.bounds.append((bound, run.value))
            self.gaps[name] = None if bound is None else run.gap_to(bound)
