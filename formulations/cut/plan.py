"""The plan of the family `cut`: the node of every layer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from instances.columns import IntArray, column
from instances.errors import InputError

__all__ = ["CutPlan"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CutPlan:
    """Where every layer runs.

    Parameters
    ----------
    version : int
        Index into `versions_of` the network: 0 is the full network, then exits, then variants.
    helpers : int array, shape (n_levels,)
        The node of each level, the device first: tensors pass it even where no layer runs on it.
    node : int array, shape (n_layers,)
        The helper that runs each layer of the network; -1 for layers that the version does not run.
    """

    version: int
    helpers: IntArray
    node: IntArray

    def __post_init__(self) -> None:
        if isinstance(self.version, bool) or not isinstance(self.version, int | np.integer):
            raise InputError("plan.version", "must be a whole number", self.version)
        object.__setattr__(self, "version", int(self.version))
        for name in ("helpers", "node"):
            try:
                values = column(getattr(self, name), np.int64)
            except (TypeError, ValueError, OverflowError) as error:
                raise InputError(f"plan.{name}", f"must be a list of whole numbers ({error})") from None
            if values.ndim != 1:
                raise InputError(f"plan.{name}", "must have one axis", values.shape)
            object.__setattr__(self, name, values)
