"""The instances of the scale benchmark use all three tiers, and how many tasks they split."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from formulations.joint.problem import JointProblem
from formulations.joint.referee import evaluate
from instances.errors import InputError
from instances.generators.metro_benchmark import MetroBenchmarkParams, benchmark_seeds
from instances.generators.registry import generate
from solvers import registry
from solvers.contract import Budget
from solvers.trace import RefereedTrace


def test_shape_and_size() -> None:
    small, large = (generate("metro-benchmark", {"tasks": str(n)}, 1) for n in (10, 700))
    assert len(small.networks) == 19
    for instance, edges in ((small, 4), (large, 7)):
        load = instance.workload
        assert (np.diff(load.candidate_offsets) == 3).all()
        assert len(np.unique(load.candidate_site)) <= edges
        assert set(load.task_weight.tolist()) <= set(range(1, 11))
        assert len(instance.system.resources) == 3 * edges + 1


def test_a_load_that_is_not_named_is_refused() -> None:
    with pytest.raises(InputError):
        MetroBenchmarkParams(load="huge")  # type: ignore[arg-type]


def _loads(method: str, params: Mapping[str, str], tasks: int, seed: int) -> Mapping[str, float]:
    """Return who does what in the method's plan at the middle load."""
    problem = JointProblem(instance=generate("metro-benchmark", {"tasks": str(tasks)}, seed))
    trace = RefereedTrace(lambda plan: evaluate(problem, plan))
    outcome = registry.make(method, params).solve(problem, Budget(), np.random.default_rng(0), trace)
    return evaluate(problem, outcome.plan).loads


def _uses_all_tiers(loads: Mapping[str, float]) -> bool:
    """Whether device, edge and cloud each do a tenth of the work, and a fifth of the tasks is split."""
    tiers = min(loads["device_work"], loads["edge_work"], loads["cloud_work"])
    return tiers >= 0.1 and loads["split_tasks"] >= 0.2 - 1e-9


@pytest.mark.parametrize("tasks", [10, 20, 30, 50, 100])
def test_small_named_instances_are_the_first_whose_optimal_plans_use_all_tiers(tasks: int) -> None:
    named = benchmark_seeds(tasks)
    kept = [s for s in range(1, named[-1] + 1) if _uses_all_tiers(_loads("lagrangian-exact", {}, tasks, s))]
    assert tuple(kept) == named


@pytest.mark.parametrize("tasks", [300, 1_000])
def test_optimal_plans_of_named_instances_use_all_tiers(tasks: int) -> None:
    assert all(_uses_all_tiers(_loads("lagrangian-exact", {}, tasks, seed)) for seed in benchmark_seeds(tasks))


def test_near_optimal_plans_of_ten_thousand_tasks_use_all_tiers() -> None:
    assert all(
        _uses_all_tiers(_loads("lagrangian", {"table_options": "0"}, 10_000, seed)) for seed in benchmark_seeds(10_000)
    )
