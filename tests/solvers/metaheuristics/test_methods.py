from __future__ import annotations

import hashlib
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formulations.joint.problem import JointOptions, JointProblem
from formulations.joint.referee import evaluate
from instances.errors import InputError
from instances.generators.registry import generate, make_params
from solvers.contract import Budget, Outcome, SolutionStatus, Termination
from solvers.registry import entry, make
from solvers.trace import RefereedTrace
from tests.solvers.tiny_problems import tiny_problem, tiny_problems, with_node_memory

METHODS = ("spso-ga", "pso-ga", "ga", "pso", "annealing")


def solve(
    name: str, problem: JointProblem, budget: Budget, seed: int = 0, **params: Any
) -> tuple[Outcome, RefereedTrace]:
    trace = RefereedTrace(lambda plan: evaluate(problem, plan))
    return make(name, params).solve(problem, budget, np.random.default_rng(seed), trace), trace


def line(tasks: int = 20, **parameters: str) -> JointProblem:
    instance = generate("line", make_params("line", {"tasks": str(tasks), "edges": "2", **parameters}), 1)
    return JointProblem(instance=instance, options=JointOptions())


def digest(outcome: Outcome) -> str:
    plan = outcome.plan
    assert plan is not None
    columns = (plan.version, plan.candidate, plan.cloud, plan.device_until, plan.edge_until)
    return hashlib.sha256(np.concatenate(columns).tobytes()).hexdigest()


@pytest.mark.parametrize("name", METHODS)
def test_it_is_registered_as_an_anytime_metaheuristic_that_counts_evaluations(name: str) -> None:
    known = entry(name)
    assert (known.kind, known.anytime, known.uses_evaluations) == ("metaheuristic", True, True)
    assert not known.deterministic
    assert known.citation


@pytest.mark.parametrize("name", METHODS)
@settings(max_examples=15, deadline=None)
@given(problem=tiny_problems(), seed=st.integers(0, 2**32))
def test_the_referee_accepts_every_plan(name: str, problem: JointProblem, seed: int) -> None:
    outcome, trace = solve(name, problem, Budget(evaluations=300), seed)
    if outcome.plan is None:
        assert outcome.status in (SolutionStatus.NONE, SolutionStatus.INFEASIBLE)
        assert outcome.reason
        return
    score = evaluate(problem, outcome.plan)
    assert outcome.status is SolutionStatus.FEASIBLE
    assert score.feasible, score.violations
    assert outcome.bound is None
    assert trace.best_value == score.value


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("evaluations", [1, 37, 250, 1001])
def test_exactly_the_evaluations_of_the_budget_are_used(name: str, evaluations: int) -> None:
    for problem in (line(), line(edge_memory_bytes="3e8")):
        outcome, _ = solve(name, problem, Budget(evaluations=evaluations))
        assert outcome.info["evaluations"] == evaluations
        assert outcome.termination is Termination.EVALUATION_LIMIT


@pytest.mark.parametrize("name", METHODS)
def test_more_evaluations_give_a_better_plan(name: str) -> None:
    values = []
    for evaluations in (100, 10_000):
        _, trace = solve(name, line(), Budget(evaluations=evaluations))
        values.append(trace.best_value)
    assert values[1] is not None
    assert values[0] is not None
    assert values[1] < values[0]


@pytest.mark.parametrize("name", METHODS)
def test_it_stops_at_a_budget_of_seconds(name: str) -> None:
    outcome, trace = solve(name, line(), Budget(seconds=0.3))
    assert outcome.termination is Termination.TIME_LIMIT
    assert trace.clock.seconds() >= 0.3
    assert outcome.plan is not None


@pytest.mark.parametrize("name", METHODS)
def test_it_completes_its_iterations(name: str) -> None:
    params = {"moves": 500} if name == "annealing" else {"iterations": 5, "population": 20}
    outcome, _ = solve(name, line(), Budget(), **params)
    assert outcome.termination is Termination.COMPLETED
    assert outcome.info["iterations"] == (500 if name == "annealing" else 5)


