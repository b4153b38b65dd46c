"""The filled cost table of one network: seconds and joules of every layer on every node kind."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from instances.columns import FloatArray, column
from instances.errors import InputError

__all__ = ["CostTable"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CostTable:
    """Seconds and joules of one network's layers and exit heads on each node kind at speed 1.

    Parameters
    ----------
    layer_seconds, layer_joules : arrays, shape (n_kinds, n_layers)
        Time and energy of a layer alone on a node of the kind.
    head_seconds, head_joules : arrays, shape (n_kinds, n_exits)
        The same for the heads of the early exits.
    """

    layer_seconds: FloatArray
    layer_joules: FloatArray
    head_seconds: FloatArray
    head_joules: FloatArray

    def __post_init__(self) -> None:
        for item in fields(self):
            values = column(getattr(self, item.name), np.float64)
            if values.ndim != 2:
                raise InputError(f"costs.{item.name}", "must have two axes (kind, layer)", values.shape)
            if not (np.isfinite(values) & (values >= 0)).all():
                bad = values[~(np.isfinite(values) & (values >= 0))][0].item()
                raise InputError(f"costs.{item.name}", "must be finite and >= 0", bad)
            object.__setattr__(self, item.name, values)
        for one, two in (("layer_seconds", "layer_joules"), ("head_seconds", "head_joules")):
            if getattr(self, one).shape != getattr(self, two).shape:
                raise InputError(
                    f"costs.{two}", f"must have the shape of {one} {getattr(self, one).shape}", getattr(self, two).shape
                )
