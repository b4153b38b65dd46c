from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from formulations.joint.problem import JointProblem
from solvers.joint_kernels import state_of
from solvers.metaheuristics.annealing import (
    AnnealingParams,
    anneal,
    change_of_excess,
    change_of_value,
    excess_of,
    propose,
)
from solvers.metaheuristics.decoder import row_of
from solvers.metaheuristics.encoding import Encoding, encoding_of
from tests.solvers.tiny_problems import tiny_problem, tiny_problems


def encoded(problem: JointProblem) -> Encoding:
    encoding = encoding_of(problem, merged=True)
    if not isinstance(encoding, Encoding):
        reject()
    assert isinstance(encoding, Encoding)
    return encoding


def rows_of(genes: np.ndarray, encoding: Encoding) -> np.ndarray:
    return np.array([row_of(genes, k, encoding.decoder) for k in range(encoding.table.n_tasks)])


def full(encoding: Encoding, rows: np.ndarray) -> tuple[float, float]:
    """Price rows from the table, without the compiled state."""
    table = encoding.table
    equal = table.problem.options.sharing == "equal"
    uses = np.concatenate([np.arange(table.use_offsets[p], table.use_offsets[p + 1]) for p in rows])
    amount = (table.use_cost if equal else table.use_root)[uses]
    load = np.bincount(table.use_resource[uses], amount, minlength=table.n_resources)
    users = np.bincount(table.use_resource[uses], minlength=table.n_resources)
    holds = np.concatenate([np.arange(table.memory_offsets[p], table.memory_offsets[p + 1]) for p in rows])
    limit = encoding.game.limit
    held = np.bincount(table.memory_node[holds], table.memory_bytes[holds], minlength=len(limit))
    value = table.cost[rows].sum() + (load * (users if equal else load)).sum()
    return float(value), float(np.maximum(held - limit, 0.0).sum())


@settings(max_examples=100, deadline=None)
@given(problem=tiny_problems(), seed=st.integers(0, 2**32))
def test_the_change_of_a_move_is_the_difference_of_full_evaluations(problem: JointProblem, seed: int) -> None:
    encoding = encoded(problem)
    rng = np.random.default_rng(seed)
    genes = encoding.random(1, rng)[0]
    rows = rows_of(genes, encoding)
    for _ in range(10):
        k = int(rng.integers(encoding.table.n_tasks))
        moved = genes.copy()
        propose(moved, k, encoding.decoder, rng.random(6), 0.3, 0.3)
        others = np.arange(encoding.n_genes)
        own = (others >= encoding.gene_offsets[k]) & (others < encoding.gene_offsets[k + 1])
        assert (moved == genes)[~own].all()
        assert ((moved >= 0) & (moved < encoding.n_values)).all()
        after = rows_of(moved, encoding)
        state = state_of(encoding.table, encoding.game, rows)
        more = change_of_excess(encoding.game, state.held, rows[k], after[k]) if len(state.held) else 0.0
        rise = change_of_value(encoding.game, state.loads, state.held, rows[k], after[k])
        (value, excess), (value_after, excess_after) = full(encoding, rows), full(encoding, after)
        assert rise == pytest.approx(value_after - value, abs=1e-9 * max(abs(value), abs(value_after)))
        assert more == pytest.approx(excess_after - excess, abs=1e-6 * max(1.0, excess, excess_after))


@settings(max_examples=60, deadline=None)
@given(problem=tiny_problems(), seed=st.integers(0, 2**32), temperature=st.sampled_from((0.01, 1.0, 100.0)))
def test_after_a_run_state_genes_and_reported_value_agree(problem: JointProblem, seed: int, temperature: float) -> None:
    encoding = encoded(problem)
    rng = np.random.default_rng(seed)
    genes = encoding.random(1, rng)[0]
    state = state_of(encoding.table, encoding.game, rows_of(genes, encoding))
    start = full(encoding, state.choice)
    best = genes.copy()
    draws = rng.random((400, 7))
    found = anneal(genes, best, state, encoding.decoder, encoding.game, draws, temperature, np.array([0.3, 0.3]))
    assert rows_of(genes, encoding).tolist() == state.choice.tolist()
    value, excess = full(encoding, rows_of(best, encoding))
    assert found == pytest.approx((value, excess), rel=1e-9, abs=1e-3)
    assert (round(excess), value) <= (round(start[1]), start[0] * (1 + 1e-9))


def test_sampling_changes_nothing_and_returns_the_rise_of_each_move() -> None:
    encoding = encoded(tiny_problem(3, {"memory": "none"}))
    rng = np.random.default_rng(1)
    genes = encoding.random(1, rng)[0]
    before = genes.copy()
    state = state_of(encoding.table, encoding.game, rows_of(genes, encoding))
    draws = rng.random((50, 7))
    moves = draws.copy()
    anneal(genes, genes.copy(), state, encoding.decoder, encoding.game, draws, np.inf, np.array([0.3, 0.3]))
    assert genes.tolist() == before.tolist()
    for move, rise in zip(moves, draws[:, 0], strict=True):
        moved = before.copy()
        propose(moved, int(move[0] * encoding.table.n_tasks), encoding.decoder, move[1:], 0.3, 0.3)
        change = full(encoding, rows_of(moved, encoding))[0] - full(encoding, rows_of(before, encoding))[0]
        assert rise == pytest.approx(change, abs=1e-9)


def test_excess_is_what_lies_above_the_limits() -> None:
    encoding = encoded(tiny_problem(3, {"memory": "none"}))
    game = encoding.game._replace(limit=np.array([10.0, 20.0, np.inf]))
    assert excess_of(game, np.array([13.0, 20.0, 1e9])) == 3.0


@pytest.mark.parametrize("wrong", [{"start": "x"}, {"moves": 0}, {"gene_share": 0.9}, {"end_ratio": 0.0}])
def test_parameters_refuse_nonsense(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="parameter"):
        AnnealingParams(**wrong)  # type: ignore[arg-type]