@pytest.mark.parametrize("name", METHODS)
def test_time_and_threads_do_not_change_the_plan_under_an_evaluation_budget(name: str) -> None:
    plain, _ = solve(name, line(), Budget(evaluations=2000), seed=4)
    hurried, _ = solve(name, line(), Budget(evaluations=2000, seconds=1e6, threads=2), seed=4)
    assert digest(plain) == digest(hurried)


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("start", ["random", "local", "alone", "lagrangian"])
def test_every_start_works_and_no_result_is_worse_than_its_start(name: str, start: str) -> None:
    problem = line()
    outcome, trace = solve(name, problem, Budget(evaluations=200), start=start)
    assert outcome.plan is not None
    if start == "local":
        local, _ = solve("all-local", problem, Budget())
        assert trace.best_value is not None
        assert trace.best_value <= evaluate(problem, local.plan).value * (1 + 1e-9)  # type: ignore[arg-type, operator]


@pytest.mark.parametrize("name", METHODS)
def test_an_instance_without_any_allowed_plan_is_said_to_have_none(name: str) -> None:
    outcome, _ = solve(name, with_node_memory(line(), 0.0, 0.0), Budget(evaluations=100))
    assert outcome.plan is None
    assert outcome.status is SolutionStatus.INFEASIBLE


@pytest.mark.parametrize("name", METHODS)
def test_where_nothing_is_found_that_fits_no_plan_is_claimed(name: str) -> None:
    # each task fits alone on an edge or in the cloud, all together do not fit anywhere
    largest = max(float(net.parameter_bytes.sum()) for net in line().instance.networks)
    outcome, _ = solve(name, with_node_memory(line(), 0.0, 1.1 * largest), Budget(evaluations=200))
    assert outcome.plan is None
    assert outcome.status is SolutionStatus.NONE
    assert "memory" in outcome.reason


@pytest.mark.parametrize("name", METHODS)
def test_it_declines_what_its_table_cannot_hold_or_the_seconds_cannot_build(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert make(name).decline(line(), Budget(seconds=2.0)) is None
    assert "s to make" in (make(name).decline(line(), Budget(seconds=1e-6)) or "")
    monkeypatch.setattr("solvers.metaheuristics.search.MOST_OPTIONS", 100)
    assert "the limit is" in (make(name).decline(line(), Budget()) or "")


def test_the_unmerged_form_has_more_genes() -> None:
    merged, _ = solve("spso-ga", line(), Budget(evaluations=1))
    unmerged, _ = solve("pso-ga", line(), Budget(evaluations=1))
    assert merged.info["genes"] < unmerged.info["genes"]
    for name in ("ga", "pso"):
        genes = [solve(name, line(), Budget(evaluations=1), merged=one)[0].info["genes"] for one in (True, False)]
        assert genes == [merged.info["genes"], unmerged.info["genes"]]


def test_global_generators_are_left_as_they_were() -> None:
    random.seed(5)
    np.random.seed(5)  # noqa: NPY002
    expected = (random.random(), np.random.random())  # noqa: NPY002
    random.seed(5)
    np.random.seed(5)  # noqa: NPY002
    for name in ("ga", "pso"):
        solve(name, line(5), Budget(evaluations=300))
    assert (random.random(), np.random.random()) == expected  # noqa: NPY002


def test_pyswarms_leaves_no_log_file_and_no_handlers(tmp_path: Path) -> None:
    code = (
        "import logging; from tests.solvers.metaheuristics.test_methods import *; import os; "
        f"os.chdir({str(tmp_path)!r}); solve('pso', line(5), Budget(evaluations=300)); "
        "print(len(logging.getLogger().handlers))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("spso-ga", {"population": 1}),
        ("spso-ga", {"w_min": 0.9, "w_max": 0.4}),
        ("pso-ga", {"c1_start": 1.5}),
        ("ga", {"elite": 100}),
        ("ga", {"tournament": 0}),
        ("pso", {"most_velocity": 0.0}),
        ("pso", {"start": "nowhere"}),
        ("annealing", {"start_acceptance": 0.0}),
    ],
)
def test_nonsense_parameters_are_one_line_errors(name: str, params: dict[str, Any]) -> None:
    with pytest.raises(InputError) as error:
        make(name, params)
    assert "\n" not in str(error.value)


def plans() -> list[str]:
    """Digests of what every method finds on two problems."""
    problems = (tiny_problem(5, {"memory": "binding", "tasks_low": "6"}, sharing="equal"), line(8))
    return [digest(solve(name, problem, Budget(evaluations=1500), 7)[0]) for name in METHODS for problem in problems]


def test_same_seed_same_plan_in_another_process() -> None:
    code = "from tests.solvers.metaheuristics.test_methods import plans; print(*plans())"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert other.stdout.split() == plans()
