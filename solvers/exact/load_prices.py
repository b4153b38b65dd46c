"""Prices of machines by a linear program: how a bound on the greatest load weighs them best."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from instances.columns import FloatArray
from solvers.backends.linear_model import LinearModel
from solvers.backends.linear_program import solve_linear

__all__ = ["load_prices"]


def load_prices(times: FloatArray, width: FloatArray, seconds: float) -> FloatArray | None:
    """Return the dual prices of the load rows.

    They are those of

        min T   s.t.  sum_j t_ij x_ij <= c_i T  for every machine i,   sum_i x_ij >= 1  for every job j,   x >= 0.

    For any prices p >= 0 with ``sum_i c_i p_i = 1``, ``sum_j min_i p_i t_ij`` is a lower bound on the greatest load
    divided by c; these make it greatest.

    Parameters
    ----------
    times : array, shape (n_machines, n_jobs)
        Seconds of every job on every machine; ``inf`` where it may not run.
    width : array, shape (n_machines,)
        c: cores, or machines that are alike.
    seconds : float
        For the linear program.

    Returns
    -------
    array, shape (n_machines,), or None
        The prices; None where the program was not solved in time.
    """
    machines, jobs = np.nonzero(np.isfinite(times))
    n, (rows, columns) = len(machines), times.shape
    scale = float(times[machines, jobs].max(initial=0.0)) or 1.0
    at = np.arange(n)
    matrix = sparse.csr_array(
        (
            np.concatenate([times[machines, jobs] / scale, np.ones(n), -width]),
            (np.concatenate([machines, rows + jobs, np.arange(rows)]), np.concatenate([at, at, np.full(rows, n)])),
        ),
        shape=(rows + columns, n + 1),
    )
    solution = solve_linear(
        LinearModel(
            names=tuple(f"x{i}" for i in range(n + 1)),
            cost=np.array([*np.zeros(n), 1.0]),
            lower=np.zeros(n + 1),
            upper=np.full(n + 1, np.inf),
            integer=np.zeros(n + 1, dtype=bool),
            rows=matrix,
            row_lower=np.array([*np.full(rows, -np.inf), *np.ones(columns)]),
            row_upper=np.array([*np.zeros(rows), *np.full(columns, np.inf)]),
        ),
        seconds,
    )
    if solution is None:
        return None
    price: FloatArray = np.maximum(-solution.duals[:rows], 0.0)
    total = float(price @ width)
    return price / total if total > 0 else None
