"""A small schedule problem with figures that a person can add up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from formulations.schedule.plan import SchedulePlan
from formulations.schedule.problem import ScheduleOptions, ScheduleProblem
from instances.networks.graph import Layer, NetworkGraph
from instances.one_inference import Machine, Wire, one_inference
from instances.workload import Workload

PHONE, BOX, FARM = 0, 1, 2
CHAIN = ((0, 1), (1, 2), (2, 3))


def network(edges: tuple[tuple[int, int], ...] = CHAIN, kinds: tuple[str, ...] = ("", "", "")) -> NetworkGraph:
    """Return the input and three layers a, b, c with tensors of 8, 4, 2 and 1 bytes and weights of 10, 20, 30 bytes."""
    layers = (
        Layer(name="input", kind="input", output_bytes=8.0),
        *(
            Layer(
                name="abc"[i],
                kind=f"conv {kinds[i]}".strip(),
                operations=100.0,
                parameter_bytes=10.0 * (i + 1),
                output_bytes=(4.0, 2.0, 1.0)[i],
            )
            for i in range(3)
        ),
    )
    return NetworkGraph(name="three", layers=layers, edges=edges, accuracy=0.8)


def problem(
    edges: tuple[tuple[int, int], ...] = CHAIN,
    *,
    tasks: int = 1,
    releases: tuple[float, ...] = (0.0, 0.0, 0.0),
    due: tuple[float, ...] = (np.inf, np.inf, np.inf),
    box_memory: float = np.inf,
    box_cores: int = 2,
    kinds: tuple[str, ...] = ("", "", ""),
    **options: Any,
) -> ScheduleProblem:
    """Return `tasks` tasks of one phone (1 core) that a box (2 cores) and behind it a farm (1 core) help.

    ======  ==================  ====  ========  =========
    node    seconds of a, b, c  idle  computes  switch on
    ======  ==================  ====  ========  =========
    phone   4, 6, 8             1 W   2 W       5 J
    box     2, 3, 4             2 W   10 W      0 J
    farm    1, 1.5, 2           4 W   100 W     0 J
    ======  ==================  ====  ========  =========

    The wire from phone to box has 2 byte/s, 0.5 s and 0.1 J/byte, the one from box to farm 1 byte/s at 0.25 a byte; the
    phone sends at 3 W, and a second costs 0.5 on the box and 2 on the farm.
    """
    times = np.array([[0.0, 4.0, 6.0, 8.0], [0.0, 2.0, 3.0, 4.0], [0.0, 1.0, 1.5, 2.0]])
    plain = one_inference(
        network(edges, kinds),
        [
            Machine(name="phone", seconds=times[0], busy_watts=2.0, idle_watts=1.0, transmit_watts=3.0),
            Machine(
                name="box", seconds=times[1], busy_watts=10.0, idle_watts=2.0, price_per_s=0.5, memory_bytes=box_memory
            ),
            Machine(name="farm", seconds=times[2], busy_watts=100.0, idle_watts=4.0, price_per_s=2.0),
        ],
        [
            Wire(source="phone", target="box", bytes_per_s=2.0, latency_s=0.5, joules_per_byte=0.1),
            Wire(source="box", target="farm", bytes_per_s=1.0, price_per_byte=0.25),
        ],
    )
    phone, box, farm = plain.system.kinds
    system = replace(plain.system, kinds=(replace(phone, switch_on_joules=5.0), replace(box, cores=box_cores), farm))
    load = Workload(
        task_network=np.zeros(tasks, dtype=np.int64),
        task_source=np.zeros(tasks, dtype=np.int64),
        task_weight=np.arange(1.0, tasks + 1),
        task_deadline_s=np.array(due[:tasks]),
        task_accuracy_floor=np.zeros(tasks),
        task_release_s=np.array(releases[:tasks]),
        candidate_offsets=np.arange(tasks + 1),
        candidate_site=np.full(tasks, BOX),
        candidate_route=np.zeros(tasks, dtype=np.int64),
    )
    return ScheduleProblem(instance=replace(plain, system=system, workload=load), options=ScheduleOptions(**options))


def plan(
    nodes: tuple[int, ...], starts: tuple[float, ...], transfers: tuple[tuple[int, int, float], ...] = ()
) -> SchedulePlan:
    """Return a plan from its nodes and starts and the transfers (operation, node, start)."""
    sent = np.array(transfers, dtype=np.float64).reshape(-1, 3)
    return SchedulePlan(
        node=np.array(nodes),
        start_s=np.array(starts),
        transfer_operation=sent[:, 0].astype(np.int64),
        transfer_node=sent[:, 1].astype(np.int64),
        transfer_start_s=sent[:, 2],
    )


def split() -> SchedulePlan:
    """Return the plan of one task: a on the phone, b and c on the box, everything as early as it can be."""
    return plan((PHONE, PHONE, BOX, BOX), (0.0, 0.0, 6.5, 9.5), ((1, BOX, 4.0),))


def two_splits(second: float = 0.5) -> SchedulePlan:
    """Return the plan of two tasks whose inputs go to the box, the second's at `second`, each in 4.5 s."""
    return plan(
        (PHONE, BOX, BOX, BOX) * 2,
        (0.0, 4.5, 6.5, 9.5, 0.0, second + 4.5, second + 6.5, second + 9.5),
        ((0, BOX, 0.0), (4, BOX, second)),
    )
