"""The plan of the family `schedule`: node and start of every operation, and the start of every transfer."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from instances.columns import FloatArray, IntArray, column
from instances.errors import InputError

__all__ = ["SchedulePlan"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SchedulePlan:
    """Where and when.

    Parameters
    ----------
    node : int array, shape (n_operations,)
        Node of every operation; inputs are on their task's device.
    start_s : array, shape (n_operations,)
        Start of every operation; inputs start at their task's release.
    transfer_operation, transfer_node : int arrays, shape (n_transfers,)
        The operation whose tensor is sent, and the node that it is sent to: one transfer for every tensor and every
        other node that reads it (or that the result returns to), in any order.
    transfer_start_s : array, shape (n_transfers,)
        Start of every transfer.
    """

    node: IntArray
    start_s: FloatArray
    transfer_operation: IntArray
    transfer_node: IntArray
    transfer_start_s: FloatArray

    def __post_init__(self) -> None:
        for item in fields(self):
            dtype = np.float64 if item.name.endswith("_s") else np.int64
            try:
                values = column(getattr(self, item.name), dtype)
            except (TypeError, ValueError, OverflowError) as error:
                raise InputError(f"plan.{item.name}", f"must be a list of numbers ({error})") from None
            if values.ndim != 1:
                raise InputError(f"plan.{item.name}", "must have one axis", values.shape)
            if dtype is np.float64 and not np.isfinite(values).all():
                raise InputError(f"plan.{item.name}", "must be finite", float(values[~np.isfinite(values)][0]))
            object.__setattr__(self, item.name, values)
        for one, two in (
            ("start_s", "node"),
            ("transfer_node", "transfer_operation"),
            ("transfer_start_s", "transfer_operation"),
        ):
            got, expected = len(getattr(self, one)), len(getattr(self, two))
            if got != expected:
                raise InputError(f"plan.{one}", f"must have as many rows as {two} ({expected})", got)
