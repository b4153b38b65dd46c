"""HiGHS and SCIP inside OR-Tools, through MathOpt.

MathOpt rather than OR-Tools' `model_builder`: at a time limit the latter gives no incumbent from
HiGHS and no bound without an incumbent from either.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import ClassVar

import numpy as np
from ortools.math_opt import model_pb2
from ortools.math_opt.python import mathopt

from instances.errors import InputError
from solvers.backends.contract import Availability, BackendState, MilpLimits, MilpResult, certified
from solvers.backends.linear_model import LinearModel
from solvers.contract import SolutionStatus, Termination

__all__ = ["Highs", "Scip", "model_proto"]

_Reason = mathopt.TerminationReason
_Limit = mathopt.Limit


class _MathOpt:
    """What the two solvers share."""

    name = ""
    most_threads: int | None = None
    solver: mathopt.SolverType

    def available(self) -> Availability:
        """Say that it is there: OR-Tools' wheel carries it."""
        return Availability(state=BackendState.AVAILABLE)

    def parameters(self, limits: MilpLimits) -> mathopt.SolveParameters:
        """Return MathOpt's parameters for `limits`."""
        return mathopt.SolveParameters(
            time_limit=None if limits.seconds is None else timedelta(seconds=limits.seconds),
            relative_gap_tolerance=limits.relative_gap,
        )

    def solve(
        self, model: LinearModel, limits: MilpLimits | None = None, *, start: Mapping[str, float] | None = None
    ) -> MilpResult:
        """Solve `model`; see `solvers.backends.contract.Backend`."""
        limits = limits or MilpLimits()
        if self.most_threads is not None and limits.threads > self.most_threads:
            raise InputError(f"back end {self.name}", f"runs on at most {self.most_threads} thread", limits.threads)
        native = mathopt.Model.from_model_proto(model_proto(model))
        options = mathopt.ModelSolveParameters()
        if start:
            columns = {variable.id: variable for variable in native.variables()}
            known = {columns[i]: start[name] for i, name in enumerate(model.names) if name in start}
            options.solution_hints.append(mathopt.SolutionHint(variable_values=known))
        parameters = self.parameters(limits)
        try:
            answer = mathopt.solve(native, self.solver, params=parameters, model_params=options)
        except (RuntimeError, AttributeError) as error:  # a solver's internal error (some versions fail to wrap it)
            cause = error.__context__ or error
            return MilpResult(status=SolutionStatus.NONE, termination=Termination.CRASHED, reason=f"{cause}")
        return _result(model, answer)


class Highs(_MathOpt):
    """HiGHS. Its threads belong to the process: all solves of one process must ask for the same number."""

    name = "highs"
    solver = mathopt.SolverType.HIGHS
    _threads: ClassVar[int | None] = None

    def parameters(self, limits: MilpLimits) -> mathopt.SolveParameters:
        """Return MathOpt's parameters; its own `threads` is refused for HiGHS.

        Raises
        ------
        InputError
            If HiGHS has run in this process with another number of threads: it could not change it.
        """
        if Highs._threads not in (None, limits.threads):
            raise InputError(
                "back end highs", f"runs on {Highs._threads} threads for the rest of this process", limits.threads
            )
        Highs._threads = limits.threads
        parameters = super().parameters(limits)
        parameters.highs.int_options["threads"] = limits.threads
        return parameters


class Scip(_MathOpt):
    """SCIP, which branches on one thread here."""

    name = "scip"
    most_threads = 1
    solver = mathopt.SolverType.GSCIP


def model_proto(model: LinearModel) -> model_pb2.ModelProto:
    """Return `model` as MathOpt's protocol message."""
    proto = model_pb2.ModelProto()
    n, m = len(model.names), len(model.row_lower)
    proto.variables.ids.extend(range(n))
    proto.variables.lower_bounds.extend(model.lower.tolist())
    proto.variables.upper_bounds.extend(model.upper.tolist())
    proto.variables.integers.extend(model.integer.tolist())
    proto.linear_constraints.ids.extend(range(m))
    proto.linear_constraints.lower_bounds.extend(model.row_lower.tolist())
    proto.linear_constraints.upper_bounds.extend(model.row_upper.tolist())
    costly = np.flatnonzero(model.cost)
    proto.objective.maximize = model.maximise
    proto.objective.offset = model.offset
    proto.objective.linear_coefficients.ids.extend(costly.tolist())
    proto.objective.linear_coefficients.values.extend(model.cost[costly].tolist())
    entries = model.rows.tocsr(copy=True)
    entries.sum_duplicates()  # sorts each row's columns, as the protocol asks
    proto.linear_constraint_matrix.row_ids.extend(np.repeat(np.arange(m), np.diff(entries.indptr)).tolist())
    proto.linear_constraint_matrix.column_ids.extend(entries.indices.tolist())
    proto.linear_constraint_matrix.coefficients.extend(entries.data.tolist())
    return proto


def _result(model: LinearModel, answer: mathopt.SolveResult) -> MilpResult:
    """Map MathOpt's termination to the two enums."""
    reason, limit = answer.termination.reason, answer.termination.limit
    if reason == _Reason.INFEASIBLE:
        return MilpResult(status=SolutionStatus.INFEASIBLE, termination=Termination.COMPLETED)
    if reason in (_Reason.UNBOUNDED, _Reason.INFEASIBLE_OR_UNBOUNDED):
        text = reason.name.lower().replace("_", " ")
        return MilpResult(status=SolutionStatus.NONE, termination=Termination.COMPLETED, reason=text)
    if reason in (_Reason.FEASIBLE, _Reason.NO_SOLUTION_FOUND):
        termination = _LIMITS.get(limit, Termination.CRASHED)
    elif reason == _Reason.OPTIMAL:
        termination = Termination.COMPLETED
    else:
        termination = Termination.CRASHED
    bound = certified(answer.termination.objective_bounds.dual_bound, model.maximise)
    if not answer.has_primal_feasible_solution() or termination == Termination.CRASHED:
        words = answer.termination.detail or reason.name.lower().replace("_", " ")
        return MilpResult(status=SolutionStatus.NONE, termination=termination, bound=bound, reason=words)
    by_column = answer.variable_values()
    values = np.array([by_column[variable] for variable in sorted(by_column, key=lambda v: v.id)])
    return MilpResult(
        status=SolutionStatus.OPTIMAL if reason == _Reason.OPTIMAL else SolutionStatus.FEASIBLE,
        termination=termination,
        values=dict(zip(model.names, values.tolist(), strict=True)),
        objective=model.objective(values),
        bound=bound,
    )


_LIMITS = {
    _Limit.TIME: Termination.TIME_LIMIT,
    _Limit.MEMORY: Termination.MEMORY_LIMIT,
    _Limit.INTERRUPTED: Termination.INTERRUPTED,
}
