"""The models themselves: cuts below the square, counts exact, integer rounding on the safe side."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from formulations.joint import cp_sat_model, pulp_model, pyomo_model
from formulations.joint.coefficients import JointCoefficients
from formulations.joint.evaluator import JointEvaluator
from formulations.joint.options import option_table
from formulations.joint.problem import JointOptions, JointProblem
from formulations.joint.tangents import cut_coefficients
from instances.generators.registry import generate
from solvers.backends.cp_sat import solve_cp_sat
from solvers.backends.linear_model import linear_model
from solvers.backends.registry import backend

roots = st.lists(st.floats(0, 100), min_size=0, max_size=8)


@given(roots, st.floats(0, 200))
def test_the_cut_never_exceeds_the_square(chosen: list[float], point: float) -> None:
    root = np.array(chosen)
    square = root.sum() ** 2
    cut = cut_coefficients(root, point).sum() - point**2
    assert cut <= square + 1e-9 * (1 + square + point**2)


@given(st.lists(st.floats(0.1, 10), min_size=1, max_size=8))
def test_the_cut_touches_where_light_options_sum_to_its_point(chosen: list[float]) -> None:
    root = np.array(chosen)
    point = float(root.sum())
    assert cut_coefficients(root, point).sum() - point**2 == pytest.approx(point**2)


@given(st.floats(0, 10), st.floats(0, 10))
def test_the_cut_prices_one_heavy_option_alone_exactly(point: float, more: float) -> None:
    root = np.array([point + more])
    assert cut_coefficients(root, point)[0] - point**2 == pytest.approx(root[0] ** 2, abs=1e-9)


@given(roots, st.floats(0, 200))
def test_the_cut_is_no_weaker_than_the_tangent(values: list[float], point: float) -> None:
    root = np.array(values)
    assert (cut_coefficients(root, point) >= 2 * point * root).all()


def problem_of(sharing: str, seed: int = 4) -> JointProblem:
    params = {"tasks_low": "4", "tasks_high": "4", "access": "shared", "backhaul": "shared"}
    return JointProblem(instance=generate("tiny", params, seed), options=JointOptions(sharing=sharing))  # type: ignore[arg-type]


def coefficients(sharing: str, seed: int = 4) -> JointCoefficients:
    table = option_table(problem_of(sharing, seed), prune=False)
    return JointCoefficients.of(table, unit=float(table.alone_cost().max()) / 1e3)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("language", ["pulp", "pyomo", "cp-sat"])
def test_equal_shares_cost_exactly_the_evaluators_value_for_any_fixed_plan(language: str, seed: int) -> None:
    data = coefficients("equal", seed)
    rng = np.random.default_rng(seed)
    table = data.table
    for _ in range(3):
        choice = np.array([rng.choice(np.arange(a, b)) for a, b in pairwise(table.task_offsets)])
        value, excess = JointEvaluator(table).values(choice[None, :])
        if excess[0] > 0:
            continue
        points = [() for _ in data.resources]
        if language == "cp-sat":
            model = cp_sat_model.build(data, points)
            for p in choice.tolist():
                model.problem.add(model.z[p] == 1)
            result = solve_cp_sat(model.problem)
            assert result.objective is not None
            got = model.bound(result.objective)
            assert got <= value[0] / data.unit * (1 + 1e-12)
        elif language == "pulp":
            light = pulp_model.build(data, points)
            for p in choice.tolist():
                light.problem += light.z[p] == 1
            solved = backend("highs").solve(linear_model(light.problem))
            assert solved.objective is not None
            got = solved.objective
        else:
            algebraic = pyomo_model.build(data, points)
            for p in choice.tolist():
                algebraic.problem.z[p].fix(1)
            solved = backend("highs").solve(linear_model(algebraic.problem))
            assert solved.objective is not None
            got = solved.objective
        assert got * data.unit == pytest.approx(value[0], rel=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_pulp_and_pyomo_write_the_same_model(seed: int) -> None:
    for sharing in ("optimal", "equal"):
        data = coefficients(sharing, seed)
        points = [(0.0, 3.0) for _ in data.resources]
        one = linear_model(pulp_model.build(data, points).problem)
        two = linear_model(pyomo_model.build(data, points).problem)
        assert len(one.names) == len(two.names)
        assert one.rows.shape == two.rows.shape
        assert one.offset == pytest.approx(two.offset)
        assert np.sort(one.cost) == pytest.approx(np.sort(two.cost))
        answers = [backend("highs").solve(model).objective for model in (one, two)]
        assert answers[0] == pytest.approx(answers[1], rel=1e-9)


@pytest.mark.parametrize("squares", ["product", "cuts"])
@pytest.mark.parametrize("precision", [1.0, 1e3, 1e8])
def test_the_integer_optimum_stays_below_the_true_one_at_any_precision(
    squares: cp_sat_model.Squares, precision: float
) -> None:
    data = coefficients("optimal")
    table = data.table
    grids = [np.arange(a, b) for a, b in pairwise(table.task_offsets)]
    picks = np.stack(np.meshgrid(*grids, indexing="ij"), axis=-1).reshape(-1, table.n_tasks)
    value, excess = JointEvaluator(table).values(picks)
    model = cp_sat_model.build(data, [(0.0, 5.0) for _ in data.resources], squares=squares, precision=precision)
    result = solve_cp_sat(model.problem)
    assert result.bound is not None
    assert model.bound(result.bound) * data.unit <= value[excess == 0].min() * (1 + 1e-12)


def test_a_forbidden_plan_is_not_taken_again() -> None:
    data = coefficients("optimal")
    points = [(0.0, 5.0) for _ in data.resources]
    for module in (pulp_model, pyomo_model):
        model = module.build(data, points)
        first = model.choice(backend("highs").solve(linear_model(model.problem)).values)
        model.forbid(np.searchsorted(data.options, first))
        second = model.choice(backend("highs").solve(linear_model(model.problem)).values)
        assert not np.array_equal(first, second)


def test_a_task_whose_options_are_all_left_out_is_refused() -> None:
    table = option_table(problem_of("optimal"))
    with pytest.raises(ValueError, match="every task needs an option"):
        JointCoefficients.of(table, keep=np.arange(table.task_offsets[1], table.n_options))
