"""The method: bound <= optimum <= value, what it declines, and instances whose option table is too large."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from formulations.joint.options import option_count
from formulations.joint.problem import JointOptions, JointProblem
from formulations.joint.referee import evaluate
from formulations.score import relative_gap
from instances.errors import InputError
from instances.generators.registry import generate
from solvers import registry
from solvers.contract import Budget, Outcome, SolutionStatus, Termination
from solvers.decomposition.column_generation import ColumnGeneration, ColumnGenerationParams
from solvers.decomposition.lagrangian import Lagrangian
from solvers.trace import RefereedTrace
from tests.formulations.joint.brute_force import brute_force
from tests.formulations.joint.small_problems import small_problem
from tests.solvers.decomposition.plans import optimum, stressed_table

LARGE = {
    "tasks": "400",
    "edges": "32",
    "reach": "32",
    "range_m": "5000",
    "clouds": "2",
    "exits": "true",
    "variants": "true",
    "accuracy_floor": "0.9",
}


def run(problem: JointProblem, budget: Budget, seed: int = 0, **params: Any) -> tuple[Outcome, RefereedTrace]:
    trace = RefereedTrace(lambda plan: evaluate(problem, plan))
    method = ColumnGeneration(ColumnGenerationParams(**params))
    return method.solve(problem, budget, np.random.default_rng(seed), trace), trace


def check(problem: JointProblem, best: float | None, **params: Any) -> None:
    outcome, trace = run(problem, Budget(), **params)
    if best is None:
        assert outcome.plan is None
        assert outcome.status is SolutionStatus.INFEASIBLE
        return
    assert outcome.bound is not None
    assert outcome.plan is not None
    assert all(point.value <= best for point in trace.bounds)
    score = evaluate(problem, outcome.plan)
    assert score.violations == ()
    assert score.value is not None
    assert best * (1 - 1e-12) <= score.value
    # small enough for the restricted model to be exact
    assert outcome.status is SolutionStatus.OPTIMAL
    assert score.value - best <= 1e-4 * abs(best)


def stressed(index: int, **params: Any) -> None:
    table = stressed_table(index, "optimal")
    check(table.problem, None if table.task_without_option() is not None else optimum(table), **params)


@pytest.mark.parametrize("index", range(12))
def test_bound_below_optimum_below_plan(index: int) -> None:
    stressed(index)


@pytest.mark.slow
@pytest.mark.parametrize("index", range(12, 500))
def test_bound_below_optimum_below_plan_on_many(index: int) -> None:
    stressed(index)


@pytest.mark.parametrize("index", range(0, 12, 2))
def test_it_proves_the_optimum_of_brute_force_and_infeasibility(index: int) -> None:
    problem = small_problem(index)
    check(problem, brute_force(problem).value)


@pytest.mark.slow
@pytest.mark.parametrize("index", range(12, 120, 2))
def test_it_proves_the_optimum_of_brute_force_and_infeasibility_on_many(index: int) -> None:
    problem = small_problem(index)
    check(problem, brute_force(problem).value)


@pytest.mark.parametrize("params", [{"master": "linear"}, {"backend": "highs"}, {"backend": "scip"}, {"moves": 0}])
def test_masters_and_back_ends_prove_the_same(params: dict[str, Any]) -> None:
    for index in (1, 6, 13):
        stressed(index, **params)


def test_its_bound_is_that_of_lagrangian_where_both_have_time() -> None:
    problem = JointProblem(instance=generate("metro", {"tasks": "200", "exits": "true"}, 1))
    mine, _ = run(problem, Budget(seconds=20.0), moves=0)
    trace = RefereedTrace(lambda plan: evaluate(problem, plan))
    other = Lagrangian().solve(problem, Budget(), np.random.default_rng(0), trace)
    assert mine.bound is not None and other.bound is not None
    assert mine.bound >= other.bound * (1 - 1e-5)


def test_a_task_without_a_placement_is_infeasible() -> None:
    instance = generate("tiny", {"floors": "infeasible"}, 3)
    outcome, _ = run(JointProblem(instance=instance), Budget())
    assert outcome.status is SolutionStatus.INFEASIBLE
    assert "accuracy floor" in outcome.reason


def test_it_declines_with_a_reason() -> None:
    instance = generate("tiny", {}, 1)
    method = ColumnGeneration()
    equal = JointProblem(instance=instance, options=JointOptions(sharing="equal"))
    assert "sharing=equal" in str(method.decline(equal, Budget()))
    assert run(equal, Budget())[0].termination is Termination.UNSUPPORTED
    fine = JointProblem(instance=instance)
    assert method.decline(fine, Budget()) is None
    assert "evaluations" in str(method.decline(fine, Budget(evaluations=5)))
    scip = ColumnGeneration(ColumnGenerationParams(backend="scip"))
    assert "one thread" in str(scip.decline(fine, Budget(threads=2)))
    large = JointProblem(instance=generate("metro", {**LARGE, "tasks": "4000", "edges": "64", "reach": "64"}, 1))
    assert "may take" in str(method.decline(large, Budget(seconds=1.0)))


def test_mixed_weights_have_no_best_shares() -> None:
    instance = generate("line", {"tasks": "6"}, 1)
    weights = np.array([0.0, 1.0, 1.0, 0.0, 1.0, 1.0])
    mixed = replace(instance, workload=replace(instance.workload, task_weight=weights))
    outcome, _ = run(JointProblem(instance=mixed), Budget())
    assert outcome.termination is Termination.UNSUPPORTED
    assert "weight" in outcome.reason
    none = replace(instance, workload=replace(instance.workload, task_weight=np.zeros(6)))
    outcome, _ = run(JointProblem(instance=none), Budget())
    assert outcome.status is SolutionStatus.OPTIMAL
    assert outcome.bound == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(
    "params", [{"master": "cubic"}, {"rounds": 0}, {"moves": -1}, {"backend": "none"}], ids=lambda p: next(iter(p))
)
def test_parameters_are_checked(params: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        ColumnGenerationParams(**params)


def test_a_table_too_large_to_make_is_solved_to_a_certified_gap() -> None:
    problem = JointProblem(instance=generate("metro", LARGE, 1))
    assert option_count(problem.instance) > 3e7
    budget = Budget(seconds=20.0)
    assert registry.make("milp").decline(problem, budget) is not None  # it needs the table
    assert ColumnGeneration().decline(problem, budget) is None
    # it stops once the gap is as small as asked for
    outcome, trace = run(problem, Budget(tolerance=0.02))
    assert outcome.status is SolutionStatus.OPTIMAL
    score = evaluate(problem, outcome.plan)
    assert score.feasible
    gap = relative_gap(score.value, outcome.bound)
    assert gap is not None and gap <= 0.02
    assert len(trace.bounds) >= 3 and len(trace.incumbents) >= 3


def test_no_time_leaves_a_plan_or_nothing_but_never_a_wrong_word() -> None:
    problem = JointProblem(instance=generate("metro", {"tasks": "50"}, 1))
    outcome, trace = run(problem, Budget(seconds=1e-3))
    assert outcome.termination is Termination.TIME_LIMIT
    assert outcome.status in (SolutionStatus.FEASIBLE, SolutionStatus.NONE)
    assert outcome.bound is None or outcome.bound <= (trace.best_value or np.inf)
