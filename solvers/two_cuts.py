"""The mix of two adjacent cuts that keeps device and uplink busy alike (see `solvers.published.jps`, which it is from)."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

import numpy as np

from formulations.schedule.flow_shop import FlowShop, pareto
from instances.columns import FloatArray, IntArray

__all__ = ["TwoCuts", "mixed_cuts", "two_cuts"]


@dataclass(frozen=True, slots=True)
class TwoCuts:
    """Of n jobs of a line of layers, the first `early` take cut `low`, the others cut `high` (rows)."""

    low: int
    high: int
    early: int


def two_cuts(device_s: FloatArray, upload_s: FloatArray, n: int) -> TwoCuts:
    """Return the mix of adjacent cuts for n jobs with ``f = device_s`` and ``g = upload_s``, both of shape (k,)."""
    blocks = np.flatnonzero(pareto(device_s, upload_s))
    f, g = device_s[blocks], upload_s[blocks]
    at = bisect_left(range(len(f)), True, key=lambda row: bool(f[row] >= g[row]))
    if at == len(f):  # no cut is behind the crossing: pins forbid to stay
        return TwoCuts(int(blocks[-1]), int(blocks[-1]), 0)
    if at == 0 or f[at] == g[at]:
        return TwoCuts(int(blocks[at]), int(blocks[at]), 0)
    over, under = float(f[at] - g[at]), float(g[at - 1] - f[at - 1])
    share = n * over / (over + under)
    ends = {a: _makespan(f[at - 1], g[at - 1], a, f[at], g[at], n - a) for a in (int(share), min(int(share) + 1, n))}
    return TwoCuts(int(blocks[at - 1]), int(blocks[at]), min(ends, key=lambda a: ends[a]))


def _makespan(f_low: float, g_low: float, early: int, f_high: float, g_high: float, late: int) -> float:
    """Return the makespan of `early` jobs with f < g, then `late` ones with f >= g."""
    device = early * f_low + late * f_high
    if not early:
        return device + g_high
    if not late:
        return f_low + early * g_low
    return max(device + g_high, f_low + early * g_low + late * g_high)


def mixed_cuts(shop: FlowShop) -> IntArray:
    """Return the row of every job's cut, each class with its own mix, shape (n_jobs,)."""
    cut = np.empty(shop.n_jobs, dtype=np.int64)
    for one in shop.classes:
        mix = two_cuts(one.device_s, one.upload_s, len(one.tasks))
        cut[one.tasks] = mix.high
        cut[one.tasks[: mix.early]] = mix.low
    return cut
