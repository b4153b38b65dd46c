"""The latency of one sample, against figures worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from formulations.placement.latency_walk import walk
from formulations.placement.problem import PlacementOptions, PlacementProblem
from formulations.placement.referee import evaluate, loads_of
from instances.errors import InputError
from tests.formulations.placement.test_referee import diamond, plan


def asked(**options: object) -> PlacementProblem:
    """Return the diamond of `test_referee` (a -> b, a -> c, b -> d, c -> d) with the latency as the objective."""
    return diamond(objective="latency", **options)


def test_hosts_run_layers_at_the_same_time() -> None:
    problem = asked()
    score = evaluate(problem, plan(problem, "cccc"))
    assert score.feasible and score.value == 80.0  # a, then c beside b, then d
    assert score.latency_s.tolist() == [80.0]


def test_a_block_waits_for_its_inputs_and_gives_all_results_at_its_end() -> None:
    problem = asked()
    judged = plan(problem, "ccxy")
    found = walk(problem, judged, loads_of(problem, judged))
    # a on the host until 10, b until 30; c: in 4, 3 s, out 2; d: b's 3 and c's 2 in, 4 s
    assert found.start_s == {1: 0.0, 2: 10.0, 3: 10.0, 4: 30.0}
    assert found.end_s == {1: 10.0, 2: 30.0, 3: 19.0, 4: 39.0}
    assert evaluate(problem, judged).value == 39.0


def test_layers_of_a_block_take_the_sum_of_all() -> None:
    problem = asked(memory=False)
    # b and c as one block wait for a: a and its 8 bytes in, 5 s, 6 and 4 bytes out
    assert evaluate(problem, plan(problem, "cxxc")).value == 10.0 + 4.0 + 5.0 + 5.0 + 40.0
    assert evaluate(problem, plan(problem, "xxxx")).value == 1.0 + 10.0


@pytest.mark.parametrize("where", ["xccx", "xyyx"])
def test_blocks_that_wait_for_each_other_have_no_latency(where: str) -> None:
    problem = asked()
    score = evaluate(problem, plan(problem, where))
    assert score.value is None and "never starts" in score.violations[0]


def test_a_host_may_come_between_blocks_more_than_once() -> None:
    problem = asked()
    assert evaluate(problem, plan(problem, "cxyc")).feasible
    load = replace(problem, options=PlacementOptions())
    assert not evaluate(load, plan(load, "cxyc")).feasible


def test_memory_classes_and_host_layers_hold_as_for_the_load() -> None:
    problem = diamond(("op class:1", "op", "op class:1", "op host"), objective="latency")
    assert evaluate(problem, plan(problem, "xyxc")).feasible
    assert "class 1" in evaluate(problem, plan(problem, "xycc")).violations[0]
    assert "hosts only" in evaluate(problem, plan(problem, "xyxy")).violations[0]
    assert "memory" in evaluate(asked(), plan(asked(), "xxxc")).violations[0]


@pytest.mark.parametrize("options", [{"contiguous": False}, {"overlap": True}])
def test_options_that_mean_nothing_for_the_latency_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(InputError, match="with objective=latency"):
        asked(**options)


def test_an_unknown_objective_is_one_line() -> None:
    with pytest.raises(InputError, match="must be load or latency"):
        diamond(objective="speed")
