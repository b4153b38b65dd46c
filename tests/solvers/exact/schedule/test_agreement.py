"""Brute force, CP-SAT, the MILP by each back end, labels of chains and the bounds agree, for every objective and link rule."""

from __future__ import annotations

import os

import pytest

from formulations.schedule.problem import ScheduleProblem
from solvers.contract import Budget, SolutionStatus
from solvers.registry import make
from tests.formulations.schedule.random_problems import OBJECTIVES, random_problem
from tests.solvers.exact.schedule.runs import run, with_odd_speeds

SMALL = {"n_tasks": 2, "n_layers": 2, "n_nodes": 3}
SLACK = 2e-4
"""Twice the gap at which a method may call its plan optimal."""


def agree(
    problem: ScheduleProblem, where: object, backend: str | None = None, proven: bool = True, start: str = "none"
) -> None:
    """Compare all methods on `problem`; with `proven`, CP-SAT has to end with a proof. By default it begins with nobody's plan."""
    truth, best = run("schedule-enumeration", problem, None)  # its compilation takes no time of a budget
    bounds, _ = run("schedule-bound", problem)
    found, value = run("schedule-cp-sat", problem, 20.0, start=start)
    others = [] if backend is None else [run("schedule-milp", problem, backend=backend)]
    if make("schedule-chain-dp").decline(problem, Budget()) is None:
        outcome, alone = run("schedule-chain-dp", problem)
        if problem.n_tasks == 1:
            others.append((outcome, alone))
        else:
            assert best is None or outcome.bound is None or outcome.bound <= best * (1 + 1e-9) + 1e-9, where
            assert alone is None or best is None or alone >= best * (1 - 1e-9) - 1e-9, where
    if best is None:
        assert truth.status is SolutionStatus.INFEASIBLE, where
        assert found.status is SolutionStatus.INFEASIBLE, where
        assert all(outcome.status is SolutionStatus.INFEASIBLE for outcome, _ in others), where
        return
    assert bounds.bound is None or bounds.bound <= best * (1 + 1e-9) + 1e-9, where
    assert found.bound is not None and found.bound <= best * (1 + 1e-9) + 1e-9, where
    assert value == pytest.approx(best, rel=SLACK, abs=1e-9), where
    if proven:
        assert found.status is SolutionStatus.OPTIMAL, where
    for outcome, other in others:
        assert outcome.bound is not None and outcome.bound <= best * (1 + 1e-9) + 1e-9, where
        assert other == pytest.approx(best, rel=SLACK, abs=1e-6), where


@pytest.mark.parametrize("links", ["free", "serial"])
@pytest.mark.parametrize("objective", range(len(OBJECTIVES)))
def test_every_method_finds_the_optimum(objective: int, links: str) -> None:
    backend = ("cbc", "highs", "scip")[objective % 3]
    problem = random_problem(300 + objective, objective=objective, links=links, energy_limit_j=None, **SMALL)
    agree(problem, (objective, links), backend)


@pytest.mark.parametrize("seed", range(3))
def test_a_chain_alone_is_solved_by_labels(seed: int) -> None:
    problem = random_problem(seed, n_tasks=1, n_layers=4, n_nodes=4, chain=True, objective=5 + seed, plain=True)
    assert make("schedule-chain-dp").decline(problem, Budget()) is None
    agree(problem, seed)


def test_a_limit_on_whole_prices_is_no_unit_looser() -> None:
    problem = random_problem(2068, objective=2, links="free", **SMALL)
    assert problem.options.price_limit == 4.0  # the next dearer plan costs 4.03125, and ends earlier
    agree(problem, "price limit")


@pytest.mark.slow
@pytest.mark.parametrize("links", ["free", "serial"])
@pytest.mark.parametrize("objective", range(len(OBJECTIVES)))
def test_every_method_finds_the_optimum_of_many_problems(objective: int, links: str, record_property: object) -> None:
    assert callable(record_property)
    count = 120 if os.environ.get("TIERCUT_AUDIT") else 12
    for seed in range(count):
        limited = seed % 4 == 0
        options = {} if limited else {"energy_limit_j": None}
        problem = random_problem(1000 * objective + seed, objective=objective, links=links, **SMALL, **options)
        backend = ("cbc", "highs", "scip")[seed % 3]
        # under a limit of energy, and without a unit of time, the last hundredth of a percent may take long
        start = ("none", "auto")[seed // 3 % 2]
        agree(problem, (objective, links, seed), backend, problem.options.energy_limit_j is None, start)
    record_property("cases", count)


@pytest.mark.slow
@pytest.mark.parametrize("block", range(6))
def test_times_without_a_common_unit(block: int, record_property: object) -> None:
    assert callable(record_property)
    count = 40 if os.environ.get("TIERCUT_AUDIT") else 5
    for seed in range(count):
        problem = with_odd_speeds(random_problem(20_000 + 100 * block + seed, **SMALL), seed)
        agree(problem, (block, seed), "highs", proven=False)
    record_property("cases", count)


@pytest.mark.slow
@pytest.mark.parametrize("block", range(6))
def test_chains_alone(block: int, record_property: object) -> None:
    assert callable(record_property)
    count = 100 if os.environ.get("TIERCUT_AUDIT") else 10
    for seed in range(count):
        problem = random_problem(
            30_000 + 100 * block + seed, n_tasks=1, n_layers=4, n_nodes=4, chain=True, energy_limit_j=None
        )
        agree(problem, (block, seed))
    record_property("cases", count)
