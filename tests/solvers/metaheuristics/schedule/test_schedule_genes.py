"""Blocks, genes and operators of schedule problems: what is decoded and moved is what plain Python and the referee say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formulations.schedule.case import case_of
from formulations.schedule.problem import ScheduleOptions, ScheduleProblem
from formulations.schedule.referee import evaluate
from instances.smart_iot.instance import smart_iot_instance
from solvers.metaheuristics.operators import DRAWS, copy_segment, step_swarm
from solvers.metaheuristics.pso import genes_of_keys, keys_of_genes
from solvers.metaheuristics.schedule.blocks import schedule_blocks
from solvers.metaheuristics.schedule.encoding import schedule_encoding
from tests.formulations.schedule.random_problems import random_problem
from tests.solvers.metaheuristics.schedule.reference_swarm import Decoder, move

ENERGY = ScheduleOptions(makespan_weight=0.0, energy_weight=1.0, deadlines="hard", nodes="all")


def study(*networks: str, deadline_s: float = 1.6) -> ScheduleProblem:
    return ScheduleProblem(instance=smart_iot_instance(networks, deadline_s=deadline_s), options=ENERGY)


@pytest.mark.parametrize(
    ("network", "ends"),
    [
        ("alexnet", ["conv1", "pool1", "pool2", "pool5", "fc6", "fc7", "fc8"]),
        ("vgg19", ["conv1_1", "pool1", "pool2", "pool3", "pool4", "pool5", "fc7", "fc8"]),
    ],
)
def test_merged_blocks_end_where_the_tensor_is_smaller_than_ever_before(network: str, ends: list[str]) -> None:
    problem = study(network)
    blocks = schedule_blocks(case_of(problem), merged=True)
    layers = problem.network_of(0).layers
    assert [layers[end - 1].name for end in blocks.first[2:]] == ends
    assert blocks.case.seconds.sum(axis=1) == pytest.approx(blocks.layers.seconds.sum(axis=1))


def test_unmerged_blocks_are_the_layers() -> None:
    case = case_of(study("googlenet"))
    blocks = schedule_blocks(case, merged=False)
    assert blocks.case is case
    assert not blocks.merged


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("merged", [True, False])
def test_genes_are_priced_as_the_referee_prices_their_plan(seed: int, merged: bool) -> None:
    problem = random_problem(seed)
    encoding = schedule_encoding(problem, merged=merged)
    genes = encoding.random(20, np.random.default_rng(seed))
    value, excess = encoding.decode_and_price(genes)
    for row in range(len(genes)):
        if not np.isfinite(value[row]):
            continue
        score = evaluate(problem, encoding.plan(genes[row]))
        assert score.value == pytest.approx(value[row], rel=1e-9, abs=1e-9)
        assert score.feasible == (excess[row] == 0.0), score.violations


@pytest.mark.parametrize("networks", [("alexnet",), ("alexnet", "vgg19", "alexnet"), ("googlenet",)])
@pytest.mark.parametrize("merged", [True, False])
def test_genes_are_priced_as_by_plain_python(networks: tuple[str, ...], merged: bool) -> None:
    encoding = schedule_encoding(study(*networks), merged=merged)
    decoder = Decoder(encoding)
    genes = encoding.random(20, np.random.default_rng(3))
    m = len(encoding.n_values)
    expected = np.array([decoder.price((row[:m].tolist(), row[m:].tolist())) for row in genes])
    value, excess = encoding.decode_and_price(genes)
    assert value == pytest.approx(expected[:, 0], rel=1e-9)
    assert excess == pytest.approx(expected[:, 1], rel=1e-9)


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 9), st.integers(0, 2**32))
def test_a_step_of_the_swarm_is_that_of_plain_python(m: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    n_values = rng.integers(1, 5, m)

    def drawn(count: int) -> np.ndarray:
        order = rng.permuted(np.tile(np.arange(m), (count, 1)), axis=1)
        return np.hstack([(rng.random((count, m)) * n_values).astype(np.int64), order]).astype(np.int16)

    genes, own, best = drawn(8), drawn(8), drawn(1)[0]
    draws = rng.random((8, DRAWS + 1))
    w_min, w_max, c1, c2 = np.sort(rng.random(2)).tolist() + rng.random(2).tolist()
    expected = []
    for row in range(8):
        particle, mine, leader = ((one[:m].tolist(), one[m:].tolist()) for one in (genes[row], own[row], best))
        move(particle, mine, leader, n_values.tolist(), (w_min, w_max), (c1, c2), draws[row].tolist())
        expected.append(particle[0] + particle[1])
    step_swarm(genes, own, best, n_values, w_min, w_max, c1, c2, draws)
    assert genes.tolist() == expected
    assert (np.sort(genes[:, m:], axis=1) == np.arange(m)).all()


def test_a_copied_segment_of_the_order_is_that_of_the_best() -> None:
    genes = np.array([0, 0, 0, 0, 0, 1, 2, 3], np.int16)
    best = np.array([1, 1, 1, 1, 3, 2, 1, 0], np.int16)
    copy_segment(genes, best, 4, 0.3, 0.5, np.empty(4, np.int64))
    assert genes.tolist() == [0, 1, 1, 0, 0, 2, 1, 3]


def test_random_keys_give_servers_and_a_permutation_and_come_back() -> None:
    encoding = schedule_encoding(study("alexnet"), merged=True)
    rng = np.random.default_rng(0)
    genes = encoding.random(30, rng)
    assert (genes_of_keys(keys_of_genes(genes, encoding.n_values), encoding.n_values) == genes).all()
    drawn = genes_of_keys(rng.random(genes.shape), encoding.n_values)
    m = len(encoding.n_values)
    assert (drawn[:, :m] < encoding.n_values).all()
    assert (np.sort(drawn[:, m:], axis=1) == np.arange(m)).all()


def test_starts_without_chance_are_all_local_and_each_task_where_it_is_best_alone() -> None:
    encoding = schedule_encoding(study("alexnet", deadline_s=10.0), merged=True)
    genes = np.stack([encoding.start("local"), encoding.start("alone")])
    value, excess = encoding.decode_and_price(genes)
    assert excess.tolist() == [0.0, 0.0]
    assert value == pytest.approx([891.6, 856.2])
