"""What a walk of one path of operations over nodes costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from formulations.schedule.case import ScheduleCase
from instances.columns import BoolArray, FloatArray, IntArray

__all__ = ["PathCosts", "walk_costs"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PathCosts:
    """What a walk costs.

    Parameters
    ----------
    operations : int array
        Of the path, each read by the next.
    seconds : array, shape (N, path)
        Of the operations; ``inf`` where they may not run.
    direct : array, shape (N, path)
        Cost of running them, without time.
    send_seconds, send : arrays, shape (path, N, N)
        Seconds and cost of taking the tensor of each from node to node; of the last one only where `home` is given.
    second : float
        Cost of a second.
    idle, switch : arrays, shape (N,)
        Cost of a second in which a node is on, and of switching it on.
    counts : bool array, shape (path,)
        Whether an operation makes its node take part: not an input.
    late : callable
        Further cost of a walk by its seconds, rising; ``inf`` beyond a limit.
    home : int, optional
        Where the last tensor has to go.
    """

    operations: IntArray
    seconds: FloatArray
    direct: FloatArray
    send_seconds: FloatArray
    send: FloatArray
    second: float
    idle: FloatArray
    switch: FloatArray
    counts: BoolArray
    late: Callable[[float], float]
    home: int | None = None


def walk_costs(
    case: ScheduleCase,
    path: IntArray,
    *,
    second: float,
    idle: FloatArray,
    switch: FloatArray,
    late: Callable[[float], float],
) -> PathCosts:
    """Return the costs of a path of `case`: energy of its own and price by the objective's weights, the rest as given.

    Parameters
    ----------
    case : ScheduleCase
        The problem.
    path : int array
        Operations, each read by the next.
    second, idle, switch, late
        As in `PathCosts`.
    """
    options = case.problem.options
    size = case.size[path]
    with np.errstate(invalid="ignore"):
        lag = case.latency[None] + size[:, None, None] * case.seconds_per_byte[None]
        joules = size[:, None, None] * case.joules_per_byte[None] + case.transmit_watts[None, :, None] * lag
        send = options.energy_weight * joules + options.price_weight * size[:, None, None] * case.price_per_byte[None]
    stay = np.arange(case.n_nodes)
    send[:, stay, stay] = 0.0
    send = np.where(np.isfinite(lag), send, np.inf)
    counts = ~case.is_input[path]
    direct = options.energy_weight * case.joules[:, path] + options.price_weight * case.price[:, path]
    direct[:, ~counts] = 0.0
    returns = options.return_result and bool(case.is_last[path[-1]])
    return PathCosts(
        operations=path,
        seconds=case.seconds[:, path],
        direct=direct,
        send_seconds=lag,
        send=send,
        second=second,
        idle=idle,
        switch=switch,
        counts=counts,
        late=late,
        home=int(case.source[case.task[path[0]]]) if returns else None,
    )
