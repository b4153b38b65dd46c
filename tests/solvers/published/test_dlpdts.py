"""DLPDTS does what its definition says, event by event; static cuts are what they are called; memory is kept."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from experiments.systems.bench import Bench
from formulations.schedule.problem import ScheduleProblem
from solvers.contract import Budget
from solvers.published.dlpdts_simulation import cuts_of, run_stream
from solvers.registry import make
from tests.formulations.schedule.flow_shops import RESPONSE, chain, least, random_shop, shop_of, shop_problem
from tests.solvers.published.reference_stream import reference_stream

BENCH = Bench()


def stream(seed: int, n: int = 12, *, cores: int = 1, **options: Any) -> ScheduleProblem:
    rng = np.random.default_rng(seed)
    networks = [chain((rng.uniform(0.1, 2.0, 4) * (rng.random(4) < 0.8)).tolist(), f"c{i}") for i in range(2)]
    device = [rng.uniform(0.2, 1.5, 3) * (rng.random(3) < 0.8) for _ in networks]
    server = [0.4 * seconds for seconds in device]
    release = np.cumsum(rng.exponential(rng.uniform(0.3, 1.5), n))
    asked = {**RESPONSE, "memory": False, **options}
    return shop_problem(networks, device, rng.integers(0, 2, n), server=server, release=release, cores=cores, **asked)


@pytest.mark.parametrize("backlog", ["present", "committed"])
@pytest.mark.parametrize("seed", range(12))
def test_decisions_and_ends_are_those_of_the_definition(seed: int, backlog: str) -> None:
    problem = stream(seed, n=25)
    shop = shop_of(problem)
    cuts, ends = reference_stream(shop, committed=backlog == "committed")
    every = [np.arange(len(one.cut)) for one in shop.classes]
    found = run_stream(shop, every, committed=backlog == "committed")
    assert found.cut.tolist() == cuts
    assert found.times.end_s == pytest.approx(np.array(ends))
    run = BENCH.run("dlpdts", problem, backlog=backlog, pareto=False)
    assert run.value == pytest.approx(np.mean(np.array(ends) - shop.release))


@pytest.mark.parametrize("links", ["serial", "free"])
@pytest.mark.parametrize("cores", [1, 3])
def test_the_referee_accepts_what_happened(links: str, cores: int) -> None:
    for seed in range(4):
        problem = stream(seed, n=60, cores=cores, links=links)
        for method, settings in (("dlpdts", {}), ("static-cut", {}), ("static-cut", {"rule": "edge"})):
            assert BENCH.run(method, problem, **settings).value is not None


def test_a_task_alone_gets_the_best_cut_and_what_was_expected() -> None:
    problem = stream(1, n=1)
    run = BENCH.run("dlpdts", problem)
    assert run.value == pytest.approx(run.outcome.info["expected_response_s"])
    assert run.value == BENCH.run("static-cut", problem, rule="alone").value
    assert run.value == pytest.approx(least(shop_of(problem), response=True))


def test_a_queue_at_the_edge_sends_the_next_task_away() -> None:
    network = chain([1.5, 9.0, 9.0])
    one, two = (
        shop_problem(
            [network], [[0.5, 0.5]], [0] * n, server=[[0.1, 0.1]], release=np.arange(n) * 0.01, memory=False, **RESPONSE
        )
        for n in (1, 2)
    )
    assert BENCH.run("dlpdts", one).plan.node.tolist() == [0, 0, 0]
    # the second would end at 2.0 behind the first, and is in the cloud and back from its queue at 1.71
    assert BENCH.run("dlpdts", two).plan.node.tolist() == [0, 0, 0, 0, 1, 1]


def test_static_rules_are_what_they_are_called() -> None:
    problem = stream(2)
    values = {rule: BENCH.run("static-cut", problem, rule=rule) for rule in ("edge", "cloud", "alone", "best")}
    assert (values["edge"].plan.node == 0).all()
    inputs = problem.offsets[:-1]
    assert (np.delete(values["cloud"].plan.node, inputs) == 1).all()
    best = values["best"].value
    assert best is not None
    assert all(best <= (one.value or 0.0) + 1e-12 for one in values.values())


def test_dominated_cuts_go() -> None:
    network = chain([1.0, 5.0, 0.5])
    shop = shop_of(shop_problem([network], [[1.0, 1.0]], [0], server=[[0.0, 0.0]], memory=False, **RESPONSE))
    assert cuts_of(shop)[0].tolist() == [0, 2]


def test_the_memory_of_the_edge_is_kept() -> None:
    network = chain([1.0, 0.2, 0.2], weights=1.0)
    problem = shop_problem(
        [network],
        [[0.1, 0.1]],
        [0] * 4,
        server=[[9.0, 9.0]],
        release=np.arange(4) * 50.0,
        device_memory=5.0,
        **RESPONSE,
    )
    run = BENCH.run("dlpdts", problem)
    # two whole tasks, half of the third, none of the fourth
    assert run.value is not None
    assert (run.plan.node.reshape(4, 3) == 0).sum(axis=1).tolist() == [3, 3, 2, 1]
    assert BENCH.run("static-cut", problem, rule="edge").plan is None


@pytest.mark.parametrize("method", ["dlpdts", "static-cut"])
@pytest.mark.parametrize(
    ("options", "says"), [({"makespan_weight": 1.0}, "mean response"), ({"return_result": True}, "results")]
)
def test_what_is_declined(method: str, options: dict[str, Any], says: str) -> None:
    assert says in str(make(method).decline(random_shop(1, **{**RESPONSE, **options}), Budget()))


@pytest.mark.parametrize(("method", "name"), [("dlpdts", "backlog"), ("static-cut", "rule")])
def test_parameters_are_checked(method: str, name: str) -> None:
    with pytest.raises(ValueError, match=name):
        make(method, {name: "guess"})
