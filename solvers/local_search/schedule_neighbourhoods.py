"""Neighbourhoods of a schedule: which operations a large neighbourhood search sets free."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from formulations.schedule.case import ScheduleCase
from formulations.schedule.plan import SchedulePlan
from instances.columns import FloatArray, IntArray

__all__ = ["NEIGHBOURHOODS", "Placed", "Roulette", "placed"]


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """A plan by position: `place` and `start` of every operation, `active` those that are no inputs."""

    case: ScheduleCase
    place: IntArray
    start: FloatArray
    active: IntArray


def placed(case: ScheduleCase, plan: SchedulePlan) -> Placed:
    """Return `plan` by position."""
    place = np.searchsorted(case.nodes, plan.node)
    return Placed(case, place, np.array(plan.start_s), np.flatnonzero(~case.is_input))


def _window(now: Placed, size: int, rng: np.random.Generator) -> IntArray:
    """Return operations whose starts are next to each other."""
    order = now.active[np.argsort(now.start[now.active], kind="stable")]
    first = int(rng.integers(max(1, len(order) - size + 1)))
    return order[first : first + size]


def _tasks(now: Placed, size: int, rng: np.random.Generator) -> IntArray:
    """Return whole tasks; of a task that is too large, a part that follows on."""
    chosen: list[int] = []
    for task in rng.permutation(now.case.n_tasks).tolist():
        rows = now.active[now.case.task[now.active] == task]
        room = size - len(chosen)
        first = int(rng.integers(max(1, len(rows) - room + 1)))
        chosen += rows[first : first + room].tolist()
        if len(chosen) >= size:
            break
    return np.array(chosen)


def _node(now: Placed, size: int, rng: np.random.Generator) -> IntArray:
    """Return what runs on one or two nodes, in a row where it is too much."""
    used = np.unique(now.place[now.active])
    some = rng.choice(used, size=min(2, len(used)), replace=False)
    rows = now.active[np.isin(now.place[now.active], some)]
    rows = rows[np.argsort(now.start[rows], kind="stable")]
    first = int(rng.integers(max(1, len(rows) - size + 1)))
    return rows[first : first + size]


def _chain(now: Placed, size: int, rng: np.random.Generator) -> IntArray:
    """Return an operation with those that it is next to in its graph, and those next to them."""
    case, first = now.case, int(rng.choice(now.active))
    seen, queue = {first}, [first]
    while queue and len(seen) < size:
        v = queue.pop(0)
        near = np.concatenate([case.predecessors_of(v), case.successors_of(v)])
        for x in rng.permutation(near).tolist():
            if x not in seen and not case.is_input[x] and len(seen) < size:
                seen.add(x)
                queue.append(x)
    return np.array(sorted(seen))


def _random(now: Placed, size: int, rng: np.random.Generator) -> IntArray:
    """Return any operations."""
    return rng.choice(now.active, size=min(size, len(now.active)), replace=False)


NEIGHBOURHOODS: dict[str, Callable[[Placed, int, np.random.Generator], IntArray]] = {
    "window": _window,
    "tasks": _tasks,
    "node": _node,
    "chain": _chain,
    "random": _random,
}
"""Each returns at most about `size` operations."""


class Roulette:
    """Adaptive choice: neighbourhoods that helped of late are taken more often (Ropke and Pisinger, Transp. Sci. 40(4), 2006)."""

    _MEMORY = 0.8
    _LEAST = 0.1

    def __init__(self) -> None:
        self.weight = dict.fromkeys(NEIGHBOURHOODS, 1.0)

    def draw(self, rng: np.random.Generator) -> str:
        """Return a name at random by weight."""
        weight = np.array(list(self.weight.values()))
        return str(rng.choice(list(self.weight), p=weight / weight.sum()))

    def learn(self, name: str, helped: bool) -> None:
        """Take note whether `name` helped."""
        self.weight[name] = max(self._LEAST, self._MEMORY * self.weight[name] + (1.0 - self._MEMORY) * helped)
