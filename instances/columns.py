"""Read-only numpy columns and the checks that every table of columns shares."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from instances.errors import InputError

__all__ = ["Array", "BoolArray", "FloatArray", "IntArray", "check_column", "column", "offsets_of"]

Array = npt.NDArray[Any]
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


def column(values: Any, dtype: npt.DTypeLike) -> Array:
    """Return `values` as a read-only contiguous array of `dtype` (no copy where none is needed).

    Raises
    ------
    TypeError, ValueError, OverflowError
        If a value does not fit: a fraction or text for an integer column, an integer out of range.
    """
    wanted, given = np.dtype(dtype), np.asarray(values)
    if given.dtype.kind not in ("iub" if wanted.kind == "i" else "iubf") and given.size:
        raise TypeError(f"cannot use {given.dtype} values")
    if wanted.kind == "i" and given.size and (wanted.itemsize < given.dtype.itemsize or given.dtype.kind == "u"):
        limits = np.iinfo(wanted)
        low, high = given.min(), given.max()
        if low < limits.min or high > limits.max:
            raise OverflowError(f"{low if low < limits.min else high} is out of range")
    array = np.ascontiguousarray(given, dtype=wanted)
    if array.flags.writeable:
        array = array.view()
        array.flags.writeable = False
    return array


def check_column(
    values: Array,
    ok: npt.NDArray[np.bool_] | bool,
    expected: str,
    label: Callable[[int], str],
) -> None:
    """Raise `InputError` for the first row of `values` where `ok` is false.

    Parameters
    ----------
    values : array, shape (n,)
        The column that is checked; the offending value is quoted.
    ok : array of bool, shape (n,)
        Which rows are good. Comparisons with NaN are false, so NaN is caught.
    expected : str
        What a good row satisfies.
    label : callable
        Names row ``i`` in the message.
    """
    good = np.broadcast_to(np.asarray(ok, dtype=bool), values.shape)
    if not good.all():
        row = int(np.flatnonzero(~good)[0])
        raise InputError(label(row), expected, values[row].item())


def offsets_of(groups: Sequence[Sequence[Any]]) -> IntArray:
    """Return the CSR offsets, shape (len(groups) + 1,), of a list of lists."""
    return np.concatenate(([0], np.cumsum([len(g) for g in groups], dtype=np.int64)))
