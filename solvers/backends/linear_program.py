"""Linear programs with their dual prices, by GLOP inside OR-Tools."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from ortools.math_opt.python import mathopt

from instances.columns import FloatArray
from solvers.backends.linear_model import LinearModel
from solvers.backends.math_opt import model_proto

__all__ = ["LinearSolution", "solve_linear"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LinearSolution:
    """An optimal basic solution.

    Parameters
    ----------
    values : array, shape (n_columns,)
        Of the variables.
    duals : array, shape (n_rows,)
        Change of the objective per unit of a row's bound: at most 0 for an upper bound that binds under ``min``.
    """

    values: FloatArray
    duals: FloatArray


def solve_linear(model: LinearModel, seconds: float = float("inf")) -> LinearSolution | None:
    """Return the optimum of a linear program (integrality is left aside), None where it was not reached in `seconds`."""
    native = mathopt.Model.from_model_proto(model_proto(model))
    limit = None if seconds == float("inf") else timedelta(seconds=max(seconds, 1e-3))
    parameters = mathopt.SolveParameters(time_limit=limit, threads=1)
    answer = mathopt.solve(native, mathopt.SolverType.GLOP, params=parameters)
    if answer.termination.reason is not mathopt.TerminationReason.OPTIMAL or not answer.has_dual_feasible_solution():
        return None
    values, duals = answer.variable_values(), answer.dual_values()
    return LinearSolution(
        values=np.array([values[one] for one in sorted(values, key=lambda v: v.id)]),
        duals=np.array([duals[one] for one in sorted(duals, key=lambda c: c.id)]),
    )
