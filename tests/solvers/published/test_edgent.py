"""Edgent takes the most accurate exit that can keep the limit; its partition points are all there are."""

from __future__ import annotations

import pytest

from experiments.systems.branchy_alexnet import branchy_alexnet
from formulations.cut.cases import cases_of
from instances.errors import InputError
from solvers.published.edgent import EdgentParams, co_inference_rows
from solvers.published.exits import pairs_by_accuracy
from tests.formulations.cut.random_problems import random_problem
from tests.solvers.exact.cut.runs import run


def test_it_takes_the_most_accurate_exit_within_the_limit() -> None:
    net = branchy_alexnet()
    for limit, version in ((1.0, 0), (0.1, 1)):
        outcome = run("edgent-2018", net.problem(0.5, latency_limit_s=limit, excursions=True))
        assert not isinstance(outcome, str)
        assert outcome.plan is not None
        assert outcome.plan.version == version
    none = run("edgent-2018", net.problem(0.5, latency_limit_s=0.01, excursions=True))
    assert not isinstance(none, str)
    assert none.plan is None
    assert "no exit keeps" in none.reason


def test_versions_come_from_the_most_to_the_least_accurate() -> None:
    problem = branchy_alexnet().problem(1.0)
    assert [pairs[0].whole.version for pairs in pairs_by_accuracy(problem)] == [0, 4, 3, 2, 1]


def test_partition_points_with_the_front_on_either_side() -> None:
    case = next(cases_of(branchy_alexnet().problem(1.0, excursions=True)))
    front = co_inference_rows(case, "edge")
    assert front.shape == (case.n_layers, case.n_layers)
    assert (front[:, 0] == 0).all()
    assert front[2, :5].tolist() == [0, 1, 1, 0, 0]
    assert co_inference_rows(case, "device")[2, :5].tolist() == [0, 0, 0, 1, 1]
    alone = next(cases_of(branchy_alexnet().problem(1.0)))
    assert len(co_inference_rows(alone, "edge")) == 2


def test_it_declines_what_is_no_chain() -> None:
    assert "no chain" in str(run("edgent-2018", random_problem(4, chain=False, most_levels=2, plain=True)))


def test_the_front_is_on_one_of_two_sides() -> None:
    with pytest.raises(InputError, match="front"):
        EdgentParams(front="cloud")  # type: ignore[arg-type]
