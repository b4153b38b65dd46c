"""The machines of SPSO-GA's study with networks drawn from its four."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf

import numpy as np

from instances.errors import InputError
from instances.generators.common import at_least, at_most
from instances.generators.registry import generator
from instances.instance import Instance
from instances.smart_iot.instance import smart_iot_instance
from instances.smart_iot.networks import NETWORK_NAMES, smart_iot_network
from instances.smart_iot.servers import OpenFigures, edge_servers

__all__ = ["SmartIotParams", "smart_iot"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SmartIotParams:
    """Parameters of `smart-iot`.

    Parameters
    ----------
    tasks : int
        Number of tasks, each one network; task k is on device k of ten, round and round.
    networks : tuple of str
        Of ``alexnet``, ``vgg19``, ``googlenet`` and ``resnet101``; a task's is drawn evenly.
    edges : int
        Number of edge servers: 2, 4, 6, 8 or 10.
    deadline_factor : float
        Deadline as a factor on the time that the whole network takes on the fastest edge server (``inf``: none). The
        study's own deadlines are multiples of HEFT's makespan: a solver's, so no generator's.
    near_megabytes_per_s, far_megabytes_per_s : float
        Bandwidth between devices and edge servers, and to the cloud; not published (assumed).
    time_unit_s : float
        Of the published energies a unit of time; not published (assumed).
    input_bytes : float
        Of the picture that goes in; not published (assumed).
    """

    tasks: int = 3
    networks: tuple[str, ...] = NETWORK_NAMES
    edges: int = 4
    deadline_factor: float = inf
    near_megabytes_per_s: float = 10.0
    far_megabytes_per_s: float = 2.0
    time_unit_s: float = 1e-3
    input_bytes: float = 0.6e6

    def __post_init__(self) -> None:
        at_least(self, 1, "tasks")
        at_most(self, 2**31 - 2**24, "tasks")
        edge_servers(self.edges)
        for name in self.networks:
            smart_iot_network(name)
        if not self.networks:
            raise InputError("parameter networks", "must name at least one", list(self.networks))
        if not self.deadline_factor > 0:
            raise InputError("parameter deadline_factor", "must be > 0", self.deadline_factor)
        _figures(self)


@generator("smart-iot", SmartIotParams)
def smart_iot(params: SmartIotParams, seed: int) -> Instance:
    """Generate the machines of SPSO-GA's study and networks of it; for the family `schedule`.

    Ten devices, edge servers and a cloud as published (Chen et al., TPDS 33(3):683-697, 2022); every machine has a link
    of its own to every other.

    Parameters
    ----------
    params : SmartIotParams
        Tasks, networks, servers and what is not published.
    seed : int
        Seed of the networks.

    Returns
    -------
    Instance
        Without positions.
    """
    rng = np.random.default_rng(seed)
    drawn = [params.networks[k] for k in rng.integers(len(params.networks), size=params.tasks)]
    speed = max(server.speed for server in edge_servers(params.edges))
    alone = {name: float(smart_iot_network(name)[1].sum()) / speed for name in params.networks}
    deadline = [params.deadline_factor * alone[name] for name in drawn]
    made = smart_iot_instance(drawn, edges=params.edges, deadline_s=deadline, figures=_figures(params))
    return replace(made, name=f"smart-iot-{params.tasks}")


def _figures(params: SmartIotParams) -> OpenFigures:
    near, far = params.near_megabytes_per_s, params.far_megabytes_per_s
    return OpenFigures(
        megabytes_per_s=((near, near, far), (near, near, far), (far, far, far)),
        time_unit_s=params.time_unit_s,
        input_bytes=params.input_bytes,
    )
