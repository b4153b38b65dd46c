"""The repair of a large neighbourhood search: CP-SAT decides what is free, all else stays where it is.

What stays keeps its node, and its turn among what stays on its core; its start may move, and so may all transfers.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from formulations.schedule.cp_sat_model import Rounding, ScheduleCpSatModel, build
from formulations.schedule.plan import SchedulePlan
from formulations.schedule.timing import retime
from instances.columns import BoolArray, IntArray
from solvers.backends.contract import MilpLimits
from solvers.backends.cp_sat import solve_cp_sat
from solvers.contract import SolutionStatus, Termination
from solvers.local_search.schedule_neighbourhoods import Placed

__all__ = ["Repair", "repair"]

_UNITS, _WHOLE_UNITS = 2.0**14, 2.0**18
"""Units of time up to the horizon: the best times of what is found are exact, whatever the grid; its orders are as good as the grid."""
_HORIZON = 1.25
_LEAST_SECONDS = 0.02


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Repair:
    """The best plan found by the model, if any; whether the search came to its end; a bound where all is free; seconds for the model."""

    plan: SchedulePlan | None
    complete: bool
    bound: float | None = None
    building_s: float = 0.0


def repair(
    now: Placed,
    plan: SchedulePlan | None,
    free: IntArray,
    nodes: BoolArray,
    *,
    rounding: Rounding,
    seconds: float,
    threads: int,
    seed: int,
) -> Repair:
    """Return the best plan that differs from `plan` in the operations `free`, which go to positions in `nodes` or stay.

    `seconds` are for building the model and for the search. With everything free and all nodes taken in, the model is that of the whole problem, and its bound holds for it.
    """
    case = now.case
    began = time.perf_counter()
    whole = len(free) == len(now.active) and bool(nodes.all())
    model = build(case, rounding=rounding, units=_WHOLE_UNITS) if whole else _restricted(now, free, nodes, rounding)
    if plan is not None:
        model.hint(plan)
    found: list[SchedulePlan] = []

    def report(value: Callable[[Any], int]) -> None:
        found.append(model.plan(value))

    building = time.perf_counter() - began
    result = solve_cp_sat(
        model.problem,
        MilpLimits(seconds=max(_LEAST_SECONDS, seconds - building), threads=threads, relative_gap=1e-9),
        seed=seed,
        on_solution=report,
    )
    bound = model.bound(result.bound) if whole and rounding == "down" and result.bound is not None else None
    complete = result.termination is Termination.COMPLETED or result.status is SolutionStatus.INFEASIBLE
    best = retime(case, found[-1]) if found else None
    return Repair(plan=best, complete=complete, bound=bound, building_s=building)


def _restricted(now: Placed, free: IntArray, nodes: BoolArray, rounding: Rounding) -> ScheduleCpSatModel:
    """Return the model of a neighbourhood: nodes that are out of it are not allowed."""
    case, n = now.case, now.case.n_operations
    loose = np.zeros(n, dtype=bool)
    loose[free] = True
    keep = np.zeros((case.n_nodes, n), dtype=bool)
    keep[now.place, np.arange(n)] = True
    keep |= nodes[:, None] & loose[None, :]
    small = replace(case, seconds=np.where(keep, case.seconds, np.inf))
    ends = now.start + case.seconds[now.place, np.arange(n)]
    most = _HORIZON * float(ends.max()) + float(case.release.max())
    model = build(small, rounding=rounding, symmetry=False, most=most, units=_UNITS)
    for before, after in _turns(now, loose):
        model.keep_order(before, after)
    return model


def _turns(now: Placed, loose: BoolArray) -> list[tuple[int, int]]:
    """Return pairs of operations that stay and follow each other on a core."""
    case, pairs = now.case, []
    took = case.seconds[now.place, np.arange(case.n_operations)]
    for node in np.unique(now.place[now.active]).tolist():
        here = [v for v in now.active[now.place[now.active] == node].tolist() if took[v] > 0]
        here.sort(key=lambda v: (now.start[v], v))
        cores: list[tuple[float, int]] = []  # end of the last operation, and the last that stays (-1: none)
        for v in here:
            # the core that was free last; rounding must not open another one
            slack = 1e-9 * abs(now.start[v])
            fit = [i for i, (end, _) in enumerate(cores) if end <= now.start[v] + slack]
            if fit:
                core = max(fit, key=lambda i: cores[i][0])
            elif len(cores) < case.cores[node]:
                cores.append((-np.inf, -1))
                core = len(cores) - 1
            else:
                core = min(range(len(cores)), key=lambda i: cores[i][0])
            last = cores[core][1]
            if not loose[v]:
                if last >= 0:
                    pairs.append((last, v))
                last = v
            cores[core] = (float(now.start[v] + took[v]), last)
    return pairs
