"""The instances of the scale benchmark use all three tiers, and how many tasks they split."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from formulations.joint.problem import JointProblem
from formulations.joint.referee import evaluate
from instances.errors import InputError
from instances.generators.metro_benchmark import MetroBenchmarkParams
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


@pytest.fixture(scope="module")
def loads() -> Mapping[str, float]:
    """Who does what in a near-optimal plan at the middle load."""
    problem = JointProblem(instance=generate("metro-benchmark", {"tasks": "3000"}, 1))
    trace = RefereedTrace(lambda plan: evaluate(problem, plan))
    method = registry.make("lagrangian", {"table_options": "0"})
    outcome = method.solve(problem, Budget(), np.random.default_rng(0), trace)
    found = evaluate(problem, outcome.plan).loads
    print({name: round(value, 3) for name, value in found.items()})
    return found


def test_every_tier_does_a_tenth_of_the_work_at_the_middle_load(loads: Mapping[str, float]) -> None:
    assert min(loads["device_work"], loads["edge_work"], loads["cloud_work"]) >= 0.1


def test_a_fifth_of_the_tasks_is_split_at_the_middle_load(loads: Mapping[str, float]) -> None:
    assert loads["split_tasks"] >= 0.2
