"""The tasks: which network, from where, how urgent, and which sites they reach."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from instances.columns import FloatArray, IntArray, check_column, column
from instances.errors import InputError

__all__ = ["WORKLOAD_DTYPES", "Workload"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Workload:
    """Inference tasks as columns.

    Parameters
    ----------
    task_network, task_source : int arrays, shape (n_tasks,)
        Index of the task's network in the instance, and the device (node) that holds its input.
    task_weight : array, shape (n_tasks,)
        Weight of the task's latency in the objective, >= 0.
    task_deadline_s : array, shape (n_tasks,)
        Deadline counted from the release (``inf``: none).
    task_accuracy_floor : array, shape (n_tasks,)
        Least accuracy that the chosen version of the network may have (0: any).
    task_release_s : array, shape (n_tasks,)
        When the task arrives.
    candidate_offsets : int array, shape (n_tasks + 1,)
        Task ``k`` reaches candidates ``candidate_offsets[k]:candidate_offsets[k + 1]``.
    candidate_site, candidate_route : int arrays, shape (n_candidates,)
        The edge (or cloud) node that is reached, and the route from the task's source to it.
    """

    task_network: IntArray
    task_source: IntArray
    task_weight: FloatArray
    task_deadline_s: FloatArray
    task_accuracy_floor: FloatArray
    task_release_s: FloatArray
    candidate_offsets: IntArray
    candidate_site: IntArray
    candidate_route: IntArray

    def __post_init__(self) -> None:
        for item in fields(self):
            try:
                values = column(getattr(self, item.name), WORKLOAD_DTYPES[item.name])
            except (TypeError, ValueError, OverflowError) as error:
                raise InputError(
                    f"workload.{item.name}", f"must be a column of {np.dtype(WORKLOAD_DTYPES[item.name])} ({error})"
                ) from None
            if values.ndim != 1:
                raise InputError(f"workload.{item.name}", "must have one axis", values.shape)
            object.__setattr__(self, item.name, values)
        n, offsets = self.n_tasks, self.candidate_offsets
        if n < 1:
            raise InputError("workload", "needs at least one task", n)
        for name in WORKLOAD_DTYPES:
            if name.startswith("task_") and len(getattr(self, name)) != n:
                raise InputError(
                    f"workload.{name}", f"must have as many rows as task_network ({n})", len(getattr(self, name))
                )
        sites = len(self.candidate_site)
        if len(self.candidate_route) != sites:
            raise InputError("workload.candidate_route", f"must have {sites} rows", len(self.candidate_route))
        if len(offsets) != n + 1 or offsets[0] != 0 or offsets[-1] != sites or (offsets[1:] < offsets[:-1]).any():
            raise InputError("workload.candidate_offsets", f"must rise from 0 to {sites} in {n + 1} rows", len(offsets))

        def label(i: int) -> str:
            return f"task {i}"

        weight, deadline, floor, release = (
            self.task_weight,
            self.task_deadline_s,
            self.task_accuracy_floor,
            self.task_release_s,
        )
        check_column(weight, np.isfinite(weight) & (weight >= 0), "weight must be finite and >= 0", label)
        check_column(deadline, deadline > 0, "deadline_s must be > 0", label)
        check_column(floor, (floor >= 0) & (floor <= 1), "accuracy_floor must be in 0..1", label)
        check_column(release, np.isfinite(release) & (release >= 0), "release_s must be finite and >= 0", label)

    @property
    def n_tasks(self) -> int:
        """Number of tasks."""
        return len(self.task_network)

    def candidates_of(self, task: int) -> range:
        """Return the candidate rows of `task`."""
        return range(int(self.candidate_offsets[task]), int(self.candidate_offsets[task + 1]))


WORKLOAD_DTYPES = {
    "task_network": np.int16,
    "task_source": np.int32,
    "task_weight": np.float64,
    "task_deadline_s": np.float64,
    "task_accuracy_floor": np.float64,
    "task_release_s": np.float64,
    "candidate_offsets": np.int64,
    "candidate_site": np.int32,
    "candidate_route": np.int32,
}
