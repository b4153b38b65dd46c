"""SPSO-GA on one AlexNet with 15 servers: compiled, against the same operators on DEAP with a decoder in Python.

Run as ``python -m benchmarks.spso_ga_schedule`` from the root of the repository. Both have population 100 and 1,000
iterations. Prints the CPU seconds of a search in one process, after compilation, and their ratio; then the energies of
both over seeds, with Wilcoxon's signed-rank test. The twin's operators equal the compiled ones number for number (tested);
its random numbers come from another seed, so that equal quality is no tautology. The twin is run on a few seeds in full;
with ``--quality N`` on N, which takes some minutes.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from deap import base, creator, tools
from scipy import stats

from formulations.schedule.problem import ScheduleOptions, ScheduleProblem
from formulations.schedule.referee import evaluate
from instances.smart_iot.instance import smart_iot_instance
from solvers.contract import Budget
from solvers.metaheuristics.operators import DRAWS
from solvers.metaheuristics.schedule.encoding import ScheduleEncoding, schedule_encoding
from solvers.registry import make
from solvers.trace import RefereedTrace
from tests.solvers.metaheuristics.schedule.reference_swarm import Decoder, move

DEADLINE_S = 1.598
OPTIMUM = 804.8
ENERGY = ScheduleOptions(makespan_weight=0.0, energy_weight=1.0, deadlines="hard", nodes="all")


def compiled(problem: ScheduleProblem, seed: int, iterations: int) -> tuple[float, float]:
    """Return energy and CPU seconds of the registered method."""
    method = make("spso-ga", {"iterations": iterations})
    trace = RefereedTrace(lambda plan: evaluate(problem, plan))
    began = time.process_time()
    outcome = method.solve(problem, Budget(), np.random.default_rng(seed), trace)
    seconds = time.process_time() - began
    value = np.inf if outcome.plan is None else evaluate(problem, outcome.plan).value
    assert value is not None
    return float(value), seconds


def on_deap(encoding: ScheduleEncoding, seed: int, iterations: int, population: int = 100) -> tuple[float, float]:
    """Return energy and CPU seconds of the twin, an individual at a time as DEAP's own examples of particle swarms do."""
    if not hasattr(creator, "Particle"):
        creator.create("Energy", base.Fitness, weights=(-1.0, -1.0))
        creator.create("Particle", list, fitness=creator.Energy, own=None)
    rng = np.random.default_rng(seed)
    decoder, n_values, m = Decoder(encoding), encoding.n_values.tolist(), len(encoding.n_values)

    def particle() -> creator.Particle:
        genes = encoding.random(1, rng)[0].tolist()
        return creator.Particle([genes[:m], genes[m:]])

    def priced(one: creator.Particle) -> tuple[float, float]:
        energy, excess = decoder.price((one[0], one[1]))
        return excess, energy

    toolbox = base.Toolbox()
    toolbox.register("population", tools.initRepeat, list, particle)
    toolbox.register("evaluate", priced)
    toolbox.register("update", move, n_values=n_values)
    began = time.process_time()
    swarm = toolbox.population(n=population)
    best = None
    for iteration in range(iterations + 1):
        for one in swarm:
            one.fitness.values = toolbox.evaluate(one)
            if one.own is None or one.fitness > one.own.fitness:
                one.own = None
                one.own = toolbox.clone(one)
        leader = tools.selBest(swarm, 1)[0]
        if best is None or leader.fitness > best.fitness:
            best = toolbox.clone(leader)
        if iteration == iterations:
            break
        over = iteration / iterations
        pulls = (0.9 - 0.7 * over, 0.4 + 0.5 * over)
        draws = rng.random((population, DRAWS + 1)).tolist()
        for one, u in zip(swarm, draws, strict=True):
            toolbox.update(one, one.own, best, w=(0.4, 0.9), c=pulls, u=u)
    excess, energy = best.fitness.values
    return (energy if excess == 0.0 else np.inf), time.process_time() - began


def main() -> None:
    """Print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--iterations", type=int, default=1000)
    parser.add_argument("--timed", type=int, default=3, help="runs of the twin that are timed")
    parser.add_argument("--quality", type=int, default=30, help="seeds over which energies are compared")
    args = parser.parse_args()
    problem = ScheduleProblem(instance=smart_iot_instance(["alexnet"], deadline_s=DEADLINE_S), options=ENERGY)
    encoding = schedule_encoding(problem, merged=True)
    compiled(problem, 0, 2)
    ours, theirs = [], []
    for seed in range(args.quality):
        # in turn, so that both meet the same machine
        ours.append(compiled(problem, seed, args.iterations))
        theirs.append(on_deap(encoding, 1000 + seed, args.iterations))
        if seed + 1 == args.timed or seed + 1 == args.quality:
            fast, slow = (np.array(runs)[:, 1] for runs in (ours, theirs))
            print(
                f"{seed + 1} seeds: compiled {np.median(fast):.3f} s of CPU a search (least {fast.min():.3f}), on DEAP "
                f"{np.median(slow):.2f} s ({slow.min():.2f}): {np.median(slow) / np.median(fast):.0f} times",
                flush=True,
            )
    one, two = (np.array(runs)[:, 0] for runs in (ours, theirs))
    for name, values in (("compiled", one), ("on DEAP", two)):
        print(
            f"{name}: mean {values.mean():.2f}, median {np.median(values):.2f}, best {values.min():.2f}, "
            f"optimum {OPTIMUM} in {(values < OPTIMUM + 1e-6).sum()} of {len(values)}"
        )
    if np.any(one != two):
        print(f"Wilcoxon signed-rank, two-sided: p = {stats.wilcoxon(one, two, zero_method='zsplit').pvalue:.3f}")


if __name__ == "__main__":
    main()
