"""Methods `milp` and `cp-sat`: what they claim, when they decline, and that limits are kept."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from formulations.joint.evaluator import JointEvaluator
from formulations.joint.options import option_table
from formulations.joint.problem import JointOptions, JointProblem
from formulations.joint.referee import evaluate
from formulations.score import relative_gap
from instances.errors import InputError
from instances.generators.registry import generate
from solvers import registry
from solvers.contract import Budget, Outcome, SolutionStatus, Termination
from solvers.exact.claim import Claim
from solvers.exact.narrowing import narrow
from solvers.trace import RefereedTrace
from tests.formulations.joint.brute_force import brute_force
from tests.formulations.joint.small_problems import small_problem

METHODS = (
    ("milp", {"backend": "cbc"}),
    ("milp", {"backend": "highs"}),
    ("milp", {"backend": "scip"}),
    ("cp-sat", {}),
    ("lagrangian-exact", {}),
    ("lagrangian-exact", {"proof": "milp"}),
)
each_method = pytest.mark.parametrize(("method", "params"), METHODS)


def metro(tasks: int, sharing: Any = "optimal", seed: int = 1) -> JointProblem:
    instance = generate("metro", {"tasks": str(tasks)}, seed)
    return JointProblem(instance=instance, options=JointOptions(sharing=sharing))


def solve(
    problem: JointProblem, method: str, params: dict[str, Any], budget: Budget, seed: int = 0
) -> tuple[Outcome, RefereedTrace]:
    trace = RefereedTrace(lambda plan: evaluate(problem, plan))
    made = registry.make(method, params)
    assert made.decline(problem, budget) is None
    return made.solve(problem, budget, np.random.default_rng(seed), trace), trace


@each_method
def test_ten_tasks_of_a_city_are_proven_optimal_and_the_same_by_all(method: str, params: dict[str, Any]) -> None:
    problem = metro(10)
    outcome, trace = solve(problem, method, params, Budget(tolerance=1e-5))
    value = evaluate(problem, outcome.plan).value
    assert (outcome.status, outcome.termination) == (SolutionStatus.OPTIMAL, Termination.COMPLETED)
    assert value == pytest.approx(solve(problem, "milp", {}, Budget(tolerance=1e-5))[0].bound, rel=1e-4)
    gap = relative_gap(value, outcome.bound)
    assert gap is not None
    assert 0 <= gap <= 1e-5
    assert trace.best_value == value
    assert trace.best_bound == outcome.bound


@each_method
@pytest.mark.parametrize("sharing", ["optimal", "equal"])
def test_a_thousand_tasks_in_two_seconds_give_a_plan_and_a_bound(
    method: str, params: dict[str, Any], sharing: str
) -> None:
    problem = metro(1000, sharing)
    outcome, _ = solve(problem, method, params, Budget(seconds=2.0))
    score = evaluate(problem, outcome.plan)
    assert score.feasible
    assert outcome.bound is not None
    gap = relative_gap(score.value, outcome.bound)
    assert gap is not None
    assert 0 <= gap < 0.2
    assert outcome.status is SolutionStatus.FEASIBLE or gap <= 1e-4


@each_method
def test_the_same_seed_gives_the_same_plan(method: str, params: dict[str, Any]) -> None:
    problem = metro(12, seed=3)
    one, two = (solve(problem, method, params, Budget(), seed=5)[0] for _ in range(2))
    for column in ("version", "candidate", "cloud", "device_until", "edge_until"):
        assert np.array_equal(getattr(one.plan, column), getattr(two.plan, column))
    assert one.bound == two.bound


@each_method
def test_a_task_without_an_option_is_proven_infeasible(method: str, params: dict[str, Any]) -> None:
    problem = JointProblem(instance=generate("tiny", {"floors": "infeasible"}, 2))
    outcome, _ = solve(problem, method, params, Budget())
    assert (outcome.status, outcome.termination) == (SolutionStatus.INFEASIBLE, Termination.COMPLETED)
    assert outcome.plan is None
    assert outcome.bound is None
    assert "accuracy floor" in outcome.reason


@each_method
@pytest.mark.parametrize("narrowing", [True, False])
def test_memory_that_cannot_hold_the_tasks_is_proven_infeasible(
    method: str, params: dict[str, Any], narrowing: bool
) -> None:
    instance = generate("tiny", {"memory": "infeasible", "floors": "none", "tasks_low": "3", "edges_low": "2"}, 0)
    problem = JointProblem(instance=instance)
    assert option_table(problem).task_without_option() is None, "every task alone must fit"
    asked = params if method == "lagrangian-exact" else {**params, "narrowing": narrowing}
    outcome, _ = solve(problem, method, asked, Budget())
    assert (outcome.status, outcome.termination) == (SolutionStatus.INFEASIBLE, Termination.COMPLETED)
    assert outcome.plan is None


@pytest.mark.parametrize(("method", "params"), [*METHODS, ("milp", {"language": "pyomo"})])
def test_a_limit_of_evaluations_is_declined(method: str, params: dict[str, Any]) -> None:
    reason = registry.make(method, params).decline(metro(5), Budget(evaluations=10))
    assert reason is not None
    assert "evaluations" in reason


def test_threads_that_scip_would_not_use_are_declined() -> None:
    reason = registry.make("milp", {"backend": "scip"}).decline(metro(5), Budget(threads=2))
    assert reason is not None
    assert "threads=1" in reason
    assert registry.make("milp", {"backend": "highs"}).decline(metro(5), Budget(threads=2)) is None


def test_unknown_languages_back_ends_and_squares_are_refused() -> None:
    for method, params in (
        ("milp", {"backend": "xpress"}),
        ("milp", {"language": "ampl"}),
        ("cp-sat", {"squares": "no"}),
    ):
        with pytest.raises(InputError):
            registry.make(method, params)


@pytest.mark.parametrize("index", range(12))
def test_narrowing_rules_out_no_optimal_plan(index: int) -> None:
    problem = small_problem(index)
    best = brute_force(problem)
    table = option_table(problem)
    if best.value is None:
        pytest.skip("the problem has no plan")
    claim = Claim(budget=Budget(), trace=RefereedTrace(lambda plan: evaluate(problem, plan)))
    found = narrow(table, claim)
    assert claim.bound is not None
    assert claim.bound <= best.value * (1 + 1e-9)
    if claim.value is None or claim.value <= best.value * (1 + 1e-9):
        return
    # a better plan exists: it must be among the options that are kept
    kept = [found.keep[(found.keep >= a) & (found.keep < b)] for a, b in pairwise(table.task_offsets)]
    picks = np.stack(np.meshgrid(*kept, indexing="ij"), axis=-1).reshape(-1, table.n_tasks)
    value, excess = JointEvaluator(table).values(picks)
    assert value[excess == 0].min() == pytest.approx(best.value, rel=1e-9)


def test_stages_of_lagrangian_exact_leave_fewer_and_fewer_options() -> None:
    outcome, _ = solve(metro(60, seed=2), "lagrangian-exact", {"proof": "milp"}, Budget(seconds=20.0))
    stages = outcome.info["stages"]
    assert stages[0]["stage"] == "prices"
    left = [stage["left"] for stage in stages]
    assert left == sorted(left, reverse=True)
    assert [stage["removed"] for stage in stages[1:]] == [a - b for a, b in pairwise(left)]
    assert left[-1] < 0.2 * outcome.info["options"]


@pytest.mark.parametrize(
    "setting", [{"proof": "no"}, {"backend": "gurobi"}, {"moves": "-1"}, {"stages": "-1"}, {"dual_steps": "-1"}]
)
def test_lagrangian_exact_refuses_nonsense(setting: dict[str, str]) -> None:
    with pytest.raises(InputError):
        registry.make("lagrangian-exact", setting)
