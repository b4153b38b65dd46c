"""Same seed, same instance, same plan, for every registered method, in two processes.

Methods that count evaluations get a limit of them; the others run to their end on one thread.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from formulations.registry import family
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
    "placement-milp": ({}, {"language": "pyomo"}),
    "cut-milp": tuple(
        {"language": a, "backend": b} for a, b in (("pulp", "cbc"), ("pyomo", "highs"), ("pulp", "scip"))
    ),
}
OPTIONS: dict[str, tuple[dict[str, Any], ...]] = {
    "joint": ({"sharing": "optimal"}, {"sharing": "equal"}),
    "cut": (
        {"memory": False},
        {"memory": False, "bottleneck_weight": 1.0, "return_result": True},
        {"memory": False, "excursions": True},
    ),
    "placement": ({}, {"overlap": True}, {"objective": "latency"}),
}
DECLINED = {("equal", "column-generation")}
CASES = [(name, params) for name in method_names() for params in VARIANTS.get(name, ({},))]


def digest(name: str, params: dict[str, Any]) -> str:
    """Return a hash of a method's plans on small problems of its family."""
    found = hashlib.sha256()
    (chosen,) = make(name, params).families
    solved = 0
    for options, memory in itertools.product(OPTIONS[chosen], ("none", "loose")):
        settings = {"memory": memory, "tasks_low": "5"}
        if chosen == "cut":  # chains, which every method of the family takes
            settings["branches"] = "false"
        instance = generate("tiny", settings, 5)
        problem = family(chosen).problem(instance, family(chosen).Options(**options))
        budget = Budget(evaluations=400) if entry(name).uses_evaluations else Budget(seconds=120.0)
        trace = RefereedTrace(lambda plan, problem=problem: family(chosen).evaluate(problem, plan))  # type: ignore[misc]
        reason = make(name, params).decline(problem, budget)
        if (options.get("sharing"), name) in DECLINED:
            assert reason is not None
        if reason is not None and (chosen == "cut" or (options.get("sharing"), name) in DECLINED):
            continue
        solved += 1
        plan = make(name, params).solve(problem, budget, np.random.default_rng(7), trace).plan
        assert plan is not None
        found.update(json.dumps(family(chosen).plan_document(problem, plan), sort_keys=True).encode())
        found.update(instance.sha256.encode())
    assert solved
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
