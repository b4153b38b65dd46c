"""Local search and large neighbourhood search on schedules."""

from __future__ import annotations

import numpy as np
import pytest

from formulations.schedule.case import case_of
from formulations.schedule.problem import ScheduleProblem
from formulations.schedule.referee import evaluate
from instances.errors import InputError
from solvers.contract import Budget, Outcome, Termination
from solvers.list_scheduling.portfolio import first_plans
from solvers.local_search.schedule_lns import ScheduleLnsParams
from solvers.local_search.schedule_moves import code_of, move_tables, neighbours
from solvers.local_search.schedule_neighbourhoods import NEIGHBOURHOODS, Roulette, placed
from solvers.local_search.schedule_repair import repair
from solvers.registry import make
from solvers.trace import RefereedTrace
from tests.formulations.schedule.random_problems import random_problem


def run(
    name: str, problem: ScheduleProblem, budget: Budget, seed: int = 0, **params: str
) -> tuple[Outcome, RefereedTrace]:
    trace = RefereedTrace(lambda plan: evaluate(problem, plan))
    return make(name, params).solve(problem, budget, np.random.default_rng(seed), trace), trace


def best_list_value(problem: ScheduleProblem) -> float:
    scores = [evaluate(problem, plan) for plan in first_plans(case_of(problem))]
    return min((score.value for score in scores if score.feasible and score.value is not None), default=np.inf)


@pytest.mark.parametrize("seed", range(8))
def test_local_search_is_never_worse_than_the_list_schedules(seed: int) -> None:
    problem = random_problem(seed)
    outcome, trace = run("schedule-local-search", problem, Budget(evaluations=3000))
    assert outcome.info["evaluations"] <= 3000
    if outcome.plan is not None:
        value = evaluate(problem, outcome.plan).value
        assert value is not None
        assert value == trace.best_value
        assert value <= best_list_value(problem) * (1 + 1e-12)


def test_local_search_repeats_itself_within_a_limit_of_evaluations() -> None:
    problem = random_problem(5, n_tasks=3, plain=True)
    first, second = (run("schedule-local-search", problem, Budget(evaluations=2000), 7)[0] for _ in range(2))
    assert first.termination is Termination.EVALUATION_LIMIT
    assert (first.plan.node == second.plan.node).all()
    assert (first.plan.start_s == second.plan.start_s).all()


def test_neighbours_stay_where_operations_may_run_and_differ_a_little() -> None:
    problem = random_problem(17, n_tasks=3, n_nodes=4, plain=True)
    case = case_of(problem)
    place, rank = code_of(case, next(first_plans(case)))
    places, ranks = neighbours(move_tables(case), place, rank, 500, np.random.default_rng(0))
    assert case.allowed[places, np.arange(case.n_operations)].all()
    assert (places[:, case.is_input] == place[case.is_input]).all()
    moved, turned = (places != place).any(axis=1), (ranks != rank).any(axis=1)
    assert not (moved & turned).any()
    assert moved.any()
    assert turned.any()


@pytest.mark.parametrize("name", NEIGHBOURHOODS)
def test_a_neighbourhood_holds_layers_of_the_size_asked(name: str) -> None:
    problem = random_problem(23, n_tasks=3, n_layers=3, plain=True)
    case = case_of(problem)
    state, rng = placed(case, next(first_plans(case))), np.random.default_rng(0)
    for size in (1, 2, 4, 100):
        free = NEIGHBOURHOODS[name](state, size, rng)
        assert 1 <= len(free) <= size
        assert len(set(free.tolist())) == len(free)
        assert not case.is_input[free].any()


def test_what_stays_in_a_repair_stays_where_it_is_and_the_plan_is_no_worse() -> None:
    rng, better = np.random.default_rng(1), 0
    for seed in range(12):
        problem = random_problem(seed, n_tasks=3, plain=True)
        case = case_of(problem)
        plan = next(first_plans(case))
        state = placed(case, plan)
        free = NEIGHBOURHOODS["random"](state, 3, rng)
        found = repair(
            state,
            plan,
            free,
            np.ones(case.n_nodes, dtype=bool),
            rounding="down",
            seconds=5.0,
            threads=1,
            seed=seed,
        )
        assert found.complete
        assert found.bound is None or len(free) == len(state.active)
        new = found.plan
        assert new is not None
        stays = np.setdiff1d(np.arange(case.n_operations), free)
        assert (new.node[stays] == plan.node[stays]).all()
        before, after = evaluate(problem, plan), evaluate(problem, new)
        assert after.feasible
        assert after.value is not None
        assert before.value is not None
        assert after.value <= before.value + 1e-9
        better += after.value < before.value - 1e-9
    assert better > 0


def test_roulette_takes_what_helps_more_often() -> None:
    roulette, rng = Roulette(), np.random.default_rng(0)
    for _ in range(30):
        for name in NEIGHBOURHOODS:
            roulette.learn(name, name == "chain")
    drawn = [roulette.draw(rng) for _ in range(400)]
    assert drawn.count("chain") > 200
    assert set(drawn) == set(NEIGHBOURHOODS)


def test_small_steps_alone_reach_the_optimum_that_cp_sat_proves() -> None:
    reached = total = 0
    for seed in range(7):
        problem = random_problem(seed, n_tasks=2, n_layers=3)
        exact, _ = run("schedule-cp-sat", problem, Budget(seconds=10.0))
        if exact.plan is None:
            continue
        most = evaluate(problem, exact.plan).value
        outcome, trace = run("schedule-lns", problem, Budget(seconds=5.0), seed, rounds="4", descent="0")
        assert most is not None
        total += 1
        if outcome.plan is not None and trace.best_value is not None:
            assert trace.best_value >= (exact.bound or 0.0) - 1e-9
            reached += trace.best_value <= most + 1e-6 * abs(most)
    assert total >= 4
    assert reached >= total - 1


def test_lns_parameters_are_checked() -> None:
    with pytest.raises(InputError, match="parameter descent"):
        ScheduleLnsParams(descent=1.0)
