"""Every exact method of the family `cut` equals brute force on every problem that it does not decline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from formulations.cut.cases import cases_of
from formulations.cut.problem import CutOptions, CutProblem
from formulations.cut.referee import evaluate
from instances.one_inference import Machine, one_inference
from solvers.contract import Budget, SolutionStatus, Termination
from solvers.exact.cut.reduction import reduced
from solvers.registry import make
from tests.audit import AUDIT
from tests.formulations.cut.random_problems import random_network, random_problem
from tests.solvers.exact.cut.runs import MILPS, SUMS, brute_force, check_optimal, run
from tests.solvers.tiny_problems import LateTrace

BLOCK = 100
BLOCKS = 40
EVERY_BLOCK = [pytest.param(0, id="sample"), *(pytest.param(b, marks=pytest.mark.slow) for b in range(BLOCKS))]


@pytest.mark.parametrize("block", EVERY_BLOCK)
def test_scan_dynamic_program_path_and_minimum_cut_equal_brute_force(
    block: int, record_property: Callable[[str, object], None]
) -> None:
    solved, layered = Counter[str](), 0
    for index in range(block * BLOCK, (block + 1) * BLOCK):
        problem = random_problem(index, plain=index % 2 == 0)
        best = brute_force(problem)
        for name in SUMS:
            for reduction in (True, False) if index % 5 == 0 and name != "cut-enumeration" else (True,):
                outcome = run(name, problem, {} if reduction else {"reduction": False})
                if not isinstance(outcome, str):
                    solved[name] += 1
                    layered += name == "min-cut" and len(problem.levels) > 2 and not _all_chains(problem, reduction)
                    check_optimal(problem, outcome, best)
    record_property("cases", sum(solved.values()))
    counts = {**solved, "min-cut on a DAG with three levels or more": layered}
    record_property("noted", "solved: " + ", ".join(f"{name} {n}" for name, n in counts.items()))
    assert solved["cut-enumeration"] == BLOCK
    assert min(solved[name] for name in SUMS) >= BLOCK / 5
    assert layered >= BLOCK / 20


def _all_chains(problem: CutProblem, reduction: bool) -> bool:
    """Return whether a method meets chains only, after the reduction if there is one."""
    return all((reduced(case) if reduction else case).is_chain for case in cases_of(problem))


@pytest.mark.parametrize("block", EVERY_BLOCK)
def test_cp_sat_equals_brute_force_and_declines_nothing(
    block: int, record_property: Callable[[str, object], None]
) -> None:
    size = BLOCK // 2 if AUDIT else BLOCK // 4
    for index in range(block * BLOCK, block * BLOCK + size):
        problem = random_problem(index)
        outcome = run("cut-cp-sat", problem)
        assert not isinstance(outcome, str)
        check_optimal(problem, outcome, brute_force(problem), 1e-6)
    record_property("cases", size)


@pytest.mark.parametrize("block", EVERY_BLOCK)
def test_milps_in_both_languages_and_all_back_ends_equal_brute_force_and_decline_nothing(
    block: int, record_property: Callable[[str, object], None]
) -> None:
    size = BLOCK // 2 if AUDIT else len(MILPS)
    for index in range(block * BLOCK, block * BLOCK + size):
        problem = random_problem(10_000 + index)
        outcome = run("cut-milp", problem, MILPS[index % len(MILPS)])
        assert not isinstance(outcome, str)
        check_optimal(problem, outcome, brute_force(problem), 1e-6)
    record_property("cases", size)


def test_the_problems_cover_what_the_methods_differ_in() -> None:
    problems = [random_problem(index, plain=index % 2 == 0) for index in range(BLOCK)]
    options = [p.options for p in problems]
    for name in ("excursions", "return_result", "memory"):
        assert {getattr(o, name) for o in options} == {True, False}
    assert {o.payment for o in options} == {"per_link", "per_destination"}
    assert {o.versions for o in options} == {"full", "any"}
    assert {len(p.levels) for p in problems} == {2, 3, 4}
    assert any(o.bottleneck_weight for o in options) and any(o.inferences > 1 for o in options)
    for limit in ("latency_limit_s", "price_limit", "bottleneck_limit_s", "provider_operations_limit"):
        assert any(getattr(random_problem(i).options, limit) is not None for i in range(200))
    assert {max(map(len, p.levels)) for p in problems} == {1, 2}


@pytest.mark.parametrize(
    ("options", "declined"),
    [
        ({"excursions": True}, {"chain-scan", "tier-dp", "min-cut"}),
        ({"bottleneck_weight": 1.0}, {"tier-dp", "excursion-path", "min-cut"}),
        ({"latency_limit_s": 1.0}, {"tier-dp", "excursion-path", "min-cut"}),
        ({"payment": "per_destination"}, {"min-cut"}),
    ],
)
def test_a_method_declines_what_it_is_not_exact_for(options: dict[str, object], declined: set[str]) -> None:
    chains = (random_problem(seed, plain=True, chain=True) for seed in range(100))
    plain = next(p for p in chains if len(p.levels) == 3)
    problem = CutProblem(instance=plain.instance, options=replace(plain.options, **options))  # type: ignore[arg-type]
    said = {name: run(name, problem) for name in SUMS}
    assert {name for name, outcome in said.items() if isinstance(outcome, str)} == declined


@pytest.mark.parametrize("name", [*SUMS, "cut-cp-sat", "cut-milp"])
def test_a_device_that_reaches_nothing_runs_all(name: str) -> None:
    network = random_network(np.random.default_rng(1), 5, chain=True)
    alone = one_inference(network, [Machine(name="phone", seconds=np.arange(5.0))], [])
    for options in (CutOptions(), CutOptions(return_result=True)):
        outcome = run(name, CutProblem(instance=alone, options=options))
        assert not isinstance(outcome, str)
        assert outcome.plan is not None
        assert outcome.plan.node.tolist() == [0] * 5
        assert outcome.bound == pytest.approx(10.0, rel=1e-6)


@pytest.mark.parametrize("language", ["pulp", "pyomo"])
def test_a_solver_without_time_says_so(language: str) -> None:
    problem = random_problem(2, plain=True)
    method = make("cut-milp", {"language": language})
    trace = LateTrace(lambda plan: evaluate(problem, plan))
    outcome = method.solve(problem, Budget(seconds=1.0), np.random.default_rng(0), trace)
    assert outcome.termination is Termination.TIME_LIMIT
    assert outcome.status is SolutionStatus.NONE
