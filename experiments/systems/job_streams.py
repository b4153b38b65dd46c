"""Many jobs of one machine with an uplink to another: what the systems JPS and DLPDTS schedule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations, product
from typing import Any

import numpy as np

from experiments.systems.profiles import PairProfile
from formulations.schedule.flow_shop import FlowShop
from formulations.schedule.problem import ScheduleOptions, ScheduleProblem
from instances.columns import FloatArray
from instances.many_inferences import many_inferences
from instances.networks.graph import Layer, NetworkGraph
from instances.one_inference import Machine, Wire, one_inference
from instances.smart_iot.networks import smart_iot_network

__all__ = ["chen_pair", "forgiven", "jobs_problem", "least_makespan", "random_line"]


def chen_pair(name: str, *, device: float = 1.0, server: float = 0.0, input_bytes: float = 0.6e6) -> PairProfile:
    """Return a network of SPSO-GA's study, its times multiplied by `device` on one machine and `server` on the other."""
    network, seconds = smart_iot_network(name, input_bytes)
    # the source has no operations: seconds stand for the work of which shares are told
    layers = [replace(one, operations=work) for one, work in zip(network.layers, seconds.tolist(), strict=True)]
    network = replace(network, layers=tuple(layers))
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


def least_makespan(shop: FlowShop) -> float:
    """Return the least makespan of device and uplink over all cuts and all orders of few jobs."""
    orders = np.array(list(permutations(range(shop.n_jobs))))
    cuts = np.array(list(product(*(range(len(shop.classes[one].cut)) for one in shop.class_of.tolist()))))
    f, g = (
        np.column_stack(
            [getattr(shop.classes[one], name)[cuts[:, job]] for job, one in enumerate(shop.class_of.tolist())]
        )
        for name in ("device_s", "upload_s")
    )
    device = link = np.zeros((len(cuts), len(orders)))
    for position in range(shop.n_jobs):
        device = device + f[:, orders[:, position]]
        link = np.maximum(device, link) + g[:, orders[:, position]]
    return float(link.min())
