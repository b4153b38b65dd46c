"""The decoder, repair and pricing once more in plain Python, one plan a call: the twin that tests and a benchmark use.

It reads the instance and the unpruned option table, not the lookups of the compiled decoder.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from formulations.joint.options import OptionTable
from formulations.joint.problem import versions_of
from instances.system import Tier

Option = tuple[float, tuple[tuple[int, float], ...], tuple[tuple[int, float], ...]]


@dataclass(frozen=True, slots=True)
class TaskRules:
    """What the genes of one task mean."""

    first_gene: int
    n_blocks: int
    n_candidates: int
    cells: dict[tuple[int, int, int], int]
    """(edge or 0, cut, cut) to the row of the table; what is missing is the cheapest row."""
    cheapest: int
    spares: list[int]


@dataclass(frozen=True, slots=True)
class Reference:
    """All that a call needs, as lists and dictionaries."""

    tasks: list[TaskRules]
    options: list[Option]
    order: list[int]
    limits: list[float]
    n_resources: int
    equal: bool

    def rows(self, genes: list[int]) -> list[int]:
        """Decode one plan without repair."""
        rows = []
        for task in self.tasks:
            at, m, cloud = task.first_gene, task.n_blocks, task.n_candidates + 1
            named, i, j = 0, m, m
            for b in range(m):
                gene = genes[at + b]
                if gene == 0:
                    continue
                if i == m:
                    i = b
                if gene == cloud:
                    if j == m:
                        j = b
                elif not named:
                    named = gene
                if named and j < m:
                    break
            rows.append(task.cells.get((named, i, j), task.cheapest))
        return rows

    def repaired(self, rows: list[int]) -> tuple[list[int], float]:
        """Move tasks off over-full nodes; return the rows and the bytes that still do not fit."""
        options, limits = self.options, self.limits
        held = [0.0] * len(limits)
        for row in rows:
            for node, size in options[row][2]:
                held[node] += size
        if all(used <= limit for used, limit in zip(held, limits, strict=True)):
            return rows, 0.0
        rows = list(rows)
        for k in self.order:
            own = options[rows[k]][2]
            if all(held[node] <= limits[node] for node, _ in own):
                continue
            for node, size in own:
                held[node] -= size
            for spare in self.tasks[k].spares:
                if all(held[node] + size <= limits[node] for node, size in options[spare][2]):
                    rows[k] = spare
                    break
            for node, size in options[rows[k]][2]:
                held[node] += size
        held = [0.0] * len(limits)
        for row in rows:
            for node, size in options[row][2]:
                held[node] += size
        return rows, sum(u - limit for u, limit in zip(held, limits, strict=True) if u > limit * (1 + 1e-10))

    def price(self, genes: list[int]) -> tuple[float, float]:
        """Decode, repair and price one plan; return value and excess."""
        rows, excess = self.repaired(self.rows(genes))
        options = self.options
        total = 0.0
        loads, users = [0.0] * self.n_resources, [0] * self.n_resources
        for row in rows:
            cost, uses, _ = options[row]
            total += cost
            for resource, amount in uses:
                loads[resource] += amount
                users[resource] += 1
        for load, n in zip(loads, users, strict=True):
            total += load * (n if self.equal else load)
        return total, excess


def reference_of(table: OptionTable, cuts_of_network: list[list[int]]) -> Reference:
    """Make the twin from an unpruned table with cuts at the given layers (input first, last layer last)."""
    problem = table.problem
    instance = problem.instance
    load, system = instance.workload, instance.system
    equal = problem.options.sharing == "equal"
    amount = (table.use_cost if equal else table.use_root).tolist()
    alone = table.alone_cost().tolist()
    resource, node, size = table.use_resource.tolist(), table.memory_node.tolist(), table.memory_bytes.tolist()
    use_at, memory_at, cost = table.use_offsets.tolist(), table.memory_offsets.tolist(), table.cost.tolist()
    options: list[Option] = []
    for p in range(table.n_options):
        uses = tuple((resource[u], amount[u]) for u in range(use_at[p], use_at[p + 1]))
        holds = tuple((node[u], size[u]) for u in range(memory_at[p], memory_at[p + 1]))
        options.append((cost[p], uses, holds))
    need = [sum(b for _, b in option[2]) for option in options]
    placement = list(zip(*(getattr(table, c).tolist() for c in _PLACEMENT), strict=True))
    tasks, first_gene = [], 0
    price: list[tuple[float, int]] = []
    for k in range(table.n_tasks):
        network = int(load.task_network[k])
        cuts = cuts_of_network[network]
        rows = range(int(table.task_offsets[k]), int(table.task_offsets[k + 1]))
        tiers = [system.node_tier[s] for s in load.candidate_site[load.candidate_offsets[k] :][: _reach(load, k)]]
        versions = versions_of(instance.networks[network])
        by_place: dict[tuple[Any, ...], int] = {placement[p]: p for p in rows}
        clouds = {placement[p][2] for p in rows} - {-1}
        by_cost = sorted(rows, key=lambda p: (alone[p], p))
        cells: dict[tuple[int, int, int], int] = {}
        m = len(cuts) - 1
        for i in range(m + 1):
            for j in range(i, m + 1):
                for named in range(len(tiers) + 1):
                    through = range(len(tiers)) if named == 0 else (named - 1,)
                    if named == 0 and i != j:
                        continue
                    found = []
                    for v, version in enumerate(versions):
                        first, second = min(cuts[i], version.last), min(cuts[j], version.last)
                        if first == version.last:
                            found.append((v, -1, -1, first, first))
                            continue
                        for c in through:
                            if tiers[c] == Tier.CLOUD:
                                site = int(load.candidate_site[load.candidate_offsets[k] + c])
                                found.append((v, c, site, first, first))
                            elif second == version.last:
                                found.append((v, c, -1, first, second))
                            else:
                                found += [(v, c, cloud, first, second) for cloud in clouds]
                    known = [by_place[place] for place in found if place in by_place]
                    if known:
                        cells[named, i, j] = min(known, key=lambda p: (alone[p], p))
        spares: list[int] = []
        least: dict[int, float] = {}
        for p in by_cost:
            if need[p] < least.get(placement[p][1], float("inf")):
                least[placement[p][1]] = need[p]
                spares.append(p)
        leanest = min(by_cost, key=lambda p: need[p])
        freed = need[by_cost[0]] - need[leanest]
        price.append(((alone[leanest] - alone[by_cost[0]]) / freed if freed > 0 else float("inf"), k))
        tasks.append(TaskRules(first_gene, m, len(tiers), cells, by_cost[0], spares))
        first_gene += m
    limited = bool(len(table.memory_node))
    return Reference(
        tasks=tasks,
        options=options,
        order=[k for _, k in sorted(price)],
        limits=(system.node_memory_bytes * (1 + 0.5e-9)).tolist() if limited else [],
        n_resources=table.n_resources,
        equal=equal,
    )


_PLACEMENT = ("version", "candidate", "cloud", "device_until", "edge_until")


def _reach(load: Any, k: int) -> int:
    return int(load.candidate_offsets[k + 1] - load.candidate_offsets[k])
