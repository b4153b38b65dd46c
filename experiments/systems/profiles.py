"""Networks with measured layer times: IONN's public profiles, and small random chains; as instances of two machines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from experiments.systems.bench import Bench
from formulations.cut.cases import with_rate
from formulations.cut.problem import CutOptions, CutProblem
from instances.columns import FloatArray, IntArray
from instances.costs.layer_profile import alexnet_profile, read_layer_profile
from instances.networks.graph import Layer, NetworkGraph
from instances.networks.importers.caffe import import_caffe
from instances.one_inference import Machine, Wire, one_inference

__all__ = [
    "IONN_ABSENT",
    "IONN_WATTS",
    "MBIT",
    "PairProfile",
    "alexnet_pair",
    "as_chain",
    "at_rate",
    "first_on_server",
    "ionn_pair",
    "pair_problem",
    "random_pair",
]

MBIT = 1e6 / 8
"""Bytes a second in a Mbit/s."""
IONN_WATTS = {"busy_watts": 7.239, "idle_watts": 3.977, "transmit_watts": 6.611}
"""Of the Odroid XU4, from the code of IONN's authors."""
IONN_ABSENT = (
    "needs the profiles that IONN's authors publish (github.com/jinevening/IONN-client, examples/partitioning): "
    "--data DIR with DIR/ionn-profiles/NETWORK.prototxt and NETWORK.client.txt, NETWORK.server.txt"
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PairProfile:
    """A network with its layer times on a device and on a server, in seconds."""

    network: NetworkGraph
    device: FloatArray
    server: FloatArray


@cache
def alexnet_pair() -> PairProfile:
    """Return Caffe's AlexNet on IONN's client and server."""
    network, client, server = alexnet_profile()
    return PairProfile(network=network, device=client, server=server)


def ionn_pair(bench: Bench, name: str) -> PairProfile | None:
    """Return a network of IONN's public profiles, None where it is not at hand; 0 s on a server that has no file."""
    folder = "ionn-profiles"
    definition, client = bench.file(folder, f"{name}.prototxt"), bench.file(folder, f"{name}.client.txt")
    if definition is None or client is None:
        return None
    network = import_caffe(definition, name)
    server = bench.file(folder, f"{name}.server.txt", optional=True)
    return PairProfile(
        network=network,
        device=read_layer_profile(client, network),
        server=np.zeros(len(network)) if server is None else read_layer_profile(server, network),
    )


def as_chain(network: NetworkGraph) -> tuple[NetworkGraph, IntArray]:
    """Return the chain of the network's segments, each all layers from behind one cut point to the next.

    Returns
    -------
    chain : NetworkGraph
        The input, then a layer for every segment with the name and the tensor of its last layer.
    first : int array, shape (n_segments + 1,)
        Where the input and every segment begin, as `numpy.add.reduceat` takes it.
    """
    ends = network.cut_points()
    first = np.concatenate([[0], ends[:-1] + 1])
    operations, weights = (np.add.reduceat(one, first) for one in (network.operations, network.parameter_bytes))
    layers = tuple(
        Layer(
            name=network.layers[end].name,
            kind=network.layers[end].kind,
            operations=float(operations[i]),
            parameter_bytes=float(weights[i]),
            output_bytes=network.layers[end].output_bytes,
            output_shape=network.layers[end].output_shape,
        )
        for i, end in enumerate(ends.tolist())
    )
    edges = tuple((i - 1, i) for i in range(1, len(layers)))
    return NetworkGraph(name=network.name, layers=layers, edges=edges, source=network.source), first


def pair_problem(
    profile: PairProfile,
    bytes_per_s: float,
    *,
    watts: Mapping[str, float] | None = None,
    load: float = 1.0,
    **options: Any,
) -> CutProblem:
    """Return the problem to cut a network between device and server.

    Parameters
    ----------
    profile : PairProfile
        Layer times.
    bytes_per_s : float
        Of the link, the same both ways.
    watts : mapping, optional
        Power of the device, as fields of `Machine`.
    load : float
        By which the server's times are multiplied.
    **options
        Of the problem.
    """
    power = watts or {}
    machines = [
        Machine(
            name="device",
            seconds=profile.device,
            busy_watts=power.get("busy_watts", 0.0),
            idle_watts=power.get("idle_watts", 0.0),
            transmit_watts=power.get("transmit_watts", 0.0),
        ),
        Machine(name="server", seconds=profile.server * load),
    ]
    wires = [
        Wire(source="device", target="server", bytes_per_s=bytes_per_s),
        Wire(source="server", target="device", bytes_per_s=bytes_per_s),
    ]
    return CutProblem(instance=one_inference(profile.network, machines, wires), options=CutOptions(**options))


def at_rate(problem: CutProblem, bytes_per_s: float) -> CutProblem:
    """Return the problem with another rate of all its links."""
    return with_rate(problem, np.arange(problem.instance.system.n_links), bytes_per_s)


def random_pair(seed: int, *, flat: bool = False, faster: bool = True, most: int = 14) -> PairProfile:
    """Return a random chain of 3 to `most` layers with tensors of 1 kB to 1 MB.

    Parameters
    ----------
    seed : int
        Of its generator.
    flat : bool
        Whether all tensors have one size.
    faster : bool
        Whether no layer is slower on the server.
    most : int
        Most layers.
    """
    rng = np.random.default_rng([seed, 17])
    n = int(rng.integers(3, most + 1))
    sizes = np.full(n, 1e5) if flat else 10.0 ** rng.uniform(3, 6, n)
    layers = tuple(
        Layer(
            name=f"l{v}",
            kind="conv" if v else "input",
            operations=1e6 if v else 0.0,
            parameter_bytes=float(rng.integers(1, 1000)) * 1e3 if v else 0.0,
            output_bytes=float(sizes[v]),
        )
        for v in range(n)
    )
    device = rng.uniform(1e-3, 0.2, n)
    server = device * rng.uniform(0.02, 0.9, n) if faster else rng.uniform(1e-3, 0.2, n)
    device[0] = server[0] = 0.0
    network = NetworkGraph(name=f"chain{seed}", layers=layers, edges=tuple((v - 1, v) for v in range(1, n)))
    return PairProfile(network=network, device=device, server=server)


def first_on_server(problem: CutProblem, plan: Any) -> int:
    """Return how many layers run on the device before the first that does not, the input not counted."""
    away = np.flatnonzero(plan.node != problem.source)
    return int(away[0]) - 1 if len(away) else len(plan.node) - 1
