"""Narrowing without a table: it lists what enumeration lists, loses no better plan, and leaves other problems alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from formulations.joint.option_space import OptionSpace
from formulations.joint.options import option_count
from formulations.joint.problem import JointOptions, JointProblem
from formulations.joint.referee import evaluate
from instances.generators.registry import generate
from solvers import registry
from solvers.contract import Budget, SolutionStatus, Termination
from solvers.decomposition.segment_within import options_within
from solvers.decomposition.segments import Segments, segments_of
from solvers.exact.claim import Claim
from solvers.exact.segment_narrowing import Narrowed, narrow_by_segments
from solvers.trace import RefereedTrace
from tests.solvers.decomposition.plans import optimum, stressed_table
from tests.solvers.decomposition.test_segments import full_table, metro

QUICK, ALL = range(60), range(60, 600)


def claim_of(problem: JointProblem, tolerance: float = 1e-4) -> Claim:
    trace = RefereedTrace(lambda plan: evaluate(problem, plan))
    return Claim(budget=Budget(tolerance=tolerance), trace=trace)


def rows_of(table: Any, keep: Any) -> set[tuple[int, ...]]:
    columns = (table.option_task(), table.version, table.candidate, table.cloud, table.device_until, table.edge_until)
    return set(zip(*(column[keep].tolist() for column in columns), strict=True))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("share", [0.0, 0.05, 1.0, 1e9])
def test_the_options_within_a_limit_are_those_of_plain_enumeration(seed: int, share: float) -> None:
    mixes: tuple[dict[str, Any], ...] = (
        {},
        {"energy_weight": 0.3, "price_weight": 2.0},
        {"energy_weight": 0.3, "energy_scope": "device"},
        {"latency_weight": 0.2, "price_weight": 100.0},
    )
    given = metro(6, seed, **mixes[seed])
    segments, table, rng = segments_of(given), full_table(given), np.random.default_rng(seed)
    assert isinstance(segments, Segments)
    points = 3.0 * np.sqrt(table.use_cost.max()) * rng.random(table.n_resources)
    uses = 2.0 * points[table.use_resource] * table.use_root
    priced = table.cost + np.bincount(table.use_option(), uses, minlength=table.n_options)
    least = np.minimum.reduceat(priced, table.task_offsets[:-1])
    excess = share * float(least.max())
    above = priced - least[table.option_task()]
    found = options_within(segments, points, excess, table.n_options)
    assert found is not None
    few = OptionSpace.of(given).table(*found)
    mine = rows_of(few, slice(None))
    slack = 1e-9 * float(priced.max())
    assert len(mine) == few.n_options
    assert rows_of(table, above <= excess - slack) <= mine <= rows_of(table, above <= excess + slack)
    if len(mine) > 1:
        assert options_within(segments, points, excess, few.n_options - 1) is None


def check_nothing_is_lost(index: int) -> bool:
    """Return whether problem `index` can be narrowed without a table; what is left must hold the optimum."""
    table = stressed_table(index, "optimal")
    if table.task_without_option() is not None or (best := optimum(table)) is None:
        return False
    claim = claim_of(table.problem)
    narrowed = narrow_by_segments(table.problem, claim)
    if narrowed is None:
        return False
    assert claim.bound is not None
    assert claim.bound <= best
    assert claim.value is not None
    least = optimum(narrowed.table)
    assert least is not None
    assert min(least, claim.value) == pytest.approx(best, rel=1e-9)
    return True


def test_no_better_plan_is_ruled_out() -> None:
    assert sum(map(check_nothing_is_lost, QUICK)) >= 8


@pytest.mark.slow
def test_no_better_plan_is_ruled_out_on_many() -> None:
    assert sum(map(check_nothing_is_lost, ALL)) >= 70


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("load", ["low", "high"])
def test_the_value_is_that_of_the_milp_on_the_whole_table(seed: int, load: str) -> None:
    instance = generate("metro-benchmark", {"tasks": "8", "load": load}, seed)
    problem = JointProblem(instance=instance, options=JointOptions(energy_weight=0.1 * seed, price_weight=0.2 * seed))
    values = []
    for proof in ("branching", "milp"):
        made = registry.make("lagrangian-exact", {"proof": proof})
        claim = claim_of(problem)
        outcome = made.solve(problem, claim.budget, np.random.default_rng(0), claim.trace)
        assert outcome.status is SolutionStatus.OPTIMAL
        values.append(evaluate(problem, outcome.plan).value)
        if proof == "branching":
            assert outcome.info["options"] == option_count(instance)
            stage = outcome.info["stages"][0]
            assert stage["removed"] > 0
            assert stage["removed"] + stage["left"] == outcome.info["options"]
    assert values[0] == pytest.approx(values[1], rel=2e-4)


def test_what_does_not_fall_apart_is_left_to_the_table() -> None:
    equal = JointProblem(instance=generate("metro", {"tasks": "5"}, 1), options=JointOptions(sharing="equal"))
    bound_memory = JointProblem(instance=generate("tiny", {"memory": "binding", "floors": "none"}, 0))
    impossible = JointProblem(instance=generate("tiny", {"floors": "infeasible", "memory": "none"}, 2))
    assert isinstance(segments_of(bound_memory), str)
    for problem in (equal, bound_memory, impossible):
        claim = claim_of(problem)
        assert narrow_by_segments(problem, claim) is None
        assert claim.bound is None
        assert claim.plan is None


def test_a_budget_too_short_for_the_whole_table_is_long_enough_for_segments() -> None:
    problem = JointProblem(instance=generate("metro-benchmark", {"tasks": "100"}, 1))
    budget = Budget(seconds=0.05)
    assert "pricing its" in str(registry.make("lagrangian-exact", {"proof": "milp"}).decline(problem, budget))
    made = registry.make("lagrangian-exact", {})
    assert made.decline(problem, budget) is None
    equal = JointProblem(instance=problem.instance, options=JointOptions(sharing="equal"))
    assert "pricing its" in str(made.decline(equal, budget))


def test_when_too_many_options_are_left_for_the_time_the_bound_is_handed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("solvers.exact.segment_narrowing._MOST_OPTIONS", 20)
    monkeypatch.setattr("solvers.joint_setup._OPTIONS_PER_S", 1.0)
    problem = JointProblem(instance=generate("metro-benchmark", {"tasks": "10", "load": "high"}, 1))
    claim = Claim(budget=Budget(seconds=60, tolerance=1e-9), trace=claim_of(problem).trace)
    outcome = registry.make("lagrangian-exact", {}).solve(problem, claim.budget, np.random.default_rng(0), claim.trace)
    assert outcome.termination is Termination.TIME_LIMIT
    assert outcome.status is SolutionStatus.FEASIBLE
    assert "too many options are left" in outcome.reason
    value = evaluate(problem, outcome.plan).value
    assert outcome.bound is not None and value is not None
    assert outcome.bound <= value


def test_without_time_for_a_table_a_task_without_options_is_proof_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("solvers.joint_setup._OPTIONS_PER_S", 1e-3)
    problem = JointProblem(instance=generate("tiny", {"floors": "infeasible", "memory": "none"}, 2))
    for method in ("lagrangian-exact", "lagrangian"):
        claim = Claim(budget=Budget(seconds=60), trace=claim_of(problem).trace)
        made = registry.make(method, {})
        outcome = made.solve(problem, claim.budget, np.random.default_rng(0), claim.trace)
        assert outcome.status is SolutionStatus.INFEASIBLE


def test_threads_change_nothing() -> None:
    problem = JointProblem(instance=generate("metro-benchmark", {"tasks": "2500"}, 1))
    kept = []
    for threads in (1, 2):
        claim = Claim(budget=Budget(threads=threads), trace=claim_of(problem).trace)
        narrowed = narrow_by_segments(problem, claim)
        assert isinstance(narrowed, Narrowed)
        kept.append((claim.bound, claim.value, rows_of(narrowed.table, slice(None))))
    assert kept[0] == kept[1]
