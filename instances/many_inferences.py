"""An instance of many tasks of a few networks from instances of one task each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import numpy as np

from instances.columns import FloatArray
from instances.errors import InputError
from instances.instance import Instance
from instances.system import System
from instances.workload import Workload

__all__ = ["many_inferences"]


def many_inferences(
    parts: Sequence[Instance],
    part: Sequence[int] | Any,
    *,
    release_s: float | FloatArray = 0.0,
    name: str = "many-inferences",
) -> Instance:
    """Return the instance in which task k is the task of ``parts[part[k]]``, released at ``release_s[k]``.

    Parameters
    ----------
    parts : sequence of Instance
        Of one task and one network each, on the same system (see `instances.one_inference`).
    part : int array, shape (n_tasks,)
        Which part every task is of.
    release_s : float or array, shape (n_tasks,)
        When the tasks arrive.
    name : str
        Of the instance.

    Raises
    ------
    InputError
        If a part has more than one task or another system than the first.

    Examples
    --------
    >>> from instances.networks.catalogue import load_network
    >>> from instances.one_inference import Machine, Wire, one_inference
    >>> net = load_network("alexnet")
    >>> slow = Machine(name="phone", seconds=net.operations / 10e9)
    >>> fast = Machine(name="server", seconds=net.operations / 1e12)
    >>> one = one_inference(net, [slow, fast], [Wire(source="phone", target="server", bytes_per_s=1e6)])
    >>> many_inferences([one], [0] * 100).n_tasks
    100
    """
    chosen = np.asarray(part, dtype=np.int64)
    for i, one in enumerate(parts):
        if one.n_tasks != 1 or len(one.networks) != 1:
            raise InputError(f"parts[{i}]", "must be an instance of one task and one network", one.n_tasks)
        if not _same(one.system, parts[0].system):
            raise InputError(f"parts[{i}]", "must have the system of the first part")
    if len(chosen) and not (chosen.min() >= 0 and chosen.max() < len(parts)):
        raise InputError("part", f"must be in 0..{len(parts) - 1}", int(chosen.max()))
    loads = [one.workload for one in parts]
    reach = np.array([len(load.candidate_site) for load in loads])[chosen]

    def of_each(column: str) -> Any:
        return np.array([getattr(load, column)[0] for load in loads])[chosen]

    def of_candidates(column: str) -> Any:
        return np.concatenate([np.empty(0, dtype=np.int64), *(getattr(loads[i], column) for i in chosen.tolist())])

    return Instance(
        name=name,
        networks=tuple(one.networks[0] for one in parts),
        system=parts[0].system,
        workload=Workload(
            task_network=chosen,
            task_source=of_each("task_source"),
            task_weight=of_each("task_weight"),
            task_deadline_s=of_each("task_deadline_s"),
            task_accuracy_floor=of_each("task_accuracy_floor"),
            task_release_s=np.broadcast_to(np.asarray(release_s, dtype=np.float64), chosen.shape),
            candidate_offsets=np.r_[0, np.cumsum(reach)],
            candidate_site=of_candidates("candidate_site"),
            candidate_route=of_candidates("candidate_route"),
        ),
        costs=tuple(one.costs[0] for one in parts),
    )


def _same(one: System, two: System) -> bool:
    for item in fields(System):
        a, b = getattr(one, item.name), getattr(two, item.name)
        if isinstance(a, np.ndarray):
            if not np.array_equal(a, b, equal_nan=a.dtype.kind == "f"):
                return False
        elif a != b:
            return False
    return True
