"""The referee against figures worked out by hand; the sums stand in the comments."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pytest import approx

from formulations.joint.plan import JointPlan, Shares
from formulations.joint.referee import evaluate
from formulations.score import Score
from instances.errors import InputError
from tests.formulations.joint.by_hand import CHAIN, Link, Node, Task, instance, network, plan, problem

DEVICE, EDGE, CLOUD = Node(name="d"), Node(name="e", price=0.25), Node(name="c", price=0.5)
ACCESS = Link(source="d", target="e", rate=30.0, latency=0.5, joules=0.1, price=0.01)
UPLINK = Link(source="e", target="c", rate=10.0, latency=0.25, joules=0.2, price=0.02)
LINE = ([DEVICE, EDGE, CLOUD], [ACCESS, UPLINK])
# (candidate, cloud, device_until, edge_until); nodes are d = 0, e = 1, c = 2
LOCAL, SPLIT_EDGE, SPLIT_THREE = (-1, -1, 3, 3), (0, -1, 1, 3), (0, 2, 1, 2)


def on_the_line(*tasks: Task, **options: Any) -> Any:
    return problem(instance(*LINE, tasks=tasks or (Task(candidates=("d-e",)),), routes=("e-c",)), **options)


def account(score: Score, task: int = 0) -> tuple[float, float, float]:
    assert score.violations == ()
    return float(score.latency_s[task]), float(score.energy_j[task]), float(score.price[task])


# one task alone


def test_a_task_on_its_device_costs_its_layers() -> None:
    score = evaluate(on_the_line(energy_weight=0.5), plan(LOCAL))
    # (8 + 16 + 32) operations at 1/s; 56 s at 3 W
    assert account(score) == approx((56.0, 168.0, 0.0))
    assert score.value == approx(56.0 + 0.5 * 168.0)


def test_the_device_may_be_faster_than_its_kind_but_its_layers_cost_the_same_joules() -> None:
    given = problem(instance([replace(DEVICE, speed=2.0, price=0.5)]))
    assert account(evaluate(given, plan(LOCAL))) == approx((28.0, 168.0, 14.0))


def test_device_and_edge() -> None:
    score = evaluate(on_the_line(energy_weight=2.0, price_weight=10.0), plan(SPLIT_EDGE))
    # device 8 s; link 60 bytes at 30/s = 2 s and 0.5 s; edge 48 operations at 4/s = 12 s
    latency = 8 + 2 + 0.5 + 12
    # device 8 s at 3 W; sending 2 s at 2 W; idle 0.5 s and 12 s at 1 W; 60 bytes at 0.1 J; edge 12 s at 5 W
    energy = 24 + 4 + 12.5 + 6 + 60
    # edge 12 s at 0.25; 60 bytes at 0.01
    assert account(score) == approx((latency, energy, 3.6))
    assert score.value == approx(latency + 2.0 * energy + 10.0 * 3.6)


def test_device_edge_and_cloud() -> None:
    score = evaluate(on_the_line(), plan(SPLIT_THREE))
    # device 8; access 2 + 0.5; edge 16/4 = 4; uplink 30 bytes at 10/s = 3, + 0.25; cloud 32/16 = 2
    latency = 8 + 2.5 + 4 + 3.25 + 2
    # device 24; send 4; bytes 6; idle 0.5 + 4 + 3 + 0.25 + 2; uplink bytes 30 * 0.2 = 6; edge 4 * 5; cloud 2 * 10
    energy = 24 + 4 + 6 + 9.75 + 6 + 20 + 20
    # edge 4 * 0.25; cloud 2 * 0.5; bytes 60 * 0.01 and 30 * 0.02
    price = 1 + 1 + 0.6 + 0.6
    assert account(score) == approx((latency, energy, price))


def test_device_scope_counts_neither_other_machines_nor_other_links() -> None:
    score = evaluate(on_the_line(energy_scope="device"), plan(SPLIT_THREE))
    # as above without the uplink's bytes (6), the edge (20) and the cloud (20)
    assert score.energy_j[0] == approx(24 + 4 + 6 + 9.75)
    assert score.latency_s[0] == approx(19.75)


def test_a_cloud_through_a_site_computes_nothing_there() -> None:
    score = evaluate(on_the_line(), plan((0, 2, 1, 1)))
    # device 8; 60 bytes on both links: 2.5 and 6 + 0.25; cloud 48/16 = 3
    assert account(score)[0] == approx(8 + 2.5 + 6.25 + 3)
    assert account(score)[2] == approx(3 * 0.5 + 60 * 0.01 + 60 * 0.02)


def test_everything_remote_sends_the_input() -> None:
    score = evaluate(on_the_line(), plan((0, -1, 0, 3)))
    # input 100 bytes: 100/30 s + 0.5; edge 56/4 = 14
    assert account(score)[0] == approx(100 / 30 + 0.5 + 14)


def test_a_candidate_that_is_a_cloud_runs_all_that_leaves_the_device() -> None:
    task = Task(candidates=("d-e-c",))
    given = problem(instance(*LINE, tasks=(task,)))
    score = evaluate(given, plan((0, 2, 1, 1)))
    assert account(score)[0] == approx(8 + 2.5 + 6.25 + 3)
    # sending at 2 W on the first link only, idle at 1 W elsewhere
    energy = 24 + 2 * 2 + 0.5 + 6.25 + 3 + 60 * (0.1 + 0.2) + 3 * 10
    assert account(score)[1] == approx(energy)


def test_the_first_of_several_routes_to_a_cloud_is_taken() -> None:
    links = [ACCESS, UPLINK, Link(source="e", target="r", rate=1e9), Link(source="r", target="c", rate=1e9)]
    nodes = [DEVICE, EDGE, CLOUD, Node(name="r")]
    task = Task(candidates=("d-e",))
    slow_first = problem(instance(nodes, links, tasks=(task,), routes=("e-c", "e-r-c")))
    fast_first = problem(instance(nodes, links, tasks=(task,), routes=("e-r-c", "e-c")))
    assert account(evaluate(slow_first, plan(SPLIT_THREE)))[0] == approx(19.75)
    assert account(evaluate(fast_first, plan(SPLIT_THREE)))[0] == approx(19.75 - 3.25)


# tensors and the union of routes

# access d -> r -> s -> e, then on to the cloud e -> r -> s -> c: the link r -> s is on both
HAIRPIN_NODES = [Node(name="d"), Node(name="r"), Node(name="rs"), Node(name="e"), Node(name="c")]
HAIRPIN_LINKS = [
    Link(source="d", target="r", rate=60.0),
    Link(source="r", target="rs", rate=20.0, latency=1.0, price=1.0),
    Link(source="rs", target="e", rate=60.0),
    Link(source="e", target="r", rate=60.0),
    Link(source="rs", target="c", rate=60.0),
]


def hairpin(**options: Any) -> Any:
    task = Task(candidates=("d-r-rs-e",))
    return problem(instance(HAIRPIN_NODES, HAIRPIN_LINKS, tasks=(task,), routes=("e-r-rs-c",)), **options)


def test_one_tensor_is_paid_once_on_a_link_of_both_routes() -> None:
    score = evaluate(hairpin(), plan((0, 4, 1, 1)))
    # 60 bytes: four links at 60/s and one at 20/s, once, and its latency once; device 8, cloud 3
    assert account(score)[0] == approx(8 + 4 * 1 + 3 + 1 + 3)
    assert account(score)[2] == approx(60.0)


def test_two_tensors_are_both_paid_on_a_link_of_both_routes() -> None:
    score = evaluate(hairpin(), plan((0, 4, 1, 2)))
    # up to the site 60 bytes: 1 + 3 + 1, + 1 s; on from it 30 bytes: 0.5 + 1.5 + 0.5, + 1 s; 8, 16/4 and 32/16
    assert account(score)[0] == approx(8 + 6 + 4 + 3.5 + 2)
    assert account(score)[2] == approx(90.0)


DIAMOND = network((0, 8, 16, 32, 4), (0, 1, 2, 4, 8), (100, 60, 30, 20, 2), ((0, 1), (1, 2), (1, 3), (2, 4), (3, 4)))


def on_the_diamond() -> Any:
    return problem(instance(*LINE, tasks=(Task(candidates=("d-e",)),), routes=("e-c",), networks=(DIAMOND,)))


def test_a_tensor_with_two_consumers_counts_once() -> None:
    # after layer a (60 bytes, read by b and c): 2.5 s; edge (16 + 32 + 4)/4
    assert evaluate(on_the_diamond(), plan((0, -1, 1, 4))).latency_s[0] == approx(8 + 2.5 + 13)


def test_a_cut_through_a_branch_sends_every_tensor_that_crosses() -> None:
    # input, a, b on the device: a (60, to c) and b (30, to d) cross: 3 s + 0.5; edge (32 + 4)/4
    assert evaluate(on_the_diamond(), plan((0, -1, 2, 4))).latency_s[0] == approx(24 + 3.5 + 9)


def test_a_cut_where_several_tensors_cross_is_priced_but_breaks_a_rule() -> None:
    first = evaluate(on_the_diamond(), plan((0, -1, 2, 4)))
    assert first.value is not None
    assert not first.feasible
    assert first.violations == ("task 0: device_until must be a cut point: one tensor alone crosses there",)
    second = evaluate(on_the_diamond(), plan((0, 2, 1, 3)))
    assert second.violations == ("task 0: edge_until must be a cut point: one tensor alone crosses there",)
    assert evaluate(on_the_diamond(), plan((0, -1, 1, 4))).feasible


def test_layers_go_with_what_they_depend_on_not_with_their_number() -> None:
    # device_until = c takes input, a, c; b stays beyond: tensors a (60) and c (20) cross
    assert evaluate(on_the_diamond(), plan((0, -1, 3, 4))).latency_s[0] == approx(40 + 80 / 30 + 0.5 + 5)


def test_a_tensor_that_skips_the_site_is_paid_on_both_routes() -> None:
    # device input, a, b; site c; cloud d. Access: a (60) and b (30). Uplink: b (30) and c (20): 50/10 + 0.25
    assert evaluate(on_the_diamond(), plan((0, 2, 2, 3))).latency_s[0] == approx(24 + 3.5 + 8 + 5.25 + 0.25)


def test_tensors_that_skip_the_site_are_paid_once_on_a_link_of_both_routes() -> None:
    task = Task(candidates=("d-r-rs-e",))
    given = problem(instance(HAIRPIN_NODES, HAIRPIN_LINKS, tasks=(task,), routes=("e-r-rs-c",), networks=(DIAMOND,)))
    # on r -> rs: a, b and c once each = 110 bytes at 20/s, its latency on the way up and on the way on
    hop = 110 / 20 + 2
    # the others at 60/s: twice 90 bytes up to the site, twice 50 on from it
    assert evaluate(given, plan((0, 4, 2, 3))).latency_s[0] == approx(24 + 3 + hop + 50 / 30 + 8 + 0.25)


def test_a_tensor_without_bytes_takes_no_time_but_the_latency() -> None:
    silent = network((0, 8, 16), (0, 0, 0), (100, 0, 2))
    cell = replace(ACCESS, resource="cell")
    given = problem(
        instance([DEVICE, EDGE], [cell], tasks=(Task(candidates=("d-e",)),) * 2, networks=(silent,)), sharing="equal"
    )
    score = evaluate(given, plan((0, -1, 1, 2), (0, -1, 0, 2)))
    assert score.latency_s[0] == approx(8 + 0.5 + 4)
    # so the other one has the cell to itself
    assert score.latency_s[1] == approx(100 / 30 + 0.5 + 6)


# versions


def test_an_exit_ends_there_and_its_head_runs_where_its_layer_runs() -> None:
    given = on_the_line()
    # input, a, b and the head: 8 + 16 + 4
    assert account(evaluate(given, plan((-1, -1, 2, 2), version=1)))[:2] == approx((28.0, 84.0))
    # a on the device, b and the head on the edge: (16 + 4)/4
    assert account(evaluate(given, plan((0, -1, 1, 2), version=1)))[0] == approx(8 + 2.5 + 5)
    # b in the cloud: (16 + 4)/16
    assert account(evaluate(given, plan((0, 2, 0, 1), version=1)))[0] == approx(100 / 30 + 0.5 + 2 + 6.25 + 1.25)


def test_a_variant_scales_work_and_tensors_but_not_the_input() -> None:
    given = on_the_line()
    # half the work, a tenth of the tensor (6 bytes): 4 + 0.2 + 0.5 + 6; joules of work by half as well
    score = evaluate(given, plan(SPLIT_EDGE, version=2))
    assert account(score) == approx((10.7, 12 + 0.4 + 0.5 + 6 + 0.6 + 30, 6 * 0.25 + 0.06))
    # the input is given: 100 bytes
    assert account(evaluate(given, plan((0, -1, 0, 3), version=2)))[0] == approx(100 / 30 + 0.5 + 7)


# what is shared

SHARED_EDGE = replace(EDGE, resource="edge")
SHARED = ([DEVICE, SHARED_EDGE, CLOUD], [replace(ACCESS, resource="cell"), UPLINK])
TWO = (Task(candidates=("d-e",), weight=4.0), Task(candidates=("d-e",), weight=1.0))


def sharing(rule: str, *tasks: Task, **options: Any) -> Any:
    return problem(instance(*SHARED, tasks=tasks or TWO, routes=("e-c",)), sharing=rule, **options)


def test_equal_shares_double_the_shared_seconds_of_two() -> None:
    score = evaluate(sharing("equal"), plan(SPLIT_EDGE, SPLIT_EDGE))
    # 8 + 2 * 2 + 0.5 + 2 * 12 each
    assert score.latency_s.tolist() == approx([36.5, 36.5])
    # idle and sending last as long as the sharing makes them: send 4 s at 2 W, idle 0.5 + 24 at 1 W
    assert score.energy_j.tolist() == approx([24 + 8 + 24.5 + 6 + 60] * 2)
    # money is for exclusive seconds
    assert score.price.tolist() == approx([3.6, 3.6])
    assert score.value == approx(4 * 36.5 + 36.5)


def test_best_shares_go_by_the_square_root_of_weight_times_seconds() -> None:
    score = evaluate(sharing("optimal"), plan(SPLIT_EDGE, SPLIT_EDGE))
    # weights 4 and 1, seconds alike: shares 2/3 and 1/3 of both
    assert score.latency_s.tolist() == approx([8 + 3 + 0.5 + 18, 8 + 6 + 0.5 + 36])
    assert score.value == approx(4 * 29.5 + 50.5)


def test_best_shares_weigh_the_watts_of_the_waiting_device() -> None:
    tasks = (Task(candidates=("d-e",), weight=2.0), Task(candidates=("d-e",), weight=7.0))
    score = evaluate(sharing("optimal", *tasks, energy_weight=2.0), plan(SPLIT_EDGE, SPLIT_EDGE))
    # cell: weights 2 + 2*2 = 6 and 7 + 2*2 = 11; edge: 2 + 2*1 = 4 and 7 + 2*1 = 9, so shares 2/5 and 3/5
    root = np.sqrt([6.0, 11.0])
    cell = 2 * root.sum() / root
    assert score.latency_s.tolist() == approx([8 + cell[0] + 0.5 + 30, 8 + cell[1] + 0.5 + 20])


def test_shares_of_the_plan_hold_instead_of_the_rule() -> None:
    # resources: edge = 0, cell = 1
    given = [(0, 0, 0.5), (1, 0, 0.25), (0, 1, 0.8), (1, 1, 0.2)]
    score = evaluate(sharing("optimal"), plan(SPLIT_EDGE, SPLIT_EDGE, shares=given))
    assert score.violations == ()
    assert score.latency_s.tolist() == approx([8 + 2 / 0.8 + 0.5 + 24, 8 + 10 + 0.5 + 48])


def test_no_shares_beat_the_rule_of_best_shares() -> None:
    given, rng = sharing("optimal"), np.random.default_rng(5)
    best = evaluate(given, plan(SPLIT_EDGE, SPLIT_EDGE)).value
    assert best is not None
    for first, second in rng.uniform(0.01, 0.99, (50, 2)):
        rows = [(0, 0, first), (1, 0, 1 - first), (0, 1, second), (1, 1, 1 - second)]
        value = evaluate(given, plan(SPLIT_EDGE, SPLIT_EDGE, shares=rows)).value
        assert value is not None and value >= best


@pytest.mark.parametrize("rule", ["optimal", "equal"])
def test_tasks_of_no_weight_share_equally(rule: str) -> None:
    tasks = tuple(replace(task, weight=0.0) for task in TWO)
    score = evaluate(sharing(rule, *tasks, price_weight=1.0), plan(SPLIT_EDGE, SPLIT_EDGE))
    assert score.violations == ()
    assert score.latency_s.tolist() == approx([36.5, 36.5])
    assert score.value == approx(7.2)


def test_a_task_of_no_weight_beside_a_weighted_one_gets_no_best_share() -> None:
    tasks = (replace(TWO[0], weight=0.0), TWO[1])
    score = evaluate(sharing("optimal", *tasks), plan(SPLIT_EDGE, SPLIT_EDGE))
    assert score.value is None
    assert "task 0: needs a share > 0 of edge, got 0" in score.violations
    shares = [(0, 0, 0.5), (1, 0, 0.5), (0, 1, 0.5), (1, 1, 0.5)]
    assert evaluate(sharing("optimal", *tasks), plan(SPLIT_EDGE, SPLIT_EDGE, shares=shares)).value == approx(36.5)


def test_tasks_of_one_shared_device_slow_each_other_down_without_joules_for_waiting() -> None:
    given = problem(instance([replace(DEVICE, resource="device")], tasks=(Task(), Task())), sharing="equal")
    score = evaluate(given, plan(LOCAL, LOCAL))
    assert score.latency_s.tolist() == approx([112.0, 112.0])
    assert score.energy_j.tolist() == approx([168.0, 168.0])


def test_a_node_that_is_not_shared_serves_any_number_at_once() -> None:
    given = on_the_line(*(Task(candidates=("d-e",)),) * 5)
    assert evaluate(given, plan(*(SPLIT_EDGE,) * 5)).latency_s.tolist() == approx([22.5] * 5)


def test_links_of_different_tasks_may_share_one_resource() -> None:
    nodes = [Node(name="d"), Node(name="d2"), Node(name="e")]
    links = [
        Link(source="d", target="e", rate=30.0, resource="cell"),
        Link(source="d2", target="e", rate=10.0, resource="cell"),
    ]
    tasks = (Task(candidates=("d-e",)), Task(source="d2", candidates=("d2-e",)))
    score = evaluate(problem(instance(nodes, links, tasks=tasks), sharing="equal"), plan(SPLIT_EDGE, SPLIT_EDGE))
    # a share of time, so each rate is its own: 2 * 60/30 and 2 * 60/10
    assert score.latency_s.tolist() == approx([8 + 4 + 12, 8 + 12 + 12])


def test_a_core_link_is_shared_by_the_tasks_of_both_sites() -> None:
    nodes = [Node(name="d"), Node(name="e"), Node(name="e2"), Node(name="r"), Node(name="c")]
    links = [
        Link(source="d", target="e", rate=60.0),
        Link(source="d", target="e2", rate=60.0),
        Link(source="e", target="r", rate=60.0),
        Link(source="e2", target="r", rate=60.0),
        Link(source="r", target="c", rate=30.0, latency=0.5, resource="core"),
    ]
    tasks = (Task(candidates=("d-e", "d-e2")),) * 2
    given = problem(instance(nodes, links, tasks=tasks, routes=("e-r-c", "e2-r-c")), sharing="equal")
    score = evaluate(given, plan((0, 4, 1, 1), (1, 4, 1, 1)))
    # 8; 1 + 1 on links alone; 2 * 60/30 + 0.5 on the core; 48/16
    assert score.latency_s.tolist() == approx([8 + 2 + 4.5 + 3] * 2)


def test_seconds_of_one_task_on_one_resource_are_one_use() -> None:
    # access and uplink take the time of one radio: 60/30 and 30/10
    links = [replace(ACCESS, resource="radio"), replace(UPLINK, resource="radio")]
    tasks = (Task(candidates=("d-e",)), Task(candidates=("d-e",)))
    given = problem(instance([DEVICE, EDGE, CLOUD], links, tasks=tasks, routes=("e-c",)), sharing="equal")
    score = evaluate(given, plan(SPLIT_THREE, SPLIT_EDGE))
    # two users, not three: 2 * (2 + 3) and 2 * 2
    assert score.latency_s.tolist() == approx([8 + 10 + 0.75 + 4 + 2, 8 + 4 + 0.5 + 12])
    # the device draws what it draws when sending (2 W) while its use of the radio lasts
    assert score.energy_j[0] == approx(24 + 10 * 2 + 0.75 + 4 + 2 + 6 + 6 + 20 + 20)


def test_a_node_without_work_has_no_user() -> None:
    idle = network((0, 8, 0), (0, 10, 0), (100, 60, 2))
    # task 0 has nothing to do at the edge, so task 1 has it to itself; the cell they share
    tasks = (TWO[0], replace(TWO[1], network=1))
    given = problem(instance(*SHARED, tasks=tasks, networks=(idle, replace(CHAIN, name="chain"))), sharing="equal")
    score = evaluate(given, plan((0, -1, 1, 2), SPLIT_EDGE))
    assert score.latency_s.tolist() == approx([8 + 4 + 0.5, 8 + 4 + 0.5 + 12])


# deadlines, loads


def test_missed_deadlines_are_counted_and_forbid_nothing() -> None:
    tasks = (Task(candidates=("d-e",), deadline=22.0), Task(candidates=("d-e",), deadline=22.5), Task(deadline=60.0))
    score = evaluate(on_the_line(*tasks), plan(SPLIT_EDGE, SPLIT_EDGE, LOCAL))
    assert score.feasible
    assert score.loads["deadline_misses"] == approx(1 / 3)


def test_loads_say_where_the_work_is_done() -> None:
    tasks = (Task(candidates=("d-e",)), Task(candidates=("d-e",)))
    loads = evaluate(on_the_line(*tasks), plan(LOCAL, SPLIT_THREE)).loads
    assert [loads[f"{tier}_work"] for tier in ("device", "edge", "cloud")] == approx([64 / 112, 16 / 112, 32 / 112])
    assert loads["split_tasks"] == approx(0.5)


def test_a_network_without_work_has_no_loads() -> None:
    nothing = network((0, 0), (0, 0), (4, 4))
    score = evaluate(problem(instance([DEVICE], networks=(nothing,))), plan((-1, -1, 1, 1)))
    assert score.value == 0.0
    assert score.loads["device_work"] == 0.0


# limits


@pytest.mark.parametrize(
    ("accuracy", "floor", "kept"),
    [(0.9, 0.9, True), (0.9, 0.91, False), (None, 0.0, True), (None, 0.01, False), (0.9, 0.0, True)],
)
def test_accuracy_floors_bind_and_unknown_accuracy_meets_only_zero(
    accuracy: float | None, floor: float, kept: bool
) -> None:
    given = problem(
        instance([DEVICE], tasks=(Task(floor=floor),), networks=(replace(CHAIN, accuracy=accuracy, exits=()),))
    )
    score = evaluate(given, plan(LOCAL))
    assert score.violations == (() if kept else ("task 0: accuracy of its version is below its floor",))
    assert score.value == approx(56.0)


def test_floors_bind_the_version_that_is_chosen() -> None:
    given = on_the_line(Task(floor=0.7))
    assert evaluate(given, plan((-1, -1, 2, 2), version=1)).violations != ()
    assert evaluate(given, plan(LOCAL, version=2)).violations == ()


def weights_on(device: float, edge: float, cloud: float, **options: Any) -> Any:
    nodes = [replace(DEVICE, memory=device), replace(EDGE, memory=edge), replace(CLOUD, memory=cloud)]
    tasks = (Task(candidates=("d-e",)), Task(candidates=("d-e",)))
    return problem(instance(nodes, LINE[1], tasks=tasks, routes=("e-c",)), **options)


def test_weights_of_all_tasks_on_a_node_add_up() -> None:
    # two tasks: 10 bytes each on the device, 20 on the edge, 40 in the cloud
    assert evaluate(weights_on(20, 40, 80), plan(SPLIT_THREE, SPLIT_THREE)).violations == ()
    score = evaluate(weights_on(19, 39, 79), plan(SPLIT_THREE, SPLIT_THREE))
    assert score.violations == (
        "node d: memory 20 bytes, limit 19",
        "node e: memory 40 bytes, limit 39",
        "node c: memory 80 bytes, limit 79",
    )
    assert score.value is not None
    assert not score.feasible


def test_the_head_of_an_exit_and_a_variants_factor_count_as_weights() -> None:
    # exit on the edge: 20 + 5; variant: a quarter of 60
    assert evaluate(weights_on(20, 50, 0), plan((0, -1, 1, 2), (0, -1, 1, 2), version=1)).violations == ()
    assert evaluate(weights_on(20, 49, 0), plan((0, -1, 1, 2), (0, -1, 1, 2), version=1)).violations != ()
    assert evaluate(weights_on(5, 30, 0), plan(SPLIT_EDGE, SPLIT_EDGE, version=2)).violations == ()
    assert evaluate(weights_on(5, 29, 0), plan(SPLIT_EDGE, SPLIT_EDGE, version=2)).violations != ()


def test_memory_limits_can_be_left_out() -> None:
    assert evaluate(weights_on(0, 0, 0, memory=False), plan(SPLIT_THREE, SPLIT_THREE)).feasible


# every structural rule


@pytest.mark.parametrize(
    ("row", "version", "message"),
    [
        (LOCAL, 3, "no such version of its network"),
        (LOCAL, -1, "no such version of its network"),
        ((1, -1, 1, 3), 0, "no such candidate"),
        ((-2, -1, 3, 3), 0, "no such candidate"),
        ((0, 3, 1, 2), 0, "no such cloud node"),
        ((0, -2, 1, 3), 0, "no such cloud node"),
        ((0, -1, -1, 3), 0, "needs 0 <= device_until <= edge_until <= last layer of the version"),
        ((0, 2, 2, 1), 0, "needs 0 <= device_until <= edge_until <= last layer of the version"),
        ((0, -1, 1, 4), 0, "needs 0 <= device_until <= edge_until <= last layer of the version"),
        ((-1, -1, 3, 3), 1, "needs 0 <= device_until <= edge_until <= last layer of the version"),
        ((-1, -1, 2, 2), 0, "without a candidate all must run on the device"),
        ((-1, 2, 3, 3), 0, "without a candidate all must run on the device"),
        ((0, -1, 3, 3), 0, "with a candidate something must run beyond the device"),
        ((0, 2, 1, 3), 0, "needs a cloud exactly where layers are left for it"),
        ((0, -1, 1, 2), 0, "needs a cloud exactly where layers are left for it"),
        ((0, 1, 1, 2), 0, "its cloud must be a cloud node"),
        ((0, 0, 1, 2), 0, "its cloud must be a cloud node"),
    ],
)
def test_placements_that_mean_nothing_are_listed_and_not_priced(
    row: tuple[int, ...], version: int, message: str
) -> None:
    tasks = (Task(candidates=("d-e",)),) * 2
    score = evaluate(on_the_line(*tasks), plan(LOCAL, row, version=(0, version)))
    assert f"task 1: {message}" in score.violations
    assert not any("task 0" in line for line in score.violations)
    assert score.value is None
    assert len(score.latency_s) == 0


@pytest.mark.parametrize("row", [(0, 2, 1, 2), (0, -1, 1, 3), (0, 2, 1, 3), (0, 1, 1, 1)])
def test_a_candidate_that_is_a_cloud_allows_no_other_part(row: tuple[int, ...]) -> None:
    given = problem(instance(*LINE, tasks=(Task(candidates=("d-e-c",)),)))
    assert evaluate(given, plan(row)).violations == (
        "task 0: a candidate that is a cloud must run all that leaves the device",
    )


def test_a_cloud_needs_a_route_from_the_site() -> None:
    given = problem(instance(*LINE, tasks=(Task(candidates=("d-e",)),)))
    assert evaluate(given, plan(SPLIT_THREE)).violations == ("task 0: no route from its site to its cloud",)


def test_many_broken_tasks_end_in_a_count() -> None:
    score = evaluate(on_the_line(*(Task(),) * 30), plan(*((-1, -1, 2, 2),) * 30))
    assert len(score.violations) == 21
    assert score.violations[-1] == "... and 10 more tasks: without a candidate all must run on the device"


def test_many_full_nodes_end_in_a_count() -> None:
    nodes = [Node(name=f"d{i}", memory=1.0) for i in range(25)]
    given = problem(instance(nodes, tasks=tuple(Task(source=node.name) for node in nodes)))
    lines = evaluate(given, plan(*(LOCAL,) * 25)).violations
    assert len(lines) == 21
    assert lines[-1] == "... and 5 more nodes over their memory"


# every rule on shares

GOOD = [(0, 0, 0.5), (1, 0, 0.5), (0, 1, 0.5), (1, 1, 0.5)]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (GOOD[1:], "task 0: needs a share > 0 of edge, got none"),
        ([(0, 0, 0.0), *GOOD[1:]], "task 0: needs a share > 0 of edge, got 0"),
        ([(0, 0, -0.5), *GOOD[1:]], "task 0: needs a share > 0 of edge, got -0.5"),
        ([(0, 0, -0.5), *GOOD[1:]], "shares: must be finite and >= 0"),
        ([(0, 0, np.nan), *GOOD[1:]], "shares: must be finite and >= 0"),
        ([(0, 0, np.inf), *GOOD[1:]], "shares: must be finite and >= 0"),
        ([(0, 0, 0.5 + 1e-8), *GOOD[1:]], "resource edge: shares sum to 1.00000001, limit 1"),
        ([*GOOD, (0, 2, 0.5)], "shares: a row names a task or resource that does not exist"),
        ([*GOOD, (2, 0, 0.5)], "shares: a row names a task or resource that does not exist"),
        ([*GOOD, (-1, 0, 0.5)], "shares: a row names a task or resource that does not exist"),
        ([*GOOD, (0, 0, 0.0)], "shares: a (task, resource) pair is given twice"),
    ],
)
@pytest.mark.parametrize("rule", ["optimal", "equal"])
def test_bad_shares_are_listed(rule: str, rows: Any, message: str) -> None:
    given = sharing(rule, *(replace(task, weight=1.0) for task in TWO))
    score = evaluate(given, plan(SPLIT_EDGE, SPLIT_EDGE, shares=rows))
    assert message in score.violations
    assert not score.feasible


def test_shares_may_exceed_one_by_rounding_only() -> None:
    rows = [(0, 0, 0.5 + 5e-10), *GOOD[1:]]
    assert evaluate(sharing("optimal"), plan(SPLIT_EDGE, SPLIT_EDGE, shares=rows)).feasible


def test_a_share_that_nobody_needs_counts_towards_the_sum() -> None:
    rows = [(0, 0, 1.0), (0, 1, 1.0), (1, 0, 0.5)]
    lines = evaluate(sharing("optimal"), plan(SPLIT_EDGE, LOCAL, shares=rows)).violations
    assert lines == ("resource edge: shares sum to 1.5, limit 1",)


def test_equal_sharing_refuses_other_shares() -> None:
    rows = [(0, 0, 0.6), (1, 0, 0.4), *GOOD[2:]]
    lines = evaluate(sharing("equal"), plan(SPLIT_EDGE, SPLIT_EDGE, shares=rows)).violations
    assert lines == (
        "task 0: share of edge must be 0.5 (equal sharing)",
        "task 1: share of edge must be 0.5 (equal sharing)",
    )


def test_equal_sharing_takes_shares_relative_to_their_size() -> None:
    # among 1000 users a share is 1e-3: 5e-10 more is 5e-7 of it, far above rounding
    n = 1000
    given = sharing("equal", *(Task(candidates=("d-e",)),) * n)
    even = [(k, r, 1 / n) for k in range(n) for r in (0, 1)]
    uneven = [(k, r, 1 / n + (5e-10 if k % 2 else -5e-10)) for k, r, _ in even]
    assert evaluate(given, plan(*(SPLIT_EDGE,) * n, shares=even)).feasible
    assert not evaluate(given, plan(*(SPLIT_EDGE,) * n, shares=uneven)).feasible


def test_a_value_that_overflows_is_a_violation() -> None:
    rows = [(0, 0, 1e-320), *GOOD[1:]]
    score = evaluate(sharing("optimal"), plan(SPLIT_EDGE, SPLIT_EDGE, shares=rows))
    assert score.value is None
    assert score.violations != ()


def test_without_resources_shares_must_be_empty() -> None:
    given = on_the_line()
    assert evaluate(given, plan(SPLIT_EDGE, shares=[])).feasible
    assert evaluate(given, plan(SPLIT_EDGE, shares=[(0, 0, 1.0)])).violations == (
        "shares: a row names a task or resource that does not exist",
    )


# the plan's form


def test_a_plan_for_other_tasks_is_refused() -> None:
    with pytest.raises(InputError, match=r"plan: must place 1 tasks, got 2"):
        evaluate(on_the_line(), plan(LOCAL, LOCAL))


def test_columns_of_other_lengths_or_types_are_refused() -> None:
    good = {"version": [0], "candidate": [-1], "cloud": [-1], "device_until": [3], "edge_until": [3]}
    for name in good:
        with pytest.raises(InputError, match=f"plan.{'cloud' if name == 'version' else name}|plan"):
            JointPlan(**{**good, name: [0, 0]})  # type: ignore[arg-type]
        with pytest.raises(InputError, match=f"plan.{name}: must be a list of int64"):
            JointPlan(**{**good, name: [0.5]})  # type: ignore[arg-type]
        with pytest.raises(InputError, match=f"plan.{name}: must have one axis"):
            JointPlan(**{**good, name: [[0]]})  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"plan\.shares: columns must be of one length"):
        Shares(task=[0], resource=[0, 1], share=[0.5])  # type: ignore[arg-type]


def test_a_plan_is_read_only() -> None:
    with pytest.raises(ValueError, match="read-only"):
        plan(LOCAL).version[0] = 1
