"""Flow shops are read as they are, what is none is declined with its reason, plans are those of their stages."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from formulations.schedule.flow_shop import flow_shop_of, johnson_order, pareto
from formulations.schedule.flow_shop_plan import flow_shop_plan, serve, stage_times
from formulations.schedule.referee import evaluate
from instances.networks.graph import Layer, NetworkGraph
from tests.formulations.schedule.flow_shops import RESPONSE, chain, least, random_shop, shop_of, shop_problem


def test_stages_of_a_chain_by_hand() -> None:
    network = chain([4.0, 3.0, 2.0, 9.0])
    shop = shop_of(shop_problem([network], [[1.0, 2.0, 4.0]], [0, 0], server=[[0.5, 0.25, 0.125]], cores=3))
    one = shop.classes[0]
    assert one.cut.tolist() == [0, 1, 2, 3]
    assert one.device_s.tolist() == [0.0, 1.0, 3.0, 7.0]
    assert one.upload_s.tolist() == [4.0, 3.0, 2.0, 0.0]
    assert one.server_s.tolist() == [0.875, 0.375, 0.125, 0.0]
    assert one.sends.tolist() == [True, True, True, False]
    assert (shop.n_jobs, shop.server_cores, shop.released_together, shop.one_cut_is_enough) == (2, 3, True, True)


def test_a_dag_is_cut_where_one_tensor_crosses() -> None:
    layers = tuple(Layer(name=f"l{v}", kind="conv" if v else "input", output_bytes=1.0 + v) for v in range(5))
    network = NetworkGraph(name="dag", layers=layers, edges=((0, 1), (1, 2), (1, 3), (2, 4), (3, 4)))
    one = shop_of(shop_problem([network], [[1.0] * 4], [0])).classes[0]
    assert (one.cut.tolist(), one.is_chain) == ([0, 1, 4], False)
    assert one.upload_s.tolist() == [1.0, 2.0, 0.0]


def test_pins_leave_the_cuts_that_keep_them() -> None:
    layers = [Layer(name=f"l{v}", kind="conv" if v else "input", output_bytes=1.0) for v in range(4)]
    layers[2] = Layer(name="l2", kind="conv on:server", output_bytes=1.0)
    network = NetworkGraph(name="pinned", layers=tuple(layers), edges=((0, 1), (1, 2), (2, 3)))
    assert shop_of(shop_problem([network], [[1.0] * 3], [0])).classes[0].cut.tolist() == [0, 1]
    first = shop_problem([chain([1.0] * 4)], [[1.0] * 3], [0], pin_first=True)
    assert shop_of(first).classes[0].cut.tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"return_result": True}, "results"),
        ({"makespan_limit_s": 5.0}, "no limit"),
        ({"energy_limit_j": 5.0}, "no limit"),
    ],
)
def test_what_is_no_flow_shop_says_why(options: dict[str, Any], says: str) -> None:
    assert says in str(flow_shop_of(random_shop(1, **options)))


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("links", ["serial", "free"])
def test_the_referee_finds_the_times_of_the_stages(seed: int, links: str) -> None:
    rng = np.random.default_rng(seed)
    problem = random_shop(
        seed,
        jobs=9,
        served=1.0,
        released=seed % 2 == 0,
        cores=1 + seed % 3,
        device_cores=1 + seed % 2,
        links=links,
        memory=False,
        **RESPONSE,
    )
    shop = shop_of(problem)
    cut = np.array([rng.integers(len(shop.classes[one].cut)) for one in shop.class_of])
    times = stage_times(shop, cut, rng.permutation(shop.n_jobs))
    score = evaluate(problem, flow_shop_plan(shop, cut, times))
    assert not score.violations
    assert score.latency_s == pytest.approx(times.end_s - shop.release)


def test_jobs_are_served_in_order_by_several() -> None:
    ready, seconds = np.array([0.0, 0.0, 1.0, 0.0]), np.array([3.0, 1.0, 1.0, 0.0])
    assert serve(ready, seconds, np.array([0, 1, 2, 3]), 1).tolist() == [0.0, 3.0, 4.0, 0.0]
    assert serve(ready, seconds, np.array([2, 1, 0, 3]), 1).tolist() == [3.0, 2.0, 1.0, 0.0]
    assert serve(ready, seconds, np.array([0, 1, 2, 3]), 2).tolist() == [0.0, 0.0, 1.0, 0.0]
    assert serve(ready, seconds, np.array([0, 1, 2, 3]), 9).tolist() == ready.tolist()


@pytest.mark.parametrize("seed", range(8))
def test_johnsons_order_is_the_best_of_all(seed: int) -> None:
    shop = shop_of(random_shop(seed, jobs=5, layers=2))
    cut = np.zeros(shop.n_jobs, dtype=np.int64)
    cut[::2] = [len(shop.classes[one].cut) - 1 for one in shop.class_of[::2]]
    device, upload, _, _ = shop.stages(cut)
    order = johnson_order(device, upload)
    value = stage_times(shop, cut, order, order).end_s.max()
    rng = np.random.default_rng(seed)
    for _ in range(50):
        other = rng.permutation(shop.n_jobs)
        assert value <= stage_times(shop, cut, other, other).end_s.max() + 1e-12


def test_dominated_rows_go_and_of_equal_ones_the_first_stays() -> None:
    one, two = np.array([1.0, 2.0, 2.0, 1.0, 3.0]), np.array([3.0, 2.0, 3.0, 3.0, 1.0])
    assert pareto(one, two).tolist() == [True, True, False, False, True]


@pytest.mark.parametrize("seed", range(6))
def test_one_order_for_all_stages_is_enough_for_the_makespan(seed: int) -> None:
    shop = shop_of(random_shop(seed, jobs=3, layers=2, served=1.0))
    assert least(shop, one_order=True) == pytest.approx(least(shop))


def test_a_plan_on_a_node_that_is_none_is_refused_and_not_an_error() -> None:
    problem = random_shop(1)
    shop = shop_of(problem)
    cut = np.zeros(shop.n_jobs, dtype=np.int64)
    plan = flow_shop_plan(shop, cut, stage_times(shop, cut, np.arange(shop.n_jobs)))
    score = evaluate(problem, replace(plan, node=np.where(plan.node == shop.server, 7, plan.node)))
    assert score.value is None
    assert any("may not run on 7" in line for line in score.violations)
