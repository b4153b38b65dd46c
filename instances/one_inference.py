"""An instance of one task from measured numbers: a network, machines with their layer times, and wires between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from instances.columns import FloatArray
from instances.costs.table import CostTable
from instances.errors import InputError
from instances.generators.assembly import assemble, links, nodes, routes
from instances.instance import Instance
from instances.networks.graph import NetworkGraph
from instances.system import NodeKind, Resource, Tier
from instances.workload import Workload

__all__ = ["Machine", "Wire", "one_inference"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Machine:
    """A machine with its own layer times.

    Parameters
    ----------
    name : str
        Unique, and not of the form ``device3``.
    seconds : array, shape (n_layers,)
        Of every layer of the network, the input layer (0 s) first.
    joules : array, shape (n_layers,), optional
        Of every layer; absent: `busy_watts` times the seconds.
    head_seconds : array, shape (n_exits,), optional
        Of the heads of the network's exits; absent: 0 s.
    tier : Tier, optional
        Absent: the first machine is the device, the last of the list a cloud, those between edges.
    busy_watts, idle_watts, transmit_watts : float
        Power when computing, waiting and sending.
    memory_bytes, price_per_s : float
        Memory for weights, and money for a second.
    cores : int
        Layers that it runs at the same time, in problems that schedule.
    """

    name: str
    seconds: FloatArray
    joules: FloatArray | None = None
    head_seconds: FloatArray | None = None
    tier: Tier | None = None
    busy_watts: float = 0.0
    idle_watts: float = 0.0
    transmit_watts: float = 0.0
    memory_bytes: float = np.inf
    price_per_s: float = 0.0
    cores: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """A directed link between two machines, which is a route by itself.

    `shared` names the resource whose time it takes (the two directions of one radio), None: its own.
    """

    source: str
    target: str
    bytes_per_s: float
    latency_s: float = 0.0
    joules_per_byte: float = 0.0
    price_per_byte: float = 0.0
    shared: str | None = None


def one_inference(
    network: NetworkGraph,
    machines: Sequence[Machine],
    wires: Sequence[Wire],
    *,
    name: str = "one-inference",
    accuracy_floor: float = 0.0,
    deadline_s: float = np.inf,
) -> Instance:
    """Return the instance of one task on ``machines[0]``.

    Parameters
    ----------
    network : NetworkGraph
        What is run.
    machines : sequence of Machine
        The device first.
    wires : sequence of Wire
        Every wire from the device makes its target a candidate.
    name : str
        Of the instance.
    accuracy_floor, deadline_s : float
        Of the task.

    Raises
    ------
    InputError
        If times are for another number of layers, or a wire's end is no machine.

    Examples
    --------
    >>> from instances.networks.catalogue import load_network
    >>> net = load_network("alexnet")
    >>> slow = Machine(name="phone", seconds=net.operations / 10e9)
    >>> fast = Machine(name="server", seconds=net.operations / 1e12)
    >>> one_inference(net, [slow, fast], [Wire(source="phone", target="server", bytes_per_s=1e6)]).n_tasks
    1
    """
    index = {machine.name: i for i, machine in enumerate(machines)}
    for wire in wires:
        for end in (wire.source, wire.target):
            if end not in index:
                raise InputError(f"wire {wire.source}->{wire.target}", "must join two of the machines", end)
    for machine in machines:
        for what, values, expected in (
            ("seconds", machine.seconds, len(network)),
            ("joules", machine.joules, len(network)),
            ("head_seconds", machine.head_seconds, len(network.exits)),
        ):
            if values is not None and np.shape(values) != (expected,):
                raise InputError(f"machine {machine.name}", f"{what} must have {expected} rows", np.shape(values))
    tiers = [machine.tier for machine in machines]
    usual = [Tier.DEVICE, *[Tier.EDGE] * (len(machines) - 2), Tier.CLOUD][: len(machines)]
    shared = sorted({wire.shared for wire in wires if wire.shared is not None})
    ends = np.array([(index[wire.source], index[wire.target]) for wire in wires], dtype=np.int64).reshape(-1, 2)
    system = assemble(
        tuple(_kind(machine) for machine in machines),
        [Resource(name=one, kind="link") for one in shared],
        [machine.name for machine in machines],
        [
            nodes(
                len(machines),
                tier=np.array([int(usual[i] if tier is None else tier) for i, tier in enumerate(tiers)]),
                kind=np.arange(len(machines)),
                memory_bytes=np.array([machine.memory_bytes for machine in machines]),
                price_per_s=np.array([machine.price_per_s for machine in machines]),
            )
        ],
        [
            links(
                len(wires),
                source=ends[:, 0],
                target=ends[:, 1],
                resource=np.array([-1 if w.shared is None else shared.index(w.shared) for w in wires], dtype=np.int64),
                bytes_per_s=np.array([wire.bytes_per_s for wire in wires]),
                latency_s=np.array([wire.latency_s for wire in wires]),
                joules_per_byte=np.array([wire.joules_per_byte for wire in wires]),
                price_per_byte=np.array([wire.price_per_byte for wire in wires]),
            )
        ],
        [routes(ends[:, 0], ends[:, 1], np.arange(len(wires)))],
    )
    reached = np.flatnonzero(ends[:, 0] == 0)
    seconds = np.array([machine.seconds for machine in machines], dtype=np.float64)
    heads = np.array(
        [np.zeros(len(network.exits)) if m.head_seconds is None else m.head_seconds for m in machines], dtype=np.float64
    ).reshape(len(machines), len(network.exits))
    watts = np.array([machine.busy_watts for machine in machines])[:, None]
    joules = [watts[i] * seconds[i] if machine.joules is None else machine.joules for i, machine in enumerate(machines)]
    return Instance(
        name=name,
        networks=(network,),
        system=system,
        workload=Workload(
            task_network=np.array([0]),
            task_source=np.array([0]),
            task_weight=np.array([1.0]),
            task_deadline_s=np.array([deadline_s]),
            task_accuracy_floor=np.array([accuracy_floor]),
            task_release_s=np.array([0.0]),
            candidate_offsets=np.array([0, len(reached)]),
            candidate_site=ends[reached, 1],
            candidate_route=reached,
        ),
        costs=(
            CostTable(
                layer_seconds=seconds, layer_joules=np.array(joules), head_seconds=heads, head_joules=watts * heads
            ),
        ),
    )


def _kind(machine: Machine) -> NodeKind:
    return NodeKind(
        name=machine.name,
        operations_per_s=1.0,  # its layer times are given
        idle_watts=machine.idle_watts,
        busy_watts=machine.busy_watts,
        transmit_watts=machine.transmit_watts,
        cores=machine.cores,
    )
