"""The plan of the family `joint`: a placement for every task, and shares or the rule's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from instances.columns import Array, FloatArray, IntArray, column
from instances.errors import InputError

__all__ = ["JointPlan", "Shares"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shares:
    """Shares of resources as rows (task, resource, share)."""

    task: IntArray
    resource: IntArray
    share: FloatArray

    def __post_init__(self) -> None:
        for name, dtype in (("task", np.int64), ("resource", np.int64), ("share", np.float64)):
            object.__setattr__(self, name, _column(f"plan.shares.{name}", getattr(self, name), dtype))
        if not len(self.task) == len(self.resource) == len(self.share):
            raise InputError(
                "plan.shares", "columns must be of one length", (len(self.task), len(self.resource), len(self.share))
            )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class JointPlan:
    """Where every task runs.

    Layers up to `device_until` (with all they depend on) run on the task's device, then those up
    to `edge_until` on the chosen site, the rest up to the version's last layer on the cloud.

    Parameters
    ----------
    version : int array, shape (n_tasks,)
        Index into `versions_of` the task's network: 0 is the full network, then exits, then variants.
    candidate : int array, shape (n_tasks,)
        Which of its candidates the task goes through (0 is the first), -1 when it stays on its device.
    cloud : int array, shape (n_tasks,)
        Cloud node that runs the last part, -1 where none does.
    device_until, edge_until : int arrays, shape (n_tasks,)
        Layer indices. Equal where nothing runs on the site; `edge_until` is the version's last
        layer where nothing runs in the cloud.
    shares : Shares or None
        Shares of the shared resources; None: by the problem's sharing rule.
    """

    version: IntArray
    candidate: IntArray
    cloud: IntArray
    device_until: IntArray
    edge_until: IntArray
    shares: Shares | None = None

    def __post_init__(self) -> None:
        for name in ("version", "candidate", "cloud", "device_until", "edge_until"):
            object.__setattr__(self, name, _column(f"plan.{name}", getattr(self, name), np.int64))
            if len(getattr(self, name)) != len(self.version):
                raise InputError(
                    f"plan.{name}", f"must have as many rows as version ({len(self.version)})", len(getattr(self, name))
                )

    @property
    def n_tasks(self) -> int:
        """Number of tasks that the plan places."""
        return len(self.version)


def _column(where: str, values: object, dtype: type) -> Array:
    try:
        array = column(values, dtype)
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(where, f"must be a list of {np.dtype(dtype).name} ({error})") from None
    if array.ndim != 1:
        raise InputError(where, "must have one axis", array.shape)
    return array
