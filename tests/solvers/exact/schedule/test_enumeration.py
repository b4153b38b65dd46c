"""`schedule-enumeration`: never above any decoded plan, equal to all permutations, and proofs of what cannot be."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest

from formulations.schedule.case import case_of
from formulations.schedule.evaluator import evaluate_population
from formulations.schedule.problem import ScheduleProblem
from formulations.schedule.referee import evaluate
from solvers.contract import Budget, Outcome, SolutionStatus
from solvers.registry import make
from solvers.trace import RefereedTrace
from tests.formulations.schedule.random_problems import OBJECTIVES, REGULAR, random_problem
from tests.formulations.schedule.test_evaluator import draw


def enumerate_all(problem: ScheduleProblem) -> Outcome:
    method, budget = make("schedule-enumeration", {}), Budget()
    assert method.decline(problem, budget) is None
    trace = RefereedTrace(lambda plan: evaluate(problem, plan))
    return method.solve(problem, budget, np.random.default_rng(0), trace)


@pytest.mark.parametrize("links", ["free", "serial"])
@pytest.mark.parametrize("objective", range(len(OBJECTIVES)))
def test_no_decoded_plan_is_better(objective: int, links: str) -> None:
    proven = 0
    for seed in range(8):
        problem = random_problem(
            7000 + 50 * objective + seed, objective=objective, links=links, n_tasks=2, n_layers=2, n_nodes=3
        )
        outcome = enumerate_all(problem)
        case = case_of(problem)
        value, excess = evaluate_population(case, *draw(case, np.random.default_rng(seed), 300))
        found = float(value[excess == 0].min(initial=np.inf))
        if outcome.status is SolutionStatus.INFEASIBLE:
            assert found == np.inf
            continue
        assert outcome.status is SolutionStatus.OPTIMAL
        assert outcome.bound is not None
        assert outcome.bound <= found * (1 + 1e-9) + 1e-12
        proven += 1
    assert proven


@pytest.mark.parametrize("seed", range(12))
def test_equals_every_permutation_of_every_placement(seed: int) -> None:
    problem = random_problem(seed, objective=seed % REGULAR, links="free", n_tasks=2, n_layers=2, n_nodes=3)
    case = case_of(problem)
    layers = np.flatnonzero(~case.is_input)
    choices = [np.flatnonzero(case.allowed[:, v]).tolist() for v in range(case.n_operations)]
    places = np.array(list(product(*choices)))
    best = np.inf
    for order in permutations(range(len(layers))):
        rank = np.zeros(case.n_operations)
        rank[layers] = order
        value, excess = evaluate_population(case, places, np.broadcast_to(rank, places.shape))
        best = min(best, float(value[excess == 0].min(initial=np.inf)))
    outcome = enumerate_all(problem)
    if best == np.inf:
        assert outcome.status is SolutionStatus.INFEASIBLE
    else:
        assert outcome.bound == pytest.approx(best, rel=1e-9, abs=1e-9)


def test_too_many_placements_are_declined() -> None:
    problem = random_problem(1, n_tasks=3, n_layers=40, n_nodes=4)
    reason = make("schedule-enumeration", {}).decline(problem, Budget())
    assert reason is not None and ("placements" in reason or "layers" in reason)
