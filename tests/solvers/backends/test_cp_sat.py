"""The back end of CP-SAT: reports of solutions, and an end that somebody else calls."""

from __future__ import annotations

import numpy as np
from ortools.sat.python import cp_model

from solvers.backends.contract import MilpLimits
from solvers.backends.cp_sat import solve_cp_sat
from solvers.contract import SolutionStatus, Termination


def cover() -> cp_model.CpModel:
    """Return a set cover whose first solution is not its best."""
    rng = np.random.default_rng(1)
    model = cp_model.CpModel()
    chosen = [model.new_bool_var(f"x{i}") for i in range(40)]
    for _ in range(80):
        model.add_bool_or([chosen[i] for i in rng.choice(40, 4, replace=False)])
    model.minimize(sum(int(cost) * one for cost, one in zip(rng.integers(10, 99, 40), chosen, strict=True)))
    for one in chosen:
        model.add_hint(one, 1)
    return model


def test_a_search_ends_at_the_solution_that_is_enough() -> None:
    found: list[int] = []
    whole = solve_cp_sat(cover(), MilpLimits(threads=1), on_solution=lambda _: found.append(1))
    assert whole.status is SolutionStatus.OPTIMAL
    assert len(found) > 1
    found.clear()
    cut = solve_cp_sat(
        cover(), MilpLimits(threads=1), on_solution=lambda _: found.append(1), enough=lambda: len(found) == 1
    )
    assert len(found) == 1
    assert cut.status is SolutionStatus.FEASIBLE and cut.termination is not Termination.COMPLETED
    assert cut.objective is not None and whole.objective is not None and cut.objective > whole.objective
