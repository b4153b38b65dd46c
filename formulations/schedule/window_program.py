"""When the nodes of a plan are best switched on: a linear program over the starts of its activities.

    min  energy_weight sum_i idle_watts_i (off_i - on_i) + makespan_weight M + sum_k w_k end_k
         + sum_k tardiness_weight weight_k T_k + missed_weight sum_k m_k
    s_b >= s_a + seconds_a                          for every arc a -> b
    on_i <= s_a,  off_i >= s_a + seconds_a          for every activity a of node i
    M >= end_k,  T_k >= end_k - release_k - deadline_k,  T_k >= 0
    end_k <= release_k + deadline_k                 where deadlines are hard
    end_k <= release_k + deadline_k + H m_k,  m_k in {0, 1}   where misses count

with ``end_k = s_e + seconds_e`` of the activity e with which task k ends, limits of makespan and energy as further
rows, and H a time by which some best plan has ended. Times are divided by a power of two near the horizon.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from formulations.schedule.activities import Activities, used, waiting
from formulations.schedule.case import ScheduleCase
from instances.columns import BoolArray, FloatArray

__all__ = ["windows_by_program"]

_Cells = Sequence[tuple[Any, Any]]
_Rows = tuple[_Cells, FloatArray]
_TOLERANCE = 1e-10
_linprog: Any = linprog  # its stubs know no sparse rows


def windows_by_program(case: ScheduleCase, what: Activities, first: FloatArray) -> FloatArray | None:
    """Return when each node is best switched on.

    Parameters
    ----------
    case : ScheduleCase
        The problem.
    what : Activities
        Activities and arcs of a plan.
    first : array, shape (A,)
        Their earliest starts.

    Returns
    -------
    array, shape (N,), or None
        Seconds; ``-inf`` for nodes that need not wait. None where the earliest starts are best, or nothing keeps every
        hard deadline and limit.
    """
    program = _Program(case, what, first)
    if not program.n_windows:
        return None
    found = program.solve(None)
    if found is not None and program.counts_misses:
        # again without the binaries and their big numbers
        found = program.solve(found[program.missed] > 0.5)
    if found is None:
        return None
    on = np.full(case.n_nodes, -np.inf)
    on[program.waits] = found[program.on] * program.unit
    return on


class _Program:
    """Rows and columns: starts of all activities, then on and off of the nodes, makespan, tardiness, misses."""

    def __init__(self, case: ScheduleCase, what: Activities, first: FloatArray) -> None:
        self.case, self.what = case, what
        options, size, tasks = case.problem.options, len(what.operation), case.n_tasks
        horizon = float((first + what.seconds).max())
        self.unit = 2.0 ** np.ceil(np.log2(horizon)) if horizon > 0 else 1.0
        self.counts_misses = options.missed_weight > 0 and bool(np.isfinite(case.deadline).any())
        self.waits = waiting(case, what)
        self.n_windows = len(self.waits)
        self.on = size + np.arange(self.n_windows)
        self.off = self.on + self.n_windows
        self.makespan = size + 2 * self.n_windows
        self.late = self.makespan + 1 + np.arange(tasks)
        self.missed = self.late + tasks
        self.n_columns = self.makespan + 1 + 2 * tasks
        self._rows: list[_Rows] = []
        self._low = np.zeros(self.n_columns)
        self._low[:size] = first / self.unit
        self._high = np.full(self.n_columns, np.inf)
        inputs = np.flatnonzero(what.is_input)
        self._high[inputs] = self._low[inputs]
        self._high[self.missed] = 1.0
        self._write(horizon)

    def _write(self, horizon: float) -> None:
        """Write all rows but those of the misses."""
        case, what, unit = self.case, self.what, self.unit
        options = case.problem.options
        seconds = what.seconds / unit
        heads = np.repeat(np.arange(len(seconds)), np.diff(what.before_offsets))
        self._below([(what.before, 1.0), (heads, -1.0)], -seconds[what.before])
        column = np.full(case.n_nodes, -1)
        column[self.waits] = np.arange(self.n_windows)
        both = [(np.flatnonzero(~what.is_input), what.node), (np.flatnonzero(what.to >= 0), what.to)]
        for rows, where in both:
            here = rows[column[where[rows]] >= 0]
            window = column[where[here]]
            self._below([(self.on[window], 1.0), (here, -1.0)], np.zeros(len(here)))
            self._below([(here, 1.0), (self.off[window], -1.0)], -seconds[here])
        end, span = what.last, seconds[what.last]
        if options.makespan_weight or options.makespan_limit_s is not None:
            self._below([(end, 1.0), (np.full(len(end), self.makespan), -1.0)], -span)
            if options.makespan_limit_s is not None:
                self._high[self.makespan] = options.makespan_limit_s / unit
        due = (case.release + case.deadline) / unit
        some = np.flatnonzero(np.isfinite(due))
        if options.tardiness_weight:
            self._below([(end[some], 1.0), (self.late[some], -1.0)], due[some] - span[some])
        if options.deadlines == "hard":
            self._high[end] = np.minimum(self._high[end], due - span)
        if options.energy_limit_j is not None:
            fixed = float(what.joules.sum() + case.switch_on_joules[used(case, what)].sum())
            watts = case.idle_watts[self.waits]
            cells = [(self.off[[i]], float(w)) for i, w in enumerate(watts)]
            cells += [(self.on[[i]], -float(w)) for i, w in enumerate(watts)]
            self._below(cells, np.array([(options.energy_limit_j - fixed) / unit]))
        self._due, self._some = due, some
        # a longer gap in which nothing happens could be left out
        self._far = (float(case.release.max()) + float(what.seconds.sum())) / unit

    def _below(self, cells: _Cells, right: FloatArray) -> None:
        """Add rows ``sum of coefficient times column <= right``."""
        self._rows.append((cells, right))

    def solve(self, missed: BoolArray | None) -> FloatArray | None:
        """Return the best values of all columns, None where there are none; `missed`: the tasks that may be late."""
        case, options, what = self.case, self.case.problem.options, self.what
        low, high, rows, integral = self._low.copy(), self._high.copy(), list(self._rows), None
        end, some = what.last, self._some
        if self.counts_misses:
            room = self._due[some] - what.seconds[end[some]] / self.unit
            if missed is None:
                big = np.maximum(self._far - self._due[some], 0.0)
                rows.append(([(end[some], 1.0), (self.missed[some], -big)], room))
                integral = np.zeros(self.n_columns)
                integral[self.missed[some]] = 1
            else:
                kept = some[~missed[some]]
                high[end[kept]] = np.minimum(high[end[kept]], self._due[kept] - what.seconds[end[kept]] / self.unit)
        if (high < low - _TOLERANCE).any():
            return None
        cost = np.zeros(self.n_columns)
        cost[self.off] = options.energy_weight * case.idle_watts[self.waits]
        cost[self.on] = -cost[self.off]
        cost[self.makespan] = options.makespan_weight
        np.add.at(cost, end, options.response_weight / case.n_tasks + options.weighted_response_weight * case.weight)
        cost[self.late] = options.tardiness_weight * case.weight
        cost[self.missed] = options.missed_weight / self.unit
        matrix, right = self._matrix(rows)
        found = _linprog(
            cost,
            A_ub=matrix,
            b_ub=right,
            bounds=np.column_stack([low, np.maximum(high, low)]),
            integrality=integral,
            method="highs" if integral is not None else "highs-ds",
            options={"primal_feasibility_tolerance": _TOLERANCE, "dual_feasibility_tolerance": _TOLERANCE}
            if integral is None
            else {},
        )
        return None if found.x is None or found.status != 0 else np.asarray(found.x, dtype=np.float64)

    def _matrix(self, rows: list[_Rows]) -> tuple[sparse.csr_array, FloatArray]:
        data, row, column, first = [], [], [], 0
        for cells, right in rows:
            here = first + np.arange(len(right))
            for columns, values in cells:
                column.append(np.asarray(columns))
                row.append(here)
                data.append(np.broadcast_to(np.asarray(values, dtype=np.float64), here.shape))
            first += len(right)
        triple = (np.concatenate(data), (np.concatenate(row), np.concatenate(column)))
        return sparse.csr_array(triple, shape=(first, self.n_columns)), np.concatenate([right for _, right in rows])
