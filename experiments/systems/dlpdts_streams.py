"""Streams of AlexNet and VGG19 at an edge node with a cloud behind it: Poisson arrivals, and those of real requests."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from experiments.systems.bench import Bench
from experiments.systems.job_streams import chen_pair, jobs_problem
from experiments.systems.profiles import PairProfile
from formulations.schedule.problem import ScheduleProblem
from instances.columns import FloatArray
from instances.errors import InputError

__all__ = ["ASKED", "CORES", "RATE", "alone_s", "at_load", "pair", "poisson", "requests", "service_s", "stream"]

EDGE, CLOUD, CORES = 0.25, 0.03, 4
"""Factors on the measured times, and cores of the cloud."""
RATE = 2e6
"""Bytes a second of the uplink where nothing else is said."""
ASKED: dict[str, Any] = {"makespan_weight": 0.0, "response_weight": 1.0, "memory": False}
"""Least mean response."""


def pair(slower: float = 1.0) -> list[PairProfile]:
    """Return both networks at an edge that is slower by a factor."""
    return [chen_pair(name, device=EDGE * slower, server=CLOUD) for name in ("alexnet", "vgg19")]


def stream(release: FloatArray, *, slower: float = 1.0, rate: float = RATE) -> ScheduleProblem:
    """Return the problem of tasks of both networks, by turns at random, with these arrivals in seconds."""
    part = np.random.default_rng(35).integers(0, 2, len(release))
    return jobs_problem(pair(slower), part, rate, release_s=release, cores=CORES, **ASKED)


def service_s() -> float:
    """Return the mean seconds of a task on the edge alone."""
    return float(np.mean([one.device.sum() for one in pair()]))


def poisson(load: float, tasks: int, *, slower: float = 1.0, rate: float = RATE) -> ScheduleProblem:
    """Return the problem of Poisson arrivals; `load` is arrivals a second over what the edge alone can serve."""
    gaps = np.random.default_rng(35).exponential(service_s() / load, tasks)
    return stream(np.cumsum(gaps), slower=slower, rate=rate)


def at_load(release: FloatArray, load: float) -> FloatArray:
    """Return arrivals as they would be at a mean load."""
    spread: FloatArray = release * (service_s() / load / np.diff(release).mean())
    return spread


def alone_s(bench: Bench, problem: ScheduleProblem, rate: float = RATE) -> float | None:
    """Return a bound on the mean response of a stream: what its tasks would take each alone, None where it is not known.

    It is that of `schedule-bound` on the whole stream, found network by network.
    """
    each = [
        bench.run("schedule-bound", jobs_problem([one], np.zeros(1, dtype=np.int64), rate, cores=CORES, **ASKED))
        for one in pair()
    ]
    bounds = [one.outcome.bound for one in each]
    if None in bounds:
        return None
    return float(np.array(bounds, dtype=float)[problem.instance.workload.task_network].mean())


def requests(bench: Bench, name: str, count: int) -> FloatArray | None:
    """Return the seconds of the first requests of a trace, None where it is not at hand.

    Raises
    ------
    InputError
        If the file has no times, or fewer than two.
    """
    path = bench.file("azure-llm-2023", name)
    if path is None:
        return None
    try:
        texts = pd.read_csv(path, usecols=["TIMESTAMP"], nrows=count, dtype=str)["TIMESTAMP"]
        stamps = pd.to_datetime(texts, format="ISO8601").to_numpy(dtype="datetime64[ns]")
    except ValueError as error:
        raise InputError(str(path), f"must have a column TIMESTAMP of times ({error})") from None
    seconds: FloatArray = np.sort((stamps - stamps.min()) / np.timedelta64(1, "s")) if len(stamps) else np.empty(0)
    if len(seconds) < 2 or not np.isfinite(seconds).all() or seconds[-1] <= 0:
        raise InputError(str(path), "must have at least two requests at different times", len(seconds))
    return seconds
