"""Columns take what fits their type and nothing else, and cannot be written to."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from instances.columns import check_column, column, offsets_of
from instances.errors import InputError


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([1, 2], np.int8),
        ([], np.int8),
        (np.array([], dtype=float), np.int32),
        ([True, False], np.int8),
        ([127, -128], np.int8),
        (np.array([2**31 - 1], dtype=np.uint64), np.int32),
        ([1, 2], np.float64),
        ([1.5, np.inf, np.nan], np.float64),
        (range(3), np.int64),
    ],
)
def test_what_fits_becomes_a_column(values: Any, dtype: Any) -> None:
    made = column(values, dtype)
    assert made.dtype == dtype
    assert made.tolist() == list(values) or np.isnan(made).any()
    assert made.flags.c_contiguous
    if made.size:
        with pytest.raises(ValueError, match="read-only"):
            made[0] = 0


@pytest.mark.parametrize(
    ("values", "dtype", "error"),
    [
        ([0.5], np.int32, TypeError),
        ([1.0], np.int32, TypeError),
        (["1"], np.int32, TypeError),
        (["1"], np.float64, TypeError),
        ([None], np.float64, TypeError),
        ([1j], np.float64, TypeError),
        ([128], np.int8, OverflowError),
        ([-129], np.int8, OverflowError),
        ([2**15], np.int16, OverflowError),
        ([2**31], np.int32, OverflowError),
        (np.array([2**63], dtype=np.uint64), np.int64, OverflowError),
        ([[1], [2, 3]], np.int64, ValueError),
    ],
)
def test_what_does_not_fit_is_refused(values: Any, dtype: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        column(values, dtype)


def test_a_column_of_the_right_type_is_not_copied_and_its_owner_may_still_write() -> None:
    given = np.arange(5.0)
    made = column(given, np.float64)
    assert np.shares_memory(made, given)
    given[0] = 7.0
    assert column(made, np.float64) is made


def test_the_first_bad_row_is_named_with_its_value() -> None:
    values = np.array([1.0, np.nan, -2.0])
    with pytest.raises(InputError, match=r"^row 1: must be > 0, got nan$"):
        check_column(values, values > 0, "must be > 0", lambda i: f"row {i}")
    check_column(values, True, "anything", str)
    check_column(values[:0], values[:0] > 0, "anything", str)


def test_offsets_of_lists() -> None:
    assert offsets_of([[1, 2], [], [3]]).tolist() == [0, 2, 2, 3]
    assert offsets_of([]).tolist() == [0]
