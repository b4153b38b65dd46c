"""A schedule problem as one tuple of plain arrays, which the compiled decoder and evaluator read."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from formulations.schedule.case import ScheduleCase
from instances.columns import Array, FloatArray, IntArray

__all__ = ["KernelArrays", "kernel_arrays"]


class KernelArrays(NamedTuple):
    """What decoder and evaluator read of a `ScheduleCase`, in plain arrays; names as there.

    `core_offsets`, shape (N + 1,), number the cores of all nodes one after the other. `weights` are those of the objective
    in the order of `ScheduleOptions`; limits are ``inf`` where there is none, and so is `hard_deadline` where deadlines
    are soft.
    """

    task: IntArray
    is_input: IntArray
    is_last: IntArray
    source: IntArray
    release: FloatArray
    seconds: FloatArray
    size: FloatArray
    predecessors: IntArray
    predecessor_offsets: IntArray
    successors: IntArray
    successor_offsets: IntArray
    latency: FloatArray
    seconds_per_byte: FloatArray
    channels: IntArray
    channel_offsets: IntArray
    core_offsets: IntArray
    n_channels: int
    return_result: bool
    weights: FloatArray
    joules: FloatArray
    price: FloatArray
    memory: FloatArray
    memory_limit: FloatArray
    joules_per_byte: FloatArray
    price_per_byte: FloatArray
    transmit_watts: FloatArray
    idle_watts: FloatArray
    switch_on_joules: FloatArray
    deadline: FloatArray
    hard_deadline: FloatArray
    weight: FloatArray
    makespan_limit: float
    energy_limit: float
    price_limit: float
    counts_energy: bool
    counts_price: bool
    counts_memory: bool


def kernel_arrays(case: ScheduleCase) -> KernelArrays:
    """Return what kernels read of `case`."""
    options = case.problem.options

    def whole(values: Array) -> IntArray:
        return np.array(values, dtype=np.int64)

    def real(values: Array) -> FloatArray:
        return np.array(values, dtype=np.float64, order="C")

    def limit(value: float | None) -> float:
        return np.inf if value is None else float(value)

    hard = options.deadlines == "hard"
    return KernelArrays(
        task=whole(case.task),
        is_input=whole(case.is_input),
        is_last=whole(case.is_last),
        source=whole(case.source),
        release=real(case.release),
        seconds=real(case.seconds),
        size=real(case.size),
        predecessors=whole(case.predecessors),
        predecessor_offsets=whole(case.predecessor_offsets),
        successors=whole(case.successors),
        successor_offsets=whole(case.successor_offsets),
        latency=real(case.latency),
        seconds_per_byte=real(case.seconds_per_byte),
        channels=whole(case.channels),
        channel_offsets=whole(case.channel_offsets),
        core_offsets=whole(np.concatenate([[0], np.cumsum(case.cores)])),
        n_channels=case.n_channels,
        return_result=case.problem.options.return_result,
        weights=np.array(
            [
                options.makespan_weight,
                options.response_weight,
                options.weighted_response_weight,
                options.tardiness_weight,
                options.missed_weight,
                options.energy_weight,
                options.price_weight,
            ]
        ),
        joules=real(case.joules),
        price=real(case.price),
        memory=real(np.where(case.is_input, 0.0, case.memory)),
        memory_limit=real(case.memory_limit),
        joules_per_byte=real(case.joules_per_byte),
        price_per_byte=real(case.price_per_byte),
        transmit_watts=real(case.transmit_watts),
        idle_watts=real(case.idle_watts),
        switch_on_joules=real(case.switch_on_joules),
        deadline=real(case.deadline),
        hard_deadline=real(case.deadline) if hard else np.full(case.n_tasks, np.inf),
        weight=real(case.weight),
        makespan_limit=limit(options.makespan_limit_s),
        energy_limit=limit(options.energy_limit_j),
        price_limit=limit(options.price_limit),
        counts_energy=not options.regular,
        counts_price=options.price_weight > 0 or options.price_limit is not None,
        counts_memory=bool(np.isfinite(case.memory_limit).any()),
    )
