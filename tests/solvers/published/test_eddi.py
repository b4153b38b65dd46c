"""EDDI is exact over exit and cut between two levels, and says so where no exit keeps the limit."""

from __future__ import annotations

from experiments.systems.branchy_alexnet import branchy_alexnet
from formulations.cut.referee import evaluate
from tests.solvers.exact.cut.runs import run


def test_it_has_the_most_accurate_exit_that_any_placement_allows() -> None:
    net = branchy_alexnet()
    for mbit in (0.1, 1.0, 20.0):
        for limit in (0.02, 0.1, 0.5, 2.0):
            problem = net.problem(mbit, latency_limit_s=limit)
            own, exact = run("eddi", problem), run("cut-enumeration", problem)
            assert not isinstance(own, str)
            assert not isinstance(exact, str)
            if exact.plan is None:
                assert own.plan is None
                assert "no exit keeps" in own.reason
                assert own.info["fastest_s"] > limit
                continue
            assert own.plan is not None
            assert evaluate(problem, own.plan).value == evaluate(problem, exact.plan).value


def test_it_declines_excursions() -> None:
    assert "excursions" in str(run("eddi", branchy_alexnet().problem(1.0, excursions=True)))
