from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvers.metaheuristics.operators import DRAWS, copy_segment, inertia, mutate, step_swarm

below_one = st.floats(0, 1, exclude_max=True)


def test_inertia_is_least_at_the_global_best_and_greatest_where_all_differs() -> None:
    assert inertia(0.0, 0.4, 0.9) == pytest.approx(0.4)
    assert inertia(1.0, 0.4, 0.9) == pytest.approx(0.9)


@settings(deadline=None)
@given(st.floats(0, 1), st.floats(0, 1))
def test_inertia_rises_with_the_share_of_different_positions(a: float, b: float) -> None:
    low, high = sorted((a, b))
    assert 0.4 - 1e-12 <= inertia(low, 0.4, 0.9) <= inertia(high, 0.4, 0.9) <= 0.9 + 1e-12


@settings(deadline=None)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=20), below_one, below_one)
def test_mutation_gives_exactly_one_gene_another_value_in_range(genes: list[int], where: float, what: float) -> None:
    changed = np.array(genes, np.int16)
    mutate(changed, np.full(len(genes), 5), where, what, 0.0)
    assert (changed != genes).sum() == 1
    assert ((changed >= 0) & (changed < 5)).all()


def test_mutation_reaches_every_other_value() -> None:
    seen = set()
    for what in np.linspace(0, 0.999, 50):
        gene = np.array([2], np.int16)
        mutate(gene, np.array([5]), 0.5, what, 0.0)
        seen.add(int(gene[0]))
    assert seen == {0, 1, 3, 4}


@settings(deadline=None)
@given(st.integers(2, 20), below_one, below_one)
def test_crossover_copies_one_run_of_at_least_two_genes_and_nothing_else(n: int, first: float, second: float) -> None:
    genes, best = np.zeros(n, np.int16), np.ones(n, np.int16)
    copy_segment(genes, best, n, first, second, np.empty(0, np.int64))
    copied = np.flatnonzero(genes)
    assert len(copied) >= 2
    assert (np.diff(copied) == 1).all()
    assert (best == 1).all()


def swarm(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    genes, own, best = (rng.integers(0, 4, shape).astype(np.int16) for shape in ((30, 12), (30, 12), 12))
    return genes, own, best, rng.random((30, DRAWS))


def test_without_mutation_each_gene_comes_from_the_particle_or_one_of_the_bests() -> None:
    genes, own, best, draws = swarm()
    moved = genes.copy()
    step_swarm(moved, own, best, np.full(12, 4), 0.0, 0.0, 1.0, 1.0, draws)
    assert ((moved == genes) | (moved == own) | (moved == best)).all()
    assert ((moved == best).sum(axis=1) >= 2).all()


def test_the_global_best_has_the_last_word() -> None:
    genes, own, best, draws = swarm()
    # the segments of both crossovers are the whole particle
    draws[:, [4, 7]], draws[:, [5, 8]] = 0.0, 0.9999
    moved = genes.copy()
    step_swarm(moved, own, best, np.full(12, 4), 0.0, 0.0, 1.0, 1.0, draws)
    assert (moved == best).all()
    moved = genes.copy()
    step_swarm(moved, own, best, np.full(12, 4), 0.0, 0.0, 1.0, 0.0, draws)
    assert (moved == own).all()


def test_nothing_moves_where_all_probabilities_are_zero() -> None:
    genes, own, best, draws = swarm()
    moved = genes.copy()
    step_swarm(moved, own, best, np.full(12, 4), 0.0, 0.0, 0.0, 0.0, draws)
    assert (moved == genes).all()


def test_the_share_of_equal_positions_reverses_the_inertia() -> None:
    near, best = np.zeros((4000, 50), np.int16), np.zeros(50, np.int16)
    draws = np.random.default_rng(0).random((4000, DRAWS))
    moved = near.copy()
    step_swarm(moved, near, best, np.full(50, 4), 0.4, 0.9, 0.0, 0.0, draws, True)
    assert (moved != near).any(axis=1).mean() == pytest.approx(0.9, abs=0.03)


def test_particles_far_from_the_global_best_mutate_more_often() -> None:
    near, far, best = np.zeros((4000, 50), np.int16), np.ones((4000, 50), np.int16), np.zeros(50, np.int16)
    draws = np.random.default_rng(0).random((4000, DRAWS))
    shares = []
    for genes in (near, far):
        moved = genes.copy()
        step_swarm(moved, genes, best, np.full(50, 4), 0.4, 0.9, 0.0, 0.0, draws)
        shares.append((moved != genes).any(axis=1).mean())
    assert shares == pytest.approx([0.4, 0.9], abs=0.03)
