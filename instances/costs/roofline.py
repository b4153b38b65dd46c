"""Roofline cost model: a layer takes as long as its arithmetic or its memory traffic, whichever is longer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from instances.columns import FloatArray
from instances.costs.model import cost_model, table_of_seconds
from instances.costs.table import CostTable
from instances.errors import InputError
from instances.networks.graph import NetworkGraph
from instances.system import NodeKind

__all__ = ["Roofline", "input_bytes"]


@cost_model("roofline")
@dataclass(frozen=True, slots=True, kw_only=True)
class Roofline:
    """Seconds = max(operations / peak rate, bytes moved / memory bandwidth); joules = busy watts x seconds.

    Williams, Waterman, Patterson, Roofline, CACM 52(4), 2009. Bytes moved are those of the input tensors, the weights
    and the output tensor, each once; the virtual input layer moves none.

    Parameters
    ----------
    efficiency : float
        Share of peak rate and bandwidth that is reached (PALEO's percent of peak; 1: the roof itself).
    """

    efficiency: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.efficiency <= 1:
            raise InputError("cost model roofline", "efficiency must be in 0..1, above 0", self.efficiency)

    @property
    def name(self) -> str:
        """Name under which it is registered."""
        return "roofline"

    def fill(self, network: NetworkGraph, kinds: Sequence[NodeKind]) -> CostTable:
        """Return the filled table of `network`, one row a kind.

        Raises
        ------
        InputError
            If a kind has no peak rate or no memory bandwidth.
        """
        for kind in kinds:
            for figure in ("peak_operations_per_s", "bytes_per_s"):
                if getattr(kind, figure) is None:
                    raise InputError(f"node kind {kind.name}", f"the cost model roofline needs its {figure}")
        peak = self.efficiency * np.array([kind.peak_operations_per_s for kind in kinds], dtype=np.float64)[:, None]
        bandwidth = self.efficiency * np.array([kind.bytes_per_s for kind in kinds], dtype=np.float64)[:, None]
        inputs = input_bytes(network)
        moved = inputs + network.parameter_bytes + network.output_bytes
        moved[0] = 0.0
        heads = np.array([ex.operations for ex in network.exits], dtype=np.float64)
        # a head reads the tensor it hangs on and its weights; what it puts out is a handful of scores
        head_moved = np.array([network.output_bytes[ex.after] + ex.parameter_bytes for ex in network.exits])
        return table_of_seconds(
            np.maximum(network.operations / peak, moved / bandwidth),
            np.maximum(heads / peak, head_moved / bandwidth),
            kinds,
        )


def input_bytes(network: NetworkGraph) -> FloatArray:
    """Return the bytes of the tensors that every layer reads, shape (n_layers,)."""
    read = np.zeros(len(network))
    np.add.at(read, network.edge_array[:, 1], network.output_bytes[network.edge_array[:, 0]])
    return read
