"""SPSO-GA's operators and a decoder in plain Python, for one individual at a time: what compiled code must equal.

An individual is a list of servers and a list of places in the order. Random numbers are given, in the columns that
`solvers.metaheuristics.operators.step_swarm` reads. The decoder is for energy and hard deadlines with free links.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass
from typing import Any

from solvers.metaheuristics.schedule.encoding import ScheduleEncoding

__all__ = ["Decoder", "copy_segment", "inertia", "move", "mutate"]

Genes = tuple[list[int], list[int]]


def inertia(particle: Genes, best: Genes, w_min: float, w_max: float) -> float:
    """Return the inertia by the share of positions that differ in server or place."""
    (servers, order), (best_servers, best_order) = particle, best
    pairs = zip(servers, best_servers, order, best_order, strict=True)
    distance = sum(a != b or c != d for a, b, c, d in pairs) / len(servers)
    return w_max - (w_max - w_min) * math.exp(distance / (distance - 1.01))


def mutate(particle: Genes, n_values: list[int], where: float, what: float, partner: float) -> None:
    """Give one position another server, and exchange its place with that of another position."""
    servers, order = particle
    n = len(servers)
    at = int(where * n)
    if n_values[at] > 1:
        others = [value for value in range(n_values[at]) if value != servers[at]]
        servers[at] = others[int(what * len(others))]
    if n > 1:
        other = [position for position in range(n) if position != at][int(partner * (n - 1))]
        order[at], order[other] = order[other], order[at]


def copy_segment(particle: Genes, best: Genes, first: float, second: float) -> None:
    """Take a segment from `best`, the order by exchanges."""
    servers, order = particle
    n = len(servers)
    a = int(first * n)
    b = [position for position in range(n) if position != a][int(second * (n - 1))] if n > 1 else a
    low, high = sorted((a, b))
    servers[low : high + 1] = best[0][low : high + 1]
    for at in range(low, high + 1):
        there = order.index(best[1][at])
        order[at], order[there] = order[there], order[at]


def move(
    particle: Genes,
    own: Genes,
    best: Genes,
    n_values: list[int],
    w: tuple[float, float],
    c: tuple[float, float],
    u: Any,
) -> None:
    """Mutate, then cross with the own best, then with the global best."""
    if u[0] < inertia(particle, best, *w):
        mutate(particle, n_values, u[1], u[2], u[9])
    if u[3] < c[0]:
        copy_segment(particle, own, u[4], u[5])
    if u[6] < c[1]:
        copy_segment(particle, best, u[7], u[8])


@dataclass(slots=True)
class _Operation:
    task: int
    is_input: bool
    seconds: list[float]
    joules: list[float]
    size: float
    reads: list[int]
    readers: list[int]


class Decoder:
    """Decodes and prices individuals of an encoding: energy, and the excess over hard deadlines."""

    def __init__(self, encoding: ScheduleEncoding) -> None:
        case = encoding.blocks.case
        self.placed, self.nodes = encoding.placed.tolist(), encoding.nodes.tolist()
        self.home = encoding.at_home.tolist()
        self.latency, self.per_byte = case.latency.tolist(), case.seconds_per_byte.tolist()
        self.cores, self.watts = case.cores.tolist(), case.idle_watts.tolist()
        self.switch, self.deadline = case.switch_on_joules.tolist(), case.deadline.tolist()
        self.release = case.release.tolist()
        self.operations = [
            _Operation(
                task=int(case.task[v]),
                is_input=bool(case.is_input[v]),
                seconds=case.seconds[:, v].tolist(),
                joules=case.joules[:, v].tolist(),
                size=float(case.size[v]),
                reads=case.predecessors_of(v).tolist(),
                readers=case.successors_of(v).tolist(),
            )
            for v in range(case.n_operations)
        ]

    def price(self, genes: Genes) -> tuple[float, float]:
        """Return energy and excess."""
        place, rank = list(self.home), [0] * len(self.home)
        for i, v in enumerate(self.placed):
            place[v], rank[v] = self.nodes[i][genes[0][i]], genes[1][i]
        free = [[0.0] * count for count in self.cores]
        on: dict[int, float] = {}
        off: dict[int, float] = {}

        def stay(node: int, start: float, end: float) -> None:
            on[node] = min(on.get(node, start), start)
            off[node] = max(off.get(node, end), end)

        energy = 0.0
        waiting = [len(one.reads) for one in self.operations]
        ready = [self.release[one.task] for one in self.operations]
        finish = [0.0] * len(self.release)
        inputs = [v for v, one in enumerate(self.operations) if one.is_input]
        heap = [(min(rank[reader] for reader in self.operations[v].readers), v) for v in inputs]
        heapq.heapify(heap)
        while heap:
            _, v = heapq.heappop(heap)
            one, node = self.operations[v], place[v]
            end = ready[v]
            if not one.is_input:
                cores = free[node]
                idle = [core for core, at in enumerate(cores) if at <= ready[v]]
                core = max(idle, key=cores.__getitem__) if idle else min(range(len(cores)), key=cores.__getitem__)
                start = max(ready[v], cores[core])
                end = cores[core] = start + one.seconds[node]
                energy += one.joules[node]
                stay(node, start, end)
                finish[one.task] = max(finish[one.task], end)
            arrived = {node: end}
            for reader in one.readers:
                to = place[reader]
                if to not in arrived:
                    arrived[to] = end + self.latency[node][to] + one.size * self.per_byte[node][to]
                    stay(node, end, arrived[to])
                    stay(to, end, arrived[to])
                ready[reader] = max(ready[reader], arrived[to])
                waiting[reader] -= 1
                if not waiting[reader]:
                    heapq.heappush(heap, (rank[reader], reader))
        energy += sum(self.watts[node] * (off[node] - on[node]) + self.switch[node] for node in on)
        late = [end - begin - limit for end, begin, limit in zip(finish, self.release, self.deadline, strict=True)]
        excess = [
            over / limit for over, limit in zip(late, self.deadline, strict=True) if over > 1e-9 * max(1.0, limit)
        ]
        return energy, sum(excess)
