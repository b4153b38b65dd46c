"""The batched evaluator: what the referee says of the decoded plan, for every objective and link rule."""

from __future__ import annotations

import numpy as np
import pytest

from formulations.schedule.case import ScheduleCase, case_of
from formulations.schedule.decoder import decode
from formulations.schedule.evaluator import evaluate_population
from formulations.schedule.referee import evaluate
from instances.columns import FloatArray, IntArray
from instances.errors import InputError
from tests.formulations.schedule.random_problems import OBJECTIVES, random_problem

_OF_TIME = ("starts at", "is sent at", "at a time", "must start")


def draw(case: ScheduleCase, rng: np.random.Generator, rows: int) -> tuple[IntArray, FloatArray]:
    """Return placements and ranks; many ranks are equal now and then."""
    n = case.n_operations
    place = np.stack([rng.choice(np.flatnonzero(case.allowed[:, v]), size=rows) for v in range(n)], axis=1)
    rank = rng.random((rows, n)) if rng.random() < 0.5 else rng.integers(0, 4, size=(rows, n)).astype(float)
    return place, rank


def agree(case: ScheduleCase, place: IntArray, rank: FloatArray) -> int:
    """Compare evaluator and referee row by row; return the number of priced rows."""
    value, excess = evaluate_population(case, place, rank)
    priced = 0
    for row in range(len(place)):
        if not np.isfinite(value[row]):
            # a tensor without a way: the referee does not price the plan either
            assert not np.isfinite(excess[row])
            continue
        priced += 1
        score = evaluate(case.problem, case.plan(place[row], *decode(case, place[row], rank[row])))
        assert score.value == pytest.approx(value[row], rel=1e-9, abs=1e-9)
        assert bool(score.violations) == (excess[row] > 0), score.violations
        assert not [line for line in score.violations if any(words in line for words in _OF_TIME)]
    return priced


@pytest.mark.parametrize("links", ["free", "serial"])
@pytest.mark.parametrize("objective", range(len(OBJECTIVES)))
def test_evaluator_equals_referee_of_the_decoded_plan(objective: int, links: str) -> None:
    priced = 0
    for seed in range(12):
        case = case_of(random_problem(1000 * objective + seed, objective=objective, links=links))
        place, rank = draw(case, np.random.default_rng(seed), 8)
        priced += agree(case, place, rank)
    assert priced > 50


def test_positions_and_ranks_that_are_none_are_refused() -> None:
    case = case_of(random_problem(0))
    place, rank = draw(case, np.random.default_rng(0), 2)
    with pytest.raises(InputError, match="must be positions"):
        evaluate_population(case, place + case.n_nodes, rank)
    with pytest.raises(InputError, match="must be finite"):
        evaluate_population(case, place, np.where(rank >= 0, np.nan, rank))
    with pytest.raises(InputError, match="must have the shape"):
        evaluate_population(case, place[:, 1:], rank[:, 1:])
