"""System 45: the static problem of DDPQN, with delay, energy, cost and how they are coordinated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from experiments.systems import ddpqn_findings as findings
from experiments.systems.bench import Bench
from experiments.systems.claim import Claim
from experiments.systems.ddpqn_front import EXACT_S, RULES, Front
from experiments.systems.ddpqn_scenario import Criteria, blocks, coordination, dominated, problem_of
from experiments.systems.findings import all_hold, never_above
from experiments.systems.system import Measured, system
from instances.columns import FloatArray
from instances.networks.catalogue import load_network
from solvers.contract import Budget

__all__ = ["Ddpqn"]

NETWORKS = ("alexnet", "vgg16")
BRANCHED = "squeezenet1_1"
CHAINS = ("alexnet", "vgg16")
SLOWER = (0.25, 1.0, 4.0, 16.0)
TRIPLES = 2000
_OURS = "our derivation"


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
            text="on one chain without contention (AlexNet, VGG16, four rates of the links) the makespan of CP-SAT is that of the "
            "dynamic program, within 0.01 %",
            kind="theorem",
            source=_OURS,
            check=lambda f: all_hold(f["chains"], "makespans of chains", tolerance=1e-4),
        ),
        Claim(
            name="bounds",
            text="for every weighted sum there is a proven bound, and no plan of any method is below it",
            kind="theorem",
            source=_OURS,
            check=never_above("bounds", "bounds and values"),
        ),
        Claim(
            name="equal weights",
            text="with equal weights D is the sixth root of the product of the benefits and prefers no dominated plan",
            kind="theorem",
            source=f"{_OURS}: C T is then the geometric mean",
            check=findings.dominance,
        ),
        Claim(
            name="unequal weights",
            text="with weights of 0.8, 0.1 and 0.1 D prefers some plan that another dominates, as C rewards equality",
            kind="trend",
            source=_OURS,
            check=findings.unequal,
        ),
        Claim(
            name="conflict",
            text="delay, energy and cost are in conflict: the best plan found for one is nowhere within 1 % of that for another",
            kind="trend",
            source="abstract, which asks for their coordination",
            check=findings.conflict,
        ),
        Claim(
            name="coordination",
            text="of the best plans found for weighted sums and under limits, that of greatest D is dominated by none, and has more D "
            "than the plan of every rule",
            kind="trend",
            source="abstract, for the static optimum in place of the agent",
            check=findings.coordinated,
        ),
        Claim(
            name="between",
            text="the greatest D of the best plans found for weighted sums is above that of the plans for a single criterion",
            kind="trend",
            source="abstract, for the static optimum in place of the agent",
            check=findings.between,
        ),
        Claim(
            name="balance",
            text="the plan of least delay has a greater node balance (Jain's index) than those of least energy and of least cost",
            kind="trend",
            source=_OURS,
            check=findings.balance,
        ),
        Claim(
            name="searches",
            text="with equal weights large neighbourhood search is within 1 % of the best bound for two chains, and HEFT and "
            "the greedy rule are not",
            kind="trend",
            source=_OURS,
            check=lambda f: findings.searches(f["gaps"]),
        ),
        Claim(
            name="searches, branched",
            text="the same with a branched network, SqueezeNet, beside the chains",
            kind="trend",
            source=_OURS,
            check=lambda f: findings.searches(f["branched_gaps"]),
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
        front, branched = Front(bench, networks), Front(bench, [*networks, blocks(load_network(BRANCHED))])
        front.explore()
        for one in (front, branched):
            one.compare()
        points = front.points
        three = np.array([one.three for one in points.values()])
        benefits = _benefits(three)
        degree = dict(zip(points, coordination(benefits).tolist(), strict=True))
        below = {list(points)[i] for i, _ in dominated(three)}
        some = np.concatenate([benefits, np.random.default_rng(45).random((TRIPLES, 3))])
        pairs = [(i, j) for i, j in dominated(-some) if i != j]
        facts = {
            "chains": _chains(bench),
            "bounds": [*front.bounds, *branched.bounds],
            "points": points,
            "degree": degree,
            "dominated": below,
            "solved": front.solved,
            "rules": RULES,
            "gaps": front.equal,
            "branched_gaps": branched.equal,
            "end_gaps": {name: front.gaps.get(f"least {name}") for name in findings.NAMES},
            "equal_preferred": _preferred(coordination(some), pairs),
            "unequal_preferred": _preferred(coordination(some, findings.UNEQUAL), pairs),
        }
        rows = [_row("AlexNet, VGG16", front, name, degree[name], name in below) for name in points]
        rows += [_row("AlexNet, VGG16, SqueezeNet", branched, name) for name in branched.points]
        return Measured(table=pd.DataFrame(rows), facts=facts, draw=_drawing(points, below))


def _row(
    networks: str, front: Front, name: str, degree: float | None = None, below: bool | None = None
) -> dict[str, Any]:
    """Return a plan's row of the table; D and dominance are among the plans for the same networks."""
    one = front.points[name]
    return {
        "networks": networks,
        "plan": name,
        "delay [s]": one.delay_s,
        "energy [J]": one.energy_j,
        "cost [1e-6]": one.cost * 1e6,
        "D": degree,
        "balance": one.balance,
        "dominated": below,
        "gap": front.gaps[name],
        "decision [s]": front.seconds[name],
    }


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
