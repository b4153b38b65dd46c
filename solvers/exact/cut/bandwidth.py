"""All bandwidths at once: the optimal cut as a function of a rate, with every breakpoint.

With theta = 1 / rate of the links in question, every placement costs ``A + D theta``: the optimum is the
lower envelope of lines, concave in theta. The envelope is found exactly: between two lines of it the
optimum at their crossing is either theirs, and they are neighbours, or gives a new line between
(Eisner and Severance, "Mathematical techniques for efficient record segmentation in large shared
databases", J. ACM 23(4), 1976). Each evaluation is one minimum cut on the layered graph. Where the
reduced network is a chain, the lines of all cuts are there at once and only their envelope is left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from formulations.cut.case import CutCase
from formulations.cut.cases import cases_of, with_rate
from formulations.cut.plan import CutPlan
from formulations.cut.problem import CutProblem
from instances.columns import FloatArray, IntArray
from instances.errors import InputError
from solvers.exact.cut.chain_scan import cut_rows, levels_of_cuts, scan_chain
from solvers.exact.cut.layered_graph import LayeredGraph, boundary_costs, decline_layered
from solvers.exact.cut.reduction import merged, safe_tails

__all__ = ["Interval", "RateCase", "bandwidth_map", "lower_envelope", "rate_cases", "scan_bandwidths"]

_NO_TRANSFER = 1e300
"""A rate at which transfers take no time."""
_SAME = 1e-11
"""Relative difference below which two values are one."""
_MOST_LINES = 20_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Interval:
    """From `low` to `high` bytes per second `plan` is optimal and costs ``fixed + per_rate / rate``."""

    low: float
    high: float
    plan: CutPlan
    fixed: float
    per_rate: float

    def value(self, bytes_per_s: float) -> float:
        """Return the objective at a rate."""
        return self.fixed + self.per_rate / bytes_per_s


@dataclass(frozen=True, slots=True)
class _Line:
    fixed: float
    slope: float
    plan: CutPlan

    def at(self, theta: float) -> float:
        return self.fixed + self.slope * theta


def bandwidth_map(problem: CutProblem, links: IntArray | None = None) -> tuple[Interval, ...]:
    """Return the optimal plan for every rate of `links`, by rising rate.

    Parameters
    ----------
    problem : CutProblem
        A sum of costs without limits, as `min-cut` takes it.
    links : int array, optional
        The links that all have the rate in question; absent: every link of the system.

    Returns
    -------
    tuple of Interval
        They cover all rates from 0 to ``inf`` without a gap; neighbours have different plans.

    Raises
    ------
    InputError
        If the problem is none that a minimum cut solves, or there is no plan.
    """
    lines: list[_Line] = []
    for still, slow in rate_cases(problem, links):
        lines += _lines_of(still, slow)
    if not lines:
        raise InputError("bandwidth map", "there is no plan")
    order = lower_envelope(np.array([line.fixed for line in lines]), np.array([line.slope for line in lines]))
    kept = [lines[i] for i in order]
    theta = [
        0.0,
        *((b.fixed - a.fixed) / (a.slope - b.slope) for a, b in pairwise(kept)),
        np.inf,
    ]
    found = [
        Interval(
            low=0.0 if theta[i + 1] == np.inf else 1.0 / theta[i + 1],
            high=np.inf if theta[i] == 0.0 else 1.0 / theta[i],
            plan=line.plan,
            fixed=line.fixed,
            per_rate=line.slope,
        )
        for i, line in enumerate(kept)
    ]
    return tuple(found[::-1])


def scan_bandwidths(
    problem: CutProblem, bytes_per_s: FloatArray, links: IntArray | None = None
) -> tuple[IntArray, FloatArray]:
    """Return every row of cuts of a chain and what it costs at every rate of `links`, in one array operation.

    Parameters
    ----------
    problem : CutProblem
        Of one case, whose network is a chain; a sum of costs without limits.
    bytes_per_s : array, shape (n_rates,)
        The rates.
    links : int array, optional
        The links that have them; absent: every link of the system.

    Returns
    -------
    rows : int array, shape (n_cuts, n_levels + 1)
        As `solvers.exact.cut.chain_scan.cut_rows`.
    value : array, shape (n_cuts, n_rates)
        ``inf`` where a row of cuts is no plan.

    Raises
    ------
    InputError
        If the problem is another.
    """
    if links is None:
        links = np.arange(problem.instance.system.n_links)
    still, slow = (list(cases_of(with_rate(problem, links, rate))) for rate in (_NO_TRANSFER, 1.0))
    if len(still) != 1 or not still[0].is_chain or decline_layered(slow[0]) is not None:
        raise InputError("scan", "needs a chain with one helper a level, and a sum of costs without limits")
    rows = cut_rows(still[0].n_layers, still[0].n_levels)
    fixed = scan_chain(still[0], rows).value
    slope = scan_chain(slow[0], rows).value - np.where(np.isfinite(fixed), fixed, 0.0)
    value: FloatArray = fixed[:, None] + np.where(np.isfinite(slope), slope, 0.0)[:, None] / bytes_per_s
    return rows, value


def rate_cases(problem: CutProblem, links: IntArray | None = None) -> list[tuple[CutCase, CutCase]]:
    """Return every case, reduced, with an endless rate of `links` (absent: of all) and with 1 byte/s.

    Raises
    ------
    InputError
        If a minimum cut does not solve the problem.
    """
    if links is None:
        links = np.arange(problem.instance.system.n_links)
    found = []
    for still, slow in zip(
        cases_of(with_rate(problem, links, _NO_TRANSFER)), cases_of(with_rate(problem, links, 1.0)), strict=True
    ):
        reason = decline_layered(slow)
        if reason is not None:
            raise InputError("bandwidth map", f"needs a problem that min-cut takes: {reason}")
        tails = safe_tails(slow)  # the same at every rate
        found.append((still, slow) if tails is None else (merged(still, tails), merged(slow, tails)))
    return found


def lower_envelope(fixed: FloatArray, slope: FloatArray) -> list[int]:
    """Return which lines ``fixed + slope theta`` are lowest somewhere on theta >= 0, from theta = 0 on.

    Examples
    --------
    >>> lower_envelope(np.array([0.0, 1.0, 5.0, 2.0]), np.array([3.0, 1.0, 0.0, 2.0]))
    [0, 1, 2]
    """
    kept: list[int] = []
    for i in np.lexsort((fixed, -slope)).tolist():
        if kept and slope[i] == slope[kept[-1]]:
            continue
        # a flatter line that starts no higher is below from the start
        while kept and fixed[i] <= fixed[kept[-1]]:
            kept.pop()
        while len(kept) > 1:
            a, b = kept[-2], kept[-1]
            # b is nowhere lowest where i meets a no later than b does
            if (fixed[i] - fixed[a]) * (slope[a] - slope[b]) > (fixed[b] - fixed[a]) * (slope[a] - slope[i]):
                break
            kept.pop()
        kept.append(i)
    return kept


def _lines_of(still: CutCase, slow: CutCase) -> list[_Line]:
    """Return lines of a case that hold its envelope; `still` has no transfer times, `slow` 1 byte/s."""
    if still.is_chain:
        rows = cut_rows(still.n_layers, still.n_levels)
        if len(rows) <= _MOST_LINES:
            a, b = scan_chain(still, rows), scan_chain(slow, rows)
            good = np.flatnonzero(np.isfinite(a.value))
            chosen = good[lower_envelope(a.value[good], b.value[good] - a.value[good])]
            return [
                _Line(
                    float(a.value[i]),
                    float(b.value[i] - a.value[i]),
                    still.plan(levels_of_cuts(rows[i], still.n_layers)),
                )
                for i in chosen.tolist()
            ]
    return _search(still, slow)


class RateCase:
    """A reduced case whose prices are linear in theta = 1 / rate: decides at any rate without being built again.

    Parameters
    ----------
    still, slow : CutCase
        The case where the links in question have an endless rate, and where they have 1 byte/s.
    """

    def __init__(self, still: CutCase, slow: CutCase) -> None:
        self.case = still
        self.graph = LayeredGraph.build(still.n_layers, still.n_levels, still.edges)
        self.cost = still.cost
        self.crossing = boundary_costs(still)
        self.cost_slope = np.where(still.allowed, slow.cost - np.where(still.allowed, still.cost, 0.0), 0.0)
        self.crossing_slope = boundary_costs(slow) - self.crossing

    def level(self, theta: float) -> IntArray | None:
        """Return the best levels at theta, None where there are none."""
        found = self.graph.solve(self.cost + theta * self.cost_slope, self.crossing + theta * self.crossing_slope)
        return None if found is None else found[0]

    def last_level(self) -> IntArray | None:
        """Return the best levels beyond every breakpoint: nothing whose price grows with theta is used."""
        found = self.graph.solve(
            np.where(self.cost_slope > 0, np.inf, self.cost), np.where(self.crossing_slope > 0, np.inf, self.crossing)
        )
        return None if found is None else found[0]

    def line(self, level: IntArray) -> _Line:
        """Return what `level` costs as a line in theta."""
        columns = np.arange(self.case.n_layers)
        crossed = _crossed(self.case, level)
        return _Line(
            float(self.cost[level, columns].sum() + self.crossing[crossed].sum()) + self.case.constant,
            float(self.cost_slope[level, columns].sum() + self.crossing_slope[crossed].sum()),
            self.case.plan(level),
        )


def _search(still: CutCase, slow: CutCase) -> list[_Line]:
    one = RateCase(still, slow)

    def at(theta: float) -> _Line | None:
        level = one.level(theta)
        return None if level is None else one.line(level)

    first, last = at(0.0), one.last_level()
    if first is None or last is None:
        return []
    end = one.line(last)
    return [first, *_between(first, end, at), end]


def _between(first: _Line, last: _Line, at: Callable[[float], _Line | None]) -> list[_Line]:
    """Return the lines of the envelope between two of its lines."""
    found: list[_Line] = []
    stack = [(first, last)]
    while stack:
        a, b = stack.pop()
        if a.slope <= b.slope or b.fixed <= a.fixed:
            continue
        theta = (b.fixed - a.fixed) / (a.slope - b.slope)
        new = at(theta)
        assert new is not None
        if new.at(theta) < a.at(theta) * (1 - _SAME):
            found.append(new)
            stack += [(a, new), (new, b)]
    return found


def _crossed(case: CutCase, level: IntArray) -> tuple[IntArray, IntArray]:
    """Return the (boundary, tensor) pairs that are paid."""
    highest = level.copy()
    np.maximum.at(highest, case.edges[:, 0], level[case.edges[:, 1]])
    boundary = np.arange(case.n_levels - 1)[:, None]
    pairs = np.nonzero((level <= boundary) & (boundary < highest))
    return pairs[0], pairs[1]
