"""Calibrated cost model: operations over the effective rate that a published latency gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from instances.costs.model import cost_model, table_of_seconds
from instances.costs.table import CostTable
from instances.networks.graph import NetworkGraph
from instances.system import NodeKind

__all__ = ["Calibrated"]


@cost_model("calibrated")
@dataclass(frozen=True, slots=True, kw_only=True)
class Calibrated:
    """Seconds = operations / effective rate of the kind; joules = busy watts x seconds.

    The effective rate (`NodeKind.operations_per_s`) comes from a measured latency of a whole network, so it carries
    memory traffic and overhead on average. A layer that is counted with no operations (an activation, a
    concatenation) therefore takes no time of its own.
    """

    @property
    def name(self) -> str:
        """Name under which it is registered."""
        return "calibrated"

    def fill(self, network: NetworkGraph, kinds: Sequence[NodeKind]) -> CostTable:
        """Return the filled table of `network`, one row a kind."""
        rates = np.array([kind.operations_per_s for kind in kinds], dtype=np.float64)[:, None]
        heads = np.array([ex.operations for ex in network.exits], dtype=np.float64)
        return table_of_seconds(network.operations / rates, heads / rates, kinds)
