"""Exact methods for flow shops have the optimum of trying all cuts and orders, claim no more than they prove, and decline."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from experiments.systems.bench import Bench
from experiments.systems.jps import least_makespan
from solvers.contract import Budget, SolutionStatus
from solvers.registry import make
from tests.formulations.schedule.flow_shops import RESPONSE, chain, least, random_shop, shop_of, shop_problem

COUNTS, CP_SAT = "flow-shop-counts", "flow-shop-cp-sat"
BENCH = Bench()


def agree(seeds: range) -> None:
    for seed in seeds:
        problem = random_shop(seed)
        found = BENCH.run(COUNTS, problem)
        assert found.value == pytest.approx(least_makespan(shop_of(problem)), rel=1e-7), seed
        assert found.outcome.status is SolutionStatus.OPTIMAL


def test_counts_are_the_best_of_all_cuts_and_orders() -> None:
    agree(range(12))


@pytest.mark.slow
def test_counts_are_the_best_of_all_cuts_and_orders_on_many_instances(
    record_property: Callable[[str, object], None],
) -> None:
    agree(range(12, 612))
    record_property("cases", 600)


@pytest.mark.parametrize("backend", ["cbc", "scip"])
def test_other_back_ends_agree(backend: str) -> None:
    for seed in (3, 4):
        problem = random_shop(seed, jobs=30, layers=6)
        assert BENCH.run(COUNTS, problem, backend=backend).value == pytest.approx(BENCH.run(COUNTS, problem).value)


def test_all_jobs_may_be_released_later() -> None:
    now, later = (
        BENCH.run(COUNTS, shop_problem([chain([2.0, 1.0, 1.0])], [[1.0, 2.0]], [0] * 5, release=at))
        for at in (0.0, 7.0)
    )
    assert later.value == pytest.approx(now.value + 7.0)
    assert later.outcome.status is SolutionStatus.OPTIMAL
    cp_sat = BENCH.run(CP_SAT, shop_problem([chain([2.0, 1.0, 1.0])], [[1.0, 2.0]], [0] * 5, release=7.0))
    assert cp_sat.value == pytest.approx(later.value)
    assert cp_sat.outcome.status is SolutionStatus.OPTIMAL


def test_where_the_server_takes_time_counts_are_a_bound_and_no_optimum() -> None:
    problem = shop_problem([chain([1.0, 1.0, 1.0])], [[3.0, 3.0]], [0, 0], server=[[1.0, 1.0]])
    found = BENCH.run(COUNTS, problem)
    assert found.outcome.status is SolutionStatus.FEASIBLE
    assert found.outcome.bound == pytest.approx(2.0, rel=1e-5)
    assert found.value == pytest.approx(5.0)  # two uploads, and two stays one after the other


def three_stages(seeds: range) -> None:
    for seed in seeds:
        response = seed % 2 == 1
        options: dict[str, Any] = RESPONSE if response else {}
        problem = random_shop(
            seed, jobs=3, layers=2, served=1.0, released=seed % 3 == 0, cores=1 + seed % 3, memory=False, **options
        )
        shop = shop_of(problem)
        found, best = BENCH.run(CP_SAT, problem), least(shop, response=response)
        assert found.value == pytest.approx(best, rel=1e-4), seed
        assert found.outcome.info["one_cut_bound"] <= best * (1 + 1e-9)
        if shop.one_cut_is_enough and not response:
            assert found.outcome.status is SolutionStatus.OPTIMAL
            assert found.outcome.bound is not None


def test_three_stages_are_the_best_of_all_cuts_and_orders() -> None:
    three_stages(range(12))


@pytest.mark.slow
def test_three_stages_are_the_best_of_all_cuts_and_orders_on_many_instances(
    record_property: Callable[[str, object], None],
) -> None:
    three_stages(range(12, 150))
    record_property("cases", 138)


def test_a_bound_on_plans_of_one_cut_is_not_claimed_for_all() -> None:
    problem = random_shop(5, jobs=3, layers=2, served=1.0, cores=1)
    found = BENCH.run(CP_SAT, problem)
    assert not shop_of(problem).one_cut_is_enough
    assert (found.outcome.bound, found.outcome.status) == (None, SolutionStatus.FEASIBLE)


@pytest.mark.parametrize(
    ("method", "options", "says"),
    [
        (COUNTS, RESPONSE, "makespan"),
        (COUNTS, {"links": "free"}, "links are free"),
        (COUNTS, {"device_cores": 2}, "several cores"),
        (COUNTS, {"release": [0.0, 1.0]}, "released"),
        (COUNTS, {"device_memory": 1.0}, "memory"),
        (COUNTS, {"backend": None}, ""),
        (CP_SAT, {"energy_weight": 1.0}, "makespan"),
        (CP_SAT, {"return_result": True}, "results"),
    ],
)
def test_what_they_decline(method: str, options: dict[str, Any], says: str) -> None:
    options = {name: value for name, value in options.items() if value is not None}
    problem = shop_problem([chain([2.0, 1.0, 1.0], weights=1.0)], [[1.0, 2.0]], [0, 0], **options)
    reason = make(method).decline(problem, Budget())
    assert says in str(reason) if says else reason is None


def test_thousands_of_jobs_make_no_larger_model() -> None:
    problem = shop_problem([chain([6.0, 3.0, 2.0, 1.0])], [[1.0, 1.0, 3.0]], np.zeros(3000, dtype=np.int64))
    found = BENCH.run(COUNTS, problem)
    assert found.outcome.status is SolutionStatus.OPTIMAL
    assert found.outcome.info["types"] == 4


@pytest.mark.parametrize("method", [COUNTS, CP_SAT])
def test_jobs_that_take_no_time_are_done_at_once(method: str) -> None:
    found = BENCH.run(method, shop_problem([chain([2.0, 1.0])], [[0.0]], [0, 0, 0]))
    assert (found.value, found.outcome.status) == (0.0, SolutionStatus.OPTIMAL)
