"""JPS mixes two adjacent cuts as published, is never below the optimum, and cuts DAGs along their paths."""

from __future__ import annotations

import numpy as np
import pytest

from experiments.systems.bench import Bench
from formulations.schedule.problem import ScheduleProblem
from instances.networks.catalogue import load_network
from instances.networks.graph import Layer, NetworkGraph
from solvers.contract import Budget
from solvers.published.jps_paths import paths_of
from solvers.registry import make
from solvers.two_cuts import TwoCuts, two_cuts
from tests.formulations.schedule.flow_shops import chain, random_shop, shop_problem

BENCH = Bench()


def diamond() -> ScheduleProblem:
    """Two branches, one of which is worth keeping."""
    sizes = [8.0, 8.0, 0.5, 7.0, 1.0]
    layers = tuple(
        Layer(name=f"l{v}", kind="conv" if v else "input", output_bytes=size) for v, size in enumerate(sizes)
    )
    network = NetworkGraph(name="diamond", layers=layers, edges=((0, 1), (1, 2), (1, 3), (2, 4), (3, 4)))
    return shop_problem([network], [[0.5, 1.0, 9.0, 9.0]], np.zeros(6, dtype=np.int64))


def test_the_mix_is_balanced_and_rounded_to_the_better() -> None:
    f, g = np.array([0.0, 2.0, 5.0]), np.array([7.0, 3.0, 0.0])
    # (f - g) = 5 behind, (g - f) = 1 ahead: five in six take the earlier cut
    assert two_cuts(f, g, 60) == TwoCuts(1, 2, 50)
    assert two_cuts(f, g, 1).early in (0, 1)


def test_equal_stages_need_no_mix() -> None:
    assert two_cuts(np.array([0.0, 2.0, 5.0]), np.array([7.0, 2.0, 0.0]), 10) == TwoCuts(1, 1, 0)


def test_a_cut_that_sends_more_is_in_no_block() -> None:
    f, g = np.array([0.0, 1.0, 2.0, 9.0]), np.array([4.0, 6.0, 3.0, 0.0])
    assert two_cuts(f, g, 8).low == 2  # not the cut behind the first layer
    assert two_cuts(np.array([3.0, 4.0]), np.array([1.0, 0.0]), 8) == TwoCuts(0, 0, 0)
    assert two_cuts(np.array([0.0, 1.0]), np.array([9.0, 5.0]), 8) == TwoCuts(1, 1, 0)


@pytest.mark.parametrize("seed", range(10))
def test_it_is_never_below_the_optimum(seed: int) -> None:
    problem = random_shop(seed, jobs=20, layers=6)
    exact = BENCH.run("flow-shop-counts", problem).value
    found = BENCH.run("jps", problem).value
    assert exact is not None and found is not None
    assert found >= exact * (1 - 1e-6)
    for rule in ("local", "upload", "single"):
        assert (BENCH.run("jps-baseline", problem, rule=rule).value or 0.0) >= exact * (1 - 1e-6)


def test_the_server_takes_jobs_as_they_come() -> None:
    problem = random_shop(3, jobs=20, layers=6, served=2.0, cores=2)
    assert BENCH.run("jps", problem).value is not None


def test_paths_are_all_and_not_too_many() -> None:
    network = load_network("resnet18")
    assert len(paths_of(network, 256) or []) == 256
    assert paths_of(network, 255) is None
    assert paths_of(load_network("googlenet"), 1000) is None


def test_a_path_keeps_what_it_is_worth_to_keep() -> None:
    problem = diamond()
    by_paths, segments = BENCH.run("jps", problem), BENCH.run("jps", problem, dag="segments")
    assert by_paths.value is not None and segments.value is not None
    kept = by_paths.plan.node.reshape(6, 5) == 0
    assert (kept[:, 2] & ~kept[:, 3]).any()  # the cheap branch stays, the dear one goes
    assert by_paths.outcome.info["cut"] == "paths"


@pytest.mark.parametrize("served", [0.0, 1.0])
def test_paths_of_published_networks_make_plans_that_hold(served: float) -> None:
    network = load_network("resnet18")
    seconds = network.operations[1:] / 5e9
    problem = shop_problem(
        [network, chain([9e5, 4e5, 1e5])],
        [seconds, [0.1, 0.3]],
        [0, 1, 0, 0, 1],
        server=[seconds * served, [0.1 * served, 0.1]],
        cores=2,
        memory=False,
    )
    assert BENCH.run("jps", problem).value is not None


def test_too_many_paths_are_cut_as_segments() -> None:
    problem = diamond()
    found = BENCH.run("jps", problem, most_paths=1)
    assert found.value == BENCH.run("jps", problem, dag="segments").value
    assert "segments" in str(found.outcome.info["cut"])


def test_a_baseline_declines_what_may_not_stay_or_leave() -> None:
    pinned = shop_problem([chain([1.0] * 4)], [[1.0] * 3], [0], pin_first=True)
    assert "as a whole" in str(make("jps-baseline", {"rule": "upload"}).decline(pinned, Budget()))
    assert make("jps-baseline", {"rule": "local"}).decline(pinned, Budget()) is None


@pytest.mark.parametrize(("method", "name", "value"), [("jps", "dag", "trees"), ("jps-baseline", "rule", "any")])
def test_parameters_are_checked(method: str, name: str, value: str) -> None:
    with pytest.raises(ValueError, match=name):
        make(method, {name: value})
