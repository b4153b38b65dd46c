"""The study of SPSO-GA as an instance: one task a network, each on a device of its own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from instances.columns import FloatArray
from instances.costs.table import CostTable
from instances.errors import InputError
from instances.generators.assembly import assemble, links, nodes, routes
from instances.instance import Instance
from instances.smart_iot.networks import smart_iot_network
from instances.smart_iot.servers import CLOUD, DEVICE, N_DEVICES, OpenFigures, Server, edge_servers
from instances.system import NodeKind
from instances.workload import Workload

__all__ = ["smart_iot_instance"]


def smart_iot_instance(
    networks: Sequence[str] = ("alexnet",),
    *,
    edges: int = 4,
    deadline_s: float | Sequence[float] = np.inf,
    figures: OpenFigures | None = None,
) -> Instance:
    """Return 10 devices, `edges` edge servers and a cloud, and one task for each of `networks`.

    Task k is on device k (of ten, round and round). Every machine has a way to every other, by a link of its own. A
    kind's ``idle_watts`` and joules are the energies a unit of time over `figures.time_unit_s`.

    Parameters
    ----------
    networks : sequence of str
        See `smart_iot_network`; a name may come several times.
    edges : int
        2, 4, 6, 8 or 10.
    deadline_s : float or sequence of float
        Of every task, or of each.
    figures : OpenFigures, optional
        What the authors' material leaves open.

    Raises
    ------
    InputError
        If a network, the number of edges or of deadlines is not known.

    Examples
    --------
    >>> smart_iot_instance(["alexnet"], edges=4).system.n_nodes
    15
    """
    figures = figures or OpenFigures()
    if not networks:
        raise InputError("networks", "must name at least one", list(networks))
    if np.ndim(deadline_s) and np.shape(deadline_s) != (len(networks),):
        raise InputError("deadline_s", f"must be a number or {len(networks)} of them", np.shape(deadline_s))
    servers = (*[DEVICE] * N_DEVICES, *edge_servers(edges), CLOUD)
    models = list(dict.fromkeys(servers))
    kinds = tuple(
        NodeKind(
            name=f"smart-iot-{one.tier.name.lower()}-{one.speed:g}",
            operations_per_s=1.0,  # its layer times are given
            idle_watts=one.running / figures.time_unit_s,
            cores=one.cores,
            switch_on_joules=one.switching,
            source="Chen et al., TPDS 33(3):683-697, 2022, github.com/SPSO-GA/dataset",
        )
        for one in models
    )
    tier = np.array([int(one.tier) for one in servers])
    n, names = len(servers), [*(f"s{i + 1}" for i in range(len(servers) - 1)), "cloud"]
    first, second = np.triu_indices(n, 1)
    rate = np.array(figures.megabytes_per_s)[tier[first], tier[second]] * 1e6
    price = np.array(figures.price_per_gigabyte)[tier[first], tier[second]] / 1e9
    system = assemble(
        kinds,
        [],
        names,
        [
            nodes(
                n,
                tier=tier,
                kind=np.array([models.index(one) for one in servers]),
                price_per_s=np.array([figures.price_per_hour[one.tier] * one.speed / 3600 for one in servers]),
            )
        ],
        [links(len(first), source=first, target=second, bytes_per_s=rate, price_per_byte=price)],
        [routes(first, second, np.arange(len(first)))],
    )
    unique = list(dict.fromkeys(networks))
    made = [smart_iot_network(name, figures.input_bytes) for name in unique]
    source = np.arange(len(networks)) % N_DEVICES
    sites = np.arange(N_DEVICES, n)
    number = {pair: row for row, pair in enumerate(zip(first.tolist(), second.tolist(), strict=True))}
    deadlines = np.broadcast_to(np.asarray(deadline_s, dtype=np.float64), (len(networks),))
    tasks = np.ones(len(networks))
    return Instance(
        name=f"smart-iot-{'-'.join(networks)}-{edges}",
        networks=tuple(network for network, _ in made),
        system=system,
        workload=Workload(
            task_network=np.array([unique.index(name) for name in networks]),
            task_source=source,
            task_weight=tasks,
            task_deadline_s=deadlines,
            task_accuracy_floor=tasks * 0.0,
            task_release_s=tasks * 0.0,
            candidate_offsets=np.arange(len(networks) + 1) * len(sites),
            candidate_site=np.tile(sites, len(networks)),
            candidate_route=np.array([number[int(a), int(b)] for a in source for b in sites]),
        ),
        costs=tuple(_costs(models, seconds, figures.time_unit_s) for _, seconds in made),
    )


def _costs(models: list[Server], seconds: FloatArray, unit: float) -> CostTable:
    busy = seconds / np.array([one.speed for one in models])[:, None]
    none = np.zeros((len(models), 0))
    return CostTable(
        layer_seconds=busy,
        layer_joules=busy * np.array([one.computing for one in models])[:, None] / unit,
        head_seconds=none,
        head_joules=none,
    )
