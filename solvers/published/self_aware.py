"""The method `self-aware`: which helper takes the rest of a chain, for one task or for a stream of them.

Chen Y. et al.: self-aware collaborative edge inference, FGCS 2025, doi 10.1016/j.future.2024.107535. The abstract states the
goals: the least latency for bursting tasks, the highest throughput for stacked ones, with one or more
helpers, and with or without privacy. Its formulas are our reconstruction:

    latency     min over cut p, helper j:  S(p) / f_0 + d_p / B_0j + (S(N) - S(p)) / f_j
    throughput  min over cut p, helper j:  max of the same three

A task that the device finishes within its limit stays there; with privacy the first layer does too. For
a chain of devices 0, 1, ..., k in order `relay` is a dynamic program over (layer, device).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from formulations.cut.evaluator import evaluate_levels
from instances.columns import FloatArray, IntArray
from solvers.contract import Budget, MethodParams, Outcome, Trace
from solvers.published.edgent import co_inference_rows, latencies
from solvers.published.exits import latency_limit
from solvers.published.pairs import Pair, best_of_pairs, decline_pairs
from solvers.registry import register

__all__ = ["Goal", "SelfAware", "SelfAwareParams", "relay"]

Goal = Literal["latency", "throughput"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfAwareParams(MethodParams):
    """Parameters of `self-aware`.

    Parameters
    ----------
    privacy : bool
        Whether the first layer has to stay on the device, so that raw input never leaves it.
    """

    privacy: bool = False


@register(
    "self-aware",
    kind="rule",
    deterministic=True,
    citation="Chen et al., Self-aware collaborative edge inference, FGCS 2025, doi 10.1016/j.future.2024.107535; "
    "formulas and steps are ours",
)
class SelfAware:
    """Self-aware inference: local where the limit allows, else the best cut and helper for latency or throughput.

    The abstract states these goals; formulas and steps are our reconstruction.
    """

    Params: ClassVar[type[MethodParams]] = SelfAwareParams
    families: ClassVar[frozenset[str]] = frozenset({"cut"})

    def __init__(self, params: SelfAwareParams | None = None) -> None:
        self.params = params or SelfAwareParams()

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline networks that are no chain, and excursions."""
        return decline_pairs(problem, chain=True)

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Scan cuts and helpers; the objective says whether latency or the bottleneck counts."""
        stream = problem.options.bottleneck_weight > 0 or problem.options.inferences > 1
        limit = latency_limit(problem)

        def decide(pair: Pair) -> list[Any]:
            rows = co_inference_rows(pair.case, "device")
            seconds = latencies(pair.case, rows)
            if not stream and np.isfinite(limit) and seconds[-1] <= limit:
                return [pair.plan(rows[-1])]
            if self.params.privacy:
                rows, seconds = rows[1:], seconds[1:]
            value = evaluate_levels(pair.case, rows).bottleneck_s if stream else seconds
            value = np.where(np.isfinite(seconds), value, np.inf)
            # of cuts with the same longest stage the one of the least latency
            return [pair.plan(rows[int(np.lexsort((seconds, value))[0])])]

        return best_of_pairs(problem, budget, trace, decide)


def relay(
    seconds: FloatArray, bytes_out: FloatArray, rates: FloatArray, goal: Goal, *, forced: bool = False
) -> tuple[float, IntArray]:
    """Return the best segments of a chain on devices in a fixed order, and their value.

    ``F(i, j) = min over i' of F(i', j - 1) + d_i' / B_(j-1)j + S_j(i) - S_j(i')``, or the maximum of the three for
    the bottleneck. A device without layers still relays what passes it.

    Parameters
    ----------
    seconds : array, shape (k, n)
        Of every layer on every device; layer 0 is the input, on device 0.
    bytes_out : array, shape (n,)
        Of every layer's tensor.
    rates : array, shape (k - 1,)
        Bytes per second from each device to the next.
    goal : {"latency", "throughput"}
        Sum or longest stage.
    forced : bool
        Whether every device has to run a layer beside the input.

    Returns
    -------
    value : float
        Seconds.
    last : int array, shape (k,)
        The last layer of each device; that of the one before where it runs none.
    """
    k, n = seconds.shape
    done = np.cumsum(seconds, axis=1)
    best: FloatArray = done[0].copy()
    if forced:
        best[0] = np.inf
    came = np.zeros((k, n), dtype=np.int64)
    for j in range(1, k):
        move = bytes_out / rates[j - 1]
        stay = np.tri(n, dtype=bool)  # row i: ends i' <= i
        work = done[j][:, None] - done[j][None, :]
        if goal == "latency":
            value = best[None, :] + move[None, :] + work
        else:
            value = np.maximum(np.maximum(best, move)[None, :], work)
        if forced:
            stay = np.tri(n, k=-1, dtype=bool)
        else:
            # nothing left to do: what follows the last layer sends nothing
            value[-1, -1] = best[-1]
        value = np.where(stay, value, np.inf)
        came[j] = np.argmin(value, axis=1)
        best = value[np.arange(n), came[j]]
    last = np.zeros(k, dtype=np.int64)
    last[-1] = n - 1
    for j in range(k - 1, 0, -1):
        last[j - 1] = came[j, last[j]]
    return float(best[-1]), last
