"""The examples of the papers, figure by figure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from solvers.list_scheduling.construction import construct, earliest_finish
from solvers.list_scheduling.cpop import cpop_rule
from solvers.list_scheduling.graph import Graph
from solvers.list_scheduling.heft import heft_rule
from solvers.list_scheduling.optimistic import optimistic_cost
from solvers.list_scheduling.partial import Partial
from solvers.list_scheduling.peft import peft_rule
from solvers.list_scheduling.ranks import descendants, downward_rank, mean_seconds, mean_transfers, upward_rank
from tests.solvers.list_scheduling.published_graphs import (
    HEFT_EDGES,
    HEFT_SECONDS,
    PEFT_EDGES,
    PEFT_SECONDS,
    published,
)


@pytest.fixture(scope="module")
def heft_graph() -> Graph:
    return published(HEFT_SECONDS, HEFT_EDGES)


@pytest.fixture(scope="module")
def peft_graph() -> Graph:
    return published(PEFT_SECONDS, PEFT_EDGES)


def built(graph: Graph, rule: object) -> Partial:
    partial = construct(graph, rule)  # type: ignore[arg-type]
    assert isinstance(partial, Partial)
    return partial


def test_ranks_are_those_of_the_table(heft_graph: Graph) -> None:
    seconds, transfers = mean_seconds(heft_graph), mean_transfers(heft_graph)
    upward = upward_rank(heft_graph, seconds, transfers)
    downward = downward_rank(heft_graph, seconds, transfers)
    table = [108.0, 77.0, 80.0, 80.0, 69.0, 63.333, 42.667, 35.667, 44.333, 14.667]
    assert upward == pytest.approx(table, abs=1e-3)
    # the critical path is 1, 2, 9, 10
    assert np.flatnonzero(np.isclose(upward + downward, 108.0)).tolist() == [0, 1, 8, 9]


def test_heft_ends_at_80(heft_graph: Graph) -> None:
    partial = built(heft_graph, heft_rule(heft_graph))
    assert partial.end.max() == 80.0
    assert partial.place.tolist() == [2, 0, 2, 1, 2, 1, 2, 0, 1, 1]


def test_cpop_ends_at_86_with_the_critical_path_on_the_second_processor(heft_graph: Graph) -> None:
    partial = built(heft_graph, cpop_rule(heft_graph))
    assert partial.end.max() == 86.0
    assert partial.place[[0, 1, 8, 9]].tolist() == [1, 1, 1, 1]


def test_optimistic_costs_are_those_of_the_table(peft_graph: Graph) -> None:
    table = optimistic_cost(peft_graph, mean_transfers(peft_graph))
    assert table[0].tolist() == [64.0, 68.0, 86.0]
    assert table.mean(axis=1) == pytest.approx([72.7, 41.0, 37.0, 43.7, 31.0, 41.7, 17.0, 20.7, 16.3, 0.0], abs=0.05)


def test_peft_ends_at_122_where_heft_ends_at_133(peft_graph: Graph) -> None:
    assert built(peft_graph, peft_rule(peft_graph)).end.max() == 122.0
    assert built(peft_graph, heft_rule(peft_graph)).end.max() == 133.0


def test_without_gaps_heft_is_no_better(heft_graph: Graph) -> None:
    rule = heft_rule(heft_graph)
    assert built(heft_graph, replace(rule, insertion=False)).end.max() >= 80.0


def test_two_cores_hold_what_two_nodes_of_the_same_speed_would(heft_graph: Graph) -> None:
    one = heft_graph._replace(cores=np.array([10, 1, 1]), seconds=np.tile(heft_graph.seconds[:, :1], (1, 3)))
    rule = earliest_finish(one, np.arange(10.0))
    # with a core for everything on the first node nobody waits: the longest path of seconds alone
    alone = upward_rank(one, one.seconds[:, 0].copy(), np.zeros(len(one.after)))
    assert built(one, rule).end.max() == alone[0]


def test_descendants_count_all_that_must_wait(heft_graph: Graph) -> None:
    assert descendants(heft_graph).tolist() == [9, 3, 2, 3, 2, 2, 1, 1, 1, 0]
