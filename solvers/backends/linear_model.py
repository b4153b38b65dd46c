"""The one form in which models reach the back ends: a MILP as arrays, from PuLP or from Pyomo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pulp
from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler
from scipy import sparse

from instances.columns import BoolArray, FloatArray
from instances.errors import InputError

__all__ = ["LinearModel", "linear_model"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LinearModel:
    """``min`` or ``max`` of ``cost x + offset`` with ``row_lower <= A x <= row_upper``, bounds and integers.

    Parameters
    ----------
    names : tuple of str
        Of the columns.
    cost, lower, upper : arrays, shape (n_columns,)
        Objective coefficients and bounds (``inf``: none).
    integer : bool array, shape (n_columns,)
        Which columns must be whole.
    rows : sparse array in CSR form, shape (n_rows, n_columns)
        A.
    row_lower, row_upper : arrays, shape (n_rows,)
        Bounds of the rows.
    offset : float
        Constant of the objective.
    maximise : bool
        Sense.
    """

    names: tuple[str, ...]
    cost: FloatArray
    lower: FloatArray
    upper: FloatArray
    integer: BoolArray
    rows: sparse.csr_array
    row_lower: FloatArray
    row_upper: FloatArray
    offset: float = 0.0
    maximise: bool = False

    def objective(self, values: FloatArray) -> float:
        """Return the objective of `values`, shape (n_columns,)."""
        return float(np.dot(self.cost, values)) + self.offset


def linear_model(model: Any) -> LinearModel:
    """Return a model written in PuLP (`LpProblem`) or Pyomo (`ConcreteModel`) as arrays.

    Raises
    ------
    InputError
        If it is of another kind, or not linear.
    """
    if isinstance(model, LinearModel):
        return model
    if isinstance(model, pulp.LpProblem):
        return _from_pulp(model)
    if getattr(model, "ctype", None) is not None and hasattr(model, "component_data_objects"):
        return _from_pyomo(model)
    raise InputError("model", "must be a PuLP LpProblem or a Pyomo ConcreteModel", type(model).__name__)


def _from_pulp(problem: pulp.LpProblem) -> LinearModel:
    variables = problem.variables()
    index = {id(variable): i for i, variable in enumerate(variables)}
    objective = problem.objective if problem.objective is not None else pulp.LpAffineExpression()
    cost = np.zeros(len(variables))
    for variable, value in objective.items():
        cost[index[id(variable)]] = value
    columns: list[int] = []
    values: list[float] = []
    starts = [0]
    constraints = problem.constraints()
    for constraint in constraints:
        columns.extend(index[id(variable)] for variable in constraint)
        values.extend(constraint.values())
        starts.append(len(columns))
    limit = np.array([-c.constant for c in constraints], dtype=np.float64)
    sense = np.array([c.sense for c in constraints], dtype=np.int64)
    return LinearModel(
        names=tuple(v.name for v in variables),
        cost=cost,
        lower=np.array([-np.inf if v.lowBound is None else v.lowBound for v in variables], dtype=np.float64),
        upper=np.array([np.inf if v.upBound is None else v.upBound for v in variables], dtype=np.float64),
        integer=np.array([v.cat == pulp.LpInteger for v in variables], dtype=bool),
        rows=sparse.csr_array(
            (np.array(values, dtype=np.float64), np.array(columns, dtype=np.int64), np.array(starts, dtype=np.int64)),
            shape=(len(constraints), len(variables)),
        ),
        row_lower=np.where(sense == pulp.LpConstraintLE, -np.inf, limit),
        row_upper=np.where(sense == pulp.LpConstraintGE, np.inf, limit),
        offset=float(objective.constant),
        maximise=problem.sense == pulp.LpMaximize,
    )


def _from_pyomo(model: Any) -> LinearModel:
    try:
        form = LinearStandardFormCompiler().write(model, mixed_form=True, set_sense=None)
    except Exception as error:  # the compiler's own errors are of many classes
        raise InputError("model", f"must be linear, with one objective ({error})") from None
    variables = form.columns
    limit = np.array(form.rhs, dtype=np.float64).reshape(-1)
    sense = np.array([row.bound_type for row in form.rows], dtype=np.int64)
    bounds = [variable.bounds for variable in variables]
    return LinearModel(
        names=tuple(v.name for v in variables),
        cost=np.asarray(form.c.todense(), dtype=np.float64).reshape(-1),
        lower=np.array([-np.inf if low is None else low for low, _ in bounds], dtype=np.float64),
        upper=np.array([np.inf if high is None else high for _, high in bounds], dtype=np.float64),
        integer=np.array([v.is_integer() for v in variables], dtype=bool),
        rows=sparse.csr_array(form.A),
        # the compiler's rows are 1: <=, -1: >=, 0: =
        row_lower=np.where(sense == 1, -np.inf, limit),
        row_upper=np.where(sense == -1, np.inf, limit),
        offset=float(form.c_offset[0]),
        maximise=form.objectives[0].sense == -1,
    )
