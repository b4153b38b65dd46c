"""Every back end on the same models: values, sign, constant, bound, limits, and every native status."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pulp
import pyomo.environ as pyo
import pytest
from ortools.math_opt.python import mathopt

from instances.errors import InputError
from solvers.backends import cbc as cbc_module
from solvers.backends import math_opt
from solvers.backends.contract import BOUND_TOLERANCE, Backend, BackendState, MilpLimits, certified
from solvers.backends.linear_model import LinearModel, linear_model
from solvers.backends.registry import backend, backend_names
from solvers.contract import SolutionStatus, Termination

BACKENDS = [backend(name) for name in backend_names()]
each_backend = pytest.mark.parametrize("solver", BACKENDS, ids=backend_names())


def in_pulp(maximise: bool = False) -> pulp.LpProblem:
    """Optimum 103 as a minimisation (x = 0, y = 1.5, z = 1), 97.5 as the mirrored maximisation."""
    problem = pulp.LpProblem("small", pulp.LpMaximize if maximise else pulp.LpMinimize)
    x = problem.add_variable("x", 0, 10, cat="Integer")
    y = problem.add_variable("y", -5, None)
    z = problem.add_variable("z", cat="Binary")
    problem += (-1 if maximise else 1) * (3 * x + 2.5 * y - z) + 100.25
    problem += x + y >= 1.5
    problem += x - y <= 4
    problem += y + 2 * z == 3.5
    return problem


def in_pyomo(maximise: bool = False) -> pyo.ConcreteModel:
    m = pyo.ConcreteModel()
    m.x = pyo.Var(domain=pyo.Integers, bounds=(0, 10))
    m.y = pyo.Var(bounds=(-5, None))
    m.z = pyo.Var(domain=pyo.Binary)
    cost = 3 * m.x + 2.5 * m.y - m.z
    m.cost = pyo.Objective(
        expr=(-cost if maximise else cost) + 100.25, sense=pyo.maximize if maximise else pyo.minimize
    )
    m.rows = pyo.ConstraintList()
    m.rows.add(m.x + m.y >= 1.5)
    m.rows.add(m.x - m.y <= 4)
    m.rows.add(m.y + 2 * m.z == 3.5)
    return m


def market_split(seed: int = 1, n: int = 50, m: int = 6, *, feasible_point: bool = True) -> LinearModel:
    """Rows of equations that no solver settles in seconds; with slacks every point is feasible, without hardly any."""
    rng = np.random.default_rng(seed)
    weights = rng.integers(0, 100, (m, n))
    problem = pulp.LpProblem("split")
    x = [problem.add_variable(f"x{i}", cat="Binary") for i in range(n)]
    slack = [problem.add_variable(f"s{i}", 0) for i in range(2 * m)] if feasible_point else []
    problem += pulp.lpSum(slack) + 5.0 if slack else pulp.lpSum(x)
    for i, row in enumerate(weights.tolist()):
        load = pulp.lpSum(w * v for w, v in zip(row, x, strict=True))
        problem += (load + slack[2 * i] - slack[2 * i + 1] if slack else load) == sum(row) // 2
    return linear_model(problem)


@each_backend
@pytest.mark.parametrize("build", [in_pulp, in_pyomo])
@pytest.mark.parametrize("maximise", [False, True])
def test_value_sign_constant_and_bound_are_the_models_own(solver: Backend, build: Any, maximise: bool) -> None:
    result = solver.solve(linear_model(build(maximise)))
    assert (result.status, result.termination) == (SolutionStatus.OPTIMAL, Termination.COMPLETED)
    optimum = 97.5 if maximise else 103.0
    assert result.objective == pytest.approx(optimum, abs=1e-6)
    assert result.values == pytest.approx({"x": 0.0, "y": 1.5, "z": 1.0}, abs=1e-6)
    assert result.bound is not None
    if maximise:
        assert optimum < result.bound < optimum + 1e-2
    else:
        assert optimum - 1e-2 < result.bound < optimum


@each_backend
def test_rows_with_two_bounds_and_free_columns_are_kept(solver: Backend) -> None:
    m = pyo.ConcreteModel()
    m.x, m.y = pyo.Var(), pyo.Var(domain=pyo.Integers)
    m.cost = pyo.Objective(expr=m.x + 0.5 * m.y)
    m.range = pyo.Constraint(expr=(-3.5, m.x + m.y, 8))
    m.low = pyo.Constraint(expr=m.y <= 6.5)
    m.x_low = pyo.Constraint(expr=m.x - m.y >= -20)
    result = solver.solve(linear_model(m))
    # on x + y = -3.5 the cost falls with y, which ends at 6 (x = -9.5)
    assert result.objective == pytest.approx(-6.5, abs=1e-6)


@each_backend
def test_infeasible_models_are_reported_as_proven_infeasible(solver: Backend) -> None:
    problem = pulp.LpProblem("none")
    x, y = (problem.add_variable(name, cat="Binary") for name in "xy")
    problem += x
    problem += 2 * x + 2 * y == 3
    result = solver.solve(linear_model(problem))
    assert (result.status, result.termination) == (SolutionStatus.INFEASIBLE, Termination.COMPLETED)
    assert result.values == {}
    assert result.objective is None
    assert result.bound is None


@each_backend
def test_unbounded_models_give_neither_values_nor_bound(solver: Backend) -> None:
    problem = pulp.LpProblem("endless")
    x, z = problem.add_variable("x", 0), problem.add_variable("z", cat="Binary")
    problem += z - x
    problem += x + z >= 1
    result = solver.solve(linear_model(problem))
    assert (result.status, result.termination) == (SolutionStatus.NONE, Termination.COMPLETED)
    assert "unbounded" in result.reason
    assert result.bound is None


@each_backend
def test_a_time_limit_with_an_incumbent_keeps_it_and_its_bound(solver: Backend) -> None:
    model = market_split()
    result = solver.solve(model, MilpLimits(seconds=1.0))
    assert (result.status, result.termination) == (SolutionStatus.FEASIBLE, Termination.TIME_LIMIT)
    assert result.objective is not None
    assert result.bound is not None
    values = np.array([result.values[name] for name in model.names])
    assert model.objective(values) == pytest.approx(result.objective)
    slack = model.rows @ values
    assert (np.abs(slack - model.row_lower) < 1e-4).all()
    assert result.bound <= result.objective


@each_backend
def test_a_time_limit_without_an_incumbent_gives_no_values(solver: Backend) -> None:
    result = solver.solve(market_split(feasible_point=False), MilpLimits(seconds=1.0))
    assert (result.status, result.termination) == (SolutionStatus.NONE, Termination.TIME_LIMIT)
    assert result.values == {}
    assert result.objective is None
    # the relaxation alone has settled more than half of this
    assert result.bound is None or 10 < result.bound < 50


@each_backend
def test_a_start_is_accepted(solver: Backend) -> None:
    model = linear_model(in_pulp())
    result = solver.solve(model, start={"x": 0.0, "z": 1.0})
    assert result.objective == pytest.approx(103.0, abs=1e-6)


def test_cbc_takes_the_start_as_its_first_incumbent(monkeypatch: pytest.MonkeyPatch) -> None:
    logs = []
    original = cbc_module._result

    def keep(model: LinearModel, limits: MilpLimits, log: str, solution: str) -> Any:
        logs.append(log)
        return original(model, limits, log, solution)

    monkeypatch.setattr(cbc_module, "_result", keep)
    model = market_split()
    start = {name: 0.0 for name in model.names if name.startswith("x")}
    backend("cbc").solve(model, MilpLimits(seconds=0.5), start=start)
    worth = float(model.row_lower.sum())
    assert f"MIPStart provided solution with cost {worth:g}" in logs[0]


def test_cbc_gets_its_limits_as_wall_seconds_and_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    logs = []
    original = cbc_module._result

    def keep(model: LinearModel, limits: MilpLimits, log: str, solution: str) -> Any:
        logs.append(log)
        return original(model, limits, log, solution)

    monkeypatch.setattr(cbc_module, "_result", keep)
    backend("cbc").solve(linear_model(in_pulp()), MilpLimits(seconds=7.0, threads=2, relative_gap=0.01))
    for line in (
        "timeMode changed from cpu to elapsed",
        "seconds was changed from 1e+100 to 7",
        "threads was changed from 0 to 2",
        "ratioGap was changed from 0 to 0.01",
    ):
        assert line in logs[0]


def test_cbc_works_below_a_path_with_blanks_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "a b  c"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    result = backend("cbc").solve(linear_model(in_pulp()), start={"x": 0.0})
    assert result.status is SolutionStatus.OPTIMAL
    assert list(folder.iterdir()) == []


def test_cbc_that_is_missing_is_said_to_be_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cbc_module, "_executable", lambda: None)
    state = backend("cbc").available()
    assert state.state is BackendState.NOT_FOUND
    assert not state
    assert "install CBC" in str(state)
    result = backend("cbc").solve(linear_model(in_pulp()))
    assert (result.status, result.termination) == (SolutionStatus.NONE, Termination.UNAVAILABLE)


@pytest.mark.parametrize(
    ("head", "status", "termination"),
    [
        ("Optimal - objective value 2.75000000", SolutionStatus.OPTIMAL, Termination.COMPLETED),
        ("Stopped on time - objective value 2.75000000", SolutionStatus.FEASIBLE, Termination.TIME_LIMIT),
        (
            "Stopped on time (no integer solution - continuous used) - objective value 2.0",
            SolutionStatus.NONE,
            Termination.TIME_LIMIT,
        ),
        ("Infeasible - objective value 2.0", SolutionStatus.INFEASIBLE, Termination.COMPLETED),
        ("Integer infeasible - objective value 2.0", SolutionStatus.INFEASIBLE, Termination.COMPLETED),
        ("Unbounded - objective value 0.0", SolutionStatus.NONE, Termination.COMPLETED),
        ("", SolutionStatus.NONE, Termination.CRASHED),
    ],
)
def test_every_word_of_cbc_is_mapped(head: str, status: SolutionStatus, termination: Termination) -> None:
    model = linear_model(in_pulp())
    order = [model.names.index(name) for name in "xyz"]
    rows = [f"{i} x{i} {value} 0" for i, value in zip(order, (0.0, 1.5, 1.0), strict=True)]
    result = cbc_module._result(model, MilpLimits(), "Lower bound:    2.500\n", "\n".join([head, *rows]))
    assert (result.status, result.termination) == (status, termination)


def test_values_of_a_relaxation_are_no_solution() -> None:
    model = linear_model(in_pulp())
    at = model.names.index("z")
    result = cbc_module._result(model, MilpLimits(), "", f"Stopped on time - objective value 1\n{at} x{at} 0.5 0")
    assert result.status is SolutionStatus.NONE
    assert result.values == {}


@pytest.mark.parametrize("reason", list(mathopt.TerminationReason))
def test_every_termination_reason_of_math_opt_is_mapped(reason: mathopt.TerminationReason) -> None:
    model = linear_model(in_pulp())
    answer = mathopt.solve(mathopt.Model.from_model_proto(math_opt.model_proto(model)), mathopt.SolverType.GSCIP)
    answer.termination.reason = reason
    answer.termination.limit = mathopt.Limit.TIME
    if reason == mathopt.TerminationReason.NO_SOLUTION_FOUND:
        answer.solutions.clear()
    result = math_opt._result(model, answer)
    expected = {
        "OPTIMAL": (SolutionStatus.OPTIMAL, Termination.COMPLETED),
        "FEASIBLE": (SolutionStatus.FEASIBLE, Termination.TIME_LIMIT),
        "NO_SOLUTION_FOUND": (SolutionStatus.NONE, Termination.TIME_LIMIT),
        "INFEASIBLE": (SolutionStatus.INFEASIBLE, Termination.COMPLETED),
        "UNBOUNDED": (SolutionStatus.NONE, Termination.COMPLETED),
        "INFEASIBLE_OR_UNBOUNDED": (SolutionStatus.NONE, Termination.COMPLETED),
    }
    assert (result.status, result.termination) == expected.get(reason.name, (SolutionStatus.NONE, Termination.CRASHED))


def test_scip_refuses_threads_that_it_would_not_use() -> None:
    with pytest.raises(InputError, match="at most 1 thread"):
        backend("scip").solve(linear_model(in_pulp()), MilpLimits(threads=2))


def test_highs_refuses_another_number_of_threads_in_the_same_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(math_opt.Highs, "_threads", 1)
    with pytest.raises(InputError, match="1 threads for the rest of this process"):
        backend("highs").solve(linear_model(in_pulp()), MilpLimits(threads=2))


def test_an_internal_error_of_a_solver_is_a_crash_with_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("HighsStatus: kError")

    monkeypatch.setattr(math_opt.mathopt, "solve", fail)
    result = backend("scip").solve(linear_model(in_pulp()))
    assert (result.status, result.termination) == (SolutionStatus.NONE, Termination.CRASHED)
    assert "kError" in result.reason


def test_unknown_back_ends_and_limits_are_refused() -> None:
    with pytest.raises(InputError, match="cbc, highs, scip"):
        backend("gurobi")
    for limits in ({"seconds": 0.0}, {"threads": 0}, {"relative_gap": 1.0}):
        with pytest.raises(InputError):
            MilpLimits(**limits)  # type: ignore[arg-type]


def test_models_of_other_kinds_and_curved_ones_are_refused() -> None:
    with pytest.raises(InputError, match="PuLP LpProblem or a Pyomo ConcreteModel"):
        linear_model("model")
    m = pyo.ConcreteModel()
    m.x = pyo.Var(bounds=(0, 1))
    m.cost = pyo.Objective(expr=m.x**2)
    with pytest.raises(InputError, match="must be linear"):
        linear_model(m)


def test_certified_bounds_move_to_the_safe_side() -> None:
    assert certified(100.0, maximise=False) == 100.0 - 100.0 * BOUND_TOLERANCE
    assert certified(100.0, maximise=True) == 100.0 + 100.0 * BOUND_TOLERANCE
    assert certified(-0.5, maximise=False) == -0.5 - BOUND_TOLERANCE
    assert certified(float("-inf"), maximise=False) is None
    assert certified(-1e50, maximise=False) is None
    assert certified(None, maximise=False) is None
