"""The numbers of the mathematical models: the option table restricted, scaled and grouped by row."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from formulations.joint.options import OptionTable
from instances.columns import FloatArray, IntArray

__all__ = ["JointCoefficients", "MemoryRow", "ResourceRow"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ResourceRow:
    """One shared resource: which options use it, and how much.

    Parameters
    ----------
    resource : int
        Index r in the instance.
    options : int array
        Indices p of the options (of the model) that use it.
    root, cost : arrays
        ``s_kpr`` and ``b_kpr = s_kpr^2``, scaled.
    most_users : int
        N_r: how many tasks have an option that uses it.
    most_cost : array, shape (most_users + 1,)
        The most that ``sum b`` can be with n users.
    """

    resource: int
    options: IntArray
    root: FloatArray
    cost: FloatArray
    most_users: int
    most_cost: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MemoryRow:
    """One limited node: ``sum_p share_p z_p <= 1``, shares of its memory."""

    node: int
    options: IntArray
    share: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class JointCoefficients:
    """What the models read.

    Parameters
    ----------
    table : OptionTable
        Where the numbers come from.
    options : int array, shape (n_options,)
        Rows of the table that are in the model, increasing; option p of the model is row ``options[p]``.
    unit : float
        Objective units per unit of the model: costs are divided by it, roots by its root.
    offset : float
        The sum of every task's least cost, taken out of `cost`, in units of the model.
    task_options : tuple of int arrays
        P_k: the options of each task; none may be empty.
    cost : array, shape (n_options,)
        What no sharing changes, scaled, less the task's least.
    resources : tuple of ResourceRow
        Shared resources that can cost anything.
    memory : tuple of MemoryRow
        Nodes whose limit the options could break together.
    """

    table: OptionTable
    options: IntArray
    unit: float
    offset: float
    task_options: tuple[IntArray, ...]
    cost: FloatArray
    resources: tuple[ResourceRow, ...]
    memory: tuple[MemoryRow, ...]

    @classmethod
    def of(cls, table: OptionTable, *, keep: IntArray | None = None, unit: float = 1.0) -> JointCoefficients:
        """Read the coefficients off `table`.

        Parameters
        ----------
        table : OptionTable
            Every task must have an option.
        keep : int array, optional
            Rows of the table that stay, increasing, at least one of each task; all by default.
        unit : float
            See above, > 0.
        """
        rows = np.arange(table.n_options) if keep is None else np.asarray(keep)
        offsets = np.searchsorted(rows, table.task_offsets)
        if not (np.diff(offsets) > 0).all():
            raise ValueError("every task needs an option")
        task = np.repeat(np.arange(table.n_tasks), np.diff(offsets))
        cost = table.cost[rows] / unit
        least = np.minimum.reduceat(cost, offsets[:-1])
        position = np.full(table.n_options, -1)
        position[rows] = np.arange(len(rows))
        return cls(
            table=table,
            options=rows,
            unit=unit,
            offset=float(least.sum()),
            task_options=tuple(np.arange(a, b) for a, b in pairwise(offsets.tolist())),
            cost=cost - least[task],
            resources=_resource_rows(table, position, task, unit),
            memory=_memory_rows(table, position, task),
        )

    @property
    def equal(self) -> bool:
        """Whether shares are equal by rule (else free)."""
        return self.table.problem.options.sharing == "equal"

    def loads(self, choice: IntArray) -> FloatArray:
        """Return the load ``y_r`` of every resource row under rows ``choice[k]`` of the table."""
        chosen = np.isin(self.options, choice)
        return np.array([row.root[chosen[row.options]].sum() for row in self.resources])


def _resource_rows(table: OptionTable, position: IntArray, task: IntArray, unit: float) -> tuple[ResourceRow, ...]:
    option = position[table.use_option()]
    used = np.flatnonzero(option >= 0)
    used = used[np.argsort(table.use_resource[used], kind="stable")]
    resource, option, cost = table.use_resource[used], option[used], table.use_cost[used] / unit
    starts = np.searchsorted(resource, np.arange(table.n_resources + 1))
    rows = []
    for r in range(table.n_resources):
        own = slice(int(starts[r]), int(starts[r + 1]))
        # who uses it for nothing matters only to the number of users
        if not cost[own].any():
            continue
        users, at = np.unique(task[option[own]], return_inverse=True)
        dearest = np.zeros(len(users))
        np.maximum.at(dearest, at, cost[own])
        rows.append(
            ResourceRow(
                resource=r,
                options=option[own],
                root=np.sqrt(cost[own]),
                cost=cost[own],
                most_users=len(users),
                most_cost=np.concatenate(([0.0], np.cumsum(np.sort(dearest)[::-1]))),
            )
        )
    return tuple(rows)


def _memory_rows(table: OptionTable, position: IntArray, task: IntArray) -> tuple[MemoryRow, ...]:
    limit = table.problem.instance.system.node_memory_bytes
    option = position[np.repeat(np.arange(table.n_options), np.diff(table.memory_offsets))]
    rows = []
    for node in np.unique(table.memory_node).tolist():
        own = np.flatnonzero((table.memory_node == node) & (option >= 0))
        share = table.memory_bytes[own] / limit[node]
        users, at = np.unique(task[option[own]], return_inverse=True)
        most = np.zeros(len(users))
        np.maximum.at(most, at, share)
        if most.sum() > 1.0:
            rows.append(MemoryRow(node=node, options=option[own], share=share))
    return tuple(rows)
