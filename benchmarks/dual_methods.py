"""Ways to maximise the Lagrangian bound, on the same instances, from the same prices: passes and seconds to a gap.

Run as ``python -m benchmarks.dual_methods [--tasks 1000,10000,100000] [--passes 60] [--load middle] [--threads 2]``. A pass
prices every task once. Every way starts with the four sweeps of block-coordinate Frank-Wolfe that place the tasks. The gap is
to the best bound that any of them found, so it is the bound's alone. Seconds are processor seconds of all threads.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator

import numpy as np
from scipy.optimize import minimize

from formulations.joint.problem import JointProblem
from instances.columns import FloatArray
from instances.generators.registry import generate
from solvers.decomposition.blocks import SegmentDual
from solvers.decomposition.column_master import improve
from solvers.decomposition.passes import LocalPasses
from solvers.decomposition.segment_master import SegmentMaster
from solvers.decomposition.segments import Segments, segments_of

SWEEPS = 4
MARKS = (1e-3, 1e-4, 1e-5)
_DAMPED = 0.7
Way = Callable[[SegmentDual, np.random.Generator], Iterator[tuple[int, float]]]
"""Yields the passes since the last bound, and the bound."""


def block_frank_wolfe(dual: SegmentDual, rng: np.random.Generator) -> Iterator[tuple[int, float]]:
    """Sweep on; the bound at the loads takes a pass of its own, every third time."""
    while True:
        for _ in range(3):
            dual.sweep(rng.random(dual.n_tasks))
        yield 4, dual.bound()[0]


def averaged_frank_wolfe(dual: SegmentDual, rng: np.random.Generator) -> Iterator[tuple[int, float]]:
    """The same, priced at the mean of the loads, later ones weighing more."""
    mean, n = dual.load.copy(), 0
    while True:
        for _ in range(3):
            dual.sweep(rng.random(dual.n_tasks))
            n += 1
            mean += 2.0 / (n + 2.0) * (dual.load - mean)
        yield 4, dual.bound(mean)[0]


def whole_frank_wolfe(dual: SegmentDual, rng: np.random.Generator) -> Iterator[tuple[int, float]]:
    """All tasks step at once by 1 / n: an averaged subgradient ascent of the dual."""
    t, n = dual.load.copy(), 10
    while True:
        bound, loads = dual.bound(t)
        n += 1
        t = t + (loads - t) / n
        yield 1, bound


def away_frank_wolfe(dual: SegmentDual, rng: np.random.Generator) -> Iterator[tuple[int, float]]:
    """All tasks step at once, towards their cheapest options or away from the worst loads so far (Lacoste-Julien, Jaggi, 2015)."""
    costs, loads, weight = np.array([dual.value() - float(dual.load @ dual.load)]), dual.load[None, :], np.ones(1)
    while True:
        y = weight @ loads
        bound, load = dual.bound(y)
        cost = bound + float(y @ y) - 2.0 * float(y @ load)
        slope = costs + 2.0 * loads @ y
        mean, worst = float(weight @ slope), int(slope.argmax())
        costs, loads, weight = np.append(costs, cost), np.vstack((loads, load)), np.append(weight, 0.0)
        if mean - (cost + 2.0 * float(y @ load)) >= slope[worst] - mean:
            change, most = np.append(-weight[:-1], 1.0), 1.0
        else:
            change, most = weight.copy(), weight[worst] / (1.0 - weight[worst])
            change[worst] -= 1.0
        moved = change @ loads
        square = float(moved @ moved)
        step = -(float(change @ costs) + 2.0 * float(y @ moved)) / (2.0 * square) if square > 0.0 else most
        weight = weight + min(max(step, 0.0), most) * change
        kept = weight > 1e-12
        costs, loads, weight = costs[kept], loads[kept], weight[kept] / weight[kept].sum()
        yield 1, bound


def bundle(dual: SegmentDual, rng: np.random.Generator) -> Iterator[tuple[int, float]]:
    """Cutting planes of the sum over all tasks with the dual's own square, steps damped."""
    cuts, weight = [(dual.value() - float(dual.load @ dual.load), dual.load)], np.ones(1)
    t, best_t, best = dual.load.copy(), dual.load, -np.inf
    resources = np.arange(len(t), dtype=np.int32)
    while True:
        bound, load = dual.bound(t)
        if bound > best:
            best, best_t = bound, t
        cuts.append((bound + float(t @ t) - 2.0 * float(t @ load), load))
        weight, n = np.append(weight, 0.0), len(cuts)
        offsets, uses = np.array([0, n]), np.arange(n + 1) * len(t)
        columns = offsets, np.array([cost for cost, _ in cuts]), uses, np.tile(resources, n)
        nobody = np.zeros(n + 1, np.int64), np.empty(0, np.int32), np.empty(0)
        for column in (*columns, *nobody):
            column.flags.writeable = False
        y = weight @ np.array([load for _, load in cuts])
        root, memory = np.concatenate([load for _, load in cuts]), (np.zeros(0), np.zeros(0), np.zeros(0))
        for _ in range(200):
            if improve(*columns, root, *nobody, weight, y, *memory) <= 1e-7 * best:
                break
        t = np.maximum(best_t + _DAMPED * (y - best_t), 0.0)
        yield 1, bound


