"""The option table: what is in it, what it says of an option, and that pruning loses nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pytest import approx

from formulations.joint.evaluator import JointEvaluator
from formulations.joint.options import OptionTable, option_table
from formulations.joint.positions import positions_of
from formulations.joint.problem import JointProblem
from instances.errors import InputError
from instances.generators.tiny import options_of_chain
from tests.formulations.joint.brute_force import placements
from tests.formulations.joint.by_hand import CHAIN, Link, Node, Task, instance, network, problem
from tests.formulations.joint.random_problems import odd_instance, random_options
from tests.formulations.joint.small_problems import small_problem
from tests.solvers.decomposition.plans import all_plans, stressed_table

PLAIN = replace(CHAIN, exits=(), variants=())
NODES = [Node(name="d"), Node(name="e", resource="edge", price=0.25), Node(name="c")]
LINKS = [
    Link(source="d", target="e", rate=30.0, latency=0.5, joules=0.1, price=0.01, resource="cell"),
    Link(source="e", target="c", rate=10.0, latency=0.25),
]


def line(*tasks: Task, net: Any = PLAIN, nodes: Any = NODES, routes: Any = ("e-c",), **options: Any) -> JointProblem:
    given = instance(nodes, LINKS, tasks or (Task(candidates=("d-e",)),), routes, (net,))
    return problem(given, **options)


def rows_of(table: OptionTable, task: int = 0) -> list[tuple[int, ...]]:
    columns = (table.version, table.candidate, table.cloud, table.device_until, table.edge_until)
    part = slice(table.task_offsets[task], table.task_offsets[task + 1])
    return list(zip(*(c[part].tolist() for c in columns), strict=True))


# what is in it


def test_a_chain_over_one_edge_and_cloud_has_all_its_cuts() -> None:
    table = option_table(line(), prune=False)
    local, to_edge = [(0, -1, -1, 3, 3)], [(0, 0, -1, i, 3) for i in range(3)]
    to_cloud = [(0, 0, 2, i, j) for i in range(3) for j in range(i, 3)]
    assert sorted(rows_of(table)) == sorted(local + to_edge + to_cloud)
    assert table.n_enumerated == table.n_options == options_of_chain(3, 1)


def test_a_cloud_as_candidate_has_one_cut() -> None:
    table = option_table(line(Task(candidates=("d-e-c",))), prune=False)
    assert sorted(rows_of(table)) == [(0, -1, -1, 3, 3), (0, 0, 2, 0, 0), (0, 0, 2, 1, 1), (0, 0, 2, 2, 2)]


def test_a_site_without_a_route_to_a_cloud_keeps_all_that_leaves_the_device() -> None:
    table = option_table(line(routes=()), prune=False)
    assert sorted(rows_of(table)) == [(0, -1, -1, 3, 3), *((0, 0, -1, i, 3) for i in range(3))]


def test_a_task_without_candidates_stays() -> None:
    assert rows_of(option_table(line(Task()), prune=False)) == [(0, -1, -1, 3, 3)]


def test_versions_below_the_floor_are_out() -> None:
    versions = {row[0] for row in rows_of(option_table(line(Task(floor=0.7), net=CHAIN), prune=False))}
    assert versions == {0, 2}
    unknown = replace(PLAIN, accuracy=None)
    assert option_table(line(Task(floor=0.1), Task(), net=unknown)).task_without_option() == 0
    assert option_table(line(Task(), Task(floor=0.1), net=unknown)).task_without_option() == 1
    assert option_table(line(Task(), net=unknown)).task_without_option() is None


@pytest.mark.parametrize("index", range(8))
def test_the_whole_table_has_every_placement_that_the_referee_takes(index: int) -> None:
    given = small_problem(index)
    table = option_table(given, prune=False)
    for task in range(given.instance.n_tasks):
        assert sorted(rows_of(table, task)) == sorted(placements(given, task))


@pytest.mark.parametrize("seed", range(12))
def test_the_whole_table_has_every_placement_of_odd_systems(seed: int) -> None:
    given = JointProblem(instance=odd_instance(seed), options=random_options(seed, sharing="equal"))
    table = option_table(given, prune=False)
    for task in range(given.instance.n_tasks):
        assert sorted(rows_of(table, task)) == sorted(placements(given, task))


# what it says of an option


def option(table: OptionTable, row: tuple[int, ...]) -> tuple[float, dict[int, tuple[float, float]]]:
    p = rows_of(table).index(row)
    uses = slice(table.use_offsets[p], table.use_offsets[p + 1])
    found = zip(table.use_resource[uses], table.use_seconds[uses], table.use_weight[uses], strict=True)
    return float(table.cost[p]), {int(r): (float(a), float(v)) for r, a, v in found}


def test_costs_and_uses_of_a_split_are_those_worked_out_by_hand() -> None:
    table = option_table(
        line(Task(candidates=("d-e",), weight=2.0), latency_weight=3.0, energy_weight=0.5, price_weight=10.0),
        prune=False,
    )
    cost, uses = option(table, (0, 0, -1, 1, 3))
    # seconds that nobody shares: 8 of the device and 0.5 of latency, at weight 6; the latter also idle at 1 W
    # joules: layers 24 on the device and 60 on the edge, 60 bytes at 0.1; money: 12 s at 0.25, 60 bytes at 0.01
    assert cost == approx(6 * 8.5 + 0.5 * (0.5 + 24 + 60 + 6) + 10 * (3 + 0.6))
    # edge 12 s while the device idles, cell 60/30 s while it sends at 2 W
    assert uses == {0: approx((12.0, 6.5)), 1: approx((2.0, 7.0))}


def test_no_use_without_seconds() -> None:
    silent = network((0, 8, 0, 16), (0, 0, 0, 0), (100, 0, 5, 2))
    table = option_table(line(net=silent), prune=False)
    assert option(table, (0, 0, -1, 1, 3))[1].keys() == {0}
    assert option(table, (0, 0, 2, 1, 2))[1].keys() == set()
    assert option(table, (0, 0, 2, 2, 2))[1].keys() == {1}


def test_two_uses_of_one_resource_are_one_at_the_higher_weight() -> None:
    links = [replace(LINKS[0], resource="edge"), LINKS[1]]
    given = instance(NODES, links, (Task(candidates=("d-e",)),), ("e-c",), (PLAIN,))
    table = option_table(problem(given, energy_weight=1.0), prune=False)
    assert option(table, (0, 0, -1, 1, 3))[1] == {0: approx((14.0, 3.0))}


def test_columns_are_read_only() -> None:
    table = option_table(line())
    for name in table.__dataclass_fields__:
        values = getattr(table, name)
        if isinstance(values, np.ndarray):
            assert not values.flags.writeable, name


def test_a_plan_of_rows_is_the_placements_of_the_rows() -> None:
    table = option_table(line(*(Task(candidates=("d-e",)),) * 2), prune=False)
    choice = np.array([3, table.task_offsets[1] + 5])
    plan = table.plan(choice)
    assert [plan.version[1], plan.candidate[1], plan.cloud[1], plan.device_until[1], plan.edge_until[1]] == list(
        rows_of(table, 1)[5]
    )


# memory


@pytest.mark.parametrize("factor", [1.0, 1 / 3, 0.1, 0.7])
def test_weights_that_just_fill_a_limit_are_allowed(factor: float) -> None:
    weights = np.array([10.0, 20.0, 40.0])
    net = network((0, 8, 16, 32), (0, *weights * factor), (100, 60, 30, 2))
    for first in range(3):
        nodes = [
            replace(NODES[0], memory=float(weights[:first].sum()) * factor),
            replace(NODES[1], memory=float(weights[first:].sum()) * factor),
            replace(NODES[2], memory=0.0),
        ]
        assert rows_of(option_table(line(net=net, nodes=nodes), prune=False)) == [(0, 0, -1, first, 3)]


def test_limits_that_one_task_reaches_are_settled_and_shared_ones_are_rows() -> None:
    nodes = [replace(NODES[0], memory=15.0), replace(NODES[1], memory=1e3), NODES[2]]
    table = option_table(line(nodes=nodes), prune=False)
    assert {row[3] for row in rows_of(table)} == {0, 1}
    assert set(table.memory_node.tolist()) == {1}
    both = option_table(line(*(Task(candidates=("d-e",)),) * 2, nodes=nodes), prune=False)
    assert set(both.memory_node.tolist()) == {0, 1}
    assert len(option_table(line(nodes=nodes, memory=False), prune=False).memory_node) == 0


# refusals


def test_uses_with_and_without_weight_on_one_resource_are_refused_under_best_shares_only() -> None:
    tasks = (Task(candidates=("d-e",), weight=0.0), Task(candidates=("d-e",)))
    with pytest.raises(
        InputError, match=r'^resource (edge|cell): under sharing "optimal" all its users must have weight'
    ):
        option_table(line(*tasks), prune=False)
    option_table(line(*tasks, sharing="equal"), prune=False)
    option_table(line(*tasks, energy_weight=1.0), prune=False)
    option_table(line(*(replace(task, weight=0.0) for task in tasks), price_weight=1.0), prune=False)


def test_a_task_of_no_weight_that_stays_at_home_is_in_nobodys_way() -> None:
    table = option_table(line(Task(candidates=("d-e",), weight=0.0), Task(candidates=("d-e",))))
    assert rows_of(table, 0) == [(0, -1, -1, 3, 3)]


# pruning


def uses_of(table: OptionTable, p: int) -> dict[int, float]:
    uses = slice(table.use_offsets[p], table.use_offsets[p + 1])
    return dict(zip(table.use_resource[uses].tolist(), table.use_cost[uses].tolist(), strict=True))


def weights_of(table: OptionTable, p: int) -> dict[int, float]:
    held = slice(table.memory_offsets[p], table.memory_offsets[p + 1])
    return dict(zip(table.memory_node[held].tolist(), table.memory_bytes[held].tolist(), strict=True))


def dominates(table: OptionTable, a: int, p: int) -> bool:
    """Rule 2, from its words."""
    if table.candidate[a] != table.candidate[p] or table.cost[a] > table.cost[p]:
        return False
    pairs = ((uses_of(table, a), uses_of(table, p)), (weights_of(table, a), weights_of(table, p)))
    return all(key in theirs and mine[key] <= theirs[key] for mine, theirs in pairs for key in mine)


@pytest.mark.parametrize("index", range(0, 24))
def test_what_is_dropped_is_dominated_and_what_is_kept_is_not(index: int) -> None:
    whole = stressed_table(index, ("equal", "optimal")[index % 2], prune=False)
    pruned = option_table(whole.problem, positions=positions_of(whole.problem.instance))
    assert whole.n_options == pruned.n_enumerated
    alone = whole.alone_cost()
    for k in range(whole.n_tasks):
        mine = range(whole.task_offsets[k], whole.task_offsets[k + 1])
        kept_rows = rows_of(pruned, k)
        kept = [p for p in mine if rows_of(whole, k)[p - mine.start] in kept_rows]
        assert len(kept) == len(kept_rows)
        free = [whole.cost[p] for p in kept if not uses_of(whole, p) and not weights_of(whole, p)]
        for p in mine:
            if p not in kept:
                assert alone[p] >= min(free, default=np.inf) or any(dominates(whole, a, p) for a in kept)
        assert not any(dominates(whole, a, p) for a in kept for p in kept if a != p)


def least(table: OptionTable) -> float | None:
    picks = all_plans(table)
    if not len(picks):
        return None
    value, excess = JointEvaluator(table).values(picks)
    return float(value[excess == 0].min()) if (excess == 0).any() else None


def check_pruning(index: int) -> None:
    for sharing in ("optimal", "equal"):
        whole, pruned = stressed_table(index, sharing, prune=False), stressed_table(index, sharing)
        assert pruned.n_options <= pruned.n_enumerated <= whole.n_options
        want, got = least(whole), least(pruned)
        assert (got is None) == (want is None)
        if want is not None:
            assert got == approx(want, rel=1e-12, abs=0.0)


@pytest.mark.parametrize("index", range(40))
def test_pruning_keeps_the_optimum(index: int) -> None:
    check_pruning(index)


@pytest.mark.slow
@pytest.mark.parametrize("index", range(40, 500))
def test_pruning_keeps_the_optimum_on_many(index: int) -> None:
    check_pruning(index)


# merging of positions


def test_of_cuts_without_work_between_the_smallest_tensor_stays() -> None:
    # b and c do nothing: cuts after a (60), b (20), c (30) differ only in what they send
    net = network((0, 8, 0, 0, 16, 0), (0, 1, 0, 0, 1, 0), (100, 60, 20, 30, 8, 4))
    given = line(net=net).instance
    assert positions_of(given).layer.tolist() == [0, 1, 2, 3, 4, 5]
    # the last position means "all on the device" and stays, whatever is before it
    assert positions_of(given, merge=True).layer.tolist() == [0, 2, 4, 5]


def test_of_equal_tensors_the_first_cut_stays() -> None:
    net = network((0, 8, 0, 0, 16), (0, 1, 0, 0, 1), (100, 20, 20, 20, 8))
    assert positions_of(line(net=net).instance, merge=True).layer.tolist() == [0, 1, 4]


def test_weights_between_cuts_keep_them_apart() -> None:
    net = network((0, 8, 0, 16), (0, 1, 2, 1), (100, 60, 20, 4))
    assert positions_of(line(net=net).instance, merge=True).layer.tolist() == [0, 1, 2, 3]


def test_merged_positions_are_those_of_the_version() -> None:
    # the variant compresses a's tensor below the input's; layer a does nothing
    net = replace(
        network((0, 0, 8), (0, 0, 1), (50, 60, 8)),
        variants=(replace(CHAIN.variants[0], output_factor=0.5),),
    )
    positions = positions_of(line(net=net).instance, merge=True)
    assert positions.layer.tolist() == [0, 2, 1, 2]
    assert positions.crossing_bytes.tolist() == [50.0, 8.0, 30.0, 4.0]


def test_running_sums_hold_the_head_at_the_exit_only() -> None:
    positions = positions_of(line(net=CHAIN).instance)
    # full 0..3, exit 0..2 with its head of 4 operations and 5 bytes, variant at half the work, a quarter of the weights
    assert positions.offsets.tolist() == [0, 4, 7, 11]
    assert positions.seconds[0].tolist() == [0, 8, 24, 56, 0, 8, 28, 0, 4, 12, 28]
    assert positions.parameter_bytes.tolist() == [0, 10, 30, 70, 0, 10, 35, 0, 2.5, 7.5, 17.5]
    assert positions.crossing_bytes.tolist() == approx([100, 60, 30, 2, 100, 60, 30, 100, 6, 3, 0.2])
