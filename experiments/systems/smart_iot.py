"""The study of SPSO-GA as problems: deadlines by multiples of HEFT, and many runs of a method summed up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from experiments.systems.bench import Bench
from formulations.schedule.problem import ScheduleOptions, ScheduleProblem
from instances.smart_iot.instance import smart_iot_instance
from instances.smart_iot.servers import OpenFigures
from solvers.contract import Budget

__all__ = ["ENERGY", "FACTORS", "PRICE", "Runs", "Study", "several"]

FACTORS = (1.2, 1.5, 3.0, 5.0, 8.0)
"""Deadlines D1 to D5 as multiples of HEFT's makespan of the network alone (from memory of the sister paper, unconfirmed)."""
ENERGY = ScheduleOptions(makespan_weight=0.0, energy_weight=1.0, deadlines="hard", nodes="all")
PRICE = replace(ENERGY, energy_weight=0.0, price_weight=1.0)


@dataclass(slots=True)
class Study:
    """Problems of the study under some open figures; HEFT's makespans are found once."""

    bench: Bench
    figures: OpenFigures

    def heft_seconds(self, network: str, edges: int = 4) -> float:
        """Return HEFT's makespan of `network` alone."""
        alone = smart_iot_instance([network], edges=edges, figures=self.figures)
        run = self.bench.run("heft", ScheduleProblem(instance=alone, options=ScheduleOptions(nodes="all")))
        assert run.value is not None
        return run.value

    def problems(
        self, networks: Sequence[str], factors: Sequence[float] = FACTORS, options: ScheduleOptions = ENERGY
    ) -> list[ScheduleProblem]:
        """Return the problem of these networks for each factor of the deadlines."""
        alone = {name: self.heft_seconds(name) for name in dict.fromkeys(networks)}
        return [
            self.problem(networks, [factor * alone[name] for name in networks], options=options) for factor in factors
        ]

    def problem(
        self, networks: Sequence[str], deadlines: Sequence[float], *, edges: int = 4, options: ScheduleOptions = ENERGY
    ) -> ScheduleProblem:
        """Return the problem of these networks with these deadlines in seconds."""
        instance = smart_iot_instance(networks, edges=edges, deadline_s=deadlines, figures=self.figures)
        return ScheduleProblem(instance=instance, options=options)


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """What several runs of a method found on a problem, each with a seed of its own.

    `values` are those of feasible plans alone; `seconds` the least of a run.
    """

    values: tuple[float, ...]
    missed: int
    seconds: float

    @property
    def count(self) -> int:
        """Number of runs, those without a plan among them."""
        return len(self.values) + self.missed

    @property
    def mean(self) -> float:
        """Mean over the runs with a plan; infinite where no run has one."""
        return float(np.mean(self.values)) if self.values else np.inf

    @property
    def best(self) -> float:
        """Least value; infinite where no run has a plan."""
        return min(self.values, default=np.inf)


def several(
    bench: Bench, method: str, problem: ScheduleProblem, runs: int, budget: Budget | None = None, **settings: Any
) -> Runs:
    """Run a method with the seeds 0 to `runs` - 1; without a budget it has no limit but its own."""
    found = [bench.run(method, problem, seed=seed, budget=budget or Budget(), **settings) for seed in range(runs)]
    values = tuple(one.value for one in found if one.value is not None)
    return Runs(values=values, missed=runs - len(values), seconds=min(one.seconds for one in found))
