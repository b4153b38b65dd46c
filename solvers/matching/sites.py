"""The two sides of the matching: which options a task has at each of its sites, and the sites' quotas."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from formulations.joint.options import OptionTable
from instances.columns import Array, FloatArray, IntArray
from instances.system import Tier

__all__ = ["Sites", "default_quota", "sites_of"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sites:
    """Options grouped by task and place.

    A task's places are its device (place 0) and its candidates in order; place ``p`` of task ``k``
    is slot ``place_offsets[k] + p``. Sites are numbered by node; the device counts as site -1.

    Parameters
    ----------
    place_offsets : int array, shape (n_tasks + 1,)
        Slots of a task.
    slot_site : int array, shape (n_slots,)
        Node of the place, -1 for the device.
    slot_offsets : int array, shape (n_slots + 1,)
        Options of slot ``i`` are ``slot_options[slot_offsets[i]:slot_offsets[i + 1]]``.
    slot_options : int array, shape (n_options,)
        Rows of the option table.
    quota : int array, shape (n_nodes,)
        Most tasks that a site serves.
    """

    place_offsets: IntArray
    slot_site: IntArray
    slot_offsets: IntArray
    slot_options: IntArray
    quota: IntArray

    def slot_of(self, table: OptionTable, choice: IntArray) -> IntArray:
        """Return the slot that each task's chosen option belongs to."""
        slots: IntArray = self.place_offsets[:-1] + table.candidate[choice] + 1
        return slots

    def least(self, values: FloatArray) -> tuple[FloatArray, IntArray]:
        """Return each slot's least value over its options and the option; inf and -1 for a slot without any."""
        least, option = np.full(len(self.slot_site), np.inf), np.full(len(self.slot_site), -1)
        slot = np.repeat(np.arange(len(self.slot_site)), np.diff(self.slot_offsets))
        order = np.lexsort((self.slot_options, values[self.slot_options], slot))
        first = order[np.flatnonzero(np.diff(slot[order], prepend=-1))]
        least[slot[first]], option[slot[first]] = values[self.slot_options[first]], self.slot_options[first]
        return least, option


def default_quota(table: OptionTable, slack: float = 1.5) -> int:
    """Return ``ceil(slack * tasks / edge sites)`` over the edges that are some task's candidate."""
    load, tier = table.problem.instance.workload, table.problem.instance.system.node_tier
    sites = np.unique(load.candidate_site)
    return math.ceil(slack * table.n_tasks / max(int((tier[sites] == Tier.EDGE).sum()), 1))


def sites_of(table: OptionTable, quota: int) -> Sites:
    """Group the options of `table`; every edge takes `quota` tasks, a cloud that is a candidate any number."""
    problem = table.problem
    load, tier = problem.instance.workload, problem.instance.system.node_tier
    n = table.n_tasks
    place_offsets = load.candidate_offsets + np.arange(n + 1)
    slot_site = np.full(int(place_offsets[-1]), -1)
    task = np.repeat(np.arange(n), np.diff(load.candidate_offsets))
    slot_site[np.arange(len(load.candidate_site)) + task + 1] = load.candidate_site
    slot: Array = place_offsets[table.option_task()] + table.candidate + 1
    return Sites(
        place_offsets=place_offsets,
        slot_site=slot_site,
        slot_offsets=np.concatenate(([0], np.cumsum(np.bincount(slot, minlength=len(slot_site))))),
        slot_options=np.argsort(slot, kind="stable"),
        quota=np.where(tier == Tier.EDGE, quota, n),
    )
