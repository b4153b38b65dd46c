"""Schedules decoded and priced a second: the batched evaluator of the family `schedule` against the same in plain Python.

    python benchmarks/decoder.py

Both price the same random placements and ranks, and must agree to 1e-9; the time is CPU seconds of the process.
"""

from __future__ import annotations

import heapq
import time
from dataclasses import dataclass, field

import numpy as np

from formulations.schedule.case import ScheduleCase, case_of
from formulations.schedule.evaluator import evaluate_population
from formulations.schedule.kernel_arrays import kernel_arrays
from formulations.schedule.problem import ScheduleOptions, ScheduleProblem
from instances.generators.registry import generate

ROWS = 20_000
PLAIN = 400
"""Rows that plain Python prices."""
REPEATS = 5


@dataclass
class Plain:
    """The decoder and the energy of its schedules with lists, dictionaries and loops, links serial."""

    case: ScheduleCase
    seconds: list[list[float]] = field(init=False)
    readers: list[list[int]] = field(init=False)
    producers: list[int] = field(init=False)

    def __post_init__(self) -> None:
        case = self.case
        self.seconds = case.seconds.tolist()
        self.readers = [case.successors_of(v).tolist() for v in range(case.n_operations)]
        self.producers = [len(case.predecessors_of(v)) for v in range(case.n_operations)]
        self.latency, self.rate = case.latency.tolist(), case.seconds_per_byte.tolist()
        self.size, self.task = case.size.tolist(), case.task.tolist()
        self.joules, self.per_byte = case.joules.tolist(), case.joules_per_byte.tolist()
        self.held = [[case.channels_of(a, b).tolist() for b in range(case.n_nodes)] for a in range(case.n_nodes)]

    def energy(self, place: list[int], rank: list[float]) -> float:
        """Return the energy of the decoded schedule."""
        case, n = self.case, len(place)
        free = [[-np.inf] * int(cores) for cores in case.cores]
        channel = [-np.inf] * case.n_channels
        on: dict[int, float] = {}
        off: dict[int, float] = {}
        waiting, ready, total = list(self.producers), [0.0] * n, 0.0
        heap = [(min(rank[w] for w in self.readers[v]), v) for v in range(n) if case.is_input[v]]
        heapq.heapify(heap)
        while heap:
            _, v = heapq.heappop(heap)
            here = place[v]
            if case.is_input[v]:
                end = float(case.release[self.task[v]])
            else:
                start, took = ready[v], self.seconds[here][v]
                if took > 0:
                    cores = free[here]
                    early = [core for core in cores if core <= start]
                    chosen = cores.index(max(early) if early else min(cores))
                    start = max(start, cores[chosen])
                    cores[chosen] = start + took
                end = start + took
                total += self.joules[here][v]
                on[here], off[here] = min(on.get(here, start), start), max(off.get(here, end), end)
            arrived = {here: end}
            targets = sorted(
                {place[w] for w in self.readers[v]} - {here},
                key=lambda to: min(rank[w] for w in self.readers[v] if place[w] == to),
            )
            for to in targets:
                took = self.latency[here][to] + self.size[v] * self.rate[here][to]
                leaves = end
                if took > 0:
                    leaves = max([end, *(channel[one] for one in self.held[here][to])])
                    for one in self.held[here][to]:
                        channel[one] = leaves + took
                arrived[to] = leaves + took
                total += self.size[v] * self.per_byte[here][to] + float(case.transmit_watts[here]) * took
                for node in (here, to):
                    on[node] = min(on.get(node, leaves), leaves)
                    off[node] = max(off.get(node, leaves + took), leaves + took)
            for w in self.readers[v]:
                ready[w] = max(ready[w], arrived[place[w]])
                waiting[w] -= 1
                if waiting[w] == 0:
                    heapq.heappush(heap, (rank[w], w))
        for node, first in on.items():
            total += float(case.idle_watts[node]) * (off[node] - first) + float(case.switch_on_joules[node])
        return total


def main() -> None:
    """Print one row for each number of tasks."""
    print("| tasks | operations | nodes | batched, 1/s | plain Python, 1/s | ratio |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: |")
    for tasks in (1, 3, 30):
        instance = generate("line", {"tasks": str(tasks), "networks": "alexnet"}, 1)
        options = ScheduleOptions(makespan_weight=0.0, energy_weight=1.0, links="serial")
        case = case_of(ScheduleProblem(instance=instance, options=options))
        rng, n = np.random.default_rng(1), case.n_operations
        count = max(ROWS // tasks, PLAIN)
        place = np.stack([rng.choice(np.flatnonzero(case.allowed[:, v]), size=count) for v in range(n)], axis=1)
        rank, arrays, plain = rng.random((count, n)), kernel_arrays(case), Plain(case)
        evaluate_population(case, place[:2], rank[:2], arrays)
        fast, slow = [], []
        few = max(PLAIN // tasks, 20)
        for _ in range(REPEATS):
            start = time.process_time()
            value, _ = evaluate_population(case, place, rank, arrays)
            fast.append((time.process_time() - start) / count)
            start = time.process_time()
            same = [plain.energy(a, b) for a, b in zip(place[:few].tolist(), rank[:few].tolist(), strict=True)]
            slow.append((time.process_time() - start) / few)
            if not np.allclose(value[:few], same, rtol=1e-9):
                raise SystemExit("the two decoders disagree")
        one, other = float(np.median(fast)), float(np.median(slow))
        print(f"| {tasks} | {n} | {case.n_nodes} | {1 / one:,.0f} | {1 / other:,.0f} | {other / one:.0f} |")


if __name__ == "__main__":
    main()
