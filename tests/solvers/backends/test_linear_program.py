"""Linear programs: values and duals of programs that can be solved by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from solvers.backends.linear_model import LinearModel
from solvers.backends.linear_program import solve_linear


def model(row_lower: list[float], row_upper: list[float]) -> LinearModel:
    """Minimise 2 x + 3 y with rows x + y and x, both at least 0."""
    return LinearModel(
        names=("x", "y"),
        cost=np.array([2.0, 3.0]),
        lower=np.zeros(2),
        upper=np.full(2, np.inf),
        integer=np.zeros(2, dtype=bool),
        rows=sparse.csr_array(np.array([[1.0, 1.0], [1.0, 0.0]])),
        row_lower=np.array(row_lower),
        row_upper=np.array(row_upper),
    )


def test_values_and_duals_are_those_by_hand() -> None:
    # x + y = 4, x <= 1: x is worth 1 less than y, so a larger bound on x saves 1
    found = solve_linear(model([4.0, -np.inf], [4.0, 1.0]))
    assert found is not None
    assert found.values == pytest.approx([1.0, 3.0])
    assert found.duals == pytest.approx([3.0, -1.0])


def test_what_has_no_optimum_gives_nothing() -> None:
    assert solve_linear(model([4.0, 5.0], [4.0, 5.0])) is None


def test_no_time_gives_nothing_or_the_optimum() -> None:
    found = solve_linear(model([4.0, -np.inf], [4.0, 1.0]), seconds=0.0)
    assert found is None or found.values == pytest.approx([1.0, 3.0])
