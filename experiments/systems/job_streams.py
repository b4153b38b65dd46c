"""Many jobs of one machine with an uplink to another: what the systems JPS and DLPDTS schedule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from experiments.systems.chen_networks import chen_network
from experiments.systems.profiles import PairProfile
from formulations.schedule.problem import ScheduleOptions, ScheduleProblem
from instances.columns import FloatArray
from instances.many_inferences import many_inferences
from instances.networks.graph import Layer, NetworkGraph
from instances.one_inference import Machine, Wire, one_inference

__all__ = ["chen_pair", "forgiven", "jobs_problem", "random_line"]


def chen_pair(name: str, *, device: float = 1.0, server: float = 0.0, input_bytes: float = 0.6e6) -> PairProfile:
    """Return a network of the SPSO-GA tables, its times multiplied by `device` on one machine and `server` on the other."""
    network, seconds = chen_network(name, input_bytes=input_bytes)
    return PairProfile(network=network, device=seconds * device, server=seconds * server)


def jobs_problem(
    profiles: Sequence[PairProfile],
    part: Any,
    bytes_per_s: float,
    *,
    release_s: float | FloatArray = 0.0,
    cores: int = 1,
    device_memory: float = np.inf,
    **options: Any,
) -> ScheduleProblem:
    """Return the problem of jobs on one device with a serial uplink to a server.

    Parameters
    ----------
    profiles : sequence of PairProfile
        Of the networks.
    part : int array, shape (n_jobs,)
        Network of every job.
    bytes_per_s : float
        Of the uplink.
    release_s : float or array, shape (n_jobs,)
        When the jobs are there.
    cores : int
        Of the server.
    device_memory : float
        Bytes for weights on the device.
    **options
        Of the problem.
    """
    parts = [
        one_inference(
            one.network,
            [
                Machine(name="device", seconds=one.device, memory_bytes=device_memory),
                Machine(name="server", seconds=one.server, cores=cores),
            ],
            [Wire(source="device", target="server", bytes_per_s=bytes_per_s)],
        )
        for one in profiles
    ]
    return ScheduleProblem(
        instance=many_inferences(parts, part, release_s=release_s), options=ScheduleOptions(links="serial", **options)
    )


def random_line(rng: np.random.Generator, cuts: int, *, convex: bool, name: str = "line") -> PairProfile:
    """Return a chain of `cuts` layers and an idle server, for an uplink of a byte a second.

    Convex: seconds that add up to about l after layer l, tensors of ``a exp(-b l)`` bytes with a from 3 to 15 and b from 0.3
    to 1.2. Else layers of 0.1 to 2 s and tensors of 0.05 to 5 bytes.
    """
    if convex:
        done = np.sort(np.arange(1, cuts + 1) * rng.uniform(0.95, 1.05, cuts))
        seconds = np.diff(np.r_[0.0, 0.0, done])
        size = rng.uniform(3, 15) * np.exp(-rng.uniform(0.3, 1.2) * np.arange(cuts + 1))
    else:
        seconds = np.r_[0.0, rng.uniform(0.1, 2.0, cuts)]
        size = rng.uniform(0.05, 5.0, cuts + 1)
    layers = tuple(
        Layer(name=f"l{v}", kind="conv" if v else "input", output_bytes=float(size[v])) for v in range(cuts + 1)
    )
    network = NetworkGraph(name=name, layers=layers, edges=tuple((v - 1, v) for v in range(1, cuts + 1)))
    return PairProfile(network=network, device=seconds, server=np.zeros(cuts + 1))


def forgiven(value: float, optimum: float, tolerance: float) -> float:
    """Return `value`, raised to `optimum` where it is below by no more than the tolerance to which that is known."""
    return max(value, optimum) if value >= optimum * (1 - tolerance) else value
