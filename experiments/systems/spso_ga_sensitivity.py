"""What the study of SPSO-GA leaves open, as settings; and the least energies in each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, product

import numpy as np

from experiments.systems.bench import Bench, Run
from experiments.systems.findings import ROUNDING
from experiments.systems.smart_iot import FACTORS, Study
from formulations.schedule.problem import ScheduleProblem
from instances.smart_iot.servers import EDGE_SPEEDS, OpenFigures
from instances.system import Tier
from solvers.contract import Budget

__all__ = [
    "CHAINS",
    "SETTINGS",
    "EdgeCounts",
    "LeastEnergies",
    "edge_counts",
    "figures_of",
    "least",
    "sensitivity",
]

CHAINS = ("alexnet", "vgg19")
CLOUD_MB_PER_S = (0.5, 2.0, 10.0)
EDGE_MB_PER_S = (2.0, 10.0, 50.0)
UNITS_S = (1e-3, 1e-2, 1.0)
AXIS = (1.0, 1.1, 1.2, 1.5, 2.0, 3.0, 5.0, 8.0)
"""Deadlines over HEFT's makespan; those of D1 to D5 are among them."""


def figures_of(cloud: float, edge: float, unit: float) -> OpenFigures:
    """Return the open figures with these bandwidths (to and from the cloud, and else; in MB/s) and unit of time (s)."""
    rates = ((edge, edge, cloud), (edge, edge, cloud), (cloud, cloud, cloud))
    return replace(OpenFigures(), megabytes_per_s=rates, time_unit_s=unit)


SETTINGS = {
    "default": OpenFigures(),
    "slow cloud": figures_of(0.5, 10.0, 1e-3),
    "10 ms": figures_of(2.0, 10.0, 1e-2),
}
"""Default figures; and two that differ in one: 0.5 MB/s to and from the cloud; 10 ms as the unit of time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeastEnergies:
    """Least energies of a network in one setting, by the factor of its deadline.

    Parameters
    ----------
    network : str
        One task of it.
    cloud, edge : float
        Bandwidths to and from the cloud, and else, in MB/s.
    unit : float
        Seconds of the energies' unit of time.
    factors : tuple of float
        Deadlines over HEFT's makespan, rising.
    optima : tuple of float
        Least energy at each; infinite where no plan was found.
    tiers : tuple of str
        Where the layers of each optimum run, as in "device+cloud"; empty where there is none.
    """

    network: str
    cloud: float
    edge: float
    unit: float
    factors: tuple[float, ...]
    optima: tuple[float, ...]
    tiers: tuple[str, ...]

    @property
    def label(self) -> str:
        """The setting in words."""
        return f"cloud {self.cloud:g} MB/s, edges {self.edge:g} MB/s, unit {self.unit * 1e3:g} ms"

    @property
    def fall(self) -> float:
        """By which part the least energy is lower at the loosest deadline of D1 to D5 than at the tightest."""
        first, last = (self.optima[self.factors.index(factor)] for factor in (FACTORS[0], FACTORS[-1]))
        return 1 - last / first if np.isfinite(first) else np.nan

    @property
    def rises(self) -> bool:
        """Whether some looser deadline costs more."""
        return any(b > a * (1 + ROUNDING) for a, b in pairwise(self.optima))


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeCounts:
    """Least energies of a network under one deadline, by the number of edge servers.

    Parameters
    ----------
    network, figures, deadline : str
        One task of it, the setting by name, and the deadline's name.
    counts : tuple of int
        Edge servers.
    optima : tuple of float
        Least energy with each; infinite where no plan was found.
    tiers : tuple of str
        As in `LeastEnergies`.
    """

    network: str
    figures: str
    deadline: str
    counts: tuple[int, ...]
    optima: tuple[float, ...]
    tiers: tuple[str, ...]


def least(bench: Bench, problem: ScheduleProblem, networks: Sequence[str], seconds: float = 8.0) -> Run:
    """Return the run of the exact method: labels for one chain, else CP-SAT for so many seconds."""
    if len(networks) == 1 and networks[0] in CHAINS:
        return bench.run("schedule-chain-dp", problem)
    return bench.run("schedule-cp-sat", problem, budget=Budget(seconds=seconds))


def sensitivity(bench: Bench) -> list[LeastEnergies]:
    """Return the least energies of one task of each chain for every setting of bandwidths, unit and deadline factor."""
    rows = []
    for network, cloud, edge, unit in product(CHAINS, CLOUD_MB_PER_S, EDGE_MB_PER_S, UNITS_S):
        study = Study(bench, figures_of(cloud, edge, unit))
        found = [_optimum(bench, problem, network) for problem in study.problems([network], AXIS)]
        optima, tiers = zip(*found, strict=True)
        rows.append(
            LeastEnergies(network=network, cloud=cloud, edge=edge, unit=unit, factors=AXIS, optima=optima, tiers=tiers)
        )
    return rows


def edge_counts(bench: Bench) -> list[EdgeCounts]:
    """Return the least energies by the number of edge servers, under each deadline of a system with two of them."""
    rows = []
    for (figures, values), network in product(SETTINGS.items(), CHAINS):
        study = Study(bench, values)
        alone = study.heft_seconds(network, edges=min(EDGE_SPEEDS))
        for number, factor in enumerate(FACTORS, 1):
            problems = [study.problem([network], [factor * alone], edges=edges) for edges in EDGE_SPEEDS]
            optima, tiers = zip(*(_optimum(bench, problem, network) for problem in problems), strict=True)
            rows.append(
                EdgeCounts(
                    network=network,
                    figures=figures,
                    deadline=f"D{number}",
                    counts=tuple(EDGE_SPEEDS),
                    optima=optima,
                    tiers=tiers,
                )
            )
    return rows


def _optimum(bench: Bench, problem: ScheduleProblem, network: str) -> tuple[float, str]:
    """Return the least energy of one task, and the tiers where its layers run."""
    run = least(bench, problem, [network])
    if run.value is None:
        return np.inf, ""
    system = problem.instance.system
    used = set(system.node_tier[run.plan.node[1:]].tolist())  # the first operation is the input, on its device
    return run.value, "+".join(one.name.lower() for one in Tier if one in used)