def quasi_newton(dual: SegmentDual, rng: np.random.Generator) -> Iterator[tuple[int, float]]:
    """Projected limited-memory BFGS (scipy) on the dual, whose kinks it does not know of."""
    bounds: list[float] = []
    scale = 1.0 / dual.value()

    def negative(t: FloatArray) -> tuple[float, FloatArray]:
        bound, loads = dual.bound(t)
        bounds.append(bound)
        return -scale * bound, scale * 2.0 * (t - loads)

    t, most = dual.load.copy(), 64
    while True:
        bounds.clear()
        box = [(0.0, None)] * len(t)
        t = minimize(negative, t, jac=True, method="L-BFGS-B", bounds=box, options={"maxfun": most, "ftol": 0.0}).x
        yield from ((1, bound) for bound in bounds)


def simplicial(dual: SegmentDual, rng: np.random.Generator) -> Iterator[tuple[int, float]]:
    """The options themselves of the tasks that waver, mixed by pairwise steps: what `lagrangian` does."""
    master = SegmentMaster.start(LocalPasses(dual.segments, dual, dual.threads), dual.state.copy(), dual.load)
    while True:
        yield 1, master.step()


def damped(dual: SegmentDual, rng: np.random.Generator) -> Iterator[tuple[int, float]]:
    """The same, priced between the best points so far and the master's loads (P. Wentges, Int. Trans. Oper. Res. 4, 1997)."""
    master = SegmentMaster.start(LocalPasses(dual.segments, dual, dual.threads), dual.state.copy(), dual.load)
    best, best_t = -np.inf, dual.load
    while True:
        t = master.points
        bound = master.step()
        if bound > best:
            best, best_t = bound, t
        master.points = best_t + _DAMPED * (master.load - best_t)
        yield 1, bound


WAYS: dict[str, Way] = {
    "block Frank-Wolfe": block_frank_wolfe,
    "block Frank-Wolfe, averaged": averaged_frank_wolfe,
    "Frank-Wolfe, all at once": whole_frank_wolfe,
    "Frank-Wolfe with away steps, all at once": away_frank_wolfe,
    "aggregate bundle": bundle,
    "L-BFGS-B": quasi_newton,
    "pairwise steps on columns": simplicial,
    "pairwise steps on columns, damped": damped,
}


def run(way: Way, segments: Segments, n_resources: int, passes: int, threads: int) -> list[tuple[int, float, float]]:
    """Return (passes, processor seconds, best bound) after every bound."""
    rng = np.random.default_rng(0)
    began = time.process_time()
    dual = SegmentDual.start(segments, n_resources, threads)
    for _ in range(SWEEPS):
        dual.sweep(rng.random(dual.n_tasks))
    done, best, points = SWEEPS, -np.inf, []
    steps = way(dual, rng)
    while done < passes:
        spent, bound = next(steps)
        done, best = done + spent, max(best, bound)
        points.append((done, time.process_time() - began, best))
    steps.close()  # type: ignore[attr-defined]
    return points


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", default="1000,10000,100000")
    parser.add_argument("--passes", type=int, default=60)
    parser.add_argument("--load", default="middle", choices=("low", "middle", "high"))
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args()
    marks = " | ".join(f"to {mark:.0e}: passes | s" for mark in MARKS)
    print(f"| tasks | way | {marks} | gap after {asked.passes} passes | s |")
    print("| ---: | :--- |" + " ---: |" * (2 * len(MARKS) + 2))
    for tasks in [2_500, *map(int, asked.tasks.split(","))]:
        given = JointProblem(instance=generate("metro-benchmark", {"tasks": str(tasks), "load": asked.load}, 1))
        segments, n_resources = segments_of(given), len(given.instance.system.resources)
        assert isinstance(segments, Segments)
        warm = tasks == 2_500
        runs = {
            name: run(way, segments, n_resources, 10 if warm else asked.passes, asked.threads)
            for name, way in WAYS.items()
        }
        if warm:
            continue
        best = max(points[-1][2] for points in runs.values())
        for name, points in runs.items():
            cells = []
            for mark in MARKS:
                at = next(((n, s) for n, s, bound in points if 1.0 - bound / best <= mark), None)
                cells += ["", ""] if at is None else [str(at[0]), f"{at[1]:.2f}"]
            cells += [f"{1.0 - points[-1][2] / best:.1e}", f"{points[-1][1]:.2f}"]
            print(f"| {tasks:,} | {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
