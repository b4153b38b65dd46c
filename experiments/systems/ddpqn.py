"""System 45: the static problem of DDPQN, with delay, energy, cost and how they are coordinated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from experiments.systems.bench import Bench, Run
from experiments.systems.claim import Claim, Facts, Finding
from experiments.systems.ddpqn_scenario import Criteria, blocks, coordination, criteria, dominated, problem_of
from experiments.systems.findings import all_hold, never_above
from experiments.systems.system import Measured, system
from instances.columns import FloatArray
from instances.networks.catalogue import load_network
from solvers.contract import Budget

__all__ = ["Ddpqn"]

NETWORKS = ("alexnet", "vgg16")
CHAINS = ("alexnet", "vgg16")
EXACT_S, SEARCH_S = 6.0, 5.0
SLOWER = (0.25, 1.0, 4.0, 16.0)
RULES = ("all-local", "all-cloud", "heft", "peft", "greedy-energy")
BASELINES = (*RULES, "schedule-lns")
SLIGHT = 1e-3
"""Weight of what does not count, so that of equal plans the better one is taken."""
WEIGHTS = {
    "least delay": (1.0, SLIGHT, SLIGHT),
    "least energy": (SLIGHT, 1.0, SLIGHT),
    "least cost": (SLIGHT, SLIGHT, 1.0),
    "equal weights": (1.0, 1.0, 1.0),
    "delay twice": (2.0, 1.0, 1.0),
    "energy twice": (1.0, 2.0, 1.0),
    "cost twice": (1.0, 1.0, 2.0),
    "delay five times": (5.0, 1.0, 1.0),
}
SHARES = (0.25, 0.5, 0.75)
UNEQUAL = (0.8, 0.1, 0.1)
TRIPLES = 2000
NAMES = ("delay", "energy", "cost")
_OURS = "our derivation"


def _dominance(facts: Facts) -> Finding:
    """Judge D with equal weights: no pair where the dominated plan has more."""
    wrong, pairs = facts["equal_preferred"]
    return Finding(
        holds=pairs > 0 and wrong == 0,
        evidence=f"in {wrong} of {pairs} pairs the dominated one of two has the greater D",
    )


def _unequal(facts: Facts) -> Finding:
    wrong, pairs = facts["unequal_preferred"]
    shown = ", ".join(f"{one:g}" for one in UNEQUAL)
    return Finding(
        holds=wrong > 0,
        evidence=f"with the weights {shown} in {wrong} of {pairs} pairs the dominated one of two has the greater D",
    )


def _coordinated(facts: Facts) -> Finding:
    degree: dict[str, float] = facts["degree"]
    best = max(facts["exact"], key=lambda name: degree[name])
    others = {name: degree[name] for name in RULES if name in degree}
    told = ", ".join(f"{name} {one:.3f}" for name, one in others.items())
    holds = bool(others) and degree[best] > max(others.values()) and best not in facts["dominated"]
    return Finding(holds=holds, evidence=f"D of {best} {degree[best]:.3f}, beside {told}")


def _between(facts: Facts) -> Finding:
    degree: dict[str, float] = facts["degree"]
    best = max(degree[name] for name in facts["exact"])
    ends = {name: degree[f"least {name}"] for name in NAMES}
    told = ", ".join(f"least {name} {one:.3f}" for name, one in ends.items())
    return Finding(holds=best > max(ends.values()) + 1e-9, evidence=f"greatest D {best:.3f}, beside {told}")


def _conflict(facts: Facts) -> Finding:
    points: dict[str, Criteria] = facts["points"]
    ends = [points[f"least {name}"].three for name in NAMES]
    worse = [float(max(end[k] for end in ends) / max(ends[k][k], 1e-12)) for k in range(3)]
    told = ", ".join(
        f"{name} {least:.3g} to {most:.3g}"
        for name, least, most in zip(
            NAMES, (ends[k][k] for k in range(3)), (max(end[k] for end in ends) for k in range(3)), strict=True
        )
    )
    return Finding(holds=min(worse) > 1.01, evidence=f"over the plans that are best in one of them: {told}")


def _balance(facts: Facts) -> Finding:
    points: dict[str, Criteria] = facts["points"]
    found = {name: points[f"least {name}"].balance for name in NAMES}
    told = ", ".join(f"{one:.2f} (least {name})" for name, one in found.items())
    holds = found["delay"] > max(found["energy"], found["cost"])
    return Finding(holds=holds, evidence=f"Jain's index of busy seconds {told}")


def _searches(facts: Facts) -> Finding:
    gaps: dict[str, float] = facts["gaps"]
    told = ", ".join(f"{name} {gap:.2%}" for name, gap in gaps.items())
    others = [gaps[name] for name in ("heft", "greedy-energy")]
    holds = gaps["schedule-lns"] <= 0.01 < min(others)
    return Finding(holds=holds, evidence=f"above the best proven bound with equal weights: {told}")


@system(
    "ddpqn",
    number=45,
    title="DDPQN",
    family="schedule",
    citation="Xue, Wu, Peng, Wolter: DDPQN: An Efficient DNN Offloading Strategy in Local-Edge-Cloud Collaborative "
    "Environments, IEEE TSC, 2021/22, IEEE document 9555248",
    methods=("heft", "peft", "greedy-energy", "schedule-lns", "schedule-cp-sat", "schedule-chain-dp"),
    reconstruction=(
        "only the abstract is known to us: the static problem, its nodes, links and figures are ours",
        "layers without weights are joined to the layer before them; links are free of contention, a node runs one block at a time",
        "the coupling coordination degree in its standard form, with benefits scaled from the worst to the best plan at hand",
        "node balance as Jain's index of busy seconds",
        "the learned agent (double, dueling, prioritised) comes with the online family",
    ),
)
class Ddpqn:
    """Places layers of several networks over local, edge and cloud nodes so that delay, energy and cost are coordinated."""

    claims = (
        Claim(
            name="chain program",
            text="on chains without contention the makespan of CP-SAT is that of the dynamic program",
            kind="theorem",
            source=_OURS,
            check=lambda f: all_hold(f["chains"], "makespans of chains", tolerance=1e-4),
        ),
        Claim(
            name="bounds",
            text="no plan of any method is below a proven bound",
            kind="theorem",
            source=_OURS,
            check=never_above("bounds", "bounds and values"),
        ),
        Claim(
            name="equal weights",
            text="with equal weights D is the sixth root of the product of the benefits and prefers no dominated plan",
            kind="theorem",
            source=f"{_OURS}: C T is then the geometric mean",
            check=_dominance,
        ),
        Claim(
            name="unequal weights",
            text="with unequal weights D may prefer a plan that another dominates, as C rewards equality",
            kind="trend",
            source=_OURS,
            check=_unequal,
        ),
        Claim(
            name="conflict",
            text="delay, energy and cost are in conflict: none of their best plans is near the best in the others",
            kind="trend",
            source="abstract, which asks for their coordination",
            check=_conflict,
        ),
        Claim(
            name="coordination",
            text="the plan of greatest D is dominated by none and coordinated better than those of the rules",
            kind="trend",
            source="abstract, for the static optimum in place of the agent",
            check=_coordinated,
        ),
        Claim(
            name="between",
            text="the plan of greatest D is none of those that are best in a single criterion",
            kind="trend",
            source="abstract, for the static optimum in place of the agent",
            check=_between,
        ),
        Claim(
            name="balance",
            text="the plan of least delay loads the nodes more evenly than those of least energy and of least cost",
            kind="trend",
            source=_OURS,
            check=_balance,
        ),
        Claim(
            name="searches",
            text="large neighbourhood search is within 1 % of the best bound where HEFT and the greedy rule are not",
            kind="trend",
            source=_OURS,
            check=_searches,
        ),
        Claim(
            name="against others",
            text="the agent has lower delay, energy and cost than existing algorithms",
            kind="trend",
            source="abstract",
            reason="the learned agent comes with the online family; baselines and parameters of the paper are not known to us",
        ),
        Claim(
            name="ablations",
            text="each of double targets, the dueling head and prioritised replay helps",
            kind="trend",
            source="title and abstract",
            reason="the learned agent comes with the online family",
        ),
    )

    def measure(self, bench: Bench) -> Measured:
        """Compare chains with their dynamic program; find plans for weighted sums and under limits; score them all by D."""
        networks = [blocks(load_network(name)) for name in NETWORKS]
        front = _Front(bench, networks)
        front.explore()
        points = front.points
        three = np.array([one.three for one in points.values()])
        benefits = _benefits(three)
        degree = dict(zip(points, coordination(benefits).tolist(), strict=True))
        below = {list(points)[i] for i, _ in dominated(three)}
        some = np.concatenate([benefits, np.random.default_rng(45).random((TRIPLES, 3))])
        pairs = [(i, j) for i, j in dominated(-some) if i != j]
        optimum = front.best_bound("equal weights")
        facts = {
            "chains": _chains(bench),
            "bounds": front.bounds,
            "points": points,
            "degree": degree,
            "dominated": below,
            "exact": front.exact,
            "gaps": {name: value / optimum - 1.0 for name, value in front.equal.items()},
            "equal_preferred": _preferred(coordination(some), pairs),
            "unequal_preferred": _preferred(coordination(some, UNEQUAL), pairs),
        }
        table = pd.DataFrame(
            [
                {
                    "plan": name,
                    "delay [s]": one.delay_s,
                    "energy [J]": one.energy_j,
                    "cost [1e-6]": one.cost * 1e6,
                    "D": degree[name],
                    "balance": one.balance,
                    "dominated": name in below,
                    "gap": front.gaps.get(name),
                    "decision [s]": front.seconds[name],
                }
                for name, one in points.items()
            ]
        )
        return Measured(table=table, facts=facts, draw=_drawing(points, below))


class _Front:
    """Plans by name with what they cost, and what is proven of them."""

    def __init__(self, bench: Bench, networks: list[Any]) -> None:
        self.bench, self.networks = bench, networks
        self.points: dict[str, Criteria] = {}
        self.exact: list[str] = []
        self.gaps: dict[str, float | None] = {}
        self.seconds: dict[str, float] = {}
        self.bounds: list[tuple[float | None, float]] = []
        self.equal: dict[str, float] = {}
        self._bound: dict[str, float] = {}
        plain = problem_of(networks)
        first = bench.run("heft", plain)
        # what a plan of HEFT takes is the unit of each criterion
        self._unit = np.maximum(criteria(plain, first.plan).three, 1e-12)

    def explore(self) -> None:
        """Solve every weighted sum and every limit, and run the rules and searches on equal weights."""
        for name, weights in WEIGHTS.items():
            self._solve(name, weights, {})
        ends = [self.points[f"least {name}"].three for name in NAMES]
        for k, limit in ((1, "energy_limit_j"), (2, "price_limit")):
            least, most = float(ends[k][k]), float(ends[0][k])
            for share in SHARES:
                at = least + share * (most - least)
                self._solve(f"delay, {NAMES[k]} at {share:.0%}", WEIGHTS["least delay"], {limit: at})
        problem = self._problem(WEIGHTS["equal weights"], {})
        for method in BASELINES:
            run = self.bench.run(method, problem, budget=Budget(seconds=SEARCH_S))
            self._keep(method, problem, run)
            if run.value is not None:
                self.equal[method] = run.value
                self.bounds.append((self.best_bound("equal weights"), run.value))

    def best_bound(self, name: str) -> float:
        """Return the best bound of a weighted sum."""
        return self._bound[name]

    def _problem(self, weights: tuple[float, float, float], limits: dict[str, float]) -> Any:
        delay, energy, cost = (np.array(weights) / self._unit).tolist()
        return problem_of(self.networks, makespan_weight=delay, energy_weight=energy, price_weight=cost, **limits)

    def _solve(self, name: str, weights: tuple[float, float, float], limits: dict[str, float]) -> None:
        problem = self._problem(weights, limits)
        run = self.bench.run("schedule-cp-sat", problem, budget=Budget(seconds=EXACT_S), start="schedule-lns")
        self._keep(name, problem, run)
        bound = run.outcome.bound
        self._bound[name] = 0.0 if bound is None else bound
        if run.value is not None:
            self.exact.append(name)
            self.bounds.append((self._bound[name], run.value))
            self.gaps[name] = run.gap_to(self._bound[name])

    def _keep(self, name: str, problem: Any, run: Run) -> None:
        if run.value is not None:
            self.points[name] = criteria(problem, run.plan)
            self.seconds[name] = run.seconds


def _chains(bench: Bench) -> list[tuple[str, float | None, float | None]]:
    """Return the makespans of CP-SAT and of the dynamic program for each chain at several rates of the links."""
    found = []
    for name in CHAINS:
        network = blocks(load_network(name))
        for slower in SLOWER:
            problem = problem_of([network], slower, makespan_weight=1.0)
            pair = [
                bench.run(method, problem, budget=Budget(seconds=EXACT_S)).value
                for method in ("schedule-cp-sat", "schedule-chain-dp")
            ]
            found.append((f"{name}, links {slower:g} times slower", pair[0], pair[1]))
    return found


def _benefits(three: FloatArray) -> FloatArray:
    """Return the criteria scaled to 0 for the worst and 1 for the best."""
    worst, best = three.max(axis=0), three.min(axis=0)
    scaled: FloatArray = (worst - three) / np.maximum(worst - best, 1e-12)
    return scaled


def _preferred(degree: FloatArray, pairs: list[tuple[int, int]]) -> tuple[int, int]:
    """Return in how many of the pairs (dominated, dominating) the first has the greater degree, and the number of pairs."""
    return sum(bool(degree[i] > degree[j] + 1e-12) for i, j in pairs), len(pairs)


def _drawing(points: dict[str, Criteria], below: set[str]) -> Callable[[Any], None]:
    def draw(figure: Any) -> None:
        axes = figure.subplots()
        three = np.array([one.three for one in points.values()])
        kept = np.array([name not in below for name in points])
        for rows, marker in ((kept, "o"), (~kept, "x")):
            if rows.any():
                shown = axes.scatter(
                    three[rows, 0],
                    three[rows, 1],
                    c=three[rows, 2] * 1e6,
                    marker=marker,
                    vmin=0.0,
                    vmax=three[:, 2].max() * 1e6,
                    label="on the front" if marker == "o" else "dominated",
                )
        figure.colorbar(shown, label="cost [1e-6]")
        axes.set(xlabel="delay [s]", ylabel="energy [J]", xscale="log")
        axes.legend(frameon=False)

    return draw
