"""Same seed, same instance, same plan, for every registered method, in two processes.

Methods that count evaluations get a limit of them; the others run to their end on one thread.
"""

from __future__ import annotations

import hashlib
import itertools
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from formulations.joint.problem import JointOptions, JointProblem
from formulations.joint.referee import evaluate
from instances.generators.registry import generate
from solvers.contract import Budget
from solvers.registry import entry, make, method_names
from solvers.trace import RefereedTrace

VARIANTS: dict[str, tuple[dict[str, Any], ...]] = {
    "milp": tuple({"language": a, "backend": b} for a in ("pulp", "pyomo") for b in ("cbc", "highs", "scip")),
    "column-generation": tuple({"master": name} for name in ("quadratic", "linear")),
    "best-reply": ({"order": "random", "restarts": 3}, {"reply": "selfish"}),
    "matching": ({}, {"acceptance": "cooperative"}),
    "random": ({"draws": 3},),
    "greedy": ({"order": "random"},),
}
DECLINED = {("equal", "column-generation")}
CASES = [(name, params) for name in method_names() for params in VARIANTS.get(name, ({},))]


def digest(name: str, params: dict[str, Any]) -> str:
    found = hashlib.sha256()
    for sharing, memory in itertools.product(("optimal", "equal"), ("none", "loose")):
        instance = generate("tiny", {"memory": memory, "tasks_low": "5"}, 5)
        problem = JointProblem(instance=instance, options=JointOptions(sharing=sharing))  # type: ignore[arg-type]
        budget = Budget(evaluations=400) if entry(name).uses_evaluations else Budget(seconds=120.0)
        trace = RefereedTrace(lambda plan, problem=problem: evaluate(problem, plan))  # type: ignore[misc]
        if (sharing, name) in DECLINED:
            assert make(name, params).decline(problem, budget) is not None
            continue
        plan = make(name, params).solve(problem, budget, np.random.default_rng(7), trace).plan
        assert plan is not None
        for column in (plan.version, plan.candidate, plan.cloud, plan.device_until, plan.edge_until):
            found.update(column.tobytes())
        found.update(instance.sha256.encode())
    return found.hexdigest()


@pytest.fixture(scope="module")
def elsewhere() -> dict[str, str]:
    """Digests of all cases from another process."""
    code = "from tests.contract.test_two_processes import CASES, digest\nfor c in CASES: print(digest(*c))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return dict(zip(map(str, CASES), done.stdout.split(), strict=True))


@pytest.mark.parametrize("case", CASES, ids=[f"{n}-{'-'.join(map(str, p.values()))}" for n, p in CASES])
def test_same_seed_same_plan_in_another_process(case: tuple[str, dict[str, Any]], elsewhere: dict[str, str]) -> None:
    assert digest(*case) == elsewhere[str(case)]
