"""The plan of the family `placement`: the worker of every layer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from instances.columns import IntArray, column
from instances.errors import InputError

__all__ = ["PlacementPlan"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlacementPlan:
    """Where every layer runs.

    Parameters
    ----------
    node : int array, shape (n_layers,)
        The node of each layer; -1 for layer 0, the input, which runs nowhere.
    """

    node: IntArray

    def __post_init__(self) -> None:
        try:
            values = column(self.node, np.int64)
        except (TypeError, ValueError, OverflowError) as error:
            raise InputError("plan.node", f"must be a list of whole numbers ({error})") from None
        if values.ndim != 1:
            raise InputError("plan.node", "must have one axis", values.shape)
        object.__setattr__(self, "node", values)
