"""A checker of swap matchings: lists the moves and exchanges that those affected would accept.

It is written plainly and shares no code with the compiled search: for each step the loads are summed
anew and the own cost of every task is compared. It tries all pairs, each in time linear in the tasks, so it
is meant for some hundred tasks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from formulations.joint.options import OptionTable, option_table
from formulations.joint.plan import JointPlan
from formulations.joint.problem import JointProblem
from instances.columns import FloatArray, IntArray
from instances.errors import InputError
from solvers.matching.sites import Sites, default_quota, sites_of

__all__ = ["Acceptance", "BlockingPair", "blocking_pairs", "choice_of"]

Acceptance = Literal["selfish", "cooperative"]
TOLERANCE = 1e-9
NO_WORSE = 1e-11
"""Relative rise of an own cost that is rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockingPair:
    """A step that would be accepted.

    `first` goes to `site` (-1: its device); `second` takes its place, or is -1 where `first` moves to a
    vacancy, to its device or to another cut. `change` is what the objective changes by (< 0).
    """

    first: int
    second: int
    site: int
    change: float


def blocking_pairs(
    problem: JointProblem,
    plan: JointPlan,
    *,
    acceptance: Acceptance = "selfish",
    quota: int | None = None,
    most: int | None = None,
) -> list[BlockingPair]:
    """List the steps that block `plan`; empty where it is two-sided exchange-stable.

    A task that goes to a site takes its best cut there under the loads without itself (in an
    exchange the first does so without the second, then the second with the first): best for
    its own cost under ``selfish``, for the objective under ``cooperative``. ``selfish`` accepts what
    leaves no task's own cost higher and some lower, ``cooperative`` what lowers the objective; by
    more than 1e-9 of it.

    Parameters
    ----------
    problem, plan : JointProblem, JointPlan
        A plan by the sharing rule; its own shares are not looked at.
    acceptance : {"selfish", "cooperative"}
        Whose consent a step needs.
    quota : int or None
        Most tasks that an edge serves; None: `default_quota`.
    most : int or None
        Stop after so many.

    Raises
    ------
    InputError
        If the plan places a task where it may not be.
    """
    table = option_table(problem)
    choice = choice_of(table, plan)
    if (choice < 0).any():
        table = option_table(problem, prune=False)
        choice = choice_of(table, plan)
        if (choice < 0).any():
            raise InputError(f"task {int(np.argmin(choice))}", "is placed where it may not be")
    sites = sites_of(table, quota if quota is not None else default_quota(table))
    check = _Check(table, choice, acceptance)
    found: list[BlockingPair] = []
    for steps in _steps(sites, table, choice):
        change = check.change(sites, steps)
        if change is not None:
            (first, slot), second = steps[0], steps[1][0] if len(steps) > 1 else -1
            found.append(
                BlockingPair(first=first, second=second, site=int(sites.slot_site[slot]), change=change),
            )
            if most is not None and len(found) >= most:
                break
    return found


def choice_of(table: OptionTable, plan: JointPlan) -> IntArray:
    """Return the row of `table` of each task's placement, -1 where it has none."""
    names = ("version", "candidate", "cloud", "device_until", "edge_until")
    task = table.option_task()
    same = np.ones(table.n_options, dtype=bool)
    for name in names:
        same &= getattr(table, name) == getattr(plan, name)[task]
    choice = np.full(table.n_tasks, -1)
    choice[task[same]] = np.flatnonzero(same)
    return choice


def _steps(sites: Sites, table: OptionTable, choice: IntArray) -> Iterator[tuple[tuple[int, int], ...]]:
    """Give every move ((task, slot),) and exchange ((task, slot), (task, slot)) that quotas allow."""
    slot = sites.slot_of(table, choice)
    site_of = sites.slot_site
    filled = np.diff(sites.slot_offsets) > 0
    count = np.bincount(site_of[slot] + 1)
    reach: list[dict[int, int]] = []
    for k in range(table.n_tasks):
        slots = [s for s in range(sites.place_offsets[k], sites.place_offsets[k + 1]) if filled[s]]
        # of two ways to one site an exchange takes the first
        reach.append({int(site_of[s]): s for s in reversed(slots)})
        for s in slots:
            j = int(site_of[s])
            if j < 0 or j == site_of[slot[k]] or (count[j + 1] if j + 1 < len(count) else 0) < sites.quota[j]:
                yield ((k, s),)
    for a in range(table.n_tasks):
        for b in range(a + 1, table.n_tasks):
            mine, theirs = int(site_of[slot[a]]), int(site_of[slot[b]])
            if mine != theirs and theirs in reach[a] and mine in reach[b]:
                yield ((a, reach[a][theirs]), (b, reach[b][mine]))


class _Check:
    """Prices a step from scratch."""

    def __init__(self, table: OptionTable, choice: IntArray, acceptance: Acceptance) -> None:
        self.table, self.choice, self.selfish = table, choice, acceptance == "selfish"
        self.equal = table.problem.options.sharing == "equal"
        self.use = table.use_cost if self.equal else table.use_root
        self.own = self._own(choice)

    def change(self, sites: Sites, steps: tuple[tuple[int, int], ...]) -> float | None:
        """Return what the objective changes by where the step is accepted, else None."""
        chosen = self.choice.copy()
        chosen[[task for task, _ in steps]] = -1
        for task, slot in steps:
            rows = sites.slot_options[sites.slot_offsets[slot] : sites.slot_offsets[slot + 1]]
            best, least = -1, np.inf
            for row in rows.tolist():
                chosen[task] = row
                own = self._own(chosen)
                cost = own[task] if self.selfish else own.sum()
                if cost < least and self._fits(chosen):
                    best, least = row, cost
            if best < 0:
                return None
            chosen[task] = best
        own = self._own(chosen)
        change = float(own.sum() - self.own.sum())
        if not change < -TOLERANCE * abs(self.own.sum()):
            return None
        if self.selfish and (own > self.own * (1 + NO_WORSE)).any():
            return None
        return change

    def _rows(self, chosen: IntArray, offsets: IntArray) -> tuple[IntArray, IntArray]:
        """Return the rows between the offsets of the chosen options, and the task of each."""
        task = np.flatnonzero(chosen >= 0)
        begin, end = offsets[chosen[task]], offsets[chosen[task] + 1]
        count = end - begin
        step = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        return np.repeat(begin, count) + step, np.repeat(task, count)

    def _own(self, chosen: IntArray) -> FloatArray:
        """Return the own cost of every task that is placed, 0 for the others."""
        table = self.table
        rows, task = self._rows(chosen, table.use_offsets)
        resource, use = table.use_resource[rows], self.use[rows]
        load = np.bincount(resource, None if self.equal else use, minlength=table.n_resources)
        own: FloatArray = np.bincount(task, use * load[resource], minlength=table.n_tasks).astype(np.float64)
        return own + np.where(chosen >= 0, table.cost[chosen], 0.0)

    def _fits(self, chosen: IntArray) -> bool:
        table = self.table
        rows, _ = self._rows(chosen, table.memory_offsets)
        limit = table.problem.instance.system.node_memory_bytes
        held = np.bincount(table.memory_node[rows], table.memory_bytes[rows], minlength=len(limit))
        return bool((held <= limit * (1 + TOLERANCE)).all())
