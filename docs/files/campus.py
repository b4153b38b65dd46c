"""A generator and a cost model of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from instances.costs.calibrated import Calibrated
from instances.costs.model import cost_model, table_of_seconds
from instances.costs.table import CostTable
from instances.errors import InputError
from instances.generators.line import LineParams, line
from instances.generators.registry import generator
from instances.instance import Instance
from instances.networks.graph import NetworkGraph
from instances.system import NodeKind


@dataclass(frozen=True, slots=True, kw_only=True)
class CampusParams(LineParams):
    """Parameters of `campus`, beside those of `line`.

    Parameters
    ----------
    urgent_share : float
        Share of tasks whose weight is ten times as high.
    """

    urgent_share: float = 0.1

    def __post_init__(self) -> None:
        LineParams.__post_init__(self)
        if not 0 <= self.urgent_share <= 1:
            raise InputError("parameter urgent_share", "must be in 0..1", self.urgent_share)


@generator("campus", CampusParams)
def campus(params: CampusParams, seed: int) -> Instance:
    """Generate a line in which some tasks are urgent."""
    instance = line(params, seed)
    load = instance.workload
    # a stream of its own, so that the line stays the one of this seed
    urgent = np.random.default_rng([seed, 1]).random(load.n_tasks) < params.urgent_share
    return replace(
        instance,
        name=f"campus-{load.n_tasks}-{seed}",
        workload=replace(load, task_weight=np.where(urgent, 10.0, 1.0) * load.task_weight),
    )


@cost_model("overhead")
@dataclass(frozen=True, slots=True, kw_only=True)
class Overhead:
    """The calibrated seconds plus a constant for each layer that a runtime has to launch.

    Parameters
    ----------
    launch_s : float
        Seconds a layer.
    """

    launch_s: float = 20e-6

    def __post_init__(self) -> None:
        if not 0 <= self.launch_s < np.inf:
            raise InputError("cost model overhead", "launch_s must be finite and >= 0", self.launch_s)

    @property
    def name(self) -> str:
        """Name under which it is registered."""
        return "overhead"

    def fill(self, network: NetworkGraph, kinds: Sequence[NodeKind]) -> CostTable:
        """Return the filled table of `network`, one row a kind."""
        base = Calibrated().fill(network, kinds)
        launched = np.ones(len(network))
        launched[0] = 0.0  # nothing is launched for the virtual input layer
        return table_of_seconds(base.layer_seconds + self.launch_s * launched, base.head_seconds, kinds)
