"""Brute force by the referee = every exact formulation in every back end; every method keeps to the contract."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from formulations.joint.evaluator import JointEvaluator
from formulations.joint.options import option_table
from formulations.joint.problem import JointProblem
from formulations.joint.referee import evaluate
from solvers import registry
from solvers.contract import Budget, Outcome, SolutionStatus
from solvers.trace import RefereedTrace
from tests.formulations.joint.brute_force import Best, brute_force
from tests.formulations.joint.small_problems import small_problem

TOLERANCE = 1e-5
"""Of every exact run: what the back ends' bounds can certify, their own tolerances being 1e-6."""
SAMPLE, ALL = range(15), range(240)

# without narrowing the model itself is what is solved
EXACT: tuple[tuple[str, dict[str, Any]], ...] = (
    ("milp", {"language": "pyomo", "backend": "cbc", "narrowing": False}),
    ("milp", {"language": "pulp", "backend": "cbc", "narrowing": False}),
    ("milp", {"language": "pulp", "backend": "highs", "narrowing": False}),
    ("milp", {"language": "pulp", "backend": "scip", "narrowing": False}),
    ("cp-sat", {"squares": "cuts", "narrowing": False}),
    ("cp-sat", {"squares": "product", "narrowing": False}),
    ("milp", {"language": "pulp", "backend": "highs"}),
    ("cp-sat", {}),
    ("lagrangian-exact", {}),
)


def run(problem: JointProblem, method: str, params: dict[str, Any], budget: Budget) -> Outcome | None:
    """Return the outcome of `method`, None where it declines; what it reported must hold too."""
    trace = RefereedTrace(lambda plan: evaluate(problem, plan))
    made = registry.make(method, params)
    if made.decline(problem, budget) is not None:
        return None
    outcome = made.solve(problem, budget, np.random.default_rng(0), trace)
    if outcome.bound is not None and trace.best_bound is not None:
        assert trace.best_bound <= outcome.bound
    return outcome


def check_claims(problem: JointProblem, outcome: Outcome, best: Best, tolerance: float) -> None:
    """Check plan, bound and status of `outcome` against the optimum."""
    if best.value is None:
        assert outcome.plan is None
        assert outcome.status in (SolutionStatus.INFEASIBLE, SolutionStatus.NONE)
        return
    assert outcome.status is not SolutionStatus.INFEASIBLE
    if outcome.bound is not None:
        assert outcome.bound <= best.value + 1e-9 * abs(best.value)
    if outcome.plan is None:
        return
    score = evaluate(problem, outcome.plan)
    assert score.violations == ()
    assert score.value is not None
    assert score.value >= best.value - 1e-9 * abs(best.value)
    if outcome.status is SolutionStatus.OPTIMAL:
        assert score.value <= best.value + tolerance * abs(best.value)
        assert outcome.bound is not None


def check_exact_methods(problem: JointProblem, best: Best) -> None:
    wanted = SolutionStatus.INFEASIBLE if best.value is None else SolutionStatus.OPTIMAL
    for method, params in EXACT:
        outcome = run(problem, method, params, Budget(tolerance=TOLERANCE))
        assert outcome is not None, (method, params)
        assert outcome.status is wanted, (method, params, outcome.reason)
        check_claims(problem, outcome, best, TOLERANCE)


def check_pruning(problem: JointProblem, best: Best) -> None:
    """The pruned and the whole option table have the optimum of the enumerated placements."""
    for prune in (True, False):
        table = option_table(problem, prune=prune)
        sizes = np.diff(table.task_offsets)
        picks = np.indices(sizes.tolist()).reshape(len(sizes), -1).T + table.task_offsets[:-1]
        value, excess = JointEvaluator(table).values(picks)
        fitting = value[excess == 0]
        if best.value is None:
            assert len(fitting) == 0
        else:
            assert fitting.min() == pytest.approx(best.value, rel=1e-9)


def check_every_method(problem: JointProblem, best: Best) -> None:
    """Plans of all registered methods are accepted and no better than the optimum, bounds no higher."""
    for method in registry.method_names():
        cls = registry.entry(method).cls
        if "joint" not in cls.families or not cls.__module__.startswith("solvers."):  # type: ignore[attr-defined]
            continue  # other tests register methods that misbehave
        evaluations = 200 if registry.entry(method).uses_evaluations else None
        outcome = run(problem, method, {}, Budget(seconds=2.0, evaluations=evaluations))
        if outcome is not None:
            check_claims(problem, outcome, best, 1e-4)


@pytest.mark.parametrize(
    "index",
    [
        *(pytest.param(index, id=f"sample-{index}") for index in SAMPLE),
        *(pytest.param(index, marks=pytest.mark.slow) for index in ALL),
    ],
)
def test_brute_force_all_exact_formulations_and_every_method_agree(index: int) -> None:
    problem = small_problem(index)
    best = brute_force(problem)
    check_pruning(problem, best)
    check_exact_methods(problem, best)
    check_every_method(problem, best)


def test_the_small_problems_cover_rules_objectives_and_infeasible_limits() -> None:
    problems = [small_problem(index) for index in ALL]
    kinds = {(p.options.sharing, p.options.energy_scope, p.options.latency_weight > 0) for p in problems}
    assert {sharing for sharing, _, _ in kinds} == {"optimal", "equal"}
    assert {scope for _, scope, _ in kinds} == {"system", "device"}
    assert {latency for _, _, latency in kinds} == {True, False}
    by_floor = [p for p in problems if option_table(p).task_without_option() is not None]
    assert by_floor
    assert {p.instance.n_tasks for p in problems} == {2, 3, 4, 5, 6}
