"""The master over segments finds the best prices, keeps its books, and its mixes round to plans that the referee confirms."""

from __future__ import annotations

import numpy as np
import pytest

from formulations.joint.options import OptionTable, option_table
from formulations.joint.positions import positions_of
from formulations.joint.problem import JointOptions, JointProblem
from formulations.joint.referee import evaluate
from instances.generators.registry import generate
from solvers.contract import Budget, Outcome
from solvers.decomposition.lagrangian import Lagrangian
from solvers.decomposition.passes import LocalPasses
from solvers.decomposition.relaxation import Relaxation
from solvers.decomposition.segment_master import SegmentMaster
from solvers.decomposition.segment_options import option_parts
from solvers.decomposition.segment_plan import segment_plan
from solvers.decomposition.segment_pricing import room_for
from solvers.decomposition.segments import Segments, segments_of
from solvers.trace import RefereedTrace


def benchmark(tasks: int, load: str = "middle", seed: int = 1) -> JointProblem:
    return JointProblem(instance=generate("metro-benchmark", {"tasks": str(tasks), "load": load}, seed))


def versions(tasks: int, seed: int) -> JointProblem:
    """Return a problem with two clouds, shared core links, exits, energy and prices."""
    asked = {"tasks": str(tasks), "clouds": "2", "exits": "true", "core": "shared"}
    options = JointOptions(energy_weight=0.3, price_weight=2.0)
    return JointProblem(instance=generate("metro", asked, seed), options=options)


def started(given: JointProblem, sweeps: int = 3, threads: int = 1) -> SegmentMaster:
    segments = segments_of(given)
    assert isinstance(segments, Segments)
    passes = LocalPasses.start(segments, len(given.instance.system.resources), threads)
    rng = np.random.default_rng(0)
    for _ in range(sweeps):
        passes.sweep(rng)
    return SegmentMaster.start(passes, passes.drawn(), passes.load)


def segments_in(master: SegmentMaster) -> Segments:
    assert isinstance(master.passes, LocalPasses)
    return master.passes.segments


def best_bound_by_table(table: OptionTable) -> float:
    relaxation = Relaxation.start(table, table.task_offsets[:-1].copy())
    rng = np.random.default_rng(0)
    best = -np.inf
    for _ in range(400):
        relaxation.sweep(rng.permutation(table.n_tasks))
        best = max(best, relaxation.bound())
    return best


PROBLEMS = [benchmark(60), benchmark(60, "low", 2), benchmark(60, "high", 3), versions(40, 4)]


@pytest.mark.parametrize("given", PROBLEMS, ids=["middle", "low", "high", "versions"])
def test_few_passes_reach_the_best_bound_and_none_exceeds_the_relaxed_value(given: JointProblem) -> None:
    master = started(given)
    bounds = [master.step() for _ in range(20)]
    table = option_table(given, prune=False, positions=positions_of(given.instance, merge=True))
    assert master.bound == max(bounds)
    assert master.bound >= best_bound_by_table(table) * (1.0 - 1e-6)
    assert max(bounds) <= master.value() * (1.0 + 1e-12)
    assert master.value() - master.bound <= 1e-5 * master.value()


@pytest.mark.parametrize("given", PROBLEMS, ids=["middle", "low", "high", "versions"])
def test_value_and_loads_are_those_of_the_mix(given: JointProblem) -> None:
    master = started(given)
    segments = segments_in(master)
    room = room_for(segments)
    for _ in range(6):
        master.step()
        pool, load, cost = master.pool, np.zeros(len(master.load)), 0.0
        mixes = {int(k): range(*pool.offsets[i : i + 2]) for i, k in enumerate(pool.task)}
        for k, option in enumerate(master.state):
            parts = [(option, 1.0)] if k not in mixes else [(pool.code[p], pool.weight[p]) for p in mixes[k]]
            assert sum(weight for _, weight in parts) == pytest.approx(1.0, abs=1e-12)
            assert min(weight for _, weight in parts) >= 0.0
            for code, weight in parts:
                uses, alone = option_parts(k, code, segments, room.resource, room.root)
                cost += weight * alone
                np.add.at(load, room.resource[:uses], weight * room.root[:uses])
        assert master.load == pytest.approx(load, rel=1e-9, abs=1e-12)
        assert master.value() == pytest.approx(cost + load @ load, rel=1e-10)
        assert all(len(columns) > 1 for columns in mixes.values())


@pytest.mark.parametrize("given", [benchmark(400), versions(200, 4)], ids=["middle", "versions"])
def test_a_mix_rounds_to_a_plan_near_its_value(given: JointProblem) -> None:
    master = started(given)
    for _ in range(8):
        master.step()
    state = master.plan(20, 3e-3, np.random.default_rng(0))
    score = evaluate(given, segment_plan(given, segments_in(master), state))
    assert score.violations == ()
    cost, load = master.passes.load_of(state)
    assert score.value == pytest.approx(cost + load @ load, rel=1e-11)
    assert master.bound <= score.value <= master.bound * 1.01


def test_bounds_and_plans_do_not_depend_on_the_number_of_threads() -> None:
    given = benchmark(2500)
    seen = []
    for threads in (1, 2):
        master = started(given, threads=threads)
        bounds = [master.step() for _ in range(4)]
        seen.append((bounds, master.plan(5, 3e-3, np.random.default_rng(0))))
    assert seen[0][0] == seen[1][0]
    assert (seen[0][1] == seen[1][1]).all()


def solved(given: JointProblem, budget: Budget) -> tuple[Outcome, RefereedTrace]:
    trace = RefereedTrace(lambda plan: evaluate(given, plan))
    return Lagrangian().solve(given, budget, np.random.default_rng(0), trace), trace


@pytest.mark.parametrize("load", ["low", "middle", "high"])
def test_ten_thousand_tasks_are_within_a_part_in_a_thousand_after_eight_passes(load: str) -> None:
    outcome, trace = solved(benchmark(10_000, load), Budget(threads=1, tolerance=1e-3))
    assert outcome.status == "optimal"
    assert outcome.info["sweeps"] <= 8
    assert outcome.bound is not None and trace.best_value is not None
    assert 0.0 <= trace.best_value - outcome.bound <= 1e-3 * trace.best_value


def test_without_time_there_is_still_a_plan_and_a_bound() -> None:
    outcome, trace = solved(benchmark(3000), Budget(seconds=1e-3, threads=1))
    assert outcome.plan is not None and outcome.bound is not None and trace.best_value is not None
    assert outcome.termination == "time_limit"
    assert outcome.bound <= trace.best_value
    assert outcome.info["sweeps"] <= 3
