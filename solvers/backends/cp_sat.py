"""CP-SAT, in OR-Tools: for constraint models of its own language."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ortools.sat.python import cp_model

from solvers.backends.contract import MilpLimits
from solvers.contract import SolutionStatus, Termination

__all__ = ["CpSatResult", "solve_cp_sat"]

IntVarValue = Callable[[cp_model.IntVar], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class CpSatResult:
    """What CP-SAT found; `value` gives a variable's value, None without a solution."""

    status: SolutionStatus
    termination: Termination
    value: IntVarValue | None = None
    objective: float | None = None
    bound: float | None = None
    reason: str = ""


class _Solutions(cp_model.CpSolverSolutionCallback):  # type: ignore[misc]
    def __init__(self, on_solution: Callable[[IntVarValue], None], enough: Callable[[], bool]) -> None:
        super().__init__()
        self._on_solution, self._enough = on_solution, enough

    def on_solution_callback(self) -> None:
        self._on_solution(self.value)
        if self._enough():
            self.stop_search()


def solve_cp_sat(
    model: cp_model.CpModel,
    limits: MilpLimits | None = None,
    *,
    seed: int = 0,
    on_solution: Callable[[IntVarValue], None] | None = None,
    on_bound: Callable[[float], None] | None = None,
    enough: Callable[[], bool] = lambda: False,
    presolve: bool = True,
    parameters: Mapping[str, int | bool] | None = None,
) -> CpSatResult:
    """Solve `model`, a minimisation.

    Parameters
    ----------
    model : CpModel
        The model.
    limits : MilpLimits
        With one thread the search repeats itself for the same `seed`.
    seed : int
        Of the search.
    on_solution, on_bound : callable, optional
        Called with each better solution's value function, and with each better bound.
    enough : callable
        Asked after `on_solution`: whether the search may end, because somebody else has the bound that proves it.
    presolve : bool
        Whether CP-SAT simplifies the model first. Version 9.15 has claimed optima that were none after
        simplifying clauses beside linear constraints of large coefficients. The step that was at fault wherever we
        looked, the search for constraints that include each other, is always left out.
    parameters : mapping, optional
        Further parameters of CP-SAT by their names.
    """
    limits = limits or MilpLimits()
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = limits.threads
    solver.parameters.random_seed = seed
    solver.parameters.relative_gap_limit = limits.relative_gap
    solver.parameters.cp_model_presolve = presolve
    solver.parameters.presolve_inclusion_work_limit = 0
    for name, setting in (parameters or {}).items():
        setattr(solver.parameters, name, setting)
    if limits.seconds is not None:
        solver.parameters.max_time_in_seconds = limits.seconds
    if on_bound is not None:
        solver.best_bound_callback = on_bound
    native = solver.solve(model, _Solutions(on_solution, enough) if on_solution is not None else None)
    return _result(solver, native)


def _result(solver: cp_model.CpSolver, native: int) -> CpSatResult:
    if native == cp_model.INFEASIBLE:
        return CpSatResult(status=SolutionStatus.INFEASIBLE, termination=Termination.COMPLETED)
    if native == cp_model.MODEL_INVALID:
        return CpSatResult(
            status=SolutionStatus.NONE,
            termination=Termination.CRASHED,
            reason=f"model invalid: {solver.status_name(native)}",
        )
    bound = float(solver.best_objective_bound)
    known = bound if math.isfinite(bound) else None
    if native == cp_model.UNKNOWN:
        return CpSatResult(
            status=SolutionStatus.NONE, termination=Termination.TIME_LIMIT, bound=known, reason="no solution in time"
        )
    optimal = native == cp_model.OPTIMAL
    return CpSatResult(
        status=SolutionStatus.OPTIMAL if optimal else SolutionStatus.FEASIBLE,
        termination=Termination.COMPLETED if optimal else Termination.TIME_LIMIT,
        value=solver.value,
        objective=float(solver.objective_value),
        bound=known,
    )
